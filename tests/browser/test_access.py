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
    found: list[dict[str, Any]] = page.evaluate("async part => (await axe.run(part, { resultTypes: ['violations'] })).violations", part)
    return [f"{each['id']}: {node['html'][:200]}" for each in found if each["impact"] in GRAVE for node in each["nodes"]]


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
