"""Presets: their sliders move a number that is there, between values that the engine accepts."""

import math
from typing import Any

import pytest
from flowscope import PRESETS, parse_spec
from flowscope.preset.entry import Preset

SLIDING = [preset for preset in PRESETS if preset.slider]


def moved(spec: dict[str, Any], path: str, value: float) -> dict[str, Any]:
    *parts, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place: Any = spec
    for part in parts:
        place = place[part]
    assert isinstance(place[last], float)
    place[last] = value
    return spec


@pytest.mark.parametrize("preset", SLIDING, ids=lambda preset: preset.name)
def test_a_slider_moves_one_number_of_a_valid_spec(preset: Preset) -> None:
    assert preset.slider
    own = preset.spec.model_dump(mode="json")
    for value in (preset.slider.low, preset.slider.high):
        spec = parse_spec(moved(preset.spec.model_dump(mode="json"), preset.slider.path, value))
        changed = spec.model_dump(mode="json")
        assert moved(changed, preset.slider.path, 0.0) == moved(dict(own), preset.slider.path, 0.0)
    assert preset.slider.low > 0 or not preset.slider.logarithmic


def test_what_a_figure_varies_has_a_slider() -> None:
    paths = {preset.slider.path for preset in SLIDING if preset.slider}
    expected = {
        "problem.distance",
        "network.alpha",
        "network.second",
        "solvers.1.flow.tau",
        "start.parameters.1",
        "problem.offset",
    }
    expected |= {"solvers.0.optimizer.tau", "network.amplitude"}
    assert paths == expected
    assert all(math.isfinite(preset.slider.high) for preset in SLIDING if preset.slider)
