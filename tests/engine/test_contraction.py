"""Contraction beside closed forms: rates, composition rules, and the identity of the natural gradient flow."""

import math
from collections.abc import Callable

import pytest
import torch
from flowscope import Run
from flowscope.flow import Linearization
from flowscope.module import contraction, coupling
from flowscope.module.pullback import Euclidean, Metric, Pullback
from torch import Tensor

from ..cases import dense, mlp_spec

Field = Callable[[Tensor], Tensor]


def spring(seed: int, size: int = 3) -> Field:
    """x' = −Hx − tanh(Wx) of a positive definite H: contracting at every x, nonlinear."""
    generator = torch.Generator().manual_seed(seed)
    square = torch.randn(size, size, generator=generator, dtype=torch.float64)
    stiff, wild = square @ square.T / size + 0.8 * torch.eye(size, dtype=torch.float64), 0.3 * square
    return lambda x: -stiff @ x - wild @ torch.tanh(x)


def points(size: int, count: int = 40) -> Tensor:
    return torch.randn(count, size, generator=torch.Generator().manual_seed(9), dtype=torch.float64)


def rate(field: Field, size: int, frame: Tensor | None = None) -> float:
    """The sampled rate in a constant metric."""
    constant = torch.eye(size, dtype=torch.float64) if frame is None else frame
    return contraction.sampled_rate(field, lambda _: constant, points(size)).rate


