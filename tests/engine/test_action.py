"""Multipliers as cotangents, and the action of paths beside its own closed forms."""

from collections.abc import Callable

import flowscope as fs
import numpy as np
import pytest
import torch
from flowscope import module as m
from flowscope.flow import Constant, GaussNewton, Gradient, Linearization
from flowscope.integrator import DormandPrince
from flowscope.network import MLP
from flowscope.optimizer import Adam
from flowscope.run.spec import Solver
from torch import Tensor

from ..cases import mlp_spec

RHO = 0.2
OWN = m.Pullback("gauss_newton", "full", mass=RHO, weight=1 - RHO)
SPEC = mlp_spec("gradient", widths=(1, 4, 3, 1), samples=6).model_copy(
    update={
        "solvers": (
            Solver("gradient", Gradient(), DormandPrince(rtol=1e-9)),
            Solver("damped", GaussNewton(damping=Constant(rho=RHO)), DormandPrince(rtol=1e-9)),
            Solver("adam", Adam(eta=0.02)),
        ),
        "interval": 0.02,
        "horizon": 2.0,
    }
)
FLOWS = [m.Euclidean(), OWN]


def slope(function: Callable[[Tensor], Tensor], point: Tensor) -> Tensor:
    """The gradient of a sum by autograd."""
    leaf = point.clone().requires_grad_()
    return torch.autograd.grad(function(leaf).sum(), leaf)[0]


def test_cotangents_are_the_multipliers_of_the_layers() -> None:
    """The Lagrangian is stationary in every state at λ_α = dl/dz_α, and there its slope in θ is the gradient."""
    graph = m.Graph(
        m.Series(
            m.DenseLayer(3, 4),
            m.Elementwise(4),
            m.Sum(m.Scale(4), m.Series(m.DenseLayer(4, 4), m.Elementwise(4))),
            m.Linear(4, 2),
        )
    )
    generator = torch.Generator().manual_seed(0)
    theta = torch.stack([graph.draw(generator) for _ in range(2)])
    inputs, labels = (torch.randn(5, width, generator=generator, dtype=torch.float64) for width in (3, 2))

    def objective(z: Tensor) -> Tensor:
        return (z - labels).square().sum((1, 2)) / 10

    at, points = graph.forward(theta, inputs), m.states(graph, theta, inputs)
    prices = m.multipliers(at, (at.outputs - labels) / 5)
    for alpha in range(len(points)):

        def moved(z: Tensor, alpha: int = alpha) -> Tensor:
            return m.lagrangian(graph, objective, theta, inputs, [*points[:alpha], z, *points[alpha + 1 :]], prices)

        assert float(slope(moved, points[alpha]).abs().max()) < 1e-14
    total = m.lagrangian(graph, objective, theta, inputs, points, prices)
    assert torch.allclose(total, objective(at.outputs), rtol=0, atol=1e-14)
    found = slope(lambda t: m.lagrangian(graph, objective, t, inputs, points, prices), theta)
    assert torch.allclose(found, at.gradient((at.outputs - labels) / 5), rtol=0, atol=1e-14)


@pytest.fixture(scope="module")
def table() -> dict[tuple[int, int], fs.Action]:
    """Actions by metric and lane."""
    return {(k, lane.lane): found for k, metric in enumerate(FLOWS) for lane, found in fs.actions(SPEC, metric)}


def test_only_the_flow_of_the_metric_itself_spends_nothing_beyond_the_loss(
    table: dict[tuple[int, int], fs.Action],
) -> None:
    for (metric, lane), found in table.items():
        excess, drop = float(found.excess[-1]), float(found.drop[-1])
        if metric == lane:
            assert abs(excess) < 1e-3 * drop, (metric, lane)
        else:
            assert excess > 0.05 * drop, (metric, lane)
        assert (np.diff(found.gap) >= 0).all() and found.time[-1] == pytest.approx(2.0)


