"""Stochastic Gauss–Newton beside a plain NumPy loop, its projection beside SciPy, and its counts by hand."""

import numpy as np
import pyarrow as pa
import pytest
import torch
from flowscope import RunSpec, SpecError, parse_spec
from flowscope.network import MLP
from flowscope.optimizer import CumulativeGaussNewton, LevenbergMarquardt, Optimizer
from flowscope.optimizer.cumulative import project
from flowscope.problem import Points, Softmax
from scipy.optimize import minimize

from ..cases import column, dense, lane, mlp_spec, table
from .iterations import iterating, small_mlp, start_of


def metric_ball(point: np.ndarray, matrix: np.ndarray, radius: float) -> np.ndarray:
    """The nearest point of the ball in the metric H: bisection on the multiplier of the plain system (H + μI)z =
    H·point.
    """
    if radius == 0.0 or np.linalg.norm(point) <= radius:
        return point
    low, high, z = 0.0, np.linalg.norm(matrix @ point) / radius, point
    for _ in range(200):
        middle = (low + high) / 2
        z = np.linalg.solve(matrix + middle * np.eye(len(point)), matrix @ point)
        low, high = (middle, high) if np.linalg.norm(z) > radius else (low, middle)
    return z


def loop(spec: RunSpec, optimizer: CumulativeGaussNewton, steps: int) -> list[np.ndarray]:
    """θ₀ … θ_steps by the formula, J by automatic differentiation of the forward map and every solve plain."""
    data = spec.problem.data(spec.network)
    theta = start = start_of(spec).numpy()
    n, m, width = data.samples, optimizer.batches, spec.network.outputs
    generator, size = torch.Generator().manual_seed(optimizer.seed), data.samples // optimizer.batches
    matrix, found, order = optimizer.damping * np.eye(theta.size), [theta], np.arange(n)
    for k in range(steps):
        if k % m == 0:
            order = torch.randperm(n, generator=generator).numpy()
        samples = order[k % m * size : (k % m + 1) * size]
        rows = np.concatenate([np.arange(i * width, (i + 1) * width) for i in samples])
        outputs, jacobian = (
            part.detach().numpy()[rows] for part in dense(spec.network, torch.from_numpy(theta), data.inputs)
        )
        targets = data.targets.numpy()[rows]
        slope = outputs - targets
        if isinstance(data.loss, Softmax):
            power = np.exp(outputs.reshape(-1, width))
            slope = (power / power.sum(1, keepdims=True)).ravel() - targets
        matrix = matrix + optimizer.growth * jacobian.T @ jacobian / size
        step = np.linalg.solve(matrix, jacobian.T @ slope / size)
        theta = start + metric_ball(theta - step - start, matrix, optimizer.radius)
        found.append(theta)
    return found


def run_of(spec: RunSpec, *optimizers: Optimizer, steps: int, batches: int) -> pa.Table:
    return table(iterating(spec, *optimizers, horizon=steps / batches, interval=1.0 / batches))


def classes() -> RunSpec:
    generator = np.random.default_rng(5)
    soft = generator.dirichlet((2.0, 2.0, 2.0), 9)
    problem = Points(
        inputs=tuple(map(tuple, generator.normal(size=(9, 1)))),
        targets=tuple(map(tuple, soft / soft.sum(1, keepdims=True))),
        loss=Softmax(),
    )
    return mlp_spec("gradient", problem=problem, network=MLP(widths=(1, 2, 3)))


@pytest.mark.parametrize(
    ("spec", "optimizer"),
    [
        (small_mlp(samples=12), CumulativeGaussNewton(batches=4, damping=0.1)),
        (small_mlp(samples=11), CumulativeGaussNewton(batches=4, damping=1.0, growth=3.0, seed=7)),
        (small_mlp(samples=12), CumulativeGaussNewton(batches=3, damping=0.05, radius=0.4)),
        (small_mlp(2, 2, 3, samples=8), CumulativeGaussNewton(batches=2, damping=0.5)),
        (small_mlp(samples=5), CumulativeGaussNewton(batches=5, damping=2.0)),
        (classes(), CumulativeGaussNewton(batches=3, damping=0.1)),
    ],
    ids=["minibatches", "a rest, α = 3", "ball", "two outputs and more", "single samples", "softmax"],
)
def test_a_hundred_steps_are_those_of_a_plain_loop(spec: RunSpec, optimizer: CumulativeGaussNewton) -> None:
    rows = run_of(spec, optimizer, steps=100, batches=optimizer.batches)
    expected = np.array(loop(spec, optimizer, 100))
    assert rows["step"].to_pylist() == list(range(101))
    assert np.abs(column(rows, "theta") - expected).max() < 1e-10
    if optimizer.radius:
        far = np.linalg.norm(expected - expected[0], axis=1)
        assert (far > optimizer.radius * (1 - 1e-9)).sum() > 20, "the ball is to matter"


