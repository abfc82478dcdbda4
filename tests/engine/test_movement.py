"""Minimizing movements: every inner solver beside SciPy and plain loops, the exact path, the budget, and what a spec
may not say.
"""

from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest
import torch
from flowscope import Run, RunSpec, SpecError, Status, exponential_map, parse_spec, run
from flowscope.flow import Linearization
from flowscope.movement import (
    AnyInner,
    AnyStopping,
    ByGradients,
    Certificate,
    Energy,
    Exponential,
    GainRatio,
    GaussNewtonFlow,
    Inner,
    Iterations,
    LineSearch,
    MinimizingMovement,
    Relative,
    Retraction,
    Subproblem,
)
from flowscope.movement.by_gradients import UndecayedAdamW
from flowscope.network import MLP, Neuron, Phase, Sheet
from flowscope.optimizer import SOAP, Adam, GradientDescent, HeavyBall, Muon
from flowscope.problem import AnyLoss, LogCosh, Logistic, Points, Squares, Teacher
from flowscope.run.column import BUDGET
from flowscope.run.spec import Iteration, Point, Random, Solver
from scipy.optimize import brentq, least_squares

from ..cases import column, lane, table

SECOND: tuple[Inner, ...] = (
    GainRatio(),
    LineSearch(),
    Retraction(),
    Retraction(order=2),
    Exponential(),
    GaussNewtonFlow(dt=0.5),
)
FIRST = tuple(
    ByGradients(optimizer=kind(eta=0.02)) for kind in (GradientDescent, HeavyBall, Adam, UndecayedAdamW, Muon, SOAP)
)
EVERY = (*SECOND, *FIRST)
SHEET = ((1.0, 0.0), (0.0, 1.0), (1.0, -1.0))
THREE = Points(inputs=((-1.0,), (0.5,), (1.2,)), targets=((0.3,), (0.8,), (-0.5,)))


def name_of(inner: Inner) -> str:
    kind = getattr(inner, "kind", "")
    return (
        f"{kind}-{inner.optimizer.kind}"
        if isinstance(inner, ByGradients)
        else f"{kind}-{getattr(inner, 'order', '')}".strip("-")
    )


def moving(inner: Inner, stopping: AnyStopping | None = None, **settings: Any) -> Iteration:
    rule = stopping or Relative(share=1e-3, most=60)
    return Solver(name_of(inner), MinimizingMovement.model_validate({"inner": inner, "stopping": rule, **settings}))


def on_sheet(*solvers: Iteration, target: float = 1.0, **changes: Any) -> RunSpec:
    problem = Points(inputs=SHEET, targets=((target,),) * 3)
    spec = RunSpec(
        problem=problem,
        network=Sheet(),
        start=Point(parameters=(0.3, -0.2)),
        solvers=solvers,
        horizon=3.0,
        interval=1.0,
    )
    return parse_spec(spec.model_copy(update=changes).model_dump(mode="json", serialize_as_any=True))


def on_network(*solvers: Iteration, loss: AnyLoss | None = None, width: int = 6, **changes: Any) -> RunSpec:
    problem = THREE.model_copy(update={"loss": loss or Squares()})
    spec = RunSpec(
        problem=problem, network=MLP(widths=(1, width, 1)), start=Random(), solvers=solvers, horizon=4.0, interval=1.0
    )
    return parse_spec(spec.model_copy(update=changes).model_dump(mode="json", serialize_as_any=True))


def test_the_family_of_inner_solvers_is_tested_here() -> None:
    assert {type(inner) for inner in EVERY} == set(get_args(get_args(AnyInner)[0]))


@pytest.mark.parametrize("inner", SECOND, ids=name_of)
def test_an_outer_step_is_scipys_minimiser_of_the_proximal_problem(inner: Inner) -> None:
    """Two outer steps τ = 0.7 on the sheet, whose network part stays; SciPy from the same warm start, on the stacked
    residuals.
    """
    spec = on_sheet(moving(inner, Iterations(most=60), tau=0.7), target=0.6, horizon=1.4, interval=0.7)
    theta, outputs = (column(table(spec), name) for name in ("theta", "outputs"))
    inputs, y = np.array(SHEET), 0.6

    def stacked(w: np.ndarray, u: np.ndarray) -> np.ndarray:
        f = np.tanh(inputs @ w)
        return np.concatenate([f - y, (f - u) / np.sqrt(0.7)])

    for k in (0, 1):
        exact = least_squares(stacked, theta[k], args=(outputs[k],), xtol=1e-15, ftol=1e-15, gtol=1e-15).x
        assert np.abs(theta[k + 1] - exact).max() < 1e-7, k


