"""The runs the server knows: each has a log and viewers that are woken when it changes."""

import asyncio
import math
import os
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import flowscope as fs
import pyarrow as pa

from .log import Log
from .message import Header, Refused, Rows, Stage, Standing
from .protocol import Tune
from .recording import Recording, read

LIVE_RUNS = 500
RECORDINGS = 200
ID = re.compile(r"[0-9a-f]{12}")
State = Literal["running", "paused", "ended"]


class TooManyRuns(Exception):
    """As many runs as this server keeps alive are alive."""


class Run:
    """One run as the server sees it; what computes it is a worker elsewhere."""

    def __init__(self, spec: fs.RunSpec, directory: Path, *, recording: Recording | None = None) -> None:
        self.id = recording.log.path.stem if recording else secrets.token_hex(6)
        self.spec = spec
        self.made = recording.log.path.stat().st_mtime if recording else time.time()
        self.state: State = "running"
        self.speed = 1.0
        self.stopping = self.deleted = False
        self.deaths = 0
        self.lanes: tuple[Standing, ...] = ()
        self.refused: Refused | None = None
        self.touched = -math.inf  # when somebody last set ρ by hand, by time.monotonic
        self.wishes: dict[int, Tune] = {}  # by solver, what no worker has answered for yet
        self.log = recording.log if recording else Log(directory / f"{self.id}.arrows")
        self.accepted = asyncio.Event()  # set once it is known whether a run can be built
        self.built = asyncio.Event()  # set once there is a schema, or there will never be one
        self.staged = asyncio.Event()  # set once there is a stage, or there will never be one
        self._stage = directory / f"{self.id}.stage"
        self._viewers: dict[asyncio.Event, str] = {}
        self._data: str | None = None
        if recording:
            self.state, self.lanes = "ended", recording.lanes
            self._know()
            self.staged.set()

    @property
    def stage(self) -> Path | None:
        """The file of the stage, if this run has one."""
        return self._stage if self._stage.exists() else None

    def watch(self, wake: asyncio.Event, viewer: str = "") -> None:
        """Set `wake` at every change from now on, for the viewer who calls itself so."""
        self._viewers[wake] = viewer

    def unwatch(self, wake: asyncio.Event) -> None:
        """Leave `wake` alone again."""
        self._viewers.pop(wake, None)

    def watched(self, viewer: str) -> bool:
        """Whether anybody but this viewer watches."""
        return any(name != viewer for name in self._viewers.values())

    def begin(self, header: Header) -> None:
        """The run was built."""
        self.log.begin(header.schema)
        if not header.staged:
            self.staged.set()
        self.lanes = header.lanes
        self._know()
        self.changed()

    def stand(self, stage: Stage) -> None:
        """The stage came."""
        self._stage.write_bytes(stage.stream)
        self.staged.set()

    def add(self, rows: Rows) -> None:
        """Rows came."""
        if rows.rows:
            self.log.append(rows.data, rows.rows)
        self.lanes = rows.lanes
        if rows.over:
            self.end()
        self.changed()

    def tuned(self, solver: int, tune: fs.Tune | None) -> Tune | None:
        """ρ of a solver was set by hand (None: it was too late), which the spec now says; returns what was wished
        meanwhile.
        """
        wish = self.wishes.pop(solver, None)
        if tune is None:
            return None
        self.spec = self.spec.tuned(tune)
        self.changed()
        if wish is None or wish.rho == tune.rho:
            return None
        self.wishes[solver] = wish
        return wish

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
        for wake in self._viewers:
            wake.set()

    def standing(self) -> list[dict[str, Any]]:
        """How the lanes stand, as on the wire."""
        return [asdict(lane) for lane in self.lanes]

    @property
    def data(self) -> str | None:
        """The hash of inputs, targets and loss, once the run was built: runs of one hash can be compared."""
        if self._data is None and self.log.schema:
            self._data = fs.facts(pa.ipc.read_schema(pa.BufferReader(self.log.schema))).get("record", {}).get("data")
        return self._data

    def describe(self) -> dict[str, Any]:
        """The run as on the wire."""
        known = {"id": self.id, "title": self.spec.title, "state": self.state, "speed": self.speed, "made": self.made}
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
        """Newest first, with the recordings of servers before this one."""
        for path in self._directory.glob("*.arrows"):
            self.get(path.stem)
        return sorted(self._runs.values(), key=lambda run: run.made, reverse=True)

    def get(self, run: str) -> Run | None:
        """The run of that id; a recording of a server before this one is taken in."""
        if run not in self._runs and run not in self._unreadable and ID.fullmatch(run):
            path = self._directory / f"{run}.arrows"
            recording = read(path) if path.exists() else None
            if recording:
                self._runs[run] = Run(recording.spec, self._directory, recording=recording)
            elif path.exists():
                self._unreadable.add(run)
        return self._runs.get(run)

    def create(self, spec: fs.RunSpec) -> Run:
        """A new run of this spec. Raises TooManyRuns."""
        if sum(run.state != "ended" for run in self._runs.values()) >= self._live:
            raise TooManyRuns(
                f"This server keeps at most {self._live} runs alive: stop or delete one, or wait until one has ended."
            )
        run = Run(spec, self._directory)
        self._runs[run.id] = run
        self._prune()
        return run

    def delete(self, run: Run) -> None:
        """Forget the run and its recording."""
        self._runs.pop(run.id, None)
        run.remove()

    def close(self) -> None:
        """Let go of all files."""
        for run in self._runs.values():
            run.log.close()

    def _prune(self) -> None:
        """Delete the oldest recordings of ended runs, this server's and those of servers before it."""
        place = {run: k for k, run in enumerate(self._runs)}  # files of the same tick of the clock are told apart by it
        files = self._directory.glob("*.arrows")
        newest = sorted(files, key=lambda path: (path.stat().st_mtime_ns, place.get(path.stem, -1)), reverse=True)
        for path in newest[self._recordings :]:
            run = self._runs.get(path.stem)
            if run is None:
                path.unlink(missing_ok=True)
                path.with_suffix(".stage").unlink(missing_ok=True)
            elif run.state == "ended":
                self.delete(run)


def recordings_directory(data: Path | None) -> Path:
    """Where recordings go: under `data`, $FLOWSCOPE_DATA, $XDG_STATE_HOME or ~/.local/state."""
    named = os.environ.get("FLOWSCOPE_DATA") or os.environ.get("XDG_STATE_HOME")
    return (data or (Path(named) if named else Path.home() / ".local" / "state")) / "flowscope" / "recordings"
