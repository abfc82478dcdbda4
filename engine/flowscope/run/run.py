"""A run: an iterator of record batches. No clock, no thread, no I/O; it ends in a status per lane."""

from collections.abc import Callable, Collection, Iterator
from copy import deepcopy
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from ..alone import alone
from ..comparison.fingerprint import record
from ..component import SpecError, parse_value
from ..flow import VectorField
from ..integrator import Path
from ..integrator.path import interpolate
from ..movement import MinimizingMovement
from ..movement.budget import NAMES
from ..network import centred
from ..status import Lane, Status
from .allowance import Allowance
from .bundle import bundles
from .column import columns_of
from .frame import amended, schema
from .landmark import Landmark
from .metadata import metadata
from .meter import Meter, Snapshot
from .spec import Branch, RunSpec
from .standing import Standing
from .switch import Switch
from .trace import Trace, frames_within, state_of
from .tune import Tune, at_frame

FRAMES_PER_CHUNK = 4
"""Frames in one record batch of a recording."""
BLOCK = 64
"""Frames at once for who walks through a whole run: lanes then step together."""
GPU_ENTRIES = 1 << 18
"""Entries of J (n·q × p) from which a GPU is worth its latency.

Measured on an H200 (bench/results/gpu.md): 32 lanes by RK4 go 0.9 times as fast there at 7e4 entries, 1.3 times at
2.8e5.
"""


def default_device(entries: int) -> str:
    """Where a problem whose Jacobian has so many entries runs."""
    return "cuda" if torch.cuda.is_available() and entries >= GPU_ENTRIES else "cpu"