Rule = Callable[[list[torch.Tensor]], torch.optim.Optimizer]
RULES: dict[type, Rule] = {
    GradientDescent: lambda p: torch.optim.SGD(p, lr=0.02),
    HeavyBall: lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9),
    Adam: lambda p: torch.optim.Adam(p, lr=0.02),
    UndecayedAdamW: lambda p: torch.optim.AdamW(p, lr=0.02, weight_decay=0.0),
}


@pytest.mark.parametrize("memory", ["reset", "carried"])
@pytest.mark.parametrize("kind", RULES, ids=lambda kind: kind.__name__)
def test_a_first_order_inner_solver_is_torch_optim_on_the_proximal_problem(kind: type, memory: str) -> None:
    inner = ByGradients.model_validate({"optimizer": kind(eta=0.02), "memory": memory})
    spec = on_network(
        moving(inner, Iterations(most=7), tau=0.5), horizon=1.5, interval=0.5, network=MLP(widths=(1, 4, 1))
    )
    ours, data = column(table(spec), "theta"), spec.problem.data(spec.network)
    theta = spec.root(0)
    optimizer = RULES[kind]([theta])
    for k in range(3):
        centre = spec.network.forward(theta.detach()[None], data.inputs)[0]
        if memory == "reset":
            optimizer = RULES[kind]([theta])
        for _ in range(7):
            with torch.enable_grad():
                leaf = theta.detach().clone().requires_grad_()
                f = spec.network.forward(leaf[None], data.inputs)[0]
                value = ((f - data.targets).square().sum() + (f - centre).square().sum() / 0.5) / (2 * data.samples)
                theta.grad = torch.autograd.grad(value, leaf)[0]
            optimizer.step()
        assert np.abs(ours[k + 1] - theta.numpy()).max() < 1e-12, k


@pytest.mark.parametrize("loss", [Squares(), LogCosh(), Logistic()], ids=lambda loss: loss.kind)
def test_the_exact_path_is_brents_in_every_coordinate(loss: AnyLoss) -> None:
    """Far away too, where log cosh is flat and clamped Newton fails."""
    targets = torch.tensor([0.3, 0.9, 0.5, 0.1], dtype=torch.float64)
    data = THREE.data(MLP(widths=(1, 2, 1))).__class__(torch.zeros(4, 1, dtype=torch.float64), targets, loss)
    energy, tau = (
        Energy(data, torch.tensor([0.3, 0.0], dtype=torch.float64)),
        torch.tensor([0.5, 4.0], dtype=torch.float64),
    )
    v = torch.tensor([[20.0, -20.0, 0.0, 1.0], [-3.0, 0.4, 8.0, -0.1]], dtype=torch.float64)
    slopes: dict[str, Callable[[float, float], float]] = {
        "squares": lambda u, y: u - y,
        "log_cosh": lambda u, y: float(np.tanh(u - y)),
        "logistic": lambda u, y: float(1 / (1 + np.exp(-u)) - y),
    }
    ours = energy.prox(v, tau).numpy()
    for row, (ridge, size) in enumerate([(0.3, 0.5), (0.0, 4.0)]):
        for i, y in enumerate(targets.tolist()):
            start = float(v[row, i])

            def zero(u: float, y: float = y, start: float = start, ridge: float = ridge, size: float = size) -> float:
                return slopes[loss.kind](u, y) + ridge * u + (u - start) / size

            assert abs(ours[row, i] - brentq(zero, -100.0, 100.0, xtol=1e-14)) < 1e-12


