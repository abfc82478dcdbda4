"""ρ set by hand: a live run and its spec give the same bytes, other lanes notice nothing, and what moves is the damped
flow.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from flowscope import Run, RunSpec, SpecError, Status, Tune, parse_spec
from flowscope.flow import Constant, GaussNewton, SmallestEigenvalue
from flowscope.integrator import RK4, AnyIntegrator, DormandPrince, Euler, Rosenbrock
from flowscope.network import ScaledNeuron
from flowscope.optimizer import DampedGaussNewton
from flowscope.problem import Points
from flowscope.run.spec import Point, Solver
from scipy.integrate import solve_ivp

from ..cases import FLOWS, column, lane, mlp_spec, stage_spec, table
from .test_run import jacobian, outputs

NAMES = ("gradient", "constant", "smallest_eigenvalue")
HAND = ((3, 1, 0.5), (3, 2, 1e-3), (4, 1, 1.0), (11, 2, 0.0), (12, 1, 1e-6), (40, 1, 0.3))
INTEGRATORS: dict[str, AnyIntegrator] = {
    "euler": Euler(dt=0.13),
    "euler on frames": Euler(dt=0.05),
    "rk4": RK4(dt=0.13),
    "dormand_prince": DormandPrince(),
    "rosenbrock": Rosenbrock(),
}
DISCRETE = (
    Solver("beside", FLOWS["constant"]),
    Solver("fixed", DampedGaussNewton(eta=0.12, damping=Constant(rho=0.1))),
    Solver("moving", DampedGaussNewton(eta=0.05, damping=SmallestEigenvalue())),
)
SPECS: dict[str, RunSpec] = {
    **{name: stage_spec(*NAMES, integrator=each, horizon=4.0) for name, each in INTEGRATORS.items()},
    "discrete": stage_spec(horizon=4.0, solvers=DISCRETE),
    "network": mlp_spec(*NAMES, horizon=2.4, interval=0.05, seeds=(0, 1)),
}


def dragged(spec: RunSpec, *, chunk: int, hand: tuple[tuple[int, int, float], ...] = HAND) -> tuple[Run, pa.Table]:
    """A run in which ρ is set by hand between chunks that end at the frames of `hand`."""
    run, batches = Run(spec), []
    stops = iter([*sorted({frame for frame, _, _ in hand}), run.frames])
    head, stop = -1, next(stops)
    while not run.over:
        batch = run.chunk(min(chunk, stop - head))
        assert batch is not None
        batches.append(batch)
        head = batch["frame"][-1].as_py()
        if head == stop and not run.over:
            for frame, solver, rho in hand:
                if frame == head:
                    assert run.tune(solver, rho) == Tune(frame=frame, solver=solver, rho=rho)
            stop = next(stops)
    return run, pa.Table.from_batches(batches)


def chunks(spec: RunSpec, frames: int) -> Iterator[pa.RecordBatch]:
    run = Run(spec)
    while (batch := run.chunk(frames)) is not None:
        yield batch


@pytest.fixture(scope="module", params=SPECS)
def spec(request: pytest.FixtureRequest) -> RunSpec:
    return SPECS[request.param]


def test_a_run_dragged_by_hand_is_its_amended_spec_byte_for_byte_however_it_is_cut(spec: RunSpec) -> None:
    run, live = dragged(spec, chunk=4)
    assert len(run.spec.tunes) == len(HAND) and run.spec.model_copy(update={"tunes": ()}) == spec
    again = parse_spec(run.spec.model_dump(mode="json"))
    for frames in (1, 4, 64):
        assert pa.Table.from_batches(chunks(again, frames)).combine_chunks().equals(live.combine_chunks())
    assert dragged(spec, chunk=1)[1].combine_chunks().equals(live.combine_chunks())


def test_lanes_of_other_solvers_notice_nothing(spec: RunSpec) -> None:
    _, live = dragged(spec, chunk=4)
    free = table(spec).drop_columns("row")
    for number in range(len(spec.seeds)):  # the first solver is never touched
        assert lane(live.drop_columns("row"), number).combine_chunks().equals(lane(free, number).combine_chunks())


def test_the_column_shows_what_was_set_from_the_next_frame_on(spec: RunSpec) -> None:
    _, live = dragged(spec, chunk=4)
    rho, frame = column(lane(live, len(spec.seeds)), "rho"), column(lane(live, len(spec.seeds)), "frame")
    before = {value for first, solver, value in HAND if solver == 1 for value in [first]}
    for first, last, value in ((3, 4, 0.5), (4, 12, 1.0), (12, 40, 1e-6), (40, 10**9, 0.3)):
        assert first in before and set(rho[(frame > first) & (frame <= last)]) == {value}
    assert set(rho[frame <= 3]) == {0.1}


def reference(spec: RunSpec, pieces: list[tuple[int, float]]) -> np.ndarray:
    """θ at the frames by SciPy's DOP853, begun anew at every change of ρ."""
    target = spec.problem.data(spec.network).targets.numpy()
    assert isinstance(spec.start, Point)
    theta, found = np.array(spec.start.parameters), []
    for (first, rho), (last, _) in zip(pieces, [*pieces[1:], (spec.frames - 1, 0.0)], strict=True):

        def velocity(_: float, theta: np.ndarray, rho: float = rho) -> np.ndarray:
            j = jacobian(theta)
            return -np.linalg.solve(rho * np.eye(2) + (1 - rho) * j.T @ j / 3, j.T @ (outputs(theta) - target) / 3)

        times = np.array([spec.time(k) for k in range(first, last + 1)])
        path = solve_ivp(
            velocity, (times[0], times[-1]), theta, t_eval=times, method="DOP853", rtol=1e-11, atol=1e-13
        ).y.T
        found.append(path[:-1])
        theta = path[-1]
    return np.concatenate([*found, theta[None]])


