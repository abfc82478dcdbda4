"""The referee: what a part must be. Flowscope's own parts pass it, and a solver part of another package before it races
with others.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from ..component import Component
from ..flow import GaussNewton
from ..integrator import Integrator
from ..network import Network
from ..problem import Loss, Problem
from .agreement import Laws
from .bench import BENCHES, STEPS, STRIDE, Bench, objection
from .datum import Drawing
from .derivative import Curved, Differentiated
from .extension import extensions, family, foreign
from .order import Ordered

FAMILIES: dict[type[Component], Callable[[Any], Any]] = {
    Network: Differentiated,
    Loss: Curved,
    Integrator: Ordered,
    Problem: Drawing,
}
"""By family, what asks its laws; flows, dampings and optimizers are asked by a `Bench`."""


@dataclass(frozen=True)
class Check:
    """What was asked and, where it failed, what came; empty: passed."""

    name: str
    fault: str


@dataclass(frozen=True)
class Report:
    """The checks of one part, in order."""

    checks: tuple[Check, ...]

    @property
    def fault(self) -> str:
        """The first thing that is wrong, as a clause; empty where the part passed."""
        return next((f"{check.name}: {check.fault}" for check in self.checks if check.fault), "")


def referee(component: Component) -> Report:
    """Holds a part against the laws of its family.

    A flow, a damping or an optimizer is held against what a race takes for granted, in 3 lanes of a small problem
    (`BENCHES`). All must be finite, tell their cost, treat lanes alike and give equal bytes again. A flow or an
    optimizer that does not say `is_descending = False` must bring the loss down; a flow that says `is_gradient = True`
    must be −∇L by automatic differentiation, one that says `is_tunable = True` must follow the ρ that is set by hand,
    and one that says `is_relaxing = True` must have that derivative. The rates of the modes that a flow states must be
    those of its velocity. The derivatives of a network and of a loss are
    those of their values (`derivative.py`), an integrator has the order that it states (`order.py`), and a problem has
    the shape that it states (`datum.py`).
    """
    return _report(type(component), component.model_dump_json())


@cache
def _report(part: type[Component], values: str) -> Report:
    component: Any = part.model_validate_json(values)
    try:
        laws = _laws(component)
    except Exception as error:  # another package's code may raise anything
        return Report((Check("check", f"expected objections or none, came {type(error).__name__}: {error}"),))
    return Report(tuple(Check(name, _heard(law)) for name, law in laws.items()))


def _laws(component: Any) -> Laws:
    """The laws of a part, by name and in order."""
    bench = next((bench for kind, bench in FAMILIES.items() if isinstance(component, kind)), None)
    return bench(component).laws() if bench else _laws_of_method(component)


def _laws_of_method(component: Any) -> Laws:
    """Of a flow, a damping or an optimizer, on the first bench that it does not object to."""
    role = family(type(component))
    method = GaussNewton().model_copy(update={"damping": component}) if role == "damping" else component
    objections = [objection(method, *each, horizon=STEPS * STRIDE) for each in BENCHES]
    if None not in objections:
        told = [f"expected {each[1]}, came {each[2]}" for each in objections if each]
        return {"bench": lambda: "; ".join(told)}
    return Bench(method, *BENCHES[objections.index(None)]).laws(role)


def _heard(law: Callable[[], str]) -> str:
    try:
        return law()
    except Exception as error:  # another package's code may raise anything
        return f"expected an answer, came {type(error).__name__}: {error}"


def unrefereed(method: Component) -> str:
    """Where the referee stops a method, or its damping, that another package brought, as a clause; empty where it may
    race with others.
    """
    for each in foreign((method, getattr(method, "damping", None))):
        if fault := referee(each).fault:
            return f"one that fails at {fault.partition(':')[0]} (`fs.verdicts()`)"
    return ""


def verdicts() -> list[dict[str, str]]:
    """What other packages bring: name, package, family, kind, and the fault that keeps it out of races (empty:
    refereed).
    """
    told = []
    for each in extensions():
        member: Any = each.part() if each.part else None
        kind, fault = (member.kind, referee(member).fault) if member else ("", each.fault)
        told.append(
            {
                "name": each.name,
                "package": each.package,
                "family": family(each.part) if each.part else "",
                "kind": kind,
                "fault": fault,
            }
        )
    return told
