"""Minimizing movements: the outer/inner scheme u^{k+1} ≈ argmin_{u=F(θ)} E(u) + ‖u − u^k‖²_H/(2τ_k), warm-started."""

from collections.abc import Hashable, Iterator, Sequence
from typing import Annotated, Any, Literal

import torch
from pydantic import Field
from torch import Tensor

from ..component import Experiment, Objection, Real
from ..flow import Linearization, VectorField
from ..integrator import Path
from ..integrator.path import Rows, Trial, where
from ..network import Network
from ..optimizer import Descent, Optimizer
from ..optimizer.optimizer import moment
from ..problem import AnyLoss, Squares
from ..problem.loss import Elementwise
from .budget import Ledger
from .by_gradients import ByGradients
from .conditions import SIDE, lamps
from .inner import Ground
from .newton import Exponential, GainRatio, GaussNewtonFlow, LineSearch, Retraction
from .stopping import AnyStopping, Relative
from .subproblem import Energy, Subproblem, norm

LIVE = 121
"""Nodes along each parameter of the grid on which a run looks at the two conditions."""


AnyInner = Annotated[
    GainRatio | LineSearch | Retraction | Exponential | GaussNewtonFlow | ByGradients,
    Field(discriminator="kind"),
]


class MinimizingMovement(Optimizer):
    """u^{k+1} ≈ argmin_{u=F(θ)} E(u) + ‖u − u^k‖²_H/(2τ_k) by an inner solver from θ^k; E = L + ν‖u‖²_H/2, ‖u‖²_H =
    ‖u‖²/n (Yang, Zheng, Wang 2605.27779; the paper's stopping rules, schedules and constants are not known to us).

    An implicit Euler step of u' = −dE(u), so outer step k ends at t = Στ_j, where L would be L₀∏(1 + τ_j)⁻² of an exact
    path for squares. Inner iteration j of at most `most` stands at the share j/most of its outer step; the last one at
    its end. What is certified on the way (`budget`) holds whatever the inner solver does. Assumes nothing; that the
    inner error vanishes assumes the two conditions of docs/movements.md. Cost: that of the inner solver.
    """

    kind: Literal["minimizing_movement"] = "minimizing_movement"
    inner: AnyInner = Field(default=GainRatio(), description="what solves the subproblem of one outer step")
    stopping: AnyStopping = Field(default=Relative(), description="when an outer step is done")
    tau: Annotated[Real, Field(gt=0, le=1e6)] = Field(
        default=1.0, description="τ₀, the first outer step; also its flow time"
    )
    growth: Annotated[Real, Field(ge=1, le=100)] = Field(
        default=1.0, description="q in τ_k = τ₀q^k; 1 for a constant step"
    )
    ridge: Annotated[Real, Field(ge=0, le=1e3)] = Field(
        default=0.0, description="ν in E = L + ν‖u‖²_H/2; makes E strongly convex"
    )
    radius: Annotated[Real, Field(ge=0, le=1e3)] = Field(
        default=0.0,
        description=(
            "R of the ball about θ^k in which the two conditions are looked at, on at most two parameters; 0: not"
        ),
    )

    def tally(self) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]  # what a step costs is its inner solver's to say
        return self.inner.tally()

    @property
    def span(self) -> float:
        return self.tau

    @property
    def program(self) -> Hashable:
        return type(self), self.inner.program, self.stopping

    @classmethod
    def descent(cls, optimizers: Sequence[Any], lanes: Tensor, theta: Tensor, network: Network) -> Descent:
        return Moving(optimizers, lanes, theta, network)

    def check(self, spec: Experiment) -> Iterator[Objection]:
        loss: AnyLoss = spec.problem.loss
        parameters = spec.network.parameters
        if self.radius and parameters not in SIDE:
            expected = "radius = 0, since the two conditions are looked at on one or two parameters"
            yield "", expected, f"{parameters} parameters"
        if self.radius and self.ridge:
            expected = "radius = 0 or ridge = 0, since the two conditions are looked at for E = L"
            yield "", expected, f"ridge = {self.ridge:g}"
        yield from self.inner.check(spec)
        if not isinstance(loss, Elementwise):
            expected = "a loss that is a sum over outputs, whose exact prox is found by bisection"
            yield "/problem.loss", expected, loss.kind
        if self.radius and not isinstance(loss, Squares):
            yield "/problem.loss", "squares where radius is not 0", loss.kind


