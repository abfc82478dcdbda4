"""Theory's curves over a run so far, as JSON: computed in a thread from the log's own bytes, once per number of rows and convention."""

import asyncio
import json
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import flowscope as fs
import pyarrow as pa

from .arrow import batches
from .log import Log
from .runs import Run


@dataclass
class _Latest:
    rows: int = 0
    answer: bytes = b"[]"
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Overlays:
    """The latest curves of every run that was asked for."""

    def __init__(self) -> None:
        self._latest: WeakKeyDictionary[Run, dict[tuple[fs.Convention, float], _Latest]] = WeakKeyDictionary()

    async def of(self, run: Run, convention: fs.Convention, share: float) -> bytes:
        """The list of curves as JSON; viewers that ask while it is computed wait for the same answer."""
        latest = self._latest.setdefault(run, {}).setdefault((convention, share), _Latest())
        async with latest.lock:
            rows, log = run.log.rows, run.log
            if rows > latest.rows and not run.deleted:
                latest.answer = await asyncio.to_thread(_compute, log, log.size, run.spec, convention, share)
                latest.rows = rows
        return latest.answer


def _compute(log: Log, size: int, spec: fs.RunSpec, convention: fs.Convention, share: float) -> bytes:
    try:
        messages = log.span(len(log.schema), size)
    except FileNotFoundError:  # deleted meanwhile
        return b"[]"
    table = pa.Table.from_batches(batches(log.schema, messages))
    return json.dumps(fs.overlays(table, spec, convention, share), ensure_ascii=False, allow_nan=False).encode()
