"""Damping schedules against their closed exponents, on a network whose kernel never moves."""

import numpy as np
import pytest
from flowscope import RunSpec
from flowscope.damping import Constant, Damping, ExponentialDecay, LossProportional, SmallestEigenvalue
from flowscope.flow import GaussNewton
from flowscope.mlp import MLP
from flowscope.problem import Points
from flowscope.spec import Point, Solver
from scipy.optimize import brentq

from ..cases import column, table

Q, HORIZON = 0.04, 5.0


def exponent(damping: Damping) -> float:
    """E in L(T) = L₀e^{−E} of an affine neuron at x = ±√q, whose kernel has eigenvalues 1 and q, with the residual in the mode of q."""
    side = float(np.sqrt(Q))
    spec = RunSpec(
        problem=Points(inputs=((side,), (-side,)), targets=((1.0,), (-1.0,))),
        network=MLP(widths=(1, 1)),
        start=Point(parameters=(0.0, 0.0)),
        solvers=(Solver(name="damped", flow=GaussNewton(damping=damping)),),
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
