"""The planes of parameters and of projected outputs, where there is one and where there is none."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from .conftest import watched
from .scope import arrange, open_page, pause, read, show, wait_frame


@pytest.fixture(scope="module")
def opened(context: BrowserContext, server: str) -> Iterator[Page]:
    """One page in which the tests choose runs and panels."""
    with watched(context, server, set()) as page:
        open_page(page, "?panels=plane")
        yield page


def test_both_planes_draw_every_path(opened: Page) -> None:
    arrange(opened, "plane", "projection")
    show(opened, "riemannian-flow")
    wait_frame(opened, 30)
    drawn = read(opened, "drawn")
    for name in ("plane", "projection"):
        assert [lane["points"] > 0 for lane in drawn[name]] == [True] * 3, name


def test_a_slice_is_cut_on_pause(opened: Page) -> None:
    arrange(opened, "plane")
    show(opened, "borderline")
    wait_frame(opened, 30)
    assert "Pause" in (opened.locator("#plane").get_attribute("data-empty") or "")
    pause(opened)
    opened.wait_for_function("() => flowscope.drawn.plane.length === 2 && flowscope.drawn.plane[0].points > 30")
    assert opened.locator("#plane").get_attribute("data-empty") == ""


def test_without_recorded_parameters_a_sentence_says_so(opened: Page) -> None:
    arrange(opened, "plane")
    show(opened, "network")
    assert "16 parameters" in (opened.locator("#plane").get_attribute("data-empty") or "")
