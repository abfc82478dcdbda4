"""What the tests say to the page: open, wait, read what is drawn."""

from typing import Any

from playwright.sync_api import Locator, Page

NO_GL = "for (const each of ['drawElements', 'drawArrays']) WebGL2RenderingContext.prototype[each] = () => null;"
"""A script by which WebGL draws nothing, for pages of which only the canvases over the sheet are asked."""
PANELS = ("stage", "loss", "eigenvalues", "rho")


def open_page(page: Page, query: str = "") -> None:
    """Opens the page and waits until it draws."""
    page.goto(f"/{query}")
    page.wait_for_function("() => window.flowscope?.ready && flowscope.frame >= 1")


def wait_frame(page: Page, frame: int) -> None:
    page.wait_for_function("frame => flowscope.frame >= frame", arg=frame)


def wait_state(page: Page, state: str) -> None:
    page.wait_for_function("state => flowscope.state === state", arg=state)


def read(page: Page, name: str) -> Any:
    """A property of `window.flowscope`."""
    return page.evaluate(f"() => flowscope.{name}")


def unfold(page: Page, box: Locator) -> None:
    """Opens a list of choices by a click, and again where the form was drawn anew under it, as a person would."""
    for _ in range(20):
        if not box.get_attribute("data-expanded"):
            box.click()
        page.wait_for_timeout(250)
        if box.get_attribute("data-expanded"):
            return
    raise AssertionError("the list of choices did not stay open")


def pixels(page: Page, panel: str) -> str:
    """The moving layer of a panel, as an image."""
    return page.evaluate("panel => document.querySelector(`canvas[data-layer=${panel}]`).toDataURL()", panel)


def points(page: Page) -> dict[str, list[int]]:
    """Per panel, how many points of each lane are drawn."""
    return {name: [lane["points"] for lane in lanes] for name, lanes in read(page, "drawn").items()}


def pause(page: Page) -> int:
    """Pauses with the keyboard; the frame at which the drawing stands."""
    page.keyboard.press("Space")
    wait_state(page, "paused")
    return read(page, "frame")


def drawn(page: Page, frame: int) -> None:
    """Waits until every panel has drawn frame `frame` of the first lane."""
    page.wait_for_function(
        "frame => Object.values(flowscope.drawn).every(lanes => lanes[0].points === frame + 1)", arg=frame
    )
