"""The panels of the spectrum: what is drawn of modes, rank and history, and what a person chooses there."""

import math
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .conftest import watched
from .scope import arrange, open_page, pause, pixels, read, set_speed, show, wait_frame


@pytest.fixture(scope="module")
def opened(context: BrowserContext, server: str) -> Iterator[Page]:
    """One page in which the tests choose runs and panels."""
    with watched(context, server, set()) as page:
        open_page(page, "?panels=modes")
        yield page


def rest_on(page: Page, time: str) -> None:
    """Chooses the time whose eigenvectors are the basis of the modes."""
    button = page.get_by_role("button", name="basis: ")
    if button.inner_text() != f"basis: {time}":
        button.click()
    page.get_by_role("button", name=f"basis: {time}").wait_for()


LANE = """
    const column = (values, width = 1) => ({width, count: values.length / width, data: Float64Array.from(values)});
    const lane = {lane: 0, epoch: 0, count: 4, status: 'running', columns: {
      time: column([0, 1, 2, 3]), rho: column([0.5, 0.5, 0.5, 0.5]),
      eigenvalues: column([4, 1, 3, 2, 3, 2, 4, 1], 2),
      tracks: column([0, 1, 0, 1, 1, 0, 1, 0], 2), modes: column([1, 2, 1, 2, 1, 2, 1, 2], 2),
      rank: column([2, 2, 1, 1]), sigma_min: column([1, 1e-4, 1e-12, 1e-12]), sigma_max: column([1, 1, 1, 1])}};"""


def test_the_heat_map_has_fixed_colours_of_rising_lightness_and_is_appended_to(page: Page, server: str) -> None:
    body = (
        LANE
        + """
    const {shade, viridis} = await import('/assets/canvas/shade.mjs');
    const tones = Array.from({length: 101}, (_, k) => viridis(k / 100));
    const light = tones.map(([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b);
    const put = CanvasRenderingContext2D.prototype.putImageData; let painted = 0;
    CanvasRenderingContext2D.prototype.putImageData = function (image, ...at) { painted += image.width;
    put.call(this, image, ...at); };
    const heat = new m.Heat(lane, [-1, 1], 4);
    for (const count of [1, 2, 2, 3, 4]) heat.grow(count);
    CanvasRenderingContext2D.prototype.putImageData = put;
    const {data} = heat.context.getImageData(0, 0, heat.filled, 2);
    const pixel = (time, mode) => { const at = 4 * (mode * heat.filled + heat.column(time) - 1);
    return [...data.slice(at, at + 3)]; };
    const shades = (time, ...values) => values.map((value, mode) =>
      `${pixel(time, mode)}` === `${shade(value, -1, 1)}`);
    return [light.every((each, k) => !k || each > light[k - 1]), tones[0], tones[100], painted === heat.filled,
      heat.filled === heat.column(3),
      shades(0, 4, 1), shades(1, 3, 2), shades(2, 2, 3), shades(3, 1, 4), shades(2.5, 1, 4)];"""
    )
    page.goto("/api/health")  # a document of the server without the page in it
    found = page.evaluate(f"async () => {{ const m = await import('/assets/panels/heat.mjs'); {body} }}")
    rising, first, last, once, whole, *shades = found
    assert rising and once and whole
    assert (
        max(abs(a - b) for a, b in zip([*first, *last], [68, 1, 84, 253, 231, 37], strict=True)) <= 6
    )  # viridis' ends
    assert (
        shades == [[True, True]] * 5
    )  # by track, through the crossing at t = 2; a column without a row holds the next


def test_gauss_newton_empties_all_modes_as_theory_says(opened: Page) -> None:
    """Over-parametrised, in the basis of t = 0: every bar is its start · e^{−t}, and so is its mark."""
    arrange(opened, "modes")
    set_speed(opened, "1")
    show(opened, "segment")
    rest_on(opened, "t = 0")
    wait_frame(opened, 60)
    pause(opened)
    names = [solver["name"] for solver in read(opened, "meta.spec.solvers")]
    time = opened.evaluate("() => flowscope.path(0).time.at(-1)")
    cell = read(opened, "drawn")["modes"][names.index("Gauss–Newton")]
    assert len(cell["bars"]) == len(cell["marks"]) > 3 and time > 1
    for bar, mark in zip(cell["bars"], cell["marks"], strict=True):
        assert math.isclose(bar, mark, rel_tol=1e-4)


def test_a_person_chooses_solver_and_basis_and_the_address_remembers(opened: Page) -> None:
    arrange(opened, "spectrum", "modes", "rank")
    set_speed(opened, "1")
    show(opened, "dampings")
    rest_on(opened, "now")
    wait_frame(opened, 30)
    pause(opened)
    before = pixels(opened, "spectrum")
    box = opened.locator("#spectrum").bounding_box()
    assert box
    opened.mouse.click(box["x"] + 80, box["y"] + box["height"] / 2)
    opened.wait_for_function("() => location.search.includes('focus=')")
    opened.wait_for_function(
        "before => document.querySelector('canvas[data-layer=spectrum]').toDataURL() !== before", arg=before
    )
    along = read(opened, "drawn")["modes"][0]["bars"]
    opened.get_by_role("button", name="basis: now").click()
    opened.wait_for_function("() => location.search.includes('basis=start')")
    opened.get_by_role("button", name="basis: t = 0").wait_for()
    opened.wait_for_function(
        "along => JSON.stringify(flowscope.drawn.modes[0].bars) !== JSON.stringify(along)", arg=along
    )
    assert {name for name, lanes in read(opened, "drawn").items() if all(lane["points"] for lane in lanes)} == {
        "stage",
        "spectrum",
        "modes",
        "rank",
    }


def test_rank_loss_is_explained_when_it_is_drawn(opened: Page) -> None:
    arrange(opened, "rank")
    set_speed(opened, "4")
    show(opened, "step-size")
    card = opened.locator(".loss-card")
    expect(card).to_contain_text("not defined beyond this point")
    assert card.inner_text().startswith("Gauss–Newton, η = 1, t = 2.000")
