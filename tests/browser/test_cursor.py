"""One cursor: what is under the pointer in one chart is marked at the same time in every panel."""

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page

from .conftest import watched
from .scope import open_page, pause, read, wait_frame


@pytest.fixture(scope="module")
def opened(context: BrowserContext, server: str) -> Iterator[Page]:
    """The page paused after some frames, with every panel that the tests point at."""
    with watched(context, server, set()) as page:
        open_page(page, "?speed=4&panels=loss.eigenvalues.rho.plane.pair.spectrum.modes.ledger&layers=.")
        wait_frame(page, 160)
        pause(page)
        yield page


def units(page: Page, clock: str) -> None:
    """Chooses a clock, with the pointer over no chart."""
    page.mouse.move(5, 5)
    page.locator("#unit-clock").select_option(clock)
    page.wait_for_function(
        "() => flowscope.still && Object.values(flowscope.pointed).every(marks => marks.length === 0)"
    )


def hover(page: Page, panel: str, share: float) -> None:
    box = page.locator(f"#{panel}").bounding_box()
    assert box
    page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)


def test_the_same_time_is_marked_in_every_panel_with_its_value(opened: Page) -> None:
    page = opened
    units(page, "t")
    assert all(marks == [] for marks in read(page, "pointed").values())
    hover(page, "loss", 0.3)
    page.wait_for_function(
        "() => Object.entries(flowscope.pointed).every(([name, marks]) => marks.length === (name === 'pair' ? 1 : 3))"
    )
    pointed = read(page, "pointed")
    rows = [mark["row"] for mark in pointed["loss"]]
    assert len(set(rows)) == 1 and 0 < rows[0] < 160  # of three lanes at one flow time
    for panel in ("stage", "eigenvalues", "rho", "plane", "spectrum", "modes", "ledger"):
        assert [mark["row"] for mark in pointed[panel]] == rows, panel
    assert pointed["pair"][0]["row"] == rows[0]
    for lane in range(3):
        series = page.evaluate("() => flowscope.series('loss')")[lane]
        assert np.isclose(pointed["loss"][lane]["value"], series["y"][rows[lane]], rtol=1e-12)
    page.mouse.move(5, 5)
    page.wait_for_function("() => Object.values(flowscope.pointed).every(marks => marks.length === 0)")


def test_by_another_clock_each_path_is_marked_where_it_had_spent_as_much(opened: Page) -> None:
    page = opened
    units(page, "jacobian")
    hover(page, "rho", 0.4)
    page.wait_for_function(
        "() => flowscope.pointed.rho.length > 0 && flowscope.pointed.stage.length === flowscope.pointed.loss.length"
    )
    pointed = read(page, "pointed")
    assert (
        [mark["row"] for mark in pointed["stage"]]
        == [mark["row"] for mark in pointed["loss"]]
        == [mark["row"] for mark in pointed["rho"]]
    )
    spent = page.evaluate("() => flowscope.series('loss').map(({ x }) => x)")
    found = [spent[mark["lane"]][mark["row"]] for mark in pointed["loss"]]
    assert len({mark["row"] for mark in pointed["loss"]}) > 1 or len(found) == 1
    assert max(found) - min(found) <= 14  # no step of these costs more evaluations of J
