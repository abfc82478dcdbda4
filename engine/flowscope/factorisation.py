"""Factorisations lane by lane: where a matrix is not finite, or its factorisation fails, that lane's answer is NaN and
no other's.
"""

from collections.abc import Callable

import torch
from torch import Tensor

Factors = tuple[Tensor, ...]
"""What a factorisation of (…, m, n) gives, each with the same leading axes."""
Failure = torch.linalg.LinAlgError  # pyright: ignore[reportPrivateImportUsage]  # torch documents it, its stubs do not export it


def svd(matrix: Tensor) -> Factors:
    """U (…, m, k), σ (…, k) descending and Vᵀ (…, k, n), k = min(m, n)."""
    return _each(lambda m: tuple(torch.linalg.svd(m, full_matrices=False)), matrix)


def singular_values(matrix: Tensor) -> Tensor:
    """σ (…, min(m, n)), descending."""
    return _each(lambda m: (torch.linalg.svdvals(m),), matrix)[0]


def eigh(matrix: Tensor) -> Factors:
    """Eigenvalues (…, n), ascending, and eigenvectors (…, n, n) of symmetric matrices."""
    return _each(lambda m: tuple(torch.linalg.eigh(m)), matrix)


def eigenvalues(matrix: Tensor) -> Tensor:
    """Eigenvalues (…, n), ascending, of symmetric matrices."""
    return _each(lambda m: (torch.linalg.eigvalsh(m),), matrix)[0]


def solved(matrix: Tensor, right: Tensor) -> Tensor:
    """A⁻¹b (…, n, k) for A (…, n, n) and b (…, n, k), by elimination; NaN where A is singular."""
    solution, info = torch.linalg.solve_ex(matrix, right)
    return solution if not bool(info.any()) else torch.where((info != 0)[..., None, None], torch.nan, solution)


def pseudo_inverse(matrix: Tensor, cut: float) -> Tensor:
    """A⁺ (…, n, n) of symmetric matrices, without eigenvalues at most `cut` times the greatest modulus."""
    return _each(lambda m: (torch.linalg.pinv(m, rtol=cut, hermitian=True),), matrix)[0]


def _each(factor: Callable[[Tensor], Factors], matrix: Tensor) -> Factors:
    """The factors of all matrices together; where that raises, of those that can be factored, each in its own place."""
    try:
        return factor(matrix)
    except Failure:
        flat = matrix.reshape(-1, *matrix.shape[-2:])
    known = torch.isfinite(flat).flatten(1).all(1)
    for index in known.nonzero()[:, 0].tolist():
        try:
            factor(flat[index : index + 1])
        except Failure:
            known[index] = False
    factors = factor(torch.where(known[:, None, None], flat, 0.0))
    parts = (torch.where(known.view(-1, *(1,) * (part.ndim - 1)), part, torch.nan) for part in factors)
    return tuple(part.view(*matrix.shape[:-2], *part.shape[1:]) for part in parts)
