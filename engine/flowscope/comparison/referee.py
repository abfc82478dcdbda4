"""The referee: what a solver part of another package must pass before it races with others."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from ..component import Component
from ..flow import Flow, GaussNewton, Linearization, VectorField
from ..flow.damping import Start
from ..flow.vector_field import EVALUATIONS
from ..integrator import Path
from ..network import MLP, Network, Neuron
from ..optimizer import Optimizer
from ..problem import Data, Wave
from ..problem.synthetic import Drawn
from .extension import extensions, family, foreign

BENCHES: tuple[tuple[Network, Drawn], ...] = ((MLP(widths=(1, 6, 1)), Wave(count=4)), (Neuron(), Wave(count=3)))
"""More parameters than outputs, and fewer: a method is held against the first that it does not object to."""
LANES, STEPS, STRIDE, TRIALS = 3, 40, 0.01, 2000
EXACT = 1e-9
"""Relative distance within which two ways to the same number agree: rounding of a solve on this bench, with three
digits to spare.
"""


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
    """Holds a flow, a damping or an optimizer against what a race takes for granted, in 3 lanes of a small problem
    (`BENCHES`).

    All must be finite, tell their cost, treat lanes alike and give equal bytes again. A flow or an optimizer that does
    not say `is_descending = False` must bring the loss down; a flow that says `is_gradient = True` must be −∇L by
    automatic differentiation.
    """
    return _report(type(component), component.model_dump_json())


@cache
def _report(part: type[Component], values: str) -> Report:
    component: Any = part.model_validate_json(values)
    wanted = family(part)
    method = GaussNewton().model_copy(update={"damping": component}) if wanted == "damping" else component
    objections = [_objection(method, *each) for each in BENCHES]
    if all(objections):
        return Report((Check("bench", "; ".join(filter(None, objections))),))
    bench = Bench(method, *BENCHES[objections.index("")])
    checks: dict[str, Callable[[], str]] = {"cost": bench.cost, "finite": bench.finite}
    if wanted == "damping":
        checks["ρ"] = bench.damping
    checks |= {"lanes": bench.alike, "again": bench.again}
    if wanted != "damping" and method.is_descending:
        checks["descent"] = bench.descent
    if isinstance(method, Flow):
        checks["field"] = bench.field
    if isinstance(method, Flow) and method.is_gradient:
        checks["gradient"] = bench.gradient
    return Report(tuple(Check(name, _heard(check)) for name, check in checks.items()))


def _heard(check: Callable[[], str]) -> str:
    try:
        return check()
    except Exception as error:  # another package's code may raise anything
        return f"expected an answer, came {type(error).__name__}: {error}"


def _objection(method: Any, network: Network, problem: Drawn) -> str:
    if isinstance(method, Flow):
        objection = method.objection(problem.samples, network.parameters, STEPS * STRIDE)
    else:
        objection = method.objection(network, problem.samples)
    return "" if objection is None else f"expected {objection[0]}, came {objection[1]}"


class Bench:
    """One method at three random starts."""

    def __init__(self, method: Any, network: Network, problem: Drawn) -> None:
        self.method, self.network, self.data = method, network, problem.data(network)
        self.theta = torch.stack([network.draw(torch.Generator().manual_seed(seed)) for seed in range(LANES)])

    def cost(self) -> str:
        tally = self.method.tally()
        told = (
            isinstance(tally, Tensor)
            and tally.shape == (len(EVALUATIONS),)
            and not tally.is_floating_point()
            and bool((tally >= 0).all())
        )
        return (
            ""
            if told and tally[0] >= 1
            else f"expected counts of {', '.join(EVALUATIONS)}, at least one of f, came {tally!r}"
        )

    def finite(self) -> str:
        return (
            ""
            if all(torch.isfinite(theta).all() for theta in self._walk(self.theta))
            else "expected finite θ over 40 steps, came others"
        )

    def damping(self) -> str:
        at, start = self._start(self.theta)
        seen = [
            self.method.rho(at, torch.full((LANES,), time, dtype=torch.float64), start) for time in (0.0, 1.0, 10.0)
        ]
        fits = all(rho.shape == (LANES,) and bool(((rho >= 0) & (rho <= 1)).all()) for rho in seen)
        return "" if fits else f"expected ρ in [0, 1] for each lane, came {torch.stack(seen).tolist()}"

    def alike(self) -> str:
        together = self._walk(self.theta)[-1]
        alone = torch.cat([self._walk(self.theta[lane : lane + 1])[-1] for lane in range(LANES)])
        return _apart(together, alone, "the same θ for a lane in company and alone")

    def again(self) -> str:
        first, second = self._walk(self.theta)[-1], self._walk(self.theta)[-1]
        return "" if torch.equal(first, second) else "expected equal bytes from equal starts, came others"

    def descent(self) -> str:
        walked = self._walk(self.theta)
        if isinstance(self.method, Flow):
            speeds = torch.stack([(new - old) / STRIDE for old, new in pairwise(walked)])
            uphill = torch.stack([-self._downhill(theta) for theta in walked[:-1]])
            rise = float(((uphill * speeds).sum(2) / (uphill.norm(dim=2) * speeds.norm(dim=2)).clamp_min(1e-300)).max())
            return (
                "" if rise <= EXACT else f"expected ⟨∇L, θ'⟩ ≤ 0, or is_descending = False, came a cosine of {rise:.2g}"
            )
        before, after = (float(self._loss(theta).max()) for theta in (walked[0], walked[-1]))
        if after < before:
            return ""
        expected = f"expected a lower loss after {STEPS} steps, or is_descending = False"
        return f"{expected}, came {after:.3g} from {before:.3g}"

    def gradient(self) -> str:
        velocity = self._field(self.theta)(slice(None), torch.zeros(LANES, dtype=torch.float64), self.theta)
        return _apart(velocity, self._downhill(self.theta), "θ' = −∇L")

    def field(self) -> str:
        at, start = self._start(self.theta)
        time = torch.zeros(LANES, dtype=torch.float64)
        own = self.method.velocity(at, self.method.rho(at, time, start), start)
        return _apart(
            self._field(self.theta)(slice(None), time, self.theta),
            own,
            "its own velocity where lanes of several flows are evaluated",
        )

    def _downhill(self, theta: Tensor) -> Tensor:
        """−∇L (b, p) by automatic differentiation of the forward map."""
        slope = torch.func.grad(lambda each: self._loss(each.unsqueeze(0))[0])  # pyright: ignore[reportPrivateImportUsage]  # torch.func is untyped
        return -torch.stack([slope(each) for each in theta])

    def _loss(self, theta: Tensor) -> Tensor:
        """½‖f(θ) − y‖²/n (b,), by the forward map alone."""
        return (self.network.forward(theta, self.data.inputs) - self.data.targets).square().sum(1) / (
            2 * self.data.samples
        )

    def _field(self, theta: Tensor) -> VectorField:
        return VectorField(self.network, self.data, (self.method,), theta)

    def _start(self, theta: Tensor) -> tuple[Linearization, Start]:
        at = Linearization.of(self.network, self.data, theta)
        return at, Start.of(at)

    def _walk(self, theta: Tensor) -> list[Tensor]:
        """θ before and after 40 steps of the optimizer; at each of 40 Euler steps of 0.01 along the flow's own
        velocity.
        """
        return (
            _iterate(self.method, self.network, self.data, theta)
            if isinstance(self.method, Optimizer)
            else self._follow(theta)
        )

    def _follow(self, theta: Tensor) -> list[Tensor]:
        walked, (_, start) = [theta], self._start(theta)
        for step in range(STEPS):
            at = Linearization.of(self.network, self.data, walked[-1])
            rho = self.method.rho(at, torch.full((theta.shape[0],), step * STRIDE, dtype=torch.float64), start)
            self.method.prepare(at)
            walked.append(walked[-1] + STRIDE * self.method.velocity(at, rho, start))
        return walked


def _iterate(method: Optimizer, network: Network, data: Data, theta: Tensor) -> list[Tensor]:
    """θ before and after 40 steps' time of an optimizer. Raises RuntimeError where a lane does not get through it."""
    horizon = STEPS * method.span
    field, path = VectorField(network, data, (method,), theta), Path.at_rest(theta.clone(), horizon, method.span)
    descent = method.descent([method] * theta.shape[0], torch.arange(theta.shape[0]), path.theta, network)
    descent.begin(field, path, slice(None))
    for _ in range(TRIALS):
        behind = (path.time < horizon).nonzero()[:, 0]
        if not behind.numel():
            return [theta, path.theta]
        descent.step(field, path, behind)
    raise RuntimeError(f"{TRIALS} trials brought no lane to t = {horizon:g}")


def _apart(came: Tensor, wanted: Tensor, what: str) -> str:
    distance = float((came - wanted).norm() / wanted.norm().clamp_min(1e-300))
    return (
        "" if distance <= EXACT else f"expected {what}, came a relative distance of {distance:.2e}"
    )  # NaN is no agreement


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
