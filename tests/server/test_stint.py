"""A run's stint at a worker, with a clock turned by hand: what it gives out does not depend on how it is stepped."""

from collections.abc import Callable
from math import inf
from typing import Any

import flowscope as fs
import pyarrow as pa
import pytest
from flowscope_server.arrow import batches
from flowscope_server.message import Rows, Start
from flowscope_server.protocol import Pause, Resume, Speed, Step, Stop, Tune
from flowscope_server.stint import Stint

from .client import spec, timeless, undisturbed

FRAMES = 30


class Clock:
    """Advances by `tick` whenever it is read, so that a large tick makes every frame seem slow."""

    def __init__(self, tick: float) -> None:
        self.now, self.tick = 0.0, tick

    def __call__(self) -> float:
        self.now += self.tick
        return self.now


def begin(tick: float = 1e-6, *, budget: float = inf, **start: Any) -> tuple[Stint, Clock]:
    clock = Clock(tick)
    return Stint(Start("run", fs.parse_spec(spec(frames=FRAMES)), **start), clock, budget=budget), clock


def play(stint: Stint, clock: Clock, *, enough: Callable[[list[Rows]], bool] = lambda _: False) -> list[Rows]:
    """Give turns, letting time pass between them, until the run is over, waits for ever, or has given enough."""
    given: list[Rows] = []
    while stint.wait() < inf and not enough(given):
        clock.now += stint.wait()
        rows = stint.turn()
        if rows is not None:
            given.append(rows)
            if rows.over:
                break
    return given


def table(stint: Stint, given: list[Rows]) -> pa.Table:
    data = b"".join(rows.data for rows in given)
    return timeless(pa.Table.from_batches(batches(stint.header().schema, data)))


def frames(given: list[Rows]) -> list[int]:
    """Frames in each chunk; each has a row for each of three lanes."""
    return [rows.rows // 3 for rows in given]


def test_the_first_frame_comes_alone_and_then_chunks_end_at_multiples_of_four() -> None:
    given = play(*begin())
    assert frames(given) == [1, 3, *[4] * 6, 2]


@pytest.mark.parametrize("tick", [1e-6, 1.0])
def test_a_slow_machine_gives_the_same_bytes_as_a_fast_one(tick: float) -> None:
    stint, clock = begin(tick)
    given = play(stint, clock)
    assert frames(given) == [1, 3, *[4] * 6, 2]
    assert table(stint, given).equals(undisturbed(spec(frames=FRAMES)))


def test_a_slow_run_computes_one_frame_in_a_turn() -> None:
    stint, clock = begin(1.0)
    given = [stint.turn()]
    for _ in range(3):
        clock.now += 10
        given.append(stint.turn())
    assert [rows is not None for rows in given] == [True, False, False, True]


def test_while_paused_each_step_gives_one_frame_and_resuming_realigns() -> None:
    stint, clock = begin()
    given = play(stint, clock, enough=lambda given: len(given) == 3)
    stint.obey(Pause())
    assert stint.wait() == inf
    stint.obey(Step())
    stint.obey(Step())
    stepped = play(stint, clock)
    assert frames(stepped) == [1, 1]
    stint.obey(Resume())
    resumed = play(stint, clock)
    assert frames(resumed) == [2, *[4] * 4, 2]
    assert table(stint, given + stepped + resumed).equals(undisturbed(spec(frames=FRAMES)))


def test_a_pause_in_mid_chunk_gives_out_what_was_computed() -> None:
    stint, clock = begin(1.0)
    stint.turn()
    clock.now += 10
    assert stint.turn() is None
    stint.obey(Pause())
    assert frames(play(stint, clock)) == [1]
    assert stint.wait() == inf


def test_a_step_means_nothing_while_running() -> None:
    stint, clock = begin()
    stint.obey(Step())
    assert frames(play(stint, clock))[:2] == [1, 3]


def test_at_a_low_speed_frames_come_one_by_one() -> None:
    stint, clock = begin()
    stint.obey(Speed(0.0625))
    assert frames(play(stint, clock)) == [1] * FRAMES


def test_stop_ends_every_lane_at_once_even_while_paused() -> None:
    stint, clock = begin(paused=True)
    stint.obey(Stop())
    (last,) = play(stint, clock)
    assert last.over
    assert {lane.status for lane in last.lanes} == {"stopped"}


@pytest.mark.parametrize("skip", [3, 12, 24, 36, 60, 87])
@pytest.mark.parametrize("paused", [False, True])
def test_a_restarted_run_gives_exactly_the_rows_that_are_missing(skip: int, paused: bool) -> None:
    stint, clock = begin(skip=skip, paused=paused)
    given = play(stint, clock)
    if paused:
        assert given == []
        stint.obey(Resume())
        given = play(stint, clock)
    assert table(stint, given).equals(undisturbed(spec(frames=FRAMES)).slice(skip))


def test_a_restarted_run_that_was_to_stop_stops_after_the_rows_that_are_known() -> None:
    stint, clock = begin(skip=12, stopping=True)
    (last,) = play(stint, clock)
    rows = table(stint, [last])
    assert rows["row"].to_pylist() == [12, 13, 14]
    assert rows["status"].to_pylist() == ["stopped"] * 3


def test_a_run_that_overstays_its_budget_ends_with_that_status() -> None:
    stint, clock = begin(1.0, budget=8.0)
    last = play(stint, clock)[-1]
    assert last.over
    assert {lane.status for lane in last.lanes} == {"overstayed"}
    assert {lane.sentence for lane in last.lanes} == {fs.Status.OVERSTAYED.value}


def tuned(*tunes: fs.Tune) -> pa.Table:
    return undisturbed({**spec(frames=FRAMES), "tunes": [tune.model_dump() for tune in tunes]})


def test_a_tune_takes_effect_at_the_last_frame_computed_and_frames_then_come_one_by_one() -> None:
    stint, clock = begin()
    given = play(stint, clock, enough=lambda given: len(given) == 3)
    stint.obey(Tune(1, 0.1))
    stint.obey(Tune(1, 0.5))
    (told,) = stint.tuned()
    tune = fs.Tune(frame=7, solver=1, rho=0.5)
    assert told.tune == tune
    assert stint.tuned() == []
    later = play(stint, clock)
    assert frames(later)[:4] == [1, 1, 1, 1]
    assert table(stint, given + later).equals(tuned(tune))


def test_a_wish_of_before_the_death_waits_until_the_known_rows_are_computed_again() -> None:
    known = fs.Tune(frame=4, solver=2, rho=0.9)
    amended = {**spec(frames=FRAMES), "tunes": [known.model_dump()]}
    stint = Stint(
        Start("run", fs.parse_spec(amended), skip=36, wishes=(Tune(1, 0.3),)), clock := Clock(1e-6), budget=inf
    )
    told, given = stint.tuned(), []
    while not told:
        clock.now += stint.wait()
        given.append(stint.turn())
        told = stint.tuned()
    assert [each.tune for each in told] == [fs.Tune(frame=11, solver=1, rho=0.3)]
    given += play(stint, clock)
    assert table(stint, [rows for rows in given if rows]).equals(
        tuned(known, fs.Tune(frame=11, solver=1, rho=0.3)).slice(36)
    )


def test_a_tune_that_comes_too_late_is_answered_with_none() -> None:
    stint, clock = begin()
    play(stint, clock)
    stint.obey(Tune(1, 0.5))
    assert [each.tune for each in stint.tuned()] == [None]