def test_the_exact_path_of_squares_is_geometric() -> None:
    """ū^k = y + (1+τ)^{−k}(u⁰ − y), and with growing steps y + ∏(1+τ_j)^{−1}(u⁰ − y)."""
    spec = on_sheet(
        moving(LineSearch(), tau=0.5), moving(LineSearch(), tau=0.25, growth=2.0), horizon=3.5, interval=0.25
    )
    rows = table(spec)
    for number, ends in ((0, [0.5 * k for k in range(8)]), (1, [0.0, 0.25, 0.75, 1.75])):
        time, exact = column(lane(rows, number), "time"), column(lane(rows, number), "exact")
        steps = np.diff(ends)
        for k, end in enumerate(ends):
            expected = 1.0 + np.prod(1.0 / (1.0 + steps[:k])) * (exact[0] - 1.0)
            assert np.abs(exact[np.argmin(abs(time - end))] - expected).max() < 1e-14
        assert column(lane(rows, number), "outer")[-1] == len(ends) - 1


def budget_of(frames: dict[str, np.ndarray], y: np.ndarray, tau: float, n: int) -> dict[str, np.ndarray]:
    """The whole ledger of squares at a constant τ, from the recorded outputs alone."""
    u, rho = frames["outputs"], 1.0 / (1.0 + tau)
    prox = (u[:-1] + tau * y) / (1.0 + tau)
    epsilon = np.linalg.norm(u[1:] - prox, axis=1) / np.sqrt(n)
    budget = np.zeros(len(u))
    for k, each in enumerate(epsilon):
        budget[k + 1] = rho * budget[k] + each
    exact = y + rho ** np.arange(len(u))[:, None] * (u[0] - y)
    distance = np.linalg.norm(u - y, axis=1) / np.sqrt(n)
    return {
        "prox_error": epsilon,
        "budget": budget,
        "trajectory_error": np.linalg.norm(u - exact, axis=1) / np.sqrt(n),
        "distance": distance,
        "distance_bound": rho ** np.arange(len(u)) * distance[0] + budget,
        "neighbourhood": np.maximum.accumulate(epsilon) * (1.0 + tau) / tau,
    }


@pytest.mark.parametrize("tau", [0.2, 1.0, 5.0])
def test_the_ledger_is_that_of_a_plain_loop_and_the_path_stays_within_its_budget(tau: float) -> None:
    """p = 10 and 25 against N = 16, 1, 3 and 10 inner iterations, and one that hardly moves: the budget holds for that
    one too.
    """
    x = np.linspace(-1.0, 1.0, 16)
    problem = Points(inputs=tuple((float(a),) for a in x), targets=tuple((float(np.sin(3 * a)),) for a in x))
    y, checked = np.array(problem.targets)[:, 0], 0
    for width in (3, 8):
        solvers = (
            *(moving(GainRatio(), Iterations(most=most), tau=tau) for most in (1, 3, 10)),
            moving(ByGradients(optimizer=GradientDescent(eta=1e-9)), Iterations(most=1), tau=tau),
        )
        spec = RunSpec(
            problem=problem, network=MLP(widths=(1, width, 1)), solvers=solvers, horizon=6 * tau, interval=tau
        )
        rows = table(parse_spec(spec.model_dump(mode="json", serialize_as_any=True)))
        errors = []
        for number in range(4):
            mine = lane(rows, number)
            frames = {
                name: column(mine, name) for name in ("outputs", *budget_of({"outputs": np.zeros((2, 16))}, y, tau, 16))
            }
            for name, expected in budget_of(frames, y, tau, 16).items():
                assert np.abs(frames[name][-len(expected) :] - expected).max() < 1e-12, name
            assert (frames["trajectory_error"] <= frames["budget"] * (1 + 1e-10) + 1e-12).all()
            assert (frames["distance"] <= frames["distance_bound"] * (1 + 1e-10) + 1e-12).all()
            parts = {name: column(mine, name) for name in ("solver_part", "network_part", "budget_solver", "centre")}
            share = np.zeros(7)
            for k in range(6):
                solver, whole = parts["solver_part"][k + 1] ** 2, frames["prox_error"][k + 1] ** 2
                share[k + 1] = share[k] / (1 + tau) + solver / whole * frames["prox_error"][k + 1]
                assert abs(solver + parts["network_part"][k + 1] ** 2 - whole) < 1e-9 * whole
            assert np.abs(parts["budget_solver"] - share).max() < 1e-9
            assert np.array_equal(parts["centre"], frames["outputs"])
            errors.append(frames["prox_error"][1:].max())
            checked += 1
        assert errors[3] > 3 * errors[2], "a small ε is the solver's merit, the budget is nobody's"
        assert errors[2] < 0.3 * tau / (1 + tau) * np.linalg.norm(y) / 4
    assert checked == 8