FIRST, SECOND = spring(0), spring(1)
ONE, TWO = rate(FIRST, 3), rate(SECOND, 3)
GAIN = torch.randn(3, 3, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
NORM = float(torch.linalg.matrix_norm(GAIN, 2))


def test_parallel_flows_contract_at_the_weighted_sum() -> None:
    """Each λ_i is the least over its points, so the sum is at least Σ a_i λ_i."""
    measured = rate(coupling.parallel((FIRST, SECOND), (0.4, 0.6)), 3)
    predicted = coupling.parallel_rate((ONE, TWO), (0.4, 0.6))
    assert predicted - 1e-12 <= measured < 1.5 * predicted


@pytest.mark.parametrize("scale", [1.0, 0.3, 0.1, 0.03, 0.01])
def test_a_series_contracts_as_its_slower_part_in_a_lopsided_metric(scale: float) -> None:
    lopsided = torch.diag(torch.tensor([1.0] * 3 + [scale] * 3, dtype=torch.float64))
    measured = rate(coupling.series(FIRST, SECOND, GAIN), 6, lopsided)
    predicted = coupling.series_rate(ONE, TWO, NORM, scale)
    assert measured >= predicted - 1e-12
    assert 0.0 <= min(ONE, TWO) - predicted <= 0.5 * scale * NORM + 1e-12


@pytest.mark.parametrize("gain", [1.0, 10.0, 100.0])
def test_skew_feedback_costs_nothing_whatever_its_gain(gain: float) -> None:
    """Parts of constant rate, so that the least of both is met at one point."""
    slow, fast = (lambda x: -0.7362 * x), (lambda x: -1.3 * x)
    measured = rate(coupling.feedback(slow, fast, gain * GAIN), 6)
    assert measured == pytest.approx(coupling.skew_rate(0.7362, 1.3), abs=1e-12)
    assert rate(coupling.feedback(FIRST, SECOND, gain * GAIN), 6) >= coupling.skew_rate(ONE, TWO) - 1e-11


@pytest.mark.parametrize("norm", [0.3, 0.6, 1.5])
def test_symmetric_feedback_promises_contraction_iff_its_square_is_below_the_product(norm: float) -> None:
    gain = GAIN * (norm / NORM)
    predicted = coupling.symmetric_rate(ONE, TWO, norm)
    assert rate(coupling.feedback(FIRST, SECOND, gain, 1.0), 6) >= predicted - 1e-12
    assert (predicted > 0) == (norm**2 < ONE * TWO)
    slow, fast = (lambda x: -ONE * x), (lambda x: -TWO * x)
    assert rate(coupling.feedback(slow, fast, gain, 1.0), 6) == pytest.approx(predicted, abs=1e-12)


def test_two_modules_by_comparison_are_the_symmetric_pair() -> None:
    both = torch.tensor([[7.0, 0.6], [0.6, 7.0]], dtype=torch.float64)
    assert coupling.network_rate((ONE, TWO), both) == pytest.approx(coupling.symmetric_rate(ONE, TWO, 0.6), abs=1e-14)


def test_many_modules_contract_at_least_as_the_comparison_matrix_says() -> None:
    generator = torch.Generator().manual_seed(2)
    for _ in range(20):
        square = torch.randn(7, 7, generator=generator, dtype=torch.float64)
        matrix = 0.2 * square - 2.0 * torch.eye(7, dtype=torch.float64)
        rates, norms = coupling.block_rates(matrix, (0, 2, 5, 7))
        assert float(contraction.rate(matrix)) >= coupling.network_rate(rates, norms) - 1e-12


def test_distances_of_a_linear_flow_fall_at_its_rate() -> None:
    """x' = −diag(1, 3)x: 1 along the slow axis, 3 along the fast; in a metric that weighs nothing else the same."""
    time = torch.linspace(0, 2, 41, dtype=torch.float64)
    first, second = torch.zeros(41, 2, dtype=torch.float64), torch.zeros(41, 2, dtype=torch.float64)
    first[:, 0], second[:, 1] = torch.exp(-time), torch.exp(-3 * time)
    found = contraction.trajectory_rate(first, second, time)
    assert 1.0 < found.rate < 3.0 and "estimated at 41 points" in str(found)
    heavy = torch.diag(torch.tensor([1e6, 1.0], dtype=torch.float64))
    assert contraction.trajectory_rate(first, second, time, heavy).rate == pytest.approx(1.0, abs=1e-6)


def test_two_seeds_of_a_linear_network_approach_each_other_at_its_least_eigenvalue() -> None:
    """θ' = −G(θ − θ*): at least λ_min(G) at all times, and exactly that in the end."""
    spec = mlp_spec("gradient", widths=(1, 1), samples=5).model_copy(
        update={"seeds": (0, 1), "horizon": 40.0, "interval": 0.5}
    )
    lanes, time, theta = (torch.cat(parts) for parts in zip(*Run(spec).walk(), strict=True))
    first, second = theta[lanes == 0], theta[lanes == 1]
    _, j = dense(spec.network, first[0], spec.problem.data(spec.network).inputs)
    least = float(torch.linalg.eigvalsh(j.T @ j / 5)[0])
    early = contraction.trajectory_rate(first[:21], second[:21], time[lanes == 0][:21]).rate
    late = contraction.trajectory_rate(first[20:41], second[20:41], time[lanes == 0][20:41]).rate
    assert early >= least * (1 - 1e-5) and late == pytest.approx(least, rel=1e-3)


def test_a_turning_metric_takes_part_in_the_rate() -> None:
    """x' = 0 in the metric e^{2λx}: lengths in it stand still; x' = −1 shrinks them at λ (Θ' alone)."""

    def frame(x: Tensor) -> Tensor:
        return torch.exp(0.5 * x).reshape(1, 1)

    point = torch.tensor([0.3], dtype=torch.float64)
    still = contraction.generalised_jacobian(lambda x: 0.0 * x, frame, point)
    drifting = contraction.generalised_jacobian(lambda x: 0.0 * x - 1.0, frame, point)
    assert float(contraction.rate(still)) == pytest.approx(0.0, abs=1e-14)
    assert float(contraction.rate(drifting)) == pytest.approx(0.5, abs=1e-14)


def test_a_discrete_map_brings_neighbours_together_by_its_norm() -> None:
    """Gradient descent by η on ½x²: 1 − η; the constant metric drops out in one dimension."""
    frame = contraction.identity(1)
    point = torch.tensor([2.0], dtype=torch.float64)
    assert contraction.map_norm(lambda x: 0.7 * x, frame, point) == pytest.approx(0.7, abs=1e-14)
    stretched = contraction.map_norm(lambda x: 0.7 * x, lambda x: (1 + x.square()).reshape(1, 1), point)
    assert stretched == pytest.approx(0.7 * (1 + 1.4**2) / 5, abs=1e-14)


SPEC = mlp_spec("gradient", widths=(1, 3, 2, 1), samples=5)


@pytest.mark.parametrize(
    "metric",
    [
        Euclidean(),
        Pullback("identity", "full", 0.1),
        Pullback("gauss_newton", "layerwise", 0.1),
        Pullback("identity", "layerwise", 1.0),
    ],
    ids=["euclidean", "full", "layerwise", "heavy"],
)
def test_the_natural_gradient_flow_contracts_as_the_loss_is_geodesically_convex(metric: Metric) -> None:
    """M' + AᵀM + MA = −2 Hess_M ℓ (S4): the left by differences of the engine's velocity, the right by automatic
    differentiation.
    """
    network, data = SPEC.network, SPEC.problem.data(SPEC.network)
    theta = network.draw(torch.Generator().manual_seed(0))

    def jacobian(point: Tensor) -> Tensor:
        forward: Field = lambda each: network.forward(each.unsqueeze(0), data.inputs)[0]  # noqa: E731
        found = torch.func.jacrev(forward)(point)  # pyright: ignore[reportPrivateImportUsage]  # torch.func is untyped
        assert isinstance(found, Tensor)
        return found

    def matrix(point: Tensor) -> Tensor:
        unit = torch.eye(network.parameters, dtype=torch.float64)
        if isinstance(metric, Euclidean):
            return unit
        assert isinstance(metric, Pullback)
        j = jacobian(point)
        whole = j.T @ j / data.samples
        if metric.scope == "layerwise":
            sizes = [6, 8, 3]
            keep = torch.block_diag(*(torch.ones(size, size, dtype=torch.float64) for size in sizes))
            whole = whole * keep
        return whole + metric.mass * unit

    def loss(point: Tensor) -> Tensor:
        return (network.forward(point.unsqueeze(0), data.inputs)[0] - data.targets).square().sum() / (2 * data.samples)

    def velocity(point: Tensor) -> Tensor:
        return -metric.natural(Linearization.of(network, data, point))

    def own(point: Tensor) -> Tensor:
        return metric.matrix(Linearization.of(network, data, point))

    at, direction = (
        Linearization.of(network, data, theta.unsqueeze(0)),
        torch.linspace(-1.0, 1.0, 17, dtype=torch.float64),
    )
    assert torch.allclose(own(theta.unsqueeze(0))[0], matrix(theta), atol=1e-13)
    assert torch.allclose(
        metric.square(at, direction.unsqueeze(0))[0], direction @ matrix(theta) @ direction, rtol=1e-12
    )
    left = contraction.metric_change(velocity, own, theta)
    right = -2.0 * contraction.riemannian_hessian(loss, matrix, theta)
    assert float((left - right).norm() / right.norm()) < 1e-6


def test_the_riemannian_hessian_is_that_of_a_sphere() -> None:
    """On the unit sphere in (latitude, longitude), ℓ = sin(latitude) has Hess = −sin(latitude)·M."""

    def metric(x: Tensor) -> Tensor:
        return torch.diag(torch.stack((torch.ones_like(x[0]), torch.cos(x[0]) ** 2)))

    point = torch.tensor([0.4, 1.1], dtype=torch.float64)
    found = contraction.riemannian_hessian(lambda x: torch.sin(x[0]), metric, point)
    assert torch.allclose(found, -math.sin(0.4) * metric(point), atol=1e-14)
