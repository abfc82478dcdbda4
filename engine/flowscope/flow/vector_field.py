"""The vector field of all lanes of a run: one linearization for all rows, one solve per flow class, and the tally of
what that cost.
"""

from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Protocol

import torch
from torch import Tensor

from ..integrator.path import Rows, Solve
from ..network import Network
from ..problem import Data
from .damping import Start, TwoPhase
from .flow import Flow, GaussNewton, Gradient
from .linearization import SPECTRAL_SIDE, Linearization
from .relaxation import Relaxation

EVALUATIONS = ("f", "jacobian", "jvp", "vjp", "solve")
_FACTORED, _PRODUCTS = torch.tensor([1, 1, 0, 0, 1]), torch.tensor([0, 0, 1, 1, 0])
BOUND = 1e15
"""|θ| beyond this is out of bounds: the field is NaN there, which integrators reject."""


@dataclass(frozen=True)
class Group:
    """Neighbouring rows whose flows are of one class, and each flow's own rows within those."""

    kind: type[Flow]
    rows: slice
    members: tuple[tuple[Flow, slice], ...]


class Method(Protocol):
    """What a lane carries: a flow, or an optimizer, which steps by itself and asks only for `visit` and what follows
    from it.
    """

    @staticmethod
    def tally() -> Tensor:
        """What one evaluation costs."""
        ...


