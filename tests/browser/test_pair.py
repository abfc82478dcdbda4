"""The panel of two paths: its angles and distances against numpy on the recorded rows, and what it says where there is
nothing to tell.
"""

import math
from collections.abc import Iterator
from typing import Any

import flowscope as fs
import numpy as np
import pyarrow as pa
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .conftest import watched
from .scope import open_page, read, show, show_end, vary, wait_state

Rows = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def opened(context: BrowserContext, server: str) -> Iterator[Page]:
    """One page in which the tests choose their demonstrations."""
    with watched(context, server, set()) as page:
        open_page(page, "?panels=pair&speed=16")
        yield page


def lanes(page: Page) -> list[Rows]:
    """Per lane, what was recorded of it."""
    body = page.request.get(f"/api/runs/{read(page, 'run')}/recording").body()
    table = pa.ipc.open_stream(body).read_all()
    found = []
    for lane in range(len(fs.facts(table.schema)["lanes"])):
        rows = table.filter(pa.array(np.array(table["lane"]) == lane))
        lists = {
            name: np.array(rows[name].to_pylist(), dtype=float) for name in ("outputs", "motion", "theta", "velocity")
        }
        found.append({**lists, **{name: rows[name].to_numpy() for name in ("time", "loss")}})
    return found


def choose(page: Page, first: int, second: int, pairing: str) -> dict[str, Any]:
    """Chooses by the panel's own menus; what it draws then."""
    selects = page.locator("#pair .pairing select")
    for index, value in enumerate((str(first), str(second), pairing)):
        selects.nth(index).select_option(value)
    told = "wanted => flowscope.pair && `${flowscope.pair.pair}-${flowscope.pair.pairing}` === wanted"
    page.wait_for_function(told, arg=f"{first},{second}-{pairing}")
    return read(page, "pair")


def numbers(values: list[float | None]) -> np.ndarray:
    return np.array([math.nan if value is None else value for value in values])


def at(values: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Rows (n, d) at places between them, along the chords."""
    return np.stack([np.interp(place, np.arange(len(values)), column) for column in values.T], 1)


def degrees(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """By the cosine, which is another formula than the page's."""
    cosine = (u * v).sum(1) / np.linalg.norm(u, axis=1) / np.linalg.norm(v, axis=1)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def nearest(points: np.ndarray, path: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Place and distance of the nearest point of a polygon, from every chord."""
    start, step = path[:-1], np.diff(path, axis=0)
    share = ((points[:, None] - start) * step).sum(2) / np.maximum((step**2).sum(1), 1e-300)
    share = share.clip(0, 1)
    gaps = np.linalg.norm(points[:, None] - start - share[..., None] * step, axis=2)
    k = gaps.argmin(1)
    return k + share[np.arange(len(k)), k], gaps.min(1)


def test_angles_and_distances_are_those_of_the_recorded_rows(opened: Page) -> None:
    page = opened
    show(page, "riemannian-flow")
    vary(page, horizon=200 * read(page, "meta.spec.interval"))
    wait_state(page, "ended")
    flow, newton, _ = lanes(page)
    places = {
        "time": np.arange(len(flow["time"]), dtype=float),
        "loss": np.interp(-np.log(flow["loss"]), -np.log(newton["loss"]), np.arange(len(newton["loss"]))),
        "nearest": nearest(flow["outputs"], newton["outputs"])[0],
    }
    apart = {}
    for pairing, place in places.items():
        told = choose(page, 0, 1, pairing)
        for space, point, velocity in (("outputs", "outputs", "motion"), ("theta", "theta", "velocity")):
            distance = np.linalg.norm(flow[point] - at(newton[point], place), axis=1)
            angle = degrees(flow[velocity], at(newton[velocity], place))
            assert np.abs(numbers(told[space]["distance"]) - distance).max() < 1e-9, (pairing, space)
            assert np.abs(numbers(told[space]["angle"]) - angle).max() < 1e-4, (pairing, space)
        apart[pairing] = numbers(told["outputs"]["distance"])
    assert (apart["nearest"] <= apart["time"]).all() and (apart["nearest"] < 0.9 * apart["time"]).any()
    assert (apart["nearest"] <= apart["loss"] + 1e-12).all()
    for pairing in places:
        told = choose(page, 1, 1, pairing)
        for space in ("outputs", "theta"):
            assert set(told[space]["distance"]) == set(told[space]["angle"]) == {0}


def test_below_the_floor_of_speed_there_is_a_gap_and_no_noise(opened: Page) -> None:
    show_end(opened, "riemannian-flow")
    told = choose(opened, 1, 2, "time")
    for space, velocity in (("outputs", "motion"), ("theta", "velocity")):
        speeds = [np.linalg.norm(lane[velocity], axis=1) for lane in lanes(opened)[1:]]
        still = np.any([speed <= 1e-9 * np.maximum.accumulate(speed) for speed in speeds], 0)
        assert still.any() and not still.all()
        assert (np.isnan(numbers(told[space]["angle"])) == still).all()
        assert np.isfinite(numbers(told[space]["distance"])).all()
    assert any(note.startswith("gap: slower than") for note in told["notes"])


def test_what_is_not_recorded_is_said(opened: Page) -> None:
    show(opened, "segment")
    opened.wait_for_function("() => flowscope.pair")
    told = read(opened, "pair")
    assert told["theta"] is None and "θ is recorded up to 16 parameters only" in told["notes"]
    show(opened, "iris")
    expect(opened.locator("#pair")).to_have_attribute(
        "data-empty", "Outputs are recorded up to N = 64 only, so there is nothing to hold against each other."
    )


def test_pair_and_pairing_are_in_the_address_and_come_back(opened: Page) -> None:
    page = opened
    show(page, "riemannian-flow")
    choose(page, 2, 0, "loss")
    assert "pair=2-0" in page.url and "pairing=loss" in page.url
    page.reload()
    page.wait_for_function("() => window.flowscope?.ready && flowscope.pair")
    told = read(page, "pair")
    assert told["pair"] == [2, 0] and told["pairing"] == "loss"
    page.keyboard.press("3")
    expect(page.locator("#pair")).to_have_attribute("data-empty", "Damped, adaptive ρ is hidden.")
    page.keyboard.press("3")
    choose(page, 0, 1, "time")
