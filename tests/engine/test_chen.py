"""Chen's flows against the laws of their theorems and against one another (theory page, 2.2, 2.3, 3.1)."""

from typing import Literal

import numpy as np
import pytest
import torch
from flowscope import RunSpec, SpecError, parse_spec
from flowscope.flow import (
    Arithmetic,
    Flow,
    GaussNewton,
    Gradient,
    Harmonic,
    PseudoInverse,
    Pullback,
    Pushforward,
    StraightLine,
)
from flowscope.integrator import RK4, AnyIntegrator, Euler
from flowscope.network import MLP
from flowscope.problem import Points
from flowscope.run.spec import Random, Solver

from ..cases import FINE, column, dense, lane, mlp_spec, stage_spec, table


def over(*flows: Flow, integrator: AnyIntegrator = FINE, horizon: float = 5.0, interval: float = 0.1) -> RunSpec:
    """tanh [3, 8, 2] on N = 6 samples: QN = 12 outputs, K = 50 parameters (theory page 3.1, our inputs and targets)."""
    generator = torch.Generator().manual_seed(5)
    draw = torch.randn(6, 5, generator=generator, dtype=torch.float64).tolist()
    return RunSpec(
        problem=Points(inputs=tuple(tuple(row[:3]) for row in draw), targets=tuple(tuple(row[3:]) for row in draw)),
        network=MLP(widths=(3, 8, 2)),
        start=Random(),
        solvers=tuple(Solver(flow.kind, flow, integrator) for flow in flows),  # type: ignore[attr-defined]  # every flow has a kind
        horizon=horizon,
        interval=interval,
    )


def outputs_of(spec: RunSpec, number: int = 0) -> tuple[np.ndarray, np.ndarray]:
    frames = lane(table(spec), number)
    return column(frames, "time"), column(frames, "outputs")


def test_the_pullback_flow_keeps_the_rate_law_and_the_segment() -> None:
    """P1, P2: C(s) = C₀e^{−2s/N} and x(s) = y + e^{−s/N}(x₀ − y), t = s/N."""
    spec = over(Pullback())
    frames = lane(table(spec), 0)
    time, loss, points = column(frames, "time"), column(frames, "loss"), column(frames, "outputs")
    target = spec.problem.data(spec.network).targets.numpy()
    assert np.abs(np.log(loss / loss[0]) + 2 * time).max() < 1e-6
    segment = target + np.exp(-time)[:, None] * (points[0] - target)
    assert np.abs(points - segment).max() < 1e-6 * np.linalg.norm(points[0] - target)


def test_rk4_approaches_the_rate_law_at_order_four() -> None:
    """Theory page 3.1: the deviation falls 16-fold per halving."""
    gaps = []
    for dt in (0.1, 0.05, 0.025):
        frames = lane(table(over(Pullback(), integrator=RK4(dt=dt), horizon=2.0)), 0)
        gaps.append(
            np.abs(np.log(column(frames, "loss") / column(frames, "loss")[0]) + 2 * column(frames, "time")).max()
        )
    assert np.log2(gaps[1] / gaps[2]) == pytest.approx(4, abs=0.4), gaps


def test_the_straight_line_is_followed_to_its_end() -> None:
    """2.3: x(τ) = (1 − τ)x₀ + τy; 80 RK4 steps keep it to 1e-5 of the way."""
    spec = over(StraightLine(), integrator=RK4(dt=1 / 80), horizon=1.0, interval=0.05)
    time, points = outputs_of(spec)
    target = spec.problem.data(spec.network).targets.numpy()
    line = (1 - time)[:, None] * points[0] + time[:, None] * target
    assert np.abs(points - line).max() < 1e-5 * np.linalg.norm(points[0] - target)


def test_straight_line_and_exponential_clock_have_one_orbit() -> None:
    line = lane(table(over(StraightLine(), horizon=0.9, interval=0.3)), 0)
    spec = over(Pullback(), horizon=float(np.log(10)), interval=float(np.log(10)))
    assert np.abs(column(lane(table(spec), 0), "loss")[-1] / column(line, "loss")[-1] - 1) < 1e-6


@pytest.mark.parametrize("flow", [Pullback(), PseudoInverse()], ids=lambda flow: flow.kind)
def test_over_parametrised_flows_are_gauss_newton(flow: Pullback | PseudoInverse) -> None:
    spec = over(flow, GaussNewton())
    assert np.abs(outputs_of(spec, 0)[1] - outputs_of(spec, 1)[1]).max() < 1e-7


@pytest.mark.parametrize("flow", [Pushforward(), PseudoInverse()], ids=lambda flow: flow.kind)
def test_under_parametrised_flows_are_gauss_newton(flow: Pushforward | PseudoInverse) -> None:
    spec = stage_spec("gauss_newton")
    spec = spec.model_copy(update={"solvers": (*spec.solvers, Solver("chen", flow))})
    frames = table(RunSpec.model_validate(spec.model_dump()))
    assert np.abs(column(lane(frames, 0), "theta") - column(lane(frames, 1), "theta")).max() < 1e-8


def test_at_the_border_all_forms_are_one() -> None:
    """P5: K = QN, [2, 2, 1] with N = 9 and a target near the start."""
    network = MLP(widths=(2, 2, 1))
    generator = torch.Generator().manual_seed(7)
    inputs = 1.5 * torch.randn(9, 2, generator=generator, dtype=torch.float64)  # cond J = 847 at the start
    theta = network.draw(torch.Generator().manual_seed(0))
    f, _ = dense(network, theta, inputs)
    targets = f + 0.01 * torch.randn(9, generator=generator, dtype=torch.float64)
    spec = (
        mlp_spec(widths=(2, 2, 1))
        if False
        else RunSpec(
            problem=Points(inputs=tuple(map(tuple, inputs.tolist())), targets=tuple((float(y),) for y in targets)),
            network=network,
            start=Random(),
            solvers=tuple(Solver(flow.kind, flow) for flow in (Pullback(), Pushforward(), PseudoInverse())),
            horizon=3.0,
            interval=0.1,
        )
    )
    frames = table(spec)
    reference = column(lane(frames, 0), "theta")
    for number in (1, 2):
        assert np.abs(column(lane(frames, number), "theta") - reference).max() < 1e-7