def test_pieces_of_constant_damping_agree_with_scipy() -> None:
    spec = stage_spec("gradient", "constant", horizon=4.0)
    _, live = dragged(spec, chunk=4, hand=tuple(each for each in HAND if each[1] == 1))
    expected = reference(spec, [(0, 0.1), (3, 0.5), (4, 1.0), (12, 1e-6), (40, 0.3)])
    assert np.abs(column(lane(live, 1), "theta") - expected).max() < 1e-7


def test_a_tune_before_the_first_frame_holds_from_the_start() -> None:
    run = Run(stage_spec("constant", horizon=1.0))
    assert run.tune(0, 0.7).frame == 0
    theta = column(pa.Table.from_batches(list(run)), "theta")
    declared = stage_spec(horizon=1.0, solvers=(Solver("c", GaussNewton(damping=Constant(rho=0.7))),))
    assert np.abs(theta - column(table(declared), "theta")).max() < 1e-12


def test_the_last_word_at_one_frame_counts() -> None:
    run = Run(stage_spec("constant", "smallest_eigenvalue", horizon=1.0))
    run.chunk(5)
    for solver, rho in ((1, 0.2), (0, 0.3), (1, 0.4)):
        run.tune(solver, rho)
    assert [(each.frame, each.solver, each.rho) for each in run.spec.tunes] == [(4, 0, 0.3), (4, 1, 0.4)]


def test_damping_by_hand_averts_an_end_that_lay_beyond_the_frame() -> None:
    """One long interval: the step that loses rank is discarded with the end it met."""
    spec = RunSpec(
        problem=Points(inputs=((1.0,), (2.0,), (-0.5,)), targets=((-0.8,), (-1.1,), (0.45,))),
        network=ScaledNeuron(),
        start=Point(parameters=(1.0, 1.0)),
        solvers=(Solver("gauss_newton", FLOWS["gauss_newton"]),),
        horizon=8.0,
        interval=0.1,
    )
    lost = Run(spec)
    last = len(list(chunks(spec, 1))) - 2
    lost.chunk(last)  # the frames before the last one of the free run
    lost.tune(0, 0.2)
    frames = pa.Table.from_batches(list(lost))
    assert [each.status for each in lost.lanes] == [Status.HORIZON]
    assert column(frames, "frame")[-1] == spec.frames - 1


def test_more_than_the_budget_is_not_spent_on_tunes() -> None:
    run = Run(stage_spec("constant", horizon=10.0, evaluations=400))
    while not run.over:
        run.chunk(1)
        if not run.over:
            run.tune(0, 0.5)
    assert run.lanes[0].status is Status.EXHAUSTED


@pytest.mark.parametrize(
    ("solver", "rho", "sentence"),
    [
        (0, 0.5, "tune.solver: expected a solver with a damping, came 'gradient'"),
        (2, 0.5, "tune.solver: expected one of the 2 solvers, counted from 0, came 2"),
        (-1, 0.5, "solver: expected greater than or equal to 0, came -1"),
        (1, 1.5, "rho: expected less than or equal to 1, came 1.5"),
        (1, float("nan"), "rho: expected a finite number, came nan"),
    ],
)
def test_what_cannot_be_set_is_refused_by_one_sentence(solver: int, rho: float, sentence: str) -> None:
    run = Run(stage_spec("gradient", "constant", horizon=1.0))
    run.chunk(3)
    with pytest.raises(SpecError) as refused:
        run.tune(solver, rho)
    assert str(refused.value) == sentence
    assert run.spec.tunes == ()


def test_nothing_is_set_in_a_run_that_has_ended() -> None:
    run = Run(stage_spec("constant", horizon=1.0))
    list(run)
    with pytest.raises(SpecError, match="expected a run that goes on"):
        run.tune(0, 0.5)


@pytest.mark.parametrize(
    ("tunes", "path"),
    [
        ([(5, 1, 0.5), (5, 1, 0.6)], "tunes.1"),
        ([(6, 1, 0.5), (5, 1, 0.6)], "tunes.1"),
        ([(20, 1, 0.5)], "tunes.0.frame"),
        ([(2, 0, 0.5)], "tunes.0.solver"),
        ([(2, 7, 0.5)], "tunes.0.solver"),
        ([(2, 1, 2.0)], "tunes.0.rho"),
        ([(k, 1, 0.5) for k in range(5000)], "tunes"),
    ],
)
def test_a_spec_with_wrong_tunes_names_the_entry(tunes: list[tuple[int, int, float]], path: str) -> None:
    value: dict[str, Any] = stage_spec("gradient", "constant", horizon=1.0).model_dump(mode="json")
    value["tunes"] = [{"frame": frame, "solver": solver, "rho": rho} for frame, solver, rho in tunes]
    with pytest.raises(SpecError) as refused:
        parse_spec(value)
    assert refused.value.path == path
