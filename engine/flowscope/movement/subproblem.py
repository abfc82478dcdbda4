"""The subproblem of a minimizing movement, Φ(u) = E(u) + ‖u − u^k‖²_H/(2τ), and the exact path prox_{τE} that needs no
network.

H is R^N with ⟨u, v⟩_H = u·v/n, E = g/n + ν‖u‖²_H/2, so that E is the run's loss L where ν = 0 and its gradient in H is
g'(u) + νu.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..elementary import times
from ..flow import Linearization
from ..flow.linearization import Weighted
from ..problem import Data, Squares
from ..problem.loss import Elementwise

HALVINGS = 200
"""Bisections at most; an interval of doubles is done in fewer unless it holds 0."""


def norm(data: Data, vectors: Tensor) -> Tensor:
    """‖v‖_H, (b, N) → (b,)."""
    return torch.linalg.vector_norm(vectors, dim=1) / data.samples**0.5


@dataclass(frozen=True)
class Energy:
    """E = g/n + ν‖u‖²_H/2 on H; `ridge` ν is (b,)."""

    data: Data
    ridge: Tensor

    def __getitem__(self, rows: Tensor | slice) -> "Energy":
        return Energy(self.data, self.ridge[rows])

    @property
    def modulus(self) -> Tensor:
        """μ (b,), of strong convexity in H."""
        return self.data.loss.modulus + self.ridge

    def slope(self, u: Tensor) -> Tensor:
        """dE (b, N), the gradient in H."""
        data = self.data
        first = data.loss.cotangent(data.rows(u), data.rows(data.targets)).flatten(1)
        return first + self.ridge.unsqueeze(1) * u

    def prox(self, v: Tensor, tau: Tensor) -> Tensor:
        """argmin_u E(u) + ‖u − v‖²_H/(2τ) (b, N): closed for squares, else by bisection in every coordinate; g is a sum
        over outputs.

        Newton's method is no alternative: clamped, it stops silently where g'' is small, as log cosh's is at |u| = 20.
        """
        size = tau.unsqueeze(1)
        if isinstance(self.data.loss, Squares):
            return (v + size * self.data.targets) / (1.0 + size * (1.0 + self.ridge.unsqueeze(1)))
        end = v - size * self.slope(v)  # dΦ has slope 1/τ at least
        return bisect(lambda u: self.slope(u) + (u - v) / size, v, end)

    def minimiser(self, lanes: int) -> Tensor:
        """u* (b, N) where E is least."""
        data = self.data
        least = data.loss.minimiser(data.rows(data.targets)).flatten().expand(lanes, -1)
        if isinstance(data.loss, Squares):
            return least / (1.0 + self.ridge.unsqueeze(1))
        return torch.where(self.ridge.unsqueeze(1) > 0.0, bisect(self.slope, torch.zeros_like(least), least), least)


def bisect(function: Callable[[Tensor], Tensor], first: Tensor, last: Tensor) -> Tensor:
    """The zero of a function that increases in every coordinate of its own, between `first` and `last`, both (b, N), in
    either order.
    """
    low, high = torch.minimum(first, last), torch.maximum(first, last)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if bool(((middle <= low) | (middle >= high)).all()):
            break
        above = function(middle) > 0.0
        low, high = torch.where(above, low, middle), torch.where(above, middle, high)
    return 0.5 * (low + high)


@dataclass(frozen=True)
class Subproblem:
    """Φ around `centre` u^k (b, N) with step `tau` (b,)."""

    energy: Energy
    centre: Tensor
    tau: Tensor

    def __getitem__(self, rows: Tensor | slice) -> "Subproblem":
        return Subproblem(self.energy[rows], self.centre[rows], self.tau[rows])

    @property
    def modulus(self) -> Tensor:
        """m = μ + 1/τ (b,), of strong convexity in H."""
        return self.energy.modulus + 1.0 / self.tau

    def slope(self, u: Tensor) -> Tensor:
        """dΦ (b, N), the gradient in H."""
        return self.energy.slope(u) + (u - self.centre) / self.tau.unsqueeze(1)

    def fall(self, at: Linearization, before: Tensor) -> Tensor:
        """Φ(before) − Φ(at) (b,) for outputs before (b, N), without cancellation for squares."""
        u, change = at.outputs, before - at.outputs
        sides = (before + u - 2.0 * self.centre) / self.tau.unsqueeze(1) + self.energy.ridge.unsqueeze(1) * (before + u)
        return at.fallen(before) + (change * sides).sum(1) / (2.0 * at.data.samples)

    def value(self, u: Tensor) -> Tensor:
        """Φ (…) at u (…, N), lanes last but one."""
        data, n = self.energy.data, self.energy.data.samples
        near = (u - self.centre).square().sum(-1) / self.tau + self.energy.ridge * u.square().sum(-1)
        return data.loss.value(data.rows(u), data.rows(data.targets)) / n + near / (2.0 * n)

    def gradient(self, at: Linearization) -> Tensor:
        """∂Φ/∂θ = Jᵀ dΦ/n (b, p)."""
        return at.jacobian.vjp(self.slope(at.outputs)) / at.data.count

    def flow(self, at: Linearization, shift: Tensor) -> Tensor:
        """−(G + λI)⁻¹Jᵀ dΦ/n (b, p), λ = `shift` (b,), G = JᵀJ/n; −J⁺dΦ within the cut at λ = 0: the outputs then move
        by −P dΦ.
        """
        rho = shift / (1.0 + shift)
        return (rho - 1.0).unsqueeze(1) * at.along(self.slope(at.outputs)).damped(rho)

    def newton(self, at: Linearization, shift: Tensor) -> Tensor:
        """−(Jᵀ(g'' + ν + 1/τ)J/n + λI)⁻¹Jᵀ dΦ/n (b, p), λ = `shift` (b,): the Gauss–Newton step of Φ."""
        rho, root, slope = shift / (1.0 + shift), self._root(at.outputs), self.slope(at.outputs)
        lifted = (at.data.rows(slope) / root).flatten(1)
        return (rho - 1.0).unsqueeze(1) * Weighted(at, torch.diag_embed(root), slope, lifted).damped(rho)

    def _root(self, u: Tensor) -> Tensor:
        """√(g'' + ν + 1/τ) (b, n, q)."""
        data, loss = self.energy.data, self.energy.data.loss
        assert isinstance(loss, Elementwise), "a movement is of a loss that is a sum over outputs"
        second = loss.second(data.rows(u), data.rows(data.targets))
        return (second + (self.energy.ridge + 1.0 / self.tau)[:, None, None]).sqrt()

    def prox(self) -> Tensor:
        """prox_{τE}(u^k) (b, N)."""
        return self.energy.prox(self.centre, self.tau)


def parts(at: Linearization, vectors: Tensor) -> tuple[Tensor, Tensor]:
    """‖P v‖_H and ‖(I − P)v‖_H (b,) of v (b, N), P on the range of J within the cut: what steps can still remove, and
    what they cannot.
    """
    u, sigma = at.left
    kept = u * (sigma > at.cut * sigma[:, :1]).unsqueeze(1)
    tangent = times(kept, times(kept.mT, vectors))
    return norm(at.data, tangent), norm(at.data, vectors - tangent)
