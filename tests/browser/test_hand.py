"""Start and target dragged on the stage: one run at a time, the newest wish wins, the last place always runs, and the
camera stays.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .conftest import watched
from .scope import open_page, read, show, wait_frame


@pytest.fixture(scope="module")
def opened(context: BrowserContext, server: str) -> Iterator[Page]:
    """The page, one for all tests, which begin the first run anew."""
    with watched(context, server, set()) as page:
        open_page(page, "")
        yield page


def drag(page: Page, mark: str, *steps: tuple[int, int], pause: int = 30) -> None:
    """Takes a mark on the stage and moves it by these pixels, one after the other."""
    box = page.locator("#stage").bounding_box()
    assert box
    place = page.evaluate("mark => [flowscope.places[mark]].flat()[0]", mark)
    x, y = box["x"] + place["x"], box["y"] + place["y"]
    page.mouse.move(x, y)
    page.mouse.down()
    for dx, dy in steps:
        x, y = x + dx, y + dy
        page.mouse.move(x, y)
        page.wait_for_timeout(pause)  # a hand is slower than a script
    page.mouse.up()


def test_the_start_follows_the_pointer_and_the_last_place_runs(opened: Page) -> None:
    page = opened
    show(page, "riemannian-flow")
    page.evaluate("performance.clearMeasures()")
    wait_frame(page, 10)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.method) if request.url.endswith("/api/runs") else None)
    camera, before = read(page, "camera"), read(page, "meta.start")[0]["theta"]
    at = page.evaluate("() => flowscope.places.start[0]")
    drag(page, "start", *[(-9, 4)] * 14)
    page.wait_for_function("() => location.search.includes('spec=')")
    page.wait_for_function("() => flowscope.ready && flowscope.frame >= 1 && flowscope.places?.start.length === 1")
    page.wait_for_function(
        "at => Math.hypot(flowscope.places.start[0].x - at.x + 126, flowscope.places.start[0].y - at.y - 56) < 3",
        arg=at,
    )
    assert read(page, "meta.start")[0]["theta"] != pytest.approx(before, abs=1e-3)
    assert read(page, "camera") == camera
    assert 1 <= requests.count("POST") <= 14
    assert read(page, "gaps") == 0
    waits = page.evaluate("() => performance.getEntriesByName('flowscope:first-frame').length")
    assert waits == requests.count("POST")
    runs = "fetch('/api/runs').then(r => r.json()).then(runs => runs.filter(run => run.state !== 'ended').length)"
    page.wait_for_function(
        f"() => {runs}.then(count => count <= 2)"
    )  # the last one, and one that is being dropped, in no hurry


def test_the_target_moves_in_the_plane_of_the_screen(opened: Page) -> None:
    page = opened
    show(page, "riemannian-flow")
    wait_frame(page, 10)
    at, best = page.evaluate("() => flowscope.places.target"), read(page, "meta.best")["outputs"]
    drag(page, "target", *[(3, -5)] * 6)
    page.wait_for_function("() => flowscope.meta?.spec.problem.kind === 'points' && flowscope.frame >= 1")
    page.wait_for_function(
        "at => Math.hypot(flowscope.places.target.x - at.x - 18, flowscope.places.target.y - at.y + 30) < 3", arg=at
    )
    assert read(page, "places.target.z") == pytest.approx(at["z"], abs=1e-6)
    assert read(page, "meta.best")["outputs"] != pytest.approx(best, abs=1e-4)
    spec = read(page, "meta.spec")
    assert [row[0] for row in spec["problem"]["targets"]] == pytest.approx(read(page, "meta.target"), abs=0)


def test_elsewhere_the_pointer_turns_the_camera(opened: Page) -> None:
    page = opened
    show(page, "riemannian-flow")
    run, camera = read(page, "run"), read(page, "camera")
    box = page.locator("#stage").bounding_box()
    assert box
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 50)
    page.mouse.up()
    assert read(page, "camera") != camera
    assert read(page, "run") == run


def test_alt_brings_the_start_to_the_pointer(opened: Page) -> None:
    page = opened
    show(page, "riemannian-flow")
    run = read(page, "session")
    box = page.locator("#stage").bounding_box()
    assert box
    page.keyboard.down("Alt")
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.keyboard.up("Alt")
    page.wait_for_function("run => flowscope.session !== run && flowscope.ready && flowscope.frame >= 1", arg=run)
    start = page.evaluate("() => flowscope.places.start[0]")
    assert [start["x"], start["y"]] == pytest.approx([box["width"] / 2, box["height"] / 2], abs=3)
    expect(page.locator("#note")).to_be_empty()
