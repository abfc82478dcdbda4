"""Vector fields θ' = v(θ): gradient flow and the damped Gauss–Newton family."""

from abc import abstractmethod
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor

from .component import Component
from .damping import Constant, Damping
from .linearization import Linearization


class Flow(Component):
    """A vector field, for all lanes that carry it at once."""

    @abstractmethod
    def rho(self, at: Linearization, time: Tensor, start: Tensor) -> Tensor:
        """ρ_t (B,) in [0, 1] at flow times (B,), for lanes whose loss was `start` (B,) at t = 0."""

    @staticmethod
    @abstractmethod
    def velocity(at: Linearization, rho: Tensor) -> Tensor:
        """θ' (B, p) for ρ (B,): one call for all lanes of this class, whatever their damping."""

    @staticmethod
    @abstractmethod
    def tally() -> Tensor:
        """What one velocity costs: evaluations of f, J, J·v, Jᵀ·v and solves."""

    @staticmethod
    @abstractmethod
    def prepare(at: Linearization) -> None:
        """Computes what `velocity` will need anyway, before a damping asks for a part of it."""


class Gradient(Flow):
    """θ' = −Jᵀr/n, gradient flow of L = ‖r‖²/(2n): the member ρ = 1 of the damped family (Cayci 2412.14031, ρ_t = 1).

    Cost: one forward and one backward pass. Stiff where K = JJᵀ/n is ill conditioned: the slowest mode needs time 1/λ_min.
    """

    kind: Literal["gradient"] = "gradient"

    def rho(self, at: Linearization, time: Tensor, start: Tensor) -> Tensor:
        return torch.ones_like(time)

    @staticmethod
    def velocity(at: Linearization, rho: Tensor) -> Tensor:
        return -at.gradient

    @staticmethod
    def tally() -> Tensor:
        return torch.tensor([1, 0, 0, 1, 0])

    @staticmethod
    def prepare(at: Linearization) -> None:
        pass


class GaussNewton(Flow):
    """θ' = −(ρI + (1−ρ)G)⁻¹ Jᵀr/n, G = JᵀJ/n, ρ = ρ_t in [0, 1] (Cayci 2412.14031; the convex-combination form is our reading).

    ρ = 0 is θ' = −J⁺r, whose outputs follow Riemannian gradient flow f' = −P r on the manifold of reachable outputs; ρ > 0 is
    Levenberg–Marquardt with λ = ρ/(1−ρ) in the clock scaled by 1/(1−ρ). A mode of K with eigenvalue λ decays at λ/(ρ + (1−ρ)λ).
    Assumes full rank of J where ρ → 0. Cost: J (or its layer factors) and one solve in the smaller of n·q and p.
    """

    kind: Literal["gauss_newton"] = "gauss_newton"
    damping: Damping = Field(default=Constant(), description="how ρ_t moves")

    def rho(self, at: Linearization, time: Tensor, start: Tensor) -> Tensor:
        return self.damping.rho_at(at, time, start)

    @staticmethod
    def velocity(at: Linearization, rho: Tensor) -> Tensor:
        return -at.damped(rho)

    @staticmethod
    def tally() -> Tensor:
        return torch.tensor([1, 1, 0, 1, 1])

    @staticmethod
    def prepare(at: Linearization) -> None:
        if at.is_small:
            _ = at.decomposition


AnyFlow = Annotated[Gradient | GaussNewton, Field(discriminator="kind")]
