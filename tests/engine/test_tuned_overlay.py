"""Predictions of lanes whose ρ was set by hand: laws of the declared damping fall silent there, bounds for any ρ go
on.
"""

import numpy as np
import pyarrow as pa
import pytest
from flowscope import Overlay, RunSpec, Tune, overlays, preset, run
from flowscope.flow import GaussNewton, SmallestEigenvalue
from flowscope.run.spec import Solver

FRAME = 20


def tuned(*entries: tuple[int, int, float]) -> RunSpec:
    """`segment` with a third solver whose law is P10, and ρ set by hand at (frame, solver, rho)."""
    spec = preset("segment").spec
    extra = Solver("Moving", GaussNewton(damping=SmallestEigenvalue()))
    solvers = (*spec.solvers, extra)
    tunes = tuple(Tune(frame=frame, solver=solver, rho=rho) for frame, solver, rho in entries)
    return spec.model_copy(update={"solvers": solvers, "tunes": tunes, "horizon": 80 * spec.interval})


def told(spec: RunSpec, rows: pa.Table | None = None) -> dict[tuple[str, int], Overlay]:
    return {(each["id"], each["lane"]): each for each in overlays(run(spec).to_table() if rows is None else rows, spec)}


@pytest.fixture(scope="module")
def spec() -> RunSpec:
    moving = len(preset("segment").spec.solvers)
    return tuned((FRAME, 1, 1.0), (FRAME, moving, 0.9), (FRAME + 30, 1, 1e-6))


def test_a_law_of_the_declared_damping_ends_where_a_hand_took_over(spec: RunSpec) -> None:
    curves, moving = told(spec), len(spec.solvers) - 1
    time = spec.time(FRAME)
    for key in (("P1", 1), ("P10", moving)):
        curve = curves[key]
        assert (curve["verdict"], curve["until"]) == ("does not apply", time)
        assert curve["why"] == f"ρ was set by hand at t = {time:.3g}"
        applies = dict(zip(curve["time"], curve["applies"], strict=True))
        assert all(each == (t <= time) for t, each in applies.items())


def test_bounds_for_any_damping_go_on_and_hold_across_the_jumps(spec: RunSpec) -> None:
    curves = told(spec)
    for key in (("P9", 1), ("P14", 1), ("P9", len(spec.solvers) - 1)):
        assert (curves[key]["verdict"], curves[key]["until"]) == ("holds", None)


def test_the_kernel_bound_counts_each_damping_from_the_frame_at_which_it_was_set() -> None:
    """At every frame another ρ: rows show the one before, so that a bound from rows alone would be crossed."""
    declared = preset("borderline").spec
    tunes = tuple(Tune(frame=frame, solver=1, rho=float(frame % 2)) for frame in range(5, 45))
    spec = declared.model_copy(update={"tunes": tunes, "horizon": 80 * declared.interval})
    rows = run(spec).to_table()
    assert told(spec, rows)[("P9", 1)]["verdict"] == "holds"
    assert told(spec.model_copy(update={"tunes": ()}), rows)[("P9", 1)]["verdict"] == "violated"


def test_untouched_lanes_keep_their_laws(spec: RunSpec) -> None:
    free = told(tuned())
    for key, curve in told(spec).items():
        if key[1] == 0:
            assert curve == free[key]
    assert free[("P1", 1)]["verdict"] == "holds"


def test_what_lies_ahead_of_a_head_that_was_just_tuned_is_not_promised(spec: RunSpec) -> None:
    rows = run(spec).to_table()
    rows = rows.filter(np.asarray(rows["frame"]) <= FRAME)
    curve = told(spec, rows)[("P1", 1)]
    assert [t for t, applies in zip(curve["time"], curve["applies"], strict=True) if applies][-1] == spec.time(FRAME)
