"""Theory's curves over a run so far or up to a frame, as JSON: computed in a thread, once per extent and units, from
the log's own bytes, which are decoded once."""

import asyncio
import json
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import flowscope as fs
import pyarrow as pa
import pyarrow.compute

from .arrow import batches
from .log import Log
from .runs import Run

KEPT = 4
"""Runs whose rows stay decoded, the ones that were asked for last: what grows is asked for once a second."""
CHUNKS = 64
"""Pieces in which rows may lie before they are laid together."""


@dataclass
class _Latest:
    extent: tuple[int, int | None] = (0, None)
    answer: bytes = b"[]"
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Rows:
    """The rows of a log as a table: those that were decoded before are not decoded again."""

    def __init__(self) -> None:
        self._table: pa.Table | None = None
        self._place = 0
        self._lock = threading.Lock()

    def so_far(self, log: Log, size: int) -> pa.Table:
        """At least the rows in the first `size` bytes of the log."""
        with self._lock:
            place = self._place or len(log.schema)
            if self._table is None or place < size:
                schema = pa.ipc.read_schema(pa.BufferReader(log.schema))
                fresh = pa.Table.from_batches(batches(log.schema, log.span(place, size)), schema).combine_chunks()
                table = fresh if self._table is None else pa.concat_tables([self._table, fresh])
                self._table = table.combine_chunks() if table.column(0).num_chunks > CHUNKS else table
                self._place = size
            return self._table


class Overlays:
    """The latest curves of every run that was asked for."""

    def __init__(self) -> None:
        self._latest: WeakKeyDictionary[Run, dict[tuple[fs.Convention, float, bool], _Latest]] = WeakKeyDictionary()
        self._rows: OrderedDict[Run, Rows] = OrderedDict()

    async def of(self, run: Run, convention: fs.Convention, share: float, frame: int | None = None) -> bytes:
        """The curves as JSON, of the rows so far or up to `frame`; viewers that ask while they are computed wait for
        the same answer.
        """
        latest = self._latest.setdefault(run, {}).setdefault((convention, share, frame is None), _Latest())
        async with latest.lock:
            extent, log = (run.log.rows, frame), run.log
            if extent != latest.extent and log.rows and not run.deleted:
                latest.answer = await asyncio.to_thread(
                    _compute, self._of(run), log, log.size, run.spec, convention, share, frame
                )
                latest.extent = extent
        return latest.answer

    def _of(self, run: Run) -> Rows:
        rows = self._rows.setdefault(run, Rows())
        self._rows.move_to_end(run)
        while len(self._rows) > KEPT:
            self._rows.popitem(last=False)
        return rows


def _compute(
    rows: Rows, log: Log, size: int, spec: fs.RunSpec, convention: fs.Convention, share: float, frame: int | None
) -> bytes:
    try:
        table = rows.so_far(log, size)
    except FileNotFoundError:  # deleted meanwhile
        return b"[]"
    if frame is not None:
        table = table.filter(pyarrow.compute.field("frame") <= frame)
    return json.dumps(fs.overlays(table, spec, convention, share), ensure_ascii=False, allow_nan=False).encode()
