"""The two conditions: table (c) of the theory page, the circle in closed form, and what a run records of them."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from flowscope import SpecError, lamps, parse_spec
from flowscope.movement import LineSearch, MinimizingMovement
from flowscope.movement.conditions import flooded, sublevel
from flowscope.network import Phase, Sheet
from flowscope.problem import Data, Points
from flowscope.run.spec import Point, RunSpec, Solver
from scipy import ndimage

from ..cases import column, mlp_spec, table

INPUTS = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, -1.0]], dtype=torch.float64)
START = torch.tensor([0.3, -0.2], dtype=torch.float64)
NEAR = torch.tanh(INPUTS @ torch.tensor([0.9, 0.4], dtype=torch.float64)) + 0.15 / 3**0.5 * torch.tensor(
    [1.0, -1.0, -1.0]
)
TARGETS = {"near": NEAR, "far": torch.full((3,), 1.5), "adverse": torch.tensor([-2.0, 2.0, 3.0])}
ROWS = [
    ("near", 1.0, True, True, 1.888, 1.494),
    ("near", 5.0, True, False, 0.962, 0.489),
    ("far", 0.2, True, True, 5.13, 4.05),
    ("far", 0.25, True, False, 3.93, 2.75),
    ("far", 0.3, False, False, 3.19, 1.98),
    ("adverse", 1.0, True, False, 0.833, 0.669),
    ("adverse", 3.0, True, False, 0.080, -0.031),
    ("adverse", 5.0, False, False, -2.57, -2.92),
]
"""Target, τ, interior, ball test, μ_g, its sufficient bound: R = 2. At τ = 3.5 the sign of μ_g depends on the grid."""


@pytest.mark.parametrize(("name", "tau", "interior", "ball", "modulus", "sufficient"), ROWS)
def test_the_lamps_read_as_in_the_table(
    name: str, tau: float, interior: bool, ball: bool, modulus: float, sufficient: float
) -> None:
    """Values to three per cent and 0.006: the table's grid was another."""
    seen = lamps(Sheet(), Data(INPUTS, TARGETS[name].double()), START, tau, 2.0)
    assert (seen.interior, seen.reach > seen.needed) == (interior, ball)
    assert seen.is_convex == (modulus > 0)
    assert seen.modulus == pytest.approx(modulus, rel=0.01, abs=0.006) and seen.sufficient == pytest.approx(
        sufficient, rel=0.01, abs=0.006
    )
    assert seen.sufficient <= seen.modulus and seen.crude <= seen.reach < 2.0
    assert seen.modulus <= seen.steepness


@pytest.mark.parametrize("distance", [0.5, 2.0])
def test_on_the_circle_the_data_condition_turns_where_the_distance_times_tau_is_one(distance: float) -> None:
    """Hess Φ at angle φ is −D cos φ + cos(φ − φ_k)/τ along the arc: 1/τ − D at φ = φ_k = 0, where it is least."""
    circle, inputs = Phase(), torch.tensor([[math.pi / 2], [0.0]], dtype=torch.float64)
    data, start = (
        Data(inputs, torch.tensor([-distance, 0.0], dtype=torch.float64)),
        torch.tensor([1e-3], dtype=torch.float64),
    )
    for share in (0.95, 1.05):
        tau = share / distance
        seen = lamps(circle, data, start, tau, 3.0)
        assert (seen.modulus > 0) == (share < 1)
        if share < 1:
            nodes = sublevel(circle, data, start, tau, 3.0).theta[:, 0].numpy()
            exact = np.min(-distance * np.cos(nodes) + np.cos(nodes - 1e-3) / tau)
            assert abs(seen.modulus - exact) < 1e-9
        assert (
            abs(seen.sufficient - (1.0 + 1.0 / tau - math.dist((-distance, 0.0), (math.cos(1e-3), math.sin(1e-3)))))
            < 1e-9
        )


def test_a_component_is_that_of_an_image_library() -> None:
    inside = torch.rand(61, 61, generator=torch.Generator().manual_seed(3)) < 0.63
    inside[30, 30] = True
    labels = np.asarray(ndimage.label(inside.numpy())[0])  # pyright: ignore[reportIndexIssue]  # a pair unless told otherwise
    reached = flooded(inside)
    assert np.array_equal(reached.numpy(), labels == labels[30, 30]) and 200 < int(reached.sum()) < int(inside.sum())


def test_sublevel_points_lie_in_the_ball_of_squares() -> None:
    """For squares {Φ ≤ Φ(u^k)} is the ball about c = τr/(1 + τ) of radius ‖c‖ in increments, r = y − u^k."""
    data, tau = Data(INPUTS, TARGETS["far"].double()), 0.2
    found = sublevel(Sheet(), data, START, tau, 2.0)
    u = torch.tanh(INPUTS @ START)
    centre = tau * (data.targets - u) / (1 + tau)
    away = torch.linalg.vector_norm(torch.tanh(found.theta @ INPUTS.mT) - u - centre, dim=1)
    assert float(away.max()) <= float(torch.linalg.vector_norm(centre)) * (1 + 1e-9) and not found.touches


def lit(radius: float, **changes: object) -> RunSpec:
    movement = MinimizingMovement(inner=LineSearch(), tau=0.2, radius=radius)
    problem = Points(inputs=tuple(map(tuple, INPUTS.tolist())), targets=((1.5,),) * 3)
    solvers = (Solver("movement", movement),)
    spec = RunSpec(
        problem=problem,
        network=Sheet(),
        start=Point(parameters=(0.3, -0.2)),
        solvers=solvers,
        horizon=0.6,
        interval=0.1,
    )
    return parse_spec(spec.model_dump(mode="json", serialize_as_any=True) | changes)


def test_a_run_records_the_lamps_of_the_outer_step_under_way() -> None:
    """The row at t_k tells those of the step that begins there, as a grid of its own finds them from the recorded θ."""
    rows = table(lit(2.0))
    names = {
        "geodesic_modulus": "modulus",
        "rim_distance": "reach",
        "sublevel_radius": "needed",
        "data_margin": "sufficient",
    }
    for frame in (0, 2, 4):
        seen = lamps(
            Sheet(), Data(INPUTS, TARGETS["far"].double()), torch.tensor(column(rows, "theta")[frame]), 0.2, 2.0
        )
        assert rows["interior"].to_pylist()[frame] == int(seen.interior)
        for name, field in names.items():
            assert column(rows, name)[frame] == pytest.approx(getattr(seen, field), rel=0.02), name
    moduli = rows["geodesic_modulus"].to_pylist()
    assert all((a == b) == (k % 2 == 0) for k, (a, b) in enumerate(pairwise(moduli)))
    assert table(lit(0.0))["interior"].null_count == 7


def test_lamps_are_for_one_or_two_parameters_and_squares() -> None:
    network = mlp_spec("gradient").network
    with pytest.raises(ValueError, match="one or two parameters"):
        lamps(network, mlp_spec("gradient").problem.data(network), torch.zeros(network.parameters), 1.0, 1.0)
    with pytest.raises(SpecError, match="radius = 0"):
        lit(2.0, network={"kind": "mlp", "widths": [2, 1]}, start={"kind": "random"})
    with pytest.raises(SpecError, match="squares where radius is not 0"):
        lit(
            2.0,
            problem={"kind": "points", "inputs": INPUTS.tolist(), "targets": [[0.5]] * 3, "loss": {"kind": "log_cosh"}},
        )
