"""What the caption of a preset claims is true of its recording, and every number in it is one of its settings or a
formula.
"""

import re
from collections.abc import Callable
from math import log

import numpy as np
import pytest
from flowscope import PRESETS, Preset, Run, RunSpec, facts, preset
from flowscope_ui.language import LANGUAGES, read_words

from ..cases import column, lane, recorded

FORMULA = re.compile(r"e\^\{[^}]*\}|u² − v²|2κ²/\(λμn\)|ln 2|1 [−-] [ητ]|1/k|S6|2-d")
NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+|/\d+)?")
SETTINGS: dict[str, Callable[[RunSpec], list[str]]] = {
    "circle": lambda spec: ["0.5", "2"],  # |y| − 1, and the τ at which distance × τ is 1: test_movement_presets
    "digits": lambda spec: ["0.1"],  # a loss that is chosen
    "large-step": lambda spec: [f"{spec.protocol.eta:g}"],  # pyright: ignore[reportAttributeAccessIssue]
    "logistic": lambda spec: ["0", "1"],  # between which labels lie
    "same-step": lambda spec: [f"{spec.protocol.eta:g}", "1"],  # pyright: ignore[reportAttributeAccessIssue]  # and that of `large-step`
    "saddle": lambda spec: ["1", "1", "0"],
    "escape": lambda spec: ["2", "1"],  # the label, and the bound of tanh
    "scaling-100": lambda spec: ["100", "30"],
    "scaling-1000": lambda spec: ["1000", "30"],
    "straight-line": lambda spec: ["1", "10", "160"],
    "minibatches": lambda spec: [f"{1 / spec.solvers[2].optimizer.eta:g}"],  # pyright: ignore[reportAttributeAccessIssue]
    "twins": lambda spec: [f"{spec.problem.samples}"],
    "best-step": lambda spec: [f"{spec.protocol.grid[k]:g}" for k in (0, 1, -1)],  # pyright: ignore[reportAttributeAccessIssue]
    "equal-cost": lambda spec: [f"{spec.protocol.budget:g}"],  # pyright: ignore[reportAttributeAccessIssue]
}
"""Preset → the numbers of its caption that stand neither in its title nor in the name of a solver."""


def told(text: str) -> list[str]:
    """The numbers of a sentence that are no formula."""
    return NUMBER.findall(FORMULA.sub("", text))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("preset", PRESETS, ids=lambda each: each.name)
def test_every_number_of_a_caption_is_a_setting(preset: Preset, language: str) -> None:
    spec = preset.spec
    known = told(" ".join([spec.title, *(solver.name for solver in spec.solvers)]))
    known += SETTINGS.get(preset.name, lambda _: [])(spec)
    assert [number for number in told(read_words(language)["captions"][spec.title]) if number not in known] == []


def rows(name: str, solver: int, values: str) -> np.ndarray:
    return column(lane(recorded(name).to_table(), solver), values)


def end(name: str, solver: int, values: str = "loss") -> float:
    return float(rows(name, solver, values)[-1])


def arrival(name: str, solver: int, share: float = 0.01) -> float:
    """When a lane has come to within a share of its way of the loss at which it ends."""
    loss, time = rows(name, solver, "loss"), rows(name, solver, "time")
    return float(time[np.flatnonzero(loss - loss[-1] <= share * (loss[0] - loss[-1]))[0]])


def below(name: str, solver: int, values: str, level: float, clock: str = "step") -> float:
    """What a lane has spent from when on a column stays below a level; infinite where it does not."""
    above = np.flatnonzero(~(rows(name, solver, values) < level))
    after = int(above[-1]) + 1 if above.size else 0
    spent = rows(name, solver, clock)
    return float(spent[after]) if after < spent.size else np.inf


def first(name: str, values: str, level: float, clock: str = "step") -> int:
    """The solver that is first to stay below a level."""
    return int(
        np.argmin([below(name, solver, values, level, clock) for solver in range(len(preset(name).spec.solvers))])
    )


def spread(name: str, solver: int) -> float:
    theta = rows(name, solver, "theta")
    return float(np.abs(theta - theta[0]).max())


def trials(name: str, solver: int) -> float:
    return end(name, solver, "step") + end(name, solver, "rejected")


def ending(name: str, solver: int) -> str:
    """What the last row of a lane says."""
    return lane(recorded(name).to_table(), solver)["status"].to_pylist()[-1]


def flat(name: str, solver: int) -> bool:
    """Whether the loss falls in the last tenth of the time by less than a twentieth."""
    loss, time = rows(name, solver, "loss"), rows(name, solver, "time")
    return bool(loss[np.searchsorted(time, 0.9 * time[-1])] < 1.05 * loss[-1])


def upwards(name: str, solver: int) -> int:
    """How often the loss of a lane rises through its first value."""
    above = rows(name, solver, "loss") > rows(name, solver, "loss")[0]
    return int((above[1:] & ~above[:-1]).sum())


def length(name: str, solver: int) -> float:
    """How far the outputs of a lane have gone."""
    return float(np.linalg.norm(np.diff(rows(name, solver, "outputs"), axis=0), axis=1).sum())


def slope(name: str, solver: int) -> float:
    """d ln(L − L*)/dt over four decades late in a run."""
    excess, time = rows(name, solver, "excess_loss"), rows(name, solver, "time")
    first, last = (int(np.flatnonzero(excess < level)[0]) for level in (1e-8, 1e-12))
    return float(np.log(excess[last] / excess[first]) / (time[last] - time[first]))