def test_lanes_of_one_program_do_not_see_each_other() -> None:
    spec = small_mlp(samples=12)
    optimizers = [
        CumulativeGaussNewton(batches=4, damping=damping, radius=radius, growth=growth)
        for damping, radius, growth in ((0.1, 0.0, 1.0), (1.0, 0.3, 1.0), (0.1, 0.3, 2.0))
    ]
    together = run_of(spec, *optimizers, steps=40, batches=4)
    for number, optimizer in enumerate(optimizers):
        alone = run_of(spec, optimizer, steps=40, batches=4)
        assert np.abs(column(lane(together, number), "theta") - column(alone, "theta")).max() < 1e-12


def test_one_step_on_all_samples_is_the_damped_normal_equation() -> None:
    spec, size = small_mlp(samples=12), 0.3
    data, theta = spec.problem.data(spec.network), start_of(spec)
    outputs, jacobian = (part.detach().numpy() for part in dense(spec.network, theta, data.inputs))
    step = np.linalg.solve(
        jacobian.T @ jacobian / 12 + size * np.eye(theta.numel()), jacobian.T @ (outputs - data.targets.numpy()) / 12
    )
    rows = run_of(
        spec, CumulativeGaussNewton(batches=1, damping=size), LevenbergMarquardt(damping=size), steps=1, batches=1
    )
    for number in (0, 1):
        assert np.abs(column(lane(rows, number), "theta")[1] - (theta.numpy() - step)).max() < 1e-12


@pytest.mark.parametrize("seed", range(6))
def test_the_projection_is_the_one_that_scipy_finds(seed: int) -> None:
    """SLSQP minimises (z − v)ᵀH(z − v) over ‖z‖² ≤ R² to about 1e-6 in z; ours must be feasible and no worse."""
    generator = np.random.default_rng(seed)
    root, point = generator.normal(size=(4, 4)), 3.0 * generator.normal(size=4)
    matrix, radius = root @ root.T + 0.01 * np.eye(4), 0.7
    far = lambda z: float((z - point) @ matrix @ (z - point))  # noqa: E731
    slope = lambda z: 2.0 * matrix @ (z - point)  # noqa: E731
    limit = {"type": "ineq", "fun": lambda z: radius**2 - z @ z, "jac": lambda z: -2.0 * z}
    found = minimize(
        far,
        point * radius / np.linalg.norm(point),
        jac=slope,
        method="SLSQP",
        constraints=limit,
        options={"ftol": 1e-12},
    )
    mine = project(torch.tensor(point[None]), torch.tensor(matrix[None]), torch.tensor([radius], dtype=torch.float64))[
        0
    ].numpy()
    assert found.success and np.abs(mine - found.x).max() < 1e-5
    assert np.linalg.norm(mine) < radius * (1 + 1e-12) and far(mine) < far(found.x) * (1 + 1e-9)


def test_points_of_the_ball_stay_and_hard_cases_converge() -> None:
    """Metrics with eigenvalues from 1e-9 to 1e9, points up to 1e6 radii out; without a ball nothing moves."""
    generator = torch.Generator().manual_seed(0)
    turn = torch.linalg.qr(torch.randn(50, 6, 6, generator=generator, dtype=torch.float64)).Q
    values = 10.0 ** (18.0 * torch.rand(50, 6, generator=generator, dtype=torch.float64) - 9.0)
    matrix = turn @ torch.diag_embed(values) @ turn.mT
    size = 10.0 ** torch.linspace(-3, 6, 50, dtype=torch.float64)
    point = size.unsqueeze(1) * torch.randn(50, 6, generator=generator, dtype=torch.float64)
    radius = torch.ones(50, dtype=torch.float64)
    moved, far = project(point, matrix, radius), torch.linalg.vector_norm(point, dim=1)
    assert torch.equal(moved[far <= 1], point[far <= 1])
    assert float((torch.linalg.vector_norm(moved[far > 1], dim=1) - 1).abs().max()) < 1e-9
    assert torch.equal(project(point, matrix, 0 * radius), point)


def test_counts_and_flops_are_those_of_minibatches() -> None:
    """After k steps the start and k minibatches were evaluated: f 2bp, J and Jᵀr 2bqp each, JᵀJ 2bqp² and p³/3
    flops.
    """
    spec = small_mlp(2, 2, 3, samples=9)
    p, b, q = spec.network.parameters, 4, 3
    rows = run_of(spec, CumulativeGaussNewton(batches=2), steps=6, batches=2)
    for k, row in enumerate(rows.to_pylist()):
        assert row["evaluations"] == {"f": 1 + k, "jacobian": 1 + k, "jvp": 0, "vjp": 1 + k, "solve": 1 + k}
        assert row["flops"] == pytest.approx(
            (1 + k) * (2 * b * p + 4 * b * q * p + 2 * b * q * p**2 + p**3 / 3), rel=1e-14
        )
        assert row["rho"] == pytest.approx(1e-2 / (1e-2 + (1 + k)), rel=1e-14)


def test_more_minibatches_than_samples_are_refused() -> None:
    with pytest.raises(
        SpecError, match=r"^solvers\.0\.optimizer: expected at most 5 minibatches, one sample each, came 6 of them$"
    ):
        document = iterating(small_mlp(samples=5), CumulativeGaussNewton(batches=5)).model_dump(mode="json")
        document["solvers"][0]["optimizer"]["batches"] = 6
        parse_spec(document)
