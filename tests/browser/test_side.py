"""Side by side: one picture per solver, one camera for all, and only its own path in each."""

import base64
import io
import math
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageColor
from playwright.sync_api import BrowserContext, Page

from .conftest import watched
from .scope import open_page, pause, read, show, show_end, wait_frame

pytestmark = pytest.mark.gl


@pytest.fixture(scope="module")
def opened(context: BrowserContext, server: str) -> Iterator[Page]:
    """One page for the tests that leave the camera where it is."""
    with watched(context, server, set(), gl=True) as page:
        open_page(page, "?layers=shadows.side.tangent&speed=16")
        yield page


COLORS = """async () => {
  const [palette, style] = await Promise.all([import('/assets/canvas/palette.mjs'),
    import('/assets/canvas/style.mjs')]);
  return [0, 1, 2].map((solver) => style.stylesOf(flowscope.meta.spec.solvers, palette.currentScheme())[solver].color);
}"""


def image(address: str) -> np.ndarray:
    """A data: address as pixels (rows, columns, 4)."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))).convert("RGBA"))


def parts(page: Page, picture: np.ndarray) -> list[np.ndarray]:
    """A picture of the stage, cell by cell."""
    return [picture[c["y"] : c["y"] + c["height"], c["x"] : c["x"] + c["width"]] for c in read(page, "cells")]


def sheets(page: Page) -> list[np.ndarray]:
    """What WebGL draws in each cell."""
    return parts(page, image(page.evaluate("() => flowscope.sheet()")))


def seen(page: Page) -> list[list[int]]:
    """Per cell, how many pixels have each solver's colour."""
    moving = image(page.evaluate("() => document.querySelector('canvas[data-layer=stage]').toDataURL()"))
    colors = [np.array(ImageColor.getrgb(color)) for color in page.evaluate(COLORS)]
    return [
        [int((part[..., :3] == color).all(2)[part[..., 3] == 255].sum()) for color in colors]
        for part in parts(page, moving)
    ]


def solvers(page: Page, expected: list[int | None]) -> None:
    page.wait_for_function(
        "wanted => JSON.stringify(flowscope.cells.map(({ solver }) => solver)) === wanted",
        arg=str(expected).replace(" ", "").replace("None", "null"),
    )


def test_every_solver_has_its_picture_and_one_camera_turns_them_all(page: Page) -> None:
    open_page(page, "?layers=side.spheres&speed=4")
    wait_frame(page, 100)
    pause(page)
    solvers(page, [0, 1, 2])
    assert page.locator("#stage canvas:not([data-layer])").count() == 1  # WebGL draws on one
    before = sheets(page)
    for cell, counts in enumerate(seen(page)):
        assert counts[cell] > 60
        assert sum(counts) == counts[cell]
    box, last = page.locator("#stage").bounding_box(), read(page, "cells")[2]
    assert box
    x, y = box["x"] + last["x"] + last["width"] / 2, box["y"] + last["y"] + last["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 90, y + 30, steps=5)
    page.mouse.up()
    page.wait_for_function("() => location.search.includes('camera=')")
    after = sheets(page)
    for pictures in (before, after):
        assert len({picture.shape for picture in pictures}) == 1
        for picture in pictures:  # alike but for what a rasteriser rounds elsewhere on its canvas
            assert (picture != pictures[0]).any(2).mean() < 1e-3
        assert len(np.unique(pictures[0].reshape(-1, 4), axis=0)) > 200
    assert (before[0] != after[0]).any(2).mean() > 0.2
    inputs = [row[0] for row in read(page, "meta.spec.problem.inputs")]
    for lane in range(3):
        path = page.evaluate("lane => flowscope.path(lane)", lane)
        assert len(path["outputs"]) == read(page, "drawn")["stage"][lane]["points"] > 100
        for outputs, (w, b) in zip(path["outputs"], path["theta"], strict=True):
            assert max(abs(math.tanh(w * x + b) - value) for x, value in zip(inputs, outputs, strict=True)) < 1e-6
    camera = read(page, "camera")
    page.reload()
    page.wait_for_function("() => window.flowscope?.ready")
    solvers(page, [0, 1, 2])
    assert np.abs(np.array(read(page, "camera")["position"]) - camera["position"]).max() < 2e-3


def test_heads_stand_where_their_own_picture_has_the_best_point(opened: Page, tmp_path: Path) -> None:
    show_end(opened, "riemannian-flow")
    cells, heads, best = read(opened, "cells"), read(opened, "drawn")["stage"], read(opened, "places")["best"]
    for lane in (1, 2):  # which have arrived
        assert heads[lane]["cell"] == cells[lane]["solver"] == lane
        assert (
            math.hypot(
                heads[lane]["last"]["x"] - cells[lane]["x"] - best["x"],
                heads[lane]["last"]["y"] - cells[lane]["y"] - best["y"],
            )
            < 1
        )
    opened.locator("button.save[data-panel=stage]").click()
    with opened.expect_download() as got:
        opened.locator("[data-export=svg][data-panel=stage]").click()
    got.value.save_as(tmp_path / "stage.svg")
    words = [text.text for text in ET.parse(tmp_path / "stage.svg").getroot().iter("{http://www.w3.org/2000/svg}text")]
    assert {"Gradient flow", "Gauss–Newton", "Damped, adaptive ρ"} <= set(words)
    assert words.count("target y") >= 3


def test_a_hidden_solver_gives_up_its_picture_and_the_key_brings_them_together(opened: Page) -> None:
    show(opened, "riemannian-flow")
    solvers(opened, [0, 1, 2])
    opened.keyboard.press("2")
    solvers(opened, [0, 2])
    opened.keyboard.press("1")
    solvers(opened, [None])
    opened.keyboard.press("1")
    solvers(opened, [0, 2])
    opened.keyboard.press("s")
    solvers(opened, [None])
    assert "side" not in opened.url
    opened.keyboard.press("s")
    solvers(opened, [0, 2])
    assert "layers=shadows.side.tangent" in opened.url
    opened.keyboard.press("2")
    solvers(opened, [0, 1, 2])
