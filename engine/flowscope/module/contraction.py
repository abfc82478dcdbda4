"""Contraction: rates of flows in a metric, as sampled, as seen between two trajectories and of discrete maps."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

VectorField = Callable[[Tensor], Tensor]
"""x (d,) ↦ x' (d,), differentiable by torch.func."""
Frame = Callable[[Tensor], Tensor]
"""x (d,) ↦ Θ(x) (d, d), invertible, of the metric M = ΘᵀΘ."""


@dataclass(frozen=True)
class Estimate:
    """A rate seen at `points` points: an upper estimate, no certificate, since a flow may contract more slowly
    elsewhere.
    """

    rate: float
    points: int

    def __str__(self) -> str:
        return f"{self.rate:.4g} (estimated at {self.points} points)"


def derivative(function: Callable[[Tensor], Tensor], point: Tensor) -> Tensor:
    """∂f/∂x (…, d) of x (d,) ↦ f (…) by reverse differentiation."""
    found = torch.func.jacrev(function)(point)  # pyright: ignore[reportPrivateImportUsage]  # torch.func is untyped
    assert isinstance(found, Tensor), "a function to one tensor has one derivative"
    return found


def generalised_jacobian(field: VectorField, frame: Frame, point: Tensor) -> Tensor:
    """F = (Θ' + Θ ∂f/∂x)Θ⁻¹ (d, d), Θ' along the flow (Lohmiller, Slotine 1998).

    Distances in M = ΘᵀΘ fall at least at the rate λ iff λ_max(sym F) ≤ −λ everywhere, iff M' + AᵀM + MA ≤ −2λM with A =
    ∂f/∂x. For the natural gradient flow f = −M⁻¹∇ℓ the left side is −2 Hess_M ℓ: to contract in one's own metric is
    geodesic convexity (1806.06655).
    """
    theta = frame(point)
    turning = derivative(frame, point) @ field(point)
    return torch.linalg.solve(theta, turning + theta @ derivative(field, point), left=False)


def rate(matrix: Tensor) -> Tensor:
    """−λ_max(sym F) (…) of generalised Jacobians (…, d, d); negative where distances may grow."""
    return -torch.linalg.eigvalsh(0.5 * (matrix + matrix.mT))[..., -1]


def sampled_rate(field: VectorField, frame: Frame, points: Tensor) -> Estimate:
    """The least rate over points (k, d), estimated."""
    found = torch.stack([rate(generalised_jacobian(field, frame, point)) for point in points])
    return Estimate(float(found.min()), points.shape[0])


def trajectory_rate(first: Tensor, second: Tensor, time: Tensor, frame: Tensor | None = None) -> Estimate:
    """The least −d/dt ln‖Θ(x − y)‖ between neighbouring times (T,) of two trajectories (T, d), Θ (d, d) constant;
    estimated.
    """
    apart = second - first
    distance = torch.linalg.vector_norm(apart if frame is None else apart @ frame.mT, dim=1)
    slopes = -distance.log().diff() / time.diff()
    return Estimate(float(slopes.min()), time.numel())


def map_norm(step: Callable[[Tensor], Tensor], frame: Frame, point: Tensor) -> float:
    """‖Θ(Φ(x)) DΦ(x) Θ(x)⁻¹‖₂ of a discrete map Φ: below 1 where it brings neighbours together."""
    moved = frame(step(point)) @ derivative(step, point)
    return float(torch.linalg.matrix_norm(torch.linalg.solve(frame(point), moved, left=False), 2))


def identity(size: int) -> Frame:
    """Θ = I."""
    return lambda point: torch.eye(size, dtype=point.dtype)


def riemannian_hessian(loss: Callable[[Tensor], Tensor], metric: Callable[[Tensor], Tensor], point: Tensor) -> Tensor:
    """Hess_M ℓ (d, d), with lower indices: ∂_i∂_jℓ − Γᵏ_ij ∂_kℓ for M (d, d), by automatic differentiation of both
    functions.
    """
    bend = derivative(lambda x: derivative(loss, x), point)
    change = derivative(metric, point)
    # ½(∂_i M_kj + ∂_j M_ki − ∂_k M_ij) at [i, j, k]
    christoffel = 0.5 * (change.permute(2, 1, 0) + change.permute(1, 2, 0) - change)
    return bend - christoffel @ torch.linalg.solve(metric(point), derivative(loss, point))


def metric_change(
    velocity: Callable[[Tensor], Tensor], metric: Callable[[Tensor], Tensor], point: Tensor, *, step: float = 1e-5
) -> Tensor:
    """M' + AᵀM + MA (d, d) of a flow that is known as numbers only, by central differences of the velocity and of M
    along it.

    `velocity` maps points (k, d) to x' (k, d), `metric` to M (k, d, d).

    The error is of order `step`² in the scale of x, and rounding over `step`: 1e-10 at the default, where both are of
    order 1.
    """
    unit, along = step * torch.eye(point.numel(), dtype=point.dtype), step * velocity(point.unsqueeze(0))[0]
    after, before = velocity(torch.cat((point + unit, point - unit))).chunk(2)
    a = (after - before).mT / (2 * step)
    m, later, earlier = metric(torch.stack((point, point + along, point - along)))
    return (later - earlier) / (2 * step) + a.mT @ m + m @ a
