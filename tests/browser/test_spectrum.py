"""The panels of the spectrum: what is drawn of modes, rank and history, and what a person chooses there."""

import math
from typing import Any

from playwright.sync_api import Page

from .scope import open_page, pause, pixels, read, wait_frame
from .test_modules import run as run  # the fixture

LANE = """
    const column = (values, width = 1) => ({width, count: values.length / width, data: Float64Array.from(values)});
    const lane = {lane: 0, epoch: 0, count: 4, status: 'running', columns: {
      time: column([0, 1, 2, 3]), rho: column([0.5, 0.5, 0.5, 0.5]),
      eigenvalues: column([4, 1, 3, 2, 3, 2, 4, 1], 2),
      tracks: column([0, 1, 0, 1, 1, 0, 1, 0], 2), modes: column([1, 2, 1, 2, 1, 2, 1, 2], 2),
      rank: column([2, 2, 1, 1]), sigma_min: column([1, 1e-4, 1e-12, 1e-12]), sigma_max: column([1, 1, 1, 1])}};"""


def test_theory_follows_a_track_through_a_crossing(run: Any) -> None:
    """λ is 4, 3, 2, 1 and 1, 2, 3, 4 at t = 0 … 3: trapezoids of 7.5 for both; beginning anew gives the same."""
    body = (
        LANE
        + """
    const decay = new m.Decay(lane, value => value); const once = [...decay.upTo(4)];
    const parts = new m.Decay(lane, value => value); parts.upTo(1); parts.upTo(3);
    return [once, [...parts.upTo(4)], [...parts.upTo(2)]];"""
    )
    assert run("theory/mode", body) == [[7.5, 7.5], [7.5, 7.5], [3.5, 1.5]]


def test_rates_of_theory_and_the_shares_of_the_decrease(run: Any) -> None:
    body = (
        LANE
        + """
    const meta = {spec: {problem: {}}}, of = kind => m.rateOf({flow: {kind}}, meta);
    const damped = of('gauss_newton');
    return [of('gradient')(0.3, 1), damped(0.2, 0), damped(0.1, 0.5), of('pullback')(0.2, 0),
      m.rateOf({optimizer: {kind: 'adam'}}, meta),
      m.rateOf({flow: {kind: 'gradient'}},
      {spec: {problem: {loss: {kind: 'logistic'}}}}), m.shares(lane, 0, of('gradient')), m.condition(lane, 0)];"""
    )
    assert run("theory/mode", body) == [0.3, 1, 0.1 / 0.55, 1, None, None, [0.5, 0.5], 4]


def test_the_heat_map_has_fixed_colours_of_rising_lightness_and_is_appended_to(run: Any) -> None:
    body = (
        LANE
        + """
    const tones = Array.from({length: 101}, (_, k) => m.viridis(k / 100));
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
      `${pixel(time, mode)}` === `${m.shade(value, -1, 1)}`);
    return [light.every((each, k) => !k || each > light[k - 1]), tones[0], tones[100], painted === heat.filled,
      heat.filled === heat.column(3),
      shades(0, 4, 1), shades(1, 3, 2), shades(2, 2, 3), shades(3, 1, 4), shades(2.5, 1, 4)];"""
    )
    rising, first, last, once, whole, *shades = run("panels/heat", body)
    assert rising and once and whole
    assert (
        max(abs(a - b) for a, b in zip([*first, *last], [68, 1, 84, 253, 231, 37], strict=True)) <= 6
    )  # viridis' ends
    assert (
        shades == [[True, True]] * 5
    )  # by track, through the crossing at t = 2; a column without a row holds the next


def test_stretches_of_rank_turn_amber_and_red(run: Any) -> None:
    body = (
        LANE
        + """
    const meta = {parameters: 2, samples: 3, target: [0, 0, 0], spec: {network: {}}};
    const list = new m.Stretches(lane, 2).upTo(4);
    return [list.map(({rank, state, from, to}) => [rank, state, from, to]), m.parametrisation(meta),
      m.parametrisation({...meta, parameters: 3}),
      m.parametrisation({...meta, parameters: 8})];"""
    )
    assert run("panels/rank", body) == [[[2, 0, 0, 1], [2, 1, 1, 2], [1, 2, 2, 3]], "under", "border", "over"]


def test_gauss_newton_empties_all_modes_as_theory_says(page: Page) -> None:
    """Over-parametrised, in the basis of t = 0: every bar is its start · e^{−t}, and so is its mark."""
    open_page(page, "?preset=segment&panels=modes&basis=start")
    wait_frame(page, 60)
    pause(page)
    names = [solver["name"] for solver in read(page, "meta.spec.solvers")]
    time = page.evaluate("() => flowscope.path(0).time.at(-1)")
    cell = read(page, "drawn")["modes"][names.index("Gauss–Newton")]
    assert len(cell["bars"]) == len(cell["marks"]) > 3 and time > 1
    for bar, mark in zip(cell["bars"], cell["marks"], strict=True):
        assert math.isclose(bar, mark, rel_tol=1e-4)


def test_a_person_chooses_solver_and_basis_and_the_address_remembers(page: Page) -> None:
    open_page(page, "?preset=dampings&panels=spectrum.modes.rank")
    wait_frame(page, 30)
    pause(page)
    before = pixels(page, "spectrum")
    box = page.locator("#spectrum").bounding_box()
    assert box
    page.mouse.click(box["x"] + 80, box["y"] + box["height"] / 2)
    page.wait_for_function("() => location.search.includes('focus=')")
    page.wait_for_function(
        "before => document.querySelector('canvas[data-layer=spectrum]').toDataURL() !== before", arg=before
    )
    along = read(page, "drawn")["modes"][0]["bars"]
    page.get_by_role("button", name="basis: now").click()
    page.wait_for_function("() => location.search.includes('basis=start')")
    page.get_by_role("button", name="basis: t = 0").wait_for()
    page.wait_for_function(
        "along => JSON.stringify(flowscope.drawn.modes[0].bars) !== JSON.stringify(along)", arg=along
    )
    assert {name for name, lanes in read(page, "drawn").items() if all(lane["points"] for lane in lanes)} == {
        "stage",
        "spectrum",
        "modes",
        "rank",
    }


def test_rank_loss_is_explained_when_it_is_drawn(page: Page) -> None:
    open_page(page, "?preset=step-size&panels=rank&speed=4")
    card = page.locator(".loss-card")
    card.wait_for()
    said = card.inner_text()
    assert said.startswith("Gauss–Newton, η = 1, t = 2.000") and "not defined beyond this point" in said
