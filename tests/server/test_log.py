"""The log is the wire's bytes, readable from any row."""

import errno
import os
from pathlib import Path

import pyarrow as pa
import pytest
from flowscope_server.arrow import batch_message, schema_message
from flowscope_server.log import Log

SCHEMA = pa.schema([("row", pa.int64()), ("frame", pa.int32()), ("status", pa.utf8())])
LANES = 2


def batch(start: int, stop: int) -> pa.RecordBatch:
    return pa.record_batch(
        [
            pa.array(range(start, stop), pa.int64()),
            pa.array([row // LANES for row in range(start, stop)], pa.int32()),
            pa.array(["running"] * (stop - start)),
        ],
        schema=SCHEMA,
    )


def filled(path: Path, *bounds: int) -> Log:
    """A log with a batch between each two bounds."""
    log = Log(path)
    log.begin(schema_message(SCHEMA))
    for start, stop in zip((0, *bounds), bounds, strict=False):
        log.append(batch_message(batch(start, stop)), stop - start, (stop - 1) // LANES)
    return log


def rows(log: Log, data: bytes) -> list[int]:
    with pa.ipc.open_stream(log.schema + data) as reader:
        return reader.read_all()["row"].to_pylist()


def test_any_range_of_rows_is_read_exactly(tmp_path: Path) -> None:
    bounds = (3, 12, 13, 24)
    log = filled(tmp_path / "log", *bounds)
    for start in range(24):
        for stop in range(start + 1, 25):
            assert rows(log, log.read(start, stop)) == list(range(start, stop))


def test_the_file_is_what_an_arrow_writer_would_have_written(tmp_path: Path) -> None:
    log = filled(tmp_path / "log", 3, 12)
    log.end()
    with pa.ipc.new_stream(tmp_path / "expected", SCHEMA) as writer:
        writer.write_batch(batch(0, 3))
        writer.write_batch(batch(3, 12))
    assert log.path.read_bytes() == (tmp_path / "expected").read_bytes()
    assert log.size == log.path.stat().st_size


def test_reading_stops_at_whole_batches_within_rows_and_bytes(tmp_path: Path) -> None:
    log = filled(tmp_path / "log", 3, 12, 13, 24)
    assert log.whole(0, rows=12, size=1 << 20) == 12
    assert log.whole(0, rows=11, size=1 << 20) == 3
    assert log.whole(0, rows=1, size=1) == 3, "at least one batch, however small the bounds"
    assert log.whole(4, rows=9, size=1 << 20) == 13
    assert log.whole(24, rows=9, size=1 << 20) == 24


def test_a_recording_cut_off_in_mid_batch_is_readable_up_to_its_last_whole_batch(tmp_path: Path) -> None:
    log = filled(tmp_path / "log", 3, 12, 13, 24)
    whole = log.path.read_bytes()
    for size, expected in ((len(whole), 24), (len(whole) - 1, 13), (len(log.schema) + 1, 0)):
        found = 0
        with pa.ipc.open_stream(whole[:size]) as reader:
            while True:
                try:
                    found += reader.read_next_batch().num_rows
                except (StopIteration, OSError, pa.ArrowInvalid):
                    break
        assert found == expected


def test_a_full_disk_leaves_a_whole_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = filled(tmp_path / "log", 3)
    write = os.write

    def nearly_full(file: int, data: bytes) -> int:
        if len(data) < 100:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data[: len(data) // 2])

    monkeypatch.setattr(os, "write", nearly_full)
    with pytest.raises(OSError, match="No space"):
        log.append(batch_message(batch(3, 12)), 9, 5)
    log.end()
    assert rows(log, log.path.read_bytes()[len(log.schema) :]) == [0, 1, 2]


def test_a_removed_log_says_so_to_its_readers(tmp_path: Path) -> None:
    log = filled(tmp_path / "log", 3)
    log.remove()
    with pytest.raises(FileNotFoundError):
        log.read(0, 3)


def test_frames_and_offsets_belong_together(tmp_path: Path) -> None:
    """Batches hold whole frames of two rows; an offset may lie inside a batch, and inside a frame."""
    bounds = (2, 8, 16, 18)
    log = filled(tmp_path / "log", *bounds)
    for row in range(19):
        assert log.seen(row) == (row + LANES - 1) // LANES
    for frame in range(12):
        assert log.until(frame, whole=False) == min(LANES * frame, 18)
        assert log.until(frame, whole=True) == max((0, *(each for each in bounds if each <= LANES * frame)))
    assert filled(tmp_path / "empty").until(3, whole=False) == filled(tmp_path / "none").seen(0) == 0


@pytest.mark.parametrize("frame", range(11))
def test_a_log_takes_over_the_whole_batches_of_another_before_a_frame(tmp_path: Path, frame: int) -> None:
    other = filled(tmp_path / "other", 2, 8, 16, 18)
    log = Log(tmp_path / "log")
    log.begin(schema_message(SCHEMA.with_metadata({"another": "header, of another length"})))
    log.copy(other, frame)
    assert log.rows == other.until(frame, whole=True)
    log.append(batch_message(batch(log.rows, 20)), 20 - log.rows, 9)
    assert rows(log, log.read(0, 20)) == list(range(20))
    assert [log.seen(row) for row in range(0, 21, LANES)] == list(range(11))
    log.end()
    with pa.ipc.open_stream(log.path) as reader:
        assert reader.read_all()["row"].to_pylist() == list(range(20))
