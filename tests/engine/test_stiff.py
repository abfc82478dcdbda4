"""The stiff integrator: its order conditions, its matrix, linear flow of condition 10⁶ in closed form, and SciPy."""

import numpy as np
import pyarrow as pa
import pytest
import torch
from flowscope import Run, RunSpec, Status
from flowscope.component import SpecError
from flowscope.flow import Gradient, Linearization
from flowscope.flow.relaxation import Relaxation
from flowscope.integrator import AnyIntegrator, DormandPrince, Path, Rosenbrock
from flowscope.integrator import rosenbrock as module
from flowscope.integrator.path import Rows, Solve
from flowscope.network import MLP
from flowscope.problem import Data, Points
from flowscope.run.spec import Point, Solver, parse_spec
from scipy.integrate import solve_ivp
from torch import Tensor

from ..cases import FLOWS, NETWORKS, column, lane, mlp_spec, stage_spec, table
from .test_run import reference

ALPHA, GAMMA, WEIGHTS, EMBEDDED, DENSE = (
    part.numpy() for part in (module._ALPHAS, module._GAMMAS, module._WEIGHTS[0], module._EMBEDDED[0], module._DENSE)
)
TREES = {
    "b": (lambda b: b.sum(), 1.0),
    "bα": (lambda b: b @ ALPHA.sum(1), 1 / 2),
    "bγ": (lambda b: b @ GAMMA.sum(1), 0.0),
    "bα²": (lambda b: b @ ALPHA.sum(1) ** 2, 1 / 3),
    "bαα": (lambda b: b @ ALPHA @ ALPHA.sum(1), 1 / 6),
    "bαγ": (lambda b: b @ ALPHA @ GAMMA.sum(1), 0.0),
    "bγα": (lambda b: b @ GAMMA @ ALPHA.sum(1), 0.0),
    "bγγ": (lambda b: b @ GAMMA @ GAMMA.sum(1), 0.0),
}
"""The conditions of a W-method of order 3 (Hairer & Wanner II, IV.7): elementary differentials of v alone, and none
that holds A.
"""


@pytest.mark.parametrize("name", TREES)
def test_the_tableau_fulfils_the_conditions_of_a_w_method_of_order_three(name: str) -> None:
    left, right = TREES[name]
    assert abs(left(WEIGHTS) - right) < 1e-14  # the digits of the tableau


@pytest.mark.parametrize("name", ["b", "bα", "bγ"])
def test_the_embedded_weights_are_of_order_two_and_the_dense_ones_at_every_point(name: str) -> None:
    left, right = TREES[name]
    assert abs(left(EMBEDDED) - right) < 1e-14
    for s in (0.2, 0.5, 0.9):
        assert abs(left(s ** np.arange(1, 4) @ DENSE) - right * s ** (2 if "α" in name else 1)) < 1e-14


def test_the_embedded_weights_are_not_of_order_three() -> None:
    left, right = TREES["bα²"]
    assert abs(left(EMBEDDED) - right) > 0.05


def test_the_method_is_stiffly_accurate_and_damps_infinitely_fast_modes() -> None:
    assert np.abs((ALPHA + GAMMA)[-1] - WEIGHTS).max() < 1e-15
    assert abs(1 - WEIGHTS @ np.linalg.solve(ALPHA + GAMMA, np.ones(4))) < 1e-14
    for s in (0.1, 0.3, 0.5, 0.7, 0.9):  # the frames between steps stay bounded too
        assert abs(1 - s ** np.arange(1, 4) @ DENSE @ np.linalg.solve(ALPHA + GAMMA, np.ones(4))) < 1.0


class Falling:
    """x' = −x² + cos t·y, y' = −y + e^{−t}, with a matrix A that has nothing to do with it."""

    def __init__(self, matrix: list[list[float]]) -> None:
        self.matrix = torch.tensor(matrix, dtype=torch.float64)

    def __call__(self, rows: Rows, time: Tensor, theta: Tensor, /) -> Tensor:
        x, y = theta.unbind(1)
        return torch.stack((-x * x + torch.cos(time) * y, -y + torch.exp(-time)), 1)

    def relaxation(self, rows: Rows, time: Tensor, theta: Tensor, shift: Tensor, /) -> Solve:
        inverse = torch.linalg.inv(torch.eye(2, dtype=torch.float64) + shift[:, None, None] * self.matrix)
        return lambda b: (inverse @ b.unsqueeze(2)).squeeze(2)


