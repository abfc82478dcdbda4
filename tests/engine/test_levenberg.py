"""Levenberg–Marquardt and damped Gauss–Newton beside NumPy's normal equations and SciPy, and counts by hand."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pytest
import torch
from flowscope import Run, RunSpec, Status, parse_spec, run
from flowscope.flow import Constant, LossProportional, SmallestEigenvalue
from flowscope.network import MLP
from flowscope.optimizer import DampedGaussNewton, LevenbergMarquardt, Optimizer
from flowscope.problem import Logistic, Points
from flowscope.run.spec import Point
from scipy.optimize import least_squares

from ..cases import START, column, lane, stage_spec, table
from .iterations import iterating
from .test_run import crossing, jacobian, outputs

SPEC = stage_spec("gradient")
TARGET = SPEC.problem.data(SPEC.network).targets.numpy()


def run_of(*optimizers: Optimizer, **changes: object) -> pa.Table:
    return table(iterating(SPEC, *optimizers, **changes))


def loss_at(theta: np.ndarray) -> float:
    return float(((outputs(theta) - TARGET) ** 2).sum() / 6)


@dataclass
class Outcome:
    """Accepted θ with their ρ (or flow time), the trials made by then, and the gain ratio of the last of them."""

    theta: list[np.ndarray]
    rho: list[float]
    trials: list[int]
    gain: list[float] = field(default_factory=lambda: [float("nan")])


def marquardt(start: tuple[float, ...], size: float, threshold: float, steps: int) -> Outcome:
    """Madsen, Nielsen, Tingleff (2004), algorithm 3.16, with λ absolute and L = ‖r‖²/(2n)."""
    theta, nu = np.array(start), 2.0
    found, tried = Outcome([theta], [size / (1 + size)], [0]), 0
    while len(found.theta) <= steps:
        j, r = jacobian(theta), outputs(theta) - TARGET
        h = -np.linalg.solve(j.T @ j / 3 + size * np.eye(2), j.T @ r / 3)
        model = r + j @ h
        tried += 1
        ratio = (loss_at(theta) - loss_at(theta + h)) / float((r @ r - model @ model) / 6)
        if ratio > threshold:
            theta, size, nu = theta + h, size * max(1 / 3, 1 - (2 * ratio - 1) ** 3), 2.0
            found.theta.append(theta)
            found.rho.append(size / (1 + size))
            found.trials.append(tried)
            found.gain.append(ratio)
        else:
            size, nu = size * nu, 2 * nu
    return found


@pytest.mark.parametrize("start", [START, (2.2, -1.9), (0.6, 2.0)], ids=str)
@pytest.mark.parametrize("size", [1e-2, 1e-4])
def test_levenberg_marquardt_is_the_textbook_algorithm(start: tuple[float, float], size: float) -> None:
    """A frame a step shows each accepted θ with its ρ, and at the end f and solve are counted once a trial, J and Jᵀr
    once a state.
    """
    steps = 5
    expected = marquardt(start, size, 1e-3, steps)
    rows = run_of(LevenbergMarquardt(damping=size), start=Point(parameters=start), horizon=float(steps), interval=1.0)
    assert np.abs(column(rows, "theta") - np.array(expected.theta)).max() < 1e-9
    assert np.abs(column(rows, "rho") - np.array(expected.rho)).max() < 1e-8
    trials = np.array(expected.trials)
    for row, tried, accepted in zip(rows.to_pylist(), trials, range(steps + 1), strict=True):
        assert row["step"] == accepted
        assert row["evaluations"] == {
            "f": 1 + tried,
            "jacobian": 1 + accepted,
            "jvp": 0,
            "vjp": 1 + accepted,
            "solve": 1 + tried,
        }


def test_some_trials_of_those_were_rejected() -> None:
    assert marquardt((2.2, -1.9), 1e-4, 1e-3, 5).trials[-1] > 5


def backtracking(start: tuple[float, ...], eta: float, rho: float, steps: int) -> Outcome:
    """θ − η(ρI + (1−ρ)G)⁻¹∇L with η halved until L falls, and the flow time Σ η_k for `rho`."""
    theta, tried, time = np.array(start), 0, 0.0
    found = Outcome([theta], [0.0], [0])
    for _ in range(steps):
        j, r, size = jacobian(theta), outputs(theta) - TARGET, eta
        h = -np.linalg.solve(rho * np.eye(2) + (1 - rho) * j.T @ j / 3, j.T @ r / 3)
        tried += 1
        while not loss_at(theta + size * h) < loss_at(theta):
            size, tried = size / 2, tried + 1
        theta, time = theta + size * h, time + size
        found.theta.append(theta)
        found.rho.append(time)
        found.trials.append(tried)
    return found


@pytest.mark.parametrize(("eta", "rho"), [(1.0, 0.0), (0.5, 0.0), (1.5, 0.01)])
def test_damped_gauss_newton_halves_its_step_until_the_loss_falls(eta: float, rho: float) -> None:
    start, steps = (1.13, 1.44), 4
    expected = backtracking(start, eta, rho, steps)
    interval = eta / 64
    rows = run_of(DampedGaussNewton(eta=eta, damping=Constant(rho=rho)), horizon=expected.rho[-1], interval=interval)
    frames = [round(time / interval) for time in expected.rho]
    assert np.abs(column(rows, "theta")[frames] - np.array(expected.theta)).max() < 1e-9
    for frame, (tried, accepted) in zip(frames, zip(expected.trials, range(steps + 1), strict=True), strict=True):
        row = rows.to_pylist()[frame]
        assert (row["step"], row["rho"]) == (accepted, rho)
        assert row["evaluations"] == {
            "f": 1 + tried,
            "jacobian": 1 + accepted,
            "jvp": 0,
            "vjp": 1 + accepted,
            "solve": 1 + accepted,
        }


def test_a_full_step_is_cut_on_the_stage() -> None:
    assert backtracking((1.13, 1.44), 1.0, 0.0, 4).trials[-1] > 4


@pytest.mark.parametrize("method", ["lm", "trf"])
@pytest.mark.parametrize("optimizer", [LevenbergMarquardt(), DampedGaussNewton(), DampedGaussNewton(eta=0.7)], ids=str)
def test_it_arrives_where_scipy_does_and_then_rests(optimizer: Optimizer, method: Literal["lm", "trf"]) -> None:
    rows = run_of(optimizer, horizon=80.0, interval=1.0)
    slope: Any = jacobian  # the stubs know no callable
    tolerances: Any = {"xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15}
    exact = least_squares(lambda theta: outputs(theta) - TARGET, START, jac=slope, method=method, **tolerances)
    assert np.abs(column(rows, "theta")[-1] - exact.x).max() < 1e-7
    spent = [row["evaluations"]["f"] for row in rows.to_pylist()]
    assert spent[-1] == spent[-20] < 400 and rows["status"].to_pylist()[-1] == "converged"
    assert (np.diff(column(rows, "loss")) <= 1e-18).all()


@pytest.mark.parametrize(
    "damping", [SmallestEigenvalue(scale=0.5), LossProportional()], ids=lambda damping: damping.kind
)
def test_rho_is_that_of_its_damping_at_the_iterate(damping: SmallestEigenvalue | LossProportional) -> None:
    rows = run_of(DampedGaussNewton(eta=0.5, damping=damping), DampedGaussNewton(eta=0.5), horizon=5.0, interval=0.2)
    first = loss_at(np.array(START))
    for row in lane(rows, 0).to_pylist():
        theta = np.array(row["theta"])
        j = jacobian(theta)
        least = float(np.linalg.eigvalsh(j.T @ j / 3)[0])
        expected = 0.5 * least if isinstance(damping, SmallestEigenvalue) else loss_at(theta) / first
        assert abs(row["rho"] - min(1.0, expected)) < 1e-12
    assert column(lane(rows, 1), "rho").max() == 0.0


def test_rank_loss_ends_gauss_newton_and_not_levenberg_marquardt() -> None:
    spec: RunSpec = crossing("gradient", start=Point(parameters=(1.0, 0.0)))
    run = Run(iterating(spec, DampedGaussNewton(), DampedGaussNewton(damping=Constant(rho=0.1)), LevenbergMarquardt()))
    list(run)
    assert [item.status for item in run.lanes] == [Status.RANK_LOSS, Status.HORIZON, Status.CONVERGED]


LOGISTIC = Points(
    inputs=((-1.0, 0.5), (0.3, -0.8), (0.9, 0.4), (-0.2, -0.3)),
    targets=((0.9,), (0.2,), (0.6,), (0.35,)),
    loss=Logistic(),
)
BENT = RunSpec(problem=LOGISTIC, network=MLP(widths=(2, 1, 1)), solvers=SPEC.solvers, horizon=6.0, interval=1.0)


def around(theta: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """L, ∇L and the generalised Gauss–Newton matrix Jᵀg''J/n of the logistic problem, by automatic differentiation of
    the forward map.
    """
    data, point = LOGISTIC.data(BENT.network), torch.from_numpy(theta)
    f, labels = BENT.network.forward(point[None], data.inputs)[0].numpy(), data.targets.numpy()
    j = torch.func.jacrev(lambda p: BENT.network.forward(p[None], data.inputs)[0])(point).numpy()  # pyright: ignore[reportAttributeAccessIssue]  # untyped
    share = 1 / (1 + np.exp(-f))
    return (
        float((np.log1p(np.exp(f)) - labels * f).mean()),
        j.T @ (share - labels) / 4,
        (j.T * share * (1 - share)) @ j / 4,
    )


def test_levenberg_marquardt_on_another_loss_takes_its_value_and_its_curvature() -> None:
    rows = table(iterating(BENT, LevenbergMarquardt(damping=0.5)))
    theta, gain, rho = (column(rows, name) for name in ("theta", "gain", "rho"))
    assert column(rows, "rejected")[-1] == 0
    size = 0.5
    for k in range(6):
        value, slope, matrix = around(theta[k])
        h = -np.linalg.solve(matrix + size * np.eye(len(slope)), slope)
        promised = -slope @ h - 0.5 * h @ matrix @ h
        assert np.allclose(theta[k + 1], theta[k] + h, rtol=1e-9, atol=1e-12)
        assert gain[k + 1] == pytest.approx((value - around(theta[k + 1])[0]) / promised, rel=1e-6)
        size *= max(1 / 3, 1 - (2 * gain[k + 1] - 1) ** 3)
        assert rho[k + 1] == pytest.approx(size / (1 + size))


def test_damped_gauss_newton_on_another_loss_halves_its_step_until_that_loss_falls() -> None:
    rows = table(iterating(BENT, DampedGaussNewton(eta=2.0, damping=Constant(rho=0.02)), horizon=12.0))
    theta, time, loss = (column(rows, name) for name in ("theta", "time", "loss"))
    assert (np.diff(loss) <= 0).all() and loss[-1] < loss[0]
    value, slope, matrix = around(theta[0])
    h = -np.linalg.solve(0.02 * np.eye(len(slope)) + 0.98 * matrix, slope)
    size = 2.0
    while not around(theta[0] + size * h)[0] < value:
        size /= 2
    first = int(np.argmax(column(rows, "step") >= 1))
    assert time[first] >= size
    assert np.allclose(theta[first], theta[0] + size * h, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", ["levenberg_marquardt", "damped_gauss_newton"])
@pytest.mark.parametrize("seed", range(12))
def test_a_fit_of_one_label_costs_few_evaluations(kind: str, seed: int) -> None:
    """Its best w is 0, so that no share of w is small; L is rounding there, so that no share of L is small either."""
    draw = np.random.default_rng(seed)
    problem = {"kind": "points", "inputs": [[-0.87], [-0.34], [1.75]], "targets": [[draw.uniform(-0.9, 0.9)]] * 3}
    start = {"kind": "point", "parameters": draw.normal(size=2).tolist()}
    solver = {"name": "try", "optimizer": {"kind": kind}}
    usual = {"network": {"kind": "neuron"}, "horizon": 40.0, "interval": 1.0, "evaluations": 2000}
    recording = run(parse_spec({"problem": problem, "start": start, "solvers": [solver], **usual}))
    assert recording.lanes[0].status.word in ("converged", "rank_loss")
    assert recording.to_table()["evaluations"].to_pylist()[-1]["f"] < 100
