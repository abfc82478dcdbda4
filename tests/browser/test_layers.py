"""The graph of modules: what the server says of a lane's layers where the drawing stands."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .conftest import watched
from .scope import open_page, pause, read, show, wait_frame


@pytest.fixture(scope="module")
def opened(context: BrowserContext, server: str) -> Iterator[Page]:
    """The page with the graph of modules, one for all tests, which choose speed and run."""
    with watched(context, server, set()) as page:
        open_page(page, "?preset=layerwise&panels=loss.modules&speed=0.5")
        yield page


def begin(page: Page, preset: str, speed: str) -> None:
    page.evaluate("value => window.dash_clientside.set_props('speed', { value })", speed)
    show(page, preset)


def test_the_layers_of_the_chosen_solver_are_shown_where_the_drawing_stands(opened: Page) -> None:
    page = opened
    begin(page, "layerwise", "0.5")
    wait_frame(page, 8)
    frame = pause(page)
    page.wait_for_function("frame => flowscope.layersOf?.frame === frame", arg=frame)
    found = read(page, "layersOf")
    assert found["widths"] == [1, 4, 3, 1] and found["lane"] == 2  # the first Riemannian descent
    run = read(page, "run")
    answer = page.request.get(f"/api/runs/{run}/layers?lane=2&frame={frame}").json()
    assert found["coupling"] == answer["coupling"]
    expect(page.locator("#modules-summary")).to_contain_text("Layerwise, η = 1/3")
    before = page.evaluate("() => document.querySelector('canvas[data-layer=modules]').toDataURL()")
    page.get_by_role("button", name="float32").click()
    page.wait_for_function(
        "old => document.querySelector('canvas[data-layer=modules]').toDataURL() !== old", arg=before
    )


def test_the_step_is_set_among_its_marks(opened: Page) -> None:
    """Every place of the slider is a run: the solver's name follows, and the layers are looked at anew, with their
    rates and the action.
    """
    page = opened
    begin(page, "layerwise", "8")
    page.wait_for_function("() => flowscope.state === 'ended' && flowscope.layersOf?.frame === 80")
    before, run = read(page, "layersOf"), read(page, "session")
    slider = page.get_by_role("slider", name="η: Layerwise, η = 1/3")
    assert slider.get_attribute("aria-valuetext") == "η = 0.33"
    slider.press("ArrowRight")
    page.wait_for_function("run => flowscope.session !== run && location.search.includes('spec=')", arg=run)
    page.get_by_role("slider", name="η: Layerwise").fill("300")
    page.wait_for_function("() => flowscope.ready && flowscope.meta.spec.solvers[2].optimizer.eta > 0.5")
    solver = read(page, "meta.spec.solvers")[2]
    eta = solver["optimizer"]["eta"]
    assert solver["name"] == f"Layerwise, η = {eta:g}"
    page.wait_for_function("eta => flowscope.state === 'ended' && flowscope.layersOf?.eta === eta", arg=eta)
    found = read(page, "layersOf")
    assert found["action"]["least"] != before["action"]["least"]
    assert found["rates"]["predicted"] <= found["rates"]["measured"] <= min(each["rate"] for each in found["layers"])
    assert page.get_by_role("slider", name=f"η: Layerwise, η = {eta:g}").is_visible()


def test_a_network_without_layers_says_so(opened: Page) -> None:
    page = opened
    begin(page, "riemannian-flow", "1")
    page.wait_for_function("() => document.getElementById('modules').dataset.empty.includes('multilayer')")
