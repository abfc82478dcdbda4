"""Composition of contracting flows: the composed fields, and the rates that their parts promise (1806.06655,
2201.06656; textbook).
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from .contraction import VectorField


def parallel(fields: Sequence[VectorField], weights: Sequence[float]) -> VectorField:
    """x' = Σ a_i f_i(x): several forces on one state."""
    return lambda x: torch.stack([weight * field(x) for field, weight in zip(fields, weights, strict=True)]).sum(0)


def series(first: VectorField, second: VectorField, gain: Tensor) -> VectorField:
    """x₁' = f₁(x₁), x₂' = f₂(x₂) + Bx₁ with B (d₂, d₁): the first drives the second and hears nothing back."""

    def field(x: Tensor) -> Tensor:
        one, two = x[: gain.shape[1]], x[gain.shape[1] :]
        return torch.cat((first(one), second(two) + gain @ one))

    return field


def feedback(first: VectorField, second: VectorField, gain: Tensor, sign: float = -1.0) -> VectorField:
    """x₁' = f₁(x₁) + Gx₂, x₂' = f₂(x₂) ± Gᵀx₁, G (d₁, d₂): skew where the sign is −1 (min–max), symmetric where it is
    +1 (a joint loss).
    """

    def field(x: Tensor) -> Tensor:
        one, two = x[: gain.shape[0]], x[gain.shape[0] :]
        return torch.cat((first(one) + gain @ two, second(two) + sign * gain.mT @ one))

    return field


def parallel_rate(rates: Sequence[float], weights: Sequence[float]) -> float:
    """Σ a_i λ_i for a_i ≥ 0, in one metric for all."""
    return sum(weight * each for each, weight in zip(rates, weights, strict=True))


def series_rate(first: float, second: float, gain: float, scale: float = 1.0) -> float:
    """(λ₁ + λ₂)/2 − ½√((λ₁ − λ₂)² + ε²b²) in the metric diag(I, ε²I), b the norm of the gain: towards min(λ₁, λ₂) as ε
    → 0.

    Distances may then overshoot by about 1/ε before they fall at that rate.
    """
    return 0.5 * (first + second) - 0.5 * ((first - second) ** 2 + (scale * gain) ** 2) ** 0.5


def skew_rate(first: float, second: float) -> float:
    """min(λ₁, λ₂) under feedback G, −Gᵀ, whatever the gain."""
    return min(first, second)


def symmetric_rate(first: float, second: float, gain: float) -> float:
    """(λ₁ + λ₂)/2 − √(((λ₁ − λ₂)/2)² + s²), s the norm of the gain: positive iff s² < λ₁λ₂. Layers trained jointly are
    this case.
    """
    return 0.5 * (first + second) - (0.25 * (first - second) ** 2 + gain**2) ** 0.5


def network_rate(rates: Sequence[float], couplings: Tensor) -> float:
    """−λ_max(C), C_ii = −λ_i, C_ij = ‖sym coupling of i and j‖ (N, N): N modules by comparison. What lies on the
    diagonal is not read.
    """
    comparison = couplings.clone()
    comparison.diagonal().copy_(-torch.tensor(rates, dtype=couplings.dtype))
    return -float(torch.linalg.eigvalsh(0.5 * (comparison + comparison.mT))[-1])


def block_rates(matrix: Tensor, ends: Sequence[int]) -> tuple[list[float], Tensor]:
    """λ_i of the diagonal blocks of sym F (d, d), cut at `ends` (0, …, d), and the norms of its other blocks (N, N)."""
    symmetric = 0.5 * (matrix + matrix.mT)
    spans = [slice(a, b) for a, b in pairwise(ends)]
    rates = [-float(torch.linalg.eigvalsh(symmetric[span, span])[-1]) for span in spans]
    norms = [[float(torch.linalg.matrix_norm(symmetric[a, b], 2)) for b in spans] for a in spans]
    return rates, torch.tensor(norms, dtype=matrix.dtype).fill_diagonal_(0.0)
