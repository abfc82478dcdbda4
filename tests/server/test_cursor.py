"""A viewer's window, and what it gets when it is far behind."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from flowscope_server.arrow import batch_message, batches, schema_message
from flowscope_server.cursor import BACKLOG_ROWS, WINDOW_ROWS, Cursor
from flowscope_server.decimation import decimate
from flowscope_server.log import Log

SCHEMA = pa.schema([("row", pa.int64()), ("lane", pa.int32()), ("loss", pa.float64()), ("status", pa.utf8())])
LANES = 3


def filled(path: Path, loss: np.ndarray, *, ending: int | None = None) -> Log:
    """A log of four-frame batches with this loss per row; at row `ending` a lane ends."""
    log = Log(path)
    log.begin(schema_message(SCHEMA))
    for start in range(0, len(loss), 4 * LANES):
        row = np.arange(start, min(start + 4 * LANES, len(loss)))
        status = ["diverged" if index == ending else "running" for index in row]
        batch = pa.record_batch(
            [pa.array(row), pa.array(row % LANES, pa.int32()), pa.array(loss[row]), pa.array(status)], schema=SCHEMA
        )
        log.append(batch_message(batch), len(row), int(row[-1]) // LANES)
    return log


@pytest.fixture(scope="module")
def long_log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    loss = np.exp(-np.arange(60_000) / 20_000)
    loss[31_415] = 1e6
    loss[27_182] = np.nan
    return filled(tmp_path_factory.mktemp("log") / "log", loss, ending=44_444)


def drain(cursor: Cursor, log: Log) -> int:
    """Take all there is for a viewer that says nothing; returns the rows."""
    before = cursor.offset
    while cursor.next(log, log.rows, speed=1.0, lanes=LANES):
        pass
    return cursor.offset - before


def test_a_silent_viewer_is_sent_one_window_and_then_nothing(tmp_path: Path) -> None:
    log = filled(tmp_path / "log", np.ones(12_000))
    cursor = Cursor()
    assert WINDOW_ROWS - 4 * LANES <= drain(cursor, log) <= WINDOW_ROWS + 4 * LANES
    cursor.ack(1200)
    assert 1200 - 4 * LANES <= drain(cursor, log) <= 1200 + 4 * LANES


def test_the_window_grows_with_the_speed() -> None:
    assert Cursor().room(64.0, 8) == 1.5 * 60 * 64 * 8


def test_acknowledgements_never_go_back_nor_beyond_what_was_sent() -> None:
    cursor = Cursor(offset=100, acknowledged=50)
    for offset, expected in ((40, 50), (60, 60), (10**9, 100), (0, 100)):
        cursor.ack(offset)
        assert cursor.acknowledged == expected


def test_messages_are_bounded_in_bytes(tmp_path: Path) -> None:
    log = Log(tmp_path / "log")
    schema = pa.schema([("row", pa.int64()), ("blob", pa.binary())])
    log.begin(schema_message(schema))
    for row in range(10):
        log.append(batch_message(pa.record_batch([pa.array([row]), pa.array([bytes(300_000)])], schema=schema)), 1, row)
    cursor = Cursor()
    assert len(cursor.next(log, log.rows, speed=1.0, lanes=1)) < 1 << 20
    assert cursor.offset == 3


def test_far_behind_a_viewer_gets_one_decimated_chunk_to_the_head(long_log: Log) -> None:
    cursor = Cursor.at(7)
    (chunk,) = batches(long_log.schema, cursor.next(long_log, long_log.rows, speed=1.0, lanes=LANES))
    rows = chunk["row"].to_pylist()
    assert rows[0] == 7 and rows[-1] == long_log.rows - 1 and rows == sorted(set(rows))
    assert cursor.offset == long_log.rows
    assert len(rows) < 10_000
    assert cursor.next(long_log, long_log.rows, speed=1.0, lanes=LANES) == b""


def test_a_spike_of_width_one_and_the_end_of_a_lane_survive_decimation(long_log: Log) -> None:
    (chunk,) = batches(long_log.schema, decimate(long_log, 0, long_log.rows, kept=600))
    assert chunk.num_rows < 700
    assert {31_415, 44_444} <= set(chunk["row"].to_pylist())


def test_every_lane_keeps_its_ends_and_extremes(long_log: Log) -> None:
    (chunk,) = batches(long_log.schema, decimate(long_log, 0, 24_000))
    kept = chunk.to_pydict()
    for lane in range(LANES):
        mine = [row for row, owner in zip(kept["row"], kept["lane"], strict=True) if owner == lane]
        assert mine[0] == lane and mine[-1] == 24_000 - LANES + lane


def test_a_viewer_just_within_the_bound_gets_every_row(long_log: Log) -> None:
    cursor = Cursor.at(long_log.rows - BACKLOG_ROWS)
    assert not cursor.far_behind(long_log.rows)
    start = cursor.offset
    (first, *_) = batches(long_log.schema, cursor.next(long_log, long_log.rows, speed=1.0, lanes=LANES))
    assert first["row"][0].as_py() == start and cursor.offset - start >= WINDOW_ROWS - 4 * LANES
