"""What the tests say to the page: open, wait, read what is drawn."""

from typing import Any

import flowscope as fs
from flowscope_ui.layout import SHOWN
from playwright.sync_api import Locator, Page

NO_GL = "for (const each of ['drawElements', 'drawArrays']) WebGL2RenderingContext.prototype[each] = () => null;"
"""A script by which WebGL draws nothing, for pages of which only the canvases over the sheet are asked."""
SLOW_SCREEN = """{
  const refresh = requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (draw) => setTimeout(() => refresh(draw), 80);
}"""
"""A script that makes the screen one of about ten frames a second: drawing in software takes the processors' time."""
PANELS = ("stage", "loss", "eigenvalues", "rho")


def spare(page: Page, *, gl: bool = False, smooth: bool = False) -> Page:
    """The same blank page, which spares the processors: WebGL draws nothing in it unless `gl`, and its screen is slow
    unless `smooth`.
    """
    if not gl:
        page.add_init_script(NO_GL)
    if not smooth:
        page.add_init_script(SLOW_SCREEN)
    return page


def rest(page: Page) -> None:
    """Pauses what plays in a page while another one is tested, since it takes the processors' time from that."""
    page.evaluate("() => window.flowscope?.state === 'running' && document.getElementById('pause').click()")


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


def set_control(page: Page, control: str, value: Any, default: Any = None) -> None:
    """A control of Dash set as a person sets it; waits until the address says so, which leaves the default out."""
    page.evaluate("([id, value]) => dash_clientside.set_props(id, { value })", [control, value])
    said = ".".join(value) if isinstance(value, list) else value
    page.wait_for_function(
        "([name, said]) => (new URLSearchParams(location.search).get(name) ?? '') === said",
        arg=[control, "" if value == default else said],
    )


def set_speed(page: Page, speed: str) -> None:
    """Sets the speed of the run that is shown and of those after it."""
    set_control(page, "speed", speed, "1")


def arrange(page: Page, *panels: str) -> None:
    """Opens these panels of the deck and no others."""
    set_control(page, "panels", list(panels), list(SHOWN))


def shows(page: Page, preset: str) -> bool:
    """Whether the run that is shown is that of a demonstration, in which no hand has set anything."""
    title = page.evaluate("() => document.querySelector('.preset input').value")
    wanted = fs.preset(preset)
    return title == wanted.title and read(page, "meta.spec") == wanted.spec.model_dump(mode="json")


def show(page: Page, preset: str) -> None:
    """Starts a demonstration in a page that is open, by the menu or by a restart, and waits until it draws.

    No control has the focus then, as in a page that has just been opened.
    """
    page.evaluate("() => document.activeElement.blur()")
    old = read(page, "session")
    if shows(page, preset):
        page.evaluate("() => document.getElementById('restart').click()")
    else:
        page.evaluate("value => dash_clientside.set_props('preset', { value })", preset)
    page.wait_for_function("old => flowscope.session !== old && flowscope.ready && flowscope.frame >= 1", arg=old)


def vary(page: Page, **changes: Any) -> None:
    """Starts the run that is shown with other fields of its spec, and waits until it draws."""
    old = read(page, "session")
    page.evaluate("changes => flowscope.again(changes)", changes)
    page.wait_for_function("old => flowscope.session !== old && flowscope.ready && flowscope.frame >= 1", arg=old)


def show_end(page: Page, preset: str) -> None:
    """The same at its end; a run that stands there already does as well."""
    if read(page, "state") != "ended" or not shows(page, preset):
        set_speed(page, "16")
        show(page, preset)
    wait_state(page, "ended")
    page.wait_for_function("() => flowscope.still && flowscope.frame === flowscope.head")
