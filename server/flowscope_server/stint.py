"""One run's stint at a worker: when it wants its next turn, and what a turn gives. The clock is passed in."""

from collections.abc import Callable
from math import inf

import flowscope as fs
import pyarrow as pa

from .arrow import batch_message, join, schema_message, stream
from .message import Header, Rows, Stage, Start, Tuned, standings
from .pace import Pace
from .protocol import Command, Pause, Resume, Speed, Step, Stop, Tune

TURN_SECONDS = 0.02  # a turn computes as many frames of its chunk as fit, and at least one
BUDGET_SECONDS = 15 * 60.0
HAND_SECONDS = 2.0  # for so long after ρ was set by hand frames are sent one by one, so that the hand sees what it does
SMOOTH_SPEED = 0.5  # slower than this, frames are sent one by one: a chunk would come once a second


class Stint:
    """Steps one run in turns of a few frames and gives out whole chunks, so that how busy a worker is changes no
    byte.
    """

    def __init__(self, start: Start, clock: Callable[[], float], *, budget: float = BUDGET_SECONDS) -> None:
        self._id, self._clock, self._budget = start.run, clock, budget
        self._run = fs.Run(start.spec, clock=clock)
        self._pace = Pace(clock(), speed=start.speed, paused=start.paused)
        self._skip, self._stopping, self._steps = start.skip, start.stopping, 0
        self._computed = self._left = 0
        self._staged = not self._run.is_staged
        self._parts: list[pa.RecordBatch] = []
        self._spent, self._frame_seconds = 0.0, TURN_SECONDS
        self._wishes, self._touched = {wish.solver: wish for wish in start.wishes}, -inf

    def header(self) -> Header:
        """What is known before the first frame."""
        schema = schema_message(self._run.schema)
        return Header(self._id, schema, self._run.is_staged, standings(self._run.lanes))

    def stage(self) -> Stage | None:
        """The stage, once, as soon as there are rows; None else."""
        if self._staged or not self._computed:
            return None
        self._staged = True
        stage = self._run.stage()
        return Stage(self._id, stream(stage)) if stage else None

    def obey(self, command: Command) -> None:
        """Do what a viewer asked for; it takes effect with the next turn."""
        match command:
            case Pause():
                self._pace.pause(self._clock())
            case Resume():
                self._pace.resume(self._clock())
            case Speed(value):
                self._pace.accelerate(self._clock(), value)
            case Step() if self._pace.paused:
                self._steps += 1
            case Stop():
                self._stopping = True
            case Tune(solver):
                self._wishes[solver] = command
                self._touched = self._clock()
            case _:
                pass  # a step while it runs

    def tuned(self) -> list[Tuned]:
        """Sets ρ as was wished, at the last frame computed, and says what came of it; waits while known rows are
        computed again.
        """
        wishes, self._wishes = ([], self._wishes) if self._skip else (list(self._wishes.values()), {})
        return [Tuned(self._id, wish.solver, self._tune(wish)) for wish in wishes]

    def wait(self) -> float:
        """Seconds until this run wants a turn: 0 now, infinite while paused."""
        if self._skip or self._stopping or self._steps:
            return 0.0
        if self._pace.paused:
            return 0.0 if self._parts else inf
        return 0.0 if self._left else self._pace.wait(self._clock(), self._chunk())

    def turn(self) -> Rows | None:
        """Compute a few frames; rows when that completes a chunk or the run."""
        if self._pace.paused and self._parts and not self._skip:
            self._left = 0
            return self._flush()
        if self._stopping and not self._skip:
            self._run.stop()
            self._left = 1
        if not self._left:
            self._left = self._chunk()
            self._pace.spend(self._clock(), self._left)
        self._compute(min(self._left, max(1, int(TURN_SECONDS / self._frame_seconds))))
        overstayed = self._spent > self._budget
        return self._flush(overstayed=overstayed) if self._left == 0 or self._run.over or overstayed else None

    def _tune(self, wish: Tune) -> fs.Tune | None:
        try:
            return self._run.tune(wish.solver, wish.rho)
        except fs.SpecError:  # the solver has ended since it was wished
            return None

    def _chunk(self) -> int:
        """Frames of the next chunk: the first alone, then up to the next multiple of a recording's chunk."""
        nearly_there = self._skip and self._skip <= fs.FRAMES_PER_CHUNK * len(self._run.lanes)
        touched = self._clock() - self._touched < HAND_SECONDS
        if self._computed == 0 or self._steps or nearly_there or touched or self._pace.speed < SMOOTH_SPEED:
            return 1
        return fs.FRAMES_PER_CHUNK - self._computed % fs.FRAMES_PER_CHUNK

    def _compute(self, frames: int) -> None:
        begun = self._clock()
        batch = self._run.chunk(frames)
        seconds = self._clock() - begun
        self._spent += seconds
        self._frame_seconds = max(1e-9, seconds / frames)
        self._computed += frames
        self._left -= frames
        if batch is not None:
            self._keep(batch)

    def _keep(self, batch: pa.RecordBatch) -> None:
        """Keep the rows that the log does not have yet."""
        known = min(self._skip, batch.num_rows)
        self._skip -= known
        if batch.num_rows > known:
            self._steps = max(0, self._steps - 1)
            self._parts.append(batch.slice(known))

    def _flush(self, *, overstayed: bool = False) -> Rows | None:
        over = self._run.over or overstayed
        if not self._parts and not over:
            return None
        lanes = standings(self._run.lanes, instead=fs.Status.OVERSTAYED if overstayed else None)
        rows = sum(part.num_rows for part in self._parts)
        data = batch_message(join(self._parts)) if self._parts else b""
        self._parts = []
        return Rows(self._id, data, rows, lanes, over)
