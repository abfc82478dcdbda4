"""A run: an iterator of record batches. No clock, no thread, no I/O; it ends in a status per lane."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from .field import Field
from .frame import Rows, schema
from .integrator import Integrator, Path
from .linearization import Linearization
from .optimum import best_in_class
from .probe import PROBES, Reading, Shape
from .problem import Teacher
from .spec import RunSpec
from .stage import surface
from .status import Lane, Status

FRAMES_PER_CHUNK = 4
"""Frames in one record batch of a recording."""
EXPLOSION = 1e8
"""A loss this many times the start's (plus the targets' own scale) counts as divergence."""


class Run:
    """Integrates a spec. `clock` (seconds, any origin) fills `wall_seconds`; without one that column is null."""

    def __init__(self, spec: RunSpec, *, clock: Callable[[], float] | None = None, device: str = "cpu") -> None:
        self.spec, self.network, self._clock, self._device = spec, spec.network, clock, device
        self._data = spec.problem.data(spec.network)
        starts = torch.stack([spec.start.draw(spec.network, seed) for seed in spec.seeds])
        self._best = best_in_class(self.network, self._data, self._landmarks(starts))
        self._starts = starts
        theta = starts.repeat(len(spec.solvers), 1)
        self._field = Field(self.network, self._data, tuple(solver.flow for solver in spec.solvers), theta)
        self._path = Path.at_rest(theta, spec.horizon)
        self._bundles = self._bundle()
        self._shape = Shape(self._data.targets.numel(), self.network.parameters)
        self.lanes = [
            Lane(s * len(spec.seeds) + i, s, solver.name, seed)
            for s, solver in enumerate(spec.solvers)
            for i, seed in enumerate(spec.seeds)
        ]
        self.schema = schema(self._shape, self._metadata())
        self._open = torch.ones(theta.shape[0], dtype=torch.bool)
        self._costs = np.array(list(vars(self.network.cost(self._data.samples)).values()))
        self._seconds = np.full(theta.shape[0], 0.0 if clock else np.nan)
        self._next_frame = self._next_row = 0
        self._limit = EXPLOSION * (self._field.start.loss + self._data.targets.square().sum() / (2 * self._data.samples) + 1e-30)

    @property
    def frames(self) -> int:
        """Frames of a full run."""
        return self.spec.frames

    @property
    def over(self) -> bool:
        """Whether every lane has ended and its last row was given out."""
        return not bool(self._open.any())

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        while (batch := self.chunk()) is not None:
            yield batch

    def chunk(self, frames: int = FRAMES_PER_CHUNK) -> pa.RecordBatch | None:
        """The next frames as one record batch; None when the run is over. How frames are cut into chunks changes no value."""
        rows = Rows(self.schema)
        for _ in range(frames):
            if self.over:
                break
            self._frame(rows)
        return rows.batch() if rows.columns else None

    def stop(self) -> None:
        """Ends the lanes still running; their last rows come with the next chunk."""
        time = self.spec.time(max(self._next_frame - 1, 0))
        for lane in self._open.nonzero()[:, 0].tolist():
            self._end(lane, Status.STOPPED, time)

    def stage(self) -> pa.RecordBatch | None:
        """The surface to draw the run on; None unless N = 3 and p = 2."""
        return surface(self.network, self._data, self._landmarks(self._starts, self._best.theta if self._best else None))

    def _landmarks(self, starts: Tensor, *more: Tensor | None) -> Tensor:
        teacher = self.spec.problem.parameters if isinstance(self.spec.problem, Teacher) else None
        points = [torch.tensor(teacher, dtype=torch.float64)] if teacher else []
        return torch.cat((starts, *(point.unsqueeze(0) for point in (*points, *more) if point is not None)))

    def _bundle(self) -> list[tuple[Integrator, Tensor]]:
        """Lanes that share an integrator advance together."""
        seeds = len(self.spec.seeds)
        solvers: dict[Integrator, list[int]] = {}
        for s, solver in enumerate(self.spec.solvers):
            solvers.setdefault(solver.integrator, []).extend(range(s * seeds, (s + 1) * seeds))
        return [(integrator, torch.tensor(lanes)) for integrator, lanes in solvers.items()]

    def _frame(self, rows: Rows) -> None:
        frame = self._next_frame
        time = self.spec.time(frame)
        if frame == 0:
            for integrator, lanes in self._bundles:
                integrator.begin(self._field, self._path, lanes)
                self._watch(lanes, ~torch.isfinite(self._path.slope[lanes]).all(1), integrator)
        elif not self._stopped():
            self._advance(time)
        if frame == self.frames - 1:
            for lane in self._open.nonzero()[:, 0].tolist():
                self._end(lane, Status.HORIZON, time)
        self._measure(rows, min(frame, self.frames - 1), time)
        self._next_frame += 1

    def _stopped(self) -> bool:
        return any(lane.status is Status.STOPPED for lane in self.lanes)

    def _advance(self, time: float) -> None:
        """Steps every running lane past a flow time."""
        running = torch.tensor([lane.status is Status.RUNNING for lane in self.lanes])
        for integrator, lanes in self._bundles:
            while True:
                behind = lanes[running[lanes] & (self._path.time[lanes] < time)]
                if not behind.numel():
                    break
                begun = self._clock() if self._clock else 0.0
                whole = behind.numel() == len(self.lanes)
                broken = integrator.step(self._field, self._path, slice(None) if whole else behind)
                if self._clock:
                    self._seconds[behind.numpy()] += (self._clock() - begun) / behind.numel()
                if self._watch(behind, broken, integrator):
                    running = torch.tensor([lane.status is Status.RUNNING for lane in self.lanes])

    def _watch(self, rows: Tensor, broken: Tensor, integrator: Integrator) -> bool:
        """Ends the lanes to which something happened; says whether any was."""
        field, spent = self._field, self._field.evaluations[rows, 0]
        lost, exploded = field.lost[rows], ~(field.loss[rows] < self._limit[rows])
        exhausted = spent >= self.spec.evaluations
        ended = broken | lost | exploded | exhausted
        if not ended.any():
            return False
        failure = integrator.failure
        for i in ended.nonzero()[:, 0].tolist():
            status = Status.RANK_LOSS if lost[i] else failure if broken[i] else Status.DIVERGED if exploded[i] else Status.EXHAUSTED
            lane = int(rows[i])
            self._end(lane, status, float(self._path.time[lane]))
        return True

    def _end(self, lane: int, status: Status, time: float) -> None:
        if self.lanes[lane].status is Status.RUNNING:
            self.lanes[lane] = replace(self.lanes[lane], status=status, time=time)

    def _measure(self, rows: Rows, frame: int, time: float) -> None:
        """One row for each open lane: at the frame's time, or where the lane ended before it."""
        lanes = self._open.nonzero()[:, 0]
        states = [self.lanes[lane] for lane in lanes.tolist()]
        ended = torch.tensor([state.status not in (Status.RUNNING, Status.HORIZON) and state.time <= time for state in states])
        times = torch.tensor([state.time if over else time for state, over in zip(states, ended.tolist(), strict=True)], dtype=torch.float64)
        theta = torch.where(ended.unsqueeze(1) & (self._path.time[lanes] == times).unsqueeze(1), self._path.theta[lanes], self._path.at(time)[lanes])
        at = Linearization.of(self.network, self._data, theta)
        reading = Reading(at, self._field.rho(at, times, lanes), self._best)
        tally = self._field.evaluations[lanes].numpy().copy()
        closing = ended | torch.tensor([state.status is Status.HORIZON for state in states])
        rows.add(
            {
                "row": np.arange(self._next_row, self._next_row + len(states)),
                "frame": np.full(len(states), frame),
                "lane": lanes.numpy(),
                "solver": np.array([state.solver for state in states]),
                "seed": np.array([state.seed for state in states]),
                "step": self._path.steps[lanes].numpy().copy(),
                "time": times.numpy(),
                "status": np.array([(state.status if over else Status.RUNNING).word for state, over in zip(states, closing.tolist(), strict=True)]),
                **{probe.name: probe.read(reading, self._shape) for probe in PROBES},
                "evaluations": tally,
                "flops": tally @ self._costs,
                "wall_seconds": self._seconds[lanes.numpy()],
            }
        )
        self._next_row += len(states)
        self._open[lanes[closing]] = False

    def _metadata(self) -> dict[str, Any]:
        outputs, parameters = self._shape.outputs, self._shape.parameters
        seen = Linearization.of(self.network, self._data, self._starts)
        best = self._best
        return {
            "spec": self.spec.model_dump(mode="json"),
            "lanes": [{"lane": lane.lane, "solver": lane.solver, "name": lane.name, "seed": lane.seed} for lane in self.lanes],
            "samples": self._data.samples,
            "parameters": parameters,
            "target": self._data.targets.tolist() if outputs <= 64 else None,
            "start": [
                {"theta": theta.tolist() if parameters <= 16 else None, "outputs": f.tolist() if outputs <= 64 else None}
                for theta, f in zip(self._starts, seen.outputs, strict=True)
            ],
            "best": best
            and {
                "theta": best.theta.tolist() if best.theta is not None and parameters <= 16 else None,
                "outputs": best.outputs.tolist() if outputs <= 64 else None,
                "loss": best.loss,
            },
            "versions": {name: version(name) for name in ("flowscope", "torch", "pyarrow")},
            "device": self._device,
        }
