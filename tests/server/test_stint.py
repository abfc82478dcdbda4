"""One run at a worker, with a clock turned by hand: what it gives out does not depend on how it is computed, and how
much of it is wanted.
"""

import random
from math import inf
from typing import Any

import flowscope as fs
import pyarrow as pa
import pytest
from flowscope_server import stint as module
from flowscope_server.arrow import batches
from flowscope_server.message import Rows, Start, Want
from flowscope_server.stint import LEAST_AHEAD, Stint

from .client import spec, timeless, undisturbed

FRAMES = 30


class Clock:
    """Advances by `tick` whenever it is read, so that a large tick makes every frame seem slow."""

    def __init__(self, tick: float) -> None:
        self.now, self.tick = 0.0, tick

    def __call__(self) -> float:
        self.now += self.tick
        return self.now


def begin(
    tick: float = 1e-6,
    *,
    budget: float = inf,
    frames: int = FRAMES,
    parent: Stint | None = None,
    tunes: tuple[fs.Tune, ...] = (),
    **start: Any,
) -> tuple[Stint, Clock]:
    clock, value = Clock(tick), spec(frames=frames, tunes=[each.model_dump() for each in tunes])
    message = Start("run", fs.parse_spec(value), start.pop("want", Want("run")), **start)
    return Stint(message, clock, budget=budget, parent=parent), clock


def play(stint: Stint) -> list[Rows]:
    """Give turns while it wants them."""
    given: list[Rows] = []
    while not stint.wait():
        rows = stint.turn()
        if rows is not None:
            given.append(rows)
    return given


def table(stint: Stint, given: list[Rows]) -> pa.Table:
    data = b"".join(batch.data for rows in given for batch in rows.batches)
    return timeless(pa.Table.from_batches(batches(stint.header().schema, data)))


