"""Races that are asked for: the grid of each is tried in a process of its own (grid.py), so that it can be cancelled at
once.
"""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncGenerator

import flowscope as fs

LINE_BYTES = 1 << 22
PATIENCE = 16
"""So many grids may wait for their turn; one is computed at a time."""


class TooManyRaces(Exception):
    """As many grids as may wait are waiting."""


class Races:
    """The grids that this server computes, one at a time; whoever asked for one cancels it by going away."""

    def __init__(self) -> None:
        self._turn, self._waiting = asyncio.Lock(), 0

    async def lines(self, spec: fs.RunSpec, protocol: fs.AnyProtocol) -> AsyncGenerator[bytes, None]:
        """`{"done", "total"}` again and again, then `{"spec"}`, or `{"detail", "path", "expected", "came"}` of what was
        wrong.
        """
        if not isinstance(protocol, fs.BestStep):  # nothing is to be tried
            yield json.dumps({"spec": fs.race(spec, protocol).model_dump(mode="json")}).encode() + b"\n"
            return
        if self._waiting >= PATIENCE:
            raise TooManyRaces(f"At most {PATIENCE} grids wait for their turn here: try again in a while.")
        self._waiting += 1
        try:
            async with self._turn:
                async for line in _computed(spec, protocol):
                    yield line
        finally:
            self._waiting -= 1


async def _computed(spec: fs.RunSpec, protocol: fs.AnyProtocol) -> AsyncGenerator[bytes, None]:
    path = os.pathsep.join(entry for entry in sys.path if entry)
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "flowscope_server.grid"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        limit=LINE_BYTES,
        start_new_session=True,
    )
    assert child.stdin and child.stdout
    try:
        child.stdin.write(json.dumps([spec.model_dump(mode="json"), protocol.model_dump(mode="json")]).encode() + b"\n")
        child.stdin.close()
        async for line in child.stdout:
            yield line
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()
