"""How ρ_t moves: `rho_at` gives ρ (b,) from where the flow is, the flow time (b,) and what is remembered of its
start.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor

from ..component import Component, Real
from .linearization import Linearization


@dataclass(frozen=True)
class Start:
    """What is remembered per lane: of t = 0 the loss and λ_min of the smaller of K and G, (B,) each, and the residual
    (B, N); and the flow time `switch` (B,) at which a damping of two phases entered its second, infinite before."""

    loss: Tensor
    smallest_eigenvalue: Tensor
    residual: Tensor
    switch: Tensor

    @classmethod
    def of(cls, at: Linearization) -> "Start":
        """Lanes that begin at a linearization."""
        return cls(at.loss, at.smallest_eigenvalue, at.residual, torch.full_like(at.loss, torch.inf))

    def __getitem__(self, rows: Tensor | slice) -> "Start":
        return Start(self.loss[rows], self.smallest_eigenvalue[rows], self.residual[rows], self.switch[rows])


class Constant(Component):
    """ρ_t = ρ. At ρ = 0 this is the Gauss–Newton flow with an explicit cut, at ρ = 1 gradient flow."""

    kind: Literal["constant"] = "constant"
    rho: Real = Field(default=0.0, ge=0, le=1, description="ρ: 1 is gradient flow, 0 Gauss–Newton")

    def rho_at(self, at: Linearization, time: Tensor, start: Start) -> Tensor:
        return torch.full_like(time, self.rho)


class SmallestEigenvalue(Component):
    """ρ_t = min(1, a·λ_min(K_t)), λ_min of the smaller of K and G.

    The loss then falls with exponent at least 2/(1 + a), whatever λ_min is (theory page, 2.7).
    """

    kind: Literal["smallest_eigenvalue"] = "smallest_eigenvalue"
    scale: Real = Field(default=1.0, gt=0, le=1e6, description="a in ρ_t = a·λ_min(K_t)")

    def rho_at(self, at: Linearization, time: Tensor, start: Start) -> Tensor:
        return (self.scale * at.smallest_eigenvalue).clamp_max(1.0)


class ExponentialDecay(Component):
    """ρ_t = e^{−ct}: waits about ln(1/λ)/c for a mode of eigenvalue λ, then gives it the full rate."""

    kind: Literal["exponential_decay"] = "exponential_decay"
    rate: Real = Field(default=1.0, gt=0, le=1e6, description="c in ρ_t = e^{−ct}, per unit of flow time")

    def rho_at(self, at: Linearization, time: Tensor, start: Start) -> Tensor:
        return torch.exp(-self.rate * time)


class LossProportional(Component):
    """ρ_t = min(1, L_t/L_0): waits about 1/(2λ) for a mode of eigenvalue λ."""

    kind: Literal["loss_proportional"] = "loss_proportional"

    def rho_at(self, at: Linearization, time: Tensor, start: Start) -> Tensor:
        return torch.where(
            start.loss > 0, at.loss / start.loss.clamp_min(torch.finfo(at.loss.dtype).tiny), 0.0
        ).clamp_max(1.0)


class InitialEigenvalue(Component):
    """ρ = min(1, a·λ_min(K_0)), fixed at the start: as good as the moving one while K stays near K_0 (theory page,
    2.7).
    """

    kind: Literal["initial_eigenvalue"] = "initial_eigenvalue"
    scale: Real = Field(default=1.0, gt=0, le=1e6, description="a in ρ = a·λ_min(K_0)")

    def rho_at(self, at: Linearization, time: Tensor, start: Start) -> Tensor:
        return (self.scale * start.smallest_eigenvalue).clamp_max(1.0)


class InverseTime(Component):
    """ρ_t = 1/(1 + ct): waits about 1/(cλ) for a mode of eigenvalue λ, so its rate is not free of λ."""

    kind: Literal["inverse_time"] = "inverse_time"
    rate: Real = Field(default=1.0, gt=0, le=1e6, description="c in ρ_t = 1/(1 + ct), per unit of flow time")

    def rho_at(self, at: Linearization, time: Tensor, start: Start) -> Tensor:
        return 1.0 / (1.0 + self.rate * time)


class TwoPhase(Component):
    """ρ = 1 (gradient flow) up to the flow time t₁ at which `margin` first is 0, then ρ_t = min(1, a·λ_min(K_t)) for
    good.

    A run finds t₁ on the dense output, ends the step there and begins anew, so that no step crosses a jump of θ'; and
    since there is no way back, a criterion of state cannot chatter. A discrete method looks at its iterates.
    """

    scale: Real = Field(default=1.0, gt=0, le=1e6, description="a in ρ_t = a·λ_min(K_t) after the switch")

    @property
    def declared(self) -> float | None:
        """t₁ where it is known beforehand and need not be looked for."""
        return None

    @abstractmethod
    def margin(self, at: Linearization, time: Tensor) -> Tensor:
        """(b,), positive while the first phase lasts."""

    def rho_at(self, at: Linearization, time: Tensor, start: Start) -> Tensor:
        return torch.where(time < start.switch, 1.0, (self.scale * at.smallest_eigenvalue).clamp_max(1.0))


class Hybrid(TwoPhase):
    """Gradient flow (ρ = 1) until the flow time t₁, then ρ_t = min(1, a·λ_min(K_t)): a cheap first-order phase, then a
    rate free of λ.

    The paper has a hybrid first- and second-order scheme (its Remark 8); the switch at a fixed time is our reading of
    it.
    """

    kind: Literal["hybrid"] = "hybrid"
    switch: Real = Field(default=3.0, ge=0, le=1e6, description="flow time t₁ of the switch")

    @property
    def declared(self) -> float | None:
        return self.switch

    def margin(self, at: Linearization, time: Tensor) -> Tensor:
        return self.switch - time


class SlowSwitch(TwoPhase):
    """ρ = 1 while gradient flow is fast enough, −d ln L/dt = ‖∇L‖²/L ≥ c, and a·λ_min(K_t) once it has been slow: a
    criterion of state.
    """

    kind: Literal["slow_switch"] = "slow_switch"
    rate: Real = Field(
        default=0.1,
        gt=0,
        le=1e6,
        description="c: gradient flow counts as slow below this rate of ln L, per unit of flow time",
    )

    def margin(self, at: Linearization, time: Tensor) -> Tensor:
        return torch.where(at.gradient.square().sum(1) >= self.rate * at.loss, 1.0, -1.0)


class TargetRate(Component):
    """ρ_t such that the slowest mode decays at κ*: λ/(ρ + (1−ρ)λ) = κ* at λ = λ_min gives ρ = λ(1−κ*)/(κ*(1−λ)); 1
    where λ ≥ κ*.
    """

    kind: Literal["target_rate"] = "target_rate"
    kappa: Real = Field(default=0.5, gt=0, le=1, description="κ*, the decay rate wanted of the slowest mode of r")

    def rho_at(self, at: Linearization, time: Tensor, start: Start) -> Tensor:
        least = at.smallest_eigenvalue
        rho = least * (1.0 - self.kappa) / (self.kappa * (1.0 - least).clamp_min(1e-300))
        return torch.where(least < self.kappa, rho, 1.0).clamp(0.0, 1.0)


SPECTRAL = (SmallestEigenvalue, TwoPhase, TargetRate)
"""Dampings that ask for λ_min(K_t) at every θ."""
AnyDamping = Annotated[
    Constant
    | SmallestEigenvalue
    | InitialEigenvalue
    | ExponentialDecay
    | InverseTime
    | LossProportional
    | Hybrid
    | SlowSwitch
    | TargetRate,
    Field(discriminator="kind"),
]
