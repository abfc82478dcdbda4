"""The graph of modules: what the server says of a lane's layers where the drawing stands."""

from playwright.sync_api import Page

from .scope import open_page, pause, read, wait_frame


def test_the_layers_of_the_chosen_solver_are_shown_where_the_drawing_stands(page: Page) -> None:
    open_page(page, "?preset=layerwise&panels=modules&speed=0.5")
    wait_frame(page, 8)
    frame = pause(page)
    page.wait_for_function("frame => flowscope.layersOf?.frame === frame", arg=frame)
    found = read(page, "layersOf")
    assert found["widths"] == [1, 4, 3, 1] and found["lane"] == 2  # the first Riemannian descent
    run = read(page, "run")
    answer = page.request.get(f"/api/runs/{run}/layers?lane=2&frame={frame}").json()
    assert found["coupling"] == answer["coupling"]
    summary = page.locator("#modules-summary").text_content() or ""
    assert "Layerwise, η = 1/3" in summary
    before = page.evaluate("() => document.querySelector('canvas[data-layer=modules]').toDataURL()")
    page.get_by_role("button", name="float32").click()
    page.wait_for_function("old => document.querySelector('canvas[data-layer=modules]').toDataURL() !== old", arg=before)


def test_a_network_without_layers_says_so(page: Page) -> None:
    open_page(page, "?panels=modules")
    page.wait_for_function("() => document.getElementById('modules').dataset.empty.includes('multilayer')")
