"""What is drawn while frames arrive: it grows, it lies on the sheet, it stops and goes on as told, and only the person
moves the camera.
"""

import math
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from .conftest import watched
from .scope import PANELS, drawn, open_page, pause, pixels, points, read, set_speed, show, wait_frame, wait_state

COUNTED = """() => {
  for (const name of ['newPlot', 'react']) {
    const act = Plotly[name];
    Plotly[name] = (...given) => (Plotly[name].calls += 1) && act(...given);
    Plotly[name].calls = 0;
  }
}"""
"""A script that counts how often Plotly draws all of a chart."""
HANDED = "() => document.querySelector('#loss .plot').data.length"  # curves that Plotly has for its hover


@pytest.fixture(scope="module")
def opened(context: BrowserContext, server: str) -> Iterator[Page]:
    """The page, one for the tests that begin the first run anew."""
    with watched(context, server, set()) as page:
        open_page(page, "")
        yield page


@pytest.fixture
def begun(opened: Page) -> Page:
    """That page at the start of the first run."""
    set_speed(opened, "1")
    show(opened, "riemannian-flow")
    return opened


@pytest.fixture(scope="module")
def paused(context: BrowserContext, server: str) -> Iterator[Page]:
    """The page paused after many frames."""
    with watched(context, server, set()) as page:
        open_page(page, "?speed=4")
        wait_frame(page, 200)
        pause(page)
        yield page


def test_every_path_grows_on_the_sheet_and_every_panel_moves(begun: Page) -> None:
    page = begun
    before = {name: (pixels(page, name), counts) for name, counts in points(page).items()}
    assert set(before) == set(PANELS)
    wait_frame(page, read(page, "frame") + 40)
    for name, counts in points(page).items():
        image, earlier = before[name]
        assert len(counts) == 3
        assert all(now > then for now, then in zip(counts, earlier, strict=True)), name
        assert pixels(page, name) != image, name
    assert read(page, "gaps") == 0


def test_the_axes_of_a_new_run_are_drawn_once(opened: Page) -> None:
    page = opened
    page.mouse.move(0, 0)  # where a pointer is over a chart, Plotly is given its curves too
    page.evaluate(COUNTED)
    show(page, "riemannian-flow")
    charts = len(PANELS) - 1
    assert page.evaluate("() => [Plotly.newPlot.calls, Plotly.react.calls]") == [charts, 0]


def test_every_drawn_point_lies_on_the_manifold(paused: Page) -> None:
    page = paused
    inputs = [row[0] for row in read(page, "meta.spec.problem.inputs")]
    for lane in range(3):
        path = page.evaluate("lane => flowscope.path(lane)", lane)
        assert len(path["outputs"]) == len(path["theta"]) > 200
        for outputs, (w, b) in zip(path["outputs"], path["theta"], strict=True):
            assert max(abs(math.tanh(w * x + b) - value) for x, value in zip(inputs, outputs, strict=True)) < 1e-6


def test_equal_times_for_all_lanes(paused: Page) -> None:
    page = paused
    times = [page.evaluate("lane => flowscope.path(lane).time", lane) for lane in range(3)]
    assert times[0] == times[1] == times[2]


def test_pause_freezes_step_is_one_frame_and_play_goes_on(begun: Page) -> None:
    page = begun
    wait_frame(page, 20)
    at = pause(page)
    drawn(page, at)
    page.wait_for_function("() => flowscope.settled && flowscope.still")  # theory has been told up to here too
    image = pixels(page, "loss")
    page.evaluate(
        "() => new Promise(done => { let n = 0; const tick = () => (++n > 20 ? done() : "
        "requestAnimationFrame(tick)); tick(); })"
    )
    assert read(page, "frame") == at
    assert pixels(page, "loss") == image
    for more in (1, 2, 3):
        page.keyboard.press("ArrowRight")
        page.wait_for_function("frame => flowscope.frame >= frame", arg=at + more)
        assert read(page, "frame") == at + more
        drawn(page, at + more)
    page.keyboard.press("Space")
    wait_frame(page, at + 30)
    assert read(page, "state") == "running"


def test_stepping_past_what_has_arrived_asks_the_server(begun: Page) -> None:
    page = begun
    pause(page)
    at, head = read(page, "frame"), read(page, "head")
    for frame in range(at + 1, head + 4):
        page.keyboard.press("ArrowRight")
        page.wait_for_function("frame => flowscope.frame === frame", arg=frame)
    assert read(page, "head") >= head + 3


def test_a_hidden_solver_leaves_every_panel_and_comes_back(paused: Page) -> None:
    page = paused
    page.keyboard.press("2")
    page.wait_for_function(
        "() => Object.values(flowscope.drawn).every(lanes => lanes[1].points === 0 && lanes[0].points > 0)"
    )
    assert "hide=1" in page.url
    page.locator(".card").nth(1).locator("input.switch").click()
    page.wait_for_function("() => Object.values(flowscope.drawn).every(lanes => lanes[1].points > 0)")
    assert "hide" not in page.url


@pytest.mark.gl
def test_the_camera_a_person_turned_stays_while_data_keep_coming(page: Page) -> None:
    open_page(page)
    first = read(page, "camera")
    box = page.locator("#stage").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 90, y - 40, steps=5)
    page.mouse.up()
    turned = read(page, "camera")
    assert turned != first
    frame = read(page, "frame")
    wait_frame(page, frame + 60)
    page.set_viewport_size({"width": 1360, "height": 768})
    page.keyboard.press("t")
    wait_frame(page, frame + 90)
    assert read(page, "camera") == turned
    page.locator("#stage").dblclick(position={"x": 300, "y": 260})
    page.wait_for_function("turned => JSON.stringify(flowscope.camera) !== JSON.stringify(turned)", arg=turned)


def test_arrow_keys_turn_the_camera_with_shift_on_the_stage(begun: Page) -> None:
    page = begun
    before, frame = read(page, "camera"), read(page, "frame")
    page.locator("#stage").focus()
    page.keyboard.press("Shift+ArrowLeft")
    assert read(page, "camera") != before
    wait_frame(page, frame + 5)


def test_the_run_ends_with_every_frame_drawn_and_hover_works(opened: Page) -> None:
    page = opened
    page.mouse.move(0, 0)
    set_speed(page, "16")
    show(page, "dampings")
    wait_state(page, "ended")
    counts = points(page)
    assert all(counts[name] == counts["stage"] for name in PANELS)
    assert sum(counts["stage"]) == read(page, "rows")
    assert read(page, "gaps") == 0
    page.wait_for_function("() => flowscope.still")
    assert page.evaluate(HANDED) == 0  # Plotly waits for a pointer
    box = page.locator("#loss").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_function(f"() => ({HANDED})() === 4")
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2)
    page.locator("#loss .hoverlayer .legend").wait_for()
