"""How lanes end: the status of drawn lanes, judged by a referee that reads only their recordings, and of lanes whose
end is known.

60 instances here; `make test-long` sets FLOWSCOPE_INSTANCES to 1000.
"""

import os
from collections import Counter
from typing import Any, cast

import numpy as np
import pytest
from flowscope import Status, parse_spec, preset, run
from flowscope.run.endings import ADVICE, advice

from ..cases import table
from ..drawn import drawn
from ..status_referee import CHECKS, judged, witnesses

INSTANCES = int(os.environ.get("FLOWSCOPE_INSTANCES", "60"))
POINTS: dict[str, Any] = {"kind": "points", "inputs": [[1.0]], "targets": [[1.0]]}


def small(seed: int) -> bool:
    """Whether a recording holds θ and the outputs, which the referee reads."""
    spec = drawn(seed)
    return spec.network.parameters <= 16 and spec.problem.samples * spec.network.outputs <= 64


SEEDS = [seed for seed in range(3 * INSTANCES) if small(seed)][:INSTANCES]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_status_of_a_drawn_lane_is_right(seed: int) -> None:
    with np.errstate(all="ignore"):
        complaints = [(word, complaint) for word, complaint in judged(table(drawn(seed))) if complaint]
    assert not complaints


def test_the_referee_refuses_the_other_words() -> None:
    """Of what it would be told wrongly of the lanes of 20 drawn runs, it lets at most two in five stand."""
    asked, refused = Counter[str](), Counter[str]()
    for seed in SEEDS[:20]:
        recording = table(drawn(seed))
        for seen, problem in witnesses(recording):
            with np.errstate(all="ignore"):
                for word, check in CHECKS.items():
                    asked[word] += word != seen.word
                    refused[word] += word != seen.word and bool(check(seen, problem))
    assert min(refused[word] / asked[word] for word in CHECKS) > 0.6, {
        word: (refused[word], asked[word]) for word in CHECKS
    }


def ended(*solvers: dict[str, Any], **spec: Any) -> list[Any]:
    named = [{"name": f"{index}", **solver} for index, solver in enumerate(solvers)]
    usual = {"problem": POINTS, "network": {"kind": "product"}, "horizon": 5.0, "interval": 0.5}
    return run(parse_spec(usual | {"solvers": named} | spec)).lanes


def start(*parameters: float) -> dict[str, Any]:
    return {"kind": "point", "parameters": list(parameters)}


GRADIENT = {"flow": {"kind": "gradient"}}
NEWTON = {"flow": {"kind": "gauss_newton"}}


def test_gauss_newton_at_a_saddle_has_lost_rank_and_did_not_escape() -> None:
    lanes = run(preset("saddle").spec).lanes
    assert [lane.status for lane in lanes] == [Status.HORIZON, Status.RANK_LOSS]
    assert "ρ > 0" in lanes[1].sentence


def test_a_flow_that_runs_to_infinity_in_finite_time_escapes() -> None:
    """f = tanh(w + b) with the label 2 out of reach: f' = −r reaches 1 at t = ln 2, where θ is infinite; any rank of J
    is taken.
    """
    far = {"kind": "points", "inputs": [[1.0]], "targets": [[2.0]]}
    (lane,) = ended({"flow": {"kind": "any_rank"}}, problem=far, network={"kind": "neuron"}, start=start(0.0, 0.0))
    assert lane.status is Status.ESCAPED
    assert lane.time == pytest.approx(np.log(2.0), abs=1e-6)


def test_without_a_jacobian_gradient_flow_rests_at_a_critical_point_and_gauss_newton_has_no_rank() -> None:
    flow, newton = ended(GRADIENT, NEWTON, start=start(0.0, 0.0))
    assert flow.status is Status.CONVERGED
    assert "‖∇L‖ = 0" in flow.sentence
    assert newton.status is Status.RANK_LOSS
    assert newton.time == 0.0


def test_levenberg_marquardt_moves_parameters_of_every_size() -> None:
    problem = {"kind": "points", "inputs": [[1e-6], [2e-6], [3e-6]], "targets": [[3.8e-10], [4.8e-10], [4.97e-10]]}
    methods = [{"optimizer": {"kind": "levenberg_marquardt", "damping": damping}} for damping in (1e-2, 1e-8)]
    changes = {
        "problem": problem,
        "network": {"kind": "scaled_neuron"},
        "start": start(0.0, 1e6),
        "horizon": 50.0,
        "interval": 5.0,
    }
    recording = run(
        parse_spec({"solvers": [{"name": f"{i}", **method} for i, method in enumerate(methods)], **changes})
    )
    frames = recording.to_table()
    assert [lane.status for lane in recording.lanes] == [Status.CONVERGED] * 2
    for lane in (0, 1):
        rows = [row for row in frames.to_pylist() if row["lane"] == lane]
        assert rows[-1]["step"] >= 1
        assert rows[-1]["loss"] < 1e-5 * rows[0]["loss"]