@pytest.mark.parametrize("tau", [0.2, 5.0])
def test_a_convex_energy_with_a_ridge_is_certified_without_its_prox(tau: float) -> None:
    """Log cosh with ν = 0.3: μ = 0.3, the certificate exceeds the true error, the budget the trajectory error."""
    rows = table(on_network(moving(LineSearch(), tau=tau, ridge=0.3), loss=LogCosh(), horizon=8 * tau, interval=tau))
    get = {
        name: column(rows, name)[1:]
        for name in ("certificate", "prox_error", "budget", "trajectory_error", "distance", "distance_bound")
    }
    assert (get["prox_error"] <= get["certificate"] * (1 + 1e-10)).all()
    assert (get["trajectory_error"] <= get["budget"] * (1 + 1e-10)).all()
    assert (get["distance"] <= get["distance_bound"] * (1 + 1e-10)).all()
    assert get["certificate"].max() < 0.02, "and the solver is a good one"
    rho = 1.0 / (1.0 + 0.3 * tau)
    assert np.allclose(get["budget"][1:], rho * get["budget"][:-1] + get["certificate"][1:], rtol=1e-12)


def test_without_strong_convexity_the_budget_only_adds_up() -> None:
    rows = table(on_network(moving(LineSearch(), tau=1.0), loss=LogCosh()))
    assert np.allclose(np.cumsum(column(rows, "certificate")[1:]), column(rows, "budget")[1:], rtol=1e-12)
    assert rows["neighbourhood"].null_count == rows.num_rows


def test_the_split_is_by_the_projector_on_the_range_of_j() -> None:
    """NumPy's SVD of the Jacobian of automatic differentiation. More inner iterations remove the solver's part and
    leave the network's.
    """
    few, many = (
        moving(ByGradients(optimizer=Adam(eta=0.02)), Iterations(most=3)),
        moving(Retraction(), Iterations(most=40)),
    )
    spec = on_sheet(few, many, target=1.5, horizon=0.4, interval=0.2)
    spec = parse_spec(
        spec.model_dump(mode="json") | {"solvers": [put_tau(s, 0.2) for s in spec.model_dump(mode="json")["solvers"]]}
    )
    rows, m, data = table(spec), 1.0 + 1.0 / 0.2, spec.problem.data(spec.network)
    for number in (0, 1):
        mine = lane(rows, number)
        outputs, theta = column(mine, "outputs"), column(mine, "theta")
        for k in (1, 2):
            slope = outputs[k] - 1.5 + (outputs[k] - outputs[k - 1]) / 0.2
            point = torch.tensor(theta[k])
            jacobian = torch.func.jacrev(lambda w: spec.network.forward(w[None], data.inputs)[0])(point).numpy()  # pyright: ignore[reportAttributeAccessIssue, reportPrivateImportUsage]  # untyped
            basis = np.linalg.svd(jacobian, full_matrices=False)[0]
            tangent = basis @ (basis.T @ slope)
            for name, part in (("solver_part", tangent), ("network_part", slope - tangent)):
                assert abs(column(mine, name)[k] - np.linalg.norm(part) / np.sqrt(3) / m) < 1e-12
    assert column(lane(rows, 1), "solver_part")[2] < 1e-10 < 0.01 < column(lane(rows, 1), "network_part")[2]


def put_tau(solver: dict[str, Any], tau: float) -> dict[str, Any]:
    return solver | {"optimizer": solver["optimizer"] | {"tau": tau}}


