"""The layers of the stage: what they draw is what the engine recorded, and the address brings them and the camera
back.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page

from .conftest import watched
from .scope import open_page, pause, read, set_speed, show, show_end, wait_frame

pytestmark = pytest.mark.gl


@pytest.fixture(scope="module")
def opened(context: BrowserContext, server: str) -> Iterator[Page]:
    """One page for the tests that are not about what an address brings back."""
    with watched(context, server, set(), gl=True) as page:
        open_page(page, "?speed=4")
        yield page


@pytest.fixture(scope="module")
def bare(context: BrowserContext, server: str) -> Iterator[Page]:
    """A page that stands still, for the layers one by one."""
    with watched(context, server, set(), gl=True) as page:
        open_page(page, "?layers=.")
        wait_frame(page, 40)
        pause(page)
        yield page


@pytest.fixture
def begun(opened: Page) -> Page:
    """The first of them at the start of a run of the first preset, seen from where it is seen at first."""
    set_speed(opened, "4")
    show(opened, "riemannian-flow")
    opened.evaluate("() => document.querySelector('button[data-face=overview]').click()")
    opened.wait_for_function("() => !location.search.includes('camera')")
    return opened


def picture(page: Page) -> bytes:
    """What is seen of the stage, sheet and all."""
    page.mouse.move(5, 5)
    return page.locator("#stage").screenshot()


def test_the_projection_arrow_lies_in_the_tangent_plane_and_is_gauss_newtons_direction(begun: Page) -> None:
    wait_frame(begun, 60)
    pause(begun)
    for solver in range(3):
        begun.locator(".card").nth(solver).hover()
        begun.wait_for_function("lane => flowscope.tangent?.lane === lane", arg=solver)
        tangent = read(begun, "tangent")
        row = begun.evaluate(
            "lane => { const path = flowscope.path(lane); return [path.outputs.at(-1), path.theta.at(-1)]; }", solver
        )
        inputs = np.array(read(begun, "meta.spec.problem.inputs"))[:, 0]
        f, (w, b) = np.array(row[0]), row[1]
        slope = 1 - np.tanh(w * inputs + b) ** 2
        jacobian = np.stack([slope * inputs, slope], 1)
        normal = np.cross(jacobian[:, 0], jacobian[:, 1])
        normal /= np.linalg.norm(normal)
        full, projection = np.array(tangent["full"]), np.array(tangent["projection"])
        assert np.abs(full - (np.array(read(begun, "meta.target")) - f)).max() < 1e-12
        assert abs(projection @ np.array(tangent["normal"])) < 1e-9
        assert abs(projection @ normal) < 1e-9
        assert np.abs(projection - jacobian @ np.linalg.lstsq(jacobian, full)[0]).max() < 1e-9
        assert tangent["row"] == len(begun.evaluate("lane => flowscope.path(lane).time", solver)) - 1


@pytest.mark.parametrize("layer", ["curvature", "spheres", "tangent", "shadows", "side", "parallel"])
def test_every_layer_changes_the_picture_and_the_address_and_comes_back_with_it(bare: Page, layer: str) -> None:
    for other in read(bare, "layers"):
        bare.locator(f"button[data-layer={other}]").click()
    bare.wait_for_function("() => flowscope.state === 'paused' && flowscope.still")
    before = picture(bare)
    assert read(bare, "layers") == []
    bare.locator(f"button[data-layer={layer}]").click()
    bare.wait_for_function("layer => flowscope.layers.includes(layer)", arg=layer)
    assert f"layers={layer}" in bare.url
    bare.wait_for_function("() => flowscope.still")
    assert picture(bare) != before
    bare.reload()
    bare.wait_for_function("() => window.flowscope?.ready")
    assert read(bare, "layers") == [layer]
    assert bare.locator(f"button[data-layer={layer}]").get_attribute("aria-pressed") == "true"


def test_the_camera_is_in_the_address_and_comes_back(page: Page) -> None:
    open_page(page, "?layers=parallel")
    page.locator("button[data-face=edge]").click()
    page.keyboard.press("Shift+ArrowUp")
    before = read(page, "camera")
    assert before["parallel"]
    assert "camera=" in page.url
    page.reload()
    page.wait_for_function("() => window.flowscope?.ready")
    after = read(page, "camera")
    assert after["parallel"]
    for name in ("position", "target"):
        assert np.abs(np.array(after[name]) - np.array(before[name])).max() < 2e-3
    assert after["zoom"] == pytest.approx(before["zoom"], abs=1e-3)
    frame = read(page, "frame")
    wait_frame(page, frame + 30)
    assert read(page, "camera") == after
    page.locator("button[data-face=overview]").click()
    page.wait_for_function("() => !location.search.includes('camera')")


def test_dragging_while_frames_come_moves_only_as_the_pointer_does(begun: Page) -> None:
    box = begun.locator("#stage").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    begun.mouse.move(x, y)
    begun.mouse.down()
    begun.mouse.move(x + 60, y + 10, steps=4)
    held, frame = read(begun, "camera"), read(begun, "frame")
    wait_frame(begun, frame + 30)
    assert read(begun, "camera") == held
    begun.mouse.up()
    begun.wait_for_function("() => location.search.includes('camera=')")
    assert read(begun, "camera") == held


def test_what_the_sheet_hides_is_known_from_below_and_not_from_above(begun: Page) -> None:
    wait_frame(begun, 120)
    pause(begun)
    assert sum(read(begun, "covered")) == 0
    begun.locator("#stage").focus()
    for _ in range(30):
        begun.keyboard.press("Shift+ArrowLeft")
    begun.wait_for_function("() => flowscope.covered.reduce((a, b) => a + b) > 20")


@pytest.mark.parametrize("preset", ["pair-well", "pair-ill", "local-minimum"])
def test_every_axis_has_its_name_in_the_picture(opened: Page, tmp_path: Path, preset: str) -> None:
    """However the box lies: a name is neither cut off by the edge nor left out for a number."""
    show_end(opened, preset)
    opened.locator("button.save[data-panel=stage]").click()
    with opened.expect_download() as got:
        opened.locator("[data-export=svg][data-panel=stage]").click()
    got.value.save_as(tmp_path / "stage.svg")
    height = opened.locator("#stage").evaluate("place => place.clientHeight")
    names = [
        text
        for text in ET.parse(tmp_path / "stage.svg").getroot().iter("{http://www.w3.org/2000/svg}text")
        if text.text == "f(x"
    ]
    heights = [float(text.get("y", "nan")) for text in names]
    assert len(set(heights)) == 3
    assert all(8 < y < height - 4 for y in heights), (heights, height)
