"""The planes of parameters and of projected outputs, where there is one and where there is none."""

from playwright.sync_api import Page

from .scope import open_page, pause, read, wait_frame


def test_both_planes_draw_every_path(page: Page) -> None:
    open_page(page, "?panels=plane.projection")
    wait_frame(page, 30)
    drawn = read(page, "drawn")
    for name in ("plane", "projection"):
        assert [lane["points"] > 0 for lane in drawn[name]] == [True] * 3, name


def test_a_slice_is_cut_on_pause(page: Page) -> None:
    open_page(page, "?preset=borderline&panels=plane")
    wait_frame(page, 30)
    assert "Pause" in (page.locator("#plane").get_attribute("data-empty") or "")
    pause(page)
    page.wait_for_function("() => flowscope.drawn.plane.length === 2 && flowscope.drawn.plane[0].points > 30")
    assert page.locator("#plane").get_attribute("data-empty") == ""


def test_without_recorded_parameters_a_sentence_says_so(page: Page) -> None:
    open_page(page, "?preset=network&panels=plane")
    assert "16 parameters" in (page.locator("#plane").get_attribute("data-empty") or "")
