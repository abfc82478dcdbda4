"""The metric that the outputs give the parameters where a network stands, block by block: its factors, lengths and
natural gradient.
"""

from dataclasses import dataclass, replace
from typing import Literal, Protocol

import torch
from torch import Tensor

from ..elementary import total
from ..flow import Linearization
from ..network import Jacobian, Layered
from .metric import Choice, solve
from .output import Output, carries, labels, output_dual, output_factor, spans

Scope = Literal["layerwise", "full"]


class Metric(Protocol):
    """A Riemannian metric M(θ) on parameters, at B linearizations."""

    def square(self, at: Linearization, direction: Tensor) -> Tensor:
        """dθᵀM dθ (B,) for dθ (B, p)."""
        ...

    def natural(self, at: Linearization) -> Tensor:
        """M⁻¹∇L (B, p)."""
        ...

    def matrix(self, at: Linearization) -> Tensor:
        """M (B, p, p)."""
        ...


@dataclass(frozen=True)
class Euclidean:
    """M = I."""

    def square(self, at: Linearization, direction: Tensor) -> Tensor:
        return direction.square().sum(1)

    def natural(self, at: Linearization) -> Tensor:
        return at.gradient

    def matrix(self, at: Linearization) -> Tensor:
        lanes, parameters = at.theta.shape
        return torch.eye(parameters, dtype=at.theta.dtype, device=at.theta.device).expand(lanes, -1, -1)


@dataclass(frozen=True)
class Pullback:
    """M = wG + μI with G = Jᵀg_oJ/n, or its blocks of one layer each; w the `weight`, μ the `mass`, a number or (B, 1).

    The metric of damped Gauss–Newton flow at ρ is that of scope `full` with w = 1 − ρ and μ = ρ. `uniform` (n, P, 1 or
    q) draws the labels of a sampled Fisher metric.
    """

    output: Output = "gauss_newton"
    scope: Scope = "layerwise"
    mass: float | Tensor = 0.1
    weight: float = 1.0
    form: Choice = "chosen"
    uniform: Tensor | None = None

    def factors(self, at: Linearization) -> tuple[list[Jacobian], Tensor | None]:
        """K_α (B, R, p_α) of the layers, or K of all, and ϱ (B, R) with ∇L = Kᵀϱ where there is one."""
        rows = self._rows(at)
        dual = self._dual(rows, at.data.rows(at.cotangent))
        jacobian = at.jacobian.weighted(rows)
        if self.scope == "full" or not isinstance(jacobian, Layered):
            return [jacobian], dual
        return [Layered((a,), (d,)) for a, d in zip(jacobian.activations, jacobian.cotangents, strict=True)], dual

    def _dual(self, rows: Tensor, cotangent: Tensor) -> Tensor | None:
        """ϱ, unless the rows do not carry the cotangent: then the forms that start from the gradient have to do."""
        if not spans(self.output):
            return None
        dual = output_dual(rows, cotangent)
        return dual if self.form == "push_through" or bool(carries(rows, dual, cotangent).all()) else None

    def _carried(self, at: Linearization) -> Tensor:
        """Lanes (b,) whose rows carry the cotangent, where that decides the form."""
        if not spans(self.output) or self.form == "push_through":
            return torch.ones_like(at.theta[:, 0], dtype=torch.bool)
        rows, cotangent = self._rows(at), at.data.rows(at.cotangent)
        return carries(rows, output_dual(rows, cotangent), cotangent)

    def _rows(self, at: Linearization) -> Tensor:
        """√w·L_o/√n (B, n, m, q)."""
        data = at.data
        rows = output_factor(
            self.output, data.loss, data.rows(at.outputs), data.rows(data.targets), uniform=self.uniform
        )
        return self.weight**0.5 * rows

    def square(self, at: Linearization, direction: Tensor) -> Tensor:
        factors, _ = self.factors(at)
        parts = direction.split([each.shape[2] for each in factors], 1)
        outer = [each.jvp(part).square().sum(1) for each, part in zip(factors, parts, strict=True)]
        return total(outer) + (self._mass(at) * direction.square()).sum(1)

    def natural(self, at: Linearization) -> Tensor:
        carried = self._carried(at)
        if bool(carried.any()) and not bool(carried.all()):  # each lane in the form that it would have alone
            moved, mass = torch.empty_like(at.theta), self._mass(at)
            for rows in (carried.nonzero()[:, 0], (~carried).nonzero()[:, 0]):
                moved[rows] = replace(self, mass=mass[rows]).natural(at[rows])
            return moved
        factors, dual = self.factors(at)
        pairs = zip(factors, at.gradient.split([each.shape[2] for each in factors], 1), strict=True)
        return torch.cat(
            [solve(factor, gradient, self._mass(at), dual=dual, form=self.form) for factor, gradient in pairs], 1
        )

    def matrix(self, at: Linearization) -> Tensor:
        factors, _ = self.factors(at)
        whole = torch.diag_embed(self._mass(at).expand_as(at.theta))
        begin = 0
        for factor in factors:
            end = begin + factor.shape[2]
            whole[:, begin:end, begin:end] += factor.gram()
            begin = end
        return whole

    def _mass(self, at: Linearization) -> Tensor:
        return self.mass if isinstance(self.mass, Tensor) else at.theta.new_full((at.theta.shape[0], 1), self.mass)


def drawn(at: Linearization, probes: int, seed: int, step: int) -> Tensor:
    """Numbers (n, P, 1 or q) to draw labels by, the same for all lanes of one seed at one step."""
    generator = torch.Generator().manual_seed(seed * 1_000_003 + step)
    samples = at.data.samples
    width = labels(at.data.loss, at.outputs.shape[1] // samples)
    return torch.rand(samples, probes, width, generator=generator, dtype=torch.float64).to(at.theta.device)
