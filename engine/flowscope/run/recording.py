"""A finished run in memory, for notebooks and the command line, and how recordings become files."""

from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from io import RawIOBase
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet
from pyarrow import ipc

from ..component import SpecError
from ..status import Lane
from .run import Run
from .spec import RunSpec

CHUNK = 64
Sink = BinaryIO | RawIOBase
Write = Callable[[pa.RecordBatch], None]


class Recording:
    """All frames of a run."""

    def __init__(self, table: pa.Table, lanes: list[Lane]) -> None:
        self._table, self.lanes = table, lanes

    def to_table(self) -> pa.Table:
        """The frames as an Arrow table, one row per lane and frame."""
        return self._table

    def write(self, path: Path) -> None:
        """Writes `.parquet`, `.arrow` (an IPC stream, as on the wire) or `.csv`, as `writer` does."""
        kind = ending(path)
        with path.open("wb") as sink, writer(sink, self._table.schema, kind) as write:
            for batch in self._table.combine_chunks().to_batches():
                write(batch)


def run(
    spec: RunSpec,
    *,
    clock: Callable[[], float] | None = None,
    progress: Callable[[int, int], None] | None = None,
    without: Collection[str] = (),
) -> Recording:
    """Integrates `spec` to its end, `without` the columns of some probes. `progress(done, total)` is called with frame
    counts.
    """
    job = Run(spec, clock=clock, without=without)
    batches: list[pa.RecordBatch] = []
    while (batch := job.chunk(CHUNK)) is not None:
        batches.append(batch)
        if progress:
            progress(min(len(batches) * CHUNK, job.frames), job.frames)
    return Recording(pa.Table.from_batches(batches, job.schema), job.lanes)


def ending(path: Path) -> str:
    """The known ending of `path`. Raises SpecError for any other."""
    if path.suffix.lower() not in WRITERS:
        raise SpecError(str(path), f"a file ending in one of {', '.join(WRITERS)}", path.suffix or "no ending")
    return path.suffix.lower()


@contextmanager
def writer(sink: Sink, schema: pa.Schema, kind: str) -> Generator[Write, None, None]:
    """Writes batches of `schema` to `sink` in the format of the ending `kind` (one of WRITERS); only the last batch is
    kept in memory.

    Arrow and Parquet carry the schema's metadata. CSV, which has none, begins with it in one line, `# flowscope: {…}`,
    and spreads lists and structs over columns (`outputs.0`, `evaluations.jacobian`): read it with `comment="#"` or
    without its first line.
    """
    prepare = (lambda batch: batch) if kind != ".csv" else _spread
    if kind == ".csv":
        sink.write(b"# flowscope: " + (schema.metadata or {}).get(b"flowscope", b"{}") + b"\n")
    with WRITERS[kind](sink, prepare(_empty(schema)).schema) as rows:
        yield lambda batch: rows.write_batch(prepare(batch))


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], item.type) for item in schema], schema=schema)


def _spread(batch: pa.RecordBatch) -> pa.RecordBatch:
    columns: dict[str, pa.Array] = {}
    for item in batch.schema:
        column = batch.column(item.name)
        if pa.types.is_fixed_size_list(item.type):
            for i in range(item.type.list_size):
                columns[f"{item.name}.{i}"] = pyarrow.compute.call_function("list_element", [column, pa.scalar(i)])
        elif pa.types.is_struct(item.type):
            columns |= {
                f"{item.name}.{part.name}": values for part, values in zip(item.type, column.flatten(), strict=True)
            }
        else:
            columns[item.name] = column
    return pa.record_batch(columns)


WRITERS: dict[str, Callable[[Sink, pa.Schema], Any]] = {
    ".parquet": pyarrow.parquet.ParquetWriter,
    ".arrow": ipc.new_stream,
    ".csv": pyarrow.csv.CSVWriter,
}
