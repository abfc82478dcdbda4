"""What every solver and integrator spends, beside formulas counted by hand from its definition."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from flowscope import RunSpec
from flowscope.flow import (
    Arithmetic,
    Constant,
    Flow,
    GaussNewton,
    Gradient,
    Harmonic,
    PseudoInverse,
    Pullback,
    Pushforward,
    StraightLine,
)
from flowscope.integrator import RK4, AnyIntegrator, DormandPrince, Euler, Rosenbrock
from flowscope.optimizer import (
    SOAP,
    Adam,
    AdamW,
    CumulativeGaussNewton,
    DampedGaussNewton,
    GradientDescent,
    HeavyBall,
    LevenbergMarquardt,
    Muon,
    Optimizer,
)
from flowscope.run.spec import Point, Solver

from ..cases import lane, mlp_spec, stage_spec, table
from .iterations import iterating, small_mlp
from .test_levenberg import backtracking, marquardt

Count = Callable[[int, int], int]
"""(accepted steps k, rejected trials r) ↦ evaluations."""
VELOCITIES: dict[str, tuple[AnyIntegrator, Count]] = {
    "euler": (Euler(dt=0.05), lambda k, r: 1 + k),
    "rk4": (RK4(dt=0.05), lambda k, r: 1 + 4 * k),
    "dormand_prince": (DormandPrince(rtol=1e-4, atol=1e-4), lambda k, r: 2 + 6 * (k + r)),
}
"""The slope at the start (and a second one for a first step size), then what a step needs beyond the slope it begins
with.
"""
WIDE = (Pullback(), PseudoInverse(), StraightLine(), Arithmetic(), Harmonic())
GRADIENT, INVERTED = (1, 0, 0, 1, 0), (1, 1, 0, 1, 1)
FLOWS: list[tuple[Flow, tuple[int, ...]]] = [
    (Gradient(), GRADIENT),
    (GaussNewton(), INVERTED),
    (Pushforward(), INVERTED),
]


def spent(row: dict[str, dict[str, int]]) -> tuple[int, ...]:
    return tuple(row["evaluations"][name] for name in ("f", "jacobian", "jvp", "vjp", "solve"))


def flowing(spec: RunSpec, flow: Flow, integrator: AnyIntegrator) -> list[dict[str, Any]]:
    solver = Solver(flow.kind, flow, integrator)  # pyright: ignore[reportAttributeAccessIssue, reportArgumentType]  # every flow has a kind
    return table(spec.model_copy(update={"solvers": (solver,), "horizon": 0.9, "interval": 0.1})).to_pylist()


@pytest.mark.parametrize("name", VELOCITIES)
@pytest.mark.parametrize(
    ("flow", "velocity"), [*FLOWS, *((flow, INVERTED) for flow in WIDE)], ids=lambda part: getattr(part, "kind", "")
)
def test_a_flow_costs_its_velocities(flow: Flow, velocity: tuple[int, ...], name: str) -> None:
    """A velocity is f and Jᵀr for gradient flow, and J and a solve besides where J is inverted."""
    integrator, count = VELOCITIES[name]
    spec = mlp_spec("gradient", widths=(1, 8, 1), samples=6) if flow in WIDE else stage_spec("gradient")
    row = flowing(spec, flow, integrator)[-1]
    assert row["step"] > 0 and row["gain"] is None
    assert spent(row) == tuple(count(row["step"], row["rejected"]) * part for part in velocity)


@pytest.mark.parametrize(
    ("flow", "inverted"), [(Gradient(), 0), (GaussNewton(damping=Constant(rho=0.1)), 1)], ids=["gradient", "damped"]
)
def test_a_rosenbrock_attempt_is_four_velocities_and_one_factorisation(flow: Flow, inverted: int) -> None:
    """p = 2 < N: no products with J. k + r attempts of one (f, J, solve) and four velocities, after two velocities to
    begin.
    """
    row = flowing(stage_spec("gradient"), flow, Rosenbrock(rtol=1e-4, atol=1e-6))[-1]
    attempts = row["step"] + row["rejected"]
    velocities = 2 + 4 * attempts
    assert spent(row) == (
        velocities + attempts,
        inverted * velocities + attempts,
        0,
        velocities,
        inverted * velocities + attempts,
    )


@pytest.mark.parametrize(
    "optimizer",
    [
        *(kind(eta=0.05) for kind in (GradientDescent, HeavyBall, Adam, AdamW, Muon, SOAP)),
        CumulativeGaussNewton(batches=2),
    ],
    ids=lambda optimizer: optimizer.kind,
)
def test_an_optimizer_costs_one_evaluation_a_step_and_one_at_the_start(optimizer: Optimizer) -> None:
    steps = 20
    spec = iterating(small_mlp(2, 2, 2), optimizer, horizon=steps * optimizer.span, interval=optimizer.span)
    one = INVERTED if isinstance(optimizer, CumulativeGaussNewton) else GRADIENT
    for k, row in enumerate(table(spec).to_pylist()):
        assert spent(row) == tuple((1 + k) * part for part in one)
        assert (row["step"], row["rejected"], row["gain"]) == (k, 0, None)


def test_levenberg_marquardt_pays_f_and_a_solve_for_a_rejected_trial() -> None:
    expected = marquardt((2.2, -1.9), 1e-4, 1e-3, 5)
    spec = stage_spec("gradient", start=Point(parameters=(2.2, -1.9)))
    rows = table(iterating(spec, LevenbergMarquardt(damping=1e-4), horizon=5.0, interval=1.0)).to_pylist()
    refused = [tried - k for k, tried in enumerate(expected.trials)]
    assert refused[-1] > 0, "a case that rejects"
    for k, (row, r, ratio) in enumerate(zip(rows, refused, expected.gain, strict=True)):
        assert row["rejected"] == r
        assert spent(row) == (1 + k + r, 1 + k, 0, 1 + k, 1 + k + r)
        assert row["gain"] is None if k == 0 else abs(row["gain"] - ratio) < 1e-7 * (1 + abs(ratio))


def test_backtracking_pays_f_for_a_halving() -> None:
    eta, start = 1.0, (1.13, 1.44)
    expected = backtracking(start, eta, 0.0, 4)
    spec = stage_spec("gradient", start=Point(parameters=start))
    rows = table(iterating(spec, DampedGaussNewton(eta=eta), horizon=expected.rho[-1], interval=eta / 64)).to_pylist()
    halvings = [tried - k for k, tried in enumerate(expected.trials)]
    assert halvings[-1] > 0, "a case that is cut"
    for k, r in enumerate(halvings):
        row = rows[round(expected.rho[k] * 64 / eta)]
        assert (row["rejected"], row["gain"]) == (r, None)
        assert spent(row) == (1 + k + r, 1 + k, 0, 1 + k, 1 + k)


def test_embedded_errors_reject_steps_and_the_count_only_grows() -> None:
    frames: pa.Table = table(
        stage_spec(
            "gradient",
            "gauss_newton",
            integrator=DormandPrince(rtol=1e-3, atol=1e-3),
            start=Point(parameters=(2.2, -1.9)),
        )
    )
    counts = [np.array(lane(frames, number)["rejected"].to_pylist()) for number in (0, 1)]
    assert max(int(count[-1]) for count in counts) > 0
    assert all((np.diff(count) >= 0).all() for count in counts)


def test_flops_are_the_evaluations_times_their_model() -> None:
    """Neuron tanh(wx + b) on n = 3 points and p = 2 in `Network.cost`; the ratio is that of the model, kind by kind."""
    spec = stage_spec("gradient", "constant", integrator=RK4(dt=0.1), horizon=1.0, interval=1.0)
    cost = vars(spec.network.cost(3))
    for row in table(spec).to_pylist():
        assert row["flops"] == pytest.approx(
            sum(row["evaluations"][name] * cost[name] for name in row["evaluations"]), rel=1e-14
        )
