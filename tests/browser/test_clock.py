"""The clock of the charts: it moves points along the axis and no value, predictions follow it, and frames stay
frames.
"""

import math
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .scope import open_page, read, wait_state

COUNTERS = ("steps", "jacobian", "flops", "wall")


def series(page: Page, panel: str) -> list[dict[str, list[float | None]]]:
    return page.evaluate("panel => flowscope.series(panel)", panel)


def test_switching_clocks_moves_no_value_and_no_frame(page: Page) -> None:
    open_page(page, "?preset=first-order&speed=16")
    wait_state(page, "ended")
    frame, before = read(page, "frame"), series(page, "loss")
    titles = set()
    for clock in COUNTERS:
        page.locator("#unit-clock").select_option(clock)
        page.wait_for_function("clock => flowscope.units.clock === clock", arg=clock)
        after = series(page, "loss")
        assert [each["y"] for each in after] == [each["y"] for each in before]
        assert [each["x"] for each in after] != [each["x"] for each in before]
        for each in after:
            x: list[Any] = each["x"]
            assert all(a <= b for a, b in pairwise(x))
        assert read(page, "frame") == frame
        expect(page.locator("#clock")).to_have_text("t = 60.00")
        titles.add(page.locator("#loss .xtitle").text_content())
    assert len(titles) == len(COUNTERS)
    assert "clock=wall" in page.url


def test_a_prediction_goes_through_its_lanes_own_clock_and_no_further(page: Page) -> None:
    open_page(page, "?preset=segment&speed=16&clock=flops")
    page.wait_for_function(
        "() => flowscope.predictions.some(({id, points}) => id === 'P1' && points > 100) && flowscope.state === 'ended'"
    )
    assert 0 < read(page, "departure") < 1e-4
    assert "t" in next(each["formula"] for each in read(page, "predictions") if each["id"] == "P1")


@pytest.fixture
def module(page: Page, server: str) -> Any:
    page.goto("/api/health")
    return lambda body: page.evaluate(f"async () => {{ const m = await import('/assets/stream/clock.mjs'); {body} }}")


def test_places_lie_between_rows_and_nothing_is_extrapolated(module: Any) -> None:
    body = """
    const column = values => ({data: Float64Array.from(values), view(n = values.length) { return this.data.subarray(0,
      n); }});
    const lane = {count: 3, epoch: 0, columns: {time: column([0, 1, 2]), a: column([0, 10, 10]), b: column([1, 2, 5])}};
    const units = {axis: {name: "both", columns: ["a", "b"]}, factor: () => 1};
    const at = time => { const x = m.placeOf(units, lane, time); return Number.isNaN(x) ? "none" : x; };
    return [[...m.along(units, lane, 3)], at(0.5), at(2), at(2.01), at(-0.1)];"""
    places, half, end, beyond, before = module(body)
    assert places == [1, 12, 15]
    assert math.isclose(half, 6.5) and end == 15
    assert (beyond, before) == ("none", "none")
