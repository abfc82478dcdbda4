"""Riemannian descent as an optimizer: its steps, its forms, its lanes, and the theory page's table of digits."""

from importlib import import_module
from itertools import pairwise
from typing import Any

import flowscope as fs
import numpy as np
import pytest
import torch
from flowscope.flow import Linearization
from flowscope.module.metric import SIDE
from flowscope.module.output import OUTPUTS, Output
from flowscope.module.pullback import Pullback
from flowscope.network import MLP, Layered
from flowscope.optimizer import SOAP, Adam, DampedGaussNewton, GradientDescent, Muon, RiemannianDescent
from flowscope.problem import Data, Points, Softmax
from flowscope.run.spec import AnyOptimizer, Random, Solver
from torch import Tensor

from ..cases import column, dense, lane, table
from .iterations import iterating, small_mlp, start_of

SPEC = small_mlp(2, 2, 2)
MASS, ETA = 0.05, 0.7


def blocks(spec: fs.RunSpec, theta: Tensor) -> list[slice]:
    """Where θ holds each layer."""
    ends = [0]
    for matrix in spec.network.matrices:
        ends.append(ends[-1] + matrix.rows * (matrix.columns + 1))
    return [slice(a, b) for a, b in pairwise(ends)]


def expected(spec: fs.RunSpec, theta: Tensor, metric: str, rows: Tensor) -> Tensor:
    """One step by dense algebra on the Jacobian of `torch.func`, `rows` (N', N) the factor of g_o over √n."""
    data = spec.problem.data(spec.network)
    outputs, j = dense(spec.network, theta, data.inputs)
    gradient, k = j.T @ (outputs - data.targets) / data.samples, rows @ j
    moved = theta.clone()
    for span in blocks(spec, theta) if metric == "layerwise" else [slice(None)]:
        block = k[:, span]
        matrix = block.T @ block + MASS * torch.eye(block.shape[1], dtype=torch.float64)
        moved[span] -= ETA * torch.linalg.solve(matrix, gradient[span])
    return moved


@pytest.mark.parametrize("form", ["chosen", "dense", "woodbury", "push_through", "khatri_rao"])
@pytest.mark.parametrize("output", ["identity", "diagonal_hessian", "gauss_newton"])
@pytest.mark.parametrize("metric", ["layerwise", "full"])
def test_a_step_is_that_of_dense_algebra(metric: Any, output: Output, form: Any) -> None:
    """Under squares all three metrics are the identity."""
    rule = RiemannianDescent(eta=ETA, mass=MASS, metric=metric, output=output, form=form)
    spec = iterating(SPEC, rule, horizon=1.0, interval=1.0)
    after = torch.tensor(column(table(spec), "theta")[-1])
    unit = torch.eye(12, dtype=torch.float64) / 6**0.5
    reference = expected(spec, start_of(spec), metric, unit)
    assert float((after - reference).norm()) < 1e-10