def frames(given: list[Rows]) -> list[int]:
    """Frames in each batch; each has a row for each of three lanes."""
    return [batch.rows // 3 for rows in given for batch in rows.batches]


CUT = [1, 3, *[4] * 6, 2]


@pytest.mark.parametrize("tick", [1e-6, 1e-3, 1.0])
def test_whatever_a_turn_computes_the_first_frame_comes_alone_and_batches_end_at_multiples_of_four(tick: float) -> None:
    stint, _ = begin(tick)
    given = play(stint)
    assert frames(given) == CUT
    assert [batch.last for rows in given for batch in rows.batches] == [0, 3, 7, 11, 15, 19, 23, 27, 29]
    assert table(stint, given).equals(undisturbed(spec(frames=FRAMES)))
    assert [rows.over for rows in given] == [*[False] * (len(given) - 1), True]
    assert stint.over and stint.wait() == inf


def test_how_long_turns_are_changes_no_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    for most in (1, 5, 64):
        monkeypatch.setattr(module, "TURN_FRAMES", most)
        stint, _ = begin()
        seen = [batch.data for rows in play(stint) for batch in rows.batches]
        parts = [batches(stint.header().schema, each)[0].drop_columns(["wall_seconds"]) for each in seen]
        told.append([part.serialize().to_pybytes() for part in parts])
    assert told[0] == told[1] == told[2]


def test_a_slow_run_computes_one_frame_in_a_turn() -> None:
    stint, _ = begin(1.0)
    assert [stint.turn() is not None for _ in range(9)] == [True, False, False, True, False, False, False, True, False]


@pytest.mark.parametrize("skip", [3, 12, 24, 36, 60, 87])
def test_a_restarted_run_gives_exactly_the_rows_that_are_missing(skip: int) -> None:
    stint, _ = begin(skip=skip)
    assert table(stint, play(stint)).equals(undisturbed(spec(frames=FRAMES)).slice(skip))


def test_a_run_that_overstays_its_budget_ends_with_that_status() -> None:
    stint, _ = begin(1.0, budget=8.0)
    last = play(stint)[-1]
    assert last.over and stint.wait() == inf
    assert {lane.status for lane in last.lanes} == {"overstayed"}
    assert {lane.sentence for lane in last.lanes} == {fs.Status.OVERSTAYED.value}


def computed(given: list[Rows]) -> int:
    return sum(frames(given))


def test_a_run_that_was_left_is_computed_no_further_and_goes_on_when_somebody_comes() -> None:
    stint, _ = begin(1.0)
    given = [rows for rows in (stint.turn() for _ in range(4)) if rows]
    stint.wanted(Want("run", -1.0, 0.0, 0.0))
    assert stint.wait() == inf and stint.urgency() == inf
    stint.wanted(Want("run", 0.0, 60.0, 2.0))
    assert stint.wait() == 0.0
    assert table(stint, given + play(stint)).equals(undisturbed(spec(frames=FRAMES)))


def test_a_slow_run_stops_so_many_frames_ahead_of_who_pauses_and_goes_on_as_he_does() -> None:
    stint, clock = begin(1.0, frames=101, want=Want("run", 10.0, 0.0, 2.0))
    ahead = computed(play(stint))
    assert 10 + LEAST_AHEAD <= ahead <= 10 + LEAST_AHEAD + 4
    stint.wanted(Want("run", 10.0, 2.0, 2.0))
    assert 0.0 < stint.wait() <= 4.0  # seconds, at two frames a second
    clock.now += 10.0
    assert stint.wait() == 0.0


def test_a_quick_run_is_finished_at_once_for_who_plays_it_slowly() -> None:
    stint, _ = begin(want=Want("run", 0.0, 4.0, 2.0))
    assert computed(play(stint)) == FRAMES


def test_the_run_whose_viewer_would_wait_first_is_the_most_urgent() -> None:
    near, clock = begin(frames=301, want=Want("run", 0.0, 60.0, 2.0))
    far, _ = begin(frames=301, want=Want("run", 0.0, 60.0, 2.0))
    behind, _ = begin(frames=301, want=Want("run", 290.0, 60.0, 2.0))
    slow, _ = begin(frames=301, want=Want("run", 0.0, 6.0, 2.0))
    for stint, turns in ((near, 3), (far, 5), (behind, 3), (slow, 3)):
        for _ in range(turns):
            stint.turn()
    urgencies = [stint.urgency() for stint in (behind, near, far, slow)]
    assert urgencies[0] < urgencies[1] < min(urgencies[2:]) and urgencies[0] < 0
    clock.now += 5.0
    assert near.urgency() < urgencies[0]


@pytest.mark.parametrize("seed", range(4))
def test_a_fork_is_the_run_of_its_spec_from_wherever_the_parent_is(seed: int) -> None:
    """Where no state is kept it is computed from the start. What both have in common is not given out again."""
    draw = random.Random(seed)
    parent, _ = begin(0.03)  # a state is kept every few frames
    for _ in range(draw.randrange(5, 40)):
        if not parent.wait():
            parent.turn()
    tune = fs.Tune(frame=draw.randrange(1, 20), solver=1, rho=draw.random())
    skip = (tune.frame + 1) // 4 * 4 * 3
    fork, _ = begin(parent=parent if seed else None, tunes=(tune,), skip=skip)
    alone, _ = begin(tunes=(tune,))
    assert fork.header() == alone.header()
    value = spec(frames=FRAMES, tunes=[tune.model_dump()])
    assert table(fork, play(fork)).equals(undisturbed(value).slice(skip))
    again = fs.Tune(frame=tune.frame + 3, solver=2, rho=draw.random())
    skip = (again.frame + 1) // 4 * 4 * 3
    second, _ = begin(parent=fork, tunes=(tune, again), skip=skip)
    value = spec(frames=FRAMES, tunes=[each.model_dump() for each in (tune, again)])
    assert table(second, play(second)).equals(undisturbed(value).slice(skip))


def test_the_states_that_are_kept_are_few_and_a_fork_begins_near_its_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SNAPSHOTS", 5)
    parent, _ = begin(1.0, frames=201)
    play(parent)
    message = Start("fork", fs.parse_spec(spec(frames=201)), Want("fork"), skip=150 * 3)
    found = parent.fork(message)
    assert found and found.frame <= 150
    late = parent.fork(Start("fork", fs.parse_spec(spec(frames=201)), Want("fork"), skip=201 * 3))
    assert late and late.frame >= 190


def test_another_experiment_is_no_fork() -> None:
    parent, _ = begin(1.0)
    play(parent)
    other = fs.parse_spec(spec(frames=FRAMES, preset="curvature"))
    assert parent.fork(Start("other", other, Want("other"), skip=60)) is None
