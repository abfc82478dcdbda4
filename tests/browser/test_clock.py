"""The clock of the charts: it moves points along the axis and no value, predictions follow it, and frames stay
frames.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .conftest import watched
from .scope import open_page, read, show, wait_state

COUNTERS = ("steps", "jacobian", "flops", "wall")


@pytest.fixture(scope="module")
def opened(context: BrowserContext, server: str) -> Iterator[Page]:
    """The page at the greatest speed, one for all tests, which choose run and clock."""
    with watched(context, server, set()) as page:
        open_page(page, "?preset=first-order&speed=16")
        yield page


def series(page: Page, panel: str) -> list[dict[str, list[float | None]]]:
    return page.evaluate("panel => flowscope.series(panel)", panel)


def test_switching_clocks_moves_no_value_and_no_frame(opened: Page) -> None:
    page = opened
    page.locator("#unit-clock").select_option("t")
    show(page, "first-order")
    wait_state(page, "ended")
    frame, before = read(page, "frame"), series(page, "loss")
    titles = set()
    for clock in COUNTERS:
        page.locator("#unit-clock").select_option(clock)
        page.wait_for_function("clock => flowscope.units.clock === clock && flowscope.still", arg=clock)
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


def test_a_prediction_goes_through_its_lanes_own_clock_and_no_further(opened: Page) -> None:
    page = opened
    page.locator("#unit-clock").select_option("flops")
    show(page, "segment")
    page.wait_for_function(
        "() => flowscope.predictions.some(({id, points}) => id === 'P1' && points > 100) && flowscope.state === 'ended'"
    )
    assert 0 < read(page, "departure") < 1e-4
    assert "t" in next(each["formula"] for each in read(page, "predictions") if each["id"] == "P1")
