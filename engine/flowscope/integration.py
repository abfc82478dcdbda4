"""A run: an iterator of record batches. No clock, no thread, no I/O; it ends in a status per lane."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from .descent import Descent
from .field import Field
from .frame import batch, schema
from .linearization import Linearization
from .network import centred
from .optimum import best_in_class
from .path import Integrator, Path, Trial, interpolate
from .probe import PROBES, Reading, Shape
from .problem import Teacher
from .spec import Iteration, RunSpec, Solver
from .stage import surface
from .status import Lane, Status

FRAMES_PER_CHUNK = 4
"""Frames in one record batch of a recording."""
EXPLOSION = 1e8
"""A loss this many times the start's (plus the targets' own scale) counts as divergence."""


INPUTS = 4096
"""At most this many numbers of input are told in a recording's metadata."""
GPU_ENTRIES = 1 << 18
"""Entries of J (n·q × p) from which a GPU is worth its latency (our estimate; toys stay on the CPU)."""


def default_device(entries: int) -> str:
    """Where a problem whose Jacobian has so many entries runs."""
    return "cuda" if torch.cuda.is_available() and entries >= GPU_ENTRIES else "cpu"


@dataclass(frozen=True)
class Rows:
    """One frame before it is measured: lanes, flow times, statuses, the steps the times lie within, and what was spent by then."""

    frame: int
    lanes: Tensor
    times: np.ndarray
    words: list[str]
    within: tuple[Tensor, Tensor, Tensor, Tensor]
    steps: Tensor
    calls: Tensor
    surplus: Tensor
    seconds: np.ndarray
    held: Tensor | None


