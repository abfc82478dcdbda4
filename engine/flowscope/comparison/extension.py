"""Solver parts of other packages, found by their entry points; `extend` is the one place where they enter the families
of a spec.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Union

from pydantic import BaseModel

from ..component import Component
from ..flow import Flow
from ..optimizer import Optimizer

GROUP = "flowscope.solvers"


@dataclass(frozen=True)
class Extension:
    """An entry point: its name, its package and version, and the flow, damping or optimizer it holds; or why it holds
    none.
    """

    name: str
    package: str
    part: type[Component] | None
    fault: str = ""


@cache
def extensions() -> tuple[Extension, ...]:
    """What the installed packages bring under `flowscope.solvers`, by name. A broken one is told, not raised."""
    return tuple(_load(point) for point in sorted(entry_points(group=GROUP), key=lambda point: point.name))


def extend(models: Iterable[type[BaseModel]], field: str, wanted: str) -> None:
    """Adds the parts of a family to the union that is a field of these models."""
    found = [each.part for each in extensions() if each.part and family(each.part) == wanted]
    for model in models if found else ():
        about = model.model_fields[field]
        about.annotation = Union[about.annotation, *found]  # pyright: ignore[reportAttributeAccessIssue]  # a union made at run time
        model.model_rebuild(force=True)


def family(part: type[Component]) -> str:
    """`flow`, `optimizer`, `damping`, or empty for anything else."""
    if issubclass(part, Flow):
        return "flow"
    return "optimizer" if issubclass(part, Optimizer) else "damping" if hasattr(part, "rho_at") else ""


def foreign(components: Sequence[object]) -> list[Component]:
    """Those of some components that other packages brought."""
    known = {each.part for each in extensions()}
    return [each for each in components if isinstance(each, Component) and type(each) in known]


def _load(point: EntryPoint) -> Extension:
    package = f"{point.dist.name} {point.dist.version}" if point.dist else ""
    try:
        found: Any = point.load()
        fault = _fault(found)
    except Exception as error:  # another package's code may raise anything
        return Extension(point.name, package, None, f"it cannot be loaded ({type(error).__name__}: {error})")
    return Extension(point.name, package, None if fault else found, fault)


def _fault(found: object) -> str:
    """Why an object is no part of a solver; empty where it is one."""
    if not (isinstance(found, type) and issubclass(found, Component) and family(found)):
        return f"expected a class of a flow, a damping or an optimizer, came {found!r}"
    kind = getattr(found(), "kind", None)
    if not isinstance(kind, str):
        return "expected a field `kind` with its name as default, came none"
    others = (each.model_fields.get("kind") for each in _descendants(Component) if each is not found)
    taken = any(field is not None and field.default == kind for field in others)
    return f"expected a kind of its own, came {kind!r}, which is taken" if taken else ""


def _descendants(part: type[Component]) -> Iterator[type[Component]]:
    for each in part.__subclasses__():
        yield each
        yield from _descendants(each)