def test_retractions_leave_the_exponential_map_with_orders_two_and_three() -> None:
    """One inner iteration of η = 0.2, 0.1, 0.05 from one start; the slope of the distance in output space."""
    gaps = []
    for eta in (0.2, 0.1, 0.05):
        inners = (Exponential(eta=eta), Retraction(eta=eta), Retraction(eta=eta, order=2))
        rows = table(on_sheet(*(moving(inner, Iterations(most=1)) for inner in inners), target=1.5, horizon=1.0))
        ends = [column(lane(rows, number), "outputs")[1] for number in range(3)]
        gaps.append([np.linalg.norm(end - ends[0]) for end in ends[1:]])
    orders = np.log2(np.array(gaps[:-1]) / np.array(gaps[1:]))
    assert np.abs(orders - [2.0, 3.0]).max() < 0.3, orders


@pytest.mark.parametrize("inner", EVERY, ids=name_of)
def test_movements_together_are_movements_alone(inner: Inner) -> None:
    """Beside every other and a twin with half the τ; lanes close their outer steps at different iterations."""
    rule = Relative(share=0.05, most=8)
    spec = on_network(*(moving(each, rule) for each in EVERY), moving(inner, rule, tau=0.5), seeds=(0, 1), horizon=2.0)
    alone = table(spec.model_copy(update={"solvers": (moving(inner, rule),)}))
    together = table(spec)
    at = 2 * EVERY.index(inner)
    for seed in (0, 1):
        ours, theirs = lane(together, at + seed), lane(alone, seed)
        for name in ("outputs", "budget", "certificate", "exact"):
            assert np.allclose(column(ours, name), column(theirs, name), rtol=0, atol=1e-9, equal_nan=True), name
        assert ours["inner"].to_pylist() == theirs["inner"].to_pylist()
        assert ours["evaluations"].to_pylist() == theirs["evaluations"].to_pylist()


def test_inner_iterations_stand_within_their_outer_step() -> None:
    """Iteration j of at most 4 at the share j/4 of τ = 1; the frame at k shows u^k, and frames do not depend on how
    chunks are cut.
    """
    spec = on_sheet(moving(Retraction(), Iterations(most=4)), interval=0.125, horizon=2.0)
    rows = table(spec)
    assert [rows["inner"].to_pylist()[i] for i in (0, 1, 2, 3, 4, 6, 8, 10, 16)] == [0, 0, 1, 1, 2, 3, 4, 5, 8]
    assert [rows["outer"].to_pylist()[i] for i in (0, 7, 8, 15, 16)] == [0, 0, 1, 1, 2]
    coarse = table(spec.model_copy(update={"interval": 1.0}))
    for name in ("outputs", "budget", "certificate", "exact"):
        assert np.array_equal(column(coarse, name), column(rows, name)[::8], equal_nan=True), name
    job = Run(spec)
    batches = []
    while (batch := job.chunk(1)) is not None:
        batches.append(batch["budget"].to_pylist()[0])
    assert batches == rows["budget"].to_pylist()


@pytest.mark.parametrize(
    ("rule", "most"),
    [(Certificate(tolerance=1e-3, most=30), 30), (Relative(share=0.02, most=30), 30)],
    ids=lambda rule: str(rule)[:9],
)
def test_a_rule_ends_an_outer_step_at_the_first_iteration_that_meets_it(rule: AnyStopping, most: int) -> None:
    """Against a run of one iteration fewer, which does not meet it."""
    met, _ = met_by(rule, 0)
    assert met and not met_by(rule, -1)[0]


def met_by(rule: AnyStopping, more: int) -> tuple[bool, int]:
    """Whether the rule is met after as many inner iterations as it takes, and `more`."""
    first = table(on_network(moving(GaussNewtonFlow(dt=0.2), rule), horizon=1.0))
    count = first["inner"].to_pylist()[-1] + more
    assert 1 < count < rule.most
    rows = table(on_network(moving(GaussNewtonFlow(dt=0.2), Iterations(most=count)), horizon=1.0))
    bound, outputs = column(rows, "certificate")[-1], column(rows, "outputs")
    limit = (
        rule.tolerance if isinstance(rule, Certificate) else 0.02 * np.linalg.norm(outputs[1] - outputs[0]) / np.sqrt(3)
    )
    return bool(bound <= limit), count


