"""The vector field of all lanes of a run: one linearization for all rows, one solve per flow class, and the tally of what that cost."""

from dataclasses import dataclass
from itertools import groupby, pairwise

import torch
from torch import Tensor

from .flow import Flow, GaussNewton, Gradient
from .integrator import Rows
from .linearization import SPECTRAL_SIDE, Linearization
from .network import Network
from .problem import Data

EVALUATIONS = ("f", "jacobian", "jvp", "vjp", "solve")
BOUND = 1e15
"""|θ| beyond this is out of bounds: the field is NaN there, which integrators reject."""


@dataclass(frozen=True)
class Group:
    """Neighbouring rows whose flows are of one class, and each flow's own rows within those."""

    kind: type[Flow]
    rows: slice
    members: tuple[tuple[Flow, slice], ...]


class Field:
    """θ ↦ θ' for B lanes, solver-major: lanes [s·S, (s+1)·S) carry flow s at S seeds.

    `calls` (B,) counts evaluations of the field, each of which costs `costs` (B, 5); `loss` (B,) is that of each lane's last evaluation.
    """

    def __init__(self, network: Network, data: Data, flows: tuple[Flow, ...], theta: Tensor) -> None:
        lanes, seeds = theta.shape[0], theta.shape[0] // len(flows)
        self._network, self._data, self._flows = network, data, flows
        self._edges = torch.arange(0, lanes + 1, seeds, device=theta.device)
        self._small = min(data.targets.numel(), network.parameters) <= SPECTRAL_SIDE
        self._whole = self._groups(self._edges.tolist())
        self.costs = torch.stack([flow.tally() for flow in flows]).repeat_interleave(seeds, 0).to(theta.device)
        self.start = Linearization.of(network, data, theta).loss
        self.loss = self.start.clone()
        self.calls = torch.zeros(lanes, dtype=torch.int64, device=theta.device)
        self._scale = torch.zeros_like(self.loss)
        self._cut = Linearization.cut_of(data.targets.numel(), network.parameters) ** 2
        self._inverted: list[tuple[slice, Tensor]] = []

    def __call__(self, rows: Rows, time: Tensor, theta: Tensor) -> Tensor:
        """θ' (b, p) of the lanes `rows` at flow times (b,) in θ (b, p)."""
        inside = None if float(theta.abs().max()) < BOUND else theta.abs() < BOUND  # NaN is outside
        at = Linearization.of(self._network, self._data, theta if inside is None else torch.where(inside, theta, 0.0))
        self.loss[rows] = at.loss
        self.calls[rows] += 1
        self._inverted.clear()
        velocity, start = torch.empty_like(theta), self.start[rows]
        groups = self._whole if isinstance(rows, slice) else self._groups(torch.searchsorted(rows, self._edges).tolist())
        for group in groups:
            part = at if len(groups) == 1 else at[group.rows]
            group.kind.prepare(part)
            rho = self._damp(group, part, time[group.rows], start[group.rows])
            velocity[group.rows] = group.kind.velocity(part, rho)
            if part.inverted is not None:
                self._inverted.append((group.rows, part.inverted))
        return velocity if inside is None else torch.where(inside.all(1, keepdim=True), velocity, torch.nan)

    def lost(self, rows: Rows, accepted: Tensor | None) -> Tensor | None:
        """Whether rank was lost (b,) at the last evaluation, which was of these `rows`; None where it was nowhere.

        The damped system has eigenvalues ρ + (1−ρ)σ²/n; rank is lost where the root of the least is below the cut times the root of the
        greatest met so far (at ρ = 0: σ_min/σ_max < cut). Only `accepted` states count (None: all are).
        """
        lost: Tensor | None = None
        for lanes, eigenvalues in self._inverted:
            mine = lanes if isinstance(rows, slice) else rows[lanes]
            greatest = torch.maximum(self._scale[mine], eigenvalues[:, 0])
            below = eigenvalues[:, -1] < self._cut * greatest
            if accepted is not None:
                greatest, below = torch.where(accepted[lanes], greatest, self._scale[mine]), below & accepted[lanes]
            self._scale[mine] = greatest
            if below.any():
                lost = torch.zeros(self.calls.shape, dtype=torch.bool, device=below.device) if lost is None else lost
                lost[mine] = below
        return None if lost is None else lost[rows]

    def rho(self, at: Linearization, time: Tensor, lanes: Tensor) -> Tensor:
        """ρ_t (b,) for measuring, of rows that belong to `lanes` (b,) in any order; nothing is tallied."""
        start, solver = self.start[lanes], lanes // int(self._edges[1])
        rho = torch.ones_like(time)
        for index, flow in enumerate(self._flows):
            rho = torch.where(solver == index, flow.rho(at, time, start), rho)
        return rho

    @staticmethod
    def _damp(group: Group, at: Linearization, time: Tensor, start: Tensor) -> Tensor:
        parts = [flow.rho(at, time, start)[mine] for flow, mine in group.members]
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def _solved_as(self, flow: Flow) -> type[Flow]:
        """The class whose velocity serves this flow: where one SVD does it all, gradient flow rides along with Gauss–Newton at ρ = 1."""
        return GaussNewton if self._small and isinstance(flow, Gradient) else type(flow)

    def _groups(self, edges: list[int]) -> list[Group]:
        """The groups of rows in which the rows of flow s are edges[s] … edges[s + 1]; flows without rows are left out."""
        spans = [(flow, *span) for flow, span in zip(self._flows, pairwise(edges), strict=True) if span[0] < span[1]]
        groups = []
        for kind, group in groupby(spans, key=lambda span: self._solved_as(span[0])):
            members = list(group)
            first, last = members[0][1], members[-1][2]
            groups.append(Group(kind, slice(first, last), tuple((flow, slice(a - first, b - first)) for flow, a, b in members)))
        return groups
