"""What runs away is drawn to the edge, with an arrow and the step at which it went; nothing is cropped in silence."""

import math
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from .scope import open_page, read, wait_state
from .test_modules import run as run  # the fixture


def test_steps_that_are_too_large_leave_the_picture_with_an_arrow(page: Page, tmp_path: Path) -> None:
    open_page(page, "?preset=large-step&speed=16&layers=spheres")
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


def test_a_path_leaves_where_its_last_chord_meets_the_edge(run: Any) -> None:
    body = """
    const at = (...pixels) => m.exitOf({pixels: Float32Array.from(pixels), kept: pixels.length / 2}, {width: 400,
      height: 300});
    return [at(100, 150, 200, 150), at(100, 150, 1000, 150), at(100, 150, 1000, 150, 200, 150, 200, -5000), at(-90,
      150, 9000, 150)];"""
    assert run("canvas/ending", body) == [
        None,
        {"x": 388, "y": 150, "dx": 1, "dy": 0},
        {"x": 200, "y": 12, "dx": 0, "dy": -1},
        {"x": 388, "y": 150, "dx": 1, "dy": 0},
    ]


def test_the_integrator_and_its_tolerance_are_on_every_card(page: Page) -> None:
    open_page(page, "?preset=stiff")
    cards = page.locator(".card .method")
    assert [text.strip() for text in cards.all_inner_texts()] == [
        "Dormand–Prince 5(4), rtol 0.0001, atol 1e-12",
        "Rosenbrock ROS34PW2 (stiff), rtol 0.0001, atol 1e-8",
    ]
    for name in range(2):
        assert cards.nth(name).is_visible()
