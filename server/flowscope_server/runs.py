"""The runs the server knows: each has a log and viewers that are woken when it changes."""

import asyncio
import os
import secrets
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import flowscope as fs

from .log import Log
from .message import Header, Refused, Rows, Standing

LIVE_RUNS = 500
RECORDINGS = 200
State = Literal["running", "paused", "ended"]


class TooManyRuns(Exception):
    """As many runs as this server keeps alive are alive."""


class Run:
    """One run as the server sees it; what computes it is a worker elsewhere."""

    def __init__(self, spec: fs.RunSpec, directory: Path) -> None:
        self.id = secrets.token_hex(6)
        self.spec = spec
        self.state: State = "running"
        self.speed = 1.0
        self.stopping = self.deleted = False
        self.frames = self.deaths = 0
        self.lanes: tuple[Standing, ...] = ()
        self.refused: Refused | None = None
        self.log = Log(directory / f"{self.id}.arrows")
        self.built = asyncio.Event()  # set once there is a schema, or there will never be one
        self._stage = directory / f"{self.id}.stage"
        self._viewers: set[asyncio.Event] = set()

    @property
    def stage(self) -> Path | None:
        """The file of the stage, if this run has one."""
        return self._stage if self._stage.exists() else None

    def watch(self, wake: asyncio.Event) -> None:
        """Set `wake` at every change from now on."""
        self._viewers.add(wake)

    def unwatch(self, wake: asyncio.Event) -> None:
        """Leave `wake` alone again."""
        self._viewers.discard(wake)

    def begin(self, header: Header) -> None:
        """The run was built."""
        self.log.begin(header.schema)
        if header.stage is not None:
            self._stage.write_bytes(header.stage)
        self.frames, self.lanes = header.frames, header.lanes
        self.built.set()
        self.changed()

    def add(self, rows: Rows) -> None:
        """Rows came."""
        if rows.rows:
            self.log.append(rows.data, rows.rows)
        self.lanes = rows.lanes
        if rows.over:
            self.end()
        self.changed()

    def fail(self, sentence: str) -> None:
        """The run cannot go on: its open lanes are lost, and the sentence says why."""
        status = fs.Status.LOST.word
        lanes = self.lanes or (Standing(0, self.spec.title, 0, fs.Status.RUNNING.word, ""),)
        running = fs.Status.RUNNING.word
        self.lanes = tuple(Standing(x.lane, x.name, x.seed, status, sentence) if x.status == running else x for x in lanes)
        self.end()

    def end(self) -> None:
        """Nothing more will come."""
        self.state = "ended"
        self.log.end()
        self.built.set()
        self.changed()

    def remove(self) -> None:
        """Delete what is on disk; viewers notice and leave."""
        self.deleted = True
        self.log.remove()
        self._stage.unlink(missing_ok=True)
        self.built.set()
        self.changed()

    def changed(self) -> None:
        """Wake the viewers."""
        for wake in self._viewers:
            wake.set()

    def standing(self) -> list[dict[str, Any]]:
        """How the lanes stand, as on the wire."""
        return [asdict(lane) for lane in self.lanes]

    def describe(self) -> dict[str, Any]:
        """The run as on the wire."""
        known = {"id": self.id, "title": self.spec.title, "state": self.state, "speed": self.speed}
        return {**known, "rows": self.log.rows, "frames": self.frames, "lanes": self.standing(), "spec": self.spec.model_dump(mode="json")}


class Runs:
    """All runs of this server, and the directory of their recordings, of which the newest are kept."""

    def __init__(self, directory: Path, *, live: int = LIVE_RUNS, recordings: int = RECORDINGS) -> None:
        self._directory, self._live, self._recordings = directory, live, recordings
        self._runs: dict[str, Run] = {}
        directory.mkdir(parents=True, exist_ok=True)

    def __len__(self) -> int:
        return len(self._runs)

    def __iter__(self) -> Iterator[Run]:
        """Newest first."""
        return reversed(list(self._runs.values()))

    def get(self, run: str) -> Run | None:
        """The run of that id."""
        return self._runs.get(run)

    def create(self, spec: fs.RunSpec) -> Run:
        """A new run of this spec. Raises TooManyRuns."""
        if sum(run.state != "ended" for run in self._runs.values()) >= self._live:
            raise TooManyRuns(f"This server keeps at most {self._live} runs alive: stop or delete one, or wait until one has ended.")
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
        files = sorted(self._directory.glob("*.arrows"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in files[self._recordings :]:
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