def test_what_an_inner_iteration_costs_is_counted() -> None:
    """After one evaluation at the start: f and Jᵀv of a gradient, J and a solve besides of a Gauss–Newton step,
    thirteen f of a search.
    """
    inners = (ByGradients(), Retraction(), LineSearch(), GaussNewtonFlow(), GainRatio())
    rows = table(on_network(*(moving(inner, Iterations(most=3)) for inner in inners), horizon=2.0))
    spent = [lane(rows, number).to_pylist()[-1] for number in range(5)]
    tally = [tuple(row["evaluations"].values()) for row in spent]
    n = [row["inner"] for row in spent]
    assert n[:2] == [6, 6]
    assert tally[0] == (7, 0, 0, 7, 0) and tally[1] == (7, 7, 0, 7, 7)
    assert tally[2] == (1 + 14 * n[2], 1 + n[2], 0, 1 + n[2], 1 + n[2])
    assert tally[3] == (1 + 4 * n[3],) * 2 + (0,) + (1 + 4 * n[3],) * 2
    kept = n[4] - spent[4]["rejected"]
    assert tally[4] == (1 + n[4], 1 + kept, 0, 1 + kept, 1 + n[4]) and spent[4]["step"] == kept


def test_a_gain_ratio_refuses_what_climbs_and_keeps_its_damping_to_the_next_step() -> None:
    rows = table(
        on_sheet(moving(GainRatio(damping=1e-9), Iterations(most=40)), start=Point(parameters=(2.2, -1.9)), target=-0.9)
    )
    assert rows["rejected"].to_pylist()[-1] > 0 and column(rows, "loss")[-1] < 0.2 * column(rows, "loss")[0]


def test_a_step_too_long_diverges_and_says_so() -> None:
    spec = on_network(moving(ByGradients(optimizer=GradientDescent(eta=1e3)), Iterations(most=50)), moving(GainRatio()))
    ended = [item.status for item in run(spec).lanes]
    assert ended == [Status.DIVERGED, Status.HORIZON]


def test_only_runs_with_a_movement_have_its_columns() -> None:
    names = {probe.name for probe in BUDGET}
    mixed = on_network(moving(GainRatio()), Solver("Adam", Adam()))
    rows = table(mixed)
    assert names <= set(rows.column_names)
    assert all(lane(rows, 1)[name].null_count == lane(rows, 1).num_rows for name in names)
    plain = table(mixed.model_copy(update={"solvers": mixed.solvers[1:]}))
    assert not names & set(plain.column_names)


@pytest.mark.parametrize(
    ("inner", "message"),
    [
        (
            {"kind": "by_gradients", "optimizer": {"kind": "adamw", "decay": 0.01}},
            "decay moves the minimiser of the prox",
        ),
        ({"kind": "by_gradients", "optimizer": {"kind": "muon", "bias_decay": 0.1}}, "bias_decay: expected 0"),
        (
            {"kind": "by_gradients", "optimizer": {"kind": "levenberg_marquardt"}},
            "inner.optimizer.kind: expected one of",
        ),
        ({"kind": "by_gradients", "optimizer": {"kind": "soap"}}, "a method other than SOAP"),
        ({"kind": "simplex"}, "inner.kind: expected one of 'gain_ratio'"),
    ],
)
def test_a_spec_with_a_wrong_inner_solver_is_refused_in_a_sentence(inner: dict[str, Any], message: str) -> None:
    spec = on_sheet(moving(GainRatio())).model_dump(mode="json")
    spec["solvers"][0]["optimizer"]["inner"] = inner
    with pytest.raises(SpecError, match=r"solvers\.0\.optimizer") as caught:
        parse_spec(spec)
    assert message in str(caught.value)


def test_a_loss_that_is_no_sum_over_outputs_is_refused() -> None:
    spec = on_network(moving(GainRatio())).model_dump(mode="json")
    spec["network"]["widths"][-1] = 2
    spec["problem"] |= {"targets": [[0.5, 0.5]] * 3, "loss": {"kind": "softmax"}}
    with pytest.raises(SpecError, match="a sum over outputs"):
        parse_spec(spec)


