"""Chen's geometrically adapted flows (2311.15487) and the homotopies to them (2408.01517), in the clock t = s/N of
Gauss–Newton.

Chen writes D = ∂x/∂Z for J, x for f, Z for θ, C = ‖x − y‖²/(2N) and a time s; his velocities are ours divided by N, so
t = s/N and C(s)/C(0) = e^{−2s/N} = e^{−2t}. With full rank all of these coincide with Gauss–Newton at ρ = 0; what
differs is what each assumes.
"""

import math
from abc import abstractmethod
from collections.abc import Iterator
from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from ..component import Experiment, Objection, Real
from ..elementary import times
from ..problem import Squares
from .damping import Start
from .flow import Flow, damped_rate
from .linearization import Linearization


class Adapted(Flow):
    """A flow without damping whose velocity inverts J: ρ ≡ 0."""

    def rho(self, at: Linearization, time: Tensor, start: Start) -> Tensor:
        return torch.zeros_like(time)

    @staticmethod
    def tally() -> Tensor:
        return torch.tensor([1, 1, 0, 1, 1])

    @staticmethod
    def prepare(at: Linearization) -> None:
        pass


class Pullback(Adapted):
    """θ' = −Jᵀ(JJᵀ)⁻¹ r, so that f' = −r: the outputs go straight to the target (Chen, Theorem 2.1).

    For N ≤ p. Assumes rank J = N along the whole orbit, which is an assumption and no conclusion. By QR of Jᵀ = QR: θ'
    = −Q R⁻ᵀ r.
    """

    kind: Literal["pullback"] = "pullback"

    def check(self, spec: Experiment) -> Iterator[Objection]:
        if spec.outputs > spec.network.parameters:
            yield "", "n·q ≤ p, where JJᵀ can have full rank", _sizes(spec)

    def rate(self, at: Linearization, rho: Tensor) -> Tensor:
        return torch.ones_like(at.eigenvalues)

    @staticmethod
    def velocity(at: Linearization, rho: Tensor, start: Start) -> Tensor:
        at.inverted = at.sigma.square()
        q, r = torch.linalg.qr(at.jacobian.dense().mT)
        return -times(q, torch.linalg.solve_triangular(r.mT, at.cotangent.unsqueeze(2), upper=False).squeeze(2))


class Pushforward(Adapted):
    """θ' = −(JᵀJ)⁻¹Jᵀ r, so that f' = −P r with P = J(JᵀJ)⁻¹Jᵀ: gradient flow constrained to the range of J (Chen,
    Theorem 3.1).

    For p ≤ N. Assumes rank J = p along the orbit. By QR of J = QR: θ' = −R⁻¹Qᵀ r.
    """

    kind: Literal["pushforward"] = "pushforward"

    def check(self, spec: Experiment) -> Iterator[Objection]:
        if spec.network.parameters > spec.outputs:
            yield "", "p ≤ n·q, where JᵀJ can have full rank", _sizes(spec)

    def rate(self, at: Linearization, rho: Tensor) -> Tensor:
        return torch.ones_like(at.eigenvalues)

    @staticmethod
    def velocity(at: Linearization, rho: Tensor, start: Start) -> Tensor:
        at.inverted = at.sigma.square()
        q, r = torch.linalg.qr(at.jacobian.dense())
        return -torch.linalg.solve_triangular(r, times(q.mT, at.cotangent).unsqueeze(2), upper=True).squeeze(2)


class PseudoInverse(Adapted):
    """θ' = −J⁺ r for J of any rank, so that f' = −P r with P = JJ⁺ (2408.01517): where rank is missing the loss stops
    at a floor.

    Singular values below the cut (1e-9 σ_max) count as zero. Cost: an SVD of J.
    """

    kind: Literal["any_rank"] = "any_rank"

    def rate(self, at: Linearization, rho: Tensor) -> Tensor:
        return damped_rate(at, rho)

    @staticmethod
    def velocity(at: Linearization, rho: Tensor, start: Start) -> Tensor:
        velocity = -at.damped(rho)
        at.inverted = None
        return velocity


