"""The transport bar: any recorded frame, exactly as it was drawn live; loops, marks, the address, the terms of a step,
branches, ghosts.
"""

from itertools import pairwise

import flowscope as fs
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .scope import drawn, open_page, pause, read, set_speed, show, spare, wait_frame, wait_state

SKETCH = """() => {
  const paths = CanvasRenderingContext2D.prototype, {moveTo, lineTo} = paths;
  window.sketch = [];
  let last = null;
  paths.moveTo = function (x, y) { last = [x, y]; sketch.push(last); return moveTo.call(this, x, y); };
  paths.lineTo = function (x, y) { if (last) last.push(x, y); return lineTo.call(this, x, y); };
}"""
"""Notes every line that the layers draw."""


@pytest.fixture
def begun(opened: Page) -> Page:
    """That page at the start of a run of the first preset, with no ghost."""
    set_speed(opened, "1")
    haunt(opened, shown=False)
    show(opened, "riemannian-flow")
    return opened


def haunt(page: Page, *, shown: bool) -> None:
    """Shows other runs behind the run, or hides them."""
    if page.locator("#ghosts").get_attribute("aria-pressed") != str(shown).lower():
        page.evaluate("() => document.getElementById('ghosts').click()")
    expect(page.locator("#ghosts")).to_have_attribute("aria-pressed", str(shown).lower())


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


def test_a_frame_that_is_scrubbed_to_is_drawn_as_it_was_live(begun: Page) -> None:
    begun.evaluate(SKETCH)
    wait_frame(begun, 40)
    frame = pause(begun)
    live = lines(begun)
    assert len(live) >= 9
    begun.wait_for_function("frame => flowscope.head > frame + 3", arg=frame)
    for other in (0, frame + 3, 5, frame):
        seek(begun, other)
    drawn(begun, frame)
    assert lines(begun) == live
    for key, at in (
        ("ArrowLeft", frame - 1),
        ("ArrowRight", frame),
        ("Shift+ArrowLeft", frame - 10),
        ("Shift+ArrowRight", frame),
        ("Home", 0),
    ):
        begun.keyboard.press(key)
        begun.wait_for_function("at => flowscope.frame === at", arg=at)
    assert lines(begun) != live


def test_play_from_the_past_replays_every_frame_and_the_head_is_a_button_away(begun: Page) -> None:
    wait_frame(begun, 60)
    seek(begun, 10)
    assert read(begun, "state") == "paused"
    begun.keyboard.press("Space")
    wait_state(begun, "replay")
    wait_frame(begun, 20)
    assert read(begun, "frame") < read(begun, "head") - 20
    begun.locator("#live").click()
    begun.wait_for_function("() => flowscope.state === 'running' && flowscope.head - flowscope.frame < 30")
    assert read(begun, "gaps") == 0


@pytest.mark.smooth
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


def test_the_end_plays_again_from_the_beginning(begun: Page) -> None:
    set_speed(begun, "16")
    wait_state(begun, "ended")
    begun.keyboard.press("Space")
    begun.wait_for_function("() => flowscope.frame < flowscope.head / 2 && flowscope.state === 'replay'")


def test_a_link_opens_at_its_frame(begun: Page) -> None:
    page = begun
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


def test_a_step_shows_its_terms(begun: Page) -> None:
    wait_frame(begun, 30)
    frame = pause(begun)
    begun.get_by_role("combobox", name="Solver whose terms are shown").select_option("1")
    terms = begun.locator("#terms")
    expect(terms).to_contain_text("g = ∇L")
    expect(terms).to_contain_text("σ of J")
    seek(begun, frame - 5)
    path = begun.evaluate("() => flowscope.path(1)")
    begun.keyboard.press("ArrowRight")
    begun.wait_for_function("at => flowscope.frame === at", arg=frame - 4)
    later = begun.evaluate("() => flowscope.path(1)")
    begun.keyboard.press("ArrowLeft")
    span = later["time"][-1] - later["time"][-2]
    rate = [(b - a) / span for a, b in zip(path["theta"][-1], later["theta"][-1], strict=True)]
    told = begun.evaluate("values => import('/assets/text/format.mjs').then(m => values.map(m.short).join(', '))", rate)
    expect(terms).to_contain_text(f"({told})")
    gradient = begun.evaluate("() => flowscope.column(1, 'gradient')")[
        2 * len(path["time"]) - 2 : 2 * len(path["time"])
    ]
    told = begun.evaluate(
        "values => import('/assets/text/format.mjs').then(m => values.map(m.short).join(', '))", gradient
    )
    expect(terms).to_contain_text(f"g = ∇L({told})")


