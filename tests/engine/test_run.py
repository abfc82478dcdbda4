"""Runs: paths against SciPy, determinism, and how lanes end."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from flowscope import Run, RunSpec, Status, preset
from flowscope.flow import GaussNewton
from flowscope.integrator import RK4, DormandPrince, Euler
from flowscope.network import MLP, Product, ScaledNeuron
from flowscope.problem import LogCosh, Points
from flowscope.run.spec import Point, Random, Solver
from scipy.integrate import solve_ivp

from ..cases import FLOWS, INPUTS, column, lane, mlp_spec, stage_spec, table

X = np.array(INPUTS)[:, 0]


def outputs(theta: np.ndarray) -> np.ndarray:
    return np.tanh(theta[0] * X + theta[1])


def jacobian(theta: np.ndarray) -> np.ndarray:
    slope = 1 - outputs(theta) ** 2
    return np.stack([slope * X, slope], 1)


def rho_of(name: str, time: float, loss: float, start: float, j: np.ndarray) -> float:
    """The dampings once more, from the theory page."""
    smallest = float(np.linalg.eigvalsh(j.T @ j / 3)[0])
    return {
        "gradient": 1.0,
        "gauss_newton": 0.0,
        "constant": 0.1,
        "smallest_eigenvalue": min(1.0, smallest),
        "exponential_decay": np.exp(-2 * time),
        "loss_proportional": min(1.0, loss / start),
    }[name]


def reference(spec: RunSpec, name: str) -> tuple[np.ndarray, np.ndarray]:
    """θ and ρ at the frames by SciPy's DOP853 (rtol 1e-11), with dense normal equations of its own."""
    target = spec.problem.data(spec.network).targets.numpy()
    begin = np.array(spec.start.parameters)  # pyright: ignore[reportAttributeAccessIssue]  # a Point
    first = float(((outputs(begin) - target) ** 2).sum() / 6)

    def damping(time: float, theta: np.ndarray) -> float:
        return rho_of(name, time, float(((outputs(theta) - target) ** 2).sum() / 6), first, jacobian(theta))

    def velocity(time: float, theta: np.ndarray) -> np.ndarray:
        j, r, rho = jacobian(theta), outputs(theta) - target, damping(time, theta)
        return -np.linalg.solve(rho * np.eye(2) + (1 - rho) * j.T @ j / 3, j.T @ r / 3)

    times = np.array([spec.time(k) for k in range(spec.frames)])
    path = solve_ivp(velocity, (0, spec.horizon), begin, t_eval=times, method="DOP853", rtol=1e-11, atol=1e-13).y.T
    return path, np.array([damping(t, theta) for t, theta in zip(times, path, strict=True)])


@pytest.fixture(scope="module")
def stage() -> pa.Table:
    return table(stage_spec())


@pytest.mark.parametrize("name", FLOWS)
def test_paths_agree_with_scipy(stage: pa.Table, name: str) -> None:
    frames = lane(stage, list(FLOWS).index(name))
    theta, rho = reference(stage_spec(), name)
    assert np.abs(column(frames, "theta") - theta).max() < 1e-7
    assert np.abs(column(frames, "rho") - rho).max() < 1e-7


def test_every_point_lies_on_the_manifold(stage: pa.Table) -> None:
    theta, points = column(stage, "theta"), column(stage, "outputs")
    assert np.abs(np.array([outputs(t) for t in theta]) - points).max() < 1e-14


def test_readings_are_those_of_the_dense_matrices(stage: pa.Table) -> None:
    target = stage_spec().problem.data(stage_spec().network).targets.numpy()
    for row in stage.slice(0, 60).to_pylist() + stage.slice(stage.num_rows - 60).to_pylist():
        theta = np.array(row["theta"])
        j, r = jacobian(theta), outputs(theta) - target
        sigma = np.linalg.svd(j)[1]
        expected: dict[str, Any] = {
            "loss": r @ r / 6,
            "gradient": j.T @ r / 3,
            "gradient_norm": np.linalg.norm(j.T @ r / 3),
            "residual_norm": np.linalg.norm(r),
            "eigenvalues": sigma**2 / 3,
            "sigma_min": sigma[-1],
            "sigma_max": sigma[0],
            "rank": 2,
        }
        for name, value in expected.items():
            assert np.abs(np.array(row[name]) - value).max() < 1e-12, name


