"""A recording that a server before this one has left: read back from its file, up to its last whole batch."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import flowscope as fs
import pyarrow as pa

from .log import Log
from .message import Standing


@dataclass(frozen=True)
class Recording:
    """What a file holds: the spec, the log, and how its lanes ended (lost, where they had not)."""

    spec: fs.RunSpec
    log: Log
    lanes: tuple[Standing, ...]


def read(path: Path) -> Recording | None:
    """The recording in a file; None where it holds none that this version understands."""
    try:
        with pa.memory_map(str(path)) as file:
            schema = pa.ipc.read_schema(file)
            begun = file.tell()
            facts = fs.facts(schema)
            spec = fs.parse_spec(facts["spec"])
            ends: dict[int, str] = {}
            batches = [(size, _note(batch, ends), batch["frame"][-1].as_py()) for size, batch in _batches(file, schema)]
            lanes = tuple(_standing(lane, ends.get(lane["lane"])) for lane in facts["lanes"])
            file.seek(0)
            return Recording(spec, Log.kept(path, file.read(begun), batches), lanes)
    except (OSError, KeyError, TypeError, json.JSONDecodeError, pa.ArrowException, fs.SpecError):
        return None


def _batches(file: pa.NativeFile, schema: pa.Schema) -> Iterator[tuple[int, pa.RecordBatch]]:
    """(bytes, batch) of every whole message."""
    place = file.tell()
    while True:
        try:
            batch = pa.ipc.read_record_batch(pa.ipc.read_message(file), schema)
        except (EOFError, OSError, pa.ArrowException):  # the end of the stream, or of what was written of it
            return
        yield file.tell() - place, batch
        place = file.tell()


def _note(batch: pa.RecordBatch, ends: dict[int, str]) -> int:
    """Enters the lanes that end in a batch; returns how many rows it has."""
    running = fs.Status.RUNNING.word
    words = batch.column("status").to_pylist()
    if any(word != running for word in words):
        ends.update(
            (lane, word) for lane, word in zip(batch.column("lane").to_pylist(), words, strict=True) if word != running
        )
    return batch.num_rows


def _standing(lane: dict[str, object], word: str | None) -> Standing:
    status = next((each for each in fs.Status if each.word == word), fs.Status.LOST)
    return Standing(int(str(lane["lane"])), str(lane["name"]), int(str(lane["seed"])), status.word, status.value)