def test_a_sampled_fisher_draws_its_labels_anew_at_each_step_and_repeats_them() -> None:
    rule = RiemannianDescent(eta=ETA, mass=MASS, output="sampled_fisher", probes=3)
    spec = iterating(SPEC, rule, rule.model_copy(update={"seed": 1}), horizon=3.0, interval=1.0)
    frames = table(spec)
    first, second = (column(lane(frames, k), "theta") for k in (0, 1))
    assert np.array_equal(first, column(lane(table(spec), 0), "theta")) and not np.allclose(first[1], second[1])
    uniform = torch.rand(6, 3, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    rows = torch.block_diag(*torch.special.ndtri(uniform)) / 18**0.5
    assert float((torch.tensor(first[1]) - expected(spec, start_of(spec), "layerwise", rows)).norm()) < 1e-10


def test_in_the_full_metric_of_squares_it_is_damped_gauss_newton() -> None:
    """(G + μI)⁻¹ = (1−ρ)(ρI + (1−ρ)G)⁻¹ at ρ = μ/(1+μ), which is also what it says of ρ."""
    rho = MASS / (1 + MASS)
    rule = RiemannianDescent(eta=0.5, mass=MASS, metric="full")
    other = DampedGaussNewton.model_validate({"eta": 0.5 * (1 - rho), "damping": {"kind": "constant", "rho": rho}})
    frames = table(iterating(SPEC, rule, horizon=4.0, interval=1.0))
    others = table(iterating(SPEC, other, horizon=2.0 * (1 - rho), interval=0.5 * (1 - rho)))
    assert np.allclose(column(frames, "theta"), column(others, "theta")[:5], rtol=0, atol=1e-10)
    assert np.allclose(column(frames, "rho"), rho)


def test_the_step_by_default_is_one_over_the_number_of_layers() -> None:
    chosen = iterating(SPEC, RiemannianDescent(), horizon=3.0, interval=1.0)
    by_hand = iterating(SPEC, RiemannianDescent(eta=1 / 2), horizon=3.0, interval=1.0)
    assert np.array_equal(column(table(chosen), "theta"), column(table(by_hand), "theta"))


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("metric", ["layerwise", "full"])
def test_the_referee_passes_it(metric: Any, output: Output) -> None:
    assert fs.referee(RiemannianDescent(metric=metric, output=output, mass=1.0)).fault == ""


def test_a_form_that_cannot_serve_is_refused() -> None:
    with pytest.raises(ValueError, match="gradient among the rows"):
        iterating(SPEC, RiemannianDescent(output="sampled_fisher", form="push_through"))
    wide = SPEC.model_copy(update={"network": MLP(widths=(2, 1000, 2))})
    with pytest.raises(ValueError, match="a form that can serve 3000 parameters"):
        iterating(wide, RiemannianDescent(form="dense"))


def test_a_metric_of_too_many_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 8000 rows"):
        iterating(small_mlp(2, 2, 2, samples=40), RiemannianDescent(output="sampled_fisher", probes=256))


def test_a_label_that_the_network_rules_out_still_pulls() -> None:
    """Where softmax gives a label a chance of 1e-20, g'' no longer carries its cotangent: the step starts from the
    gradient then.
    """
    network = MLP(widths=(1, 3))
    data = Data(torch.ones(1, 1).double(), torch.tensor([1e-9, 1e-9, 1 - 2e-9]).double(), Softmax())
    theta = torch.tensor([[0.0, 0.0, -46.0, 0.3, 0.0, 0.0]], dtype=torch.float64)
    at = Linearization.of(network, data, theta)
    step = Pullback("gauss_newton", "full", 0.1).natural(at)
    root = data.loss.root(data.rows(at.outputs), data.rows(data.targets))
    k = at.jacobian.weighted(root).dense()[0]
    exact = torch.linalg.solve(k.T @ k + 0.1 * torch.eye(6, dtype=torch.float64), at.gradient[0])
    blind = Pullback("gauss_newton", "full", 0.1, form="push_through").natural(at)[0]
    assert float((blind - exact).norm() / exact.norm()) > 0.1
    assert float(at.gradient[0].norm()) > 1.0 and float((step[0] - exact).norm() / exact.norm()) < 1e-10


def test_no_layer_of_more_than_two_thousand_parameters_has_a_matrix_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the rows are more than p, so that the p × p solve would be the cheapest."""

    def gram(k: Layered) -> Tensor:
        assert k.shape[2] <= SIDE
        return k.dense().mT @ k.dense()

    monkeypatch.setattr(Layered, "gram", gram)
    spec = small_mlp(2, 30, 2, samples=1100)
    spec = spec.model_copy(update={"network": MLP(widths=(2, 45, 45, 2))})
    assert [block.parameters for block in RiemannianDescent().blocks(spec.network, 1100)] == [135, 2070, 92]
    rule = RiemannianDescent(output="sampled_fisher", probes=1)
    data = spec.problem.data(spec.network)
    at = Linearization.of(spec.network, data, spec.network.draw(torch.Generator().manual_seed(0)).unsqueeze(0))
    program = rule.descent([rule], torch.arange(1), at.theta, spec.network)
    step = program._solve(at, torch.zeros(1), slice(None))  # pyright: ignore[reportAttributeAccessIssue]  # what a step asks
    assert bool(torch.isfinite(step).all())


def digits(*optimizers: AnyOptimizer, seeds: tuple[int, ...] = (0, 1, 2)) -> fs.RunSpec:
    """The theory page's set-up, B4: the first 100 images of scikit-learn's digits over 16, tanh 64-24-16-10,
    cross-entropy.
    """
    sets: Any = import_module("sklearn.datasets")
    images, classes = sets.load_digits(return_X_y=True)
    labels = 1e-7 + (1 - 1e-6) * np.eye(10)[classes[:100]]
    points = Points(
        inputs=tuple(map(tuple, (images[:100] / 16).tolist())),
        targets=tuple(map(tuple, labels.tolist())),
        loss=Softmax(),
    )
    return fs.RunSpec(
        problem=points,
        network=MLP(widths=(64, 24, 16, 10)),
        start=Random(),
        seeds=seeds,
        solvers=tuple(Solver(f"{k}", each) for k, each in enumerate(optimizers)),
        horizon=1e4,
        interval=1e4,
    )


def losses(spec: fs.RunSpec, steps: int) -> np.ndarray:
    """L after each step, (steps + 1, solvers, seeds); NaN where a lane has ended."""
    rows = torch.stack(list(fs.Run(spec).losses(steps)))
    return rows.numpy().reshape(steps + 1, len(spec.solvers), len(spec.seeds))


def reached(loss: np.ndarray, level: float) -> list[int]:
    """The first step at which L is at most a level, lane by lane; −1 where none is."""
    below = loss <= level
    return np.where(below.any(0), below.argmax(0), -1).ravel().tolist()


FISHER = RiemannianDescent(output="sampled_fisher", probes=2, mass=0.1)
"""The page's best default: P = 2, η = 1/3 = 1/L, μ = 0.1."""


def test_iterations_on_digits_are_those_of_the_theory_page() -> None:
    """L ≤ 0.1 after 11 to 13 steps at three seeds, Adam at 0.01 about 43, within 15 per cent (the page does not tell
    its seeds).
    """
    loss = losses(digits(FISHER, Adam(eta=0.01)), 50)
    assert all(11 <= step <= 13 for step in reached(loss[:, 0], 0.1)), reached(loss[:, 0], 0.1)
    assert all(5 <= step <= 6 for step in reached(loss[:, 0], 0.5))
    assert all(abs(step - 43) <= 0.15 * 43 for step in reached(loss[:, 1], 0.1)), reached(loss[:, 1], 0.1)


def test_it_races_beside_the_methods_of_the_field() -> None:
    """One run of ours, Adam, Muon, SOAP and gradient descent; to L = 0.1 ours takes the fewest steps, and none
    diverges.
    """
    loss = losses(
        digits(FISHER, Adam(eta=0.01), Muon(eta=0.03), SOAP(eta=0.01), GradientDescent(eta=0.5), seeds=(0, 1)), 70
    )
    steps = np.array(reached(loss, 0.1)).reshape(5, 2)
    assert (steps > 0).all() and (steps[0] < 0.4 * steps[1:]).all(), steps


def test_exact_metrics_on_digits_are_those_of_the_theory_page() -> None:
    """Seed 0: layerwise 3/5/11 steps to 0.5/0.1/0.01, full 4/8/17, both at η = 1/3 and μ = 0.01."""
    layerwise, full = RiemannianDescent(mass=0.01), RiemannianDescent(mass=0.01, metric="full", eta=1 / 3)
    loss = losses(digits(layerwise, full, seeds=(0,)), 17)
    assert [reached(loss[:, 0], level) for level in (0.5, 0.1, 0.01)] == [[3], [5], [11]]
    assert [reached(loss[:, 1], level) for level in (0.5, 0.1, 0.01)] == [[4], [8], [17]]


def test_settings_that_diverge_on_the_theory_page_diverge() -> None:
    """A sampled metric of too little mass, one probe of rank 2 a sample; an exact one with η = 1 > 2/L or with too
    little mass.
    """
    sparse = FISHER.model_copy(update={"mass": 0.01})
    assert (losses(digits(sparse), 25)[-1] > 10).all()
    long, light = RiemannianDescent(eta=1.0, mass=0.01), RiemannianDescent(mass=1e-3)
    assert (losses(digits(long, light, seeds=(0,)), 12)[-1] > 10).all()
