"""Theory's curves over a run so far or up to a frame, as JSON: computed in a thread from the log's own bytes, once per extent and units."""

import asyncio
import json
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import flowscope as fs
import pyarrow as pa
import pyarrow.compute

from .arrow import batches
from .log import Log
from .runs import Run


@dataclass
class _Latest:
    extent: tuple[int, int | None] = (0, None)
    answer: bytes = b"[]"
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Overlays:
    """The latest curves of every run that was asked for."""

    def __init__(self) -> None:
        self._latest: WeakKeyDictionary[Run, dict[tuple[fs.Convention, float, bool], _Latest]] = WeakKeyDictionary()

    async def of(self, run: Run, convention: fs.Convention, share: float, frame: int | None = None) -> bytes:
        """The curves as JSON, of the rows so far or up to `frame`; viewers that ask while they are computed wait for the same answer."""
        latest = self._latest.setdefault(run, {}).setdefault((convention, share, frame is None), _Latest())
        async with latest.lock:
            extent, log = (run.log.rows, frame), run.log
            if extent != latest.extent and log.rows and not run.deleted:
                latest.answer = await asyncio.to_thread(_compute, log, log.size, run.spec, convention, share, frame)
                latest.extent = extent
        return latest.answer


def _compute(log: Log, size: int, spec: fs.RunSpec, convention: fs.Convention, share: float, frame: int | None) -> bytes:
    try:
        messages = log.span(len(log.schema), size)
    except FileNotFoundError:  # deleted meanwhile
        return b"[]"
    table = pa.Table.from_batches(batches(log.schema, messages))
    if frame is not None:
        table = table.filter(pyarrow.compute.field("frame") <= frame)
    return json.dumps(fs.overlays(table, spec, convention, share), ensure_ascii=False, allow_nan=False).encode()
