"""A worker's turns: one that lasts lets others have theirs, and ends where nobody wants its run any more."""

from collections.abc import Callable, Iterator
from math import inf
from typing import Any, cast

import flowscope as fs
import pyarrow as pa
import pytest
from flowscope_server import worker as module
from flowscope_server.arrow import batches
from flowscope_server.message import Delete, Failed, Header, Rows, Start, Want
from flowscope_server.worker import Rota

from .client import spec, timeless, undisturbed

FRAMES = 21


class Server:
    """What a worker's channel and its mark lead to: it says `words` one by one, as often as the worker listens."""

    def __init__(self, words: Callable[["Server"], Iterator[object]]) -> None:
        self.heard: list[Any] = []
        self.turn = ""
        self._words = words(self)

    def poll(self, seconds: float | None) -> list[object]:
        word = next(self._words, EOFError)
        if word is EOFError:
            raise EOFError
        return [] if word is None else [word]

    def send(self, message: object) -> None:
        self.heard.append(message)

    def write(self, run: str) -> None:
        self.turn = run

    def rows(self, run: str) -> list[Rows]:
        return [each for each in self.heard if isinstance(each, Rows) and each.run == run]

    def ended(self, run: str) -> bool:
        return any(rows.over for rows in self.rows(run))

    def table(self, run: str) -> pa.Table:
        (header,) = {each.schema for each in self.heard if isinstance(each, Header) and each.run == run}
        data = b"".join(batch.data for rows in self.rows(run) for batch in rows.batches)
        return timeless(pa.Table.from_batches(batches(header, data)))


def start(run: str, want: Want | None = None) -> Start:
    return Start(run, fs.parse_spec(spec(frames=FRAMES)), want or Want(run))


def serve(words: Callable[[Server], Iterator[object]]) -> Server:
    server = Server(words)
    Rota(cast(Any, server), cast(Any, server)).serve()
    return server


@pytest.fixture(autouse=True)
def restless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look at the clock is a breath, as in a frame that takes minutes."""
    monkeypatch.setattr(module, "BREATH_SECONDS", -1.0)


def test_runs_that_interrupt_each_other_at_every_step_come_out_whole() -> None:
    names = ("one", "two", "three")

    def words(server: Server) -> Iterator[object]:
        yield from map(start, names)
        while not all(map(server.ended, names)):
            yield None

    server = serve(words)
    for name in names:
        assert server.table(name).equals(undisturbed(spec(frames=FRAMES)))
    assert server.turn == ""
    order = [rows.run for rows in server.heard if isinstance(rows, Rows)]
    assert len({*order[:-1]}) == 3 and order != sorted(order), "nobody waited for another run's end"


@pytest.mark.parametrize("steps", [1, 7, 40])
def test_a_turn_that_everybody_left_ends_and_the_run_begins_anew_behind_its_rows(steps: int) -> None:
    def words(server: Server) -> Iterator[object]:
        yield start("run")
        yield from [None] * steps
        yield Want("run", -1.0, 0.0, 0.0)
        yield start("other")
        while not server.ended("other"):
            yield None
        assert not server.ended("run")
        yield Want("run", 0.0, 60.0, inf)
        while not server.ended("run"):
            yield None

    server = serve(words)
    assert server.table("run").equals(undisturbed(spec(frames=FRAMES)))


def test_a_run_that_is_deleted_in_its_turn_is_gone() -> None:
    def words(server: Server) -> Iterator[object]:
        yield start("run")
        yield from [None] * 9
        yield Delete("run")
        yield start("other")
        while not server.ended("other"):
            yield None
        yield Want("run")  # too late

    server = serve(words)
    assert not server.ended("run") and not any(isinstance(each, Failed) for each in server.heard)


def test_a_run_that_fails_within_another_s_turn_ends_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    chunk = fs.Run.chunk

    def fail(self: fs.Run, frames: int = 4) -> pa.RecordBatch | None:
        if self.spec.title == "wrong" and self.frame:
            raise RuntimeError("on purpose.")
        return chunk(self, frames)

    monkeypatch.setattr(fs.Run, "chunk", fail)

    def words(server: Server) -> Iterator[object]:
        yield start("run")
        yield Start("wrong", fs.parse_spec(spec(frames=FRAMES, title="wrong")), Want("wrong"))
        while not server.ended("run"):
            yield None

    server = serve(words)
    (failed,) = (each for each in server.heard if isinstance(each, Failed))
    assert failed == Failed("wrong", "The computation failed with RuntimeError: on purpose.")
    assert server.table("run").equals(undisturbed(spec(frames=FRAMES)))