class Run:
    """Integrates a spec. `clock` (seconds, any origin) fills `wall_seconds`; without one that column is null.

    `device` is "cpu" or "cuda"; unless given, a GPU is used where there is one and the Jacobian is large enough to fill it.
    """

    @torch.inference_mode()
    def __init__(self, spec: RunSpec, *, clock: Callable[[], float] | None = None, device: str | None = None) -> None:
        self.spec, self.network, self._clock = spec, spec.network, clock
        data = spec.problem.data(spec.network)
        self._device = device or default_device(data.targets.numel() * spec.network.parameters)
        self._data = data.to(self._device)
        starts = torch.stack([spec.start.draw(spec.network, seed) for seed in spec.seeds]).to(self._device)
        if spec.network.is_centred:
            self.network = centred(spec.network, starts[0], self._data.inputs)
        self._best = best_in_class(self.network, self._data, self._landmarks(starts))
        self._starts = starts
        theta = starts.repeat(len(spec.solvers), 1)
        self._field = Field(self.network, self._data, tuple(solver.method for solver in spec.solvers), theta)
        self._path = Path.at_rest(theta, spec.horizon, spec.interval)
        self._bundles = self._bundle()
        discrete = torch.tensor([isinstance(solver, Iteration) for solver in spec.solvers], device=self._device)
        self._iterates = discrete.repeat_interleave(len(spec.seeds)) if discrete.any() else None
        self._shape = Shape(self._data.targets.numel(), self.network.parameters)
        self.lanes = [
            Lane(s * len(spec.seeds) + i, s, solver.name, seed)
            for s, solver in enumerate(spec.solvers)
            for i, seed in enumerate(spec.seeds)
        ]
        self.schema = schema(self._shape, self._metadata())
        self._open = torch.ones(theta.shape[0], dtype=torch.bool, device=theta.device)
        self._running = self._open.clone()
        self._all_run = True
        self._stopped = False
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

    @torch.inference_mode()
    def chunk(self, frames: int = FRAMES_PER_CHUNK) -> pa.RecordBatch | None:
        """The next frames as one record batch; None when the run is over. How frames are cut into chunks changes no value."""
        rows: list[Rows] = []
        while len(rows) < frames and (self._all_run or not self.over):
            rows.append(self._frame())
        return self._measure(rows) if rows else None

    @torch.inference_mode()
    def stop(self) -> None:
        """Ends the lanes still running; their last rows come with the next chunk."""
        time = self.spec.time(max(self._next_frame - 1, 0))
        self._stopped = True
        for lane in self._running.nonzero()[:, 0].tolist():
            self._end(lane, Status.STOPPED, time)

    @torch.inference_mode()
    def stage(self) -> pa.RecordBatch | None:
        """The surface to draw the run on; None unless N = 3 and p = 2."""
        return surface(self.network, self._data, self._landmarks(self._starts), self._best.theta if self._best else None)

    def _landmarks(self, starts: Tensor) -> Tensor:
        """The starts (k, p), and the teacher's parameters where there is one."""
        if not isinstance(self.spec.problem, Teacher):
            return starts
        return torch.cat((starts, torch.tensor([self.spec.problem.parameters], dtype=torch.float64, device=starts.device)))

    def _bundle(self) -> list[tuple[Integrator | Descent, Tensor]]:
        """Lanes that share an integrator, or an optimizer's program, advance together."""
        seeds = len(self.spec.seeds)
        solvers: dict[object, list[int]] = {}
        for s, solver in enumerate(self.spec.solvers):
            key = solver.optimizer.program if isinstance(solver, Iteration) else solver.integrator
            solvers.setdefault(key, []).extend(range(s * seeds, (s + 1) * seeds))
        return [self._stepper(torch.tensor(lanes, device=self._device)) for lanes in solvers.values()]

    def _stepper(self, lanes: Tensor) -> tuple[Integrator | Descent, Tensor]:
        carried = [self.spec.solvers[lane // len(self.spec.seeds)] for lane in lanes.tolist()]
        if isinstance(carried[0], Solver):
            return carried[0].integrator, lanes
        optimizers = [each.optimizer for each in carried if isinstance(each, Iteration)]
        return type(optimizers[0]).descent(optimizers, lanes, self._path.theta, self.network), lanes

    def _frame(self) -> Rows:
        """Advances to the next frame and notes where every open lane is."""
        frame, self._next_frame = self._next_frame, self._next_frame + 1
        time = self.spec.time(frame)
        if frame == 0:
            for integrator, lanes in self._bundles:
                integrator.begin(self._field, self._path, lanes)
                self._watch(lanes, Trial(broken=~torch.isfinite(self._path.slope[lanes]).all(1)), integrator)
        elif not self._stopped:
            self._advance(time)
        if frame == self.frames - 1:
            for lane in self._running.nonzero()[:, 0].tolist():
                self._end(lane, Status.HORIZON, time)
        return self._note(min(frame, self.frames - 1), time)

    def _advance(self, time: float) -> None:
        """Steps every running lane past a flow time."""
        path = self._path
        for integrator, lanes in self._bundles:
            while (behind := self._behind(lanes, time)).numel():
                begun = self._clock() if self._clock else 0.0
                rows = slice(None) if behind.numel() == len(self.lanes) else behind
                trial = integrator.step(self._field, path, rows)
                if self._clock:
                    self._seconds[behind.cpu().numpy()] += (self._clock() - begun) / behind.numel()
                self._watch(rows, trial, integrator)

    def _behind(self, lanes: Tensor, time: float) -> Tensor:
        late = self._path.time < time
        if len(self._bundles) == 1 and self._all_run:
            return late.nonzero()[:, 0]
        return lanes[(late & self._running)[lanes]]

    def _watch(self, rows: Tensor | slice, trial: Trial, integrator: Integrator | Descent) -> None:
        """Ends the lanes to which something happened at their last step."""
        lost, calm = self._field.lost(rows, trial.accepted), self._field.loss[rows] < self._limit[rows]
        if trial.accepted is not None:
            calm = calm | ~trial.accepted
        budget = self._field.calls[rows] < self.spec.evaluations
        if lost is None and trial.broken is None and bool((calm & budget).all()):
            return
        lanes, none = torch.arange(len(self.lanes), device=self._device)[rows], torch.zeros_like(calm)
        reasons = (
            (none if lost is None else lost, Status.RANK_LOSS),
            (none if trial.broken is None else trial.broken, integrator.failure),
            (~calm, Status.DIVERGED),
            (~budget, Status.EXHAUSTED),
        )
        for i, lane in enumerate(lanes.tolist()):
            status = next((status for happened, status in reasons if happened[i]), None)
            if status:
                self._end(lane, status, float(self._path.time[lane]))

    def _end(self, lane: int, status: Status, time: float) -> None:
        self.lanes[lane] = replace(self.lanes[lane], status=status, time=time)
        self._running[lane] = self._all_run = False

    def _note(self, frame: int, time: float) -> Rows:
        """Every open lane's last step, with the frame's time or where the lane ended before it. Lanes that have ended are closed."""
        lanes = torch.arange(len(self.lanes), device=self._device) if self._all_run else self._open.nonzero()[:, 0]
        rows = slice(None) if lanes.numel() == len(self.lanes) else lanes
        times, words = np.full(lanes.numel(), time), [Status.RUNNING.word] * lanes.numel()
        if not self._all_run:
            for i, state in enumerate(self.lanes[lane] for lane in lanes.tolist()):
                if state.status is not Status.RUNNING and state.time <= time:
                    times[i], words[i], self._open[state.lane] = state.time, state.status.word, False
        path, field = self._path, self._field
        begin, end, curve, theta, steps, calls, surplus = (
            part[rows].clone() for part in (path.begin, path.time, path.curve, path.theta, path.steps, field.calls, field.surplus)
        )
        held = None if self._iterates is None else self._field.held[rows].clone()
        return Rows(frame, lanes, times, words, (begin, end, curve, theta), steps, calls, surplus, self._seconds[lanes.cpu().numpy()], held)

    def _measure(self, frames: list[Rows]) -> pa.RecordBatch:
        """All frames of a chunk in one linearization."""
        lanes, clock = torch.cat([rows.lanes for rows in frames]), np.concatenate([rows.times for rows in frames])
        times = torch.from_numpy(clock).to(self._device)
        begin, end, curve, last = (torch.cat(parts) for parts in zip(*(rows.within for rows in frames), strict=True))
        at = Linearization.of(self.network, self._data, interpolate(times, begin, end, curve, last))
        rho = self._field.rho(at, times, lanes)
        if self._iterates is not None:
            before, after = torch.cat([rows.held for rows in frames if rows.held is not None]).unbind(1)
            rho = torch.where(self._iterates[lanes], torch.where(times == end, after, before), rho)
        reading = Reading(at, rho, self._best)
        calls, surplus = (torch.cat(parts) for parts in zip(*((rows.calls, rows.surplus) for rows in frames), strict=True))
        tally = (calls.unsqueeze(1) * self._field.costs[lanes] + surplus).cpu().numpy()
        lane = lanes.cpu().numpy()
        first, self._next_row = self._next_row, self._next_row + lane.size
        solver, seed = np.divmod(lane, len(self.spec.seeds))
        columns = {
            "row": np.arange(first, self._next_row),
            "frame": np.repeat([rows.frame for rows in frames], [rows.lanes.numel() for rows in frames]),
            "lane": lane,
            "solver": solver,
            "seed": np.array(self.spec.seeds)[seed],
            "step": torch.cat([rows.steps for rows in frames]).long().cpu().numpy(),
            "time": clock,
            "status": np.array([word for rows in frames for word in rows.words]),
            "evaluations": tally,
            "flops": tally @ self._costs,
            "wall_seconds": np.concatenate([rows.seconds for rows in frames]),
        }
        return batch(columns | {probe.name: probe.read(reading, self._shape) for probe in PROBES}, self.schema)

    def _metadata(self) -> dict[str, Any]:
        outputs, parameters = self._shape.outputs, self._shape.parameters
        seen = Linearization.of(self.network, self._data, self._starts)
        best = self._best
        return {
            "spec": self.spec.model_dump(mode="json", serialize_as_any=True),
            "lanes": [{"lane": lane.lane, "solver": lane.solver, "name": lane.name, "seed": lane.seed} for lane in self.lanes],
            "samples": self._data.samples,
            "parameters": parameters,
            "inputs": self._data.inputs.tolist() if self._data.inputs.numel() <= INPUTS else None,
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