def test_a_curve_of_one_parameter_runs_and_keeps_its_circle() -> None:
    problem = Points(inputs=((np.pi / 2,), (0.0,)), targets=((-0.5,), (0.0,)))
    spec = RunSpec(
        problem=problem,
        network=Phase(),
        start=Point(parameters=(0.3,)),
        solvers=(moving(GainRatio()),),
        horizon=40.0,
        interval=1.0,
    )
    outputs = column(table(parse_spec(spec.model_dump(mode="json", serialize_as_any=True))), "outputs")
    assert np.abs(np.linalg.norm(outputs, axis=1) - 1.0).max() < 1e-15 * 4
    assert np.abs(outputs[-1] - [-1.0, 0.0]).max() < 1e-5, "its distance shrinks by 1/(1 + τD) a step: 1.5⁻⁴⁰ = 1e-7"


ENDLESS = (4, 9)
"""Seeds whose geodesic leaves every bounded set before time 1 (SciPy's DOP853 stops too, at t = .57 and t = .71)."""


@pytest.mark.parametrize("seed", range(12))
def test_a_long_step_along_a_geodesic_is_as_exact_as_a_short_one(seed: int) -> None:
    """The first iteration of a drawn movement with τ = 1000 and η up to 2, against the geodesic of a finer
    tolerance.
    """
    draw = np.random.default_rng(seed)
    eta, theta = float(draw.uniform(0.5, 2.0)), draw.normal(size=2)
    method = MinimizingMovement(inner=Exponential(eta=eta), stopping=Iterations(most=1), tau=1000.0)
    problem = Teacher(inputs=((-0.87,), (-0.34,), (1.75,)), parameters=tuple(draw.normal(scale=0.5, size=2).tolist()))
    spec = RunSpec(
        problem=problem,
        network=Neuron(),
        start=Point(parameters=tuple(theta.tolist())),
        solvers=(Solver("exp", method),),
        horizon=1000.0,
        interval=1000.0,
    )
    recording = run(spec)
    data = problem.data(spec.network)
    outputs, jacobian = spec.network.evaluate(torch.from_numpy(theta)[None], data.inputs)
    step = (
        -eta
        / (1.0 + 1e-3)
        * np.linalg.lstsq(jacobian.dense()[0].numpy(), (outputs[0] - data.targets).numpy(), rcond=None)[0]
    )
    exact = exponential_map(spec.network, data.inputs, torch.from_numpy(theta)[None], torch.from_numpy(step)[None])[
        0
    ].numpy()
    assert np.isfinite(exact).all() == (seed not in ENDLESS)
    if seed in ENDLESS:
        assert recording.lanes[0].status is Status.DIVERGED, "a geodesic that ends has no point after time 1"
        return
    assert np.abs(column(recording.to_table(), "theta")[-1] - exact).max() < 1e-6 * (1.0 + np.abs(exact).max())


@pytest.mark.parametrize("shift", [0.0, 0.5, 3.0])
def test_the_shift_of_an_inner_step_is_that_of_its_matrix(shift: float) -> None:
    """−(G + λI)⁻¹Jᵀ dΦ/n and −(Jᵀ(1 + 1/τ)J/n + λI)⁻¹Jᵀ dΦ/n by NumPy, for a λ that is not small."""
    problem = Teacher(inputs=((-0.87,), (-0.34,), (1.75,)), parameters=(0.3, -0.2))
    data, theta, tau = problem.data(Neuron()), torch.tensor([[0.9, 0.7]], dtype=torch.float64), 0.8
    at = Linearization.of(Neuron(), data, theta)
    centre = at.outputs + torch.tensor([[0.1, -0.2, 0.05]], dtype=torch.float64)
    step = Subproblem(Energy(data, theta.new_zeros(1)), centre, theta.new_tensor([tau]))
    j, n = at.jacobian.dense()[0].numpy(), data.samples
    pull = j.T @ ((at.outputs - data.targets) + (at.outputs - centre) / tau)[0].numpy() / n
    for moved, weight in ((step.flow, 1.0), (step.newton, 1.0 + 1.0 / tau)):
        exact = -np.linalg.solve(weight * j.T @ j / n + shift * np.eye(2), pull)
        np.testing.assert_allclose(moved(at, theta.new_tensor([shift]))[0].numpy(), exact, rtol=1e-10)