CLAIMS: dict[str, Callable[[], bool]] = {
    "pair-well: gradient flow is the faster one": lambda: arrival("pair-well", 0) < arrival("pair-well", 1),
    "pair: gradient flow needs longer": lambda: arrival("pair", 0) > arrival("pair", 1),
    "pair: the time of Gauss–Newton has not changed": lambda: (
        abs(arrival("pair", 1) / arrival("pair-well", 1) - 1) < 0.05
    ),
    "pair: all end in a local minimum": lambda: max(abs(end("pair", k) / end("pair", 1) - 1) for k in range(3)) < 1e-3,
    "pair: the least loss lies at infinity": lambda: (
        facts(Run(preset("pair").spec).schema)["infimum"]["attained"] is False
    ),
    "pair-ill: nor here": lambda: abs(arrival("pair-ill", 1) / arrival("pair-well", 1) - 1) < 0.05,
    "pair-ill: gradient flow is on its way at the end": lambda: end("pair-ill", 0) - end("pair-ill", 1) > 1e-4,
    "local-minimum: Gauss–Newton rests in another minimum than the best": lambda: (
        ending("local-minimum", 1) == "converged" and end("local-minimum", 1, "excess_loss") > 1e-3
    ),
    "local-minimum: gradient flow is still falling": lambda: ending("local-minimum", 0) == "horizon",
    "dampings: small at the start keeps straight": lambda: (
        length("dampings", 1) < length("dampings", 0) < min(length("dampings", k) for k in (2, 3))
        and rows("dampings", 1, "rho")[0]
        < rows("dampings", 0, "rho")[0]
        < min(rows("dampings", k, "rho")[0] for k in (2, 3))
    ),
    "dampings: small at the end is steep": lambda: (
        max(end("dampings", k, "rho") for k in (2, 3)) < min(end("dampings", k, "rho") for k in (0, 1))
        and max(slope("dampings", k) for k in (2, 3)) < min(slope("dampings", k) for k in (0, 1))
    ),
    "schedules-ill: three all but stop": lambda: all(end("schedules-ill", k) > 0.1 for k in (0, 1, 6)),
    "schedules-ill: those that come down do not notice": lambda: all(
        end("schedules-ill", k) < 10.0 * end("schedules-mild", k) for k in (2, 3, 4, 5, 7, 8)
    ),
    "saddle: Gauss–Newton ends at ln 2": lambda: abs(end("saddle", 1, "time") - log(2)) < 1e-4,
    "saddle: gradient flow comes to rest there": lambda: (
        spread("saddle", 0) > 0.99 and abs(end("saddle", 0) - 0.5) < 1e-4
    ),
    "escape: Gauss–Newton ends at ln 2": lambda: abs(end("escape", 1, "time") - log(2)) < 1e-3,
    "scaling-3: later than at α = 1": lambda: end("scaling-3", 1, "time") > end("scaling-1", 1, "time"),
    "scaling-10: and later": lambda: (
        preset("scaling-10").spec.horizon > end("scaling-10", 1, "time") > end("scaling-3", 1, "time")
    ),
    "scaling-10: nearly at rest, above L*": lambda: (
        flat("scaling-10", 1) and end("scaling-10", 1, "excess_loss") > 1e-3
    ),
    "scaling-30: near a critical point, above L*": lambda: (
        flat("scaling-30", 1) and end("scaling-30", 1, "excess_loss") > 5e-4
    ),
    "scaling-30: it keeps its rank": lambda: end("scaling-30", 1, "time") == preset("scaling-30").spec.horizon,
    "scaling-100: a little higher than at α = 30": lambda: 1.0 < end("scaling-100", 1) / end("scaling-30", 1) < 1.25,
    "scaling-1000: higher than at α = 30": lambda: end("scaling-1000", 1) > 1.5 * end("scaling-30", 1),
    "pair-small: Gauss–Newton runs away": lambda: end("pair-small", 1, "time") < preset("pair-small").spec.horizon,
    "same-step: Gauss–Newton is first": lambda: first("same-step", "excess_loss", 1e-8) == 1,
    "large-step: only Adam goes on": lambda: (
        [end("large-step", k, "time") < 60 for k in range(3)] == [True, True, False]
    ),
    "large-step: Adam comes down": lambda: end("large-step", 2) < 0.02 * rows("large-step", 2, "loss")[0],
    "best-step: Levenberg–Marquardt is first": lambda: first("best-step", "excess_loss", 1e-8) == 3,
    "layerwise: at η = 1 the loss climbs above its start again and again": lambda: upwards("layerwise", 3) >= 3,
    "layerwise: and ends far above the others": lambda: (
        end("layerwise", 3) > 10 * max(end("layerwise", k) for k in (0, 1, 2, 4))
    ),
    "digits: the layerwise metric is first in steps": lambda: first("digits", "loss", 0.1) == 0,
    "digits: and in flops": lambda: first("digits", "loss", 0.1, "flops") == 0,
    "digits: Muon is the lowest at the end": lambda: (
        end("digits", 2) < 0.5 * min(end("digits", k) for k in (0, 1, 3, 4))
    ),
    "movement: the smaller τ, the more": lambda: (
        end("movement", 1, "inner") > end("movement", 0, "inner") > trials("movement", 2)
    ),
    "conditions-far: J loses its rank": lambda: all(ending("conditions-far", k) == "rank_loss" for k in (0, 1)),
    "conditions-adverse: the iterate runs away": lambda: (
        np.abs(rows("conditions-adverse", 0, "theta")[-1]).max() > 10.0
    ),
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_of_a_caption_is_true_of_the_recording(claim: str) -> None:
    assert CLAIMS[claim]()
