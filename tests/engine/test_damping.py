"""Damping schedules against their closed exponents, on a network whose kernel never moves."""

import numpy as np
import pyarrow as pa
import pytest
import torch
from flowscope import Run, RunSpec, Status
from flowscope.flow import (
    AnyDamping,
    Constant,
    ExponentialDecay,
    GaussNewton,
    Hybrid,
    InitialEigenvalue,
    InverseTime,
    Linearization,
    LossProportional,
    SlowSwitch,
    SmallestEigenvalue,
    TargetRate,
)
from flowscope.flow.damping import Start
from flowscope.integrator import RK4, DormandPrince, Euler, Rosenbrock
from flowscope.network import MLP
from flowscope.optimizer import DampedGaussNewton
from flowscope.problem import Points
from flowscope.run.spec import Point, Solver
from scipy.optimize import brentq

from ..cases import column, stage_spec, table

Q, HORIZON = 0.04, 5.0


def exponent(damping: AnyDamping) -> float:
    """E in L(T) = L₀e^{−E} of an affine neuron at x = ±√q, whose kernel has eigenvalues 1 and q, with the residual in
    the mode of q.
    """
    side = float(np.sqrt(Q))
    spec = RunSpec(
        problem=Points(inputs=((side,), (-side,)), targets=((1.0,), (-1.0,))),
        network=MLP(widths=(1, 1)),
        start=Point(parameters=(0.0, 0.0)),
        solvers=(Solver("damped", GaussNewton(damping=damping)),),
        horizon=HORIZON,
        interval=0.5,
    )
    loss = column(table(spec), "loss")
    return float(-np.log(loss[-1] / loss[0]))


def test_constant_damping_scales_the_rate_by_the_filter() -> None:
    assert exponent(Constant(rho=0.1)) == pytest.approx(2 * Q * HORIZON / (0.1 + 0.9 * Q), rel=1e-7)


def test_no_damping_gives_exponent_two_whatever_the_eigenvalue() -> None:
    assert exponent(Constant(rho=0.0)) == pytest.approx(2 * HORIZON, rel=1e-7)


def test_damping_by_the_smallest_eigenvalue_is_free_of_it() -> None:
    assert exponent(SmallestEigenvalue(scale=1.0)) == pytest.approx(2 * HORIZON / (2 - Q), rel=1e-7)
    assert exponent(SmallestEigenvalue(scale=3.0)) == pytest.approx(2 * HORIZON / (4 - 3 * Q), rel=1e-7)


def test_exponential_decay_waits_and_then_runs_at_full_rate() -> None:
    assert exponent(ExponentialDecay(rate=2.0)) == pytest.approx(np.log(1 + Q * (np.exp(2 * HORIZON) - 1)), rel=1e-7)


def test_loss_proportional_damping_follows_its_implicit_law() -> None:
    law = brentq(lambda e: (1 - Q) / Q * (np.exp(-e) - 1) - e + 2 * HORIZON, 1e-9, 50.0)
    assert exponent(LossProportional()) == pytest.approx(law, rel=1e-7)


def test_an_eigenvalue_fixed_at_the_start_does_as_well_while_the_kernel_rests() -> None:
    assert exponent(InitialEigenvalue(scale=1.0)) == pytest.approx(2 * HORIZON / (2 - Q), rel=1e-7)


def test_inverse_time_waits_for_the_eigenvalue() -> None:
    assert exponent(InverseTime(rate=1.0)) == pytest.approx(
        2 * (HORIZON - (1 - Q) / Q * np.log(1 + Q * HORIZON)), rel=1e-7
    )


def test_a_hybrid_adds_its_two_phases() -> None:
    expected = 2 * Q * 2.0 + 2 * (HORIZON - 2.0) / (2 - Q)
    assert exponent(Hybrid(switch=2.0, scale=1.0)) == pytest.approx(expected, rel=1e-6)


