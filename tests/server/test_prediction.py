"""The rows that theory is asked of are decoded once, however often it is asked while they come."""

from pathlib import Path

import flowscope as fs
import pyarrow as pa
from flowscope_server.arrow import batch_message, schema_message
from flowscope_server.log import Log
from flowscope_server.prediction import CHUNKS, Rows


class Counting(Log):
    """Counts the bytes that are read of it."""

    counted = 0

    def span(self, start: int, stop: int) -> bytes:
        self.counted += stop - start
        return super().span(start, stop)


def test_rows_that_come_are_decoded_once(tmp_path: Path) -> None:
    table = fs.run(fs.PRESETS[0].spec.model_copy(update={"horizon": 1.0})).to_table()
    pieces = table.to_batches(max_chunksize=table.num_rows // (CHUNKS + 9))
    assert len(pieces) > CHUNKS
    log, rows, count = Counting(tmp_path / "log"), Rows(), 0
    log.begin(schema_message(table.schema))
    for piece in pieces:
        log.append(batch_message(piece), piece.num_rows, piece["frame"][-1].as_py())
        count += piece.num_rows
        so_far = rows.so_far(log, log.size)
        assert so_far.num_rows == count and so_far.column(0).num_chunks <= CHUNKS + 1
    log.end()
    for _ in range(2):
        assert rows.so_far(log, log.size).equals(pa.Table.from_batches(pieces), check_metadata=True)
    assert log.counted == log.size - len(log.schema)