def test_branching_starts_where_the_solver_was_and_leaves_its_parent_as_a_ghost(begun: Page) -> None:
    page = begun
    haunt(page, shown=True)
    wait_frame(page, 30)
    pause(page)
    seek(page, 20)
    page.get_by_role("combobox", name="Solver whose terms are shown").select_option("0")
    there = page.evaluate("() => flowscope.path(0)")["outputs"][-1]
    old = read(page, "session")
    page.keyboard.press("1")
    page.locator("#branch").click()
    page.wait_for_function("old => flowscope.session !== old && flowscope.ready && flowscope.frame >= 1", arg=old)
    meta = read(page, "meta")
    assert meta["spec"]["start"]["kind"] == "branch" and meta["spec"]["start"]["frame"] == 20
    assert [lane["name"] for lane in meta["lanes"]] == ["Gauss–Newton", "Damped, adaptive ρ"]
    assert meta["start"][0]["outputs"] == pytest.approx(there, abs=1e-12)
    assert min(read(page, "ghosts").values()) > 0
    page.reload()
    page.wait_for_function("() => window.flowscope?.ready")
    assert read(page, "meta.start")[0]["outputs"] == pytest.approx(there, abs=1e-12)
    page.keyboard.press("1")
    page.wait_for_function("() => !flowscope.hidden.length")


def test_the_run_before_stays_as_a_ghost_until_it_is_hidden(begun: Page) -> None:
    show(begun, "saddle")  # a run of other sizes, which is no ghost of the next
    show(begun, "riemannian-flow")
    haunt(begun, shown=True)
    wait_frame(begun, 30)
    old = read(begun, "session")
    assert set(read(begun, "ghosts").values()) == {0}
    begun.keyboard.press("r")
    begun.wait_for_function("old => flowscope.session !== old && flowscope.ready && flowscope.frame >= 1", arg=old)
    assert min(read(begun, "ghosts").values()) >= 90
    begun.keyboard.press("g")
    begun.wait_for_function("() => Object.values(flowscope.ghosts).every(points => points === 0)")


def test_any_kept_run_of_these_sizes_can_be_laid_over(begun: Page) -> None:
    haunt(begun, shown=True)
    set_speed(begun, "16")
    wait_state(begun, "ended")
    spec = fs.preset("riemannian-flow").spec.model_copy(update={"title": "kept"})
    kept = begun.request.post("/api/runs", data=spec.model_dump(mode="json")).json()["id"]
    rows, old = read(begun, "rows"), read(begun, "session")
    begun.keyboard.press("r")
    begun.wait_for_function("old => flowscope.session !== old && flowscope.ready", arg=old)
    begun.keyboard.press("g")
    begun.keyboard.press("g")
    begun.locator("#shelf summary").click()
    begun.locator(f"#shelf label:is([title='{kept}'], [data-tip='{kept}']) input").check()
    begun.wait_for_function("rows => flowscope.ghosts.stage >= 2 * rows", arg=rows)
    assert f"over={kept}" in begun.url
    begun.locator(f"#shelf label:is([title='{kept}'], [data-tip='{kept}']) input").uncheck()
    begun.wait_for_function("rows => flowscope.ghosts.stage < 2 * rows", arg=rows)


def test_a_page_that_leaves_does_not_end_a_run_that_others_watch(page: Page, context: BrowserContext) -> None:
    open_page(page)
    run = read(page, "run")
    other = spare(context.new_page())
    open_page(other, f"?run={run}")
    page.goto("about:blank")
    frame = read(other, "frame")
    wait_frame(other, frame + 20)
    assert read(other, "state") == "running"
    other.close()
