"""A signed column with a panel of its own, added to a copy of the packages: a probe, twelve lines of the page at most,
its entry and its words. What is drawn stands where the axis says.
"""

import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flowscope
import flowscope_server
import flowscope_ui
import pytest
from playwright.sync_api import BrowserContext, Page

from .conftest import PATIENCE
from .scope import spare
from .test_apart import process

PACKAGES = [Path(str(each.__file__)).parent for each in (flowscope, flowscope_server, flowscope_ui)]
PROBE = '    Probe("balance", "second residual, with its sign", lambda reading: reading.at.residual[:, 1]),\n'
MODULE = """// The second residual: on which side of its label the network is.

import {{ Chart }} from "../chart/chart.mjs";
import {{ curveOf }} from "../chart/curve.mjs";

/** @import {{ Setting }} from "../types.d.ts" */

/** @param {{Setting<"{name}">}} setting */
export function panel({{ place }}) {{
  return new Chart(place, {{ name: "{name}", {look}, baseline: 0, curves: curveOf("balance") }});
}}
"""
MOST = 12  # lines
PANELS = {"level": 'scale: "linear"', "sides": 'scale: "symlog", unit: 0.01'}
"""The same column on both signed scales."""
WORDS = {"title": "Balance", "formula": "r<sub>2</sub>", "units": ""}
MARKS = """panel => {
  const place = document.getElementById(panel).getBoundingClientRect();
  const middle = (each) => {
    const { left, right, top, bottom } = each.getBoundingClientRect();
    return [each.dataset.unformatted, (left + right) / 2 - place.left, (top + bottom) / 2 - place.top];
  };
  const all = (axis) => [...document.querySelectorAll(`#${panel} .${axis}tick text`)].map(middle);
  return { x: all("x"), y: all("y") };
}"""
INK = """([panel, x]) => {
  const canvas = document.querySelector(`canvas[data-layer=${panel}]`);
  const ratio = canvas.width / canvas.clientWidth;
  const { data } = canvas.getContext("2d").getImageData(Math.round(x * ratio), 0, 1, canvas.height);
  const rows = Array.from({ length: canvas.height }, (_, k) => [...data.subarray(4 * k, 4 * k + 4)]);
  const coloured = ([r, g, b, a]) => a > 150 && Math.max(r, g, b) - Math.min(r, g, b) > 90;
  const some = (test) => rows.flatMap((each, k) => (test(each) ? [k / ratio] : []));
  return { curve: some(coloured), any: some(([, , , a]) => a > 60) };
}"""


