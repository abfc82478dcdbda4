"""Tooltips: one element for every control, by pointer and by keyboard, with the formula of what the control stands
for.
"""

from collections.abc import Iterator

import pytest
from flowscope_ui.layout import PANELS
from playwright.sync_api import BrowserContext, Page, expect

from .conftest import watched
from .scope import open_page

TOLD = """() => {
  const kinds = "button, select, input, textarea, summary, [role=tab], [role=menuitem], [tabindex='0']";
  const seen = [...document.querySelectorAll(kinds)];
  const shown = seen.filter((each) => each.type !== "hidden" && each.checkVisibility({ visibilityProperty: true }) &&
    !each.disabled);
  const tip = document.getElementById("tip");
  return shown.map((each) => {
    each.focus({ preventScroll: true });
    const words = tip.hidden ? "" : tip.querySelector("p").textContent;
    const tex = !tip.hidden && !tip.querySelector(".tex").hidden;
    each.blur();
    return [each.id || each.dataset.layer || each.className || each.outerHTML.slice(0, 90), words, tex];
  });
}"""
FORMULAS = {"unit-loss", "unit-clock", "unit-share", "curvature", "spheres", "tangent", "metric", "logt", "switch"}
"""Controls that stand for a formula, whichever run is shown."""


@pytest.fixture(scope="module")
def opened(context: BrowserContext, server: str) -> Iterator[Page]:
    """One page with every panel."""
    with watched(context, server, set()) as page:
        open_page(page, f"?panels={'.'.join(PANELS)}")
        yield page


def test_every_control_has_a_tooltip_and_those_that_stand_for_a_formula_show_it(opened: Page) -> None:
    opened.keyboard.press("Tab")  # a hand on the keyboard
    for opener in (None, "#edit-tab", "#lessons-menu", "#panels-menu", "#export-menu"):
        if opener:
            opened.locator(opener).click()
            opened.keyboard.press("Shift")
        told = opened.evaluate(TOLD)
        assert len(told) > 40
        assert [name for name, words, _ in told if len(words) < 3] == []
        if opener is None:
            assert {name for name in FORMULAS if any(name in each.split() and tex for each, _, tex in told)} == FORMULAS


def test_a_tooltip_shows_typeset_formulas_goes_with_escape_and_stays_in_the_window(page: Page) -> None:
    open_page(page)
    page.locator(
        "#predictions .prediction"
    ).first.wait_for()  # its first line moves what stands below it from under a pointer
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.locator("#unit-loss").hover()
    tip = page.locator("#tip")
    expect(tip.locator(".katex-html")).to_be_visible()
    expect(tip.locator("math")).to_be_attached()  # for a reader
    assert page.locator("#unit-loss").get_attribute("aria-describedby") == "tip"
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    assert page.locator("#unit-loss").get_attribute("aria-describedby") is None
    page.locator(".card").first.hover()
    expect(tip.locator(".katex-html")).to_be_visible()
    page.locator("#theme").hover()
    expect(tip).to_contain_text("Dark or light")
    expect(tip.locator(".tex")).to_be_hidden()
    box = tip.bounding_box()
    assert box and box["x"] >= 0 and box["x"] + box["width"] <= 1280
    assert any("katex" in url for url in requests)


def test_every_formula_is_one_that_can_be_typeset(opened: Page) -> None:
    wrong = opened.evaluate(
        """async () => {
          const { default: katex } = await import('katex');
          const { formulas } = JSON.parse(document.getElementById('boot').textContent);
          const complaint = (tex) => {
            try { katex.renderToString(tex, { throwOnError: true, strict: 'error' }); return '';
            } catch (error) { return String(error); }
          };
          return Object.entries(formulas).map(([name, tex]) => [name, complaint(tex)]).filter(([, said]) => said);
        }"""
    )
    assert wrong == []
