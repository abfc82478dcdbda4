"""The page in German and French: chosen in the address, by the browser or on the page, and nothing of it left in
English.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from flowscope_ui.language import FIRST, read_words
from flowscope_ui.layout import SHOWN as STANDARD
from playwright.sync_api import Browser, BrowserContext, Page

from ..frontend.test_words import leaves
from .conftest import watched
from .scope import arrange, open_page, read, show, wait_state

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


@pytest.fixture(scope="module")
def spoken(context: BrowserContext, server: str) -> Iterator[Callable[[str], Page]]:
    """The page in a language, at the greatest speed: one for all tests that choose only the run."""
    pages: dict[str, Page] = {}
    with ExitStack() as stack:

        def of(language: str) -> Page:
            if language not in pages:
                pages[language] = stack.enter_context(watched(context, server, set()))
                open_page(pages[language], f"?preset=escape&lang={language}&panels=deviation&speed=16")
            return pages[language]

        yield of


@pytest.mark.parametrize("language", ["de", "fr"])
def test_no_english_word_is_left(spoken: Callable[[str], Page], language: str) -> None:
    english, words = (dict(leaves({**read_words(name), "engine": {}})) for name in (FIRST, language))
    foreign = {english[path] for path in english if english[path] != words[path]} - set(words.values())
    page = spoken(language)
    arrange(page, *STANDARD)
    show(page, "riemannian-flow")
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
    page.keyboard.press("Escape")
    page.get_by_role("tab").first.click()


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


def test_what_ended_a_prediction_is_told_in_the_language_of_the_page(spoken: Callable[[str], Page]) -> None:
    page = spoken("de")
    show(page, "saddle")
    wait_state(page, "ended")
    page.locator(".prediction .reason", has_text="J hat seinen Rang verloren").first.wait_for()
    assert "J hat Rang verloren" in " ".join(page.locator(".ending").all_inner_texts())


@pytest.mark.parametrize(("language", "word"), [("de", "neben der Strecke: ≤"), ("fr", "hors du segment : ≤")])
def test_the_words_of_a_law_are_told_in_the_language_of_the_page(
    spoken: Callable[[str], Page], language: str, word: str
) -> None:
    page = spoken(language)
    show(page, "segment")
    page.locator(".prediction[data-id='P2'] .claim", has_text=word).wait_for()
    assert word in next(each["formula"] for each in read(page, "predictions") if each["id"] == "P2")
