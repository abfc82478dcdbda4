"""The menu of a panel's files: one for all panels, by pointer and by keyboard."""

from playwright.sync_api import Page, expect

from .scope import open_page
from .test_access import violations


def test_the_menu_is_that_of_the_panel_whose_button_was_pressed_and_stands_under_it(opened: Page) -> None:
    menu = opened.get_by_role("menu")
    for panel in ("loss", "stage"):
        opened.locator(f"button.save[data-panel={panel}]").click()
        expect(menu).to_be_visible()
        panels = menu.get_by_role("menuitem").evaluate_all("items => items.map(({ dataset }) => dataset.panel)")
        assert panels == [panel] * 3
        button, box = opened.locator(f"button.save[data-panel={panel}]").bounding_box(), menu.bounding_box()
        assert button and box
        assert 0 < box["y"] - (button["y"] + button["height"]) < 12
        assert abs(box["x"] + box["width"] - button["x"] - button["width"]) < 2
        assert violations(opened, "[role=menu]") == []
        opened.locator(f"button.save[data-panel={panel}]").click()
        expect(menu).to_be_hidden()
    opened.locator("button.save[data-panel=loss]").click()
    opened.mouse.click(600, 690)
    expect(menu).to_be_hidden()


def test_the_keyboard_walks_the_menu_and_comes_back_to_the_button(opened: Page) -> None:
    button = opened.locator("button.save[data-panel=rho]")
    button.focus()
    opened.keyboard.press("Enter")
    items = opened.get_by_role("menu").get_by_role("menuitem")
    expect(items.first).to_be_focused()
    for key, at in (("ArrowDown", 1), ("End", 2), ("ArrowDown", 0), ("ArrowUp", 2), ("Home", 0)):
        opened.keyboard.press(key)
        expect(items.nth(at)).to_be_focused()
    opened.keyboard.press("Escape")
    expect(opened.get_by_role("menu")).to_be_hidden()
    expect(button).to_be_focused()
    opened.keyboard.press("Enter")
    expect(items.first).to_be_focused()
    with opened.expect_download() as got:
        opened.keyboard.press("Enter")
    assert got.value.suggested_filename == "flowscope-rho.png"
    expect(opened.get_by_role("menu")).to_be_hidden()


def test_the_form_is_built_when_it_is_opened_and_follows_the_run(page: Page) -> None:
    open_page(page)
    assert page.locator("#form *").count() == 0
    page.get_by_role("tab", name="Edit").click()
    title = page.locator("#form input").first
    expect(title).to_be_attached()
    shown = page.locator("#form input[value='Gauss–Newton']")
    expect(shown.first).to_be_attached()
    page.evaluate("window.dash_clientside.set_props('preset', { value: 'stiff' })")
    expect(shown).to_have_count(0)
