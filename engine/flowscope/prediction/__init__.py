"""Predictions of the theory page, held against recordings. One list; the page, the command line and the tests derive theirs from it."""

from collections.abc import Iterable

from ..preset import PRESETS, preset
from .catalogue import PREDICTIONS
from .claim import Curve, Outcome, Prediction, Row, Tolerance
from .frames import Frames
from .overlay import Overlay, overlays
from .subject import Subject

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
