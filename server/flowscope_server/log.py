"""The log of one run: a file that holds the Arrow stream as it was on the wire, and an index of row offsets."""

import contextlib
import os
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from .arrow import END_OF_STREAM, batch_message, batches


class Log:
    """Append-only. Batches are never decoded, except to slice one when an offset or a frame falls inside it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.schema = b""
        self.ended = False
        self._file: int | None = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        self._rows = array("q")  # _rows[i] is the offset of batch i, the last entry the number of rows
        self._places = array("q")  # _places[i] is where batch i begins in the file, the last entry where it goes on
        self._last = array("q")  # _last[i] is the last frame in batch i

    @classmethod
    def kept(cls, path: Path, schema: bytes, batches: Iterable[tuple[int, int, int]]) -> "Log":
        """A file that is there already, to be read only: its schema message and (bytes, rows, last frame) of every
        whole batch.
        """
        log = cls.__new__(cls)
        log.path, log.schema, log.ended, log._file = path, schema, False, None
        log._rows, log._places = array("q", [0]), array("q", [len(schema)])
        log._last = array("q")
        for size, rows, last in batches:
            log._rows.append(log._rows[-1] + rows)
            log._places.append(log._places[-1] + size)
            log._last.append(last)
        return log

    @property
    def rows(self) -> int:
        """Rows in the log: the offset of the next one."""
        return self._rows[-1] if self._rows else 0

    @property
    def size(self) -> int:
        """Bytes of whole messages in the file, the end-of-stream marker included."""
        return self._places[-1] + len(END_OF_STREAM) * self.ended if self._places else 0

    def begin(self, schema: bytes) -> None:
        """Write the schema message. A second schema, of a run computed anew, is the same and is ignored."""
        if not self.schema:
            self._write(schema)
            self.schema = schema
            self._rows.append(0)
            self._places.append(len(schema))

    def append(self, data: bytes, rows: int, last: int) -> None:
        """Write one batch message of so many rows, whose last frame is `last`."""
        self._write(data)
        self._rows.append(self._rows[-1] + rows)
        self._places.append(self._places[-1] + len(data))
        self._last.append(last)

    def copy(self, other: "Log", frame: int) -> None:
        """Begin with the batches of another log whose frames all come before a frame."""
        count = bisect_left(other._last, frame)
        self._write(other.span(other._places[0], other._places[count]))
        begin = self._places[0] - other._places[0]
        self._rows.extend(other._rows[1 : count + 1])
        self._places.extend(array("q", (begin + place for place in other._places[1 : count + 1])))
        self._last.extend(other._last[:count])

    def end(self) -> None:
        """Write the end-of-stream marker and let go of the file; the log stays readable."""
        if self.schema and not self.ended:
            with contextlib.suppress(OSError):  # a full disk: the stream is readable without its end, too
                self._write(END_OF_STREAM)
                self.ended = True
        self.close()

    def close(self) -> None:
        """Let go of the file; a run that has not ended keeps a stream without an end."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def remove(self) -> None:
        """Delete the file. Viewers that still read get FileNotFoundError."""
        self.close()
        self.path.unlink(missing_ok=True)

    def seen(self, row: int) -> int:
        """The frame at which a viewer goes on who has every row before `row`."""
        batch = self._holding(min(row, self.rows))
        cut = row - self._rows[batch]
        if batch == len(self._last) or not cut:
            return self._last[batch - 1] + 1 if batch else 0
        return self._frames(batch)[min(cut, self._rows[batch + 1] - self._rows[batch]) - 1] + 1

    def until(self, frame: int, *, whole: bool) -> int:
        """The offset behind all rows of frames before `frame`; with `whole`, behind the last batch that ends before
        it.
        """
        batch = bisect_left(self._last, frame)
        if whole or batch == len(self._last):
            return self._rows[batch] if self._rows else 0
        return self._rows[batch] + bisect_left(self._frames(batch), frame)

    def whole(self, start: int, rows: int, size: int) -> int:
        """The row at which to stop when reading whole batches from `start`: at most so many rows and bytes, at least
        one batch.
        """
        if start >= self.rows:
            return self.rows
        first = self._holding(start)
        by_rows = bisect_right(self._rows, start + rows) - 1
        by_size = bisect_right(self._places, self._places[first] + size) - 1
        return self._rows[max(first + 1, min(by_rows, by_size))]

    def read(self, start: int, stop: int) -> bytes:
        """The messages of rows start … stop; a batch that either cuts is sliced."""
        if start >= stop:
            return b""
        first, last = self._holding(start), self._holding(stop)
        if first == last:
            return self._slice(first, start, stop)
        ahead = start > self._rows[first]
        middle = self.span(self._places[first + ahead], self._places[last])
        head = self._slice(first, start, self._rows[first + 1]) if ahead else b""
        return head + middle + (self._slice(last, self._rows[last], stop) if stop > self._rows[last] else b"")

    def span(self, start: int, stop: int) -> bytes:
        """Bytes of the file from one place to another."""
        file = os.open(self.path, os.O_RDONLY)
        try:
            return os.pread(file, stop - start, start)
        finally:
            os.close(file)

    def _slice(self, batch: int, start: int, stop: int) -> bytes:
        """Some rows of one batch as a message."""
        return batch_message(self._decoded(batch).slice(start - self._rows[batch], stop - start))

    def _frames(self, batch: int) -> list[int]:
        """The frames of the rows of one batch."""
        return self._decoded(batch)["frame"].to_pylist()

    def _decoded(self, batch: int) -> pa.RecordBatch:
        (found,) = batches(self.schema, self.span(self._places[batch], self._places[batch + 1]))
        return found

    def _holding(self, row: int) -> int:
        return bisect_right(self._rows, row) - 1

    def _write(self, data: bytes) -> None:
        if self._file is None:
            raise ValueError(f"{self.path.name} is closed")
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._file, view) :]
        except OSError:
            os.ftruncate(self._file, self.size)
            raise
