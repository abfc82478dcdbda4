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
    """θ ↦ θ' for B lanes, solver-major: lanes [s·S, (s+1)·S) carry flow s at S seeds."""

    def __init__(self, network: Network, data: Data, flows: tuple[Flow, ...], theta: Tensor) -> None:
        lanes, seeds = theta.shape[0], theta.shape[0] // len(flows)
        members = [(flow, s * seeds, (s + 1) * seeds) for s, flow in enumerate(flows)]
        self.groups = [Group(kind, tuple(group)) for kind, group in groupby(members, key=lambda member: type(member[0]))]
        self.edges = torch.tensor(sorted({edge for _, first, last in members for edge in (first, last)}), device=theta.device)
        self.network, self.data = network, data
        self.start = Start(Linearization.of(network, data, theta).loss)
        self.evaluations = torch.zeros(lanes, len(EVALUATIONS), dtype=torch.int64, device=theta.device)
        self.loss = self.start.loss.clone()
        self.lost = torch.zeros(lanes, dtype=torch.bool, device=theta.device)
        self.scale = torch.zeros_like(self.loss)

    def __call__(self, rows: Rows, time: Tensor, theta: Tensor) -> Tensor:
        """θ' (b, p) of the lanes `rows` at flow times (b,) in θ (b, p)."""
        outside = ~(theta.abs().amax(1) < BOUND)
        if outside.any():
            theta = torch.where(outside.unsqueeze(1), 0.0, theta)
        at = Linearization.of(self.network, self.data, theta)
        edges = self._edges(rows)
        velocity = torch.empty_like(theta)
        for group in self.groups:
            lanes = slice(edges[group.first], edges[group.last])
            if lanes.start < lanes.stop:
                part = at if lanes.stop - lanes.start == theta.shape[0] else at[lanes]
                rho = self._rho(group, part, time[lanes], edges, Start(self.start.loss[rows][lanes]))
                velocity[lanes] = group.kind.velocity(part, rho)
                self._judge(_select(rows, lanes), part, rho, group)
        self.loss[rows] = at.loss
        if outside.any():
            velocity[outside] = torch.nan
        return velocity

    def rho(self, at: Linearization, time: Tensor, rows: Tensor) -> Tensor:
        """ρ_t (b,) of the lanes `rows`, for measuring: nothing is tallied."""
        edges = self._edges(rows)
        parts = []
        for group in self.groups:
            lanes = slice(edges[group.first], edges[group.last])
            if lanes.start < lanes.stop:
                parts.append(self._rho(group, at[lanes], time[lanes], edges, Start(self.start.loss[rows][lanes])))
        return torch.cat(parts)

    def _rho(self, group: Group, at: Linearization, time: Tensor, edges: dict[int, int], start: Start) -> Tensor:
        base = edges[group.first]
        spans = [(flow, edges[first] - base, edges[last] - base) for flow, first, last in group.members]
        parts = [flow.rho(at, time, start)[first:last] for flow, first, last in spans if first < last]
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def _judge(self, rows: Rows, at: Linearization, rho: Tensor, group: Group) -> None:
        """Tally the evaluation and note whose rank is lost, measured against the greatest singular value met so far."""
        self.evaluations[rows] += group.kind.tally().to(rho.device)
        ends = group.kind.conditioning(at, rho)
        if ends is None:
            return
        low, high = ends
        scale = torch.maximum(self.scale[rows], high)
        self.scale[rows] = scale
        self.lost[rows] = low < at.cut * scale

    def _edges(self, rows: Rows) -> dict[int, int]:
        """Lane number of a boundary between solvers → its position among `rows`."""
        lanes = self.edges.tolist()
        return dict(zip(lanes, lanes if isinstance(rows, slice) else torch.searchsorted(rows, self.edges).tolist(), strict=True))


def _select(rows: Rows, lanes: slice) -> Rows:
    return lanes if isinstance(rows, slice) else rows[lanes]
