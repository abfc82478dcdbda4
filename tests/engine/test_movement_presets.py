"""What the presets of minimizing movements are there to show: the race, the counter-example, the conditions as they are
recorded.
"""

import numpy as np
import pyarrow as pa
import pytest
from flowscope import Preset, RunSpec, preset, run
from flowscope.movement import MinimizingMovement

from ..cases import column, lane, table

SEEDS = (0, 1, 2, 3, 4)


def alone(item: Preset, solver: int, **changes: object) -> RunSpec:
    return item.spec.model_copy(update={"solvers": (item.spec.solvers[solver],), **changes})


def ends(spec: RunSpec, name: str) -> list[float]:
    """The last value of a column, lane by lane."""
    rows = run(spec).to_table()
    return [float(column(lane(rows, number), name)[-1]) for number in range(len(spec.seeds))]


def test_gauss_newton_needs_a_tenth_of_the_inner_iterations_of_adam() -> None:
    """Eight outer steps of GN–LM beside three of Adam with η = 0.01, over five seeds: at most 60, and more than
    1000.
    """
    item = preset("inner-race")
    names = [solver.name for solver in item.spec.solvers]
    newton = alone(item, names.index("GN–LM"), seeds=SEEDS, interval=1.0)
    adam = alone(item, names.index("Adam, η = 0.01"), seeds=SEEDS, horizon=3.0, interval=1.0)
    assert ends(newton, "outer") == [8.0] * 5 and ends(adam, "outer") == [3.0] * 5
    counts = ends(newton, "inner")
    assert max(counts) <= 60, counts
    assert min(ends(adam, "inner")) > 1000
    assert max(ends(newton, "prox_error")) < 0.02, "and every one of its steps is a good one"


def test_a_path_stalls_far_from_a_target_that_the_network_comes_near_to_and_keeps_its_budget() -> None:
    item = preset("sine-curve")
    rows = table(item.spec)
    a, y = 0.04, np.array([2.0, 0.0])
    theta = np.linspace(1.5, 2.5, 1_000_001)
    best = np.hypot(theta - y[0], a * np.sin(0.8 / a**2 * theta)).min()
    assert best < 0.01
    assert column(rows, "distance")[-1] > 0.3
    assert (column(rows, "trajectory_error") <= column(rows, "budget") * (1 + 1e-10) + 1e-12).all()
    assert column(rows, "solver_part")[-1] < 1e-3 < 0.2 < column(rows, "network_part")[-1], (
        "what stands in the way is the network's"
    )


@pytest.mark.parametrize(
    ("name", "interior", "ball", "convex"),
    [
        ("conditions-near", 1.0, True, True),
        ("conditions-far", 0.0, False, True),
        ("conditions-adverse", 0.0, False, False),
    ],
)
def test_the_lamps_of_a_preset_read_as_in_the_table(name: str, interior: float, ball: bool, convex: bool) -> None:
    rows = first(preset(name).spec)
    assert column(rows, "interior")[0] == interior
    assert (column(rows, "rim_distance")[0] > column(rows, "sublevel_radius")[0]) == ball
    assert (column(rows, "geodesic_modulus")[0] > 0) == convex


@pytest.mark.parametrize(("tau", "convex"), [(1.9, True), (2.1, False)])
def test_on_the_circle_the_sign_turns_where_distance_times_tau_is_one(tau: float, convex: bool) -> None:
    item = preset("circle")
    moved = item.spec.solvers[0].model_copy(update={"optimizer": movement(item.spec).model_copy(update={"tau": tau})})
    rows = first(item.spec.model_copy(update={"solvers": (moved,)}))
    assert (column(rows, "geodesic_modulus")[0] > 0) == convex
    assert column(rows, "geodesic_modulus")[0] == pytest.approx(1 / tau - 0.5, abs=2e-3)


def first(spec: RunSpec) -> pa.Table:
    """The rows of the first solver up to its first inner iterations."""
    tau = movement(spec).tau
    return lane(run(spec.model_copy(update={"horizon": tau, "interval": tau})).to_table(), 0)


def movement(spec: RunSpec) -> MinimizingMovement:
    method = spec.solvers[0].method
    assert isinstance(method, MinimizingMovement)
    return method
