"""One viewer of one run: hears commands, and is sent what its cursor and its pace give. Knows the socket only as three
functions.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from math import inf
from typing import Any

import flowscope as fs

from .cursor import Cursor
from .pace import FRAMES_PER_SECOND, SPEED_MAX, Pace
from .pool import Pool
from .protocol import Ack, Command, Error, Pause, Resume, Speed, Step, Tune, parse, parse_offset, parse_speed
from .runs import Run, Runs, TooManyRuns

MESSAGES_PER_SECOND = 30
CLOSE_MESSAGES = 60  # while a hand is on the run
CLOSE_SECONDS = 2.0
SMOOTH_SPEED = 0.5  # slower than this, frames are sent one by one: a batch would come once a second
AHEAD_SECONDS = 2.0  # how far ahead of a viewer its run is computed, in seconds of computing
HASTE = 4.0  # a viewer without a pace is as urgent as one at this speed


class Gone(Exception):
    """The run was deleted while it was watched."""


@dataclass(frozen=True)
class Wire:
    """The socket: `receive` gives what the viewer said, and raises when it has left."""

    receive: Callable[[], Awaitable[str | bytes | None]]
    send_text: Callable[[str], Awaitable[None]]
    send_bytes: Callable[[bytes], Awaitable[None]]

    async def say(self, kind: str, **values: Any) -> None:
        """Send a text message."""
        await self.send_text(json.dumps({"type": kind, **values}))


class Viewer:
    """Two tasks on one socket. What is not sent yet is in the log, so a viewer that does not read costs nothing.

    `query` is that of the stream's address: with a `speed`, frames are sent at the viewer's own pace, which it may
    change and halt; else as soon as they are there.
    """

    def __init__(self, wire: Wire, run: Run, runs: Runs, pool: Pool, query: Mapping[str, str]) -> None:
        self._wire, self._run, self._runs, self._pool = wire, run, runs, pool
        self._wanted, speed = parse_offset(query.get("offset", "0")), parse_speed(query.get("speed", "1"))
        self._wrong = [each for each in (self._wanted, speed) if isinstance(each, Error)]
        self._cursor = Cursor()
        begun = 1.0 if isinstance(speed, Error) else speed
        self._pace = Pace(time.monotonic(), speed=begun, paused="paused" in query) if "speed" in query else None
        self._frame = self._steps = 0  # the next frame to send; frames that were asked for one by one
        self._forked = -1  # where it went over to another run
        self._wish: Tune | None = None
        self._touched = -inf
        self._told: object = None
        self._tunes: tuple[fs.Tune, ...] = ()
        self._own: Run | None = None  # made by this viewer's hand, of no use once that has moved on
        self.wake, self.name = asyncio.Event(), query.get("viewer", "")

    async def serve(self) -> None:
        """Until the viewer leaves (raises what `receive` raises) or the run is deleted (raises Gone)."""
        self._pool.watch(self._run, self)
        tasks = {asyncio.create_task(self._hear()), asyncio.create_task(self._tell())}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            done.pop().result()
        finally:
            self._pool.unwatch(self._run, self)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def place(self) -> tuple[float, float, float]:
        """Its next frame, the frames that it plays in a second, and how far ahead its run may be, in seconds of
        computing.
        """
        if self._pace is None:
            return self._frame, HASTE * FRAMES_PER_SECOND, inf
        rate = 0.0 if self._pace.paused else FRAMES_PER_SECOND * self._pace.speed
        return self._frame + self._steps, rate, AHEAD_SECONDS

    @property
    def _speed(self) -> float:
        return self._pace.speed if self._pace else SPEED_MAX

    async def _hear(self) -> None:
        while True:
            match parse(await self._wire.receive()):
                case Error(message):
                    await self._wire.say("error", message=message)
                case Ack(offset):
                    self._cursor.ack(offset)
                case Tune() as wish:
                    self._wish, self._touched = wish, time.monotonic()
                case command if self._pace:
                    self._obey(command, self._pace)
                case _:
                    await self._wire.say("error", message="This stream has no pace: name a speed in its address.")
            self.wake.set()

    def _obey(self, command: Command, pace: Pace) -> None:
        """Do what the viewer asked of its pace; a step makes no sense while it plays."""
        now = time.monotonic()
        match command:
            case Pause():
                pace.pause(now)
            case Resume():
                pace.resume(now)
                self._steps = 0
            case Speed(value):
                pace.accelerate(now, value)
            case Step() if pace.paused:
                self._steps += 1
            case _:
                return
        self._pool.want(self._run)

    async def _tell(self) -> None:
        await self._tell_state()
        await self._begin()
        ended = False
        while True:
            self.wake.clear()
            if self._wish and self._is_due:
                ended = not await self._tune(self._wish) and ended
            await self._tell_state()
            try:
                data = await self._next()
            except FileNotFoundError:
                raise Gone from None
            if data:
                await self._wire.send_bytes(data)
                await asyncio.sleep(1 / (CLOSE_MESSAGES if self._is_close else MESSAGES_PER_SECOND))
            elif self._has_all and not ended:
                await self._wire.say("ended", lanes=self._run.standing())
                ended = True
            else:
                await self._rest()

    async def _begin(self) -> None:
        await self._run.built.wait()
        if self._run.log.schema:
            await self._wire.send_bytes(self._run.log.schema)
        for each in self._wrong:
            await self._wire.say("error", message=each.message)
        offset = 0 if isinstance(self._wanted, Error) else self._wanted
        self._cursor = Cursor.at(min(offset, self._run.log.rows))
        self._frame = self._run.log.seen(self._cursor.offset) if self._run.log.schema else 0
        self._pool.want(self._run)

    async def _next(self) -> bytes:
        """The rows that are due, b"" where none is, or where none can be sent now."""
        log, lanes = self._run.log, len(self._run.lanes)
        until = self._until(time.monotonic())
        before = self._cursor.offset
        if self._cursor.far_behind(until) and self._cursor.room(self._speed, lanes) > 0:
            await self._wire.say("thinned", since=before, until=until)
            data = await asyncio.to_thread(self._cursor.next, log, until, speed=self._speed, lanes=lanes)
        else:
            data = self._cursor.next(log, until, speed=self._speed, lanes=lanes)
        if data:
            self._send(log.seen(self._cursor.offset))
        return data

    def _send(self, frame: int) -> None:
        """Frames before this one are sent."""
        if self._pace:
            self._pace.spend(time.monotonic(), frame - self._frame)
            self._steps = max(0, self._steps - (frame - self._frame))
            if frame > self._frame:
                self._pool.want(self._run, later=True)
        self._frame = frame

    def _until(self, now: float) -> int:
        """The row before which all may be sent now."""
        log = self._run.log
        if self._pace is None or not log.schema:
            return log.rows
        if self._pace.paused:
            return log.until(self._frame + self._steps, whole=False) if self._steps else self._cursor.offset
        return log.until(self._frame + self._pace.due(now), whole=self._is_whole)

    @property
    def _is_whole(self) -> bool:
        """Whether frames are sent in whole batches."""
        return self._speed >= SMOOTH_SPEED and not self._is_close

    @property
    def _is_close(self) -> bool:
        """Whether a hand was on the run a moment ago."""
        return time.monotonic() - self._touched < CLOSE_SECONDS

    @property
    def _is_due(self) -> bool:
        """Whether a wish is to be granted now: a hand that moves on sees at least a frame of what it did before."""
        return self._frame > self._forked or self._has_all or self._pace is None or self._pace.paused

    @property
    def _has_all(self) -> bool:
        """Whether the run has ended and everything was sent."""
        return self._run.state == "ended" and self._cursor.offset >= self._run.log.rows

    async def _rest(self) -> None:
        """Until something changed, or the next frames are due."""
        seconds = None
        if self._pace and not self._pace.paused and self._cursor.offset < self._run.log.rows:
            frames = fs.FRAMES_PER_CHUNK - self._frame % fs.FRAMES_PER_CHUNK if self._is_whole else 1
            seconds = self._pace.wait(time.monotonic(), frames) or 1 / CLOSE_MESSAGES
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.wake.wait(), seconds)

    async def _tune(self, wish: Tune) -> bool:
        """Go on with the run in which ρ is what was wished from the last frame sent on; whether there is one."""
        self._wish, before = None, self._run
        self._forked = self._frame
        if self._has_all:
            await self._wire.say("error", message="tune: expected a run that goes on, came one that has ended.")
            return False
        try:
            tune = fs.Tune(frame=max(self._frame - 1, 0), solver=wish.solver, rho=wish.rho)
            spec = before.spec.tuned(tune)
            if tune in before.spec.tunes:
                return False
            self._run, is_new = await self._pool.fork(self._runs, before, spec)
        except (fs.SpecError, TooManyRuns) as error:
            await self._wire.say("error", message=f"{str(error).removesuffix('.')}.")
            return False
        self._pool.watch(self._run, self)
        self._pool.unwatch(before, self)
        if before is self._own and not before.watched():
            self._pool.forget(before)
            self._runs.delete(before)
        self._own = self._run if is_new else None
        return True

    async def _tell_state(self) -> None:
        if self._run.deleted:
            raise Gone
        state = "ended" if self._has_all else "paused" if self._pace and self._pace.paused else "running"
        speed = self._pace.speed if self._pace else 1.0
        if self._told != (self._run.id, state, speed):
            self._told = (self._run.id, state, speed)
            await self._wire.say("state", run=self._run.id, state=state, speed=speed, rows=self._run.log.rows)
        known, spec = self._tunes, self._run.spec
        if known is not spec.tunes:
            self._tunes = spec.tunes
            same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(known, spec.tunes, strict=False)))
            if spec.tunes[same:]:
                await self._wire.say(
                    "tunes", tunes=[{**tune.model_dump(), "time": spec.time(tune.frame)} for tune in spec.tunes[same:]]
                )
