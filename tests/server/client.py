"""A server under test, and a viewer of it: the real app behind a real socket."""

import json
import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import flowscope as fs
import httpx
import pyarrow as pa
import uvicorn
from flowscope_server import create_app
from flowscope_server.app import House
from websockets.sync.client import ClientConnection, connect

SECONDS = 30.0  # how long a test waits for what must come
ORIGIN = "https://friend.example"


def spec(*, frames: int = 101, preset: str = "riemannian-flow", **changes: object) -> dict[str, Any]:
    """A preset's spec as JSON, with so many frames."""
    value = fs.preset(preset).spec.model_dump(mode="json")
    return {**value, "horizon": (frames - 1) * value["interval"], **changes}


def slow(*, frames: int = 121, **changes: object) -> dict[str, Any]:
    """A run of one lane whose frames take ten times as long."""
    value = spec(frames=frames, preset="network", **changes)
    return {**value, "solvers": value["solvers"][:1]}


def undisturbed(value: dict[str, Any]) -> pa.Table:
    """The frames of a spec, computed here."""
    return timeless(fs.run(fs.parse_spec(value)).to_table())


def timeless(table: pa.Table) -> pa.Table:
    """All columns but the one that differs between equal runs."""
    return table.drop_columns(["wall_seconds"]).replace_schema_metadata(None).combine_chunks()


class Viewer:
    """One websocket to one run: collects what comes, acknowledges it unless told not to."""

    def __init__(self, connection: ClientConnection, *, acknowledges: bool) -> None:
        self.connection, self.acknowledges = connection, acknowledges
        self.schema = b""
        self.chunks: list[bytes] = []
        self.texts: list[dict[str, Any]] = []
        self.rows = 0

    def say(self, kind: str, **values: object) -> None:
        self.connection.send(json.dumps({"type": kind, **values}))

    def receive(self) -> dict[str, Any] | None:
        """Take one message; returns it if it was text."""
        message = self.connection.recv(timeout=SECONDS)
        if isinstance(message, str):
            self.texts.append(json.loads(message))
            return self.texts[-1]
        if not self.schema:
            self.schema = message
            return None
        self.chunks.append(message)
        with pa.ipc.open_stream(self.schema + message) as reader:
            last = list(reader)[-1]
        self.rows = last["row"][-1].as_py() + 1
        if self.acknowledges:
            self.say("ack", offset=self.rows)
        return None

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Take messages until a text comes that is wanted."""
        while True:
            text = self.receive()
            if text is not None and wanted(text):
                return text

    def until_type(self, kind: str) -> dict[str, Any]:
        return self.until(lambda text: text["type"] == kind)

    def until_rows(self, rows: int) -> None:
        while self.rows < rows:
            self.receive()

    def table(self) -> pa.Table:
        """Everything received."""
        with pa.ipc.open_stream(self.schema + b"".join(self.chunks)) as reader:
            return timeless(reader.read_all())


class Client:
    """A running server."""

    def __init__(self, house: House, port: int) -> None:
        self.house, self.port = house, port
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=SECONDS)
        self.made: list[str] = []

    def create(self, value: dict[str, Any]) -> str:
        answer = self.http.post("/api/runs", json=value)
        assert answer.status_code in (200, 201), answer.text
        self.made.append(answer.json()["id"])
        return self.made[-1]

    def get(self, run: str) -> dict[str, Any]:
        return self.http.get(f"/api/runs/{run}").json()

    def recording(self, run: str) -> pa.Table:
        with pa.ipc.open_stream(self.http.get(f"/api/runs/{run}/recording").content) as reader:
            return timeless(reader.read_all())

    @contextmanager
    def watch(
        self,
        run: str,
        offset: object = 0,
        *,
        speed: object = None,
        acknowledges: bool = True,
        origin: str | None = None,
    ) -> Generator[Viewer, None, None]:
        """A viewer at a pace of its own, or one that is sent what there is."""
        pace = "" if speed is None else f"&speed={speed}"
        address = f"ws://127.0.0.1:{self.port}/api/runs/{run}/stream?offset={offset}{pace}"
        with connect(address, origin=cast(Any, origin), max_size=None, compression=None) as connection:
            yield Viewer(connection, acknowledges=acknowledges)

    def finish(self, run: str) -> None:
        """Let the run go to its end."""
        with self.watch(run) as viewer:
            viewer.until_type("ended")

    def until(self, holds: Callable[[], bool]) -> None:
        """Ask again and again, until it holds."""
        deadline = time.monotonic() + SECONDS
        while not holds():
            assert time.monotonic() < deadline, "what was waited for did not come"
            threading.Event().wait(0.02)  # leave the two cores to the processes that are waited for

    def healthy(self) -> bool:
        workers = self.http.get("/api/health").json()["workers"]
        return workers["alive"] == workers["wanted"]

    def left(self, run: str) -> bool:
        """Whether everybody who watched a run has gone."""
        found = self.house.runs.get(run)
        return found is not None and found.is_left

    def pid(self, run: str) -> int | None:
        """The process that steps this run."""
        found = self.house.runs.get(run)
        worker = found and self.house.pool.worker(found)
        return worker.process.pid if worker and worker.warm else None


@contextmanager
def running(data: Path, *, workers: int = 2) -> Generator[Client, None, None]:
    """The real app behind a real uvicorn on a free port."""
    app = create_app(data=data, workers=workers, origins=[ORIGIN])
    config = uvicorn.Config(app, log_level="warning", ws_per_message_deflate=False, timeout_graceful_shutdown=3)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        client = Client(app.state.house, listener.getsockname()[1])
        try:
            client.http.get(
                "/api/health", timeout=6 * SECONDS
            )  # the listener is open: the first answer comes once the server is ready
            client.until(client.healthy)
            yield client
        finally:
            client.http.close()
            server.should_exit = True
            thread.join()
