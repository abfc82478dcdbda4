"""One run at a worker: how urgently it is wanted, what a turn gives, and where other runs may fork from it. The clock
is passed in.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from math import inf

import flowscope as fs
import numpy as np
import pyarrow as pa

from .arrow import batch_message, join, schema_message, stream
from .message import Batch, Header, Rows, Stage, Start, Want, standings

TURN_SECONDS = 0.04  # a turn computes as many frames as fit, at least one
TURN_FRAMES = 64
BUDGET_SECONDS = 15 * 60.0
LEAST_AHEAD = 16  # frames that a slow run may be ahead of its viewers all the same
SNAPSHOT_SECONDS = 0.1  # of computing between states that are kept, so that keeping them costs little
SNAPSHOTS = 32  # states of a run that are kept, at most
SNAPSHOT_ENTRIES = 1 << 20  # and numbers in all of them, about


class Stint:
    """Computes one run in turns, and gives it out in batches whose frames are fixed, so that how busy a worker is
    changes no byte.
    """

    def __init__(
        self, start: Start, clock: Callable[[], float], *, parent: "Stint | None" = None, budget: float = BUDGET_SECONDS
    ) -> None:
        self._id, self._clock, self._budget = start.run, clock, budget
        self._start, self._sent = start, start.skip
        forked = parent.fork(start) if parent else None
        self._run = forked or fs.Run(start.spec, clock=clock)
        self._skip = start.skip - self._run.rows
        self._staged = start.staged or not self._run.is_staged
        self._parts: list[pa.RecordBatch] = []
        self._since_snapshot = inf
        self._spent, self._frame_seconds = 0.0, parent.frame_seconds if parent else TURN_SECONDS
        self._snapshots: list[fs.Run] = []
        self._is_forkable = any(solver.method.is_tunable for solver in start.spec.solvers)
        self.overstayed = False
        self.turned = -inf
        """When it last had a turn."""
        self.wanted(start.want)
        if forked:
            self._remember()

    def header(self) -> Header:
        """What is known before the first frame."""
        schema = schema_message(self._run.schema)
        return Header(self._id, schema, not self._staged, standings(self._run.lanes))

    def stage(self) -> Stage | None:
        """The stage, once, as soon as there are rows; None else."""
        if self._staged or not self._run.frame:
            return None
        self._staged = True
        stage = self._run.stage()
        return Stage(self._id, stream(stage)) if stage else None

    def wanted(self, want: Want) -> None:
        """From now on so much of it is wanted."""
        self._want, self._since = want, self._clock()

    @property
    def over(self) -> bool:
        """Whether there is nothing more to compute."""
        return self.overstayed or self._run.over

    @property
    def frame_seconds(self) -> float:
        """What a frame takes."""
        return self._frame_seconds

    def urgency(self) -> float:
        """Seconds until the foremost viewer will have seen what is there, negative where it has; infinite while nobody
        plays.
        """
        lead = self._run.frame - self._position()
        return lead / self._want.rate if self._want.rate > 0 else inf

    @property
    def is_left(self) -> bool:
        """Whether nobody wants it."""
        return self._want.ahead <= 0

    @property
    def again(self) -> Start:
        """How it is begun anew behind what was given out."""
        return replace(self._start, skip=self._sent, staged=self._staged, parent="")

    def wait(self) -> float:
        """Seconds until it wants a turn: 0 now, infinite: never, as things are."""
        if self.over:
            return inf
        if self._skip > 0 or self._parts:
            return 0.0
        excess = self._run.frame - self._position() - self._ahead()
        if excess < 0:
            return 0.0
        return excess / self._want.rate + TURN_SECONDS if self._want.rate > 0 else inf

    def turn(self) -> Rows | None:
        """Compute a few frames; rows when that completes a batch or the run."""
        begun, frame = self._clock(), self._run.frame
        batch = self._run.chunk(self._frames())
        seconds = self._clock() - begun
        self._spent += seconds
        self._since_snapshot += seconds
        self._frame_seconds = max(1e-9, seconds / max(1, self._run.frame - frame))
        self.overstayed = self._spent > self._budget and not self._run.over
        self.turned = self._clock()
        if batch is not None:
            self._keep(batch)
        self._remember()
        return self._flush()

    def fork(self, start: Start) -> fs.Run | None:
        """The latest state of this run from which that one follows; None where none is kept."""
        for snapshot in reversed(self._snapshots):
            if snapshot.rows <= start.skip:
                try:
                    return snapshot.fork(start.spec)
                except fs.SpecError:  # it was tuned otherwise before
                    continue
        return None

    def _position(self) -> float:
        """The frame of the foremost viewer."""
        return self._want.frame + self._want.rate * (self._clock() - self._since)

    def _ahead(self) -> float:
        """How many frames it may be ahead of that."""
        return max(LEAST_AHEAD, self._want.ahead / self._frame_seconds) if self._want.ahead > 0 else 0.0

    def _frames(self) -> int:
        """Frames of the next turn: the first alone, then up to the end of a batch, or of several."""
        frame, fit = self._run.frame, max(1, min(TURN_FRAMES, int(TURN_SECONDS / self._frame_seconds)))
        if not frame:
            return 1
        last = (frame + fit) // fs.FRAMES_PER_CHUNK * fs.FRAMES_PER_CHUNK
        return last - frame if last > frame else fit

    def _remember(self) -> None:
        """Keep the state at the end of a batch; where there are too many, every other one goes."""
        if not self._is_forkable or self._run.frame % fs.FRAMES_PER_CHUNK or self.over:
            return
        if self._since_snapshot < SNAPSHOT_SECONDS:
            return
        self._since_snapshot = 0.0
        self._snapshots.append(self._run.fork())
        if len(self._snapshots) > min(SNAPSHOTS, max(2, SNAPSHOT_ENTRIES // self._run.entries)):
            del self._snapshots[1:-1:2]

    def _keep(self, batch: pa.RecordBatch) -> None:
        """Keep the rows that the log does not have yet."""
        known = min(self._skip, batch.num_rows)
        self._skip -= known
        if batch.num_rows > known:
            self._parts.append(batch.slice(known))

    def _flush(self) -> Rows | None:
        whole = self._run.frame % fs.FRAMES_PER_CHUNK == 0 or self._run.frame == 1
        if not (self.over or (whole and self._parts)):
            return None
        lanes = standings(self._run.lanes, instead=fs.Status.OVERSTAYED if self.overstayed else None)
        batches = tuple(_cut(join(self._parts))) if self._parts else ()
        self._parts = []
        self._sent += sum(batch.rows for batch in batches)
        return Rows(self._id, batches, lanes, self.over)


def _cut(rows: pa.RecordBatch) -> Iterator[Batch]:
    """Rows of whole frames, in the batches of a log."""
    frames = rows["frame"].to_numpy()
    chunk = np.where(frames == 0, -1, frames // fs.FRAMES_PER_CHUNK)
    ends = [0, *(np.flatnonzero(np.diff(chunk)) + 1).tolist(), frames.size]
    for first, last in pairwise(ends):
        part = rows.take(pa.array(range(first, last)))  # a copy: the bytes of a slice tell of what it was cut from
        yield Batch(batch_message(part), last - first, int(frames[last - 1]))
