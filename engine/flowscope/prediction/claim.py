"""The interface of a prediction: what theory says, what it assumes, how exactly it must hold, and one row of judgement."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypedDict

import numpy as np

from .frames import Frames
from .subject import Subject

Verdict = Literal["holds", "violated", "does not apply"]
Sense = Literal["equal", "at most", "at least"]


class Row(TypedDict):
    """What one prediction says of one preset; `predicted` and `measured` are null where it does not apply."""

    id: str
    preset: str
    statement: str
    assumption: str
    predicted: float | None
    measured: float | None
    tolerance: float
    verdict: Verdict
    why: str


@dataclass(frozen=True)
class Tolerance:
    """The largest departure that still counts as agreement, and why it is that large."""

    value: float
    reason: str


@dataclass(frozen=True)
class Outcome:
    """A characteristic number as `predicted` and as `measured`; `departure` is what the tolerance bounds, `why` says what was compared."""

    predicted: float
    measured: float
    departure: float
    why: str


@dataclass(frozen=True)
class Curve:
    """A prediction as a curve over a recording: the `column` it speaks of and what that column should hold.

    `expected` maps the rows of one lane to (values (rows,) or (rows, width), applies (rows,)): numpy only, nothing is judged.
    The column is `sense` the values: equal, at most (an upper bound) or at least (a lower one), up to the relative `tolerance` (0: the
    prediction's own). `ahead`: the values at later times follow from the rows so far. Not `lasting`: some rows are passed over.
    """

    column: str
    expected: Callable[[Frames], tuple[np.ndarray, np.ndarray]]
    sense: Sense = "equal"
    tolerance: float = 0.0
    ahead: bool = False
    lasting: bool = True


@dataclass(frozen=True)
class Prediction:
    """One statement of the theory page (section 3), with the presets it speaks about.

    `objection` says in a sentence why a subject does not meet the assumption (None: it does), by means that do not pass through the
    engine's solvers; `measure` compares.
    """

    id: str
    statement: str
    assumption: str
    tolerance: Tolerance
    presets: tuple[str, ...]
    objection: Callable[[Subject], str | None]
    measure: Callable[[Subject], Outcome]
    curve: Curve | None = None

    def judge(self, subject: Subject) -> Row:
        """The row of this prediction about a subject: a NaN is a violation."""
        objection = self.objection(subject)
        if objection is not None:
            return self._row(subject, None, None, "does not apply", objection)
        outcome = self.measure(subject)
        verdict: Verdict = "holds" if outcome.departure <= self.tolerance.value else "violated"
        return self._row(subject, outcome.predicted, outcome.measured, verdict, f"{outcome.why}: {outcome.departure:.2g}")

    def _row(self, subject: Subject, predicted: float | None, measured: float | None, verdict: Verdict, why: str) -> Row:
        return {
            "id": self.id,
            "preset": subject.name,
            "statement": self.statement,
            "assumption": self.assumption,
            "predicted": predicted,
            "measured": measured,
            "tolerance": self.tolerance.value,
            "verdict": verdict,
            "why": why,
        }
