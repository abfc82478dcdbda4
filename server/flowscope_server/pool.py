"""The server's end of its workers: warm processes that step the runs, replaced at once when they die."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable

import flowscope as fs

from . import mark
from .message import (
    Accepted,
    Control,
    Delete,
    Failed,
    Header,
    Ready,
    Refused,
    Rows,
    Stage,
    Start,
    Tuned,
    encode,
    receive,
)
from .protocol import Command, Error, Pause, Resume, Speed, Step, Stop, Tune
from .runs import Run

DEATHS = 2  # a run in whose turn so many workers died is not tried again
PIPE_BYTES = 1 << 18
RETRY_SECONDS = 1.0


class Worker:
    """One process, its socket, its mark, and the runs it steps."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._mark = mark.create()
        descriptors = (theirs.fileno(), self._mark)
        command = [sys.executable, "-P", "-m", "flowscope_server.worker", *map(str, descriptors)]
        path = os.pathsep.join(entry for entry in sys.path if entry)
        # A session of its own, so that Ctrl-C at the terminal reaches the server alone.
        self.process = subprocess.Popen(
            command, pass_fds=descriptors, env={**os.environ, "PYTHONPATH": path}, start_new_session=True
        )
        theirs.close()
        self._socket = ours
        self.ready: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.runs: dict[str, Run] = {}

    @property
    def warm(self) -> bool:
        """Whether it has said that it is ready."""
        return self.ready.done() and self.ready.result()

    async def connect(self) -> None:
        """Open our end of the socket."""
        self.reader, self._writer = await asyncio.open_unix_connection(sock=self._socket, limit=PIPE_BYTES)

    def tell(self, message: object) -> None:
        """Send a message; to a worker that has just died it goes nowhere, which its replacement makes good."""
        if not self._writer.is_closing():
            self._writer.write(encode(message))

    def start(self, run: Run) -> None:
        """Step this run from where its log ends."""
        self.runs[run.id] = run
        wishes = tuple(run.wishes.values())
        self.tell(Start(run.id, run.spec, run.speed, run.state == "paused", run.stopping, run.log.rows, wishes))

    def bury(self) -> list[Run]:
        """End the process for good; returns the runs to blame for its death: the one in its turn, or the only one."""
        self.process.kill()
        self.process.wait()
        self._writer.transport.abort()
        turn = mark.read(self._mark)
        os.close(self._mark)
        if not self.ready.done():
            self.ready.set_result(False)
        return [run for run in self.runs.values() if run.id == turn or len(self.runs) == 1]


class Pool:
    """So many workers. A run goes to the least loaded one; when that dies the run goes on elsewhere, at its offset."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.workers: list[Worker] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    @property
    def alive(self) -> int:
        """Workers that are warm."""
        return sum(worker.warm for worker in self.workers)

    async def open(self) -> None:
        """Start all workers and wait until they are warm. Raises RuntimeError when one does not start."""
        workers = [await self._hire() for _ in range(self.wanted)]
        if not all(await asyncio.gather(*(worker.ready for worker in workers))):
            await self.close()
            raise RuntimeError("a worker process did not start; its error is above")

    async def close(self) -> None:
        """End all workers."""
        self._closing = True
        for worker in self.workers:
            worker.process.kill()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def start(self, run: Run) -> None:
        """Have the least loaded worker step this run; warm ones come first."""
        min(self.workers, key=lambda worker: (not worker.warm, len(worker.runs))).start(run)

    def control(self, run: Run, command: Command) -> None:
        """Do what a viewer asked; what makes no sense now (a step while running, anything after the end) does
        nothing.
        """
        match command:
            case _ if run.state == "ended":
                return
            case Pause() if run.state == "running":
                run.state = "paused"
            case Resume() if run.state == "paused":
                run.state = "running"
            case Speed(value) if run.speed != value:
                run.speed = value
            case Stop() if not run.stopping:
                run.stopping = True
            case Step() if run.state == "paused":
                pass
            case _:
                return
        worker = self.worker(run)
        if (
            worker is not None
        ):  # between two workers there is none, and the next one is started with the run as it is now
            worker.tell(Control(run.id, command))
        run.changed()

    def tune(self, run: Run, wish: Tune) -> Error | None:
        """Set ρ of a solver by hand; one sentence where that cannot be.

        While a worker has yet to answer for a solver, newer wishes only replace the one that it will hear of next.
        """
        if run.state == "ended":
            return Error("tune: expected a run that goes on, came one that has ended.")
        try:
            run.spec.tuned(fs.Tune(frame=max(run.spec.frames - 2, 0), solver=wish.solver, rho=wish.rho))
        except fs.SpecError as error:
            return Error(f"{error}.")
        waiting = wish.solver in run.wishes
        run.wishes[wish.solver] = wish
        run.touched = time.monotonic()
        worker = self.worker(run)
        if worker is not None and not waiting:
            worker.tell(Control(run.id, wish))
        return None

    def forget(self, run: Run) -> None:
        """Step this run no more."""
        worker = self.worker(run)
        if worker is not None:
            del worker.runs[run.id]
            worker.tell(Delete(run.id))

    def worker(self, run: Run) -> Worker | None:
        """The worker that steps this run; none when it has ended."""
        return next((worker for worker in self.workers if run.id in worker.runs), None)

    async def _hire(self) -> Worker:
        worker = Worker()
        await worker.connect()
        self.workers.append(worker)
        task = asyncio.create_task(self._listen(worker))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return worker

    async def _listen(self, worker: Worker) -> None:
        try:
            while True:
                take(worker, await receive(worker.reader))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        blamed = worker.bury()
        self.workers.remove(worker)
        if not self._closing:
            await self._replace(worker, blamed)

    async def _replace(self, worker: Worker, blamed: Iterable[Run]) -> None:
        for run in blamed:
            run.deaths += 1
            if run.deaths >= DEATHS:
                del worker.runs[run.id]
                run.fail(fs.Status.LOST.value)
        if not worker.warm:
            await asyncio.sleep(RETRY_SECONDS)
        if self._closing:
            return
        await self._hire()
        for run in worker.runs.values():
            if not run.deleted:
                self.start(run)


def take(worker: Worker, message: object) -> None:
    """What a worker said about one of its runs; runs forgotten meanwhile are passed over."""
    match message:
        case Ready():
            worker.ready.set_result(True)
        case Accepted(id) if run := worker.runs.get(id):
            run.accepted.set()
        case Header(id) | Rows(id) if run := worker.runs.get(id):
            _record(worker, run, message)
        case Stage(id) if run := worker.runs.get(id):
            run.stand(message)
        case Tuned(id, solver, tune) if run := worker.runs.get(id):
            wish = run.tuned(solver, tune)
            if wish is not None:
                worker.tell(Control(id, wish))
        case Refused(id, detail) if run := worker.runs.pop(id, None):
            run.refused = message
            run.fail(detail)
        case Failed(id, sentence) if run := worker.runs.pop(id, None):
            run.fail(sentence)
        case _:
            pass  # of a run that is forgotten


def _record(worker: Worker, run: Run, message: Header | Rows) -> None:
    try:
        run.begin(message) if isinstance(message, Header) else run.add(message)
    except OSError as error:
        worker.tell(Delete(run.id))
        run.fail(f"The recording could not be written: {error.strerror}.")
    if run.state == "ended":
        worker.runs.pop(run.id, None)
