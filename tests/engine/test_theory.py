"""What the theorems say of the stage, measured on recordings (theory page: P7, P8, P9, P13, section 3.4)."""

from typing import Literal

import numpy as np
import pyarrow as pa
import pytest
import torch
from flowscope import PRESETS, RunSpec, preset
from flowscope.integrator import DormandPrince
from flowscope.network import Dense, Network, Neuron
from flowscope.network.network import Cost
from flowscope.problem import Points
from flowscope.run.spec import Point
from torch import Tensor

from ..cases import FLOWS, INPUTS, column, lane, mlp_spec, stage_spec, table

DEFAULT = PRESETS[0].spec


@pytest.fixture(scope="module")
def default() -> pa.Table:
    return table(DEFAULT)


def slope(frames: pa.Table, high: float, low: float) -> float:
    """d ln(excess)/dt between two heights of the excess loss."""
    excess, time = column(frames, "excess_loss"), column(frames, "time")
    window = (excess < high) & (excess > low)
    return float(np.polyfit(time[window], np.log(excess[window]), 1)[0])


def curvature(spec: RunSpec, theta: np.ndarray) -> np.ndarray:
    """Eigenvalues of the Riemannian Hessian of ‖f − y‖²/2 on M: I + L⁻¹ B L⁻ᵀ, B = Σ_i ((I − P)r)_i ∇²f_i, JᵀJ =
    LLᵀ.
    """
    data, point = spec.problem.data(spec.network), torch.tensor(theta)

    def forward(t: Tensor) -> Tensor:
        return spec.network.forward(t.unsqueeze(0), data.inputs)[0]

    jacobian, second = torch.func.jacrev(forward)(point), torch.func.jacrev(torch.func.jacrev(forward))(point)
    residual = forward(point) - data.targets
    normal = residual - jacobian @ torch.linalg.solve(jacobian.T @ jacobian, jacobian.T @ residual)
    inverse = torch.linalg.inv(torch.linalg.cholesky(jacobian.T @ jacobian))
    bend = torch.einsum("i,ijk->jk", normal, second)
    return torch.linalg.eigvalsh(torch.eye(2, dtype=torch.float64) + inverse @ bend @ inverse.T).numpy()


def test_gauss_newton_falls_with_slope_two_over_four_decades(default: pa.Table) -> None:
    assert slope(lane(default, 1), 1e-2, 1e-6) == pytest.approx(-2, abs=0.02)
    assert slope(lane(default, 1), 1e-6, 1e-12) == pytest.approx(-2, abs=0.02)


def test_gradient_flow_needs_about_nine_times_as_long(default: pa.Table) -> None:
    longer = table(DEFAULT.model_copy(update={"horizon": 80.0, "interval": 0.1, "solvers": DEFAULT.solvers[:2]}))
    gradient, newton = (
        column(lane(longer, number), "time")[np.argmax(column(lane(longer, number), "excess_loss") < 1e-6)]
        for number in (0, 1)
    )
    assert 8.5 < gradient / newton < 10.5
    assert float(column(lane(default, 1), "sigma_min").min()) > 0.14


def test_gradient_flow_takes_another_way(default: pa.Table) -> None:
    detour, geodesic = column(lane(default, 0), "outputs"), column(lane(default, 1), "outputs")
    nearest = np.array([np.linalg.norm(geodesic - point, axis=1).min() for point in detour])
    assert 0.9 < nearest.max() < 1.1


def test_the_tail_of_a_far_target_is_twice_the_least_curvature() -> None:
    """P13: the tail exponent is 2μ_min of the Riemannian Hessian at the in-class point reached."""
    far = preset("curvature").spec.model_copy(update={"horizon": 20.0})
    frames = lane(table(far), 1)
    least = float(curvature(far, column(frames, "theta")[-1])[0])
    assert least == pytest.approx(0.784, abs=0.001)
    assert slope(frames, 1e-8, 1e-13) == pytest.approx(-2 * least, rel=0.01)


