"""The runs the server knows: each has a log and viewers that are woken when it changes."""

import asyncio
import base64
import hashlib
import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from math import inf
from pathlib import Path
from typing import Any, Literal, Protocol

import flowscope as fs
import pyarrow as pa
import torch

from .arrow import schema_message
from .log import Log
from .message import Header, Refused, Rows, Stage, Standing, Want
from .recording import Recording, read

LETTERS = 26
"""Of an id; 130 bits."""
RULE = "1"
"""Names how frames are cut into messages."""
LIVE_RUNS = 500
RECORDINGS = 200
ID = re.compile(r"[0-9a-z]{12}|[a-z2-7]{26}")
State = Literal["running", "ended"]


class Watcher(Protocol):
    """Who watches a run: `place` is the next frame to come, the frames that are played in a second, and how far ahead
    the run may be, in seconds of computing.
    """

    wake: asyncio.Event
    name: str

    @property
    def place(self) -> tuple[float, float, float]: ...


def identity(spec: fs.RunSpec) -> str:
    """26 letters and digits. Equal specs on one machine have equal ones, whatever was left out of them as default."""
    canonical = json.dumps(
        spec.model_dump(mode="json", serialize_as_any=True), sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    found = hashlib.sha256(f"{canonical}\n{_surroundings()}".encode()).digest()
    return base64.b32encode(found).decode().lower()[:LETTERS]


@cache
def _surroundings() -> str:
    """What decides the last digits besides the spec: versions, the processor's vector unit, the device."""
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    packages = [f"{name} {version(name)}" for name in ("flowscope", "torch", "pyarrow")]
    return "\n".join((RULE, *packages, torch.backends.cpu.get_cpu_capability(), device))


class TooManyRuns(Exception):
    """As many runs as this server keeps alive are alive."""


class Run:
    """One run as the server sees it; what computes it is a worker elsewhere. It has no owner: whoever asks for its spec
    gets it.
    """

    def __init__(self, id: str, spec: fs.RunSpec, directory: Path, *, recording: Recording | None = None) -> None:
        self.id = id
        self.spec = spec
        self.made = recording.log.path.stat().st_mtime if recording else time.time()
        self.state: State = "running"
        self.deleted = False
        self.deaths = 0
        self.key = ""  # by which its worker knows it: one that was deleted and is made anew has another
        self.asked = -inf  # when its worker was last told how much of it is wanted, by time.monotonic
        self.lanes: tuple[Standing, ...] = ()
        self.refused: Refused | None = None
        self.log = recording.log if recording else Log(directory / f"{self.id}.arrows")
        self.accepted = asyncio.Event()  # set once it is known whether a run can be built
        self.built = asyncio.Event()  # set once there is a schema, or there will never be one
        self.staged = asyncio.Event()  # set once there is a stage, or there will never be one
        self._stage = directory / f"{self.id}.stage"
        self._watchers: set[Watcher] = set()
        self._was_watched = False
        self._data: str | None = None
        if recording:
            self.state, self.lanes = "ended", recording.lanes
            self._know()
            self.staged.set()

    @property
    def stage(self) -> Path | None:
        """The file of the stage, if this run has one."""
        return self._stage if self._stage.exists() else None

    def watch(self, watcher: Watcher) -> None:
        """Wake a watcher at every change from now on."""
        self._watchers.add(watcher)
        self._was_watched = True

    def unwatch(self, watcher: Watcher) -> None:
        """Leave a watcher alone again."""
        self._watchers.discard(watcher)

    def watched(self, name: str | None = None) -> bool:
        """Whether anybody watches who does not call himself so."""
        return any(name is None or watcher.name != name for watcher in self._watchers)

    @property
    def is_left(self) -> bool:
        """Whether somebody watched it and nobody does now: it is computed no further."""
        return self._was_watched and not self._watchers

    @property
    def want(self) -> Want:
        """How much of it is wanted: what its foremost watcher wants, or all where nobody has watched it yet."""
        if not self._was_watched:
            return Want(self.key)
        frame, rate, ahead = map(max, zip((-1.0, 0.0, 0.0), *(each.place for each in self._watchers), strict=True))
        return Want(self.key, frame, rate, ahead)

    def begin(self, header: Header) -> None:
        """The run was built."""
        self.log.begin(header.schema)
        if not header.staged:
            self.staged.set()
        self.lanes = header.lanes
        self._know()
        self.changed()

    def branch(self, parent: "Run", frame: int) -> None:
        """Take over from another run what both have in common: the whole batches before the one that holds a frame and
        those behind it, and the stage.
        """
        schema = fs.amended(pa.ipc.read_schema(pa.BufferReader(parent.log.schema)), self.spec)
        self.log.begin(schema_message(schema))
        self.log.copy(parent.log, frame + 1)
        if parent.stage:
            self._stage.write_bytes(parent.stage.read_bytes())
            self.staged.set()

    def stand(self, stage: Stage) -> None:
        """The stage came."""
        self._stage.write_bytes(stage.stream)
        self.staged.set()

    def add(self, rows: Rows) -> None:
        """Rows came."""
        for batch in rows.batches:
            self.log.append(batch.data, batch.rows, batch.last)
        self.lanes = rows.lanes
        if rows.over:
            self.end()
        self.changed()

    def fail(self, sentence: str) -> None:
        """The run cannot go on: its open lanes are lost, and the sentence says why."""
        status = fs.Status.LOST.word
        lanes = self.lanes or (Standing(0, self.spec.title, 0, fs.Status.RUNNING.word, ""),)
        running = fs.Status.RUNNING.word
        self.lanes = tuple(
            Standing(x.lane, x.name, x.seed, status, sentence) if x.status == running else x for x in lanes
        )
        self.staged.set()
        self.end()

    def end(self) -> None:
        """Nothing more will come."""
        self.state = "ended"
        self.log.end()
        self._know()
        self.changed()

    def remove(self) -> None:
        """Delete what is on disk; viewers notice and leave."""
        self.deleted = True
        self.log.remove()
        self._stage.unlink(missing_ok=True)
        self._know()
        self.staged.set()
        self.changed()

    def _know(self) -> None:
        """There is a schema, or there will never be one."""
        self.accepted.set()
        self.built.set()

    def changed(self) -> None:
        """Wake the viewers."""
        for watcher in self._watchers:
            watcher.wake.set()

    def standing(self) -> list[dict[str, Any]]:
        """How the lanes stand, as on the wire."""
        return [asdict(lane) for lane in self.lanes]

    @property
    def is_broken(self) -> bool:
        """Whether it ended with lanes that were lost or overstayed, which another try may not."""
        ends = {fs.Status.LOST.word, fs.Status.OVERSTAYED.word}
        return self.state == "ended" and any(lane.status in ends for lane in self.lanes)

    @property
    def data(self) -> str | None:
        """The hash of inputs, targets and loss, once the run was built: runs of one hash can be compared."""
        if self._data is None and self.log.schema:
            self._data = fs.facts(pa.ipc.read_schema(pa.BufferReader(self.log.schema))).get("record", {}).get("data")
        return self._data

    def describe(self) -> dict[str, Any]:
        """The run as on the wire."""
        known = {"id": self.id, "title": self.spec.title, "state": self.state, "made": self.made}
        sizes = {
            "outputs": self.spec.problem.samples * self.spec.network.outputs,
            "parameters": self.spec.network.parameters,
        }
        spec = self.spec.model_dump(mode="json")
        counts = {"rows": self.log.rows, "frames": self.spec.frames}
        return {**known, **sizes, **counts, "data": self.data, "lanes": self.standing(), "spec": spec}


class Runs:
    """All runs of this server, and the directory of their recordings, of which the newest are kept."""

    def __init__(self, directory: Path, *, live: int = LIVE_RUNS, recordings: int = RECORDINGS) -> None:
        self._directory, self._live, self._recordings = directory, live, recordings
        self._runs: dict[str, Run] = {}
        self._unreadable: set[str] = set()  # recordings of another version, or none
        directory.mkdir(parents=True, exist_ok=True)

    def __len__(self) -> int:
        return len(self._runs)

    def __iter__(self) -> Iterator[Run]:
        """Newest first."""
        return reversed(list(self._runs.values()))

    def all(self) -> list[Run]:
        """Newest first, with the recordings of servers before this one, without those that were left half-way."""
        for path in self._directory.glob("*.arrows"):
            self.get(path.stem)
        told = (run for run in self._runs.values() if run.state == "ended" or not run.is_left)
        return sorted(told, key=lambda run: run.made, reverse=True)

    def get(self, run: str) -> Run | None:
        """The run of that id; a recording of a server before this one is taken in."""
        if run not in self._runs and run not in self._unreadable and ID.fullmatch(run):
            path = self._directory / f"{run}.arrows"
            recording = read(path) if path.exists() else None
            if recording:
                self._runs[run] = Run(run, recording.spec, self._directory, recording=recording)
            elif path.exists():
                self._unreadable.add(run)
        return self._runs.get(run)

    def want(self, spec: fs.RunSpec) -> tuple[Run, bool]:
        """The run of this spec, and whether it is new. One that ended otherwise than by itself is made anew. Raises
        TooManyRuns.
        """
        known = self.get(identity(spec))
        if known and not known.is_broken:
            return known, False
        if sum(run.state != "ended" and not run.is_left for run in self._runs.values()) >= self._live:
            raise TooManyRuns(
                f"This server keeps at most {self._live} runs alive: delete one, or wait until one has ended."
            )
        if known:
            self.delete(known)
        run = Run(identity(spec), spec, self._directory)
        self._runs[run.id] = run
        self._prune()
        return run, True

    def delete(self, run: Run) -> None:
        """Forget the run and its recording."""
        self._runs.pop(run.id, None)
        run.remove()

    def close(self) -> None:
        """Let go of all files."""
        for run in self._runs.values():
            run.log.close()

    def _prune(self) -> None:
        """Delete the oldest recordings that nobody watches, this server's and those of servers before it."""
        place = {run: k for k, run in enumerate(self._runs)}  # files of the same tick of the clock are told apart by it
        files = self._directory.glob("*.arrows")
        newest = sorted(files, key=lambda path: (path.stat().st_mtime_ns, place.get(path.stem, -1)), reverse=True)
        for path in newest[self._recordings :]:
            run = self._runs.get(path.stem)
            if run is None:
                path.unlink(missing_ok=True)
                path.with_suffix(".stage").unlink(missing_ok=True)
            elif (run.state == "ended" or run.is_left) and not run.watched():
                self.delete(run)


def recordings_directory(data: Path | None) -> Path:
    """Where recordings go: under `data`, $FLOWSCOPE_DATA, $XDG_STATE_HOME or ~/.local/state."""
    named = os.environ.get("FLOWSCOPE_DATA") or os.environ.get("XDG_STATE_HOME")
    return (data or (Path(named) if named else Path.home() / ".local" / "state")) / "flowscope" / "recordings"