def test_a_switch_by_slowness_acts_where_gradient_flow_is_slow() -> None:
    """Here −d ln L/dt of gradient flow is 2q = 0.08 throughout."""
    assert exponent(SlowSwitch(rate=0.079)) == pytest.approx(2 * Q * HORIZON, rel=1e-7)
    assert exponent(SlowSwitch(rate=0.081)) == pytest.approx(2 * HORIZON / (2 - Q), rel=1e-7)


@pytest.mark.parametrize("kappa", [0.1, 0.5, 1.0])
def test_a_target_rate_is_the_rate(kappa: float) -> None:
    assert exponent(TargetRate(kappa=kappa)) == pytest.approx(2 * kappa * HORIZON, rel=1e-7)


def test_a_target_below_the_eigenvalue_is_gradient_flow() -> None:
    assert exponent(TargetRate(kappa=0.01)) == pytest.approx(2 * Q * HORIZON, rel=1e-7)


INTEGRATORS = (DormandPrince(), DormandPrince(rtol=1e-5), Rosenbrock(), RK4(dt=0.05), Euler(dt=0.05))


@pytest.mark.parametrize("seed", range(40))
def test_a_switch_by_slowness_is_thrown_once_and_stalls_no_lane(seed: int) -> None:
    """Drawn stages, rates and starts: ρ = 1 up to one time and a·λ_min from there on, whatever the criterion says
    later.
    """
    draw = np.random.default_rng(seed)
    damping = SlowSwitch(rate=float(10.0 ** draw.uniform(-2, 0.5)), scale=float(10.0 ** draw.uniform(-1, 1)))
    integrator = INTEGRATORS[seed % len(INTEGRATORS)]
    spec = stage_spec(offset=float(draw.normal(scale=0.2))).model_copy(
        update={
            "start": Point(parameters=tuple(draw.normal(size=2).tolist())),
            "solvers": (Solver("switch", GaussNewton(damping=damping), integrator),),
            "evaluations": 100_000,
            "interval": 0.02,
        }
    )
    run = Run(spec)
    frames = pa.Table.from_batches(list(run), run.schema)
    rho, least = column(frames, "rho"), column(frames, "eigenvalues")[:, -1]
    after = np.minimum(1.0, damping.scale * least)
    second = np.flatnonzero(~np.isclose(rho, 1.0, rtol=0, atol=1e-15))
    assert run.lanes[0].status not in (Status.STALLED, Status.EXHAUSTED, Status.DIVERGED)
    assert second.size == 0 or np.allclose(rho[second[0] :], after[second[0] :], rtol=1e-9)


def test_a_discrete_method_throws_the_switch_at_an_iterate() -> None:
    spec = stage_spec().model_copy(
        update={
            "solvers": (Solver("dgn", DampedGaussNewton(eta=0.1, damping=Hybrid(switch=1.05, scale=0.5))),),
            "horizon": 3.0,
            "interval": 0.1,
        }
    )
    run = Run(spec)
    frames = pa.Table.from_batches(list(run), run.schema)
    time, rho = column(frames, "time"), column(frames, "rho")
    assert (rho[time < 1.05] == 1.0).all()
    assert (rho[time > 1.15] < 1.0).all()


@pytest.mark.parametrize(
    "damping", [LossProportional(), SmallestEigenvalue(scale=1e6), InitialEigenvalue(scale=1e6), TargetRate(kappa=0.5)]
)
def test_no_damping_exceeds_that_of_gradient_flow(damping: AnyDamping) -> None:
    """Where the loss is far above that of the start, and at a scale at which the eigenvalue alone would be above 1."""
    spec = stage_spec("gauss_newton")
    data = spec.problem.data(spec.network)
    near, far = (
        Linearization.of(spec.network, data, torch.tensor([theta], dtype=torch.float64))
        for theta in ([1.0, 0.8], [-2.0, 1.0])
    )
    assert float(far.loss) > 1.5 * float(near.loss)
    rho = damping.rho_at(far, torch.ones(1, dtype=torch.float64), Start.of(near))
    assert 0.0 <= float(rho) <= 1.0
    assert isinstance(damping, TargetRate) or float(rho) == 1.0