def test_the_gap_is_bounded_by_the_least_curvature_on_the_path() -> None:
    """P13: gap(t) ≤ gap(t₀) e^{−2μ(t−t₀)}, μ the least Riemannian Hessian eigenvalue from t₀ on, t₀ where that becomes
    positive.
    """
    frames = lane(table(preset("curvature").spec.model_copy(update={"horizon": 20.0})), 1)
    excess, time, theta = column(frames, "excess_loss"), column(frames, "time"), column(frames, "theta")
    least = np.array([float(curvature(preset("curvature").spec, t)[0]) for t in theta])
    first = int(np.flatnonzero(least <= 0)[-1]) + 1
    assert 0 < first < len(least) // 4  # the start is outside the convex region: no bound is claimed there
    visible = np.arange(len(excess)) >= first
    visible &= excess > 1e-15
    bound = excess[first] * np.exp(-2 * least[first:].min() * (time - time[first]))
    assert (excess[visible] <= bound[visible] * (1 + 1e-9)).all()


def test_the_gap_decays_at_the_projected_residual() -> None:
    """P13: gap' = −‖Pr‖², that is ln gap falls at 2μ_PL = ‖Pr‖²/gap, with gap in ½‖r‖²."""
    spec = preset("curvature").spec.model_copy(update={"horizon": 10.0, "interval": 0.01})
    frames = lane(table(spec), 1)
    data, x = spec.problem.data(spec.network), spec.problem.data(spec.network).inputs[:, 0].numpy()
    projected = []
    for theta in column(frames, "theta"):
        f = np.tanh(theta[0] * x + theta[1])
        q, _ = np.linalg.qr((1 - f**2)[:, None] * np.stack([x, np.ones(3)], 1))
        projected.append(float(np.linalg.norm(q.T @ (f - data.targets.numpy())) ** 2))
    gap, time, rate = 3 * column(frames, "excess_loss"), column(frames, "time"), np.array(projected)
    slopes = np.diff(gap) / np.diff(time)
    middle = -(rate[1:] + rate[:-1]) / 2
    assert np.abs(slopes / middle - 1).max() < 1e-3  # trapezium rule on frames 0.01 apart


class Reparametrised(Network):
    """The neuron in coordinates u with θ = φ(u) = (u₁ + u₂³/3, sinh u₂): another clock for gradient flow, the same
    manifold.
    """

    kind: Literal["reparametrised"] = "reparametrised"

    @staticmethod
    def theta(u: Tensor) -> Tensor:
        return torch.stack((u[:, 0] + u[:, 1] ** 3 / 3, torch.sinh(u[:, 1])), 1)

    def evaluate(self, theta: Tensor, inputs: Tensor) -> tuple[Tensor, Dense]:
        outputs, jacobian = Neuron().evaluate(self.theta(theta), inputs)
        second = torch.stack((theta[:, 1] ** 2, torch.cosh(theta[:, 1])), 1)
        inner = torch.stack((torch.tensor([1.0, 0.0], dtype=torch.float64).expand(len(theta), -1), second), 2)
        return outputs, Dense(jacobian.array @ inner)

    def forward(self, theta: Tensor, inputs: Tensor) -> Tensor:
        return Neuron().forward(self.theta(theta), inputs)

    @property
    def inputs(self) -> int:
        return 1

    @property
    def outputs(self) -> int:
        return 1

    @property
    def parameters(self) -> int:
        return 2

    def cost(self, samples: int) -> Cost:
        return Neuron().cost(samples)


