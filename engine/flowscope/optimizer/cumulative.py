"""Stochastic Gauss–Newton whose matrix accumulates over minibatches, projected in its own metric."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from ..component import Count, Experiment, Objection, Real
from ..elementary import times
from ..factorisation import eigh
from ..flow import Linearization, VectorField
from ..integrator import Path
from ..integrator.path import Rows, Trial, where
from ..network import Jacobian, Network
from ..network.network import Cost
from .optimizer import Descent, Optimizer, moment

ROUNDS = 60
"""Newton rounds of the projection at most; it converges quadratically, from one side."""


class CumulativeGaussNewton(Optimizer):
    """θ_k = Proj(θ_{k−1} − H_k⁻¹J_kᵀg_k/b), H_k = λI + α Σ_{j≤k} J_jᵀJ_j/b over minibatches of b samples; Proj in the
    metric H_k on a ball.

    J_k and g_k = g'(f) (r for squares) are those of minibatch k at θ_{k−1}. Proj(v) is the nearest point, in ‖x‖² =
    xᵀHx, of the ball of `radius` around θ₀ (0: all of R^p). H grows like k, so steps shrink like 1/k (Cayci's sister
    paper; theory page, 2.7). Its constants are not known to us: α beside the step's 1, the mean over the minibatch, the
    ball for the paper's convex set, the order (each pass over the data draws a permutation and cuts it into m parts of
    b = ⌊n/m⌋ samples, the rest sits out) are our set-up. Clock: t = k/m, passes over the data. ρ_k = λ/(λ + αk), as
    Levenberg–Marquardt's with λ/(αk). Assumes nothing of J's rank. Cost: f, J and Jᵀr of the minibatch and a solve in
    p, at the start and at each step; where a step leaves the ball an eigendecomposition besides, which is not counted.
    (The batch evaluates f on all samples at every step, to show the loss; counted is what a lane alone would need.)
    """

    shared: ClassVar[tuple[str, ...]] = ("batches", "seed")

    kind: Literal["cumulative_gauss_newton"] = "cumulative_gauss_newton"
    batches: Count = Field(
        default=4,
        ge=1,
        le=4096,
        description="m, minibatches in one pass over the data; 1/m is the flow time of one step",
    )
    growth: Annotated[Real, Field(gt=0, le=1e6)] = Field(
        default=1.0, description="α, weight of the minibatches' JᵀJ/b in H"
    )
    damping: Annotated[Real, Field(ge=1e-9, le=1e9)] = Field(default=1e-2, description="λ in H = λI + …")
    radius: Annotated[Real, Field(ge=0, le=1e6)] = Field(
        default=0.0, description="radius of the ball around θ₀; 0 for no ball"
    )
    seed: Count = Field(default=0, ge=0, lt=2**31, description="seed of the order of the samples")

    @staticmethod
    def tally() -> Tensor:
        return torch.tensor([1, 1, 0, 1, 1])

    @property
    def span(self) -> float:
        return 1.0 / self.batches

    @classmethod
    def descent(cls, optimizers: Sequence[Any], lanes: Tensor, theta: Tensor, network: Network) -> Descent:
        return Accumulation(optimizers, lanes, theta)

    def check(self, spec: Experiment) -> Iterator[Objection]:
        if self.batches > (samples := spec.problem.samples):
            yield "", f"at most {samples} minibatches, one sample each", f"{self.batches} of them"

    def entries(self, network: Network) -> int:
        return 2 * network.parameters**2

    def cost(self, network: Network, samples: int) -> Cost:
        """That of b samples, with JᵀJ and a Cholesky solve in p."""
        size, p = samples // self.batches, float(network.parameters)
        part = network.cost(size)
        return Cost(part.f, part.jacobian, part.jvp, part.vjp, 2.0 * size * network.outputs * p**2 + p**3 / 3.0)


class Accumulation(Descent):
    """Lanes of one order: H, and the centres of their balls. They step together, since their clock is one."""

    def __init__(self, optimizers: Sequence[CumulativeGaussNewton], lanes: Tensor, theta: Tensor) -> None:
        super().__init__(lanes, theta)
        first, p = optimizers[0], theta.shape[1]
        self._batches, self._steps = first.batches, 0
        self._generator = torch.Generator().manual_seed(first.seed)
        self._order = torch.empty(0, dtype=torch.int64)
        self._growth, self._damping, self._radius = (
            theta.new_tensor([getattr(each, name) for each in optimizers]) for name in ("growth", "damping", "radius")
        )
        self._centre = theta[lanes].clone()
        self._matrix = self._damping[:, None, None] * torch.eye(p, dtype=theta.dtype, device=theta.device)

    def begin(self, field: VectorField, path: Path, rows: Rows) -> None:
        at, _ = field.visit(rows, path.theta[rows])
        path.slope[rows] = self._solve(at, self._mine(rows))
        field.held[rows] = self._rho(self._mine(rows)).unsqueeze(1)

    def step(self, field: VectorField, path: Path, rows: Rows) -> Trial:
        mine, theta = self._mine(rows), path.theta[rows]
        end = moment(path, (path.steps[rows] + 1.0) / self._batches)
        if (late := end > path.horizon).any():
            return self._rest(field, path, rows, late)
        moved = theta + path.slope[rows] - self._centre[mine]
        new = self._centre[mine] + project(moved, self._matrix[mine], self._radius[mine])
        at, inside = field.visit(rows, new)
        slope = self._solve(at, mine)
        if inside is not None:
            slope = torch.where(inside.all(1, keepdim=True), slope, torch.nan)
        kept = torch.isfinite(slope).all(1)
        known = where(rows, kept)
        field.held[known, 0], field.held[known, 1] = field.held[known, 1], self._rho(mine)[kept]
        path.accept(known, end[kept], new[kept], slope[kept], theta[kept].unsqueeze(1))
        return Trial(kept, ~kept)

    def _solve(self, at: Linearization, mine: Rows) -> Tensor:
        """−H⁻¹J_kᵀg_k/b (b, p) of the next minibatch, which enters H; NaN where that is not positive definite."""
        samples = self._minibatch(at.data.samples).to(at.theta.device)
        width = at.outputs.shape[1] // at.data.samples
        entries = (samples.unsqueeze(1) * width + torch.arange(width, device=samples.device)).flatten()
        jacobian: Jacobian = at.jacobian.at_outputs(entries)
        self._matrix[mine] += self._growth[mine][:, None, None] * (jacobian.gram() / samples.numel())
        factor, info = torch.linalg.cholesky_ex(self._matrix[mine])
        gradient = jacobian.vjp(at.cotangent[:, entries]) / samples.numel()
        step = torch.cholesky_solve(gradient.unsqueeze(2), factor).squeeze(2)
        return torch.where((info == 0).unsqueeze(1), -step, torch.nan)

    def _minibatch(self, samples: int) -> Tensor:
        """The samples of the next minibatch."""
        place, size = self._steps % self._batches, samples // self._batches
        if place == 0:
            self._order = torch.randperm(samples, generator=self._generator)
        self._steps += 1
        return self._order[place * size : (place + 1) * size]

    def _rho(self, mine: Rows) -> Tensor:
        return self._damping[mine] / (self._damping[mine] + self._growth[mine] * self._steps)


def project(point: Tensor, matrix: Tensor, radius: Tensor) -> Tensor:
    """The point z (b, p) of the ball ‖z‖ ≤ `radius` (b,) nearest to `point` (b, p) in the metric H (b, p, p); a radius
    of 0 is no ball.

    Where it lies outside, z(μ) = (H + μI)⁻¹H·point with μ > 0 such that ‖z(μ)‖ is the radius: Newton on 1/‖z‖, which is
    concave in μ and so converges from below (Moré, Sorensen 1983), in the eigenbasis of H.
    """
    outside = (radius > 0.0) & (torch.linalg.vector_norm(point, dim=1) > radius)
    if not outside.any():
        return point
    values, vectors = eigh(matrix[outside])
    values = values.clamp_min(torch.finfo(values.dtype).eps * values[:, -1:])
    weights = values * times(vectors.mT, point[outside])
    limit, shift = radius[outside].unsqueeze(1), torch.zeros_like(values[:, :1])
    for _ in range(ROUNDS):
        inner = weights / (values + shift)
        square = inner.square().sum(1, keepdim=True)
        bend = (inner.square() / (values + shift)).sum(1, keepdim=True)
        change = (square.sqrt() / limit - 1.0) * square / bend
        shift = shift + change.clamp_min(0.0)
        if bool((change <= 1e-15 * shift).all()):
            break
    result = point.clone()
    result[outside] = times(vectors, weights / (values + shift))
    return result
