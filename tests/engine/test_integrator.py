"""Integrators: orders as slopes, the tableau against SciPy's, and the discrete methods that flows contain."""

import numpy as np
import pytest
import torch
from flowscope.flow import Constant, GaussNewton
from flowscope.integrator import RK4, AnyIntegrator, DormandPrince, Euler
from flowscope.integrator import runge_kutta as module
from scipy.integrate._ivp.rk import RK45  # the published class does not show its tableau

from ..cases import column, dense, lane, stage_spec, table
from .test_run import reference


def endpoint(integrator: AnyIntegrator) -> np.ndarray:
    return column(table(stage_spec("constant", integrator=integrator, horizon=2.0, interval=0.25)), "theta")[-1]


@pytest.mark.parametrize(("kind", "order"), [(Euler, 1), (RK4, 4)])
def test_fixed_steps_converge_at_their_order(kind: type[Euler] | type[RK4], order: int) -> None:
    exact = reference(stage_spec("constant", horizon=2.0, interval=0.25), "constant")[0][-1]
    errors = [np.abs(endpoint(kind(dt=dt)) - exact).max() for dt in (0.05, 0.025, 0.0125)]
    slopes = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert np.abs(slopes - order).max() < 0.15


@pytest.mark.parametrize("tolerance", [1e-6, 1e-9])
def test_the_adaptive_error_follows_its_tolerance(tolerance: float) -> None:
    exact = reference(stage_spec("constant", horizon=2.0, interval=0.25), "constant")[0][-1]
    assert np.abs(endpoint(DormandPrince(rtol=tolerance, atol=tolerance * 1e-3)) - exact).max() < 20 * tolerance


@pytest.mark.parametrize(("integrator", "tolerance"), [(DormandPrince(), 1e-7), (RK4(dt=0.05), 1e-5)])
def test_frames_between_steps_are_as_good_as_the_steps(integrator: AnyIntegrator, tolerance: float) -> None:
    spec = stage_spec("constant", integrator=integrator, horizon=2.0, interval=0.013)
    theta = column(table(spec), "theta")
    assert np.abs(theta - reference(spec, "constant")[0]).max() < tolerance


def test_the_tableau_is_the_published_one() -> None:
    for row, weights in enumerate(module._STAGES[:-1]):
        assert np.allclose(weights.numpy(), RK45.A[row + 1][: row + 1], atol=1e-15)
    assert np.allclose(module._STAGES[-1].numpy(), RK45.B, atol=1e-15)
    assert np.allclose(module._ERROR.numpy(), RK45.E, atol=1e-15)
    assert np.allclose(module._DENSE.numpy(), RK45.P, atol=1e-14)


def test_gradient_descent_is_gradient_flow_under_euler() -> None:
    spec = stage_spec("gradient", integrator=Euler(dt=0.2), horizon=2.0, interval=0.2)
    data = spec.problem.data(spec.network)
    theta = torch.tensor(spec.start.parameters, dtype=torch.float64)  # pyright: ignore[reportAttributeAccessIssue]  # a Point
    for row in column(table(spec), "theta"):
        assert np.abs(row - theta.numpy()).max() < 1e-14
        outputs, jacobian = dense(spec.network, theta, data.inputs)
        theta = theta - 0.2 * jacobian.T @ (outputs - data.targets) / 3


def test_a_levenberg_marquardt_step_is_the_damped_flow_under_euler() -> None:
    """(λI + JᵀJ/n)⁻¹Jᵀr/n with λ = ρ/(1−ρ) is an Euler step of size 1−ρ."""
    rho = 0.2
    flow = GaussNewton(damping=Constant(rho=rho))
    spec = stage_spec("gradient", integrator=Euler(dt=1 - rho), horizon=1 - rho, interval=1 - rho)
    spec = spec.model_copy(update={"solvers": (spec.solvers[0].model_copy(update={"flow": flow}),)})
    data = spec.problem.data(spec.network)
    theta = torch.tensor(spec.start.parameters, dtype=torch.float64)  # pyright: ignore[reportAttributeAccessIssue]  # a Point
    outputs, jacobian = dense(spec.network, theta, data.inputs)
    gram = jacobian.T @ jacobian / 3 + rho / (1 - rho) * torch.eye(2, dtype=torch.float64)
    expected = theta - torch.linalg.solve(gram, jacobian.T @ (outputs - data.targets) / 3)
    assert np.abs(column(table(spec), "theta")[-1] - expected.numpy()).max() < 1e-14


def test_an_integrator_of_each_kind_may_race_in_one_run() -> None:
    integrators = (Euler(dt=0.01), RK4(dt=0.1), DormandPrince())
    base = stage_spec("constant", horizon=2.0, interval=0.25)
    solvers = tuple(base.solvers[0].model_copy(update={"integrator": integrator}) for integrator in integrators)
    together = table(base.model_copy(update={"solvers": solvers}))
    for number, solver in enumerate(solvers):
        alone = table(base.model_copy(update={"solvers": (solver,)}))
        assert np.abs(column(lane(together, number), "theta") - column(alone, "theta")).max() < 1e-14
