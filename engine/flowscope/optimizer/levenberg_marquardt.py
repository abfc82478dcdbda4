"""Second-order optimizers with rejected trials: Levenberg–Marquardt by gain ratio, damped Gauss–Newton by
backtracking.
"""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from ..component import Experiment, Objection, Real, within
from ..flow import AnyDamping, Constant, GaussNewton, Linearization, VectorField
from ..flow.damping import TwoPhase
from ..integrator import Path
from ..integrator.path import Rows, Trial, where
from ..network import Network
from .optimizer import Descent, Optimizer, moment

STILL = 1e-15
"""A step that changes every parameter by at most this share of itself moves nothing: the lane rests until the horizon.
"""
LEAST, MOST = 1e-14, 1e14
"""Bounds of λ."""


class Trials(Optimizer):
    """A method that keeps a trial only where it lowers the loss. A rejected one takes no flow time and is counted in
    `rejected`.
    """

    @staticmethod
    def tally() -> Tensor:
        return torch.tensor([1, 1, 0, 1, 1])


class Search(Descent):
    """Lanes that try: `path.slope` holds each lane's next step, solved for when its state was accepted."""

    spared: tuple[int, int, int, int, int]
    """What a rejected trial costs less than an accepted one."""

    def __init__(self, lanes: Tensor, theta: Tensor) -> None:
        super().__init__(lanes, theta)
        self._count = lanes.numel()
        self._outputs = theta.new_zeros(0)
        self._unseen = torch.zeros_like(
            lanes, dtype=torch.bool
        )  # where rounding refused a trial, and refuses what is shorter too

    def begin(self, field: VectorField, path: Path, rows: Rows) -> None:
        at, _ = field.visit(rows, path.theta[rows])
        if not self._outputs.numel():
            self._outputs = at.outputs.new_zeros(self._count, at.outputs.shape[1])
        self._outputs[self._mine(rows)] = at.outputs
        self._unseen[self._mine(rows)] = False
        every = torch.ones(at.outputs.shape[0], dtype=torch.bool, device=at.theta.device)
        path.slope[rows], rho = self._solve(field, path, rows, at, path.time[rows], every, None)
        field.held[rows] = rho.unsqueeze(1)

    def step(self, field: VectorField, path: Path, rows: Rows) -> Trial:
        mine, theta = self._mine(rows), path.theta[rows]
        size, end = self._plan(path, rows)
        stride = size.unsqueeze(1) * path.slope[rows]
        done = (end > path.horizon) | (stride.abs() <= STILL * theta.abs()).all(1) | self._unseen[mine]
        if done.any():
            return self._rest(field, path, rows, done)
        new = theta + stride
        at, inside = field.visit(rows, new)
        gain = at.fallen(self._outputs[mine])
        if inside is not None:
            gain = torch.where(inside.all(1), gain, torch.nan)
        kept = self._judge(path, rows, gain)
        before = None if kept.all() else field.unvisited(theta[~kept])
        if before is not None:
            promised = -(stride[~kept] * before.gradient).sum(1)
            self._unseen[self._mine(where(rows, ~kept))] = (promised <= before.rounding) | self._repeats(rows)[~kept]
        slope, rho = self._solve(field, path, rows, at, end, kept, before)
        return self._settle(field, path, rows, kept, end, new, at, slope, rho)

    def _settle(
        self,
        field: VectorField,
        path: Path,
        rows: Rows,
        kept: Tensor,
        end: Tensor,
        new: Tensor,
        at: Linearization,
        slope: Tensor,
        rho: Tensor,
    ) -> Trial:
        """Enters what was accepted; a rejected trial leaves its lane where it was, with another step to try."""
        mine, before = self._mine(rows), path.theta[rows]
        self._outputs[mine] = torch.where(kept.unsqueeze(1), at.outputs, self._outputs[mine])
        known, refused = where(rows, kept), where(rows, ~kept)
        field.held[known, 0] = field.held[known, 1]
        field.held[rows, 1] = rho
        path.accept(known, end[kept], new[kept], slope[kept], before[kept].unsqueeze(1))
        path.slope[refused] = slope[~kept]
        path.rejected[refused] += 1
        field.surplus[refused] -= torch.tensor(self.spared, device=rho.device)
        return Trial(kept, kept & ~torch.isfinite(slope).all(1))

    def planned(self, path: Path, rows: Rows) -> Tensor:
        return self._plan(path, rows)[0].unsqueeze(1) * path.slope[rows]

    def _repeats(self, rows: Rows) -> Tensor:
        """Whether what follows a refused trial is the same trial again, (b,)."""
        return torch.zeros_like(self._unseen[self._mine(rows)])

    @abstractmethod
    def _plan(self, path: Path, rows: Rows) -> tuple[Tensor, Tensor]:
        """The factor of the step to try and the flow time at which it ends, (b,) each."""

    @abstractmethod
    def _judge(self, path: Path, rows: Rows, gain: Tensor) -> Tensor:
        """Whether a trial that lowers the loss by `gain` (b,) is accepted; plans the next."""

    @abstractmethod
    def _solve(
        self,
        field: VectorField,
        path: Path,
        rows: Rows,
        at: Linearization,
        time: Tensor,
        kept: Tensor,
        before: Linearization | None,
    ) -> tuple[Tensor, Tensor]:
        """The next step (b, p) and its ρ (b,), from `at` where it was `kept`, from the state `before` where it was
        not.
        """


