"""The Gauss–Newton part of −∂θ'/∂θ, shifted and factored: what a linearly implicit step inverts."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..network import Jacobian
from .linearization import Linearization

FLOOR = 1e-10
"""Least ρ, relative to the trace of what stands beside it: below, the factorisation would fail and the modes are at
rounding level.
"""


@dataclass(frozen=True)
class Relaxation:
    """b (b, p) ↦ (I + cA)⁻¹b for A = (ρI + (1−ρ)G)⁻¹G, G = JᵀJ/n, ρ and c (b,), in the smaller of N and p.

    With a = 1−ρ+c: b − cJᵀ(ρnI + aJJᵀ)⁻¹Jb where N ≤ p, and ((1−ρ)b + cρ(ρI + aG)⁻¹b)/a where p < N. At ρ = 1 this is
    (I + cG)⁻¹, the linearly implicit step of gradient flow. By Cholesky, since ρ > 0 bounds the condition number; NaN
    where that fails.
    """

    jacobian: Jacobian
    factor: Tensor
    shift: Tensor
    kept: Tensor
    """The multiple (b, 1) of b that is kept where p < N."""
    inverse: Tensor
    """The multiple (b, 1) of the solution that is added where p < N."""

    @classmethod
    def of(cls, at: Linearization, rho: Tensor, shift: Tensor) -> "Relaxation":
        """A at a linearization for ρ (b,), shifted by c = `shift` (b,)."""
        n, (_, outputs, parameters) = at.data.samples, at.jacobian.shape
        weight = 1.0 - rho + shift
        matrix = (at.jacobian.kernel() if outputs <= parameters else at.jacobian.gram()) * (weight / n)[:, None, None]
        diagonal = matrix.diagonal(dim1=1, dim2=2)
        rho = torch.maximum(rho, FLOOR * diagonal.sum(1))
        diagonal.add_(rho.unsqueeze(1))
        factor, info = torch.linalg.cholesky_ex(matrix)
        shift = torch.where(info == 0, shift, torch.nan)
        return cls(
            at.jacobian,
            factor,
            (shift / n).unsqueeze(1),
            (1.0 - shift / weight).unsqueeze(1),
            (shift * rho / weight).unsqueeze(1),
        )

    @property
    def products(self) -> int:
        """Products with J, and as many with Jᵀ, that one solve takes."""
        return int(self.is_dual)

    @property
    def is_dual(self) -> bool:
        """Whether the solve is over the outputs."""
        _, outputs, parameters = self.jacobian.shape
        return outputs <= parameters

    def __call__(self, b: Tensor) -> Tensor:
        """b (b, p) ↦ (I + cA)⁻¹b."""
        if self.is_dual:
            return b - self.shift * self.jacobian.vjp(self._solved(self.jacobian.jvp(b)))
        return self.kept * b + self.inverse * self._solved(b)

    def _solved(self, b: Tensor) -> Tensor:
        return torch.cholesky_solve(b.unsqueeze(2), self.factor).squeeze(2)
