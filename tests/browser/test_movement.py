"""The budget and the two conditions of a minimizing movement, as the page shows them."""

import base64
from collections.abc import Iterator
from itertools import pairwise

import flowscope as fs
import numpy as np
import pytest
from flowscope.movement import MinimizingMovement
from flowscope.problem import LatentDiffusion
from playwright.sync_api import BrowserContext, Page, expect

from .conftest import PATIENCE, watched
from .scope import arrange, open_page, pause, read, set_speed, show, wait_frame

LAST = "name => flowscope.column(0, name)"


@pytest.fixture(scope="module")
def opened(context: BrowserContext, server: str) -> Iterator[Page]:
    """One page in which the tests of this file choose runs and panels."""
    with watched(context, server, set()) as page:
        open_page(page, "?panels=lamps")
        yield page


def show_start(page: Page, preset: str) -> None:
    """The first frame of a preset's run, with the lamps beside it."""
    arrange(page, "lamps")
    set_speed(page, "0.25")
    show(page, preset)
    wait_frame(page, 5)
    pause(page)
    page.keyboard.press("Home")
    page.wait_for_function("() => flowscope.frame === 0 && flowscope.still")


def column(page: Page, name: str) -> list[float]:
    """What has arrived of a column of the first lane."""
    return page.evaluate(LAST, name)


def told(page: Page, panel: str) -> str:
    return page.locator(f"#{panel}-summary").text_content() or ""


def test_the_budget_is_drawn_as_it_came_and_says_what_it_buys(opened: Page) -> None:
    arrange(opened, "budget")
    set_speed(opened, "4")
    show(opened, "movement")
    wait_frame(opened, 120)
    pause(opened)
    frame = 120  # wherever the machine has paused
    opened.get_by_role("slider", name="Frame").fill(str(frame))
    opened.wait_for_function("frame => flowscope.frame === frame", arg=frame)
    opened.wait_for_function("() => flowscope.still")
    seen = read(opened, "budget")
    assert len(seen["budget"]) == frame + 1
    for name in ("budget", "budget_solver", "trajectory_error", "certificate", "distance"):
        assert np.allclose(seen[name], column(opened, name)[: frame + 1], rtol=0, atol=0, equal_nan=True), name
    outer, budget = np.array(seen["outer"]), np.array(seen["budget"])
    assert outer[-1] == 2 and (np.diff(budget)[np.diff(outer) == 0] == 0).all(), (
        "B_k moves where an outer step ends, and only there"
    )
    assert (np.array(seen["trajectory_error"]) <= budget * (1 + 1e-10) + 1e-12).all()
    assert "≤" in told(opened, "budget")
    assert "certified path, not less work" in read(opened, "honest")["budget"]
    opened.locator("#budget").focus()
    opened.keyboard.press("ArrowDown")
    opened.wait_for_function("() => flowscope.budget.lane === 1")
    assert "focus=1" in opened.url
    opened.keyboard.press("ArrowUp")
    opened.wait_for_function("() => flowscope.budget.lane === 0")


def test_both_lamps_read_as_the_table_says_and_name_what_they_are_not(opened: Page) -> None:
    wanted = {"near": [True, True], "far": [False, True], "adverse": [False, False]}
    for name, holds in wanted.items():
        show_start(opened, f"conditions-{name}")
        [lamps] = read(opened, "lamps")
        assert [lamps["interior"]["holds"], lamps["data"]["holds"]] == holds, name
        assert f"{'✓' if holds[0] else '✗'} {'✓' if holds[1] else '✗'}" in told(opened, "lamps")


def test_the_reached_component_is_drawn_on_the_sheet_and_its_contact_with_the_rim(opened: Page) -> None:
    """Beside the engine's own component: as many cells, within the coarseness of the stage's grid, and the same answer
    about the rim.
    """
    for name, touches in {"near": False, "far": True, "adverse": True}.items():
        show_start(opened, f"conditions-{name}")
        [seen] = read(opened, "sublevels")
        assert seen["touches"] == touches, name
        spec = fs.preset(f"conditions-{name}").spec
        movement = spec.solvers[0].method
        assert isinstance(movement, MinimizingMovement)
        start = spec.root(0)
        component = fs.sublevel(
            spec.network, spec.problem.data(spec.network), start, movement.tau, movement.radius, side=121
        )
        area = component.theta.shape[0] * component.spacing**2
        assert seen["area"] == pytest.approx(area, rel=0.15), name
    assert opened.locator("button[data-layer=sublevel]").is_visible()
    show(opened, "riemannian-flow")
    assert opened.locator("button[data-layer=sublevel]").is_hidden()


