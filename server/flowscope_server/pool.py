"""The server's end of its workers: warm processes that step the runs, replaced at once when they die."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from itertools import count

import flowscope as fs

from . import mark
from .message import Accepted, Delete, Failed, Header, Ready, Refused, Rows, Stage, Start, encode, receive
from .runs import Run, Runs, Watcher

DEATHS = 2  # a run in whose turn so many workers died is not tried again
PIPE_BYTES = 1 << 18
RETRY_SECONDS = 1.0
RESTING = 16  # runs that nobody watches and that a worker keeps in mind all the same
SERIAL = count()  # of what workers are given
WANT_SECONDS = 0.25  # at most so often a worker is told where a viewer is


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

    def start(self, run: Run, parent: str = "") -> None:
        """Compute this run from where its log ends."""
        run.key = f"{run.id}.{next(SERIAL):x}"
        self.runs[run.key] = run
        self.tell(Start(run.key, run.spec, run.want, run.log.rows, run.stage is not None, parent))

    @property
    def load(self) -> int:
        """Runs that it goes on computing."""
        return sum(run.state != "ended" and not run.is_left for run in self.runs.values())

    def bury(self) -> list[Run]:
        """End the process for good; returns the runs to blame for its death: the one in its turn, or the only one."""
        self.process.kill()
        self.process.wait()
        self._writer.transport.abort()
        turn = mark.read(self._mark)
        os.close(self._mark)
        if not self.ready.done():
            self.ready.set_result(False)
        open_runs = [run for run in self.runs.values() if run.state != "ended"]
        return [run for run in open_runs if run.key == turn or len(open_runs) == 1]


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

    def start(self, run: Run, parent: Run | None = None) -> None:
        """Have a worker compute this run: that of its parent, else the least loaded one; warm ones come first."""
        worker = self.worker(parent) if parent else None
        if worker is None:
            parent, worker = None, min(self.workers, key=lambda worker: (not worker.warm, worker.load))
        worker.start(run, parent.key if parent else "")

    def want(self, run: Run, *, later: bool = False) -> None:
        """Tell its worker how much of a run is wanted now; `later`: as it plays on, which the worker expects, so that
        it is told now and then only.
        """
        worker = self.worker(run)
        now = time.monotonic()
        if worker is None or run.state == "ended" or (later and now - run.asked < WANT_SECONDS):
            return
        run.asked = now
        worker.tell(run.want)

    def watch(self, run: Run, watcher: Watcher) -> None:
        """Somebody watches a run from now on: one that was given up is taken up again."""
        run.watch(watcher)
        if run.state != "ended" and self.worker(run) is None and self.workers:
            self.start(run)
        self.want(run)

    def unwatch(self, run: Run, watcher: Watcher) -> None:
        """Somebody watches it no more. A run that nobody watches rests at its worker, until too many do."""
        run.unwatch(watcher)
        self.want(run)
        worker = self.worker(run)
        if worker is None or not run.is_left:
            return
        worker.runs[run.key] = worker.runs.pop(run.key)  # the last to go
        left = [each for each in worker.runs.values() if each.is_left]
        for each in left[: max(0, len(left) - RESTING)]:
            self.forget(each)

    async def fork(self, runs: Runs, parent: Run, spec: fs.RunSpec) -> tuple[Run, bool]:
        """The run of a spec that is the parent's but for what is set by hand last, and whether it is new.

        It goes on from there. Raises TooManyRuns, or SpecError where there is no room for it.
        """
        run, is_new = runs.want(spec)
        if is_new:
            try:
                await asyncio.to_thread(run.branch, parent, spec.tunes[-1].frame)
            except OSError as error:
                runs.delete(run)
                raise fs.SpecError("tune", "room for another recording", str(error.strerror)) from None
            self.start(run, parent)
        return run, is_new

    def forget(self, run: Run) -> None:
        """Step this run no more."""
        worker = self.worker(run)
        if worker is not None:
            del worker.runs[run.key]
            worker.tell(Delete(run.key))

    def worker(self, run: Run) -> Worker | None:
        """The worker that has this run in mind, whether it computes it now or not."""
        return next((worker for worker in self.workers if run.key in worker.runs), None)

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
                del worker.runs[run.key]
                run.fail(fs.Status.LOST.value)
        if not worker.warm:
            await asyncio.sleep(RETRY_SECONDS)
        if self._closing:
            return
        await self._hire()
        for run in worker.runs.values():
            if not (run.deleted or run.is_left or run.state == "ended"):
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
        worker.tell(Delete(run.key))
        run.fail(f"The recording could not be written: {error.strerror}.")
        worker.runs.pop(run.key, None)
