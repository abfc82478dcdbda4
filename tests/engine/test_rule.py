"""The check judges a lane of every solver kind by a rule in NumPy, and turns to violated when the engine's rule is
wrong.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from flowscope import PREDICTIONS, preset
from flowscope.analysis import stability
from flowscope.flow import (
    AnyFlow,
    Arithmetic,
    Flow,
    GaussNewton,
    GeneralisedGaussNewton,
    Gradient,
    Harmonic,
    Loop,
    PseudoInverse,
    Pullback,
    Pushforward,
    StraightLine,
)
from flowscope.movement import AnyInner
from flowscope.optimizer import SOAP, AdamW, GradientDescent, HeavyBall, Muon, first_order, levenberg_marquardt, muon
from flowscope.optimizer.cumulative import Accumulation
from flowscope.optimizer.levenberg_marquardt import Backtracking, GainSearch
from flowscope.optimizer.riemannian import Riemannian
from flowscope.prediction import Subject, rule
from flowscope.run import column
from flowscope.run.spec import AnyOptimizer

BY_ID = {p.id: p for p in PREDICTIONS}
BENCHED = [(subject, solver, name) for subject, solver, name in rule.benched()]
FLOWS: tuple[type[Flow], ...] = (
    Gradient,
    GaussNewton,
    GeneralisedGaussNewton,
    Pullback,
    Pushforward,
    PseudoInverse,
    StraightLine,
    Loop,
    Arithmetic,
    Harmonic,
)


def kinds(union: Any) -> set[str]:
    return {rule.kind_of(part) for part in rule.members(union)}


def verdicts(name: str) -> set[str]:
    """Of every bench of one kind."""
    return {rule.judge(*each)["verdict"] for each in BENCHED if each[2] == name}


def test_every_kind_of_flow_optimizer_and_movement_is_judged() -> None:
    inner = {f"minimizing_movement, {kind}" for kind in kinds(AnyInner)}
    assert {name for *_, name in BENCHED} == kinds(AnyFlow) | (kinds(AnyOptimizer) - {"minimizing_movement"}) | inner


@pytest.mark.parametrize("name", sorted({name for *_, name in BENCHED}))
def test_the_rule_of_a_kind_holds(name: str) -> None:
    assert verdicts(name) == {"holds"}


@pytest.mark.parametrize("kind", FLOWS, ids=lambda kind: kind.__name__)
def test_a_flow_one_per_cent_too_fast_is_noticed(monkeypatch: pytest.MonkeyPatch, kind: type[Flow]) -> None:
    right = kind.velocity
    monkeypatch.setattr(kind, "velocity", staticmethod(lambda at, rho, start: 1.01 * right(at, rho, start)))
    assert verdicts(rule.kind_of(kind)) - ({"holds"} if kind is Gradient else set()) == {"violated"}


def longer(right: Callable[..., Any]) -> Callable[..., Any]:
    """A step of one per cent more, where a method returns its step first."""

    def wrong(*given: Any) -> Any:
        found = right(*given)
        return (1.01 * found[0], *found[1:]) if isinstance(found, tuple) else 1.01 * found

    return wrong


def beyond(right: Callable[..., Any]) -> Callable[..., Any]:
    """The same where a method returns θ after its step."""

    def wrong(self: Any, k: Any, theta: Any, *given: Any) -> Any:
        new, state = right(self, k, theta, *given)
        return theta + 1.01 * (new - theta), state

    return wrong


WRONG: list[tuple[str, object, str, Callable[[Callable[..., Any]], Callable[..., Any]]]] = [
    ("gradient_descent", GradientDescent, "move", beyond),
    ("heavy_ball", HeavyBall, "move", beyond),
    ("adam", first_order, "adam", longer),
    ("adamw", AdamW, "move", beyond),
    ("muon", Muon, "move", beyond),
    ("muon", muon, "orthogonalised", longer),
    ("soap", SOAP, "move", beyond),
    ("levenberg_marquardt", GainSearch, "_solve", longer),
    (
        "levenberg_marquardt",
        levenberg_marquardt,
        "nielsen",
        lambda right: lambda *given: (0.9 * right(*given)[0], right(*given)[1]),
    ),
    ("damped_gauss_newton", Backtracking, "_solve", longer),
    ("cumulative_gauss_newton", Accumulation, "_solve", longer),
    ("riemannian_descent", Riemannian, "_solve", longer),
]


@pytest.mark.parametrize(
    ("name", "place", "formula", "wrong"), WRONG, ids=[f"{name}-{formula}" for name, _, formula, _ in WRONG]
)
def test_a_wrong_step_of_a_discrete_method_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    place: object,
    formula: str,
    wrong: Callable[[Callable[..., Any]], Callable[..., Any]],
) -> None:
    monkeypatch.setattr(place, formula, wrong(getattr(place, formula)))
    assert "violated" in verdicts(name)


@pytest.mark.parametrize("name", sorted(f"minimizing_movement, {kind}" for kind in kinds(AnyInner)))
def test_an_inner_solver_that_stands_still_is_noticed(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    part = next(part for part in rule.members(AnyInner) if name.endswith(f", {rule.kind_of(part)}"))
    monkeypatch.setattr(part, "move", lambda self, ground, k, theta, plan, state: (theta.clone(), state))
    assert verdicts(name) == {"violated"}


def probed(monkeypatch: pytest.MonkeyPatch, name: str, factor: float) -> None:
    """Multiplies a column of every recording."""
    wrong = tuple(
        replace(each, measure=lambda reading, right=each.measure: factor * right(reading))
        if each.name == name
        else each
        for each in column.PROBES
    )
    monkeypatch.setattr(column, "PROBES", wrong)


@pytest.mark.parametrize(
    ("name", "factor"), [("loss", 0.99), ("excess_loss", 2.0), ("excess_loss", 0.99), ("gradient_norm", 0.99)]
)
def test_a_column_of_another_scale_is_noticed(monkeypatch: pytest.MonkeyPatch, name: str, factor: float) -> None:
    probed(monkeypatch, name, factor)
    rows = {
        row["id"]: row["verdict"] for row in rule.shown([Subject("riemannian-flow", preset("riemannian-flow").spec)])
    }
    assert rows == {"gradient": "holds", "gauss_newton": "holds", "columns": "violated"}


def test_the_check_of_a_preset_judges_the_flows_that_it_shows() -> None:
    rows = {row["id"]: row["verdict"] for row in rule.shown([Subject("under", preset("under").spec)])}
    assert rows == {"gauss_newton": "holds", "pushforward": "holds", "any_rank": "holds"}


def test_a_fast_pushforward_in_a_preset_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Pushforward.velocity
    monkeypatch.setattr(Pushforward, "velocity", staticmethod(lambda at, rho, start: 1.01 * right(at, rho, start)))
    rows = {row["id"]: row["verdict"] for row in rule.shown([Subject("under", preset("under").spec)])}
    assert rows == {"gauss_newton": "holds", "pushforward": "violated", "any_rank": "holds"}


@pytest.mark.parametrize(
    "kind", [kind for kind in FLOWS if kind not in (Gradient, Loop)], ids=lambda kind: kind.__name__
)
def test_p5_compares_the_flows_of_the_engine(monkeypatch: pytest.MonkeyPatch, kind: type[Flow]) -> None:
    subject = Subject("borderline", preset("borderline").spec)
    assert BY_ID["P5"].judge(subject)["verdict"] == "holds"
    right = kind.velocity
    monkeypatch.setattr(kind, "velocity", staticmethod(lambda at, rho, start: 1.01 * right(at, rho, start)))
    assert BY_ID["P5"].judge(subject)["verdict"] == "violated"


@pytest.mark.parametrize("factor", [0.25, 1.01])
def test_s6_sees_a_bound_of_another_size(monkeypatch: pytest.MonkeyPatch, factor: float) -> None:
    """Four times smaller it would still be true of these twins, and four times greater all the more."""
    right = stability.bound

    def wrong(*given: Any) -> stability.Bound:
        found = right(*given)
        return replace(found, allowed=factor * found.allowed)

    monkeypatch.setattr(stability, "bound", wrong)
    assert BY_ID["S6"].judge(Subject("twins", preset("twins").spec))["verdict"] == "violated"


def test_the_law_of_a_flow_is_no_copy_of_the_engines_solve(monkeypatch: pytest.MonkeyPatch) -> None:
    """A factorisation of the engine that goes wrong is not shared by the reference."""
    right = torch.linalg.qr
    monkeypatch.setattr(
        torch.linalg, "qr", lambda *given, **named: (1.01 * right(*given, **named)[0], right(*given, **named)[1])
    )
    assert verdicts("pullback") == verdicts("pushforward") == {"violated"}
