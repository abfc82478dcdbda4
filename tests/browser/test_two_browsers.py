"""A link copied in one browser opens the same picture in another: two Chromium processes, compared pixel by pixel."""

import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect

from .conftest import FLAGS, PATIENCE, chromium
from .scope import open_page, pause, read, spare
from .test_hand import drag

pytestmark = pytest.mark.gl

SHOWN = ("loss", "eigenvalues", "rho", "gradient", "rank", "spectrum", "modes", "plane", "pair", "projection")
"""Every kind of drawing but the ledger, which tells wall time, and that is another one in another run."""
SIZE: ViewportSize = {"width": 1600, "height": 1000}
# of 255: the address carries the camera to 1e-6, far below a pixel, where antialiasing may still round the other way
LEVELS = 8
SHARE = 2e-4  # of the pixels may differ by more than that
FITTED = "() => !flowscope.fit || flowscope.fit.kind === 'truth' || flowscope.fit.found?.frame === flowscope.frame"
"""The functions of a fit are those of the frame that is drawn."""
TURNS = ("Shift+ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowUp")


@pytest.fixture(scope="module")
def elsewhere(browser: Browser) -> Iterator[Browser]:
    """A browser process of its own."""
    with browser.browser_type.launch(executable_path=chromium(), args=FLAGS) as fresh:
        yield fresh


@pytest.fixture
def other(elsewhere: Browser, server: str) -> Iterator[Page]:
    """A page in it, with a fresh profile."""
    with elsewhere.new_context(viewport=SIZE, base_url=server) as context:
        context.set_default_timeout(PATIENCE)
        yield spare(context.new_page(), gl=True)


def still(page: Page, panel: str) -> np.ndarray:
    """What is seen of a panel."""
    return np.asarray(Image.open(io.BytesIO(page.locator(f"#{panel}").screenshot())).convert("RGB"), dtype=int)


def copied(page: Page) -> str:
    page.get_by_role("button", name="Copy a link").click()
    expect(page.locator("#note")).to_contain_text("Link copied")
    return page.evaluate("() => navigator.clipboard.readText()")


@pytest.mark.parametrize(("preset", "entries"), [("riemannian-flow", ("camera", "layers")), ("network", ())])
def test_a_copied_link_opens_the_same_picture_in_another_browser(
    page: Page, other: Page, preset: str, entries: tuple[str, ...]
) -> None:
    """On the way there the first page has played on, been scrubbed back, and had its camera turned; the other has
    not.
    """
    page.set_viewport_size(SIZE)
    open_page(page, f"?preset={preset}&panels={'.'.join(SHOWN)}&theme=light")
    page.locator("#unit-loss").select_option("sum")
    if entries:
        page.locator("button[data-layer=shadows]").click()
    page.wait_for_function("() => flowscope.frame >= 40")
    page.evaluate("() => document.activeElement.blur()")
    last = pause(page)
    for _ in range(15):
        page.keyboard.press("ArrowLeft")
    page.wait_for_function("frame => location.search.includes(`at=${frame}`)", arg=last - 15)
    if entries:  # while it stands
        page.wait_for_function("() => flowscope.still")
        page.locator("#stage").focus()
        for key in TURNS:
            page.keyboard.press(key)
        page.evaluate("() => document.activeElement.blur()")
    link = copied(page)
    assert all(f"{name}=" in link for name in ("panels", "loss", "at", "theme", *entries))
    other.goto(link)
    other.wait_for_function("frame => window.flowscope?.ready && flowscope.frame === frame", arg=last - 15)
    assert_alike(page, other, ("stage", *SHOWN))
    assert read(other, "units") == read(page, "units")


def assert_alike(page: Page, other: Page, panels: tuple[str, ...]) -> None:
    """Both pages show the same, once they stand still."""
    for each in (page, other):
        each.mouse.move(SIZE["width"] / 2, 2)
        expect(each.locator("#note")).to_be_empty(timeout=PATIENCE)
        each.wait_for_function("() => flowscope.still")
        each.wait_for_function(FITTED)
        each.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    for panel in panels:
        mine, its = still(page, panel), still(other, panel)
        assert mine.shape == its.shape and len(np.unique(mine.reshape(-1, 3), axis=0)) > 20, panel
        differing = (np.abs(mine - its).max(2) > LEVELS).mean()
        assert differing <= SHARE, f"{panel}: {differing:.2%} of the pixels differ"


@pytest.mark.parametrize(("mark", "steps"), [("start", [(-9, 4)] * 14), ("target", [(6, -14)] * 9)])
def test_so_does_a_link_after_start_or_target_were_dragged(
    page: Page, other: Page, mark: str, steps: list[tuple[int, int]]
) -> None:
    """While a hand drags, the box stays; the run's own box, in which another page would show it, is another one."""
    page.set_viewport_size(SIZE)
    open_page(page, "?panels=loss.plane&theme=light")
    page.wait_for_function("() => flowscope.frame >= 10")
    run = read(page, "session")
    drag(page, mark, *steps)
    page.wait_for_function(
        "run => location.search.includes('box=') && flowscope.ready && flowscope.session !== run", arg=run
    )
    page.evaluate("() => document.activeElement.blur()")
    page.keyboard.press("g")  # the other browser has no run before this one
    page.wait_for_function("() => flowscope.frame >= 60")
    last = pause(page)
    page.wait_for_function("frame => location.search.includes(`at=${frame}`)", arg=last)
    link = copied(page)
    assert "box=" in link and "camera=" in link
    other.goto(link)
    other.wait_for_function("frame => window.flowscope?.ready && flowscope.frame === frame", arg=last)
    assert_alike(page, other, ("stage", "loss", "plane"))
    other.locator("#preset").click()
    other.get_by_role("option", name="Four dampings").click()
    other.wait_for_function("() => !location.search.includes('box=')")
