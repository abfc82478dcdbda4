"""A picture for every run: planes of outputs or parameters where they are few, else each network's function; and room
for every path.
"""

from collections.abc import Iterator

import flowscope as fs
import numpy as np
import pytest
import torch
from playwright.sync_api import BrowserContext, Page, Route, expect

from .conftest import watched
from .scope import open_page, pause, read, set_speed, show, show_end, wait_frame, wait_state

FLAT = {"saddle": 2, "escape": 3, "one-mode": 10, "twins": 2}
"""Presets of two parameters without a sheet in three outputs, and how many solvers they have."""


def wait_still(page: Page) -> None:
    page.wait_for_function("() => flowscope.still")


@pytest.fixture(scope="module")
def opened(context: BrowserContext, server: str) -> Iterator[Page]:
    """One page in which the tests of this file choose their demonstrations."""
    with watched(context, server, set()) as page:
        open_page(page, "?preset=saddle&speed=16&panels=loss")
        yield page


@pytest.mark.parametrize("preset", FLAT)
def test_two_parameters_are_a_plane_with_contours_of_the_loss(opened: Page, preset: str) -> None:
    show_end(opened, preset)
    expect(opened.locator("#stage-title")).to_have_text("Parameters")
    opened.wait_for_function("() => flowscope.flat.levels.length > 2")
    assert [lane["points"] > 1 for lane in read(opened, "drawn.stage")] == [True] * FLAT[preset]
    flat = read(opened, "flat")
    for lane in range(FLAT[preset]):
        path = np.array(read(opened, f"path({lane}).theta"))
        assert (path >= flat["low"]).all() and (path <= flat["high"]).all()


def test_the_contours_cover_what_a_path_has_made_the_picture_show(opened: Page) -> None:
    """The paths of `escape` leave the first ranges: the loss is asked for anew once the drawing stands."""
    set_speed(opened, "16")
    with opened.expect_request(lambda request: "/ground?" in request.url):
        show(opened, "escape")
    first = read(opened, "flat.high")
    wait_state(opened, "ended")
    opened.wait_for_function("high => flowscope.still && flowscope.flat.high[1] > high", arg=first[1])


def test_two_outputs_are_a_plane_with_all_that_one_parameter_reaches(opened: Page) -> None:
    show_end(opened, "circle")
    expect(opened.locator("#stage-title")).to_have_text("Plane of outputs")
    opened.wait_for_function("() => flowscope.flat.points.length")
    reached = np.array(read(opened, "flat.points"))
    assert np.abs(np.hypot(*reached.T) - 1.0).max() < 1e-5  # the unit circle, and all of it
    assert sorted(set(np.round(np.degrees(np.arctan2(reached[:, 1], reached[:, 0])) / 30).astype(int) % 12)) == list(
        range(12)
    )
    path = np.array(read(opened, "path(0).outputs"))
    assert np.abs(np.hypot(*path.T) - 1.0).max() < 1e-9


def test_what_is_reachable_is_looked_at_all_along_the_path(opened: Page) -> None:
    show_end(opened, "sine-curve")
    opened.wait_for_function("() => flowscope.flat.points.length")
    first = np.array(read(opened, "flat.points"))[:, 0]
    path = np.array(read(opened, "path(0).outputs"))[:, 0]
    assert first.min() <= path.min() and first.max() >= path.max()


def test_a_loop_stays_in_the_picture_for_all_its_turns(opened: Page) -> None:
    page = opened
    set_speed(page, "4")
    show(page, "loop")
    wait_frame(page, 150)
    assert read(page, "exits") == [None]
    wait_state(page, "ended")
    wait_still(page)
    assert read(page, "exits") == [None]
    assert "box=" not in page.url  # no hand has left it so


def test_the_fit_draws_the_function_of_every_lane_where_the_playhead_is(opened: Page) -> None:
    """Of 73 parameters, which are not on the wire: beside the engine's own function of θ at that frame."""
    show_end(opened, "schedules")
    spec = fs.preset("schedules").spec
    wanted = (800, 120)
    thetas = {frame: theta for frame, theta in enumerate(fs.paths(spec, spec.seeds[0])) if frame in wanted}
    for frame in wanted:
        opened.get_by_role("slider", name="Frame").fill(str(frame))
        opened.wait_for_function(
            "frame => flowscope.frame === frame && flowscope.fit.found?.frame === frame", arg=frame
        )
        found = read(opened, "fit.found")
        for lane in (0, 4):
            expected = fs.function(spec, thetas[frame][lane : lane + 1]).outputs[0].flatten().numpy()
            told = np.array(found["outputs"][found["lanes"].index(lane)]).flatten()
            np.testing.assert_allclose(told, expected, rtol=2e-5, atol=1e-6)
    assert read(opened, "fit.kind") == "curve"


