"""Methods are told apart without a colour, by most eyes by their hues too, and every hue stands out from its panel.

Simulated by the matrices of Machado, Oliveira and Fernandes (2009) for the loss of one kind of cone, on linear sRGB;
distances are CIE76 ΔE in CIELAB. How methods are chosen and varied is tested where the page runs
(`tests/browser/test_style.py`).
"""

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

ASSETS = Path(__file__).parents[2] / "frontend/flowscope_ui/assets"
TABLE = (ASSETS / "canvas/style.mjs").read_text(encoding="utf-8")
SCHEMES = ("light", "dark")
HUES = {name: colors for name, *colors in re.findall(r'(\w+): \{ light: "(#\w{6})", dark: "(#\w{6})" \}', TABLE)}
ROWS = re.findall(r'\["(\w+)", "(\w+)", "(\w+)"\]', TABLE)
"""Hue, dash and marker of every method of the table."""
PANELS: dict[str, str] = dict(
    zip(SCHEMES, re.findall(r"--panel: (#\w{6})", (ASSETS / "page.css").read_text(encoding="utf-8")), strict=False)
)
EYES = {
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour: str) -> np.ndarray:
    value = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray) -> np.ndarray:
    x, y, z = np.cbrt(np.maximum(XYZ @ np.clip(light, 0, 1) / (XYZ @ np.ones(3)), 1e-3))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def luminance(colour: str) -> float:
    return float(XYZ[1] @ linear(colour))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_methods_are_told_apart_without_a_colour() -> None:
    """No two have one dash and marker; of one hue they share neither."""
    assert len(ROWS) >= 40
    assert len({(dash, marker) for _, dash, marker in ROWS}) == len(ROWS)
    for (hue, dash, marker), (other, *rest) in combinations(ROWS, 2):
        assert hue != other or (dash != rest[0] and marker != rest[1]), (hue, dash, marker, rest)


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_hues_are_told_apart_where_a_cone_is_missing(scheme: str, eye: str) -> None:
    """ΔE of 10 is five times what an eye just sees."""
    seen = {hue: lab(np.array(EYES[eye]) @ linear(colors[SCHEMES.index(scheme)])) for hue, colors in HUES.items()}
    distances = {(a, b): float(np.linalg.norm(seen[a] - seen[b])) for a, b in combinations(seen, 2)}
    assert len(seen) == 10
    assert min(distances.values()) > 10, min(distances.items(), key=lambda each: each[1])


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_hue_stands_out_from_its_panel(scheme: str) -> None:
    """Contrast of at least 3:1 (WCAG 2.2, 1.4.11) for lines and heads."""
    for hue, colors in HUES.items():
        assert contrast(colors[SCHEMES.index(scheme)], PANELS[scheme]) >= 3, hue
