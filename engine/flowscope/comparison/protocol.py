"""By which rule the solvers of a run are compared: what is printed with every picture and in every file."""

import math
import re
from abc import abstractmethod
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from ..component import Component, Count, Experiment, Objection, Real, wrong
from ..convention import COUNTERS
from ..flow import Gradient
from ..flow.vector_field import EVALUATIONS
from ..optimizer import GradientDescent, HeavyBall

Step = Annotated[Real, Field(gt=0, le=1e3)]
Paid = Literal["steps", "jacobian", "flops"]
"""The clocks that count the same on every machine."""
SIZES = ("eta", "dt")
"""What the size of a step is called."""
HALF = "½‖r‖²"
QUOTED = re.compile(r"(?<=η = )(?:\d+/\d+|½|\d+(?:\.\d+)?(?:e[−-]?\d+)?)")
"""A step size that the name of a solver quotes."""


class Rule(Component):
    """What the solvers of a run have in common."""

    @abstractmethod
    def sentence(self, horizon: float) -> str:
        """What is printed."""

    def limit(self, costs: np.ndarray) -> tuple[np.ndarray, float] | None:
        """What one of everything counted costs each solver, (solvers, 6): the evaluations, and an accepted step; and
        what each may spend. None where no cost is counted. `costs` (solvers, 5) are modelled flops of the evaluations.
        """
        return None


class EqualTime(Rule):
    """All solvers as they are set, to the same flow time: the horizon."""

    kind: Literal["equal_time"] = "equal_time"

    def sentence(self, horizon: float) -> str:
        return f"Equal flow time: each solver as it is set, to t = {horizon:g}."


class Stepped(Rule):
    """A rule for the sizes of steps."""

    scale: Literal["mean", "half"] = Field(
        default="mean", description="η on the loss as declared (mean), or on ½‖r‖², n times as large"
    )

    @property
    def on(self) -> str:
        """The loss that η is meant on, where it is not the declared one."""
        return f" on {HALF}" if self.scale == "half" else ""

    def own(self, eta: float, solver: Component, samples: int) -> float:
        """The size of a solver's step, in its own terms, for an η of this protocol: ½‖r‖² is n times the mean, which
        only gradients see.
        """
        return eta * samples if self.scale == "half" and _scales(solver) else eta

    @abstractmethod
    def sizes(self) -> tuple[float, ...]:
        """The η that are allowed."""

    def check(self, spec: Experiment) -> Iterator[Objection]:
        """Every solver that has a step size has one of the protocol's."""
        for index, solver in enumerate(spec.solvers):
            if (found := size_of(solver)) is None:
                continue
            path, size = found
            allowed = [self.own(eta, solver, spec.problem.samples) for eta in self.sizes()]
            if not any(math.isclose(size, each, rel_tol=1e-9) for each in allowed):
                expected = f"a step size of the protocol, {', '.join(f'{each:g}' for each in allowed)}"
                yield f"/solvers.{index}.{path}", expected, size


class SameStep(Stepped):
    """One step size η for all that have one; who wins depends on it."""

    kind: Literal["same_step"] = "same_step"
    eta: Step = Field(default=0.1, description="the step size η of all")

    def sentence(self, horizon: float) -> str:
        return f"Same step for all: η = {self.eta:g}{self.on}, to t = {horizon:g}."

    def sizes(self) -> tuple[float, ...]:
        return (self.eta,)


