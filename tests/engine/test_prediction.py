"""Predictions: every row of every preset, and that each turns to violated when a formula of the engine is wrong."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from flowscope import PREDICTIONS, PRESETS, Preset, Row, SpecError, check, preset
from flowscope import prediction as predictions
from flowscope.analysis import stability
from flowscope.flow import Linearization
from flowscope.flow.decomposition import Decomposition
from flowscope.integrator import Euler
from flowscope.module import coupling, metric
from flowscope.module.leaf import Elementwise
from flowscope.movement import Energy, GainRatio, Subproblem, conditions
from flowscope.network import Layered, Network
from flowscope.optimizer.optimizer import State
from flowscope.prediction import Frames, Subject
from torch import Tensor

from ..cases import recorded

BY_ID = {p.id: p for p in PREDICTIONS}
WHY = {
    ("P1", "riemannian-flow"): "exceed p",
    ("P11", "curvature"): "exceed p",
    ("P9", "dampings"): "exceed p",
    ("P12", "step-size"): "exceed p",
    ("P13", "pair-small"): "J lost it at t = 1.106",
    ("P5", "segment"): "as many parameters as outputs are meant",
    ("P6", "segment"): "under-parametrised is meant",
    ("P8", "segment"): "under-parametrised is meant",
    ("P10", "segment"): "no damping",
    ("P12", "segment"): "no undamped Gauss–Newton by Euler steps",
    ("P13", "segment"): "under-parametrised is meant",
    ("P16", "segment"): "a repeated input is meant",
    ("P17", "borderline"): "a kernel of J is needed",
    ("P1", "conflict"): "rank J = 3 < N = 4",
    ("P7", "conflict"): "full rank is assumed",
    **{(id, name): "J vanished at t = 0.693147" for id in ("P1", "P2", "P11") for name in ("saddle", "escape")},
    ("P1", "chattering"): "a smooth activation is meant",
    ("P18", "logistic"): "cross-entropy is meant",
    ("P19", "segment"): "no generalised Gauss–Newton",
    ("P20", "segment"): "no straight line",
    ("P21", "segment"): "no loop of the outputs",
    **{(id, "conditions-far"): "strict interior localisation fails" for id in ("T4", "T5", "T9")},
    ("T4", "conditions-adverse"): "strict interior localisation fails",
    ("T7", "conditions-far"): "J vanished in outer step 5",
    ("T7", "conditions-adverse"): "J vanished in outer step 3",
    ("T7", "diffusion"): "recorded up to N = 64",
    ("T4", "sine-curve"): "strict interior localisation fails",
    ("S1", "twins"): "a network of layers is meant",
    ("S3", "digits"): "at most 64 outputs",
    ("S5", "digits"): "at most 64 parameters",
    ("S6", "layerwise"): "at least 72 samples",
    ("S7", "digits"): "the loss of squares is assumed",
}
"""Why an assumption is not met, for one preset of each kind."""
SPOKEN = [(id, item.name) for item in PRESETS for id in item.verdicts]
NAMES = {p.id: [name for id, name in SPOKEN if id == p.id] for p in PREDICTIONS}


@pytest.fixture(scope="module")
def rows() -> dict[tuple[str, str], Row]:
    return {(row["id"], row["preset"]): row for row in check(recorded=recorded) if row["id"] in BY_ID}


@pytest.mark.parametrize("name", ["segment", "seeds", "one-mode"])
def test_a_recording_of_the_whole_run_is_judged_as_what_check_records_itself(name: str) -> None:
    assert check([name], recorded=recorded) == check([name])


def test_every_prediction_is_there(rows: dict[tuple[str, str], Row]) -> None:
    wanted = {"P": 21, "S": 7, "T": 10}
    assert list(BY_ID) == [f"{letter}{k}" for letter, last in wanted.items() for k in range(1, last + 1)]
    assert [key for key in rows if ", start " not in key[1]] == SPOKEN and set(WHY) <= set(SPOKEN)
    assert all(item.verdicts for item in PRESETS)
    assert all(any(preset(name).verdicts[id] == "holds" for name in names) for id, names in NAMES.items())


@pytest.mark.parametrize("id", BY_ID)
def test_every_statement_is_judged_on_three_instances_or_more(rows: dict[tuple[str, str], Row], id: str) -> None:
    """Presets, and other starts of those that alone show it: a start that does not meet the assumption does not
    count.
    """
    met = [row for (statement, _), row in rows.items() if statement == id and row["verdict"] != "does not apply"]
    assert len(met) >= 3
    assert all(row["verdict"] == "holds" for row in met), [row for row in met if row["verdict"] != "holds"]


@pytest.mark.parametrize("item", PRESETS, ids=lambda item: item.name)
def test_the_check_says_of_a_preset_what_that_expects(rows: dict[tuple[str, str], Row], item: Preset) -> None:
    for id, verdict in item.verdicts.items():
        row = rows[id, item.name]
        assert row["verdict"] == verdict, row
        if verdict == "holds":
            assert row["measured"] is not None and np.isfinite(row["measured"])
        else:
            assert row["measured"] is None and WHY.get((id, item.name), "") in row["why"], row


def test_every_prediction_stands_in_the_documentation() -> None:
    lines = (Path(__file__).parents[2] / "docs/predictions.md").read_text(encoding="utf-8").splitlines()
    for item in PREDICTIONS:
        row = next(line for line in lines if line.startswith(f"| {item.id} |")).replace("\\|", "|")
        assert (
            item.statement in row
            and item.assumption in row
            and f"{item.tolerance.value:g}: {item.tolerance.reason}" in row
        ), item.id
        stars = {"holds": "", "does not apply": "\\*"}
        shown = ", ".join(f"`{name}`{stars[preset(name).verdicts[item.id]]}" for name in NAMES[item.id])
        assert f"| {shown} |" in row, f"{item.id}: {shown}"
    wrong = (WRONG_STEPS, WRONG_SPECTRA, WRONG_MOVEMENTS, WRONG_MODULES)
    breakable = {id for family in wrong for id, *_ in family}
    assert breakable == set(BY_ID)


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(SpecError, match="no-such-preset"):
        check(["no-such-preset"])


Damped = Callable[[Linearization, Tensor], Tensor]
RIGHT: Damped = Linearization.damped


def scaled(at: Linearization, rho: Tensor) -> Tensor:
    """A step longer by one per cent."""
    return 1.01 * RIGHT(at, rho)


def damped(at: Linearization, rho: Tensor) -> Tensor:
    """A damping that was not asked for."""
    return RIGHT(at, rho.clamp_min(0.05))


def flipped(at: Linearization, rho: Tensor) -> Tensor:
    """The greatest mode of the projector with the wrong sign."""
    d: Decomposition = at.decomposition
    assert d.u is not None and d.v is not None
    share = (d.u[:, :, 0] * at.residual).sum(1) / d.sigma[:, 0]
    return RIGHT(at, rho) - 2 * share.unsqueeze(1) * d.v[:, :, 0]


def truncated(at: Linearization, rho: Tensor) -> Tensor:
    """The least direction lost, as by a rank cut that is too coarse."""
    d: Decomposition = at.decomposition
    assert d.u is not None and d.v is not None
    share = (d.u[:, :, -1] * at.residual).sum(1) / d.sigma[:, -1]
    return RIGHT(at, rho) - share.unsqueeze(1) * d.v[:, :, -1]


def last_of_rank(at: Linearization, rho: Tensor) -> Tensor:
    """The same where the last singular value is zero already."""
    d: Decomposition = at.decomposition
    assert d.u is not None and d.v is not None
    share = (d.u[:, :, 2] * at.residual).sum(1) / d.sigma[:, 2]
    return RIGHT(at, rho) - share.unsqueeze(1) * d.v[:, :, 2]


WRONG_STEPS: list[tuple[str, str, Damped]] = [
    ("P1", "segment", scaled),
    ("P1", "segment", truncated),
    ("P2", "segment", truncated),
    ("P2", "borderline", scaled),
    ("P3", "segment", scaled),
    ("P4", "riemannian-flow", flipped),
    ("P4", "segment", truncated),
    ("P4", "conflict", last_of_rank),
    ("P5", "borderline", scaled),
    ("P6", "pair", flipped),
    ("P6", "riemannian-flow", scaled),
    ("P7", "riemannian-flow", damped),
    ("P8", "pair", scaled),
    ("P9", "segment", truncated),
    ("P11", "segment", scaled),
    ("P12", "contraction", scaled),
    ("P13", "pair", scaled),
    ("P14", "riemannian-flow", truncated),
    ("P14", "conflict", last_of_rank),
    ("P15", "segment", truncated),
    ("P16", "conflict", scaled),
    ("P17", "segment", truncated),
    ("P1", "past-saddle", scaled),
    ("P18", "cross-entropy", damped),
    ("P19", "logistic", scaled),
    ("P19", "logistic", damped),
    ("P19", "cross-entropy", scaled),
    ("P9", "homotopy-arithmetic", truncated),
    ("P20", "straight-line", scaled),
    ("P21", "loop", scaled),
    ("P21", "loop", truncated),
    ("P6", "under", scaled),
    ("P13", "local-minimum", scaled),
    ("T1", "conditions-near", scaled),
    ("T1", "circle", scaled),
    ("T6", "conditions-near", scaled),
    ("P8", "pair-well", scaled),
]


@pytest.mark.parametrize(("id", "name", "wrong"), WRONG_STEPS, ids=lambda value: getattr(value, "__name__", value))
def test_a_wrong_step_is_noticed(monkeypatch: pytest.MonkeyPatch, id: str, name: str, wrong: Damped) -> None:
    monkeypatch.setattr(Linearization, "damped", wrong)
    assert BY_ID[id].judge(Subject(name, preset(name).spec))["verdict"] == "violated"


WRONG_SPECTRA = [
    ("P9", "eigenvalues", lambda at: at.sigma.square()),
    ("P10", "smallest_eigenvalue", lambda at: at.sigma[:, -1].square()),
]


@pytest.mark.parametrize(("id", "name", "wrong"), WRONG_SPECTRA, ids=["P9", "P10"])
def test_a_kernel_without_its_normalisation_is_noticed(
    monkeypatch: pytest.MonkeyPatch, id: str, name: str, wrong: Callable[[Linearization], Tensor]
) -> None:
    """K = JJᵀ instead of JJᵀ/n."""
    monkeypatch.setattr(Linearization, name, property(wrong))
    assert BY_ID[id].judge(Subject("schedules", preset("schedules").spec))["verdict"] == "violated"


def halved(problem: Subproblem, at: Linearization, shift: Tensor) -> Tensor:
    """The inner flow half as fast."""
    return 0.5 * FLOW(problem, at, shift)


def unknown(problem: Subproblem, at: Linearization, shift: Tensor) -> Tensor:
    """An inner flow that is no number."""
    return torch.nan * FLOW(problem, at, shift)


def idle(
    inner: GainRatio, at: Linearization, problem: Subproblem, state: State, network: Network
) -> tuple[Tensor, State]:
    """An inner solver that stands still: its path keeps any budget."""
    return torch.zeros_like(at.theta), state


def middle(inside: Tensor) -> Tensor:
    """A component of one cell."""
    return inside & (torch.arange(inside.numel()) == inside.numel() // 2).view_as(inside)


def stiffer(problem: Subproblem) -> Tensor:
    """A modulus greater by one per cent."""
    return 1.01 * (problem.energy.modulus + 1.0 / problem.tau)


FLOW = Subproblem.flow
PROX = Energy.prox
BENT = conditions.hessian_eigenvalues_at
WRONG_MOVEMENTS: list[tuple[str, str, object, str, object]] = [
    (
        "T2",
        "conditions-far",
        conditions,
        "flooded",
        lambda inside: inside & (torch.arange(inside.numel()) == inside.numel() // 2).view_as(inside),
    ),
    ("T3", "conditions-near", conditions, "hessian_eigenvalues_at", lambda network, at: 2.0 * BENT(network, at) - 1.0),
    ("T3", "circle", conditions, "hessian_eigenvalues_at", lambda network, at: 2.0 - BENT(network, at)),
    ("T4", "conditions-near", Subproblem, "flow", halved),
    *((id, "circle", Subproblem, "flow", halved) for id in ("T4", "T5", "T9")),
    ("T5", "conditions-near", Subproblem, "flow", halved),
    ("T9", "conditions-near", Subproblem, "flow", halved),
    *((id, "conditions-near", Subproblem, "flow", unknown) for id in ("T1", "T4", "T5", "T9")),
    ("T7", "movement", GainRatio, "plan", idle),
    ("T7", "conditions-near", GainRatio, "plan", idle),
    ("T7", "movement", Energy, "prox", lambda energy, v, tau: PROX(energy, v, 1.01 * tau)),
    ("T8", "movement", Subproblem, "modulus", property(stiffer)),
    ("T10", "conditions-near", Linearization, "sigma", property(lambda at: 4.0 * at.decomposition.sigma)),
]


@pytest.mark.parametrize(("id", "name", "place", "formula", "wrong"), WRONG_MOVEMENTS)
def test_a_wrong_movement_is_noticed(
    monkeypatch: pytest.MonkeyPatch, id: str, name: str, place: object, formula: str, wrong: object
) -> None:
    monkeypatch.setattr(place, formula, wrong)
    assert BY_ID[id].judge(Subject(name, preset(name).spec))["verdict"] == "violated"


def longer(matrix: Tensor, right: Tensor) -> Tensor:
    """A solve that is one per cent too long."""
    return 1.01 * SOLVED(matrix, right)


def hastened(at: Linearization, rho: Tensor) -> Tensor:
    """A step longer by ten per cent: the action exceeds the drop by half of 0.1²."""
    return 1.1 * RIGHT(at, rho)


def unbiased(k: Layered) -> Tensor:
    """KKᵀ as if layers had no biases."""
    return torch.stack([(a @ a.mT) * (d @ d.mT) for a, d in zip(k.activations, k.cotangents, strict=True)]).sum(0)


def a_share_replaced(count: int, place: int, by: int) -> Tensor:
    """An eighth of the samples replaced instead of one."""
    chosen = torch.arange(count)
    chosen[place : place + count // 8] = by
    return chosen


SOLVED = metric.definite
WRONG_MODULES: list[tuple[str, str, object, str, Callable[..., object]]] = [
    ("S1", "layerwise", Elementwise, "vjp_input", lambda self, tape, rows, visit: rows),
    ("S1", "digits", Elementwise, "vjp_input", lambda self, tape, rows, visit: rows),
    ("S2", "layerwise", Layered, "kernel", unbiased),
    ("S2", "digits", metric, "definite", longer),
    ("S3", "layerwise", metric, "definite", longer),
    ("S4", "layerwise", metric, "definite", longer),
    ("S5", "layerwise", coupling, "symmetric_rate", lambda first, second, gain: min(first, second)),
    ("S5", "layerwise", coupling, "series_rate", lambda first, second, gain, scale: max(first, second)),
    ("S5", "layerwise", coupling, "parallel_rate", lambda rates, weights: 1.01 * sum(weights) * max(rates)),
    ("S5", "layerwise", coupling, "network_rate", lambda rates, couplings: min(rates)),
    ("S5", "layerwise", coupling, "skew_rate", lambda first, second: 0.5 * (first + second)),
    ("S6", "twins", stability, "replaced", a_share_replaced),
    ("S7", "layerwise", Linearization, "damped", hastened),
    ("S7", "twins", Linearization, "damped", hastened),
]


@pytest.mark.parametrize(
    ("id", "name", "where", "what", "wrong"), WRONG_MODULES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_wrong_module_is_noticed(
    monkeypatch: pytest.MonkeyPatch, id: str, name: str, where: object, what: str, wrong: Callable[..., object]
) -> None:
    monkeypatch.setattr(where, what, wrong)
    assert BY_ID[id].judge(Subject(name, preset(name).spec))["verdict"] == "violated"


def test_a_gradient_without_its_normalisation_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """P10's rate is that of the loss in flow time, so a velocity with 1/(2n) misses it by half."""
    monkeypatch.setattr(Linearization, "damped", lambda at, rho: 0.5 * RIGHT(at, rho))
    assert BY_ID["P10"].judge(Subject("schedules", preset("schedules").spec))["verdict"] == "violated"


