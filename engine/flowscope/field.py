"""The vector field of all lanes of a run: one linearization for all rows, one solve per flow class, and the tally of what that cost."""

from dataclasses import dataclass
from itertools import groupby

import torch
from torch import Tensor

from .damping import Start
from .flow import Flow
from .integrator import Rows
from .linearization import Linearization
from .network import Network
from .problem import Data

EVALUATIONS = ("f", "jacobian", "jvp", "vjp", "solve")
BOUND = 1e15
"""|θ| beyond this is out of bounds: the field is NaN there, which integrators reject."""


@dataclass(frozen=True)
class Group:
    """Neighbouring lanes [first, last) whose flows are of one class, with each flow's own lanes."""

    kind: type[Flow]
    members: tuple[tuple[Flow, int, int], ...]

    @property
    def first(self) -> int:
        return self.members[0][1]

    @property
    def last(self) -> int:
        return self.members[-1][2]


class Field:
    """θ ↦ θ' for B lanes, solver-major: lanes [s·S, (s+1)·S) carry flow s at S seeds.

    `calls` (B,) counts evaluations of the field, each of which costs `costs` (B, 5); `loss` (B,) is that of each lane's last evaluation.
    """

    def __init__(self, network: Network, data: Data, flows: tuple[Flow, ...], theta: Tensor) -> None:
        lanes, seeds = theta.shape[0], theta.shape[0] // len(flows)
        members = [(flow, s * seeds, (s + 1) * seeds) for s, flow in enumerate(flows)]
        self._network, self._data, self._flows = network, data, flows
        self._groups = [Group(kind, tuple(group)) for kind, group in groupby(members, key=lambda member: type(member[0]))]
        self._edges = torch.arange(0, lanes + 1, seeds, device=theta.device)
        self._whole = {edge: edge for edge in self._edges.tolist()}
        self.costs = torch.stack([flow.tally() for flow in flows]).repeat_interleave(seeds, 0).to(theta.device)
        self.start = Start(Linearization.of(network, data, theta).loss)
        self.loss = self.start.loss.clone()
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
        edges, velocity, losses = self._positions(rows), torch.empty_like(theta), self.start.loss[rows]
        for group in self._groups:
            lanes = slice(edges[group.first], edges[group.last])
            if lanes.start == lanes.stop:
                continue
            part = at[lanes]
            group.kind.prepare(part)
            rho = self._damp(group, part, time[lanes], edges, Start(losses[lanes]))
            velocity[lanes] = group.kind.velocity(part, rho)
            if part.inverted is not None:
                self._inverted.append((lanes, part.inverted))
        return velocity if inside is None else torch.where(inside.all(1, keepdim=True), velocity, torch.nan)

    def lost(self, rows: Rows) -> Tensor | None:
        """Whether rank was lost (b,) at the last evaluation, which was of these `rows`; None where it was nowhere.

        The damped system has eigenvalues ρ + (1−ρ)σ²/n; rank is lost where the root of the least is below the cut times the root of the
        greatest met so far (at ρ = 0: σ_min/σ_max < cut).
        """
        lost: Tensor | None = None
        for lanes, eigenvalues in self._inverted:
            mine = _part(rows, lanes)
            greatest = torch.maximum(self._scale[mine], eigenvalues[:, 0])
            self._scale[mine] = greatest
            below = eigenvalues[:, -1] < self._cut * greatest
            if below.any():
                lost = torch.zeros(self.calls.shape, dtype=torch.bool, device=below.device) if lost is None else lost
                lost[mine] = below
        return None if lost is None else lost[rows]

    def rho(self, at: Linearization, time: Tensor, lanes: Tensor) -> Tensor:
        """ρ_t (b,) for measuring, of rows that belong to `lanes` (b,) in any order; nothing is tallied."""
        start, solver = Start(self.start.loss[lanes]), lanes // int(self._edges[1])
        rho = torch.ones_like(time)
        for index, flow in enumerate(self._flows):
            rho = torch.where(solver == index, flow.rho(at, time, start), rho)
        return rho

    def _damp(self, group: Group, at: Linearization, time: Tensor, edges: dict[int, int], start: Start) -> Tensor:
        base = edges[group.first]
        spans = [(flow, edges[first] - base, edges[last] - base) for flow, first, last in group.members]
        parts = [flow.rho(at, time, start)[first:last] for flow, first, last in spans if first < last]
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def _positions(self, rows: Rows) -> dict[int, int]:
        """Lane number of a boundary between solvers → its position among `rows`."""
        if isinstance(rows, slice):
            return self._whole
        return dict(zip(self._whole, torch.searchsorted(rows, self._edges).tolist(), strict=True))


def _part(rows: Rows, lanes: slice) -> Rows:
    """The lanes at positions `lanes` of `rows`."""
    return lanes if isinstance(rows, slice) else rows[lanes]