def test_names_beside_curves_stay_in_their_strip_and_the_first_of_too_many_are_kept(opened: Page) -> None:
    rows = opened.evaluate(
        """() => import('/assets/panels/stacked.mjs').then(({ drawNames }) => [100, 45, 20, 8].map((height) => {
          const said = [];
          const layer = { scale: 1, words: (text, x, y) => said.push([text[0], y]) };
          drawNames(layer, { top: 10, bottom: 10 + height, x: 0 }, ['a', 'b', 'c', 'd'].map((name, k) => [name, 40 - k,
            1, 'red']), {});
          return said;
        }))"""
    )
    assert ["".join(sorted(name for name, _ in said)) for said in rows] == ["abcd", "abc", "a", "a"]
    for height, said in zip((100, 45, 20), rows, strict=False):
        places = [y for _, y in said]
        assert all(10 + 6.5 <= y <= 10 + height - 6.5 for y in places)
        assert all(below - above >= 13 for above, below in pairwise(places))


def test_the_rim_is_named_clear_of_the_start(opened: Page) -> None:
    show_start(opened, "conditions-far")
    opened.evaluate(
        """() => import('/assets/canvas/layer.mjs').then(({ Layer }) => {
          const { words } = Layer.prototype;
          window.said = {};
          Layer.prototype.words = function (text, x, y, how) {
            const width = words.call(this, text, x, y, how);
            said[text] = { left: x, right: x + width, y };
            return width;
          };
        })"""
    )
    opened.evaluate("() => flowscope.repaint()")
    opened.wait_for_function("() => flowscope.frame === 0 && flowscope.still && said['touches the rim'] && said.start")
    rim, start = opened.evaluate("() => [said['touches the rim'], said.start]")
    assert rim["right"] < start["left"] or start["right"] < rim["left"] or abs(rim["y"] - start["y"]) >= 14


def test_a_run_without_a_movement_says_so_in_both_panels(opened: Page) -> None:
    arrange(opened, "budget", "lamps")
    show(opened, "riemannian-flow")
    expect(opened.locator("#budget-summary")).to_contain_text("nothing to tell", timeout=10_000)
    expect(opened.locator("#lamps-summary")).to_contain_text("nothing to tell")


NOTES = """globalThis.notes = [];
const keep = () => notes.push(document.getElementById('note')?.textContent);
new MutationObserver(keep).observe(document, { subtree: true, childList: true, characterData: true });
"""
"""A script that keeps every note, however shortly it stood."""


def test_the_testbed_says_that_it_is_being_built_and_shows_its_samples(page: Page) -> None:
    spec = fs.preset("diffusion").spec
    other = spec.model_copy(update={"problem": LatentDiffusion(seed=4321)})  # one that no worker has built
    text = base64.urlsafe_b64encode(other.model_dump_json(serialize_as_any=True).encode()).decode().rstrip("=")
    page.add_init_script(NOTES)
    page.goto(f"/?spec={text}&panels=diffusion")
    page.wait_for_function("() => notes.some((note) => /^Building the run: \\d+ s so far\\.$/.test(note))")
    page.wait_for_function("() => window.flowscope?.ready && flowscope.frame >= 1", timeout=4 * PATIENCE)
    assert page.locator("#note").text_content() == ""
    seen = page.evaluate(
        "() => [flowscope.column(0, 'samples').length, flowscope.column(0, 'sample_distance')[0], "
        "flowscope.meta.problem.floor]"
    )
    assert seen[0] >= 800 and seen[1] > seen[2] > 0
    assert "no better samples" in page.evaluate("() => flowscope.honest.diffusion")
