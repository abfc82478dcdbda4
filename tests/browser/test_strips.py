"""The strips of the damping panel: rejected trials are drawn where the wire counts them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from .conftest import watched
from .scope import arrange, open_page, read, show_end


@pytest.fixture(scope="module")
def opened(context: BrowserContext, server: str) -> Iterator[Page]:
    """One page in which runs and panels are chosen."""
    with watched(context, server, set()) as page:
        open_page(page, "?panels=rho&speed=16")
        yield page


def test_rejected_trials_are_ticks_and_methods_without_any_have_none(opened: Page) -> None:
    arrange(opened, "rho")
    show_end(opened, "minibatches")
    ticks = read(opened, "ticks")["rho"]
    assert ticks >= 1  # Levenberg–Marquardt refuses two trials in its first five frames
    opened.keyboard.press("2")
    opened.wait_for_function("() => flowscope.ticks.rho === 0")  # what is left takes every step
    opened.keyboard.press("2")


def test_adaptive_integrators_reject_too(opened: Page) -> None:
    arrange(opened, "rho")
    show_end(opened, "dampings")
    assert read(opened, "ticks")["rho"] > 1


def test_where_there_is_no_room_for_two_strips_the_steps_have_it(opened: Page) -> None:
    """Levenberg–Marquardt has a gain ratio; three panels under each other at 720 pixels are too low for it and the
    steps.
    """
    arrange(opened, "loss", "eigenvalues", "rho")
    show_end(opened, "own-data")
    opened.wait_for_function("() => flowscope.still")
    assert opened.locator("#loss .plot").is_visible() and opened.locator("#eigenvalues .plot").is_visible()
    assert read(opened, "ticks")["rho"] > 0


LEAST_GAP = """() => new Promise((done) => {
  let least = Infinity;
  const look = () => {
    const plot = document.querySelector('#rho .plot');
    const { _offset, _length } = plot._fullLayout.yaxis;
    const { top } = plot.getBoundingClientRect();
    const boxes = [...plot.querySelectorAll('.ytick text')].map((text) => text.getBoundingClientRect());
    const middles = boxes.map((box) => (box.top + box.bottom) / 2 - top);
    if (middles.length > 1) least = Math.min(least, _offset + _length - 7 - Math.max(...middles));
    if (flowscope.state === 'ended') done(least); else requestAnimationFrame(look);
  };
  look();
})"""


@pytest.mark.smooth
def test_zero_keeps_clear_of_the_powers_of_ten(page: Page) -> None:
    """On a phone the panel is low: the least power that has a number, and 0 below it, stand apart by a line of type,
    whatever the range.
    """
    page.set_viewport_size({"width": 390, "height": 844})
    open_page(page, "?preset=dampings&speed=8&panels=rho")
    assert 11 <= page.evaluate(LEAST_GAP) < 40
