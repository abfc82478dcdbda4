"""The deck: which panels stand beside the stage."""

from collections.abc import Iterator

import pytest
from flowscope_ui.language import FIRST, read_words
from flowscope_ui.layout import PANELS
from playwright.sync_api import BrowserContext, Page

from .conftest import watched
from .scope import arrange, open_page, read, wait_frame


@pytest.fixture(scope="module")
def opened(context: BrowserContext, server: str) -> Iterator[Page]:
    """One page in which the tests choose panels."""
    with watched(context, server, set()) as page:
        open_page(page, "?panels=loss")
        yield page


def shown(page: Page) -> list[str]:
    return [name for name in PANELS if page.locator(f"#{name}-panel").is_visible()]


def test_the_menu_opens_and_closes_panels_and_the_address_remembers(opened: Page) -> None:
    page = opened
    arrange(page, "loss")
    assert shown(page) == ["loss"]
    page.get_by_role("button", name="Choose the panels").click()
    page.get_by_role("checkbox", name="Damping").click()
    page.get_by_role("checkbox", name="Excess loss").click()
    page.wait_for_function("() => location.search.includes('panels=rho')")
    assert shown(page) == ["rho"]
    wait_frame(page, read(page, "frame") + 3)
    assert set(read(page, "drawn")) == {"stage", "rho"}
    page.reload()
    page.wait_for_function("() => window.flowscope?.ready")
    assert shown(page) == ["rho"]


def test_the_page_and_its_modules_know_the_same_panels(opened: Page) -> None:
    page = opened
    page.evaluate("() => dash_clientside.set_props('panels', { value: [] })")
    page.wait_for_function("() => new URLSearchParams(location.search).get('panels') === '.'")
    assert shown(page) == []
    page.goto(f"/?panels={'.'.join(PANELS)}")
    page.wait_for_function("() => window.flowscope?.ready")
    assert list(read(page, "drawn")) == ["stage", *PANELS]


def test_every_panel_has_words() -> None:
    assert set(PANELS) <= set(read_words(FIRST)["panels"])
