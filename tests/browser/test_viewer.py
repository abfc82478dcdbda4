"""The page in a narrow window and in a hall: one column by touch, and large type."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from .conftest import PATIENCE
from .scope import open_page, pause, read, spare, wait_frame

SIZES = ((360, 640), (390, 844), (768, 1024))
OUTSIDE = """() => {
  const wide = document.documentElement.clientWidth;
  const inside = ({ left, right, width, height }) => left >= 0 && right <= wide && width > 250 && height > 120;
  const places = ['#stage', '#cards', ...[...document.querySelectorAll('.deck .panel:not([hidden])')].map(({ id }) =>
    `#${id}`)];
  const outside = places.filter((each) => !inside(document.querySelector(each).getBoundingClientRect()));
  return [document.documentElement.scrollWidth - wide, ...outside];
}"""
ORDER = """() => ['header', '.stage', '.bar', '#deck', 'aside'].map(
  (each) => document.querySelector(each).getBoundingClientRect().top)"""
SMALL = """least => [...document.querySelectorAll('button, select, summary, input, [role=tab]')].filter((each) => {
  if (!each.checkVisibility({ visibilityProperty: true }) || each.disabled) return false;
  const target = ['checkbox', 'radio'].includes(each.type) ? each.labels[0] : each;
  const { width, height } = target.getBoundingClientRect();
  return Math.min(width, height) < least - 0.5;
}).map((each) => each.outerHTML.slice(0, 140))"""


@pytest.fixture
def phone(browser: Browser, server: str) -> Iterator[Page]:
    """A page under a finger."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, base_url=server)
    context.set_default_timeout(PATIENCE)
    yield spare(context.new_page())
    context.close()


def swipe(page: Page, across: int, down: int) -> None:
    """A finger goes from the middle of the stage by so many pixels."""
    box = page.locator("#stage").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    finger = page.context.new_cdp_session(page)
    for kind, share in [("touchStart", 0.0), *(("touchMove", k / 10) for k in range(1, 11)), ("touchEnd", None)]:
        points = [] if share is None else [{"x": x + share * across, "y": y + share * down}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_the_page_is_one_column_that_fits_and_a_finger_can_use(phone: Page) -> None:
    open_page(phone, "?speed=16")
    wait_frame(phone, 40)
    for width, height in SIZES:
        phone.set_viewport_size({"width": width, "height": height})
        assert phone.evaluate(OUTSIDE) == [0]
        assert phone.evaluate(SMALL, 40) == []
    phone.set_viewport_size({"width": 390, "height": 844})
    tops = phone.evaluate(ORDER)
    assert tops == sorted(tops)
    before = phone.evaluate("() => JSON.stringify(flowscope.camera)")
    swipe(phone, -120, 0)
    phone.wait_for_function(
        "before => JSON.stringify(flowscope.camera) !== before", arg=before
    )  # a swipe across turns the view
    assert phone.evaluate("() => scrollY") == 0
    swipe(phone, 0, -220)
    phone.wait_for_function("() => scrollY > 100")  # a swipe up scrolls the page
    bar = phone.locator(".bar").bounding_box()
    assert bar
    assert bar["y"] >= 0
    assert bar["y"] + bar["height"] <= 844, "the transport stays in sight"
    phone.locator(".card").first.tap()
    assert read(phone, "hidden") == [0]


def test_large_type_enlarges_words_strokes_and_heads_and_the_address_keeps_it(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    open_page(page, "?speed=16")
    wait_frame(page, 60)
    frame = pause(page)
    font = "() => parseFloat(getComputedStyle(document.querySelector('.card .solver')).fontSize)"
    tick = "() => parseFloat(getComputedStyle(document.querySelector('#loss .xtick text')).fontSize)"
    small = [page.evaluate(font), page.evaluate(tick), read(page, "scale")]
    page.keyboard.press("p")
    page.wait_for_function("() => location.search.includes('projector=1')")
    large = [page.evaluate(font), page.evaluate(tick), read(page, "scale")]
    assert [after / before for after, before in zip(large, small, strict=True)] == pytest.approx([1.4] * 3, rel=0.02)
    for width, height in ((1280, 720), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [
            width,
            height,
        ]
    page.wait_for_function("frame => location.search.includes(`at=${frame}`)", arg=frame)
    page.reload()
    page.wait_for_function("frame => window.flowscope?.ready && flowscope.frame === frame", arg=frame)
    assert read(page, "scale") == pytest.approx(1.4 * 1.16)
    page.get_by_role("button", name="Large type for a hall").click()
    page.wait_for_function("() => !location.search.includes('projector')")
    assert read(page, "scale") == pytest.approx(1.16)
