"""What a race takes for granted of a flow, a damping or an optimizer, asked in three lanes of a small problem."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from ..component import Component, Objection
from ..elementary import times
from ..flow import Flow, Linearization, VectorField
from ..flow.damping import Start
from ..flow.vector_field import EVALUATIONS
from ..integrator import Path
from ..network import MLP, Network, Neuron
from ..optimizer import Optimizer
from ..problem import Data, Problem, Wave
from ..problem.synthetic import Drawn
from .agreement import EXACT, Laws, apart, finite, first

BENCHES: tuple[tuple[Network, Drawn], ...] = ((MLP(widths=(1, 6, 1)), Wave(count=4)), (Neuron(), Wave(count=3)))
"""More parameters than outputs, and fewer: a method is held against the first that it does not object to."""
LANES, STEPS, STRIDE, TRIALS = 3, 40, 0.01, 2000
HAND = 0.3
"""ρ that a person sets."""
SHORT, STRAIGHT = 1e-5, 1e-7
"""Length of a central difference of velocities, and its error: its square, and rounding over it, with two digits to
spare.
"""


@dataclass(frozen=True)
class Proposal:
    """A network and a problem of which a part is asked what it would object to, without a spec."""

    network: Network
    problem: Problem
    horizon: float
    solvers: tuple[Component, ...] = ()
    seeds: tuple[int, ...] = (0,)
    frames: int = 2

    @property
    def outputs(self) -> int:
        """N = n·q."""
        return self.problem.samples * self.network.outputs


def objection(part: Component, network: Network, problem: Problem, *, horizon: float = 1.0) -> Objection | None:
    """The first thing that a part objects to in a network and a problem; None where it can work on them."""
    return next(part.check(Proposal(network, problem, horizon)), None)


class Bench:
    """One method at three random starts."""

    def __init__(self, method: Any, network: Network, problem: Drawn) -> None:
        self.method, self.network, self.data = method, network, problem.data(network)
        self.theta = torch.stack([network.draw(torch.Generator().manual_seed(seed)) for seed in range(LANES)])

    def laws(self, role: str) -> Laws:
        """The laws that this method is held to, by name and in order; of a damping those that it has a hand in."""
        laws: Laws = {"cost": self.cost, "finite": self.finite}
        if role == "damping":
            laws["ρ"] = self.damping
        laws |= {"lanes": self.alike, "again": self.again}
        if role != "damping" and self.method.is_descending:
            laws["descent"] = self.descent
        if isinstance(self.method, Flow):
            laws["field"] = self.field
        if role == "flow":
            claims = {"gradient": self.gradient, "tunable": self.tunable, "relaxing": self.relaxing}
            laws |= {name: law for name, law in claims.items() if getattr(self.method, f"is_{name}")}
        if isinstance(self.method, Flow):
            laws["rate"] = self.rate
        return laws

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
        return "" if finite(*self._walk(self.theta)) else "expected finite θ over 40 steps, came others"

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
        return apart(together, alone, "the same θ for a lane in company and alone")

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
        return apart(velocity, self._downhill(self.theta), "θ' = −∇L")

    def field(self) -> str:
        at, start = self._start(self.theta)
        time = torch.zeros(LANES, dtype=torch.float64)
        own = self.method.velocity(at, self.method.rho(at, time, start), start)
        if own.shape != self.theta.shape or not finite(own):
            return f"expected a finite velocity {tuple(self.theta.shape)}, came {own.tolist()}"
        return apart(
            self._field(self.theta)(slice(None), time, self.theta),
            own,
            "its own velocity where lanes of several flows are evaluated",
        )

    def rate(self) -> str:
        """The rates that it states are those of its velocity: vᵢᵀJθ' = −rateᵢ vᵢᵀr, by an SVD of J."""
        at, start = self._start(self.theta)
        rho = self.method.rho(at, torch.zeros_like(at.loss), start)
        stated, exponent = self.method.rate(at, rho), self.method.exponent
        if stated is None:
            return "" if exponent is None else f"expected rates beside its exponent {exponent:g}, came none"
        j, r = at.jacobian.dense(), self._outputs(self.theta) - self.data.targets
        u = torch.linalg.svd(j, full_matrices=False).U
        along, moved = (
            (u.mT @ each.unsqueeze(2)).squeeze(2) for each in (r, times(j, self.method.velocity(at, rho, start)))
        )
        if stated.shape != along.shape:
            return f"expected a rate of each mode {tuple(along.shape)}, came {tuple(stated.shape)}"
        wanted = stated if exponent is None else torch.full_like(stated, exponent / 2)
        return first(
            apart(stated * along, -moved, "vᵢᵀJθ' = −rateᵢ vᵢᵀr"),
            apart(stated, wanted, f"half its exponent {exponent} as the rate of each mode"),
        )

    def tunable(self) -> str:
        """Set by hand, ρ is what the velocity follows."""
        field, (at, start) = self._field(self.theta), self._start(self.theta)
        field.tune(torch.arange(LANES), HAND)
        came = field(slice(None), torch.zeros(LANES, dtype=torch.float64), self.theta)
        hand, other = (self.method.velocity(at, torch.full_like(at.loss, rho), start) for rho in (HAND, 2 * HAND))
        if not bool(((hand - other).norm(dim=1) > EXACT * hand.norm(dim=1)).all()):
            return f"expected another velocity at ρ = {2 * HAND:g} than at {HAND:g}, came the same"
        return apart(came, hand, "its velocity at the ρ that is set by hand")

    def relaxing(self) -> str:
        """−∂θ'/∂θ is (ρI + (1−ρ)G)⁻¹G where the residual is 0, by central differences."""
        return first(*(self._relaxing(each) for each in self.theta))

    def _relaxing(self, theta: Tensor) -> str:
        """Of one lane θ (p,), with its own outputs as targets."""
        forward = lambda each: self.network.forward(each.unsqueeze(0), self.data.inputs)[0]  # noqa: E731
        data, p = Data(self.data.inputs, forward(theta)), theta.numel()
        eye = torch.eye(p, dtype=torch.float64)
        at = Linearization.of(self.network, data, torch.cat((theta + SHORT * eye, theta - SHORT * eye)))
        start = Start.of(at)
        rho = torch.full_like(at.loss, HAND)
        if not self.method.is_tunable:
            rho = self.method.rho(at, torch.zeros_like(at.loss), start)
        ahead, behind = self.method.velocity(at, rho, start).split(p)
        jacobian: Any = torch.func.jacrev(forward)(theta)
        gram = jacobian.mT @ jacobian / data.samples
        wanted = torch.linalg.solve(rho[0] * eye + (1.0 - rho[0]) * gram, gram)
        return apart((behind - ahead).mT / (2 * SHORT), wanted, "−∂θ'/∂θ = (ρI + (1−ρ)G)⁻¹G at r = 0", most=STRAIGHT)

    def _downhill(self, theta: Tensor) -> Tensor:
        """−∇L (b, p) by automatic differentiation of the forward map."""
        slope = torch.func.grad(lambda each: self._loss(each.unsqueeze(0))[0])  # pyright: ignore[reportPrivateImportUsage]  # torch.func is untyped
        return -torch.stack([slope(each) for each in theta])

    def _loss(self, theta: Tensor) -> Tensor:
        """½‖f(θ) − y‖²/n (b,), by the forward map alone."""
        return (self._outputs(theta) - self.data.targets).square().sum(1) / (2 * self.data.samples)

    def _outputs(self, theta: Tensor) -> Tensor:
        """f(θ) (b, N) by the forward map."""
        return self.network.forward(theta, self.data.inputs)

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
