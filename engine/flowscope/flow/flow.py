"""Vector fields θ' = v(θ): gradient flow and the damped Gauss–Newton family."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from ..component import Component, Experiment, Objection, within
from .damping import SPECTRAL, AnyDamping, Constant, Start
from .linearization import Linearization


class Flow(Component):
    """A vector field, for all lanes that carry it at once."""

    is_tunable: ClassVar[bool] = False
    """Whether it has a damping, whose ρ can be set by hand while a run goes on."""
    is_relaxing: ClassVar[bool] = False
    """Whether −∂θ'/∂θ is (ρI + (1−ρ)G)⁻¹G up to terms that vanish with r, which is what linearly implicit integrators
    invert.
    """

    is_descending: ClassVar[bool] = True
    """Whether it brings the loss down; the referee holds it to that."""
    is_gradient: ClassVar[bool] = False
    """Whether θ' = −∇L; the referee holds it to that."""

    @property
    def is_spectral(self) -> bool:
        """Whether ρ_t asks for λ_min at every θ."""
        return False

    @property
    def exponent(self) -> float | None:
        """κ where L − L* falls as e^{−κt} by theory, with the best point the one that the flow reaches; twice the rate
        at which it empties every mode under squares. None: theory has no such κ.
        """
        return None

    @abstractmethod
    def rho(self, at: Linearization, time: Tensor, start: Start) -> Tensor:
        """ρ_t (B,) in [0, 1] at flow times (B,), for lanes that began at `start`."""

    @staticmethod
    @abstractmethod
    def velocity(at: Linearization, rho: Tensor, start: Start) -> Tensor:
        """θ' (B, p) for ρ (B,): one call for all lanes of this class, whatever their damping."""

    def rate(self, at: Linearization, rho: Tensor) -> Tensor | None:
        """The rates −d ln|vᵢᵀr|/dt (B, m) at which each mode of K falls while K stands still, at ρ (B,); None where
        theory says none.

        In the order of `at.eigenvalues`, m = min(N, p). It is asked for under the loss of squares alone, and the
        referee holds it to f' = Jθ'.
        """
        return None

    @staticmethod
    @abstractmethod
    def tally() -> Tensor:
        """What one velocity costs: evaluations of f, J, J·v, Jᵀ·v and solves."""

    @staticmethod
    @abstractmethod
    def prepare(at: Linearization) -> None:
        """Computes what `velocity` will need anyway, before a damping asks for a part of it."""


def damped_rate(at: Linearization, rho: Tensor) -> Tensor:
    """λ/(ρ + (1−ρ)λ) (B, m) for ρ (B,), the rates of the damped family; 0 where the flow drops a mode by the cut."""
    rho, eigenvalues = rho.unsqueeze(1), at.eigenvalues
    power = torch.lerp(eigenvalues, torch.ones_like(eigenvalues), rho)
    return torch.where(power > at.cut**2 * power[:, :1], eigenvalues / power, 0.0)


class Gradient(Flow):
    """θ' = −Jᵀr/n, gradient flow of L = ‖r‖²/(2n): the member ρ = 1 of the damped family (Cayci 2412.14031, ρ_t = 1).

    Cost: one forward and one backward pass. Stiff where K = JJᵀ/n is ill conditioned: the slowest mode needs time
    1/λ_min.
    """

    is_relaxing: ClassVar[bool] = True
    is_gradient: ClassVar[bool] = True

    kind: Literal["gradient"] = "gradient"

    def rho(self, at: Linearization, time: Tensor, start: Start) -> Tensor:
        return torch.ones_like(time)

    def rate(self, at: Linearization, rho: Tensor) -> Tensor:
        return at.eigenvalues

    @staticmethod
    def velocity(at: Linearization, rho: Tensor, start: Start) -> Tensor:
        return -at.gradient

    @staticmethod
    def tally() -> Tensor:
        return torch.tensor([1, 0, 0, 1, 0])

    @staticmethod
    def prepare(at: Linearization) -> None:
        pass


class GaussNewton(Flow):
    """θ' = −(ρI + (1−ρ)G)⁻¹ Jᵀr/n, G = JᵀJ/n, ρ = ρ_t in [0, 1] (Cayci 2412.14031; the convex-combination form is our
    reading).

    ρ = 0 is θ' = −J⁺r, whose outputs follow Riemannian gradient flow f' = −P r on the manifold of reachable outputs; ρ
    > 0 is Levenberg–Marquardt with λ = ρ/(1−ρ) in the clock scaled by 1/(1−ρ). A mode of K with eigenvalue λ decays at
    λ/(ρ + (1−ρ)λ). Assumes full rank of J where ρ → 0. Cost: J (or its layer factors) and one solve in the smaller of
    n·q and p.
    """

    is_relaxing: ClassVar[bool] = True
    is_tunable: ClassVar[bool] = True

    kind: Literal["gauss_newton"] = "gauss_newton"
    damping: AnyDamping = Field(default=Constant(), description="how ρ_t moves")

    @property
    def is_spectral(self) -> bool:
        return isinstance(self.damping, SPECTRAL)

    @property
    def exponent(self) -> float | None:
        return 2.0 if self.damping == Constant(rho=0.0) else None

    def check(self, spec: Experiment) -> Iterator[Objection]:
        yield from within("damping", self.damping.check(spec))

    def rho(self, at: Linearization, time: Tensor, start: Start) -> Tensor:
        return self.damping.rho_at(at, time, start)

    def rate(self, at: Linearization, rho: Tensor) -> Tensor:
        return damped_rate(at, rho)

    @staticmethod
    def velocity(at: Linearization, rho: Tensor, start: Start) -> Tensor:
        return -at.damped(rho)

    @staticmethod
    def tally() -> Tensor:
        return torch.tensor([1, 1, 0, 1, 1])

    @staticmethod
    def prepare(at: Linearization) -> None:
        if at.is_small:
            _ = at.decomposition


class GeneralisedGaussNewton(GaussNewton):
    """θ' = −(ρI + (1−ρ)Jᵀg''(f)J/n)⁻¹ Jᵀg'(f)/n for a loss g: at ρ = 0 and full rank Newton's flow f' = −g''⁻¹g' in
    function space.

    Over-parametrised, g'(f_t) = e^{−t}g'(f_0) whatever the loss's modulus of convexity (theory page 2.4, P19). For
    squares it is Gauss–Newton; `gauss_newton` on another loss is its Jacobian-only form. Cost: as Gauss–Newton, and g''
    sample by sample.
    """

    kind: Literal["generalised_gauss_newton"] = "generalised_gauss_newton"  # pyright: ignore[reportIncompatibleVariableOverride]  # another kind

    @property
    def exponent(self) -> float | None:
        """None: for a loss other than squares g' falls as e^{−t}, and L − L* as its square only near the target."""
        return None

    @staticmethod
    def velocity(at: Linearization, rho: Tensor, start: Start) -> Tensor:
        white = at.whitened
        velocity = -white.damped(rho)
        at.inverted = white.inverted
        return velocity

    @staticmethod
    def prepare(at: Linearization) -> None:
        pass
