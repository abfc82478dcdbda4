"""The loss panel: which laws are straight lines in it, the raw loss beside the excess, slopes held against predicted
ones.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flowscope as fs
import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page

from .conftest import watched
from .scope import open_page, read, show, show_end, vary, wait_state
from .test_export import rows_of

COLOR = """async (solver) => {
  const [palette, style] = await Promise.all([import('/assets/canvas/palette.mjs'),
    import('/assets/canvas/style.mjs')]);
  return style.stylesOf(flowscope.meta.spec.solvers, palette.currentScheme())[solver].color;
}"""


@pytest.fixture(scope="module")
def shown(context: BrowserContext, server: str) -> Iterator[Page]:
    """One page in which demonstrations are chosen."""
    with watched(context, server, set()) as page:
        open_page(page, "?panels=loss&speed=16&layers=slope")
        yield page


def end(page: Page, spec: dict[str, Any]) -> None:
    """Shows the end of a run."""
    vary(page, **spec)
    wait_state(page, "ended")
    page.wait_for_function("() => flowscope.still")


def saved(page: Page, kind: str, into: Path) -> Path:
    """The loss panel as a file."""
    page.locator("button.save[data-panel=loss]").click()
    with page.expect_download() as got:
        page.locator(f"[data-export={kind}][data-panel=loss]").click()
    got.value.save_as(into / f"loss.{kind}")
    return into / f"loss.{kind}"


def strokes(path: Path, color: str) -> list[np.ndarray]:
    """The lines of that colour in a drawing, each (points, 2) in pixels, the longest first."""
    lines = [
        line.get("d", "")
        for line in ET.parse(path).getroot().iter("{http://www.w3.org/2000/svg}path")
        if line.get("stroke") == color
    ]
    points = [np.array(re.findall(r"-?[\d.]+(?:e-?\d+)?", line), dtype=float).reshape(-1, 2) for line in lines]
    return sorted(points, key=len, reverse=True)


def bend(points: np.ndarray) -> float:
    """How far, in pixels of height, points lie from the straight line that fits them best."""
    x, y = points.T
    return float(np.abs(y - np.polyval(np.polyfit(x, y, 1), x)).max())


def test_a_pure_exponential_is_a_straight_line_to_a_pixel(shown: Page, tmp_path: Path) -> None:
    """Gauss–Newton with N < p: L = L₀e^{−2t}, over sixteen decades to the floor."""
    page, spec = shown, fs.preset("segment").spec.model_dump(mode="json")
    end(page, {**spec, "horizon": 15.0, "solvers": spec["solvers"][1:]})
    line = strokes(saved(page, "svg", tmp_path), page.evaluate(COLOR, 0))[0]
    assert len(line) > 60 and np.ptp(line[:, 0]) > 100 and np.ptp(line[:, 1]) > 80
    assert bend(line) < 1.0
    residuals = {each["lane"]: each for each in read(page, "slopes")}
    assert residuals[0]["sense"] == "equal"
    told = page.request.get(f"/api/runs/{read(page, 'run')}/predictions").json()
    t = np.array(next(each["time"] for each in told if each["id"] == "P1"))
    series = page.evaluate("() => flowscope.series('loss')[0]")
    measured = np.diff(np.interp(t, series["x"], np.log(series["y"]))) / np.diff(t)
    deviation = np.array(residuals[0]["residual"])
    assert len(deviation) > 100 and residuals[0]["time"] == list((t[:-1] + t[1:])[: len(deviation)] / 2)
    assert np.abs(deviation - (measured + 2)[: len(deviation)]).max() < 1e-9
    assert (
        np.abs(deviation[t[1 : len(deviation) + 1] < 8]).max() < 1e-5
    )  # down to 1e−7 of L₀, where P1 states its tolerance


def test_a_power_law_is_a_straight_line_on_the_logarithm_of_time(shown: Page, tmp_path: Path) -> None:
    """u' = −u³ from u = v = 10 towards uvx = 0: L = ½u⁴ = ½·10⁴/(1 + 200t)²."""
    page, spec = shown, fs.preset("saddle").spec.model_dump(mode="json")
    change = {
        "problem": {"kind": "points", "inputs": [[1.0]], "targets": [[0.0]]},
        "start": {"kind": "point", "parameters": [10.0, 10.0]},
        "solvers": [spec["solvers"][0]],
        "horizon": 200.0,
        "interval": 0.5,
    }
    end(page, {**spec, **change})
    series = page.evaluate("() => flowscope.series('loss')[0]")
    t, loss = (np.array(series[axis], dtype=float) for axis in "xy")
    assert np.abs(loss * (1 + 200 * t) ** 2 / 5000 - 1).max() < 1e-4
    color = page.evaluate(COLOR, 0)
    assert bend(strokes(saved(page, "svg", tmp_path), color)[0]) > 10
    page.locator("button[data-layer=logt]").click()
    assert "logt" in page.url
    page.wait_for_function("() => document.querySelector('#loss .plot').layout.xaxis.type === 'log'")
    line = strokes(saved(page, "svg", tmp_path), color)[0]
    assert np.ptp(line[:, 0]) > 150
    assert bend(line) < 1.0
    page.reload()
    page.wait_for_function("() => document.querySelector('#loss .plot')?.layout?.xaxis.type === 'log'")
    page.locator("button[data-layer=logt]").click()
    page.wait_for_function("() => !location.search.includes('logt')")


def test_the_exponential_of_gauss_newton_is_named_where_no_prediction_draws_it(shown: Page) -> None:
    show(shown, "under")
    shown.wait_for_function("() => flowscope.frame >= 20")
    (note,) = [each for each in read(shown, "notes")["loss"] if "2" in each and each.startswith("e")]
    assert note == "e^{−2t}"
    assert read(shown, "meta.lanes")[0]["exponent"] == 2.0


def test_the_raw_loss_stands_beside_the_excess_and_a_slope_beside_its_bound(shown: Page, tmp_path: Path) -> None:
    show_end(shown, "riemannian-flow")
    shown.wait_for_function("() => flowscope.slopes.length > 0")
    _, rows = rows_of(saved(shown, "curves", tmp_path))
    for name in ("Gradient flow", "Gauss–Newton", "Damped, adaptive ρ"):
        excess, raw = ([float(row["loss"]) for row in rows if row["curve"] == curve] for curve in (name, f"{name} (L)"))
        least = read(shown, "meta.best.loss")
        assert least > 0 and len(raw) == len(excess) > 1000
        assert np.abs(np.array(raw) - excess - least).max() < 1e-12
    (bound,) = read(shown, "slopes")
    assert (bound["lane"], bound["sense"]) == (1, "at most")
    assert max(bound["residual"]) < 1e-3  # Gauss–Newton falls at least as fast as P13 says
    filled = [
        each
        for each in ET.parse(saved(shown, "svg", tmp_path)).getroot().iter("{http://www.w3.org/2000/svg}path")
        if each.get("fill") == shown.evaluate(COLOR, 1)
    ]
    assert any(float(each.get("fill-opacity", 1)) < 0.3 for each in filled)  # the admitted side of the bound is shaded
