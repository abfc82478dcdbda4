"""A finished run in memory, for notebooks and the command line."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet

from .component import SpecError
from .integration import Run
from .spec import RunSpec
from .status import Lane

CHUNK = 64


class Recording:
    """All frames of a run."""

    def __init__(self, table: pa.Table, lanes: list[Lane]) -> None:
        self._table, self.lanes = table, lanes

    def to_table(self) -> pa.Table:
        """The frames as an Arrow table, one row per lane and frame."""
        return self._table

    def write(self, path: Path) -> None:
        """Writes `.parquet`, `.arrow` (an IPC stream, as on the wire) or `.csv` (lists and structs spread over columns)."""
        WRITERS[ending(path)](self._table, path)


def run(spec: RunSpec, *, clock: Callable[[], float] | None = None, progress: Callable[[int, int], None] | None = None) -> Recording:
    """Integrates `spec` to its end. `progress(done, total)` is called with frame counts."""
    job = Run(spec, clock=clock)
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


def _stream(table: pa.Table, path: Path) -> None:
    with pa.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table)


def _spread(table: pa.Table, path: Path) -> None:
    columns: dict[str, pa.ChunkedArray | pa.Array] = {}
    for name in table.column_names:
        column = table[name].combine_chunks()
        if pa.types.is_fixed_size_list(column.type):
            for i in range(column.type.list_size):
                columns[f"{name}.{i}"] = pyarrow.compute.call_function("list_element", [column, pa.scalar(i)])
        elif pa.types.is_struct(column.type):
            columns |= {f"{name}.{item.name}": part for item, part in zip(column.type, column.flatten(), strict=True)}
        else:
            columns[name] = column
    pyarrow.csv.write_csv(pa.table(columns), path)


WRITERS: dict[str, Callable[[pa.Table, Path], None]] = {
    ".parquet": pyarrow.parquet.write_table,
    ".arrow": _stream,
    ".csv": _spread,
}
