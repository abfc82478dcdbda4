"""A picture for every run: planes of outputs or parameters where they are few, else each network's function; and room
for every path.
"""

import flowscope as fs
import numpy as np
import pytest
import torch
from playwright.sync_api import Page, Route, expect

from .scope import open_page, pause, read, wait_frame, wait_state

FLAT = {"saddle": 2, "escape": 3, "one-mode": 10, "twins": 2}
"""Presets of two parameters without a sheet in three outputs, and how many solvers they have."""


def wait_still(page: Page) -> None:
    page.wait_for_function("() => flowscope.still")


@pytest.mark.parametrize("preset", FLAT)
def test_two_parameters_are_a_plane_with_contours_of_the_loss(page: Page, preset: str) -> None:
    open_page(page, f"?preset={preset}&speed=16&panels=loss")
    expect(page.locator("#stage-title")).to_have_text("Parameters")
    wait_state(page, "ended")
    wait_still(page)
    page.wait_for_function("() => flowscope.flat.levels.length > 2")
    assert [lane["points"] > 1 for lane in read(page, "drawn.stage")] == [True] * FLAT[preset]
    flat = read(page, "flat")
    for lane in range(FLAT[preset]):
        path = np.array(read(page, f"path({lane}).theta"))
        assert (path >= flat["low"]).all() and (path <= flat["high"]).all()


def test_the_contours_cover_what_a_path_has_made_the_picture_show(page: Page) -> None:
    """The paths of `escape` leave the first ranges: the loss is asked for anew once the drawing stands."""
    with page.expect_request(lambda request: "/ground?" in request.url):
        open_page(page, "?preset=escape&speed=16&panels=loss")
    first = read(page, "flat.high")
    wait_state(page, "ended")
    page.wait_for_function("high => flowscope.still && flowscope.flat.high[1] > high", arg=first[1])


def test_two_outputs_are_a_plane_with_all_that_one_parameter_reaches(page: Page) -> None:
    open_page(page, "?preset=circle&speed=16&panels=loss")
    expect(page.locator("#stage-title")).to_have_text("Plane of outputs")
    wait_state(page, "ended")
    page.wait_for_function("() => flowscope.flat.points.length")
    reached = np.array(read(page, "flat.points"))
    assert np.abs(np.hypot(*reached.T) - 1.0).max() < 1e-5  # the unit circle, and all of it
    assert sorted(set(np.round(np.degrees(np.arctan2(reached[:, 1], reached[:, 0])) / 30).astype(int) % 12)) == list(
        range(12)
    )
    path = np.array(read(page, "path(0).outputs"))
    assert np.abs(np.hypot(*path.T) - 1.0).max() < 1e-9


def test_what_is_reachable_is_looked_at_all_along_the_path(page: Page) -> None:
    open_page(page, "?preset=sine-curve&speed=16&panels=loss")
    wait_state(page, "ended")
    wait_still(page)
    page.wait_for_function("() => flowscope.flat.points.length")
    first = np.array(read(page, "flat.points"))[:, 0]
    path = np.array(read(page, "path(0).outputs"))[:, 0]
    assert first.min() <= path.min() and first.max() >= path.max()


@pytest.mark.gl
def test_a_loop_stays_in_the_picture_for_all_its_turns(page: Page) -> None:
    open_page(page, "?preset=loop&speed=4&panels=loss")
    wait_frame(page, 150)
    assert read(page, "exits") == [None]
    wait_state(page, "ended")
    wait_still(page)
    assert read(page, "exits") == [None]
    assert "box=" not in page.url  # no hand has left it so


def test_the_fit_draws_the_function_of_every_lane_where_the_playhead_is(page: Page) -> None:
    """Of 73 parameters, which are not on the wire: beside the engine's own function of θ at that frame."""
    open_page(page, "?preset=schedules&speed=16&panels=loss")
    spec = fs.preset("schedules").spec
    wait_state(page, "ended")
    page.evaluate("() => document.activeElement.blur()")
    for frame in (800, 120):
        if frame != 800:
            page.goto(f"/?preset=schedules&at={frame}&panels=loss")
            page.wait_for_function("() => window.flowscope?.ready")
        page.wait_for_function("frame => flowscope.frame === frame && flowscope.fit.found?.frame === frame", arg=frame)
        found = read(page, "fit.found")
        for lane in (0, 4):
            theta = next(each for k, each in enumerate(fs.paths(spec, spec.seeds[0])) if k == frame)
            expected = fs.function(spec, theta[lane : lane + 1]).outputs[0].flatten().numpy()
            told = np.array(found["outputs"][found["lanes"].index(lane)]).flatten()
            np.testing.assert_allclose(told, expected, rtol=2e-5, atol=1e-6)
    assert read(page, "fit.kind") == "curve"