def test_a_rank_cut_that_is_too_coarse_is_a_violation_and_no_excuse(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine then ends the lane for loss of rank where the reference finds full rank."""
    monkeypatch.setattr(Linearization, "cut_of", staticmethod(lambda outputs, parameters: 0.5))
    for id in ("P1", "P2", "P3", "P11"):
        assert BY_ID[id].judge(Subject("segment", preset("segment").spec))["verdict"] == "violated", id


def test_a_recording_that_holds_no_number_is_a_violation() -> None:
    never = predictions.Outcome(0.0, np.nan, np.nan, "nothing")
    silent = predictions.Prediction(
        "P0", "", "none", predictions.Tolerance(1.0, ""), lambda subject: None, lambda subject: never
    )
    assert silent.judge(Subject("pair", preset("pair").spec))["verdict"] == "violated"


@pytest.mark.parametrize("item", [item for item in PRESETS if item.name != "network"], ids=lambda item: item.name)
def test_curves_have_a_value_for_every_row_and_apply_to_the_flows_they_are_for(item: Preset) -> None:
    spec, recording = item.spec, recorded(item.name)
    for lane in recording.lanes:
        frames = Frames.of(recording.to_table(), spec, lane.lane)
        for prediction in PREDICTIONS:
            if prediction.curve is None:
                continue
            values, applies = prediction.curve.expected(frames)
            assert values.shape == prediction.curve.of(frames).shape and applies.shape == frames["time"].shape
            assert applies.dtype == bool and np.isfinite(values[applies]).all(), prediction.id
            if prediction.id in ("P1", "P2"):
                exact = (
                    frames.is_undamped and frames.outputs <= frames.parameters and frames["rank"][0] == frames.outputs
                )
                assert applies.any() == exact, lane.name
            if prediction.id == "P12":
                solver = frames.solver
                steps = isinstance(getattr(solver, "integrator", None), Euler)
                assert steps or not applies.any(), lane.name
