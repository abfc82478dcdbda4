"""How ρ_t moves: `rho_at` gives ρ (b,) from where the flow is, the flow time (b,) and the loss (b,) it started from."""

from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor

from .component import Component, Real
from .linearization import Linearization


class Constant(Component):
    """ρ_t = ρ. At ρ = 0 this is the Gauss–Newton flow with an explicit cut, at ρ = 1 gradient flow."""

    kind: Literal["constant"] = "constant"
    rho: Real = Field(default=0.0, ge=0, le=1, description="ρ: 1 is gradient flow, 0 Gauss–Newton")

    def rho_at(self, at: Linearization, time: Tensor, start: Tensor) -> Tensor:
        return torch.full_like(time, self.rho)


class SmallestEigenvalue(Component):
    """ρ_t = min(1, a·λ_min(K_t)), λ_min of the smaller of K and G.

    The loss then falls with exponent at least 2/(1 + a), whatever λ_min is (theory page, 2.7).
    """

    kind: Literal["smallest_eigenvalue"] = "smallest_eigenvalue"
    scale: Real = Field(default=1.0, gt=0, le=1e6, description="a in ρ_t = a·λ_min(K_t)")

    def rho_at(self, at: Linearization, time: Tensor, start: Tensor) -> Tensor:
        return (self.scale * at.smallest_eigenvalue).clamp_max(1.0)


class ExponentialDecay(Component):
    """ρ_t = e^{−ct}: waits about ln(1/λ)/c for a mode of eigenvalue λ, then gives it the full rate."""

    kind: Literal["exponential_decay"] = "exponential_decay"
    rate: Real = Field(default=1.0, gt=0, le=1e6, description="c in ρ_t = e^{−ct}, per unit of flow time")

    def rho_at(self, at: Linearization, time: Tensor, start: Tensor) -> Tensor:
        return torch.exp(-self.rate * time)


class LossProportional(Component):
    """ρ_t = min(1, L_t/L_0): waits about 1/(2λ) for a mode of eigenvalue λ."""

    kind: Literal["loss_proportional"] = "loss_proportional"

    def rho_at(self, at: Linearization, time: Tensor, start: Tensor) -> Tensor:
        return torch.where(start > 0, at.loss / start.clamp_min(torch.finfo(at.loss.dtype).tiny), 0.0).clamp_max(1.0)


Damping = Annotated[Constant | SmallestEigenvalue | ExponentialDecay | LossProportional, Field(discriminator="kind")]
