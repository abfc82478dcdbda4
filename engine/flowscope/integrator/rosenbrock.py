"""Linearly implicit integration of stiff flows: one Gauss–Newton matrix and one factorisation a step."""

from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from ..component import Real
from .path import Integrator, Path, Rows, StiffField, Trial, VectorField, first_size, next_size, rms, settle


def _matrix(rows: list[list[float]]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


# Rang & Angermann 2005 (BIT 45), ROS34PW2, to the digits of PETSc's rosw.c, whose dense output this is.
_GAMMA = 4.3586652150845900e-01
_ALPHAS = _matrix(
    [
        [0.0, 0.0, 0.0, 0.0],
        [8.7173304301691801e-01, 0.0, 0.0, 0.0],
        [8.4457060015369423e-01, -1.1299064236484185e-01, 0.0, 0.0],
        [0.0, 0.0, 1.0, 0.0],
    ]
)
_GAMMAS = _matrix(
    [
        [_GAMMA, 0.0, 0.0, 0.0],
        [-8.7173304301691801e-01, _GAMMA, 0.0, 0.0],
        [-9.0338057013044082e-01, 5.4180672388095326e-02, _GAMMA, 0.0],
        [2.4212380706095346e-01, -1.2232505839045147e00, 5.4526025533510214e-01, _GAMMA],
    ]
)
_WEIGHTS = _matrix([[2.4212380706095346e-01, -1.2232505839045147e00, 1.5452602553351020e00, _GAMMA]])
_EMBEDDED = _matrix([[3.7810903145819369e-01, -9.6042292212423178e-02, 0.5, 2.1793326075422950e-01]])
_DENSE = _matrix(
    [
        [1.0564298455794094, 2.296429974281067, -1.307599564525376, -1.045260255335102],
        [-1.3864882699759573, -8.262611700275677, 7.250979895056055, 2.398120075195581],
        [0.5721822314575016, 4.742931142090097, -4.398120075195578, -0.9169932983520199],
    ]
)
_NODES = _ALPHAS.sum(1).tolist()


def _over_gammas(weights: Tensor) -> Tensor:
    """Weights of u = Γk from weights of k."""
    return torch.linalg.solve_triangular(_GAMMAS, weights, upper=False, left=False)


_COUPLING = torch.eye(4, dtype=torch.float64) - _GAMMA * _over_gammas(torch.eye(4, dtype=torch.float64))
_STAGES, _STEP, _ERROR, _CURVE = (_over_gammas(part) for part in (_ALPHAS, _WEIGHTS, _WEIGHTS - _EMBEDDED, _DENSE))


class Rosenbrock(Integrator):
    """ROS34PW2: (I + γhA)kᵢ = h v(θ + Σ αᵢⱼkⱼ) − hA Σ_{j<i} γᵢⱼkⱼ, θ₊ = θ + Σ bᵢkᵢ, of order 3 whatever A is (a
    W-method).

    A is the Gauss–Newton part of −∂v/∂θ: G = JᵀJ/n on gradient flow, (ρI + (1−ρ)G)⁻¹G on the damped family. What it
    leaves out (the curvature of the outputs times r; the motion of J and ρ) costs accuracy, not order. L-stable where A
    is exact, so the step follows the accuracy and not 1/λ_max. Embedded order 2; dense output of order 3. One step: one
    J, one factorisation, five f. Rang & Angermann 2005.
    """

    order: ClassVar[int] = 3
    is_adaptive: ClassVar[bool] = True
    is_implicit: ClassVar[bool] = True

    kind: Literal["rosenbrock"] = "rosenbrock"
    rtol: Real = Field(default=1e-6, ge=1e-12, le=1e-1, description="relative tolerance of one step")
    atol: Real = Field(default=1e-8, ge=1e-14, le=1e-1, description="absolute tolerance of one step, in units of θ")

    def begin(self, field: VectorField, path: Path, rows: Rows) -> None:
        """The slope and a first step size (Hairer, Nørsett, Wanner I, II.4)."""
        super().begin(field, path, rows)
        path.size[rows] = first_size(field, path, rows, self.atol + self.rtol * path.theta[rows].abs(), self.order)

    def step(self, field: VectorField, path: Path, rows: Rows) -> Trial:
        """One step in u = Γk, which needs no product with A: (I + γhA)uᵢ = γh v(θ + Σ aᵢⱼuⱼ) + Σ_{j<i} cᵢⱼuⱼ (Hairer &
        Wanner II, IV.7).
        """
        assert isinstance(field, StiffField), "a spec refuses flows without the matrix"
        time, theta = path.time[rows], path.theta[rows]
        size, end = next_size(path, rows)
        solve = field.relaxation(rows, time, theta, _GAMMA * size)
        stages, coupling, last, embedded, dense = (
            part.to(theta.device) for part in (_STAGES, _COUPLING, _STEP, _ERROR, _CURVE)
        )
        shift, slope = (_GAMMA * size).unsqueeze(1), path.slope[rows]
        u = solve(shift * slope).unsqueeze(1)
        for i in (1, 2, 3):
            velocity = field(rows, time + _NODES[i] * size, theta + (stages[i : i + 1, :i] @ u).squeeze(1))
            right = shift * velocity + (coupling[i : i + 1, :i] @ u).squeeze(1)
            u = torch.cat((u, solve(right).unsqueeze(1)), 1)
        new = theta + (last @ u).squeeze(1)
        new_slope = field(rows, end, new)
        scale = self.atol + self.rtol * torch.maximum(theta.abs(), new.abs())
        error = torch.where(torch.isfinite(new_slope).all(1), rms((embedded @ u).squeeze(1) / scale), torch.inf)
        return settle(
            path, rows, error, self.order, size, end, new, new_slope, torch.cat((theta.unsqueeze(1), dense @ u), 1)
        )
