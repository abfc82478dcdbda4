"""What a panel shows is told to readers in a sentence, with the numbers of the store."""

import re

import pytest
from flowscope_ui.layout import PANELS
from playwright.sync_api import Page

from .scope import open_page, pause, read

NUMBER = re.compile(r"−?\d+(?:\.\d+)?(?:e−?\d+)?")
ROUNDING = 0.051  # relative: two digits are told


def told(page: Page, panel: str) -> str:
    """The sentence that a reader hears with a panel."""
    place = page.locator(f"#{panel}")
    described = (place.get_attribute("aria-describedby") or "").split()
    assert f"{panel}-summary" in described
    return page.locator(f"#{panel}-summary").text_content() or ""


def numbers(sentence: str) -> list[float]:
    return [float(each.replace("−", "-")) for each in NUMBER.findall(sentence)]


def test_every_panel_has_a_sentence_with_the_numbers_of_the_store(page: Page) -> None:
    open_page(page, f"?panels={'.'.join(PANELS)}")
    page.wait_for_function("() => flowscope.frame >= 30")
    frame = pause(page)
    page.wait_for_function("() => flowscope.still")
    names = [lane["name"] for lane in read(page, "meta.lanes")]
    time = read(page, "path(0).time")[frame]
    for panel in ("stage", *PANELS):
        sentence = told(page, panel)
        assert sentence.startswith(f"At t = {time:.2f}, "), sentence
        if panel not in ("pair", "deviation", "contraction", "budget", "lamps", "diffusion", "modules", "composition"):
            assert all(name in sentence for name in names), sentence
    for panel in ("loss", "eigenvalues", "rho", "gradient"):
        values = page.evaluate("panel => flowscope.lanes(panel)", panel)
        for name, value in zip(names, values, strict=True):
            [said] = [each.rsplit(" ", 1)[-1] for each in told(page, panel).rstrip(".").split("; ") if name in each]
            assert numbers(said)[0] == pytest.approx(value, rel=ROUNDING, abs=1e-300), panel
    outputs, target = page.evaluate("() => flowscope.path(0).outputs.at(-1)"), read(page, "meta.target")
    distance = sum((f - y) ** 2 for f, y in zip(outputs, target, strict=True)) ** 0.5
    first = told(page, "stage").split("; ")[0]
    assert numbers(first)[-1] == pytest.approx(distance, rel=ROUNDING)
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(
        "before => document.getElementById('stage-summary').textContent !== before", arg=told(page, "stage")
    )


def test_while_it_plays_a_reader_is_not_flooded(page: Page) -> None:
    open_page(page)
    changes = page.evaluate(
        """() => new Promise((done) => {
          const place = document.getElementById('loss-summary');
          let count = 0;
          new MutationObserver(() => { count += 1; }).observe(place, { childList: true, characterData: true,
            subtree: true });
          setTimeout(() => done([count, place.getAttribute('aria-live')]), 4000);
        })"""
    )
    assert 1 <= changes[0] <= 2
    assert changes[1] is None
