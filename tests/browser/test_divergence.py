"""What runs away is drawn to the edge, with an arrow and the step at which it went; nothing is cropped in silence."""

import math
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .conftest import watched
from .scope import open_page, read, show, wait_state


@pytest.fixture(scope="module")
def opened(context: BrowserContext, server: str) -> Iterator[Page]:
    """The page at the greatest speed, one for all tests, which choose the run."""
    with watched(context, server, set()) as page:
        open_page(page, "?preset=large-step&speed=16&layers=spheres")
        yield page


def test_steps_that_are_too_large_leave_the_picture_with_an_arrow(opened: Page, tmp_path: Path) -> None:
    page = opened
    show(page, "large-step")
    wait_state(page, "ended")
    assert read(page, "endings") == ["diverged at step 14", "rank lost at step 2", ""]
    assert (
        max(value or 0 for value in page.evaluate("() => flowscope.series('loss')[0].y")) > 1e7
    )  # the axis has grown to it
    expect(page.locator(".card").first.locator(".ending")).to_contain_text("diverged")
    for panel in ("stage", "loss"):
        page.locator(f"button.save[data-panel={panel}]").click()
        with page.expect_download() as got:
            page.locator(f"[data-export=svg][data-panel={panel}]").click()
        got.value.save_as(tmp_path / f"{panel}.svg")
        words = " ".join(
            text.text or ""
            for text in ET.parse(tmp_path / f"{panel}.svg").getroot().iter("{http://www.w3.org/2000/svg}text")
        )
        assert "diverged at step 14" in words, panel
    exits = read(page, "exits")
    box = page.locator("#stage").bounding_box()
    assert box and exits[0] and exits[1] and exits[2] is None  # Adam is in sight
    for each in exits[:2]:
        edges = (each["x"], box["width"] - each["x"], each["y"], box["height"] - each["y"])
        assert min(edges) < 12 + 1
        assert math.isclose(math.hypot(each["dx"], each["dy"]), 1)


def test_the_integrator_and_its_tolerance_are_on_every_card(opened: Page) -> None:
    page = opened
    show(page, "stiff")
    cards = page.locator(".card .method")
    assert [text.strip() for text in cards.all_inner_texts()] == [
        "Dormand–Prince 5(4), rtol 0.0001, atol 1e-12",
        "Rosenbrock ROS34PW2 (stiff), rtol 0.0001, atol 1e-8",
    ]
    for name in range(2):
        assert cards.nth(name).is_visible()
