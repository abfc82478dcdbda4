"""The page for everybody: axe-core, the whole page by keyboard, reduced motion."""

from pathlib import Path
from typing import Any

import pytest
from flowscope_ui.layout import PANELS
from playwright.sync_api import Page, expect

from .scope import open_page, pause, read, wait_frame

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")


def violations(page: Page, part: str = "body") -> list[str]:
    """What axe-core finds in a part of the page as it stands, of the graver kinds."""
    if not page.evaluate("() => 'axe' in window"):
        page.add_script_tag(path=AXE)
    found: list[dict[str, Any]] = page.evaluate(
        "async part => (await axe.run(part, { resultTypes: ['violations'] })).violations", part
    )
    return [
        f"{each['id']}: {node['html'][:200]}" for each in found if each["impact"] in GRAVE for node in each["nodes"]
    ]


def still(page: Page, query: str) -> None:
    """The page without motion, paused after some frames: nothing fades while it is looked at."""
    page.emulate_media(reduced_motion="reduce")
    open_page(page, query)
    wait_frame(page, 60)
    pause(page)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing_grave_on_the_page_with_every_panel_menu_and_form_open(page: Page, theme: str) -> None:
    still(page, f"?speed=16&theme={theme}&hide=1&panels={'.'.join(PANELS)}")
    assert violations(page) == []
    for name in ("Choose the panels", "Export data"):
        page.get_by_role("button", name=name).click()
        expect(page.get_by_role("dialog", name=name)).to_be_visible()
        assert violations(page, "header") + violations(page, "[role=dialog]") == []
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog", name=name)).to_be_hidden()
        expect(page.get_by_role("button", name=name)).to_be_focused()
    page.get_by_role("tab", name="Edit").click()
    page.locator(".form .mantine-Accordion-control").first.wait_for()
    for control in page.locator(".form .mantine-Accordion-control").all():
        if control.get_attribute("aria-expanded") == "false":
            control.click()
    assert violations(page, "aside") == []
    page.get_by_role("tab", name="Watch").click()
    page.get_by_role("button", name="Lessons").click()
    expect(page.get_by_role("menuitem").first).to_be_focused()
    assert violations(page, "[role=menu]") == []
    page.get_by_role("menuitem", name="3. Rank loss").click()
    expect(page.locator(".lesson .option").first).to_be_visible()
    assert violations(page, "main") == []


def test_axe_finds_nothing_grave_in_one_column(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    still(page, "?speed=16")
    assert violations(page) == []


TABBABLE = "a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, summary, [tabindex='0']"
LEFT = """tabbable => [...document.querySelectorAll(tabbable)].filter((each) => {
  if (each.tabIndex < 0 || !each.checkVisibility({ visibilityProperty: true }) || each.dataset.visited) return false;
  return each.type !== 'radio' || each.checked; // of a group of radios the chosen one is reached
}).map((each) => each.outerHTML.slice(0, 160))"""
HERE = """() => {
  const { activeElement: at } = document;
  if (at === document.body) return null;
  at.dataset.visited = true;
  const shown = at.type === 'radio' ? at.nextElementSibling : at; // Mantine's radios are drawn by their labels
  const style = getComputedStyle(shown);
  const box = shown.getBoundingClientRect();
  const reach = parseFloat(style.outlineOffset) + parseFloat(style.outlineWidth);
  const cuts = (each) => {
    if (getComputedStyle(each).overflow === 'visible') return false;
    const edge = each.getBoundingClientRect();
    return box.left - reach < edge.left || box.right + reach > edge.right || box.top - reach < edge.top ||
      box.bottom + reach > edge.bottom;
  };
  const around = [];
  for (let each = shown.parentElement; each; each = each.parentElement) around.push(each);
  return {
    name: at.id || at.getAttribute('aria-label') || at.textContent,
      region: at.closest('header, main, aside')?.tagName ?? '',
    ring: style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2, color: style.outlineColor,
      cut: around.some(cuts),
  };
}"""


def walk(page: Page) -> list[dict[str, Any]]:
    """Every stop of the Tab key from the beginning of the page to its end."""
    page.evaluate("() => document.activeElement.blur()")
    page.evaluate("() => document.querySelectorAll('[data-visited]').forEach((each) => delete each.dataset.visited)")
    stops = []
    while len(stops) < 200:
        page.keyboard.press("Tab")
        stop = page.evaluate(HERE)
        if stop is None:
            return stops
        stops.append(stop)
    raise AssertionError("the Tab key is trapped")


def test_the_tab_key_reaches_every_control_in_order_with_a_ring_that_is_seen(page: Page) -> None:
    still(page, "?speed=16&theme=dark&panels=loss.rank.spectrum.modes")
    rings = set()
    for _ in ("dark", "light"):
        stops = walk(page)
        assert page.evaluate(LEFT, TABBABLE) == []
        assert len(stops) > 40
        regions = [stop["region"] for stop in stops]
        assert regions == sorted(regions, key=["HEADER", "MAIN", "ASIDE"].index)
        assert [stop["name"] for stop in stops if not stop["ring"]] == []
        assert [stop["name"] for stop in stops if stop["cut"]] == []
        rings |= {stop["color"] for stop in stops}
        page.keyboard.press("t")
    assert len(rings) == 2, "each theme has its own"


def test_nothing_but_the_data_moves_for_those_who_asked_for_less_motion(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    open_page(page)
    assert page.evaluate("() => document.getAnimations().length") == 0
    moving = """() => [...document.querySelectorAll('*')].filter((each) => ['', '::before', '::after'].some((part) => {
      const { animationName, transitionDuration } = getComputedStyle(each, part);
      return animationName !== 'none' || !/^(0s(, )?)+$/.test(transitionDuration);
    })).map((each) => each.outerHTML.slice(0, 120))"""
    assert page.evaluate(moving) == []
    page.get_by_role("button", name="Lessons").click()
    expect(page.get_by_role("menuitem").first).to_be_visible()
    assert page.evaluate("() => document.getAnimations().length") == 0
    page.keyboard.press("Escape")
    before = read(page, "camera")
    page.locator("button[data-face=edge]").click()
    turned = page.evaluate(
        "() => new Promise((then) => requestAnimationFrame(() => then([flowscope.camera, flowscope.frame])))"
    )
    wait_frame(page, turned[1] + 5)
    assert turned[0] != before
    assert read(page, "camera") == turned[0], "the camera is where it was asked to be at once"
    page.emulate_media(reduced_motion="no-preference")
    open_page(page)
    assert page.evaluate("() => document.getAnimations().length") > 0, "the dot of the badge beats for the others"