class BestStep(Stepped):
    """Each solver at the best η of one grid: the fewest steps to a chosen loss, else the least loss at the end of as
    many tried steps.
    """

    kind: Literal["best_step"] = "best_step"
    grid: tuple[Step, ...] = Field(
        default=(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
        min_length=2,
        max_length=32,
        description="the step sizes η that are tried",
    )
    goal: Real = Field(default=1e-4, gt=0, lt=1, description="the excess loss to be reached, as a share of the first")
    steps: Count = Field(default=500, ge=1, le=10_000, description="steps that every η is tried for")

    @model_validator(mode="after")
    def _rises(self) -> "BestStep":
        if any(a >= b for a, b in pairwise(self.grid)):
            raise wrong("grid", "step sizes from small to large", str(list(self.grid)))
        return self

    def sentence(self, horizon: float) -> str:
        grid = ", ".join(f"{eta:g}" for eta in self.grid)
        rule = f"fewest steps to L − L* ≤ {self.goal:g} of the first, else least loss after {self.steps}"
        return f"Each at its best η of {grid}{self.on} ({rule}), to t = {horizon:g}."

    def sizes(self) -> tuple[float, ...]:
        return self.grid


class EqualCost(Rule):
    """Each solver ends with the step that reaches the budget."""

    kind: Literal["equal_cost"] = "equal_cost"
    clock: Paid = Field(default="jacobian", description="by which the cost is counted")
    budget: Real = Field(default=200.0, gt=0, le=1e18, description="what each solver may spend")

    def sentence(self, horizon: float) -> str:
        return (
            f"Equal cost: each ends with the step that reaches {self.budget:g} {named(self.clock)}, or at t = "
            f"{horizon:g}."
        )

    def limit(self, costs: np.ndarray) -> tuple[np.ndarray, float]:
        names = [*(f"evaluations.{name}" for name in EVALUATIONS), "step"]
        counted = [float(name in columns(self.clock)) for name in names]
        prices = np.array([[*each, 0.0] if self.clock == "flops" else counted for each in costs])
        return prices, self.budget


def named(clock: Paid) -> str:
    """`evaluations of J, J·v and Jᵀ·v`."""
    return {"steps": "steps", "jacobian": "evaluations of J, J·v and Jᵀ·v", "flops": "modelled flops"}[clock]


def columns(clock: Paid) -> tuple[str, ...]:
    """The columns of a recording whose sum is that clock."""
    return next(counter.columns for counter in COUNTERS if counter.name == clock)


def rule_of(solver: Component) -> tuple[str, Component]:
    """Where a solver keeps what makes its steps, and that."""
    part = "optimizer" if hasattr(solver, "optimizer") else "integrator"
    return part, getattr(solver, part)


def size_of(solver: Component) -> tuple[str, float] | None:
    """Where a solver keeps the size of its steps (`optimizer.eta`), and the size; None where it chooses that itself."""
    part, rule = rule_of(solver)
    name = next((name for name in SIZES if name in type(rule).model_fields), None)
    return (f"{part}.{name}", getattr(rule, name)) if name else None


def resized(solver: Component, size: float) -> Component:
    """A solver that has a step size, with another; a name that quotes it ("η = 0.1", "η = 0.1 on ½‖r‖²") quotes the new
    one.
    """
    part, rule = rule_of(solver)
    name = next(name for name in SIZES if name in type(rule).model_fields)
    return solver.model_copy(
        update={
            part: rule.model_copy(update={name: size}),
            "name": _requoted(getattr(solver, "name", ""), getattr(rule, name), size),
        }
    )


def _requoted(name: str, old: float, new: float) -> str:
    """A name that quotes `old`, or what `old` is on ½‖r‖², with what it is for `new`; 0 is a step that the method
    chooses itself.
    """
    found = QUOTED.search(name)
    if found is None:
        return name
    eta = 0.5 if found[0] == "½" else float(Fraction(found[0].replace("−", "-")))
    if old and HALF not in name and not math.isclose(eta, old, rel_tol=1e-6):
        return name
    now = eta * new / old if old else new
    return name[: found.start()] + f"{now:g}".replace("e-0", "e-").replace("-", "−") + name[found.end() :]


def _scales(solver: Component) -> bool:
    """Whether a step of η on c·L is a step of cη on L."""
    return isinstance(getattr(solver, "flow", None), Gradient) or isinstance(
        rule_of(solver)[1], GradientDescent | HeavyBall
    )
