"""Predictions as curves and marks beside a recording, for as long as their assumption holds: what a page draws while a
run goes on.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute

from ..convention import DECLARED, SHARE, Convention
from ..problem import Squares
from ..run.frame import facts
from ..run.spec import RunSpec
from ..status import Status
from .adapted import VANISHED
from .catalogue import PREDICTIONS
from .claim import Curve, Mark, Overlay, Prediction, Standing
from .frames import Frames

POINTS, ROWS = 200, 4000
AHEAD = 40
"""Points of a curve beyond the last row, out of POINTS."""
REACH = 1e-7
"""e^{−16}: the share of the first loss down to which the tolerance of a curve is stated; below it an error of f weighs
more, as 1/‖r‖.
"""
FLOORS = {"excess_loss": 1e-13}
"""The share of the first value below which nothing is judged: a gap is known to the accuracy of its reference."""
FLOOR = 1e-20
"""The same for every other column: a residual of 1e-10 of the first."""
POWERS = {"loss": 1.0, "excess_loss": 1.0, "gradient_norm": 2.0, "residual_norm": 2.0}
"""Columns that fall with the loss, and to which power of theirs it is proportional."""
UNUSED = ("theta", "evaluations")


def overlays(table: pa.Table, spec: RunSpec, convention: Convention = DECLARED, share: float = SHARE) -> list[Overlay]:
    """Every prediction that speaks about a lane of this recording, whole or so far, in the units of `convention`.

    A curve that starts late (a tail) appears with its first row. `sense` is how the column must lie to the curve:
    "equal", "at most", "at least"; the verdict compares every row at which the assumption holds. It allows a relative
    departure of `tolerance` while the expected loss is above 1e-7 of the first, and from there on tolerance·(1e-7
    L₀/L)^½, since a fixed error δ of f changes L by 2δ/‖r‖ relative to itself; below 1e-20 of the first (a gap: 1e-13)
    nothing is judged. `tolerance` is the prediction's, times rtol/1e-9 for a coarser integrator. A mark is for ε =
    share · L₀. Lanes of more than 4000 rows are read at every k-th. The theory is that of squares: nothing for another
    loss.
    """
    if not isinstance(spec.problem.loss, Squares):
        return []
    columns = table.drop_columns([name for name in UNUSED if name in table.column_names]).combine_chunks()
    drawn: list[Overlay] = []
    for lane in facts(table.schema)["lanes"]:
        rows = columns.filter(
            pyarrow.compute.call_function("equal", [columns["lane"], pa.scalar(lane["lane"], pa.int32())])
        )
        if rows.num_rows:
            every = np.unique(np.linspace(0, rows.num_rows - 1, min(rows.num_rows, ROWS)).astype(int))
            every = np.union1d(every, _by_hand(rows, spec, lane["solver"]))
            thin = rows.take(pa.array(every))
            frames = Frames.of(thin, spec, lane["lane"])
            told = _Told(frames, lane["lane"], _vanished(frames, thin["status"][-1].as_py()), convention)
            drawn += list(told.all(share))
    return drawn


def _by_hand(rows: pa.Table, spec: RunSpec, solver: int) -> np.ndarray:
    """The rows at which ρ of a solver was set by hand."""
    return np.flatnonzero(
        np.isin(rows["frame"].to_numpy(), [tune.frame for tune in spec.tunes if tune.solver == solver])
    )


def _vanished(frames: Frames, status: str) -> bool:
    """Whether the lane ended because J lost its rank, at once or by running into a point where it vanishes."""
    least = frames["sigma_min"]
    return status == Status.RANK_LOSS.word or (status == Status.ESCAPED.word and bool(least[-1] < VANISHED * least[0]))


class _Told:
    """What is told of one lane."""

    def __init__(self, frames: Frames, lane: int, vanished: bool, convention: Convention) -> None:
        self.frames, self.lane, self.vanished, self.convention = frames, lane, vanished, convention
        self.rows = frames["time"].size
        self.ahead = _ahead(frames)

    def all(self, share: float) -> Iterator[Overlay]:
        for prediction in PREDICTIONS:
            for item in (
                prediction.curve and self.curve(prediction, prediction.curve),
                prediction.mark and self.mark(prediction, share),
            ):
                if item:
                    yield item

    def curve(self, prediction: Prediction, curve: Curve) -> Overlay | None:
        """The curve of a prediction, None where it says nothing of this lane."""
        frames, rows = (self.ahead if curve.ahead else self.frames), self.rows
        expected, applies = curve.expected(frames)
        touched = ~frames.untouched if curve.scheduled else np.zeros_like(applies)
        applies, first, stop = self._span(applies, touched, curve.lasting)
        if not applies[:rows].any():
            return None
        tolerance = (curve.tolerance or prediction.tolerance.value) * frames.coarseness
        measured = curve.of(self.frames)
        kept = _kept(first, rows, frames["time"].size) if curve.lasting else _sparse(applies)
        verdict = _verdict(curve, tolerance, measured, expected[:rows], applies[:rows])
        shown = np.concatenate([measured, np.full(expected.size - rows, np.nan)])[kept] if curve.measured else None
        return {
            **self._words(prediction, curve.column, stop),
            "form": "curve",
            "formula": self.convention.caption(curve.formula, **curve.symbols(self.frames)),
            "sense": curve.sense,
            "tolerance": tolerance,
            "time": self._scaled("time", frames["time"][kept]).tolist(),
            "expected": _numbers(self._scaled(curve.column, expected[kept])),
            "measured": None if shown is None else _numbers(self._scaled(curve.column, shown)),
            "applies": applies[kept].tolist(),
            "verdict": verdict if verdict == "violated" or stop is None else "does not apply",
        }

    def mark(self, prediction: Prediction, share: float) -> Overlay | None:
        """The mark of a prediction: what is measured there is interpolated in the logarithm, as the curve that is
        expected is straight.
        """
        mark, frames = prediction.mark, self.frames
        assert isinstance(mark, Mark), "predictions with a mark are meant"
        applies, _, stop = self._span(mark.applies(frames), ~frames.untouched, lasting=True)
        if not applies[0]:
            return None
        time, values, moment = frames["time"], frames[mark.column], mark.time(share)
        epsilon, tolerance = share * values[0], prediction.tolerance.value * frames.coarseness
        holds = stop is None or bool(moment < time[stop])
        with np.errstate(divide="ignore"):
            reached = float(np.exp(np.interp(moment, time, np.log(values)))) if holds and moment <= time[-1] else np.nan
        verdict: Standing = "not reached" if holds else "does not apply"
        if np.isfinite(reached):
            verdict = "holds" if abs(reached / epsilon - 1.0) <= tolerance else "violated"
        return {
            **self._words(prediction, mark.column, None if holds else stop),
            "form": "mark",
            "formula": self.convention.caption(mark.formula),
            "sense": "equal",
            "tolerance": tolerance,
            "time": self._scaled("time", np.array([moment])).tolist(),
            "expected": _numbers(self._scaled(mark.column, np.array([epsilon]))),
            "measured": _numbers(self._scaled(mark.column, np.array([reached]))),
            "applies": [holds],
            "verdict": verdict,
        }

    def _span(self, applies: np.ndarray, touched: np.ndarray, lasting: bool) -> tuple[np.ndarray, int, int | None]:
        """Where a prediction applies, its first row, and the row at which a lasting one fails; it does not recover from
        that.

        Every one fails where it is `touched`.
        """
        applies = applies & ~touched
        if self.vanished:
            applies = applies & (np.arange(applies.size) < self.rows - 1)
        first = int(np.argmax(applies))
        failed = np.flatnonzero((~applies if lasting else touched)[first : self.rows])
        stop = first + int(failed[0]) if failed.size else None
        return (applies if stop is None else applies & (np.arange(applies.size) < stop)), first, stop

    def _words(self, prediction: Prediction, column: str, stop: int | None) -> Overlay:
        told = {
            "id": prediction.id,
            "lane": self.lane,
            "statement": prediction.statement,
            "assumption": prediction.assumption,
            "column": column,
            "until": None if stop is None else float(self._scaled("time", np.array([self._end(prediction, stop)]))[0]),
            "why": None if stop is None else self._why(prediction, stop),
        }
        return told  # pyright: ignore[reportReturnType]  # the part that curves and marks share

    def _taken(self, prediction: Prediction, row: int) -> bool:
        """Whether it ends at a row because ρ was set by hand."""
        return not self.frames.untouched[row] and (prediction.curve is None or prediction.curve.scheduled)

    def _end(self, prediction: Prediction, row: int) -> float:
        frames = self.frames
        return frames.spec.time(frames.tunes[0].frame) if self._taken(prediction, row) else float(frames["time"][row])

    def _why(self, prediction: Prediction, row: int) -> str | None:
        """Which assumption failed at a row."""
        frames = self.frames
        if self._taken(prediction, row):
            return f"ρ was set by hand at t = {self._end(prediction, row):.3g}"
        rank = int(frames["rank"][row])
        if rank < min(frames.outputs, frames.parameters):
            return f"rank J fell from {min(frames.outputs, frames.parameters)} to {rank}"
        least = frames["sigma_min"]
        return (
            f"J lost its rank: σ_{{min}} fell from {_short(least[0])} to {_short(least[row])}"
            if self.vanished
            else None
        )

    def _scaled(self, column: str, values: np.ndarray) -> np.ndarray:
        frames = self.frames
        return values * self.convention.factor(column, frames.spec.problem.samples, frames.outputs)


def _verdict(
    curve: Curve, tolerance: float, measured: np.ndarray, expected: np.ndarray, applies: np.ndarray
) -> Standing:
    power = POWERS.get(curve.column)
    share = np.ones(expected.shape) if power is None else np.abs(expected / measured[0]) ** power
    with np.errstate(divide="ignore", invalid="ignore"):
        allowed = tolerance * np.maximum(1.0, np.sqrt(REACH / share))
        over = measured / expected - 1.0
    departure = np.abs(over) if curve.sense == "equal" else over if curve.sense == "at most" else -over
    judged = applies & (share > FLOORS.get(curve.column, FLOOR))
    return "violated" if np.any(judged & ~(departure <= allowed)) else "holds"


def _ahead(frames: Frames) -> Frames:
    """The rows and after them the last one again at later times, up to the horizon."""
    end, horizon = frames["time"][-1], frames.spec.horizon
    count = AHEAD if end < horizon else 0
    columns = {
        name: np.concatenate([values, np.repeat(values[-1:], count, 0)]) for name, values in frames.columns.items()
    }
    columns["time"] = np.concatenate([frames["time"], np.linspace(end, horizon, count + 1)[1:]])
    columns["frame"] = np.concatenate([frames["frame"], np.full(count, frames["frame"][-1] + 1)])
    return replace(frames, columns=columns)


def _kept(first: int, rows: int, total: int) -> np.ndarray:
    """Rows of a curve that begins at `first`, thinned, and all that lie ahead."""
    thin = np.unique(np.linspace(first, rows - 1, POINTS - AHEAD).astype(int))
    return np.concatenate([thin, np.arange(rows, total)])


def _sparse(applies: np.ndarray) -> np.ndarray:
    """The rows at which it applies, thinned."""
    rows = np.flatnonzero(applies)
    return rows[np.unique(np.linspace(0, rows.size - 1, min(rows.size, POINTS)).astype(int))]


def _short(value: float) -> str:
    """`4e−7`."""
    digits, _, power = f"{value:.2g}".partition("e")
    return f"{digits}e{int(power)}".replace("-", "−") if power else digits


def _numbers(values: np.ndarray) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]


__all__ = ["Overlay", "overlays"]