def test_a_missing_rank_leaves_a_floor_and_the_rest_keeps_the_rate() -> None:
    """P16: duplicate input, conflicting labels: C − floor = (C₀ − floor)e^{−2t}, floor = ‖(I−P)(x₀−y)‖²/(2N)."""
    spec = RunSpec(
        problem=Points(
            inputs=((-0.9,), (-0.4,), (0.2,), (0.7,), (0.7,)), targets=((0.3,), (-0.2,), (0.5,), (0.6,), (-0.4,))
        ),
        network=MLP(widths=(1, 12, 1)),
        start=Random(),
        solvers=(Solver("any", PseudoInverse()),),
        horizon=6.0,
        interval=0.1,
    )
    frames = lane(table(spec), 0)
    loss, time, rank = column(frames, "loss"), column(frames, "time"), column(frames, "rank")
    floor = 0.5 * (0.6 + 0.4) ** 2 / (2 * 5)
    assert set(rank) == {4.0}
    assert np.abs((loss - floor) / ((loss[0] - floor) * np.exp(-2 * time)) - 1).max() < 1e-5


def test_homotopies_end_in_gradient_flow_and_in_gauss_newton() -> None:
    for kind in (Arithmetic, Harmonic):
        spec = over(kind(tau=0.0), Gradient(), kind(tau=1.0), GaussNewton(), horizon=2.0)
        frames = table(spec)
        for a, b in ((0, 1), (2, 3)):
            assert np.abs(column(lane(frames, a), "outputs") - column(lane(frames, b), "outputs")).max() < 1e-7


def test_homotopies_bend_less_and_less() -> None:
    """2.3: the greatest distance of the output curve from its chord falls as τ nears 1, where it is none."""
    for kind in (Arithmetic, Harmonic):
        bends = []
        for tau in (0.5, 0.9, 1.0):
            _, points = outputs_of(over(kind(tau=tau), horizon=20.0))
            way = points[-1] - points[0]
            along = (points - points[0]) @ way / (way @ way)
            bends.append(
                float(np.linalg.norm(points - points[0] - along[:, None] * way, axis=1).max() / np.linalg.norm(way))
            )
        assert bends[0] > bends[1] > bends[2] and bends[2] < 1e-6


@pytest.mark.parametrize(
    ("kind", "widths", "message"),
    [
        ("pullback", [1, 1, 1], "n·q ≤ p"),
        ("pushforward", [1, 16, 1], "p ≤ n·q"),
        ("straight_line", [1, 16, 1], "a horizon of at most 1"),
    ],
)
def test_a_flow_that_does_not_fit_is_refused(kind: str, widths: list[int], message: str) -> None:
    spec = mlp_spec("gradient").model_dump(mode="json")
    spec |= {"network": {"kind": "mlp", "widths": widths}, "solvers": [{"name": "chen", "flow": {"kind": kind}}]}
    with pytest.raises(SpecError, match=rf"^solvers\.0\.flow: expected {message}"):
        parse_spec(spec)


def chattering(activation: Literal["relu", "softplus"], steps: int) -> tuple[int, float]:
    """Activation pattern flips and final L/L₀ of Euler on the adapted flow to s = 6N (theory page, 5.4)."""
    generator = torch.Generator().manual_seed(3)
    inputs = torch.randn(10, 2, generator=generator, dtype=torch.float64)
    targets = torch.randn(10, generator=generator, dtype=torch.float64)
    network = MLP(widths=(2, 16, 1), activation=activation, sharpness=10.0)
    horizon = 6.0
    spec = RunSpec(
        problem=Points(inputs=tuple(map(tuple, inputs.tolist())), targets=tuple((float(y),) for y in targets)),
        network=network,
        start=Random(),
        solvers=(Solver("any", PseudoInverse(), Euler(dt=horizon / steps)),),
        horizon=horizon,
        interval=horizon / steps,
    )
    loss = column(table(spec), "loss")
    return flips(spec, steps), float(loss[-1] / loss[0])


def flips(spec: RunSpec, steps: int) -> int:
    """How often a hidden unit changes sign on a sample along Euler's iterates, recomputed densely."""
    data, network = spec.problem.data(spec.network), spec.network
    theta = network.draw(torch.Generator().manual_seed(0))
    pattern, count = None, 0
    for _ in range(steps + 1):
        weight, bias = theta[:32].view(16, 2), theta[32:48]
        now = data.inputs @ weight.T + bias > 0
        count += 0 if pattern is None else int((now != pattern).sum())
        pattern = now
        f, jacobian = dense(network, theta, data.inputs)
        theta = theta - spec.horizon / steps * torch.linalg.pinv(jacobian, rcond=1e-9) @ (f - data.targets)
    return count


def test_under_relu_refining_the_step_does_not_restore_the_law() -> None:
    """The flow law fails by chattering: flips grow with the steps and the loss stalls far above e^{−12}; softplus
    restores it.
    """
    coarse, fine = chattering("relu", 120), chattering("relu", 480)
    assert fine[0] > 2 * coarse[0]
    assert fine[1] > 100 * np.exp(-12)
    assert chattering("softplus", 480)[1] < 2 * np.exp(-12)
