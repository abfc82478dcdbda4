"""Predictions as curves beside a recording, for as long as their assumption holds: what a page draws while a run goes on."""

from typing import TypedDict

import numpy as np
import pyarrow as pa
import pyarrow.compute

from ..frame import facts
from ..loss import Squares
from ..spec import RunSpec
from ..status import Status
from .catalogue import PREDICTIONS
from .claim import Curve, Prediction, Sense, Verdict
from .frames import Frames

POINTS, ROWS = 200, 4000
AHEAD = 40
"""Points of a curve beyond the last row, out of POINTS."""
REACH = 1e-7
"""e^{−16}: the share of the first loss down to which the tolerance of a curve is stated; below it an error of f weighs more, as 1/‖r‖."""
FLOOR = 1e-20
"""The share of the first loss below which nothing is judged: a residual of 1e-10 of the first."""
RTOL = 1e-9
"""The relative tolerance of a step at which the predictions state their tolerance; a coarser solver is allowed as much more."""
SCALARS = ("loss", "excess_loss", "residual_norm", "gradient_norm")
QUADRATIC = ("loss", "excess_loss")
UNUSED = ("outputs", "theta", "evaluations")


class Overlay(TypedDict):
    """One curve over one lane; `expected` is null where it is no finite number, `until` the flow time at which the assumption failed."""

    id: str
    lane: int
    statement: str
    assumption: str
    column: str
    sense: Sense
    tolerance: float
    time: list[float]
    expected: list[float | None]
    applies: list[bool]
    until: float | None
    why: str | None
    verdict: Verdict


def overlays(table: pa.Table, spec: RunSpec) -> list[Overlay]:
    """Every prediction of a scalar column that speaks about a lane of this recording, whole or so far: at most 200 points each.

    A curve that starts late (a tail) appears with its first row. `sense` is how the column must lie to the curve: "equal", "at most",
    "at least"; the verdict compares every row at which the assumption holds. It allows a relative departure of `tolerance` while the
    expected loss is above 1e-7 of the first, and from there on tolerance·(1e-7 L₀/L)^½, since a fixed error δ of f changes L by
    2δ/‖r‖ relative to itself; below 1e-20 of the first nothing is judged. `tolerance` is the prediction's, times rtol/1e-9 for a coarser
    integrator. Lanes of more than 4000 rows are read at every k-th. The theory is that of squares: no curves for another loss.
    """
    if not isinstance(spec.problem.loss, Squares):
        return []
    told = [p for p in PREDICTIONS if p.curve is not None and p.curve.column in SCALARS]
    columns = table.drop_columns([name for name in UNUSED if name in table.column_names]).combine_chunks()
    drawn: list[Overlay] = []
    for lane in facts(table.schema)["lanes"]:
        rows = columns.filter(pyarrow.compute.call_function("equal", [columns["lane"], pa.scalar(lane["lane"], pa.int32())]))
        if rows.num_rows:
            every = np.unique(np.linspace(0, rows.num_rows - 1, min(rows.num_rows, ROWS)).astype(int))
            thin = rows.take(pa.array(every))
            frames, lost = Frames.of(thin, spec, lane["lane"]), thin["status"][-1].as_py() == Status.RANK_LOSS.word
            drawn += [item for p in told if (item := _overlay(p, frames, lane["lane"], lost)) is not None]
    return drawn


def _overlay(prediction: Prediction, frames: Frames, lane: int, lost: bool) -> Overlay | None:
    curve = prediction.curve
    assert curve is not None, "predictions with a curve are meant"
    rows = frames["time"].size
    expected, applies = curve.expected(_ahead(frames) if curve.ahead else frames)
    if lost:
        applies = applies & (np.arange(applies.size) < rows - 1)
    if not applies[:rows].any():
        return None
    first = int(np.argmax(applies))
    failed = np.flatnonzero(~applies[first:rows]) if curve.lasting else np.empty(0, dtype=int)
    stop = first + int(failed[0]) if failed.size else None
    integrator = getattr(frames.solver, "integrator", None)
    tolerance = (curve.tolerance or prediction.tolerance.value) * max(1.0, getattr(integrator, "rtol", RTOL) / RTOL)
    verdict = _verdict(curve, tolerance, frames, expected[:rows], applies[:rows], stop)
    time = _ahead(frames)["time"] if curve.ahead else frames["time"]
    kept = _kept(first, rows, time.size)
    return {
        "id": prediction.id,
        "lane": lane,
        "statement": prediction.statement,
        "assumption": prediction.assumption,
        "column": curve.column,
        "sense": curve.sense,
        "tolerance": tolerance,
        "time": time[kept].tolist(),
        "expected": [float(value) if np.isfinite(value) else None for value in expected[kept]],
        "applies": applies[kept].tolist(),
        "until": None if stop is None else float(time[stop]),
        "why": None if stop is None else _why(frames, stop, lost),
        "verdict": verdict,
    }


def _verdict(curve: Curve, tolerance: float, frames: Frames, expected: np.ndarray, applies: np.ndarray, stop: int | None) -> Verdict:
    first, measured = frames[curve.column][0], frames[curve.column]
    share = np.abs(expected / first) if curve.column in QUADRATIC else (expected / first) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        allowed = tolerance * np.maximum(1.0, np.sqrt(REACH / share))
        over = measured / expected - 1.0
    departure = np.abs(over) if curve.sense == "equal" else over if curve.sense == "at most" else -over
    if np.any(applies & (share > FLOOR) & ~(departure <= allowed)):
        return "violated"
    return "holds" if stop is None else "does not apply"


def _why(frames: Frames, row: int, lost: bool) -> str | None:
    rank = int(frames["rank"][row])
    if rank < frames.outputs:
        return f"rank J = {rank} < N = {frames.outputs} at t = {frames['time'][row]:.3g}"
    return f"J lost its rank at t = {frames['time'][row]:.3g}" if lost else None


def _ahead(frames: Frames) -> Frames:
    """The rows and after them the last one again at later times, up to the horizon."""
    end, horizon = frames["time"][-1], frames.spec.horizon
    count = AHEAD if end < horizon else 0
    columns = {name: np.concatenate([values, np.repeat(values[-1:], count, 0)]) for name, values in frames.columns.items()}
    columns["time"] = np.concatenate([frames["time"], np.linspace(end, horizon, count + 1)[1:]])
    return Frames(columns, frames.spec, frames.solver, frames.target, frames.parameters)


def _kept(first: int, rows: int, total: int) -> np.ndarray:
    """Rows of a curve that begins at `first`, thinned, and all that lie ahead."""
    thin = np.unique(np.linspace(first, rows - 1, POINTS - AHEAD).astype(int))
    return np.concatenate([thin, np.arange(rows, total)])


__all__ = ["Overlay", "overlays"]