@pytest.mark.parametrize("matrix", [[[0.0, 0.0], [0.0, 0.0]], [[2.0, 0.3], [-0.7, 1.0]], [[0.5, -1.0], [1.0, 3.0]]])
def test_the_order_is_three_whatever_the_matrix(matrix: list[list[float]]) -> None:
    field, start = Falling(matrix), np.array([1.2, 0.4])

    def velocity(time: float, theta: np.ndarray) -> np.ndarray:
        return field(slice(None), torch.tensor([time]), torch.from_numpy(theta)[None])[0].numpy()

    exact = solve_ivp(velocity, (0.0, 2.0), start, method="DOP853", rtol=1e-12, atol=1e-13).y[:, -1]
    errors = []
    for size in (0.05, 0.025, 0.0125):
        method, path = Rosenbrock(rtol=0.1, atol=0.1), Path.at_rest(torch.from_numpy(start)[None], 2.0)
        method.begin(field, path, slice(None))
        while path.time[0] < 2.0:
            path.size[:] = size
            assert method.step(field, path, slice(None)).accepted is None
        errors.append(np.abs(path.theta[0].numpy() - exact).max())
    slopes = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert np.abs(slopes - 3.0).max() < 0.3


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("rho", [1.0, 0.3, 1e-4])
@pytest.mark.parametrize("samples", [2, 9])
def test_the_relaxation_is_the_derivative_of_the_flow_where_the_residual_vanishes(
    name: str, rho: float, samples: int
) -> None:
    network, generator = NETWORKS[name], torch.Generator().manual_seed(samples)
    theta = torch.stack([network.draw(generator) for _ in range(2)])
    inputs = torch.randn(samples, network.inputs, generator=generator, dtype=torch.float64)
    shift, b = (
        torch.tensor([0.2, 30.0], dtype=torch.float64),
        torch.randn(theta.shape, generator=generator, dtype=torch.float64),
    )
    for number in (0, 1):
        targets = network.forward(theta[number : number + 1], inputs)[0]

        def velocity(point: Tensor, targets: Tensor = targets) -> Tensor:
            forward = lambda t: network.forward(t.unsqueeze(0), inputs)[0]  # noqa: E731
            j, eye = torch.func.jacrev(forward)(point), torch.eye(point.numel(), dtype=torch.float64)
            return -torch.linalg.solve(
                rho * eye + (1 - rho) * j.T @ j / samples, j.T @ (forward(point) - targets) / samples
            )

        matrix = -torch.func.jacrev(velocity)(theta[number])  # pyright: ignore[reportOperatorIssue]  # torch.func is untyped
        expected = torch.linalg.solve(
            torch.eye(theta.shape[1], dtype=torch.float64) + shift[number] * matrix, b[number]
        )
        at = Linearization.of(network, Data(inputs, targets), theta)
        found = Relaxation.of(at, torch.full((2,), rho, dtype=torch.float64), shift)(b)[number]
        # the factored matrix has a condition of at most (1 + 30)σ²/ρ ~ 1e7 here
        assert float((found - expected).abs().max()) < 1e-8 * (1.0 + float(expected.abs().max()))


