"""Frames become due with the clock, which these tests turn by hand."""

from math import inf

import flowscope as fs
import pytest
from flowscope_server.pace import Pace


def test_the_first_frame_is_due_at_once() -> None:
    assert Pace(5.0).wait(5.0, 1) == 0.0


def test_a_chunk_is_due_when_its_frames_are() -> None:
    pace = Pace(0.0)
    pace.spend(0.0, 1)
    assert pace.wait(0.0, 4) == pytest.approx(4 / 60)
    assert pace.wait(3 / 60, 4) == pytest.approx(1 / 60)
    assert pace.wait(4.001 / 60, 4) == 0.0


@pytest.mark.parametrize("speed", [0.0625, 0.5, 1.0, 8.0, 64.0])
def test_over_a_minute_as_many_frames_come_as_the_speed_says(speed: float) -> None:
    pace, frames, now = Pace(0.0, speed=speed), 0, 0.0
    while (now := now + pace.wait(now, 1)) < 60.0:
        pace.spend(now, 1)
        frames += 1
    assert frames == pytest.approx(3600 * speed, abs=2)


def test_a_missed_deadline_is_made_up_for_by_a_quarter_of_a_second_at_most() -> None:
    pace = Pace(0.0)
    due = 0
    while pace.wait(100.0, 1) == 0.0:
        pace.spend(100.0, 1)
        due += 1
    assert due == 15


def test_a_slow_run_may_always_save_up_for_one_chunk() -> None:
    assert Pace(0.0, speed=0.0625).wait(100.0, fs.FRAMES_PER_CHUNK) == 0.0


def test_a_paused_run_waits_for_ever_and_the_pause_counts_for_nothing() -> None:
    pace = Pace(0.0)
    pace.spend(0.0, 1)
    pace.pause(0.0)
    assert pace.wait(50.0, 1) == inf
    pace.resume(50.0)
    assert pace.wait(50.0, 1) == pytest.approx(1 / 60)


def test_what_was_saved_up_at_a_high_speed_is_not_kept_at_a_low_one() -> None:
    pace = Pace(0.0, speed=64.0)
    pace.accelerate(10.0, 0.0625)
    assert pace.wait(10.0, fs.FRAMES_PER_CHUNK + 1) > 0.0