class Run:
    """Integrates a spec. `clock` (seconds, any origin) fills `wall_seconds`; without one that column is null.

    `device` is "cpu" or "cuda"; unless given, a GPU is used where there is one and the Jacobian is large enough to fill
    it. Probes named in `without` are not measured, and have no column.
    """

    @alone()
    def __init__(
        self,
        spec: RunSpec,
        *,
        clock: Callable[[], float] | None = None,
        device: str | None = None,
        without: Collection[str] = (),
    ) -> None:
        self.spec, self.network, self._clock = spec, spec.network, clock
        self._given = spec  # as it was before any tune
        data = spec.problem.data(spec.network)
        self._device = device or default_device(data.targets.numel() * spec.network.parameters)
        self._data = data.to(self._device)
        starts = torch.stack([start(spec, seed) for seed in spec.seeds]).to(self._device)
        if spec.network.is_centred:
            self.network = centred(
                spec.network, start(spec.origin, spec.origin.seeds[0]).to(self._device), self._data.inputs
            )
        self._starts = starts
        theta = starts.repeat(len(spec.solvers), 1)
        self._field = VectorField(self.network, self._data, tuple(solver.method for solver in spec.solvers), theta)
        self._path = Path.at_rest(theta, spec.horizon, spec.interval)
        self._record = record(self._data, spec.seeds, theta)
        self._bundles = bundles(spec, theta, self.network)
        discrete = torch.tensor([solver.is_discrete for solver in spec.solvers], device=self._device)
        self._iterates = discrete.repeat_interleave(len(spec.seeds)) if discrete.any() else None
        moving = bool(_movements(spec))
        if moving:
            self._field.ledger = theta.new_full(
                (theta.shape[0], 2, len(NAMES) + 2 * self._data.targets.numel() + self.network.parameters), torch.nan
            )
        columns = columns_of(spec.problem, rated=self._field.is_rated, moving=moving)
        probes = tuple(probe for probe in columns if probe.name not in without)
        costs = np.array(
            [list(vars(solver.cost(self.network, self._data.samples)).values()) for solver in spec.solvers]
        )
        self._meter = Meter(self.network, self._data, self._field, spec.seeds, probes, self._iterates, costs)
        allowance = Allowance(spec, costs, self._device)
        self._standing = Standing(spec, self.network, self._data, starts, self._field, self._path, allowance)
        self._switch = Switch(self._field, self._path, self._standing)
        known = starts.new_tensor(spec.problem.known).view(-1, theta.shape[1])
        self._landmark = Landmark(self.network, self._data, torch.cat((starts, known)))
        self._seconds = torch.full_like(self._field.loss, 0.0 if clock else torch.nan)
        self._state = state_of(self._field, self._path, self._seconds)
        self._next_frame = 0
        self._stopped = False

    @cached_property
    def schema(self) -> pa.Schema:
        """What the rows are, and what is known before them."""
        with alone():
            return schema(self._meter.shape, self._metadata(), self._meter.probes)

    def _metadata(self) -> dict[str, Any]:
        found, begun = self._landmark.found, self._standing.begun
        return metadata(self._given, self.lanes, self._data, self._starts, begun, found, self._record, self._device)

    @property
    def lanes(self) -> list[Lane]:
        """How every lane stands."""
        return self._standing.lanes

    @property
    def frames(self) -> int:
        """Frames of a full run."""
        return self.spec.frames

    @property
    def over(self) -> bool:
        """Whether every lane has ended and its last row was given out."""
        return self._standing.over

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        while (batch := self.chunk()) is not None:
            yield batch

    @alone()
    def chunk(self, frames: int = FRAMES_PER_CHUNK) -> pa.RecordBatch | None:
        """The next frames as one record batch; None when the run is over. How frames are cut into chunks changes no
        value.
        """
        rows: list[Snapshot] = []
        first = self._next_frame
        while (left := first + frames - self._next_frame) and self._goes_on:
            rows.append(self._frames(left))
        return self._meter.measure(rows, self._landmark.reference, self.schema) if rows else None

    @alone()
    def stop(self) -> None:
        """Ends the lanes still running; their last rows come with the next chunk."""
        self._stopped = True
        self._standing.stop(self.spec.time(max(self._next_frame - 1, 0)))

    def tune(self, solver: int, rho: float) -> Tune:
        """Sets ρ of a solver by hand from the last frame given out on, and enters that in `spec`, which gives the same
        run again.

        Raises SpecError for a solver that has no damping or has ended, and for a ρ outside [0, 1].
        """
        tune = parse_value(Tune, {"frame": max(self._next_frame - 1, 0), "solver": solver, "rho": rho})
        if self._stopped or self._next_frame >= self.frames:
            raise SpecError("tune", "a run that goes on", "one that has ended")
        spec = self.spec.tuned(tune)
        if not bool(self._standing.open[self._standing.of(solver)].any()):
            raise SpecError(
                "tune.solver", "a solver that goes on", f"{self.spec.solvers[solver].name}, which has ended"
            )
        self.spec = spec
        return tune

    @alone()
    def fork(self, spec: RunSpec | None = None) -> "Run":
        """A run of its own that goes on from here as this one would; with a `spec`, as that says.

        Its frames are those of its spec, computed from the start. Raises SpecError unless `spec` is that of this run
        with other tunes from the last frame given out on.
        """
        spec = spec or self.spec
        if self._past(spec) != self._past(self.spec):
            expected = f"the spec of this run, with other tunes from frame {max(self._next_frame - 1, 0)} on"
            raise SpecError("fork", expected, "another spec")
        shared = self.schema, self.network, self._data, self._clock, self._landmark.found, self._meter.probes
        twin = deepcopy(self, {id(each): each for each in shared})
        if spec != self.spec:
            twin.spec = twin._given = spec
            twin.schema = amended(self.schema, spec)
        return twin

    def _past(self, spec: RunSpec) -> RunSpec:
        """A spec without what will be set by hand after the frames given out."""
        return spec.model_copy(
            update={"tunes": tuple(each for each in spec.tunes if each.frame < self._next_frame - 1)}
        )

    @property
    def frame(self) -> int:
        """The next frame to give out."""
        return self._next_frame

    @property
    def rows(self) -> int:
        """Rows given out."""
        return self._meter.rows

    @property
    def entries(self) -> int:
        """Numbers in the state of the run, about: what a fork copies."""
        return sum(part.numel() for part in self._state)

    @property
    def is_staged(self) -> bool:
        """Whether there is a surface to draw the run on: N = 3 and p = 2."""
        return self._landmark.is_staged

    @alone()
    def stage(self) -> pa.RecordBatch | None:
        """The surface to draw the run on; None unless N = 3 and p = 2."""
        return self._landmark.stage(max((each.radius for each in _movements(self.spec)), default=0.0))

    @property
    def _goes_on(self) -> bool:
        """Whether a lane has a row to give out."""
        return self._standing.all_run or not self.over

    def _frames(self, wanted: int) -> Snapshot:
        """Advances by so many frames, or by fewer, and notes where every open lane is at each.

        Lanes step together up to the last of these frames: a step costs about the same however many lanes take part.
        """
        first = self._next_frame
        frames = np.arange(first, first + self._block(wanted))
        times = np.array([self.spec.time(int(frame)) for frame in frames])
        if first == 0:
            for stepper, lanes in self._bundles:
                self._switch.at_start(lanes)
                self._standing.begin(stepper, lanes)
        elif not self._stopped:
            for tune in at_frame(self.spec.tunes, first - 1):
                self._switch.by_hand(tune, self.spec.time(tune.frame), self._bundles)
        trace = Trace(self._state, times)
        if not self._stopped:
            self._advance(float(times[-1]), trace)
        if frames[-1] == self.frames - 1:
            self._standing.conclude(self._bundles, float(times[-1]))
        return self._note(np.minimum(frames, self.frames - 1), times, trace)

    def _block(self, wanted: int) -> int:
        """How many frames of `wanted` come at once: none beyond one at which ρ is set by hand, or beyond the last."""
        ends = [tune.frame for tune in self.spec.tunes if tune.frame >= self._next_frame]
        last = min([*ends, max(self.frames - 1, self._next_frame)])
        return min(frames_within(self._state, wanted), last - self._next_frame + 1)

    @alone()
    def reach(self, frame: int) -> Tensor | None:
        """θ (p,) of the first lane at a frame of a run that has not begun; None where the lane ends before it."""
        time = self.spec.time(frame)
        while self._next_frame <= frame and self._goes_on:
            self._frames(frame + 1 - self._next_frame)
        ended = self.lanes[0].status is not Status.RUNNING and self.lanes[0].time < time
        return None if ended else self._path.at(slice(0, 1), time)[0]

    def losses(self, steps: int) -> Iterator[Tensor]:
        """L (B,) at the start and after each of so many steps of every lane of a run that has not begun; NaN where a
        lane has ended.
        """
        for k in range(steps + 1):
            with alone():
                self._step_all() if k else self._frames(1)
                loss = torch.where(self._standing.running, self._field.loss, torch.nan).cpu()
            yield loss

    def walk(self, block: int = 1) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Lanes (b,), flow times (b,) and θ (b, p) of the open lanes at each frame of a run that has not begun; nothing
        is measured.

        Frames are computed when they are asked for, `block` of them at once, which changes no value.
        """
        while not self.over:
            with alone():
                rows = self._frames(block)
                times, state = torch.from_numpy(rows.times).to(self._device), rows.state
                places = interpolate(times, state.begin, state.end, state.curve, state.theta)
                parts = [each.cpu().split(rows.sizes) for each in (rows.lanes, times, places)]
            yield from zip(*parts, strict=True)

    def _step_all(self) -> None:
        """One attempted step of every running lane."""
        for stepper, lanes in self._bundles:
            rows = lanes[self._standing.running[lanes]]
            if rows.numel():
                self._standing.watch(rows, stepper.step(self._field, self._path, rows), stepper)

    @property
    def least(self) -> float:
        """L* of the best in class that was found; 0 where none was."""
        return self._landmark.least

    def _advance(self, time: float, trace: Trace) -> None:
        """Steps every running lane past a flow time."""
        is_only = len(self._bundles) == 1
        for bundle in self._bundles:
            while (behind := self._standing.behind(bundle, time, is_only=is_only)).numel():
                rows = slice(None) if behind.numel() == len(self.lanes) else behind
                before, begun = self._path.time[behind], self._clock() if self._clock else 0.0
                trial = bundle.stepper.step(self._field, self._path, rows)
                if self._clock:
                    self._seconds[rows] += (self._clock() - begun) / behind.numel()
                self._standing.watch(rows, trial, bundle.stepper)
                self._switch.within_step(rows, bundle.stepper)
                trace.enter(rows, behind, before)

    def _note(self, frames: np.ndarray, times: np.ndarray, trace: Trace) -> Snapshot:
        """Every open lane's state at each frame, with the frame's time or where the lane ended before it. Lanes that
        have ended are closed.
        """
        states, found = trace.read()
        present, clock, words = self._standing.close(times, found == found[-1])
        sizes = present.sum(1)[present.any(1)].tolist()
        self._next_frame += len(sizes)
        frame, lane = present.nonzero()
        lanes, rows = (torch.from_numpy(each).to(self._device) for each in (lane, found[present]))
        chosen = clock[present], words[present], states.at(rows), self._field.hand[lanes]
        return Snapshot(sizes, frames[frame], lanes, *chosen)


def _movements(spec: RunSpec) -> list[MinimizingMovement]:
    """The solvers that keep a ledger."""
    return [solver.method for solver in spec.solvers if isinstance(solver.method, MinimizingMovement)]


def start(spec: RunSpec, seed: int) -> Tensor:
    """θ₀ (p,) of a seed. Raises SpecError where a branch begins after its parent's lane has ended."""
    if not isinstance(spec.start, Branch):
        return spec.start.draw(spec.network, seed)
    branch = spec.start
    run = Run(branch.alone)
    theta = run.reach(branch.frame)
    if theta is None:
        raise SpecError(
            "start.frame", f"a frame that the parent reached before t = {run.lanes[0].time:.6g}", str(branch.frame)
        )
    return theta.cpu()