def test_the_least_over_all_clocks_knows_no_clock(table: dict[tuple[int, int], fs.Action]) -> None:
    """Gradient flow at another speed costs more, its path as little as before; the path of another metric costs more at
    any speed.
    """
    for (metric, lane), found in table.items():
        assert (found.least <= found.action + 1e-12).all()
        assert (abs(found.detour[-1]) < 1e-3 * found.drop[-1]) == (metric == lane), (metric, lane)
    steps = list(fs.Run(SPEC, device="cpu").walk())
    data = SPEC.problem.data(SPEC.network)
    time, theta = (torch.cat([each[k][:1] for each in steps]) for k in (1, 2))
    own, late = (fs.action(SPEC.network, data, clock, theta, m.Euclidean()) for clock in (time, time**2))
    assert late.excess[-1] > 0.1 * late.drop[-1]
    assert late.least == pytest.approx(own.least, rel=1e-12)


def test_the_excess_is_the_integral_of_the_departure_from_the_flow(table: dict[tuple[int, int], fs.Action]) -> None:
    """S − drop = ½∫|θ' + M⁻¹∇L|²_M dt: the completed square, for any path; what is left is of the quadrature's order,
    2.
    """
    for found in table.values():
        assert np.abs(found.excess - found.gap).max() < 1e-3 * max(found.action[-1], 1.0)
    coarse = SPEC.model_copy(update={"interval": 0.04})
    ratios = []
    for k, metric in enumerate(FLOWS):
        for lane, found in fs.actions(coarse, metric):
            if lane.name != "adam":
                fine = table[k, lane.lane]
                ratios.append((found.excess[-1] - found.gap[-1]) / (fine.excess[-1] - fine.gap[-1]))
    assert np.allclose(ratios, 4.0, rtol=0.1), ratios


def test_the_right_path_at_half_the_speed_costs_a_quarter_more() -> None:
    """½(½ + 2)·drop = 1.25 drop: kinetic energy halves with the speed, the force is met for twice the time."""
    data = SPEC.problem.data(SPEC.network)
    frames = list(fs.Run(SPEC).walk())
    time, theta = (torch.cat([part[k][1:2] for part in frames]) for k in (1, 2))
    right, slow = (fs.action(SPEC.network, data, factor * time, theta, OWN) for factor in (1.0, 2.0))
    assert right.action[-1] == pytest.approx(right.drop[-1], rel=1e-3)
    assert slow.action[-1] == pytest.approx(1.25 * slow.drop[-1], rel=1e-3)


def test_a_walk_passes_where_the_recording_says() -> None:
    """Bit for bit, lanes that end early included."""
    spec = SPEC.model_copy(update={"network": MLP(widths=(1, 4, 1)), "evaluations": 300})
    frames = fs.run(spec).to_table()
    lanes, time, theta = (torch.cat(parts) for parts in zip(*fs.Run(spec).walk(), strict=True))
    assert np.array_equal(lanes.numpy(), frames["lane"].to_numpy()) and np.array_equal(
        time.numpy(), frames["time"].to_numpy()
    )
    assert np.array_equal(theta.numpy(), np.array(frames["theta"].to_pylist()))


def test_a_recording_tells_the_action_where_it_holds_the_path() -> None:
    spec = SPEC.model_copy(update={"network": MLP(widths=(1, 4, 1))})
    table = fs.run(spec).to_table()
    again = {lane.lane: found for lane, found in fs.actions(spec, OWN)}
    told = dict(fs.recorded_actions(table, spec, OWN))
    assert list(told) == [0, 1, 2]
    assert all(
        np.array_equal(each.action, again[lane].action) and np.array_equal(each.drop, again[lane].drop)
        for lane, each in told.items()
    )
    assert fs.recorded_actions(fs.run(SPEC).to_table(), SPEC, OWN) == []  # p > 16


@pytest.mark.parametrize("scope", ["layerwise", "full"])
@pytest.mark.parametrize("output", ["identity", "diagonal_hessian", "gauss_newton"])
def test_a_metrics_lengths_and_natural_gradient_belong_together(output: m.Output, scope: str) -> None:
    """|M⁻¹∇L|²_M = ⟨∇L, M⁻¹∇L⟩."""
    metric = m.Pullback(output, "full" if scope == "full" else "layerwise", mass=0.03, weight=0.7)
    theta = torch.stack([SPEC.network.draw(torch.Generator().manual_seed(seed)) for seed in range(3)])
    at = Linearization.of(SPEC.network, SPEC.problem.data(SPEC.network), theta)
    natural = metric.natural(at)
    assert torch.allclose(metric.square(at, natural), (natural * at.gradient).sum(1), rtol=1e-10)
