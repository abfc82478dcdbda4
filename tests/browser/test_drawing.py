"""What is drawn while frames arrive: it grows, it lies on the sheet, it stops and goes on as told, and only the person
moves the camera.
"""

import math

import pytest
from playwright.sync_api import Page

from .scope import PANELS, drawn, open_page, pause, pixels, points, read, wait_frame, wait_state

HANDED = "() => document.querySelector('#loss .plot').data.length"  # curves that Plotly has for its hover


def test_every_path_grows_on_the_sheet_and_every_panel_moves(page: Page) -> None:
    open_page(page)
    before = {name: (pixels(page, name), counts) for name, counts in points(page).items()}
    assert set(before) == set(PANELS)
    wait_frame(page, read(page, "frame") + 40)
    for name, counts in points(page).items():
        image, earlier = before[name]
        assert len(counts) == 3
        assert all(now > then for now, then in zip(counts, earlier, strict=True)), name
        assert pixels(page, name) != image, name
    assert read(page, "gaps") == 0


def test_every_drawn_point_lies_on_the_manifold(page: Page) -> None:
    open_page(page, "?speed=4")
    wait_frame(page, 200)
    pause(page)
    inputs = [row[0] for row in read(page, "meta.spec.problem.inputs")]
    for lane in range(3):
        path = page.evaluate("lane => flowscope.path(lane)", lane)
        assert len(path["outputs"]) == len(path["theta"]) > 200
        for outputs, (w, b) in zip(path["outputs"], path["theta"], strict=True):
            assert max(abs(math.tanh(w * x + b) - value) for x, value in zip(inputs, outputs, strict=True)) < 1e-6


def test_equal_times_for_all_lanes(page: Page) -> None:
    open_page(page)
    wait_frame(page, 30)
    pause(page)
    times = [page.evaluate("lane => flowscope.path(lane).time", lane) for lane in range(3)]
    assert times[0] == times[1] == times[2]


def test_pause_freezes_step_is_one_frame_and_play_goes_on(page: Page) -> None:
    open_page(page)
    wait_frame(page, 20)
    at = pause(page)
    drawn(page, at)
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


def test_stepping_past_what_has_arrived_asks_the_server(page: Page) -> None:
    open_page(page)
    pause(page)
    page.wait_for_function(
        "() => fetch(`/api/runs/${flowscope.run}`).then(r => r.json()).then(run => run.rows === flowscope.rows)"
    )
    at, head = read(page, "frame"), read(page, "head")
    for frame in range(at + 1, head + 4):
        page.keyboard.press("ArrowRight")
        page.wait_for_function("frame => flowscope.frame === frame", arg=frame)
    assert read(page, "head") >= head + 3


def test_a_hidden_solver_leaves_every_panel_and_comes_back(page: Page) -> None:
    open_page(page)
    wait_frame(page, 20)
    pause(page)
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


def test_arrow_keys_turn_the_camera_with_shift_on_the_stage(page: Page) -> None:
    open_page(page)
    before, frame = read(page, "camera"), read(page, "frame")
    page.locator("#stage").focus()
    page.keyboard.press("Shift+ArrowLeft")
    assert read(page, "camera") != before
    wait_frame(page, frame + 5)


def test_the_run_ends_with_every_frame_drawn_and_hover_works(page: Page) -> None:
    open_page(page, "?preset=dampings&speed=16")
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
