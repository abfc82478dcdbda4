"""Predictions of the theory page, held against recordings. One list; the page, the command line and the tests derive theirs from it."""

from collections.abc import Iterable

from ..preset import PRESETS, preset
from . import adapted, holonomy, minimum, projection, rate, riemannian
from .claim import Curve, Outcome, Prediction, Row, Tolerance
from .frames import Frames
from .overlay import Overlay, overlays
from .subject import Subject

PREDICTIONS: tuple[Prediction, ...] = tuple(
    sorted(
        (p for module in (adapted, minimum, holonomy, projection, riemannian, rate) for p in module.PREDICTIONS),
        key=lambda p: int(p.id[1:]),
    )
)

__all__ = ["PREDICTIONS", "Curve", "Frames", "Outcome", "Overlay", "Prediction", "Row", "Subject", "Tolerance", "check", "overlays"]


def check(presets: Iterable[str] | None = None) -> list[Row]:
    """A row for each prediction about each of these presets (None: all), preset by preset.

    Raises SpecError for an unknown preset.
    """
    chosen = PRESETS if presets is None else [preset(name) for name in presets]
    rows: list[Row] = []
    for item in chosen:
        subject = Subject(item.name, item.spec)
        rows += [p.judge(subject) for p in PREDICTIONS if item.name in p.presets]
    return rows
