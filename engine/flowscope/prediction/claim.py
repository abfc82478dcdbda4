"""The interface of a prediction: what theory says, what it assumes, how exactly it must hold, and one row of
judgement.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypedDict

import numpy as np

from .frames import Frames
from .subject import Subject

Verdict = Literal["holds", "violated", "does not apply"]
Sense = Literal["equal", "at most", "at least"]
Standing = Literal["holds", "violated", "does not apply", "not reached"]


class Overlay(TypedDict):
    """One prediction over one lane, in the units of a convention; null where a number is not finite.

    A "curve" has up to 200 points; a "mark" is one point, known before the run gets there, and `measured` null until it
    does. `measured` is null for a curve whose `column` the recording holds itself. `until` is the time at which the
    assumption failed, `why` how.
    """

    id: str
    lane: int
    form: Literal["curve", "mark"]
    statement: str
    assumption: str
    formula: str
    column: str
    sense: Sense
    tolerance: float
    time: list[float]
    expected: list[float | None]
    measured: list[float | None] | None
    applies: list[bool]
    until: float | None
    why: str | None
    verdict: Standing


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
    """A characteristic number as `predicted` and as `measured`; `departure` is what the tolerance bounds, `why` says
    what was compared.
    """

    predicted: float
    measured: float
    departure: float
    why: str


@dataclass(frozen=True)
class Curve:
    """A prediction as a curve over a recording: the `column` it speaks of and what that column should hold.

    `expected` maps the rows of one lane to (values (rows,) or (rows, width), applies (rows,)): numpy only, nothing is
    judged. The column is `sense` the values: equal, at most (an upper bound) or at least (a lower one), up to the
    relative `tolerance` (0: the prediction's own). `ahead`: the values at later times follow from the rows so far. Not
    `lasting`: some rows are passed over. Not `scheduled`: it holds whatever ρ is, also where it was set by hand.
    `formula` is for a caption, with the letters that `Convention.caption` fills in and the numbers of `symbols`. A
    `column` that no recording holds is `measured` from the rows, (rows,).
    """

    column: str
    expected: Callable[[Frames], tuple[np.ndarray, np.ndarray]]
    formula: str
    sense: Sense = "equal"
    tolerance: float = 0.0
    ahead: bool = False
    lasting: bool = True
    scheduled: bool = True
    measured: Callable[[Frames], np.ndarray] | None = None
    symbols: Callable[[Frames], Mapping[str, str]] = lambda frames: {}

    def of(self, frames: Frames) -> np.ndarray:
        """The column (rows,) as it is measured."""
        return self.measured(frames) if self.measured else frames[self.column]


@dataclass(frozen=True)
class Mark:
    """A moment that theory knows before the run: at flow time `time(share)` a `column` has fallen to a share of its
    first value.
    """

    column: str
    time: Callable[[float], float]
    applies: Callable[[Frames], np.ndarray]
    formula: str


@dataclass(frozen=True)
class Prediction:
    """One statement of the theory page (section 3). Which presets it speaks about, they say themselves.

    `objection` says in a sentence why a subject does not meet the assumption (None: it does), by means that do not pass
    through the engine's solvers; `measure` compares. Unless it holds for `any_loss` it is a law of squares, and does
    not apply to another loss. One that looks at `every_lane` has them recorded together.
    """

    id: str
    statement: str
    assumption: str
    tolerance: Tolerance
    objection: Callable[[Subject], str | None]
    measure: Callable[[Subject], Outcome]
    curve: Curve | None = None
    mark: Mark | None = None
    any_loss: bool = False
    every_lane: bool = False

    def inapplicable(self, subject: Subject) -> str | None:
        """Why it says nothing of a subject."""
        if not (self.any_loss or subject.data.is_squares):
            return f"the loss of squares is assumed: here it is {subject.data.loss.kind}"
        return self.objection(subject)

    def judge(self, subject: Subject) -> Row:
        """The row of this prediction about a subject: a NaN is a violation."""
        objection = self.inapplicable(subject)
        if objection is not None:
            return self._row(subject, None, None, "does not apply", objection)
        outcome = self.measure(subject)
        verdict: Verdict = "holds" if outcome.departure <= self.tolerance.value else "violated"
        return self._row(
            subject, outcome.predicted, outcome.measured, verdict, f"{outcome.why}: {outcome.departure:.2g}"
        )

    def _row(
        self, subject: Subject, predicted: float | None, measured: float | None, verdict: Verdict, why: str
    ) -> Row:
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
