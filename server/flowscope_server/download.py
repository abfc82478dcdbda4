"""A run's recording as a file in a format, block by block: what is in memory is one block, however long the run."""

import io
from collections.abc import Iterator

import flowscope as fs
import pyarrow as pa

from .arrow import batches, join
from .log import Log

BLOCK_BYTES = 1 << 20
BLOCK_ROWS = 8192
MEDIA = {
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
    "csv": "text/csv; charset=utf-8",
}
"""The formats and what HTTP calls them."""


class _Sink(io.RawIOBase):
    """Holds what was written until it is taken."""

    def __init__(self) -> None:
        self._held, self._place = bytearray(), 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def write(self, data: object, /) -> int:
        view = memoryview(data)  # pyright: ignore[reportArgumentType]: Arrow writes its own buffers
        self._held += view
        self._place += view.nbytes
        return view.nbytes

    def take(self) -> bytes:
        held, self._held = bytes(self._held), bytearray()
        return held


def whole(log: Log, size: int) -> Iterator[bytes]:
    """The log's own bytes up to `size`."""
    return (log.span(start, min(start + BLOCK_BYTES, size)) for start in range(0, size, BLOCK_BYTES))


def converted(log: Log, rows: int, form: str) -> Iterator[bytes]:
    """The first `rows` rows (whole batches) as Parquet or CSV."""
    known = pa.ipc.read_schema(pa.BufferReader(log.schema))
    sink = _Sink()
    with fs.writer(sink, known, f".{form}") as write:
        start = 0
        while start < rows:
            stop = min(log.whole(start, BLOCK_ROWS, BLOCK_BYTES), rows)
            write(join(batches(log.schema, log.read(start, stop))))
            start = stop
            yield sink.take()
    yield sink.take()
