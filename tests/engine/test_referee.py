"""The engine beside other libraries, whose answers `make referees` records with their versions (docs/referees.md)."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from flowscope import christoffel, geodesic, metric_tensor
from flowscope.manifold.best_in_class import best_in_class
from flowscope.network import TwoTerm
from flowscope.optimizer import SOAP, LevenbergMarquardt
from flowscope.problem import Data
from flowscope.run.spec import Point

from ..cases import column, stage_spec, table
from .iterations import iterating, small_mlp

SAMPLES = torch.tensor([[-1.0], [0.5], [1.5]], dtype=torch.float64)


def recorded(name: str) -> dict[str, Any]:
    return json.loads((Path(__file__).parents[1] / f"fixtures/referee_{name}.json").read_text())


def test_metric_and_connection_are_those_of_geomstats() -> None:
    answer = recorded("geometry")
    theta = torch.tensor(answer["theta"], dtype=torch.float64)
    assert (
        metric_tensor(TwoTerm(), SAMPLES, theta) - torch.tensor(answer["metric"], dtype=torch.float64)
    ).abs().max() < 1e-12
    assert (
        christoffel(TwoTerm(), SAMPLES, theta) - torch.tensor(answer["christoffel"], dtype=torch.float64)
    ).abs().max() < 1e-8


def test_geodesics_are_those_of_geomstats() -> None:
    answer = recorded("geometry")
    place, speed, times = (torch.tensor(answer[name], dtype=torch.float64) for name in ("theta", "velocity", "times"))
    found = geodesic(TwoTerm(), SAMPLES, place, speed, times).theta.transpose(0, 1)
    assert (found - torch.tensor(answer["geodesic"], dtype=torch.float64)).abs().max() < 1e-8


@pytest.mark.parametrize("solver", ["LevenbergMarquardt", "Dogleg"])
def test_the_best_point_is_that_of_optimistix(solver: str) -> None:
    """f(−θ) = f(θ) in this toy, so that its minima come in pairs ±θ*."""
    answer = recorded("minimiser")
    data, start = (
        Data(SAMPLES, torch.tensor(answer["target"], dtype=torch.float64)),
        torch.tensor([answer["start"]], dtype=torch.float64),
    )
    best, other = best_in_class(TwoTerm(), data, start), answer["minimum"][solver]
    assert best is not None and best.theta is not None
    assert min(np.abs(sign * best.theta.numpy() - other["theta"]).max() for sign in (1, -1)) < 1e-7
    assert abs(best.loss - other["loss"]) < 1e-15
    outputs, jacobian = TwoTerm().evaluate(best.theta.unsqueeze(0), SAMPLES)
    assert jacobian.vjp(outputs - data.targets).norm() < 1e-9 and other["gradient_norm"] < 1e-9


def test_levenberg_marquardt_ends_where_optimistix_does() -> None:
    answer = recorded("minimiser")
    points = {"kind": "points", "inputs": SAMPLES.tolist(), "targets": [[value] for value in answer["target"]]}
    raw = stage_spec("gradient", start=Point(parameters=tuple(answer["start"]))).model_dump(mode="json")
    spec = type(stage_spec()).model_validate(raw | {"problem": points, "network": {"kind": "two_term"}})
    rows = table(iterating(spec, LevenbergMarquardt(), horizon=80.0, interval=1.0))
    assert np.abs(column(rows, "theta")[-1] - answer["minimum"]["LevenbergMarquardt"]["theta"]).max() < 1e-7


@pytest.mark.parametrize("frequency", [1, 10])
def test_fifty_steps_of_soap_are_those_of_pytorch_optimizer(frequency: int) -> None:
    """Its QR rounds to float32, so 1e-4."""
    answer, base = recorded("soap"), small_mlp(2, 2, 2)
    expected, settings = np.array(answer["theta"][str(frequency)]), answer["settings"]
    raw = base.model_dump(mode="json") | {
        "problem": {"kind": "points", "inputs": answer["inputs"], "targets": answer["targets"]},
        "start": {"kind": "point", "parameters": expected[0].tolist()},
    }
    optimizer = SOAP(
        eta=settings["lr"],
        first=settings["betas"][0],
        second=settings["betas"][1],
        shampoo=settings["shampoo_beta"],
        epsilon=settings["eps"],
        decay=settings["weight_decay"],
        frequency=frequency,
    )
    spec = iterating(type(base).model_validate(raw), optimizer, horizon=50 * optimizer.eta, interval=optimizer.eta)
    assert np.abs(column(table(spec), "theta") - expected).max() < 1e-4