def test_the_gradient_is_that_of_the_loss_that_the_run_has() -> None:
    """Of log cosh, Jᵀ tanh(f − y)/n, and not Jᵀ(f − y)/n; as long as J is recorded."""
    plain = mlp_spec("gradient", widths=(1, 3, 1), samples=3, horizon=0.5)
    part = table(plain.model_copy(update={"problem": plain.problem.model_copy(update={"loss": LogCosh()})}))
    r = column(part, "outputs") - plain.problem.data(plain.network).targets.numpy()
    j = column(part, "jacobian").reshape(len(r), 3, 10)
    wanted, squares = (np.einsum("ki,kij->kj", each, j) / 3 for each in (np.tanh(r), r))
    assert np.abs(column(part, "gradient") - wanted).max() < 1e-14 < 1e-3 < np.abs(wanted - squares).max()
    long = table(mlp_spec("gradient", widths=(1, 4, 1), samples=3, horizon=0.1))
    assert long["gradient"].null_count == long["jacobian"].null_count == long.num_rows


def test_lanes_of_one_seed_start_from_the_same_point() -> None:
    frames = table(mlp_spec("gradient", "constant", seeds=(3, 4)))
    firsts = [column(lane(frames, number), "loss")[0] for number in range(4)]
    assert firsts[0] == firsts[2] != firsts[1] == firsts[3]


@pytest.mark.parametrize(
    "spec", [stage_spec(), mlp_spec("gradient", "constant", "exponential_decay", seeds=(0, 1))], ids=["stage", "mlp"]
)
def test_equal_specs_give_equal_bytes(spec: RunSpec) -> None:
    def recording() -> bytes:
        run, sink = Run(spec), pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, run.schema) as writer:
            for batch in run:
                writer.write_batch(batch)
        return sink.getvalue().to_pybytes()

    assert recording() == recording()


@pytest.mark.parametrize(
    "spec", [stage_spec(), mlp_spec("gradient", "constant", "exponential_decay", seeds=(0, 1))], ids=["stage", "mlp"]
)
@pytest.mark.parametrize("frames", [1, 3, 64])
def test_cutting_into_chunks_changes_no_value(spec: RunSpec, frames: int) -> None:
    run = Run(spec)
    batches = []
    while (batch := run.chunk(frames)) is not None:
        batches.append(batch)
    assert pa.Table.from_batches(batches).equals(table(spec))


@pytest.mark.parametrize("name", ["seeds", "saddle", "equal-cost"])
def test_lanes_that_step_together_through_many_frames_take_the_steps_they_take_frame_by_frame(name: str) -> None:
    """Many seeds, some of which end their steps together; lanes that end early; lanes that spend a budget."""
    run = Run(preset(name).spec)
    assert pa.Table.from_batches(list(iter(lambda: run.chunk(1), None))).equals(table(preset(name).spec, 64))


@pytest.mark.parametrize("frames", [1, 2, 64])
def test_a_lane_that_a_trial_ends_at_a_frame_s_time_goes_on_in_that_frame(frames: int) -> None:
    """The trial is made for the next frame: until then nobody knows. Here the first step leaves every bound."""
    spec = RunSpec(
        problem=Points(inputs=((1.0,),), targets=((0.0,),)),
        network=Product(),
        start=Point(parameters=(1e5, 1e5)),
        solvers=(Solver("gradient", FLOWS["gradient"], Euler(dt=2.5e5)),),
        horizon=1e6,
        interval=2.5e5,
    )
    found = table(spec, frames)
    assert found["status"].to_pylist() == ["running", "diverged"]
    assert found["frame"].to_pylist() == [0, 1] and found["time"].to_pylist() == [0.0, 0.0]