class Moving(Descent):
    """Lanes of one kind of inner solver and one stopping rule. One `step` is one inner iteration; lanes close their
    outer steps apart.
    """

    def __init__(
        self, optimizers: Sequence[MinimizingMovement], lanes: Tensor, theta: Tensor, network: Network
    ) -> None:
        super().__init__(lanes, theta)
        first = optimizers[0]
        self._network, self._matrices, self._stopping = network, network.matrices, first.stopping
        self._inner = type(first.inner).together([each.inner for each in optimizers], theta)
        self._tau, self._growth, self._ridge = (
            theta.new_tensor([getattr(each, name) for each in optimizers]) for name in ("tau", "growth", "ridge")
        )
        self._state = self._inner.start(theta[lanes], self._matrices)
        self._plan = torch.zeros_like(theta[lanes])
        self._count = torch.zeros_like(self._tau)
        self._begun = torch.zeros_like(self._tau)
        self._outputs = self._centre = theta.new_zeros(0)
        self._ledger: Ledger | None = None
        self._radius = [each.radius for each in optimizers]

    def begin(self, field: VectorField, path: Path, rows: Rows) -> None:
        at, _ = field.visit(rows, path.theta[rows])
        mine = self._indices(rows)
        self._outputs, self._centre = at.outputs.clone(), at.outputs.clone()
        self._ledger = Ledger.of(Energy(at.data, self._ridge), at.theta, at.outputs, self._tau)
        self._light(mine, at)
        self._note(field, rows, mine)
        self._note(field, rows, mine)
        self._planned(path, rows, mine, at)

    def step(self, field: VectorField, path: Path, rows: Rows) -> Trial:
        mine, theta = self._indices(rows), path.theta[rows]
        closing = moment(path, self._begun[mine] + self._tau[mine])
        if (late := (closing > path.horizon) & (self._count[mine] == 0)).any():
            self._note(field, where(rows, late), mine[late])
            return self._rest(field, path, rows, late)
        problem, inner = self._problem(field, mine), self._inner.of(mine)
        ground = Ground(self._network, self._matrices, field, rows, problem)
        k = self._count[mine] + 1.0
        new, state = inner.move(
            ground, k.unsqueeze(1), theta, self._plan[mine], tuple(part[mine] for part in self._state)
        )
        new = torch.where(torch.isfinite(new).all(1, keepdim=True), new, torch.inf)
        at, inside = field.visit(rows, new)
        fall = problem.fall(at, self._outputs[mine])
        bounded = torch.ones_like(fall, dtype=torch.bool) if inside is None else inside.all(1)
        kept, ratio, state = inner.judge(torch.where(bounded, fall, torch.nan), state)
        self._remember(state, mine)
        self._count[mine] = k
        if ratio is not None:
            path.gain[rows] = torch.where(ratio.isfinite(), ratio, torch.nan)
        if kept is None:
            kept = bounded
            lost = ~bounded
        else:
            lost = torch.zeros_like(kept)
        return self._settle(field, path, rows, mine, at, kept, lost, closing)

    def _settle(
        self,
        field: VectorField,
        path: Path,
        rows: Rows,
        mine: Tensor,
        at: Linearization,
        kept: Tensor,
        lost: Tensor,
        closing: Tensor,
    ) -> Trial:
        """Enters what the iteration brought: an iterate, or none where it was refused; and closes the outer steps that
        are done.
        """
        if not kept.all():
            refused = where(rows, ~kept & ~lost)
            path.rejected[refused] += 1
            field.surplus[refused] -= torch.tensor(self._inner.spared, device=refused.device)
            at = field.unvisited(torch.where(kept.unsqueeze(1), at.theta, path.theta[rows]))
        assert self._ledger is not None, "lanes have begun"
        problem, data = self._problem(field, mine), at.data
        bound = norm(data, problem.slope(at.outputs)) / problem.modulus
        met = self._stopping.met(self._count[mine], bound, norm(data, at.outputs - self._centre[mine]))
        rests = self._inner.of(mine).rests(at.theta, self._plan[mine], kept)
        capped = ~(met | rests) & (self._count[mine] >= self._stopping.most)
        done = (met | rests | capped) & ~lost
        self._outputs[mine] = at.outputs
        self._ledger.iterate(mine, bound, problem.tau)
        share = self._begun[mine] + (closing - self._begun[mine]) * self._count[mine] / self._stopping.most
        time, before = torch.where(done, closing, share), path.theta[rows].clone()
        if done.any():
            self._close(mine[done], at[done], problem[done], capped[done], closing[done])
        self._note(field, rows, mine)
        self._planned(path, rows, mine, at)
        slope = path.slope[rows]
        known = ~lost
        path.accept(where(rows, known), time[known], at.theta[known], slope[known], before[known].unsqueeze(1))
        path.steps[where(rows, known & ~kept)] -= 1
        return Trial(kept, lost | ~torch.isfinite(slope).all(1))

    def _close(self, mine: Tensor, at: Linearization, problem: Subproblem, capped: Tensor, closing: Tensor) -> None:
        """Ends an outer step of these lanes in u^{k+1}, from which the next one begins."""
        assert self._ledger is not None, "lanes have begun"
        self._ledger.close(mine, at, problem, capped)
        self._centre[mine] = at.outputs
        self._begun[mine] = closing
        self._tau[mine] *= self._growth[mine]
        self._count[mine] = 0.0
        self._light(mine, at)
        state = tuple(part[mine] for part in self._state)
        self._remember(self._inner.of(mine).anew(state, at.theta, self._matrices), mine)

    def _light(self, mine: Tensor, at: Linearization) -> None:
        """Looks at the two conditions where these lanes begin an outer step: of two parameters, and so on the CPU."""
        assert self._ledger is not None, "lanes have begun"
        for lane, theta in zip(mine.tolist(), at.theta, strict=True):
            if self._radius[lane]:
                side, data = LIVE if theta.numel() == 2 else None, at.data.to("cpu")
                self._ledger.light(
                    lane, lamps(self._network, data, theta.cpu(), float(self._tau[lane]), self._radius[lane], side=side)
                )

    def _planned(self, path: Path, rows: Rows, mine: Tensor, at: Linearization) -> None:
        """Plans the next iteration where these lanes stand."""
        problem = Subproblem(Energy(at.data, self._ridge[mine]), self._centre[mine], self._tau[mine])
        plan, state = self._inner.of(mine).plan(at, problem, tuple(part[mine] for part in self._state), self._network)
        self._remember(state, mine)
        self._plan[mine] = plan
        path.slope[rows] = plan

    def _problem(self, field: VectorField, mine: Tensor) -> Subproblem:
        return Subproblem(Energy(field.data, self._ridge[mine]), self._centre[mine], self._tau[mine])

    def _remember(self, state: tuple[Tensor, ...], mine: Tensor) -> None:
        for whole, part in zip(self._state, state, strict=True):
            whole[mine] = part

    def _note(self, field: VectorField, rows: Rows, mine: Tensor) -> None:
        """Gives the ledger to the frames, where there are any: before and after the last step."""
        if field.ledger is None or self._ledger is None:
            return
        field.ledger[rows, 0] = field.ledger[rows, 1]
        field.ledger[rows, 1] = self._ledger.noted()[mine]

    def _indices(self, rows: Rows) -> Tensor:
        return self._place if isinstance(rows, slice) else self._place[rows]