def test_a_fit_that_stands_draws_no_function_of_another_frame(page: Page) -> None:
    """The answers after the first are held back: until they come there are the samples alone, then every function."""
    held: list[Route] = []
    free: list[str] = ["frame=0"]

    def hold(route: Route) -> None:
        if route.request.url.endswith(tuple(free)):
            route.continue_()
        else:
            held.append(route)

    page.route("**/function?**", hold)
    open_page(page, "?preset=schedules&speed=4&panels=loss")
    page.wait_for_function("() => flowscope.fit.found?.frame === 0")
    wait_state(page, "ended")
    wait_still(page)
    assert read(page, "fit.found.frame") == 0
    assert read(page, "fit.lines") == 0
    free.append("")
    for route in held:
        route.continue_()
    page.wait_for_function("() => flowscope.fit.found.frame === flowscope.frame && flowscope.fit.lines === 7")


@pytest.mark.parametrize(
    ("preset", "kind"),
    [
        ("conflict", "curve"),
        ("own-data", "map"),
        ("chattering", "map"),
        ("segment", "truth"),
        ("cross-entropy", "truth"),
    ],
)
def test_the_fit_is_drawn_as_its_inputs_allow(page: Page, preset: str, kind: str) -> None:
    open_page(page, f"?preset={preset}&speed=16&panels=loss")
    assert read(page, "fit.kind") == kind
    wait_state(page, "ended")
    if kind != "truth":
        page.wait_for_function("() => flowscope.fit.found?.frame === flowscope.frame")
        assert read(page, "fit.found.lanes") == list(range(len(fs.preset(preset).spec.solvers)))


def test_classes_are_told_as_probabilities(page: Page) -> None:
    open_page(page, "?preset=cross-entropy&speed=16&panels=loss")
    wait_state(page, "ended")
    wait_still(page)
    fit = read(page, "fit")
    outputs = torch.tensor(read(page, "path(0).outputs")[-1], dtype=torch.float64).view(6, 3)
    shares = torch.softmax(outputs, 1)
    values = read(page, "meta.target")
    assert (
        fit["low"] <= min(values)
        and 0.0 <= fit["low"] <= float(shares.min())
        and float(shares.max()) <= fit["high"] <= 1.0
    )


def test_the_range_of_the_fit_is_that_of_what_stands_there(page: Page) -> None:
    """Outputs that went far away and came back leave no range behind them once the drawing stands."""
    spec = fs.preset("stiff").spec
    open_page(page, "?preset=stiff&speed=16&panels=loss")
    wait_state(page, "ended")
    page.wait_for_function("() => flowscope.fit.found?.frame === flowscope.frame && flowscope.still")
    page.evaluate("() => flowscope.repaint()")
    wait_still(page)
    rows = read(page, "path(0).outputs")
    far = max(abs(value) for row in rows for value in row)
    fit = read(page, "fit")
    shown = (
        [value for each in fit["found"]["outputs"] for row in each for value in row]
        + rows[-1]
        + read(page, "meta.target")
    )
    assert far > 1.5 * max(abs(value) for value in shown), (far, spec.title)
    assert fit["high"] <= max(shown) + 1e-3 and fit["low"] >= min(shown) - 1e-3


def test_a_paused_fit_waits_for_no_later_frame(page: Page) -> None:
    open_page(page, "?preset=conflict&speed=1&panels=loss")
    wait_frame(page, 40)
    frame = pause(page)
    page.wait_for_function("frame => flowscope.fit.found?.frame === frame", arg=frame)


@pytest.mark.parametrize("preset", ["saddle", "circle", "conflict"])
def test_a_run_that_is_left_while_something_is_asked_of_it_leaves_no_complaint(page: Page, preset: str) -> None:
    """The answers are held back until the next run is there; the fixture holds the console to silence."""
    page.route("**/ground?*", lambda route: None)
    page.route("**/function?*", lambda route: None)
    open_page(page, f"?preset={preset}&panels=loss&speed=16")
    old = read(page, "run")
    page.evaluate("() => flowscope.again({ horizon: 1 })")
    page.wait_for_function("old => flowscope.run !== old && flowscope.ready && flowscope.frame >= 1", arg=old)
    wait_state(page, "ended")
    page.unroute_all(behavior="ignoreErrors")
