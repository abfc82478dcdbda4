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
from .trace import State


@dataclass(frozen=True)
class Snapshot:
    """Neighbouring frames before they are measured, `sizes` rows in each: of b rows the frame numbers, lanes, flow
    times, statuses, the states that the times lie within, and ρ set by hand.
    """

    sizes: list[int]
    frames: np.ndarray
    lanes: Tensor
    times: np.ndarray
    words: np.ndarray
    state: State
    hand: Tensor


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
        self.rows = 0
        """Rows made so far."""

    def measure(self, frames: list[Snapshot], reference: Reference | None, schema: pa.Schema) -> pa.RecordBatch:
        """All frames of a chunk in one linearization, as a batch of `schema`; excess losses are those over
        `reference`.
        """
        sizes = [size for rows in frames for size in rows.sizes]
        lanes, clock = torch.cat([rows.lanes for rows in frames]), np.concatenate([rows.times for rows in frames])
        times, state = torch.from_numpy(clock).to(lanes.device), State.joined([rows.state for rows in frames])
        place = interpolate(times, state.begin, state.end, state.curve, state.theta)
        at = Linearization.of(self._network, self._data, place)
        basis = self._follow(at, lanes, sizes)
        hand = torch.cat([rows.hand for rows in frames])
        rho = torch.where(hand.isnan(), self._field.rho(at, times, lanes), hand)
        if self._iterates is not None:
            rho = torch.where(self._iterates[lanes], _then(state.held, times == state.end), rho)
        each = torch.arange(lanes.numel(), device=times.device).split(sizes)
        reading = Reading(
            at,
            rho,
            reference.along(at, each) if reference else None,
            basis,
            lambda some: self._velocity(at[some], rho[some], lanes[some], state.at(some)),
            lambda: self._field.rates(at, rho, lanes),
            stride(state),
            each,
            _then(state.ledger, (times == state.end).unsqueeze(1)) if self._field.ledger is not None else None,
            self._network,
        )
        tally = (state.calls.unsqueeze(1) * self._field.costs[lanes] + state.surplus).cpu().numpy()
        lane = lanes.cpu().numpy()
        first, self.rows = self.rows, self.rows + lane.size
        solver, seed = np.divmod(lane, self._seeds.size)
        columns = {
            "row": np.arange(first, self.rows),
            "frame": np.concatenate([rows.frames for rows in frames]),
            "lane": lane,
            "solver": solver,
            "seed": self._seeds[seed],
            "step": state.steps.long().cpu().numpy(),
            "rejected": state.rejected.long().cpu().numpy(),
            "gain": state.gain.cpu().numpy(),
            "time": clock,
            "status": np.concatenate([rows.words for rows in frames]),
            "evaluations": tally,
            "flops": (tally * self._costs[solver]).sum(1),
            "wall_seconds": state.seconds.cpu().numpy(),
        }
        return batch(columns | {probe.name: probe.read(reading, self.shape) for probe in self.probes}, schema)

    def _follow(self, at: Linearization, lanes: Tensor, sizes: list[int]) -> Basis | None:
        """The followed modes of every row; before ρ is asked for, so that both share one decomposition."""
        if self._tracking is None:
            return None
        u, sigma = at.left
        return self._tracking.follow(u, sigma, lanes, sizes, at.cut)

    def _velocity(self, at: Linearization, rho: Tensor, lanes: Tensor, state: State) -> Tensor:
        """θ' (b, p): of flows their vector field, of discrete methods the step over its flow time, null where there is
        none.
        """
        velocity = self._field.velocity(at, rho, lanes)
        if self._iterates is None:
            return velocity
        span = state.end - state.begin
        chord = (state.theta - state.curve[:, 0]) / torch.where(span > 0, span, torch.nan).unsqueeze(1)
        return torch.where(self._iterates[lanes].unsqueeze(1), chord, velocity)


def _then(ends: Tensor, after: Tensor) -> Tensor:
    """Of what held before and after a step (b, 2, …) the one in force: the second where the step is over, `after`."""
    return torch.where(after, ends[:, 1], ends[:, 0])


def stride(state: State) -> Tensor:
    """‖Δθ‖ (b,) of the last steps; NaN where there is none yet."""
    length = torch.linalg.vector_norm(state.theta - state.curve[:, 0], dim=1)
    return torch.where(state.end > state.begin, length, torch.nan)
