"""The slider of a preset: moving it starts the run anew with another number, and the last place always runs."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .conftest import watched
from .scope import open_page, read, show


@pytest.fixture(scope="module")
def opened(context: BrowserContext, server: str) -> Iterator[Page]:
    """One page in which the tests choose their demonstrations."""
    with watched(context, server, set()) as page:
        open_page(page, "?preset=saddle&speed=16")
        yield page


def test_the_saddle_is_passed_by_the_slider(opened: Page) -> None:
    page = opened
    show(page, "saddle")
    slider = page.get_by_role("slider", name="v at the start")
    for key in ("ArrowRight",) * 30:
        slider.press(key)
    told = float(page.locator("#slider output").inner_text())
    assert told > 1.02
    page.wait_for_function("told => flowscope.meta?.spec.start.parameters[1] === told", arg=told)
    page.wait_for_function("() => flowscope.state === 'ended'")
    assert "spec=" in page.url and "preset=saddle" in page.url
    expect(slider).to_be_focused()
    page.reload()
    page.wait_for_function("() => window.flowscope?.ready")
    assert read(page, "meta.spec.start.parameters")[1] == told
    expect(page.locator("#slider output")).to_have_text(str(told))


def test_a_preset_without_a_slider_shows_none(opened: Page) -> None:
    page = opened
    show(page, "network")
    expect(page.get_by_role("slider", name="δ")).to_have_count(0)
    expect(page.locator("#slider")).to_be_empty()
