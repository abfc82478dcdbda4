"""Optimizers: step for step beside torch.optim, their clock, their counts and how they end."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from flowscope import Run, Status
from flowscope.optimizer import (
    SOAP,
    Adam,
    AdamW,
    DampedGaussNewton,
    GradientDescent,
    HeavyBall,
    LevenbergMarquardt,
    Muon,
    Optimizer,
)
from flowscope.optimizer.first_order import FirstOrder
from flowscope.run.spec import Solver

from ..cases import FLOWS, column, lane, stage_spec, table
from .iterations import gradient, iterating, small_mlp, start_of

Referee = Callable[[list[torch.Tensor], float], torch.optim.Optimizer]
CASES: dict[str, tuple[type[FirstOrder], dict[str, float], Referee]] = {
    "gradient_descent": (GradientDescent, {}, lambda p, lr: torch.optim.SGD(p, lr=lr)),
    "heavy_ball": (HeavyBall, {"momentum": 0.8}, lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.8)),
    "adam": (
        Adam,
        {"first": 0.85, "second": 0.995, "epsilon": 1e-6},
        lambda p, lr: torch.optim.Adam(p, lr=lr, betas=(0.85, 0.995), eps=1e-6),
    ),
    "adamw": (AdamW, {"decay": 0.1}, lambda p, lr: torch.optim.AdamW(p, lr=lr, weight_decay=0.1)),
}
FAMILY: tuple[Optimizer, ...] = (
    GradientDescent(),
    HeavyBall(),
    Adam(),
    AdamW(),
    Muon(),
    SOAP(),
    LevenbergMarquardt(),
    DampedGaussNewton(),
)
STEPS = 1000


@pytest.mark.parametrize("name", CASES)
def test_a_thousand_steps_are_those_of_torch_optim(name: str) -> None:
    """Two lanes of one program, one with half the step of the other.

    The step is short enough for the lanes not to arrive: at a minimum Adam turns rounding into steps of size η.
    """
    kind, settings, referee = CASES[name]
    spec, eta = small_mlp(), 1e-3
    rows = table(
        iterating(spec, kind(eta=eta, **settings), kind(eta=eta / 2, **settings), horizon=STEPS * eta, interval=eta)
    )
    for number, (rate, every) in enumerate([(eta, 1), (eta / 2, 2)]):
        theta = start_of(spec)
        optimizer = referee([theta], rate)
        path = [theta.numpy().copy()]
        for _ in range(STEPS * every):
            theta.grad = gradient(spec, theta)
            optimizer.step()
            path.append(theta.numpy().copy())
        ours = column(lane(rows, number), "theta")
        assert np.abs(ours - np.array(path)[::every]).max() < 1e-12 * np.abs(ours).max()


def test_between_steps_the_iterate_is_held_and_a_frame_at_k_eta_shows_step_k() -> None:
    spec = small_mlp()
    rows = table(iterating(spec, GradientDescent(eta=0.3), horizon=1.0, interval=0.1))
    theta, path = start_of(spec), []
    for _ in range(4):
        path.append(theta.numpy())
        theta = theta - 0.3 * gradient(spec, theta)
    shown = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3]
    assert np.abs(column(rows, "theta") - np.array(path)[shown]).max() < 1e-14
    assert rows["step"].to_pylist()[-1] == 3, "a step that would end beyond the horizon is not taken"
    assert rows["status"].to_pylist()[-1] == "horizon"


@pytest.mark.parametrize(
    ("horizon", "interval", "eta"),
    [(2.1, 0.3, 0.1), (2.1, 0.1, 0.3), (0.7, 0.07, 0.01), (3.0, 0.15, 0.05), (4.9, 0.7, 0.1)],
)
def test_no_frame_is_a_step_off_by_rounding(horizon: float, interval: float, eta: float) -> None:
    spec = small_mlp()
    fine = column(table(iterating(spec, GradientDescent(eta=eta), horizon=horizon, interval=eta)), "theta")
    rows = table(iterating(spec, GradientDescent(eta=eta), horizon=horizon, interval=interval))
    shown = [round(frame * interval / eta * 1e6) // 1_000_000 for frame in range(rows.num_rows)]
    assert np.array_equal(column(rows, "theta"), fine[shown])


def test_a_first_order_step_costs_one_forward_and_one_backward_pass() -> None:
    rows = table(iterating(small_mlp(), *FAMILY[:6], horizon=1.0, interval=1.0)).to_pylist()[-6:]
    for row, optimizer in zip(rows, FAMILY[:6], strict=True):
        steps = int(1.0 / optimizer.span + 1e-9)
        assert row["step"] == steps and row["rho"] is None
        assert row["evaluations"] == {"f": steps + 1, "jacobian": 0, "jvp": 0, "vjp": steps + 1, "solve": 0}


@pytest.mark.parametrize("optimizer", FAMILY, ids=lambda optimizer: optimizer.kind)
def test_lanes_together_are_lanes_alone(optimizer: Optimizer) -> None:
    """With a flow and every other optimizer beside it, at two seeds. Batched products round otherwise: a few hundred
    steps, 1e-10.
    """
    spec = small_mlp(2, 2, 2).model_copy(update={"horizon": 1.0, "interval": 0.25, "seeds": (0, 1)})
    mixed = iterating(spec, *FAMILY, optimizer)
    flow = Solver("flow", FLOWS["gradient"])
    together = table(mixed.model_copy(update={"solvers": (mixed.solvers[-1], flow, *mixed.solvers[:-1])}))
    alone = table(iterating(spec, optimizer))
    for number in (0, 1):
        assert np.abs(column(lane(together, number), "theta") - column(lane(alone, number), "theta")).max() < 1e-10
        assert lane(together, number)["evaluations"].to_pylist() == lane(alone, number)["evaluations"].to_pylist()


def test_beside_optimizers_a_flow_is_what_it_is_alone() -> None:
    spec = stage_spec("constant", horizon=3.0)
    optimizers = iterating(spec, LevenbergMarquardt(), GradientDescent()).solvers
    together = table(spec.model_copy(update={"solvers": (optimizers[0], *spec.solvers, optimizers[1])}))
    for name in ("theta", "rho", "loss"):
        assert np.abs(column(lane(together, 1), name) - column(table(spec), name)).max() < 1e-13


def ends(*optimizers: Optimizer, **changes: object) -> list[Status]:
    run = Run(iterating(small_mlp(), *optimizers, **changes))
    for batch in run:
        assert np.isfinite(np.array(batch.column("loss"))).all()
    return [item.status for item in run.lanes]


def test_a_step_too_long_diverges_and_its_neighbour_goes_on() -> None:
    assert ends(GradientDescent(eta=10.0), GradientDescent(eta=0.2), horizon=200.0, interval=50.0) == [
        Status.DIVERGED,
        Status.HORIZON,
    ]


def test_an_optimizer_spends_its_budget() -> None:
    assert ends(Adam(), LevenbergMarquardt(), horizon=10.0, evaluations=5) == [Status.EXHAUSTED, Status.EXHAUSTED]


@pytest.mark.parametrize("optimizer", FAMILY, ids=lambda optimizer: optimizer.kind)
def test_every_optimizer_lowers_the_loss(optimizer: Optimizer) -> None:
    loss = column(table(iterating(small_mlp(), optimizer, horizon=3.0)), "loss")
    assert loss[-1] < 0.5 * loss[0]