def test_a_fit_that_stands_draws_no_function_of_another_frame(opened: Page) -> None:
    """The answers after the first are held back: until they come there are the samples alone, then every function."""
    held: list[Route] = []
    free: list[str] = ["frame=0"]

    def hold(route: Route) -> None:
        if route.request.url.endswith(tuple(free)):
            route.continue_()
        else:
            held.append(route)

    opened.route("**/function?**", hold)
    set_speed(opened, "4")
    show(opened, "schedules")
    opened.wait_for_function("() => flowscope.fit.found?.frame === 0")
    wait_state(opened, "ended")
    wait_still(opened)
    assert read(opened, "fit.found.frame") == 0
    assert read(opened, "fit.lines") == 0
    free.append("")
    for route in held:
        route.continue_()
    opened.wait_for_function("() => flowscope.fit.found.frame === flowscope.frame && flowscope.fit.lines === 7")
    opened.unroute_all()


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
def test_the_fit_is_drawn_as_its_inputs_allow(opened: Page, preset: str, kind: str) -> None:
    set_speed(opened, "16")
    show(opened, preset)
    assert read(opened, "fit.kind") == kind
    if kind != "truth":
        wait_state(opened, "ended")
        opened.wait_for_function("() => flowscope.fit.found?.frame === flowscope.frame")
        assert read(opened, "fit.found.lanes") == list(range(len(fs.preset(preset).spec.solvers)))


def test_classes_are_told_as_probabilities(opened: Page) -> None:
    set_speed(opened, "16")
    show(opened, "cross-entropy")
    wait_frame(opened, 100)
    pause(opened)
    wait_still(opened)
    fit = read(opened, "fit")
    outputs = torch.tensor(read(opened, "path(0).outputs")[-1], dtype=torch.float64).view(6, 3)
    shares = torch.softmax(outputs, 1)
    values = read(opened, "meta.target")
    assert (
        fit["low"] <= min(values)
        and 0.0 <= fit["low"] <= float(shares.min())
        and float(shares.max()) <= fit["high"] <= 1.0
    )


def test_the_range_of_the_fit_is_that_of_what_stands_there(opened: Page) -> None:
    """Outputs that went far away and came back leave no range behind them once the drawing stands."""
    spec = fs.preset("stiff").spec
    show_end(opened, "stiff")
    opened.wait_for_function("() => flowscope.fit.found?.frame === flowscope.frame && flowscope.still")
    opened.evaluate("() => flowscope.repaint()")
    wait_still(opened)
    rows = read(opened, "path(0).outputs")
    far = max(abs(value) for row in rows for value in row)
    fit = read(opened, "fit")
    shown = (
        [value for each in fit["found"]["outputs"] for row in each for value in row]
        + rows[-1]
        + read(opened, "meta.target")
    )
    assert far > 1.5 * max(abs(value) for value in shown), (far, spec.title)
    assert fit["high"] <= max(shown) + 1e-3 and fit["low"] >= min(shown) - 1e-3


def test_a_paused_fit_waits_for_no_later_frame(opened: Page) -> None:
    set_speed(opened, "1")
    show(opened, "conflict")
    wait_frame(opened, 40)
    frame = pause(opened)
    opened.wait_for_function("frame => flowscope.fit.found?.frame === frame", arg=frame)


@pytest.mark.parametrize("preset", ["saddle", "circle", "conflict"])
def test_a_run_that_is_left_while_something_is_asked_of_it_leaves_no_complaint(opened: Page, preset: str) -> None:
    """The answers are held back until the next run is there; the fixture holds the console to silence."""
    opened.route("**/ground?*", lambda route: None)
    opened.route("**/function?*", lambda route: None)
    set_speed(opened, "16")
    show(opened, preset)
    old = read(opened, "session")
    opened.evaluate("() => flowscope.again({ horizon: 1 })")
    opened.wait_for_function("old => flowscope.session !== old && flowscope.ready && flowscope.frame >= 1", arg=old)
    wait_state(opened, "ended")
    opened.unroute_all(behavior="ignoreErrors")
