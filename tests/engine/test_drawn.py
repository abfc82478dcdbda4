"""Runs that nobody chose: no lane raises, none moves its neighbours, whatever problem, network, method and start are
drawn.

60 instances here; `make test-long` sets FLOWSCOPE_INSTANCES to 1000.
"""

import json
import math
import os
from collections import Counter
from functools import cache
from typing import Any

import pyarrow.compute as pc
import pytest
from flowscope import Run, RunSpec, Status, facts, run
from flowscope.run.spec import Integration

from ..cases import table
from ..drawn import drawn

INSTANCES = int(os.environ.get("FLOWSCOPE_INSTANCES", "60"))
SEEDS = range(INSTANCES)


@cache
def specs() -> tuple[RunSpec, ...]:
    return tuple(drawn(seed) for seed in SEEDS)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_drawn_run_raises_and_every_lane_ends(seed: int) -> None:
    spec = specs()[seed]
    run = Run(spec)
    rows = sum(batch.num_rows for batch in run)
    run.stage()
    assert all(lane.status is not Status.RUNNING for lane in run.lanes)
    assert rows >= len(run.lanes)
    told = json.dumps(facts(run.schema))
    json.loads(told, parse_constant=lambda word: pytest.fail(f"{word} in the metadata, which browsers do not read"))


@pytest.mark.parametrize("seed", SEEDS[::4])
def test_how_frames_are_cut_changes_no_bit_of_a_drawn_run(seed: int) -> None:
    spec = specs()[seed]
    assert table(spec, 3).equals(table(spec, 64))


OWN = ("excess_loss", "reference", "row", "wall_seconds")
"""Columns that speak of the whole run: L* may be lowered by any lane, and rows are counted through."""


def recorded(spec: RunSpec, lanes: int) -> dict[str, list[object]]:
    """The columns of the first lanes, but for those that speak of the whole run."""
    table = run(spec).to_table()
    own = table.filter(pc.field("lane") < lanes).sort_by([("lane", "ascending"), ("frame", "ascending")])
    return {name: own[name].to_pylist() for name in own.column_names if name not in OWN}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_drawn_lane_moves_no_bit_of_its_neighbours(seed: int) -> None:
    """What is recorded of two solvers with a third beside them, and without it."""
    spec = drawn(seed, cousins=False)
    calm = spec.model_copy(update={"solvers": spec.solvers[:2]})
    beside, without = recorded(spec, 2), recorded(calm, 2)
    moved = [name for name in without if repr(beside[name]) != repr(without[name])]  # by their digits: NaN is NaN
    assert moved == []


def test_what_is_drawn_holds_every_kind() -> None:
    """Of problems, networks, losses, starts, methods, dampings, inner solvers and integrators."""
    kinds: Counter[str] = Counter()
    for seed in range(400):
        spec = drawn(seed)
        assert all(math.isfinite(number) for number in (spec.horizon, spec.interval))
        parts = [spec.problem, spec.problem.loss, spec.network, spec.start]
        for solver in spec.solvers:
            method: Any = solver.method
            parts += [
                method,
                *(getattr(method, name) for name in ("damping", "inner", "stopping") if hasattr(method, name)),
            ]
            parts += [solver.integrator] if isinstance(solver, Integration) else []
        kinds.update(part.kind for part in parts if hasattr(part, "kind"))
    missing = [kind for kind in KINDS if not kinds[kind]]
    assert not missing


KINDS = [
    *("points", "teacher", "wave", "ripple", "sphere", "near_duplicates", "table", "bundled"),
    *("neuron", "scaled_neuron", "two_term", "product", "pair", "sheet", "phase", "sine_curve", "mlp"),
    *("squares", "logistic", "softmax", "log_cosh", "random", "point"),
    *(
        "gradient",
        "gauss_newton",
        "generalised_gauss_newton",
        "pullback",
        "pushforward",
        "any_rank",
        "straight_line",
        "loop",
    ),
    *("arithmetic", "harmonic", "euler", "rk4", "dormand_prince", "rosenbrock"),
    *(
        "constant",
        "smallest_eigenvalue",
        "initial_eigenvalue",
        "exponential_decay",
        "inverse_time",
        "loss_proportional",
    ),
    *("hybrid", "slow_switch", "target_rate", "gradient_descent", "heavy_ball", "adam", "adamw", "muon", "soap"),
    *(
        "levenberg_marquardt",
        "damped_gauss_newton",
        "cumulative_gauss_newton",
        "minimizing_movement",
        "riemannian_descent",
    ),
    *("gain_ratio", "line_search", "retraction", "exponential", "gauss_newton_flow", "by_gradients", "relative"),
]
