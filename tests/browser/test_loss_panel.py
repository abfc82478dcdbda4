"""The loss panel: which laws are straight lines in it, the raw loss beside the excess, slopes held against predicted
ones.
"""

import base64
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import flowscope as fs
import numpy as np
from playwright.sync_api import Page

from .scope import open_page, read, wait_state
from .test_export import rows_of

COLOR = """async (solver) => {
  const [palette, style] = await Promise.all([import('/assets/canvas/palette.mjs'),
    import('/assets/canvas/style.mjs')]);
  return style.stylesOf(flowscope.meta.spec.solvers, palette.currentScheme())[solver].color;
}"""


def opened(page: Page, spec: dict[str, Any], query: str) -> None:
    """The page at the end of a run."""
    open_page(page, "?spec=" + base64.urlsafe_b64encode(json.dumps(spec).encode()).decode().rstrip("=") + query)
    wait_state(page, "ended")
    page.wait_for_timeout(100)


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


def test_a_pure_exponential_is_a_straight_line_to_a_pixel(page: Page, tmp_path: Path) -> None:
    """Gauss–Newton with N < p: L = L₀e^{−2t}, over sixteen decades to the floor."""
    spec = fs.preset("segment").spec.model_dump(mode="json")
    opened(page, {**spec, "horizon": 15.0, "solvers": spec["solvers"][1:]}, "&panels=loss&layers=slope&speed=16")
    line = strokes(saved(page, "svg", tmp_path), page.evaluate(COLOR, 0))[0]
    assert len(line) > 60 and np.ptp(line[:, 0]) > 100 and np.ptp(line[:, 1]) > 80
    assert bend(line) < 1.0
    residuals = {each["lane"]: each for each in read(page, "slopes")}
    assert residuals[0]["sense"] == "equal"
    told = page.request.get(f"/api/runs/{read(page, 'run')}/predictions").json()
    t = np.array(next(each["time"] for each in told if each["id"] == "P1"))
    series = page.evaluate("() => flowscope.series('loss')[0]")
    measured = np.diff(np.interp(t, series["x"], np.log(series["y"]))) / np.diff(t)
    shown = np.array(residuals[0]["residual"])
    assert len(shown) > 100 and residuals[0]["time"] == list((t[:-1] + t[1:])[: len(shown)] / 2)
    assert np.abs(shown - (measured + 2)[: len(shown)]).max() < 1e-9
    assert np.abs(shown[t[1 : len(shown) + 1] < 8]).max() < 1e-5  # down to 1e−7 of L₀, where P1 states its tolerance


def test_a_power_law_is_a_straight_line_on_the_logarithm_of_time(page: Page, tmp_path: Path) -> None:
    """u' = −u³ from u = v = 10 towards uvx = 0: L = ½u⁴ = ½·10⁴/(1 + 200t)²."""
    spec = fs.preset("saddle").spec.model_dump(mode="json")
    change = {
        "problem": {"kind": "points", "inputs": [[1.0]], "targets": [[0.0]]},
        "start": {"kind": "point", "parameters": [10.0, 10.0]},
        "solvers": [spec["solvers"][0]],
        "horizon": 200.0,
        "interval": 0.5,
    }
    opened(page, {**spec, **change}, "&panels=loss&speed=16")
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


def test_the_raw_loss_stands_beside_the_excess_and_a_slope_beside_its_bound(page: Page, tmp_path: Path) -> None:
    open_page(page, "?panels=loss&speed=16&layers=slope")
    wait_state(page, "ended")
    page.wait_for_function("() => flowscope.slopes.length > 0")
    _, rows = rows_of(saved(page, "curves", tmp_path))
    for name in ("Gradient flow", "Gauss–Newton", "Damped, adaptive ρ"):
        excess, raw = ([float(row["loss"]) for row in rows if row["curve"] == curve] for curve in (name, f"{name} (L)"))
        least = read(page, "meta.best.loss")
        assert least > 0 and len(raw) == len(excess) > 1000
        assert np.abs(np.array(raw) - excess - least).max() < 1e-12
    (bound,) = read(page, "slopes")
    assert (bound["lane"], bound["sense"]) == (1, "at most")
    assert max(bound["residual"]) < 1e-3  # Gauss–Newton falls at least as fast as P13 says
    filled = [
        each
        for each in ET.parse(saved(page, "svg", tmp_path)).getroot().iter("{http://www.w3.org/2000/svg}path")
        if each.get("fill") == page.evaluate(COLOR, 1)
    ]
    assert any(float(each.get("fill-opacity", 1)) < 0.3 for each in filled)  # the admitted side of the bound is shaded