def test_gauss_newton_does_not_see_coordinates_and_gradient_flow_does() -> None:
    """P7."""
    spec = stage_spec("gradient", "gauss_newton")
    second = float(np.arcsinh(1.44))
    data = spec.problem.data(spec.network)
    elsewhere = spec.model_copy(
        update={
            "network": Reparametrised(),
            "start": Point(parameters=(1.13 - second**3 / 3, second)),
            "problem": Points(inputs=INPUTS, targets=tuple((float(y),) for y in data.targets)),
        }
    )
    here, there = table(spec), table(RunSpec.model_construct(**elsewhere.__dict__))
    apart = [
        np.abs(column(lane(here, number), "outputs") - column(lane(there, number), "outputs")).max()
        for number in (0, 1)
    ]
    assert apart[1] < 1e-6
    assert apart[0] > 0.1


def test_gauss_newton_is_riemannian_gradient_descent_to_first_order() -> None:
    """P8: descent in R³ that projects −(f − y) on the tangent plane and goes back to the surface by nearest point
    differs by O(h).
    """
    spec = stage_spec("gauss_newton", horizon=4.0, interval=0.1, integrator=DormandPrince(rtol=1e-10))
    x, target = spec.problem.data(spec.network).inputs[:, 0].numpy(), spec.problem.data(spec.network).targets.numpy()
    path = column(table(spec), "outputs")

    def surface(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        f = np.tanh(theta[0] * x + theta[1])
        return f, (1 - f**2)[:, None] * np.stack([x, np.ones(3)], 1)

    def retract(theta: np.ndarray, point: np.ndarray) -> np.ndarray:
        for _ in range(30):
            f, j = surface(theta)
            theta = theta - np.linalg.lstsq(j, f - point, rcond=None)[0]
        return theta

    gaps = []
    for h in (0.025, 0.0125, 0.00625):
        theta, worst = np.array(spec.start.parameters), 0.0  # pyright: ignore[reportAttributeAccessIssue]  # a Point
        for k in range(round(4.0 / h)):
            f, j = surface(theta)
            q, _ = np.linalg.qr(j)
            theta = retract(theta, f - h * q @ (q.T @ (f - target)))
            if (k + 1) % round(0.1 / h) == 0:
                worst = max(worst, float(np.linalg.norm(surface(theta)[0] - path[(k + 1) // round(0.1 / h)])))
        gaps.append(worst)
    ratios = np.array(gaps[:-1]) / np.array(gaps[1:])
    assert np.abs(ratios - 2).max() < 0.1, gaps


@pytest.mark.parametrize("name", [name for name in FLOWS])
def test_the_kernel_bound_holds_for_every_damping(name: str) -> None:
    """P9: L(t) ≤ L₀ exp(−2∫κ_ρ(λ_min(K))), κ_ρ(λ) = λ/(ρ + (1−ρ)λ), over-parametrised, no width assumption."""
    spec = mlp_spec(name, widths=(1, 12, 1), samples=4, horizon=6.0, interval=0.01)
    frames = lane(table(spec), 0)
    loss, rho, time = column(frames, "loss"), column(frames, "rho"), column(frames, "time")
    least = column(frames, "eigenvalues")[:, -1]
    rate = least / (rho + (1 - rho) * least)
    bound = loss[0] * np.exp(-2 * np.concatenate([[0], np.cumsum((rate[1:] + rate[:-1]) / 2 * np.diff(time))]))
    visible = loss > 1e-20
    assert visible.sum() > 100
    assert (loss[visible] <= bound[visible] * 1.01).all()
    if name == "gauss_newton":  # P11: with equality
        assert np.abs(np.log(loss[visible] / bound[visible])).max() < 1e-4


def test_damping_by_the_smallest_eigenvalue_keeps_its_rate_whatever_that_is() -> None:
    """P10: exponent ≥ 2/(1 + a) with a = 1."""
    for samples in (3, 4, 5):
        frames = lane(table(mlp_spec("smallest_eigenvalue", widths=(1, 12, 1), samples=samples, horizon=8.0)), 0)
        loss, time = column(frames, "loss"), column(frames, "time")
        assert -np.log(loss[-1] / loss[0]) / time[-1] >= 1.0