def linear(condition: float, integrator: AnyIntegrator, horizon: float, interval: float) -> tuple[RunSpec, np.ndarray]:
    """Eight affine samples with target 0 and J = U diag(√(8λ)) Vᵀ, λ = 1 … 1/condition, θ₀ = V·1; and J.

    The column of J that belongs to the bias is 1 by construction: it is √8 times the first left vector, whose λ is 1.
    """
    generator, rates = np.random.default_rng(1), np.logspace(0.0, -np.log10(condition), 8)
    u = np.linalg.qr(np.column_stack([np.ones(8), generator.normal(size=(8, 7))]))[0]
    inputs = u[:, 1:] * np.sqrt(8 * rates[1:]) @ np.linalg.qr(generator.normal(size=(7, 7)))[0]
    jacobian = np.column_stack([inputs, np.ones(8)])
    spec = RunSpec(
        problem=Points(inputs=tuple(map(tuple, inputs.tolist())), targets=((0.0,),) * 8),
        network=MLP(widths=(7, 1)),
        start=Point(parameters=tuple(np.linalg.svd(jacobian)[2].sum(0).tolist())),
        solvers=(Solver("gradient", Gradient(), integrator),),
        horizon=horizon,
        interval=interval,
        evaluations=10_000_000,
    )
    return spec, jacobian


def errors_and_cost(spec: RunSpec, jacobian: np.ndarray) -> tuple[float, dict[str, int]]:
    """The largest error of θ and of the outputs over all frames, against θ(t) = V e^{−Λt} Vᵀθ₀; and what was
    evaluated.
    """
    frames = table(spec)
    assert frames["status"].to_pylist()[-1] == "horizon"
    _, sigma, v = np.linalg.svd(jacobian)
    decay = np.exp(-np.outer(column(frames, "time"), sigma**2 / 8))
    exact = (decay * (v @ column(frames, "theta")[0])) @ v
    error = max(
        np.abs(column(frames, "theta") - exact).max(), np.abs(column(frames, "outputs") - exact @ jacobian.T).max()
    )
    return float(error), frames["evaluations"].to_pylist()[-1]


@pytest.mark.parametrize(("horizon", "interval"), [(5.0, 0.05), (300.0, 1.0), (1e6, 2e4)])
def test_linear_flow_of_condition_a_million_is_exact_to_a_millionth(horizon: float, interval: float) -> None:
    """From the fastest mode to t = 1/λ_min. Explicit methods need two gradients per unit of Tλ_max = 10⁶ (the next
    test).
    """
    error, cost = errors_and_cost(*linear(1e6, Rosenbrock(), horizon, interval))
    assert error < 1e-6
    assert cost["jacobian"] < 1_000
    assert cost["f"] < 5_000


def test_explicit_gradients_grow_with_the_condition() -> None:
    """Dormand–Prince is bound by its stability, Tλ_max: 1.9 gradients per unit, so that 10⁶ asks for 1.9·10⁶."""
    counts = [
        errors_and_cost(*linear(c, DormandPrince(rtol=1e-6, atol=1e-8), c, c / 10))[1]["f"] for c in (300.0, 3000.0)
    ]
    assert 1.6 < (counts[1] - counts[0]) / 2700.0 < 2.4