def test_a_clock_fills_wall_seconds_and_changes_nothing_else() -> None:
    ticks = iter(range(10**9))
    run = Run(stage_spec("gradient", "gauss_newton"), clock=lambda: float(next(ticks)))
    timed = pa.Table.from_batches(list(run))
    assert np.diff(column(lane(timed, 0), "wall_seconds")).min() >= 0.0 < column(timed, "wall_seconds")[-1]
    bare = table(stage_spec("gradient", "gauss_newton"))
    assert bare["wall_seconds"].null_count == bare.num_rows
    assert timed.drop_columns("wall_seconds").equals(bare.drop_columns("wall_seconds"))


def test_a_run_ends_at_its_horizon_with_one_row_per_lane_and_frame() -> None:
    spec = stage_spec("gradient", "gauss_newton", horizon=1.0, interval=0.3)
    run = Run(spec)
    frames = pa.Table.from_batches(list(run))
    assert [f"{t:.1f}" for t in column(lane(frames, 1), "time")] == ["0.0", "0.3", "0.6", "0.9", "1.0"]
    assert frames["row"].to_pylist() == list(range(10))
    assert frames["status"].to_pylist() == ["running"] * 8 + ["horizon"] * 2
    assert all(item.status is Status.HORIZON and item.time == 1.0 for item in run.lanes)


def test_evaluations_count_what_was_spent() -> None:
    row = table(stage_spec("gradient", "constant", integrator=RK4(dt=0.1), horizon=1.0, interval=1.0)).to_pylist()[-2:]
    assert [r["step"] for r in row] == [10, 10]
    assert row[0]["evaluations"] == {"f": 41, "jacobian": 0, "jvp": 0, "vjp": 41, "solve": 0}
    assert row[1]["evaluations"] == {"f": 41, "jacobian": 41, "jvp": 0, "vjp": 41, "solve": 41}


def ends(spec: RunSpec) -> tuple[dict[str, Status], pa.Table]:
    run = Run(spec)
    frames = pa.Table.from_batches(list(run))
    return {item.name: item.status for item in run.lanes}, frames


def crossing(*flows: str, **changes: object) -> RunSpec:
    """a tanh(w x) with the target across the rank-deficient point: Gauss–Newton must pass through w = 0."""
    return RunSpec(
        problem=Points(inputs=((1.0,), (2.0,), (-0.5,)), targets=((-0.8,), (-1.1,), (0.45,))),
        network=ScaledNeuron(),
        start=Point(parameters=(1.0, 1.0)),
        solvers=tuple(Solver(name, FLOWS[name]) for name in flows),
        horizon=20.0,
        interval=0.1,
    ).model_copy(update=changes)


def test_rank_loss_ends_that_lane_and_the_others_go_on() -> None:
    statuses, frames = ends(crossing("gradient", "gauss_newton", "constant"))
    assert statuses == {"gradient": Status.HORIZON, "gauss_newton": Status.RANK_LOSS, "constant": Status.HORIZON}
    last = lane(frames, 1).to_pylist()[-1]
    assert last["status"] == "rank_loss"
    assert last["sigma_min"] / last["sigma_max"] < 1e-6
    assert np.isfinite(column(frames, "loss")).all()


@pytest.mark.parametrize("start", [(1.81, 0.19), (0.1, 1.37), (-1.33, 0.7)])
def test_a_rejected_trial_beyond_a_rank_deficient_point_ends_nothing(start: tuple[float, float]) -> None:
    """Loose tolerances make trial steps overshoot into tanh's flat ends, where J has no rank; the lane itself never
    goes there.
    """
    loose = DormandPrince(rtol=1e-2, atol=1e-2)
    statuses, frames = ends(stage_spec("gauss_newton", integrator=loose, horizon=20.0, start=Point(parameters=start)))
    assert statuses == {"gauss_newton": Status.HORIZON}
    assert column(frames, "excess_loss")[-1] < 1e-4


def test_an_exhausted_budget_ends_that_lane() -> None:
    statuses, frames = ends(stage_spec("gradient", "gauss_newton", evaluations=300, horizon=60.0))
    assert set(statuses.values()) == {Status.EXHAUSTED}
    assert max(row["evaluations"]["f"] for row in frames.to_pylist()) <= 300 + 7


