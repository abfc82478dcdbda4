"""The transport bar: any recorded frame, exactly as it was drawn live; loops, marks, the address, the terms of a step,
branches, ghosts.
"""

from itertools import pairwise

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .scope import drawn, open_page, pause, read, wait_frame, wait_state

SKETCH = """() => {
  const paths = CanvasRenderingContext2D.prototype, {moveTo, lineTo} = paths;
  window.sketch = [];
  let last = null;
  paths.moveTo = function (x, y) { last = [x, y]; sketch.push(last); return moveTo.call(this, x, y); };
  paths.lineTo = function (x, y) { if (last) last.push(x, y); return lineTo.call(this, x, y); };
}"""
"""Notes every line that the layers draw."""


def lines(page: Page) -> set[tuple[float, ...]]:
    """The curves and paths of every panel as it stands, once theory's curves and the map have taken in what has
    arrived.

    These are the lines of three points and more. On a slow machine two frames hold more than one drawing of the same: a
    line counts once. What arrives meanwhile is drawn too: two drawings must agree.
    """
    before: set[tuple[float, ...]] = set()
    for _ in range(10):
        page.wait_for_function("() => flowscope.settled && flowscope.still")
        page.evaluate("() => { sketch.length = 0; flowscope.repaint(); }")
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        seen = {tuple(line) for line in page.evaluate("() => sketch.filter(line => line.length >= 6)")}
        if seen == before:
            break
        before = seen
    return before


def seek(page: Page, frame: int) -> None:
    page.get_by_role("slider", name="Frame").fill(str(frame))
    page.wait_for_function("frame => flowscope.frame === frame", arg=frame)


def test_a_frame_that_is_scrubbed_to_is_drawn_as_it_was_live(page: Page) -> None:
    open_page(page)
    page.evaluate(SKETCH)
    wait_frame(page, 40)
    frame = pause(page)
    live = lines(page)
    assert len(live) >= 9
    page.wait_for_function("frame => flowscope.head > frame + 3", arg=frame)
    for other in (0, frame + 3, 5, frame):
        seek(page, other)
    drawn(page, frame)
    assert lines(page) == live
    for key, at in (
        ("ArrowLeft", frame - 1),
        ("ArrowRight", frame),
        ("Shift+ArrowLeft", frame - 10),
        ("Shift+ArrowRight", frame),
        ("Home", 0),
    ):
        page.keyboard.press(key)
        page.wait_for_function("at => flowscope.frame === at", arg=at)
    assert lines(page) != live


def test_play_from_the_past_replays_every_frame_and_the_head_is_a_button_away(page: Page) -> None:
    open_page(page)
    wait_frame(page, 60)
    seek(page, 10)
    assert read(page, "state") == "paused"
    page.keyboard.press("Space")
    wait_state(page, "replay")
    wait_frame(page, 20)
    assert read(page, "frame") < read(page, "head") - 20
    page.locator("#live").click()
    page.wait_for_function("() => flowscope.state === 'running' && flowscope.head - flowscope.frame < 30")
    assert read(page, "gaps") == 0


def test_a_loop_goes_round_between_its_marks(page: Page) -> None:
    open_page(page)
    wait_frame(page, 60)
    seek(page, 20)
    page.keyboard.press("[")
    seek(page, 32)
    page.keyboard.press("]")
    page.keyboard.press("o")
    body = """() => new Promise(done => {
      const seen = [];
      const go = () => { seen.push(flowscope.frame); seen.length < 90 ? requestAnimationFrame(go) : done(seen); };
      go();
    })"""
    seen = page.evaluate(body)[5:]
    assert min(seen) >= 20 and max(seen) <= 32
    assert sum(after < before for before, after in pairwise(seen)) >= 1
    expect(page.locator("#loop")).to_have_attribute("aria-pressed", "true")


def test_the_end_plays_again_from_the_beginning(page: Page) -> None:
    open_page(page, "?speed=16")
    wait_state(page, "ended")
    page.keyboard.press("Space")
    page.wait_for_function("() => flowscope.frame < flowscope.head / 2 && flowscope.state === 'replay'")


