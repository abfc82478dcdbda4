"""The layers of a lane at a frame: those of the θ that the run records there, in the metric of its own descent."""

import math

import numpy as np
import pytest
import torch
from flowscope import RunSpec, SpecError, layers_at, preset
from flowscope.module import Pullback, portrait
from flowscope.network import MLP
from flowscope.optimizer import GradientDescent, RiemannianDescent
from flowscope.problem import Wave
from flowscope.run.spec import Solver

from ..cases import column, lane, table

SPEC = RunSpec(
    problem=Wave(count=6),
    network=MLP(widths=(1, 2, 2, 1)),
    solvers=(
        Solver("layerwise", RiemannianDescent(mass=0.02)),
        Solver("full", RiemannianDescent(mass=0.02, metric="full")),
        Solver("gradient", GradientDescent(eta=0.1)),
    ),
    seeds=(0, 3),
    horizon=8.0,
    interval=1.0,
)


@pytest.mark.parametrize(
    ("solver", "seed", "frame", "eta"), [(0, 0, 5, 1 / 3), (0, 3, 2, 1 / 3), (1, 0, 8, 1.0), (2, 3, 4, None)]
)
def test_the_layers_are_those_of_the_recorded_place(solver: int, seed: int, frame: int, eta: float | None) -> None:
    found = layers_at(SPEC, solver, seed, frame)
    rows = lane(table(SPEC), solver * 2 + (seed == 3))
    theta = torch.from_numpy(column(rows, "theta")[frame])
    expected = portrait(
        SPEC.network, SPEC.problem.data(SPEC.network), theta, Pullback("gauss_newton", "layerwise", 0.02)
    )
    assert found.eta == eta and found.widths == (1, 2, 2, 1) and found.metric.mass == 0.02
    assert torch.allclose(found.portrait.coupling, expected.coupling, atol=1e-12)
    assert found.portrait.cosine == pytest.approx(expected.cosine, abs=1e-12)
    for mine, other in zip(found.portrait.layers, expected.layers, strict=True):
        assert torch.allclose(mine.sigma, other.sigma, atol=1e-12)
        assert mine.condition == pytest.approx(other.condition, rel=1e-9)
    assert 0 < found.portrait.overshoot <= 3 + 1e-8


def test_single_precision_tells_the_forms_apart() -> None:
    """Somewhere among the layers of `digits` Woodbury's difference has lost more than ten times what the push-through
    form has.
    """
    single = layers_at(preset("digits").spec, 0, 0, 3).single
    shares = [each["woodbury"] / each["push_through"] for each in single]
    assert max(shares) > 10, single
    assert all(math.isfinite(each["khatri_rao"]) for each in single)


@pytest.mark.parametrize(
    ("spec", "solver", "frame", "sentence"),
    [
        (preset("riemannian-flow").spec, 0, 0, "network: expected a network of layers"),
        (preset("diffusion").spec, 0, 0, "problem: expected at most 600 outputs"),
        (SPEC, 9, 0, "solver: expected one of the parent's 3 solvers"),
        (SPEC, 0, 99, "frame: expected one of the parent's frames"),
    ],
)
def test_where_there_are_none_a_sentence_says_so(spec: RunSpec, solver: int, frame: int, sentence: str) -> None:
    with pytest.raises(SpecError, match=sentence):
        layers_at(spec, solver, 0, frame)


def test_the_metric_of_two_outputs_is_a_symmetric_positive_matrix() -> None:
    for layer in layers_at(SPEC, 0, 0, 1).portrait.layers[:2]:
        metric = layer.metric.numpy()
        assert metric.shape == (2, 2) and np.allclose(metric, metric.T) and np.linalg.eigvalsh(metric).min() >= -1e-15
