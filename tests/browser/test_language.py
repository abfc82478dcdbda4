"""The page in German and French: chosen in the address, by the browser or on the page, and nothing of it left in
English.
"""

import pytest
from flowscope_ui.language import FIRST, read_words
from playwright.sync_api import Browser, Page

from ..frontend.test_words import leaves
from .scope import open_page, read, wait_state

SHOWN = """() => {
  const said = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const skipped = "script, style, #language";
  while (walker.nextNode()) {
    const { parentElement, data } = walker.currentNode;
    if (!parentElement.closest(skipped)) said.add(data.trim());
  }
  for (const node of document.querySelectorAll("[aria-label], [title], [aria-valuetext]")) {
    const named = ["aria-label", "title", "aria-valuetext"].filter((name) => node.hasAttribute(name));
    for (const name of named) said.add(node.getAttribute(name).trim());
  }
  return [...said].filter(Boolean);
}"""


@pytest.mark.parametrize("language", ["de", "fr"])
def test_no_english_word_is_left(page: Page, language: str) -> None:
    english, words = (dict(leaves({**read_words(name), "engine": {}})) for name in (FIRST, language))
    foreign = {english[path] for path in english if english[path] != words[path]} - set(words.values())
    open_page(page, f"?lang={language}&speed=16")
    assert page.evaluate("document.documentElement.lang") == language
    page.locator("#edit-tab").click()
    page.locator("#form .mantine-Accordion-control").first.wait_for()
    page.locator("#panels-menu").click()
    page.get_by_role("checkbox", name=words["/panels/loss/title"]).wait_for()
    wait_state(page, "ended")
    own = {
        solver["name"] for solver in read(page, "meta")["spec"]["solvers"]
    }  # a name belongs to the spec, in any language
    assert set(page.evaluate(SHOWN)) & foreign - own == set()


def test_the_page_opens_in_another_language_where_it_is(page: Page) -> None:
    open_page(page, "?panels=rho&speed=16")
    assert page.locator("#language").input_value() == "en"
    page.locator("#language").select_option("de")
    page.wait_for_function("() => document.documentElement.lang === 'de' && window.flowscope?.ready")
    assert page.locator("#rho-title").inner_text() == "Dämpfung"
    assert "panels=rho" in page.url
    assert "lang=de" in page.url


def test_the_browser_is_asked_where_the_address_says_nothing(browser: Browser, server: str) -> None:
    context = browser.new_context(base_url=server, locale="fr-CA")
    page = context.new_page()
    page.goto("/")
    assert page.evaluate("document.documentElement.lang") == "fr"
    assert page.locator("#restart").get_attribute("aria-label") == read_words("fr")["controls"]["restart"]
    context.close()


def test_what_ended_a_prediction_is_told_in_the_language_of_the_page(page: Page) -> None:
    open_page(page, "?preset=saddle&lang=de&speed=16")
    wait_state(page, "ended")
    page.locator(".prediction .reason", has_text="J hat seinen Rang verloren").first.wait_for()
    assert "J hat Rang verloren" in " ".join(page.locator(".ending").all_inner_texts())


@pytest.mark.parametrize(("language", "word"), [("de", "neben der Strecke: ≤"), ("fr", "hors du segment : ≤")])
def test_the_words_of_a_law_are_told_in_the_language_of_the_page(page: Page, language: str, word: str) -> None:
    open_page(page, f"?preset=segment&lang={language}&panels=deviation")
    page.locator(".prediction[data-id='P2'] .claim", has_text=word).wait_for()
    assert word in next(each["formula"] for each in read(page, "predictions") if each["id"] == "P2")
