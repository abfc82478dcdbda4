"""The strips of the damping panel: rejected trials are drawn where the wire counts them."""

from playwright.sync_api import Page

from .scope import open_page, read, wait_state


def test_rejected_trials_are_ticks_and_methods_without_any_have_none(page: Page) -> None:
    open_page(page, "?preset=minibatches&speed=16&panels=rho")
    wait_state(page, "ended")
    ticks = read(page, "ticks")["rho"]
    assert ticks >= 1  # Levenberg–Marquardt refuses two trials in its first five frames
    page.keyboard.press("2")
    page.wait_for_function("() => flowscope.ticks.rho === 0")  # what is left takes every step


def test_adaptive_integrators_reject_too(page: Page) -> None:
    open_page(page, "?preset=dampings&speed=16&panels=rho")
    wait_state(page, "ended")
    assert read(page, "ticks")["rho"] > 1