class LevenbergMarquardt(Trials):
    """θ_k = θ_{k−1} + h, (G + λI)h = −Jᵀr/n, kept where ϱ = (L − L')/(L − L_model) > `threshold`; L − L_model = ½hᵀ(λh
    − Jᵀr/n).

    λ ← λ·max(⅓, 1 − (2ϱ−1)³) and ν ← 2 where kept; else λ ← νλ and ν ← 2ν (Nielsen 1999; Madsen, Nielsen, Tingleff
    2004, 3.2). The start λ₀ is absolute here, in units of eigenvalues of G. ρ_k = λ/(1+λ). Clock: accepted step k
    stands at t = k. Assumes nothing of J's rank. On a loss g other than squares r is g'(f) and G the generalised
    Jᵀg''J/n, the second order of the model L_model. Cost: J, Jᵀr and a solve at the start and at each accepted step; f
    for each trial; a rejected one f and a solve. (A batch evaluates the whole linearization of every trial; what is
    counted is what a lane alone would need.)
    """

    kind: Literal["levenberg_marquardt"] = "levenberg_marquardt"
    damping: Annotated[Real, Field(ge=1e-12, le=1e12)] = Field(default=1e-2, description="λ₀, the first λ")
    threshold: Annotated[Real, Field(ge=0, lt=1)] = Field(
        default=1e-3, description="gain ratio above which a trial is kept"
    )

    @property
    def span(self) -> float:
        return 1.0

    @classmethod
    def descent(cls, optimizers: Sequence[Any], lanes: Tensor, theta: Tensor, network: Network) -> Descent:
        return GainSearch(optimizers, lanes, theta)


def nielsen(ratio: Tensor, kept: Tensor, size: Tensor, nu: Tensor) -> tuple[Tensor, Tensor]:
    """λ and ν (b,) after a trial with gain ratio ϱ (b,): λ·max(⅓, 1 − (2ϱ−1)³) and 2 where it was kept, else νλ and
    2ν.
    """
    shrunk = size * (1.0 - (2.0 * ratio - 1.0) ** 3).clamp_min(1.0 / 3.0)
    return torch.where(kept, shrunk, size * nu), torch.where(kept, 2.0, 2.0 * nu)


class GainSearch(Search):
    """Levenberg–Marquardt lanes: λ and ν, and what the model promised."""

    spared = (0, 1, 0, 1, 0)

    def __init__(self, optimizers: Sequence[LevenbergMarquardt], lanes: Tensor, theta: Tensor) -> None:
        super().__init__(lanes, theta)
        self._threshold = theta.new_tensor([each.threshold for each in optimizers])
        self._lambda = theta.new_tensor([each.damping for each in optimizers])
        self._nu = torch.full_like(self._lambda, 2.0)
        self._promised = torch.zeros_like(self._lambda)
        self._stuck = torch.zeros_like(self._unseen)

    def _plan(self, path: Path, rows: Rows) -> tuple[Tensor, Tensor]:
        return torch.ones_like(path.time[rows]), moment(path, path.steps[rows] + 1.0)

    def _judge(self, path: Path, rows: Rows, gain: Tensor) -> Tensor:
        mine = self._mine(rows)
        ratio, size, nu = gain / self._promised[mine], self._lambda[mine], self._nu[mine]
        path.gain[rows] = torch.where(ratio.isfinite(), ratio, torch.nan)
        kept = (gain > 0.0) & (ratio > self._threshold[mine])
        size, self._nu[mine] = nielsen(ratio, kept, size, nu)
        self._stuck[mine] = ~kept & (self._lambda[mine] >= MOST)
        self._lambda[mine] = size.clamp(LEAST, MOST)
        return kept

    def _repeats(self, rows: Rows) -> Tensor:
        return self._stuck[self._mine(rows)]

    def _solve(
        self,
        field: VectorField,
        path: Path,
        rows: Rows,
        at: Linearization,
        time: Tensor,
        kept: Tensor,
        before: Linearization | None,
    ) -> tuple[Tensor, Tensor]:
        mine = self._mine(rows)
        size = self._lambda[mine]
        rho = size / (1.0 + size)
        slope, gradient = self._step(at, rho)
        if before is not None:
            slope[~kept], gradient[~kept] = self._step(before, rho[~kept])
        self._promised[mine] = 0.5 * (slope * (size.unsqueeze(1) * slope - gradient)).sum(1)
        return slope, rho

    @staticmethod
    def _step(at: Linearization, rho: Tensor) -> tuple[Tensor, Tensor]:
        """h = −(G + λI)⁻¹∇L = −(1−ρ)(ρI + (1−ρ)G)⁻¹∇L and ∇L, (b, p) each."""
        return (rho - 1.0).unsqueeze(1) * at.whitened.damped(rho), at.gradient.clone()


