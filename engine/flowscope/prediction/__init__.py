"""Predictions of the theory page, held against recordings. One list; the page, the command line and the tests derive
theirs from it.
"""

from collections.abc import Callable, Iterable, Iterator

from ..preset import PRESETS, Preset, preset
from ..run.recording import Recording
from . import elsewhere
from .catalogue import PREDICTIONS
from .claim import Curve, Outcome, Prediction, Row, Tolerance
from .frames import Frames
from .overlay import Overlay, overlays
from .rule import rules
from .subject import Subject

__all__ = [
    "PREDICTIONS",
    "Curve",
    "Frames",
    "Outcome",
    "Overlay",
    "Prediction",
    "Row",
    "Subject",
    "Tolerance",
    "check",
    "overlays",
]


def check(
    presets: Iterable[str] | None = None,
    *,
    told: Callable[[Row], object] = lambda row: None,
    recorded: Callable[[str], Recording | None] = lambda name: None,
) -> list[Row]:
    """A row for each prediction that these presets name (None: all presets), preset by preset; then one for each rule
    (`rule.py`).

    A statement that fewer than three presets show is judged at other starts of theirs too (`elsewhere.py`).

    Rules are judged in the presets that follow them, and, where all presets are asked for, every kind of solver on a
    bench too. `told` is called with each row as it is judged. A preset of which `recorded` has a recording is not
    integrated again.

    Raises SpecError for an unknown preset.
    """
    chosen = PRESETS if presets is None else [preset(name) for name in presets]
    rows: list[Row] = []
    for row in _judged(chosen, recorded, every_kind=presets is None):
        told(row)
        rows.append(row)
    return rows


def _judged(
    chosen: Iterable[Preset], recorded: Callable[[str], Recording | None], *, every_kind: bool
) -> Iterator[Row]:
    subjects: list[Subject] = []
    for item in chosen:
        subject = Subject(item.name, item.spec, recorded(item.name))
        subjects.append(subject)
        spoken = [p for p in PREDICTIONS if p.id in item.verdicts]
        if any(p.every_lane and p.inapplicable(subject) is None for p in spoken):
            _ = subject.lanes
        yield from (p.judge(subject) for p in spoken)
        yield from elsewhere.rows(item, PREDICTIONS)
    yield from rules(subjects, every_kind=every_kind)
