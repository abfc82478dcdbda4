"""Solvers are told apart without a colour, by most eyes by their colours too, and every colour stands out from its panel.

Simulated by the matrices of Machado, Oliveira and Fernandes (2009) for the loss of one kind of cone, on linear sRGB;
distances are CIE76 ΔE in CIELAB.
"""

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

ASSETS = Path(__file__).parents[2] / "frontend/flowscope_ui/assets"
STYLES = re.findall(
    r'light: "(#\w{6})", dark: "(#\w{6})", dash: (\[.*?\]), marker: "(\w+)"', (ASSETS / "palette.mjs").read_text(encoding="utf-8")
)
PANELS: dict[str, str] = dict(
    zip(("light", "dark"), re.findall(r"--panel: (#\w{6})", (ASSETS / "page.css").read_text(encoding="utf-8")), strict=False)
)
EYES = {
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
}
FIRST = 4
"""A race has seldom more solvers; their colours must be told apart at a glance (ΔE of 10 is five times what an eye just sees)."""
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour: str) -> np.ndarray:
    value = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray) -> np.ndarray:
    x, y, z = np.cbrt(np.maximum(XYZ @ np.clip(light, 0, 1) / (XYZ @ np.ones(3)), 1e-3))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def luminance(colour: str) -> float:
    return float(XYZ[1] @ linear(colour))


def test_every_solver_has_a_dash_and_a_marker_of_its_own() -> None:
    assert len(STYLES) == 8
    for part in (2, 3):
        assert len({style[part] for style in STYLES}) == len(STYLES)


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_first_solvers_are_told_apart_by_colour_where_a_cone_is_missing(scheme: str, eye: str) -> None:
    seen = [lab(np.array(EYES[eye]) @ linear(style[("light", "dark").index(scheme)])) for style in STYLES[:FIRST]]
    distances = {(a, b): float(np.linalg.norm(seen[a] - seen[b])) for a, b in combinations(range(FIRST), 2)}
    assert min(distances.values()) > 10, distances


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_stands_out_from_its_panel(scheme: str) -> None:
    """Contrast of at least 3:1 (WCAG 2.2, 1.4.11) for lines and heads."""
    for style in STYLES:
        low, high = sorted((luminance(style[("light", "dark").index(scheme)]), luminance(PANELS[scheme])))
        assert (high + 0.05) / (low + 0.05) >= 3, style