@pytest.mark.parametrize(("eta", "steps", "climbs"), [(0.9, 1, True), (0.9, 2, False), (1.9, 2, True), (1.5, 2, False)])
def test_a_loss_that_ended_above_its_start_has_climbed(eta: float, steps: int, climbs: bool) -> None:
    """At η = 0.9 the loss is above its start after one step and below it after two: what counts is the end."""
    u, v = 1.3, 1.1
    for _ in range(steps):
        u, v = u - eta * (u * v - 1.0) * v, v - eta * (u * v - 1.0) * u
    assert (0.5 * (u * v - 1.0) ** 2 > 0.5 * (1.3 * 1.1 - 1.0) ** 2) == climbs
    descent = {"optimizer": {"kind": "gradient_descent", "eta": eta}}
    (lane,) = ended(descent, start=start(1.3, 1.1), horizon=steps * eta, interval=eta)
    assert (lane.status is Status.CLIMBED) == climbs
    assert lane.status.is_answer == (not climbs)


def test_a_step_that_is_lost_in_rounding_is_rest_and_no_convergence() -> None:
    """One neuron saturated at z = 16: 1 − tanh² is 5e-14, and a flow time of 1e-3 moves no digit of θ."""
    far = {"kind": "points", "inputs": [[1.0]], "targets": [[-0.5]]}
    (lane,) = ended(
        GRADIENT, problem=far, network={"kind": "neuron"}, start=start(8.0, 8.0), horizon=1e-3, interval=1e-4
    )
    assert lane.status is Status.RESTED
    assert not lane.status.is_answer
    assert "‖∇L‖ = " in lane.sentence


def test_a_flow_that_takes_any_rank_and_climbs_a_thousandfold_ends_with_no_answer() -> None:
    """Ranks of J change along the path of 13 parameters through 20 samples, so that its promise lapses: L goes from .19
    to 1026.
    """
    flow = {"flow": {"kind": "any_rank"}, "integrator": {"kind": "rk4", "dt": 0.01}}
    (lane,) = ended(
        flow,
        problem={"kind": "wave", "count": 20},
        network={"kind": "mlp", "widths": [1, 4, 1]},
        start={"kind": "random"},
    )
    assert lane.status is Status.CLIMBED
    assert not lane.status.is_answer
    assert "rank of J is constant" in lane.sentence


def test_a_damped_lane_that_lost_rank_is_not_told_to_turn_on_damping() -> None:
    """Of the two that lose it one has no damping, and the other one whose ρ goes to 0."""
    _, plain, damped = run(preset("pair-small").spec).lanes
    assert plain.status is damped.status is Status.RANK_LOSS
    assert "turn on damping" in plain.sentence.lower()
    assert "turn on damping" not in damped.sentence.lower()


def test_an_end_is_an_answer_only_where_something_was_reached() -> None:
    answers = {status for status in Status if status.is_answer}
    assert answers == {Status.CONVERGED, Status.HORIZON, Status.SPENT, Status.STOPPED}


METHODS = [solver for seed in range(150) for solver in drawn(seed).solvers]


@pytest.mark.parametrize("status", list(ADVICE))
def test_advice_names_only_what_the_method_has(status: Status) -> None:
    """ρ where there is a damping, rtol where there is one, dt where steps are fixed, η where the method has a step
    size.
    """
    told: Counter[str] = Counter()
    for solver in METHODS:
        sentence, method = advice(status, solver), cast(Any, solver.method)
        integrator: Any = getattr(solver, "integrator", None)
        assert sentence
        told[sentence] += 1
        fixed = hasattr(integrator, "dt")
        if "Turn on damping" in sentence:
            assert method.damping.rho == 0.0
        if "a greater ρ" in sentence or "a ρ that stays" in sentence:
            assert getattr(method, "is_tunable", False)
            assert not (method.damping.kind == "constant" and method.damping.rho == 0.0)
        if "rtol" in sentence:
            assert hasattr(integrator, "rtol")
        if "choose Rosenbrock" in sentence:
            assert integrator.kind == "dormand_prince"
            assert method.is_relaxing
        if "dt" in sentence:
            assert fixed
        if "step η" in sentence:
            assert hasattr(method, "eta")
    assert sum(told.values()) == len(METHODS)


@pytest.mark.parametrize("scale", [1e-8, 1e-7, 1e-6])
def test_a_lane_that_one_newton_step_would_lower_has_not_converged(scale: float) -> None:
    """J reaches the slope so faintly that its part along ∇L is lost; undamped Gauss–Newton beside it goes from L = 2.6
    to 0.1875.
    """
    problem = {
        "kind": "points",
        "inputs": [[scale * x] for x in (1.0, 2.0, 3.0, 5.0)],
        "targets": [[1.0], [2.0], [2.5], [7.0]],
    }
    damped = {"flow": {"kind": "gauss_newton", "damping": {"kind": "constant", "rho": 0.1}}}
    spec = {"problem": problem, "network": {"kind": "mlp", "widths": [1, 1]}, "start": start(0.0, 0.0), "horizon": 17.0}
    lanes = ended(GRADIENT, damped, NEWTON, **spec)
    assert [lane.status for lane in lanes] == [Status.HORIZON, Status.HORIZON, Status.CONVERGED]