def test_a_link_opens_at_its_frame(page: Page) -> None:
    open_page(page)
    wait_frame(page, 30)
    frame = pause(page)
    seek(page, 17)
    page.wait_for_function("() => location.search.includes('at=17')")
    path = page.evaluate("() => flowscope.path(1)")
    page.reload()
    page.wait_for_function("() => window.flowscope?.ready && flowscope.frame === 17")
    wait_state(page, "paused")
    assert page.evaluate("() => flowscope.path(1)") == path
    assert frame > 17
    page.keyboard.press("Space")
    page.wait_for_function("() => !location.search.includes('at=')")


def test_a_step_shows_its_terms(page: Page) -> None:
    open_page(page)
    wait_frame(page, 30)
    frame = pause(page)
    page.get_by_role("combobox", name="Solver whose terms are shown").select_option("1")
    terms = page.locator("#terms")
    expect(terms).to_contain_text("g = ∇L")
    expect(terms).to_contain_text("σ of J")
    seek(page, frame - 5)
    path = page.evaluate("() => flowscope.path(1)")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("at => flowscope.frame === at", arg=frame - 4)
    later = page.evaluate("() => flowscope.path(1)")
    page.keyboard.press("ArrowLeft")
    span = later["time"][-1] - later["time"][-2]
    rate = [(b - a) / span for a, b in zip(path["theta"][-1], later["theta"][-1], strict=True)]
    told = page.evaluate("values => import('/assets/text/format.mjs').then(m => values.map(m.short).join(', '))", rate)
    expect(terms).to_contain_text(f"({told})")


def test_branching_starts_where_the_solver_was_and_leaves_its_parent_as_a_ghost(page: Page) -> None:
    open_page(page)
    wait_frame(page, 30)
    pause(page)
    seek(page, 20)
    page.get_by_role("combobox", name="Solver whose terms are shown").select_option("0")
    there = page.evaluate("() => flowscope.path(0)")["outputs"][-1]
    old = read(page, "run")
    page.keyboard.press("1")
    page.locator("#branch").click()
    page.wait_for_function("old => flowscope.run !== old && flowscope.ready && flowscope.frame >= 1", arg=old)
    meta = read(page, "meta")
    assert meta["spec"]["start"]["kind"] == "branch" and meta["spec"]["start"]["frame"] == 20
    assert [lane["name"] for lane in meta["lanes"]] == ["Gauss–Newton", "Damped, adaptive ρ"]
    assert meta["start"][0]["outputs"] == pytest.approx(there, abs=1e-12)
    assert min(read(page, "ghosts").values()) > 0
    page.reload()
    page.wait_for_function("() => window.flowscope?.ready")
    assert read(page, "meta.start")[0]["outputs"] == pytest.approx(there, abs=1e-12)


def test_the_run_before_stays_as_a_ghost_until_it_is_hidden(page: Page) -> None:
    open_page(page)
    wait_frame(page, 30)
    old = read(page, "run")
    assert set(read(page, "ghosts").values()) == {0}
    page.keyboard.press("r")
    page.wait_for_function("old => flowscope.run !== old && flowscope.ready && flowscope.frame >= 1", arg=old)
    assert min(read(page, "ghosts").values()) >= 90
    page.keyboard.press("g")
    page.wait_for_function("() => Object.values(flowscope.ghosts).every(points => points === 0)")


def test_any_kept_run_of_these_sizes_can_be_laid_over(page: Page) -> None:
    open_page(page, "?speed=16")
    wait_state(page, "ended")
    kept, rows = read(page, "run"), read(page, "rows")
    page.keyboard.press("r")
    page.wait_for_function("old => flowscope.run !== old && flowscope.ready", arg=kept)
    page.keyboard.press("g")
    page.keyboard.press("g")
    page.locator("#shelf summary").click()
    page.locator(f"#shelf label:is([title='{kept}'], [data-tip='{kept}']) input").check()
    page.wait_for_function("rows => flowscope.ghosts.stage >= 2 * rows", arg=rows)
    assert f"over={kept}" in page.url
    page.locator(f"#shelf label:is([title='{kept}'], [data-tip='{kept}']) input").uncheck()
    page.wait_for_function("rows => flowscope.ghosts.stage < 2 * rows", arg=rows)


def test_a_page_that_leaves_does_not_end_a_run_that_others_watch(page: Page, context: BrowserContext) -> None:
    open_page(page)
    run = read(page, "run")
    other = context.new_page()
    open_page(other, f"?run={run}")
    page.goto("about:blank")
    frame = read(other, "frame")
    wait_frame(other, frame + 20)
    assert read(other, "state") == "running"
    other.close()