def test_a_lane_that_cannot_reach_its_horizon_says_so_long_before_its_budget_is_spent() -> None:
    """Explicit steps are bounded by stability, about 3/λ_max ≈ 4: a horizon of 1e6 would take more than 1e6
    evaluations.
    """
    statuses, frames = ends(stage_spec("gradient", horizon=1e6, interval=1e3, evaluations=20_000))
    assert statuses == {"gradient": Status.STALLED}
    assert 10_000 <= frames.to_pylist()[-1]["evaluations"]["f"] < 10_100


def test_a_step_too_long_diverges_and_says_so() -> None:
    spec = mlp_spec("gradient", horizon=200.0, interval=1.0)
    spec = spec.model_copy(update={"solvers": (Solver("gradient", FLOWS["gradient"], Euler(dt=10.0)),)})
    statuses, frames = ends(spec)
    assert statuses["gradient"] is Status.DIVERGED
    assert np.isfinite(column(frames, "loss")).all()


def test_a_flow_that_leaves_in_finite_time_ends() -> None:
    """x = tanh(θ), y = 2: the straight line leaves the image at s = ln 2 (theory page 5.2; loss 1/2·r² and n = 1)."""
    spec = RunSpec(
        problem=Points(inputs=((1.0,),), targets=((2.0,),)),
        network=MLP(widths=(1, 1, 1)),
        start=Point(parameters=(1.0, 0.0, 1.0, 0.0)),
        solvers=(Solver("gn", GaussNewton(), DormandPrince()),),
        horizon=5.0,
        interval=0.1,
    )
    assert ends(spec)[0]["gn"] is Status.HORIZON  # an affine output layer can reach 2
    escape = stage_spec("gauss_newton", horizon=5.0)
    escape = escape.model_copy(update={"problem": Points(inputs=INPUTS, targets=((2.0,), (2.0,), (2.0,)))})
    status, frames = ends(escape)
    assert status["gauss_newton"] in (Status.RANK_LOSS, Status.ESCAPED)
    assert column(frames, "time")[-1] < 5.0


def test_stopping_closes_every_lane_with_a_last_row() -> None:
    run = Run(stage_spec("gradient", "gauss_newton"))
    run.chunk(5)
    run.stop()
    last = run.chunk(5)
    assert last is not None and last.column("status").to_pylist() == ["stopped", "stopped"]
    assert run.chunk(5) is None and run.over


def test_a_network_without_a_reference_has_no_excess_loss() -> None:
    frames = table(mlp_spec("constant", widths=(1, 30, 1), samples=120, horizon=0.2, start=Random()))
    assert frames["excess_loss"].null_count == frames.num_rows
    assert frames["theta"].null_count == frames["outputs"].null_count == frames.num_rows
    assert len(frames["eigenvalues"][0].as_py()) == 32


def test_output_scaling_speeds_gradient_flow_up_by_its_square_and_gauss_newton_not_at_all() -> None:
    """f = α(h − h₀) towards αy is h towards y: gradient flow in the clock α²t, Gauss–Newton in the clock t (theory page
    2.5, 4.1).
    """
    plain = mlp_spec("gradient", "gauss_newton", widths=(1, 12, 1), samples=4, horizon=0.5, interval=0.1)
    network, alpha = plain.network.model_copy(update={"centre": "start"}), 3.0
    inputs = tuple((float(x),) for x in np.linspace(-1, 1, 4))
    centred = plain.model_copy(
        update={"network": network, "problem": Points(inputs=inputs, targets=((0.3,), (-0.1,), (0.2,), (0.4,)))}
    )
    targets = tuple((alpha * y,) for (y,) in ((0.3,), (-0.1,), (0.2,), (0.4,)))
    scaled = centred.model_copy(
        update={
            "network": network.model_copy(update={"alpha": alpha}),
            "problem": Points(inputs=inputs, targets=targets),
        }
    )
    slow = table(centred.model_copy(update={"horizon": 0.5 * alpha**2, "interval": 0.1 * alpha**2}))
    fast, newton = table(scaled), table(centred)
    assert np.abs(column(lane(fast, 0), "outputs")[0]).max() == 0.0
    assert np.abs(column(lane(fast, 0), "outputs") - alpha * column(lane(slow, 0), "outputs")).max() < 1e-6
    assert np.abs(column(lane(fast, 1), "outputs") - alpha * column(lane(newton, 1), "outputs")).max() < 1e-6