class StraightLine(Adapted):
    """dθ/dτ = −J⁺ r₀ on τ = 1 − e^{−t} ∈ [0, 1], so that f(τ) = (1−τ) f₀ + τ y: the same orbit on a finite horizon
    (2408.01517).

    Constant forcing, not stiff: RK4 with 40 to 80 steps follows the segment to 1e-6. Its clock is τ, and the page's
    time axis with it.
    """

    kind: Literal["straight_line"] = "straight_line"

    def check(self, spec: Experiment) -> Iterator[Objection]:
        if spec.horizon > 1.0:
            yield "", "a horizon of at most 1, where the line reaches the target", f"{spec.horizon:g}"
        yield from _squares(spec)

    @staticmethod
    def velocity(at: Linearization, rho: Tensor, start: Start) -> Tensor:
        here = Linearization(at.theta, at.data, at.data.targets + start.residual, at.jacobian)
        velocity = -here.damped(rho)
        at.inverted = here.inverted
        return velocity


class Loop(Adapted):
    """θ' = −J⁺ω with ω = 2π(r₂, −r₁, 0, …): the first two outputs turn about their targets, once per unit of t, lifted
    with least speed.

    f and L return at every whole t, θ does not: the gap after a small circle is its area times the bracket of the lifts
    (theory page, P17). Assumes rank J = N < p.
    """

    is_descending: ClassVar[bool] = False

    kind: Literal["loop"] = "loop"

    def check(self, spec: Experiment) -> Iterator[Objection]:
        if not 2 <= spec.outputs < spec.network.parameters:
            yield "", "2 ≤ n·q < p, so that J has a kernel", _sizes(spec)
        yield from _squares(spec)

    @staticmethod
    def velocity(at: Linearization, rho: Tensor, start: Start) -> Tensor:
        turned = torch.zeros_like(at.residual)
        turned[:, 0], turned[:, 1] = at.residual[:, 1], -at.residual[:, 0]
        here = Linearization(at.theta, at.data, at.data.targets + 2.0 * math.pi * turned, at.jacobian)
        velocity = -here.damped(rho)
        at.inverted = here.inverted
        return velocity


class Homotopy(Flow):
    """A path of vector fields from gradient flow (τ = 0) to the adapted flow (τ = 1) with the same equilibria; ρ = 1 −
    τ.

    2408.01517 has such a homotopy; its exact formula is not known to us, so both of these are ours.
    """

    tau: Real = Field(default=0.5, ge=0, le=1, description="τ: 0 is gradient flow, 1 the adapted flow")

    def rho(self, at: Linearization, time: Tensor, start: Start) -> Tensor:
        return torch.full_like(time, 1.0 - self.tau)

    @staticmethod
    def tally() -> Tensor:
        return torch.tensor([1, 1, 0, 1, 1])

    @staticmethod
    def prepare(at: Linearization) -> None:
        pass

    @staticmethod
    @abstractmethod
    def velocity(at: Linearization, rho: Tensor, start: Start) -> Tensor: ...


class Arithmetic(Homotopy):
    """θ' = −[(1−τ)I + τG⁺] Jᵀr/n: a mode of K with eigenvalue λ > 0 decays at (1−τ)λ + τ."""

    kind: Literal["arithmetic"] = "arithmetic"

    def rate(self, at: Linearization, rho: Tensor) -> Tensor:
        share = rho.unsqueeze(1)
        return share * at.eigenvalues + (1.0 - share) * damped_rate(at, torch.zeros_like(rho))

    @staticmethod
    def velocity(at: Linearization, rho: Tensor, start: Start) -> Tensor:
        adapted = at.damped(torch.zeros_like(rho))
        at.inverted = None
        share = rho.unsqueeze(1)
        return -(share * at.gradient + (1.0 - share) * adapted)


class Harmonic(Homotopy):
    """θ' = −[(1−τ)I + τG]⁻¹ Jᵀr/n, the damped family at ρ = 1 − τ: a mode of K with eigenvalue λ decays at λ/(1 − τ +
    τλ).
    """

    kind: Literal["harmonic"] = "harmonic"

    def rate(self, at: Linearization, rho: Tensor) -> Tensor:
        return damped_rate(at, rho)

    @staticmethod
    def velocity(at: Linearization, rho: Tensor, start: Start) -> Tensor:
        return -at.damped(rho)


def _sizes(spec: Experiment) -> str:
    return f"n·q = {spec.outputs} and p = {spec.network.parameters}"


def _squares(spec: Experiment) -> Iterator[Objection]:
    if not isinstance(loss := spec.problem.loss, Squares):
        yield "", "the loss of squares, whose target the line leads to", loss.kind