def test_a_stiff_network_agrees_with_scipy() -> None:
    """[2, 16, 1] on 16 samples to Tλ_max = 2,800, against DOP853 with a gradient written out here."""
    generator = np.random.default_rng(3)
    x = generator.uniform(-1, 1, (16, 2))
    y = np.sin(3 * x.sum(1))
    spec = RunSpec(
        problem=Points(inputs=tuple(map(tuple, x.tolist())), targets=tuple((float(v),) for v in y)),
        network=MLP(widths=(2, 16, 1)),
        solvers=(Solver("gradient", Gradient(), Rosenbrock()),),
        horizon=300.0,
        interval=3.0,
    )

    def outputs(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        hidden = np.tanh(x @ theta[:32].reshape(16, 2).T + theta[32:48])
        return hidden, hidden @ theta[48:64] + theta[64]

    def velocity(time: float, theta: np.ndarray) -> np.ndarray:
        hidden, f = outputs(theta)
        residual = (f - y) / 16
        back = residual[:, None] * (1 - hidden**2) * theta[48:64]
        return -np.concatenate([(back.T @ x).ravel(), back.sum(0), hidden.T @ residual, [residual.sum()]])

    frames = table(spec)
    start = spec.root(0).numpy()
    path = solve_ivp(
        velocity, (0, 300), start, t_eval=column(frames, "time"), method="DOP853", rtol=1e-10, atol=1e-12
    ).y.T
    assert column(frames, "eigenvalues")[:, 0].max() * 300.0 > 2_000
    assert np.abs(column(frames, "outputs") - np.array([outputs(theta)[1] for theta in path])).max() < 1e-5
    assert frames["evaluations"].to_pylist()[-1]["jacobian"] < 500


@pytest.mark.parametrize("name", [name for name, flow in FLOWS.items() if flow.is_relaxing])
def test_every_damping_agrees_with_scipy(name: str) -> None:
    spec = stage_spec(name, integrator=Rosenbrock(rtol=1e-7, atol=1e-9), horizon=4.0)
    assert np.abs(column(table(spec), "theta") - reference(spec, name)[0]).max() < 1e-5


@pytest.mark.parametrize(("samples", "dual"), [(12, True), (40, False)], ids=["N ≤ p", "p < N"])
def test_evaluations_are_those_counted_by_hand(samples: int, dual: bool) -> None:
    """Two velocities to begin; an attempt takes one J, one factorisation, five f (one with J) and, in N ≤ p, J and Jᵀ
    in four solves.
    """
    spec = mlp_spec("gradient", widths=(1, 8, 1), samples=samples, horizon=20.0, interval=1.0)
    solvers = (Solver("gradient", FLOWS["gradient"], Rosenbrock(rtol=1e-4, atol=1e-6)),)
    run = Run(spec.model_copy(update={"solvers": solvers}))
    last = pa.Table.from_batches(list(run)).to_pylist()[-1]
    attempts = last["step"] + int(run._path.rejected[0])
    solves = 4 * attempts if dual else 0
    expected = {
        "f": 2 + 5 * attempts,
        "jacobian": attempts,
        "jvp": solves,
        "vjp": 2 + 4 * attempts + solves,
        "solve": attempts,
    }
    assert last["evaluations"] == expected


def test_lanes_keep_their_own_steps() -> None:
    """Two seeds and three solvers together give what each gives alone."""
    flows = ("gradient", "constant", "exponential_decay")
    solvers = tuple(Solver(name, FLOWS[name], Rosenbrock(rtol=1e-4, atol=1e-6)) for name in flows)
    spec = mlp_spec(*flows, horizon=3.0, seeds=(0, 1)).model_copy(update={"solvers": solvers})
    together = table(spec)
    for number, solver in enumerate(solvers):
        for place, seed in enumerate(spec.seeds):
            alone = table(spec.model_copy(update={"solvers": (solver,), "seeds": (seed,)}))
            mine = lane(together, 2 * number + place)
            assert mine["step"].to_pylist() == alone["step"].to_pylist()
            assert mine["evaluations"].to_pylist() == alone["evaluations"].to_pylist()
            assert np.abs(column(mine, "outputs") - column(alone, "outputs")).max() < 1e-12


def test_lanes_end_as_with_other_integrators() -> None:
    def ending(spec: RunSpec) -> Status:
        run = Run(spec)
        assert all(np.isfinite(column(pa.Table.from_batches([batch]), "loss")).all() for batch in run)
        return run.lanes[0].status

    assert ending(stage_spec("gradient", integrator=Rosenbrock(), evaluations=100)) is Status.EXHAUSTED
    beyond = Points(inputs=((-0.87,), (-0.34,), (1.75,)), targets=((2.0,), (2.0,), (2.0,)))
    escaping = stage_spec("gauss_newton", integrator=Rosenbrock(), horizon=5.0).model_copy(update={"problem": beyond})
    assert ending(escaping) in (Status.ESCAPED, Status.RANK_LOSS)


def test_flows_without_the_matrix_are_refused() -> None:
    spec = mlp_spec("gradient").model_dump(mode="json")
    spec["solvers"] = [{"name": "flow", "flow": {"kind": "pullback"}, "integrator": {"kind": "rosenbrock"}}]
    with pytest.raises(
        SpecError, match=r"^solvers\.0\.integrator: expected an explicit integrator.*came 'rosenbrock'$"
    ):
        parse_spec(spec)
