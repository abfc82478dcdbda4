"""The best in-class point against SciPy, and the surface it lies on."""

import json

import numpy as np
import pytest
import torch
from flowscope import PRESETS, Run
from flowscope.linearization import Linearization
from flowscope.optimum import best_in_class
from flowscope.problem import Data
from flowscope.toy import Pair
from scipy.optimize import least_squares

from ..cases import START, mlp_spec, stage_spec


@pytest.mark.parametrize("offset", [0.05, -0.4, 0.25])
def test_the_best_point_is_scipys(offset: float) -> None:
    spec = stage_spec(offset=offset)
    data = spec.problem.data(spec.network)
    x, y = data.inputs[:, 0].numpy(), data.targets.numpy()
    best = best_in_class(spec.network, data, torch.tensor([START], dtype=torch.float64))
    candidates = [
        least_squares(lambda u: np.tanh(u[0] * x + u[1]) - y, start, method="lm", xtol=1e-15, ftol=1e-15, gtol=1e-15)
        for start in ([1.13, 1.44], [0.3, -0.9], [-1.0, 0.0], [2.0, -2.0])
    ]
    referee = min(candidates, key=lambda found: found.cost)
    assert best is not None and best.theta is not None
    assert best.loss == pytest.approx(referee.cost / 3, abs=1e-15)
    assert np.abs(best.theta.numpy() - referee.x).max() < 1e-7


def test_a_minimum_where_full_steps_hardly_contract_is_reached() -> None:
    """There the Riemannian Hessian has an eigenvalue of 1.99, so that an undamped Gauss–Newton step contracts by 0.99 only."""
    network = Pair(alpha=4.0, second=0.3)
    inputs = torch.tensor([[-0.87], [-0.34], [1.75]], dtype=torch.float64)
    data = Data(inputs, torch.tensor([-0.262530819, 0.529353357, -1.346212207], dtype=torch.float64))
    best = best_in_class(network, data, torch.tensor([[0.3, 0.9]], dtype=torch.float64))
    assert best is not None and best.theta is not None
    at = Linearization.of(network, data, best.theta.unsqueeze(0))
    assert float(at.gradient.abs().max()) < 1e-8


def test_an_overparametrised_problem_refers_to_the_target_itself() -> None:
    spec = mlp_spec("gradient")
    data = spec.problem.data(spec.network)
    best = best_in_class(spec.network, data, spec.network.draw(torch.Generator().manual_seed(0)).unsqueeze(0))
    assert best is not None and best.loss == 0.0 and best.theta is None
    assert torch.equal(best.outputs, data.targets)


def test_the_stage_lies_on_the_manifold_and_covers_start_and_optimum() -> None:
    run = Run(PRESETS[0].spec)
    stage = run.stage()
    assert stage is not None
    shape = json.loads(stage.schema.metadata[b"stage"])
    theta, points = np.array(stage["theta"].to_pylist()), np.array(stage["point"].to_pylist())
    assert len(theta) == shape["rows"] * shape["columns"]
    x = PRESETS[0].spec.problem.data(PRESETS[0].spec.network).inputs[:, 0].numpy()
    assert np.abs(np.tanh(theta[:, :1] * x + theta[:, 1:]) - points).max() < 1e-15
    for landmark in (START, (0.35, -0.86)):
        assert (theta.min(0) < landmark).all() and (theta.max(0) > landmark).all()
    slope = 1 - points**2
    sigma = np.linalg.svd(np.stack([slope * x, slope], 2), compute_uv=False)
    assert np.abs(sigma[:, 1] / sigma[:, 0] - stage["conditioning"].to_numpy()).max() < 1e-12


def test_only_three_outputs_and_two_parameters_have_a_stage() -> None:
    assert Run(mlp_spec("gradient")).stage() is None