@pytest.fixture(scope="module")
def page(context: BrowserContext, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The page of the copy, where its run has ended and the first solver alone is drawn."""
    root = tmp_path_factory.mktemp("copy")
    for package in PACKAGES:
        shutil.copytree(package, root / package.name)  # compiled as it is
    probes = root / "flowscope/run/column/probe.py"
    source = probes.read_text(encoding="utf-8")
    probes.write_text(source.replace('    Probe("rank",', PROBE + '    Probe("rank",', 1), encoding="utf-8")
    ui = root / "flowscope_ui"
    for name, look in PANELS.items():
        (ui / f"assets/panels/{name}.mjs").write_text(MODULE.format(name=name, look=look), encoding="utf-8")
    entries = [{"name": name, "module": f"panels/{name}.mjs", "columns": ["balance"]} for name in PANELS]
    change(ui / "panels.json", lambda manifest: manifest + entries)
    for words in (ui / "words").glob("*/page.json"):
        change(words, with_words)
    serve = "from flowscope_server.cli import main; main()"
    options = ["serve", "--port", "0", "--workers", "1", "--data", str(root / "data")]
    with process("-c", serve, *options, PYTHONPATH=str(root)) as address:
        page = spare(context.new_page())
        page.set_viewport_size({"width": 1280, "height": 1000})
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{address}/?theme=light&speed=16&hide=1-2&panels={'.'.join(PANELS)}")
        page.wait_for_function(
            "() => window.flowscope?.ready && flowscope.state === 'ended' && flowscope.still", timeout=3 * PATIENCE
        )
        yield page
        page.close()
        assert complaints == []


def change(path: Path, act: Any) -> None:
    """A JSON file with something added."""
    path.write_text(json.dumps(act(json.loads(path.read_text(encoding="utf-8")))), encoding="utf-8")


def with_words(words: Any) -> Any:
    for name in PANELS:
        words["panels"][name] = WORDS
        words["summary"]["of"][name] = "second residual"
    return words


def number(text: str) -> float:
    """What a number of an axis says: "−0.5", "0", "−10<sup>−2</sup>"."""
    plain, _, power = text.replace("−", "-").replace("</sup>", "").partition("<sup>")
    return math.copysign(abs(float(plain)) ** int(power or 1), float(plain))


def read_axis(marks: list[tuple[str, float, float]], axis: int) -> dict[float, float]:
    return {number(text): places[axis] for text, *places in marks}


def coordinate(panel: str, value: float) -> float:
    """Where a value stands on a panel's axis, up to offset and length."""
    return value if panel == "level" else math.copysign(math.log10(1 + abs(value) / 0.01), value)


@pytest.mark.parametrize("panel", PANELS)
def test_a_signed_column_stands_where_its_axis_says(page: Page, panel: str) -> None:
    assert len(MODULE.format(name=panel, look=PANELS[panel]).splitlines()) <= MOST
    values = page.evaluate("() => flowscope.column(0, 'balance')")
    assert min(values) < -0.05 and max(values) > 1
    marks = page.evaluate(MARKS, panel)
    rows, columns = read_axis(marks["y"], 1), read_axis(marks["x"], 0)
    assert 0 in rows and min(rows) < 0 < max(rows) and len(rows) >= 4
    # two numbers fix the axis; all others stand where the formula says
    (low, bottom), (high, top) = min(rows.items()), max(rows.items())
    density = (top - bottom) / (coordinate(panel, high) - coordinate(panel, low))

    def level(value: float) -> float:
        return bottom + density * (coordinate(panel, value) - coordinate(panel, low))

    assert all(abs(level(value) - place) <= 1 for value, place in rows.items())
    (first, left), (last, right) = min(columns.items()), max(columns.items())
    time = page.evaluate("() => flowscope.path(0).time")
    for row in (len(time) // 50, len(time) // 3, len(time) // 2, len(time) - 20):
        x = left + (right - left) * (time[row] - first) / (last - first)
        curve = page.evaluate(INK, [panel, x])["curve"]
        assert curve, (panel, row)
        assert min(curve) - 3 <= level(values[row]) <= max(curve) + 3, (values[row], level(values[row]), curve)
        assert max(curve) - min(curve) < 30
    head = page.evaluate(f"() => flowscope.drawn.{panel}[0].last")
    assert head["y"] == pytest.approx(level(values[-1]), abs=1)


@pytest.mark.parametrize("panel", PANELS)
def test_the_baseline_is_drawn_at_0(page: Page, panel: str) -> None:
    marks = page.evaluate(MARKS, panel)
    zero, columns = read_axis(marks["y"], 1)[0], read_axis(marks["x"], 0)
    (_, left), (_, right) = min(columns.items()), max(columns.items())
    for share in (0.07, 0.31, 0.77):
        ink = page.evaluate(INK, [panel, left + share * (right - left)])
        grey = [row for row in ink["any"] if row not in ink["curve"]]
        assert any(abs(row - zero) <= 1.5 for row in grey), (zero, ink)


def test_the_values_are_told_with_their_signs(page: Page) -> None:
    told = page.evaluate("() => flowscope.series('sides')[0].y")
    assert told[0] > 1 and min(told) < -0.05 and len(told) > 100
    assert "second residual" in (page.locator("#sides-summary").text_content() or "")