class VectorField:
    """θ ↦ θ' for B lanes, solver-major: lanes [s·S, (s+1)·S) carry flow s at S seeds.

    `calls` (B,) counts evaluations of f, each of which costs `costs` (B, 5), plus `surplus` (B, 5) where something else
    was done with it; `loss` (B,) is that of each lane's last velocity.
    """

    def __init__(self, network: Network, data: Data, flows: tuple[Method, ...], theta: Tensor) -> None:
        lanes, seeds = theta.shape[0], theta.shape[0] // len(flows)
        self._network, self._data, self._flows = network, data, flows
        self._edges = torch.arange(0, lanes + 1, seeds, device=theta.device)
        self._small = min(data.targets.numel(), network.parameters) <= SPECTRAL_SIDE
        self._whole = self._groups(self._edges.tolist())
        self.costs = torch.stack([flow.tally() for flow in flows]).repeat_interleave(seeds, 0).to(theta.device)
        at = Linearization.of(network, data, theta)
        self.start = Start.of(at)
        self.is_rated = data.is_squares and any(
            isinstance(flow, Flow) and flow.rate(at, torch.ones_like(at.loss)) is not None for flow in flows
        )
        """Whether theory has rates of a mode for one of the flows."""
        self.loss = self.start.loss.clone()
        self.calls = torch.zeros(lanes, dtype=torch.int64, device=theta.device)
        self.surplus = torch.zeros_like(self.costs)
        self._scale = torch.zeros_like(self.loss)
        self._cut = Linearization.cut_of(data.targets.numel(), network.parameters) ** 2
        self._inverted: list[tuple[slice, Tensor]] = []
        self.hand = torch.full_like(self.loss, torch.nan)
        """ρ of each lane where it was set by hand, NaN elsewhere."""
        self._is_tuned = False
        each = torch.arange(lanes, device=theta.device).split(seeds)
        dampings = [getattr(flow, "damping", None) if isinstance(flow, Flow) else None for flow in flows]
        self._phased = [
            (damping, mine) for damping, mine in zip(dampings, each, strict=True) if isinstance(damping, TwoPhase)
        ]
        self.ledger: Tensor | None = None
        """What movements certify, each lane's before and after its last step, (B, 2, columns); where a run records it.
        """
        self.held = torch.full((lanes, 2), torch.nan, dtype=theta.dtype, device=theta.device)
        """ρ of each optimizer lane before and after its last step."""

    @property
    def data(self) -> Data:
        """What the network is compared with."""
        return self._data

    def __call__(self, rows: Rows, time: Tensor, theta: Tensor) -> Tensor:
        """θ' (b, p) of the lanes `rows` at flow times (b,) in θ (b, p)."""
        at, inside = self.visit(rows, theta)
        velocity, start = torch.empty_like(theta), self._start_of(rows)
        groups = self._groups_of(rows)
        for group in groups:
            is_all = len(groups) == 1
            part, begun = (at, start) if is_all else (at[group.rows], start[group.rows])
            group.kind.prepare(part)
            rho = self.by_hand(rows, self._damp(group, part, time[group.rows], begun), group.rows)
            velocity[group.rows] = group.kind.velocity(part, rho, begun)
            if part.inverted is not None:
                self._inverted.append((group.rows, part.inverted))
        return velocity if inside is None else torch.where(inside.all(1, keepdim=True), velocity, torch.nan)

    def visit(self, rows: Rows, theta: Tensor) -> tuple[Linearization, Tensor | None]:
        """The linearization in θ (b, p), noted and counted for the lanes `rows`; and where θ is in bounds, None:
        everywhere.
        """
        inside = None if float(theta.abs().max()) < BOUND else theta.abs() < BOUND  # NaN is outside
        at = Linearization.of(self._network, self._data, theta if inside is None else torch.where(inside, theta, 0.0))
        self.loss[rows] = at.loss
        self.calls[rows] += 1
        self._inverted.clear()
        return at, inside

    def downhill(self, rows: Rows, theta: Tensor) -> Tensor:
        """−∇L (b, p), for optimizers that need no more; NaN where θ is out of bounds."""
        at, inside = self.visit(rows, theta)
        return -at.gradient if inside is None else torch.where(inside.all(1, keepdim=True), -at.gradient, torch.nan)

    def damped(self, rows: Rows, at: Linearization, rho: Tensor) -> Tensor:
        """(ρI + (1−ρ)Jᵀg''J/n)⁻¹ Jᵀg'/n (b, p) where `rows` last were, for optimizers; `lost` hears of what was
        inverted.
        """
        white = at.whitened
        step = white.damped(rho)
        self._inverted = [] if white.inverted is None else [(slice(0, rho.numel()), white.inverted)]
        return step

    def unvisited(self, theta: Tensor) -> Linearization:
        """The linearization in θ (b, p) once more: uncounted, since only the batch needs it again, not its lanes."""
        return Linearization.of(self._network, self._data, theta)

    @property
    def is_phased(self) -> bool:
        """Whether a flow has a damping of two phases."""
        return bool(self._phased)

    def waiting(self, stepped: Tensor) -> list[tuple[TwoPhase, Tensor]]:
        """Dampings of two phases, and those of the lanes `stepped` (B,) that follow one as flows and are in its first
        phase.
        """
        mask = stepped & torch.isinf(self.start.switch)
        found = [(damping, lanes[mask[lanes]]) for damping, lanes in self._phased]
        return [(damping, lanes) for damping, lanes in found if lanes.numel()]

    def tune(self, lanes: Tensor, rho: float) -> None:
        """Sets ρ of these lanes by hand, from now on."""
        self.hand[lanes] = rho
        self._is_tuned = True

    def by_hand(self, rows: Rows, rho: Tensor, part: slice = slice(None)) -> Tensor:
        """`rho` of that part of `rows`, and where it was set by hand, that."""
        if not self._is_tuned:
            return rho
        hand = self.hand[rows][part]
        return torch.where(hand.isnan(), rho, hand)

    def forget(self) -> None:
        """Nothing was evaluated in this step."""
        self._inverted.clear()

    def relaxation(self, rows: Rows, time: Tensor, theta: Tensor, shift: Tensor) -> Solve:
        """b (b, p) ↦ (I + cA)⁻¹b, c = `shift` (b,), for A = (ρI + (1−ρ)G)⁻¹G in θ (b, p), which lies within bounds."""
        at = Linearization.of(self._network, self._data, theta)
        start, groups = self._start_of(rows), self._groups_of(rows)
        parts = [self._damp(group, at[group.rows], time[group.rows], start[group.rows]) for group in groups]
        relaxation = Relaxation.of(at, self.by_hand(rows, torch.cat(parts)), shift)
        self.calls[rows] += 1
        self.surplus[rows] += _FACTORED.to(theta.device) - self.costs[rows]

        def solve(b: Tensor) -> Tensor:
            self.surplus[rows] += relaxation.products * _PRODUCTS.to(theta.device)
            return relaxation(b)

        return solve

    def lost(self, rows: Rows, accepted: Tensor | None) -> Tensor | None:
        """Whether rank was lost (b,) at the last evaluation, which was of these `rows`; None where it was nowhere.

        The damped system has eigenvalues ρ + (1−ρ)σ²/n; rank is lost where the root of the least is below the cut times
        the root of the greatest met so far (at ρ = 0: σ_min/σ_max < cut). Only `accepted` states count (None: all are).
        """
        lost: Tensor | None = None
        for lanes, eigenvalues in self._inverted:
            mine = lanes if isinstance(rows, slice) else rows[lanes]
            greatest = torch.fmax(self._scale[mine], eigenvalues[:, 0])  # NaN where nothing was decomposed
            below = eigenvalues[:, -1] <= self._cut * greatest  # J = 0 has none
            if accepted is not None:
                greatest, below = torch.where(accepted[lanes], greatest, self._scale[mine]), below & accepted[lanes]
            self._scale[mine] = greatest
            if below.any():
                lost = torch.zeros(self.calls.shape, dtype=torch.bool, device=below.device) if lost is None else lost
                lost[mine] = below
        return None if lost is None else lost[rows]

    def rho(self, at: Linearization, time: Tensor, lanes: Tensor) -> Tensor:
        """ρ_t (b,) for measuring, of rows that belong to `lanes` (b,) in any order; NaN for optimizers. Nothing is
        tallied.
        """
        start, solver = self.start[lanes], lanes // int(self._edges[1])
        rho = torch.full_like(time, torch.nan)
        for index, flow in enumerate(self._flows):
            if not isinstance(flow, Flow):
                continue
            rho = torch.where(solver == index, flow.rho(at, time, start), rho)
        return rho

    def velocity(self, at: Linearization, rho: Tensor, lanes: Tensor) -> Tensor:
        """θ' (b, p) at these ρ (b,), for measuring, of rows as in `rho`; NaN for optimizers. Nothing is tallied."""
        solver = lanes // int(self._edges[1])
        velocity = torch.full_like(at.theta, torch.nan)
        for kind in dict.fromkeys(self._solved_as(flow) for flow in self._flows if isinstance(flow, Flow)):
            mine = [isinstance(flow, Flow) and self._solved_as(flow) is kind for flow in self._flows]
            rows = torch.tensor(mine, device=lanes.device)[solver].nonzero()[:, 0]
            velocity[rows] = kind.velocity(at[rows], rho[rows], self.start[lanes[rows]])
        return velocity

    def rates(self, at: Linearization, rho: Tensor, lanes: Tensor) -> Tensor:
        """The rates (b, m) that theory has for the modes of K at these ρ (b,), of rows as in `rho`; NaN where it has
        none.
        """
        solver = (lanes // int(self._edges[1])).unsqueeze(1)
        rates = torch.full_like(at.eigenvalues, torch.nan)
        for index, flow in enumerate(self._flows):
            stated = flow.rate(at, rho) if isinstance(flow, Flow) else None
            if stated is not None:
                rates = torch.where(solver == index, stated, rates)
        return rates

    @staticmethod
    def _damp(group: Group, at: Linearization, time: Tensor, start: Start) -> Tensor:
        """ρ_t (b,), with the spectrum of those lanes alone that ask for it."""
        if len(group.members) == 1:
            return group.members[0][0].rho(at, time, start)
        parts = [
            flow.rho(at[mine], time[mine], start[mine])
            if flow.is_spectral and not at.is_small
            else flow.rho(at, time, start)[mine]
            for flow, mine in group.members
        ]
        return torch.cat(parts)

    def _solved_as(self, flow: Flow) -> type[Flow]:
        """The class whose velocity serves this flow: where one SVD does it all, gradient flow rides along with
        Gauss–Newton at ρ = 1.
        """
        return GaussNewton if self._small and isinstance(flow, Gradient) else type(flow)

    def _start_of(self, rows: Rows) -> Start:
        """What is remembered of the starts of some lanes, or of all where `rows` is a slice."""
        return self.start if isinstance(rows, slice) else self.start[rows]

    def _groups_of(self, rows: Rows) -> list[Group]:
        return self._whole if isinstance(rows, slice) else self._groups(torch.searchsorted(rows, self._edges).tolist())

    def _groups(self, edges: list[int]) -> list[Group]:
        """The groups of rows in which the rows of flow s are edges[s] … edges[s + 1]; flows without rows are left
        out.
        """
        pairs = zip(self._flows, pairwise(edges), strict=True)
        spans = [(flow, *span) for flow, span in pairs if span[0] < span[1] and isinstance(flow, Flow)]
        groups = []
        for kind, group in groupby(spans, key=lambda span: self._solved_as(span[0])):
            members = list(group)
            first, last = members[0][1], members[-1][2]
            groups.append(
                Group(kind, slice(first, last), tuple((flow, slice(a - first, b - first)) for flow, a, b in members))
            )
        return groups
