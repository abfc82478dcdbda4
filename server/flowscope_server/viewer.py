"""One viewer of one run: hears commands, and is sent what its cursor gives. Knows the socket only as three
functions.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import flowscope as fs

from .cursor import Cursor
from .pool import Pool
from .protocol import Ack, Error, Tune, parse, parse_offset
from .runs import Run

MESSAGES_PER_SECOND = 30
CLOSE_MESSAGES = 60  # while a hand is on the run
CLOSE_SECONDS = 2.0


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
    """Two tasks on one socket. What is not sent yet is in the log, so a viewer that does not read costs nothing."""

    def __init__(self, wire: Wire, run: Run, pool: Pool, *, offset: str, name: str = "") -> None:
        self._wire, self._run, self._pool, self._name = wire, run, pool, name
        self._wanted = offset
        self._cursor = Cursor()
        self._wake = asyncio.Event()
        self._told: object = None
        self._tunes: tuple[fs.Tune, ...] = ()

    async def serve(self) -> None:
        """Until the viewer leaves (raises what `receive` raises) or the run is deleted (raises Gone)."""
        self._run.watch(self._wake, self._name)
        tasks = {asyncio.create_task(self._hear()), asyncio.create_task(self._tell())}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            done.pop().result()
        finally:
            self._run.unwatch(self._wake)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _hear(self) -> None:
        while True:
            match parse(await self._wire.receive()):
                case Error(message):
                    await self._wire.say("error", message=message)
                case Ack(offset):
                    self._cursor.ack(offset)
                    self._wake.set()
                case Tune() as wish:
                    refused = self._pool.tune(self._run, wish)
                    if refused is not None:
                        await self._wire.say("error", message=refused.message)
                case command:
                    self._pool.control(self._run, command)

    async def _tell(self) -> None:
        await self._tell_state()
        await self._begin()
        ended = False
        while True:
            self._wake.clear()
            await self._tell_state()
            try:
                data = await self._next()
            except FileNotFoundError:
                raise Gone from None
            if data:
                await self._wire.send_bytes(data)
                close = time.monotonic() - self._run.touched < CLOSE_SECONDS
                await asyncio.sleep(1 / (CLOSE_MESSAGES if close else MESSAGES_PER_SECOND))
            elif self._run.state == "ended" and self._cursor.offset >= self._run.log.rows and not ended:
                await self._wire.say("ended", lanes=self._run.standing())
                ended = True
            else:
                await self._wake.wait()

    async def _begin(self) -> None:
        await self._run.built.wait()
        if self._run.log.schema:
            await self._wire.send_bytes(self._run.log.schema)
        wanted = parse_offset(self._wanted)
        if isinstance(wanted, Error):
            await self._wire.say("error", message=wanted.message)
        self._cursor = Cursor.at(0 if isinstance(wanted, Error) else min(wanted, self._run.log.rows))

    async def _next(self) -> bytes:
        log, speed, lanes = self._run.log, self._run.speed, len(self._run.lanes)
        if self._cursor.far_behind(log) and self._cursor.room(speed, lanes) > 0:
            await self._wire.say("thinned", since=self._cursor.offset, until=log.rows)
            return await asyncio.to_thread(self._cursor.next, log, speed=speed, lanes=lanes)
        return self._cursor.next(log, speed=speed, lanes=lanes)

    async def _tell_state(self) -> None:
        if self._run.deleted:
            raise Gone
        if self._told != (self._run.state, self._run.speed):
            self._told = (self._run.state, self._run.speed)
            await self._wire.say(
                "state", run=self._run.id, state=self._run.state, speed=self._run.speed, rows=self._run.log.rows
            )
        known, spec = self._tunes, self._run.spec
        if known is not spec.tunes:
            self._tunes = spec.tunes
            same = sum(1 for _ in takewhile(lambda pair: pair[0] is pair[1], zip(known, spec.tunes, strict=False)))
            await self._wire.say(
                "tunes", tunes=[{**tune.model_dump(), "time": spec.time(tune.frame)} for tune in spec.tunes[same:]]
            )