class DampedGaussNewton(Trials):
    """θ_k = θ_{k−1} − η_k(ρ_kI + (1−ρ_k)G)⁻¹Jᵀr/n, with η_k = η, η/2, η/4, … the first that lowers L (theory page,
    2.6).

    Euler's method on the damped flow with a step that is cut back where it would climb. Clock: t = Σ η_k, which is kη
    where nothing was cut; ρ_k = ρ_t of its damping there. On a loss g other than squares r is g'(f) and G the
    generalised Jᵀg''J/n. Assumes full rank of J where ρ = 0. Cost: J, Jᵀr and a solve at the start and at each accepted
    step; f for each trial, and nothing else for a rejected one. (A batch solves for rejected lanes too; counted is what
    one lane needs.)
    """

    is_tunable: ClassVar[bool] = True

    kind: Literal["damped_gauss_newton"] = "damped_gauss_newton"
    eta: Annotated[Real, Field(gt=0, le=2)] = Field(
        default=1.0, description="η, the longest step; 1 is the full Gauss–Newton step"
    )
    damping: AnyDamping = Field(default=Constant(), description="how ρ_k moves")

    def check(self, spec: Experiment) -> Iterator[Objection]:
        yield from within("damping", self.damping.check(spec))

    @property
    def span(self) -> float:
        return self.eta

    @classmethod
    def descent(cls, optimizers: Sequence[Any], lanes: Tensor, theta: Tensor, network: Network) -> Descent:
        return Backtracking(optimizers, lanes, theta)


class Backtracking(Search):
    """Damped Gauss–Newton lanes: `path.size` holds the η_k to try."""

    spared = (0, 1, 0, 1, 1)

    def __init__(self, optimizers: Sequence[DampedGaussNewton], lanes: Tensor, theta: Tensor) -> None:
        super().__init__(lanes, theta)
        self._eta = theta.new_tensor([each.eta for each in optimizers])
        self._dampings = list(dict.fromkeys(each.damping for each in optimizers))
        self._member = torch.tensor([self._dampings.index(each.damping) for each in optimizers], device=theta.device)

    def begin(self, field: VectorField, path: Path, rows: Rows) -> None:
        path.size[rows] = self._eta[self._mine(rows)]
        super().begin(field, path, rows)

    def _plan(self, path: Path, rows: Rows) -> tuple[Tensor, Tensor]:
        return path.size[rows], moment(path, path.time[rows] + path.size[rows])

    def _judge(self, path: Path, rows: Rows, gain: Tensor) -> Tensor:
        kept = gain > 0.0
        path.size[rows] = torch.where(kept, self._eta[self._mine(rows)], 0.5 * path.size[rows])
        return kept

    def _solve(
        self,
        field: VectorField,
        path: Path,
        rows: Rows,
        at: Linearization,
        time: Tensor,
        kept: Tensor,
        before: Linearization | None,
    ) -> tuple[Tensor, Tensor]:
        start, member = field.start[rows], self._member[self._mine(rows)]
        GaussNewton.prepare(at)
        rho = torch.zeros_like(time)
        for index, damping in enumerate(self._dampings):
            if isinstance(damping, TwoPhase):
                due = kept & (member == index) & (damping.margin(at, time) <= 0.0) & torch.isinf(start.switch)
                start.switch[due] = time[due]
                field.start.switch[where(rows, due)] = time[due]
            rho = torch.where(member == index, damping.rho_at(at, time, start), rho)
        rho = field.by_hand(rows, rho)
        slope = torch.where(kept.unsqueeze(1), -field.damped(rows, at, rho), path.slope[rows])
        return slope, torch.where(kept, rho, field.held[rows, 1])
