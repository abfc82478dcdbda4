"""What a run gives out: frames of all lanes, measured in one linearization and made into a record batch."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from ..flow import Linearization, VectorField
from ..integrator.path import interpolate
from ..network import Network
from ..problem import Data
from .column import Probe, Reading, Shape
from .frame import batch
from .modes import Basis, Tracking, follows
from .reference import Reference

Within = tuple[Tensor, ...]
"""The steps that frames lie within: flow times from and to (b,) each, dense output (b, 5, p), end point (b, p)."""


@dataclass(frozen=True)
class Snapshot:
    """One frame before it is measured: lanes, flow times, statuses, the steps the times lie within, and what was spent
    by then.
    """

    frame: int
    lanes: Tensor
    times: np.ndarray
    words: list[str]
    within: Within
    steps: Tensor
    rejected: Tensor
    gain: Tensor
    calls: Tensor
    surplus: Tensor
    seconds: np.ndarray
    hand: Tensor
    held: Tensor | None
    ledger: Tensor | None


class Meter:
    """Measures the lanes of a `field`, solver-major with these `seeds`, by `probes`; it acts on nothing.

    `iterates` (B,) tells which lanes are discrete methods, None where none is; `costs` (solvers, 5) are modelled flops
    of what is counted.
    """

    def __init__(
        self,
        network: Network,
        data: Data,
        field: VectorField,
        seeds: tuple[int, ...],
        probes: tuple[Probe, ...],
        iterates: Tensor | None,
        costs: np.ndarray,
    ) -> None:
        self._network, self._data, self._field, self._seeds = network, data, field, np.array(seeds)
        self.shape, self.probes = Shape(data.targets.numel(), network.parameters), probes
        self._iterates, self._costs = iterates, costs
        self._tracking = Tracking() if follows(self.shape.outputs, self.shape.parameters) else None
        self._next_row = 0

    def measure(self, frames: list[Snapshot], reference: Reference | None, schema: pa.Schema) -> pa.RecordBatch:
        """All frames of a chunk in one linearization, as a batch of `schema`; excess losses are those over
        `reference`.
        """
        lanes, clock = torch.cat([rows.lanes for rows in frames]), np.concatenate([rows.times for rows in frames])
        times = torch.from_numpy(clock).to(lanes.device)
        within = begin, end, curve, last = tuple(
            torch.cat(parts) for parts in zip(*(rows.within for rows in frames), strict=True)
        )
        at = Linearization.of(self._network, self._data, interpolate(times, begin, end, curve, last))
        basis = self._follow(at, lanes, frames)
        hand = torch.cat([rows.hand for rows in frames])
        rho = torch.where(hand.isnan(), self._field.rho(at, times, lanes), hand)
        if self._iterates is not None:
            before, after = torch.cat([rows.held for rows in frames if rows.held is not None]).unbind(1)
            rho = torch.where(self._iterates[lanes], torch.where(times == end, after, before), rho)
        ledger = None
        if self._field.ledger is not None:
            before, after = torch.cat([rows.ledger for rows in frames if rows.ledger is not None]).unbind(1)
            ledger = torch.where((times == end).unsqueeze(1), after, before)
        each = torch.arange(lanes.numel(), device=times.device).split([rows.lanes.numel() for rows in frames])
        reading = Reading(
            at,
            rho,
            reference.along(at, each) if reference else None,
            basis,
            lambda some: self._velocity(at[some], rho[some], lanes[some], tuple(part[some] for part in within)),
            stride(within),
            each,
            ledger,
            self._network,
        )
        calls, surplus = (
            torch.cat(parts) for parts in zip(*((rows.calls, rows.surplus) for rows in frames), strict=True)
        )
        tally = (calls.unsqueeze(1) * self._field.costs[lanes] + surplus).cpu().numpy()
        lane = lanes.cpu().numpy()
        first, self._next_row = self._next_row, self._next_row + lane.size
        solver, seed = np.divmod(lane, self._seeds.size)
        columns = {
            "row": np.arange(first, self._next_row),
            "frame": np.repeat([rows.frame for rows in frames], [rows.lanes.numel() for rows in frames]),
            "lane": lane,
            "solver": solver,
            "seed": self._seeds[seed],
            "step": torch.cat([rows.steps for rows in frames]).long().cpu().numpy(),
            "rejected": torch.cat([rows.rejected for rows in frames]).long().cpu().numpy(),
            "gain": torch.cat([rows.gain for rows in frames]).cpu().numpy(),
            "time": clock,
            "status": np.array([word for rows in frames for word in rows.words]),
            "evaluations": tally,
            "flops": (tally * self._costs[solver]).sum(1),
            "wall_seconds": np.concatenate([rows.seconds for rows in frames]),
        }
        return batch(columns | {probe.name: probe.read(reading, self.shape) for probe in self.probes}, schema)

    def _follow(self, at: Linearization, lanes: Tensor, frames: list[Snapshot]) -> Basis | None:
        """The followed modes of every row; before ρ is asked for, so that both share one decomposition."""
        if self._tracking is None:
            return None
        u, sigma = at.left
        return self._tracking.follow(u, sigma, lanes, [rows.lanes.numel() for rows in frames], at.cut)

    def _velocity(self, at: Linearization, rho: Tensor, lanes: Tensor, within: Within) -> Tensor:
        """θ' (b, p): of flows their vector field, of discrete methods the step over its flow time, null where there is
        none.
        """
        velocity = self._field.velocity(at, rho, lanes)
        if self._iterates is None:
            return velocity
        begin, end, curve, last = within
        chord = (last - curve[:, 0]) / torch.where(end > begin, end - begin, torch.nan).unsqueeze(1)
        return torch.where(self._iterates[lanes].unsqueeze(1), chord, velocity)


def stride(within: Within) -> Tensor:
    """‖Δθ‖ (b,) of these steps; NaN where there is none yet."""
    begin, end, curve, last = within
    return torch.where(end > begin, torch.linalg.vector_norm(last - curve[:, 0], dim=1), torch.nan)
