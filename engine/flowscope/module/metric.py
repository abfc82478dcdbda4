"""(KᵀK + D)⁻¹g of one block in four forms that agree in exact arithmetic, each with its cost and its range."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from ..elementary import times
from ..factorisation import solved
from ..network import Jacobian, Layered
from .product import Product

Form = Literal["dense", "woodbury", "push_through", "khatri_rao"]
Choice = Literal["chosen", "dense", "woodbury", "push_through", "khatri_rao"]
SIDE = 2_000
"""Up to this many parameters a block's p × p matrix may be formed."""


@dataclass(frozen=True)
class Block:
    """What decides a form: p parameters, R rows, Σ(into + out) of a product form (0: there is none), and whether g =
    Kᵀϱ is known.
    """

    parameters: int
    rows: int
    sides: int = 0
    has_dual: bool = False

    @classmethod
    def of(cls, factor: Jacobian, dual: Tensor | None) -> "Block":
        """The sizes of K (B, R, p)."""
        _, rows, parameters = factor.shape
        return cls(parameters, rows, sides(factor), dual is not None)


def sides(factor: Jacobian) -> int:
    """Σ(into + out) of the products that K is made of; 0 where K is an array."""
    if isinstance(factor, Product):
        return factor.inputs.shape[2] + factor.rows.shape[2]
    if isinstance(factor, Layered):
        return sum(a.shape[2] + d.shape[2] for a, d in zip(factor.activations, factor.cotangents, strict=True))
    return 0


def flops(form: Form, block: Block) -> float:
    """Modelled flops of a solve: `dense` 2Rp² + p³/3, those in R 2pR² (KKᵀ) + R³/3 + 2pR or 4pR, `khatri_rao` 2R²Σ(into
    + out) for KKᵀ.
    """
    p, r = float(block.parameters), float(block.rows)
    if form == "dense":
        return 2.0 * r * p * p + p**3 / 3.0
    kernel = 2.0 * r * r * block.sides if form == "khatri_rao" else 2.0 * p * r * r
    products = 2.0 if form == "push_through" or block.has_dual else 4.0
    return kernel + r**3 / 3.0 + products * p * r


def possible(form: Form, block: Block, *, is_uniform: bool = True) -> bool:
    """Whether a form can serve a block, D being a multiple of I or not."""
    return {
        "dense": block.parameters <= SIDE,
        "woodbury": True,
        "push_through": block.has_dual,
        "khatri_rao": block.sides > 0 and is_uniform,
    }[form]


def chosen(block: Block, dtype: torch.dtype, *, is_uniform: bool = True) -> Form:
    """The cheapest form that keeps its digits.

    Where g = Kᵀϱ is known the difference of Woodbury's identity loses to the push-through form, which has no
    cancellation; below double precision so does the p × p matrix, whose condition number is that of KᵀK/μ.
    """
    forms: tuple[Form, ...] = ("push_through", "khatri_rao") if block.has_dual else ("khatri_rao", "woodbury")
    if dtype == torch.float64 or not block.has_dual:
        forms = ("dense", *forms)
    able: list[Form] = [form for form in forms if possible(form, block, is_uniform=is_uniform)]
    return min(able, key=lambda form: flops(form, block))


def solve(
    factor: Jacobian, gradient: Tensor, mass: Tensor, *, dual: Tensor | None = None, form: Choice = "chosen"
) -> Tensor:
    """(KᵀK + D)⁻¹g (B, p) for K (B, R, p), g (B, p) and D: a multiple of I as (B, 1), or a diagonal (B, p); `dual` ϱ
    (B, R) has g = Kᵀϱ.

    `dense` by Cholesky · `woodbury` D⁻¹g − D⁻¹Kᵀ(I + KD⁻¹Kᵀ)⁻¹KD⁻¹g, the paper's · `push_through` D⁻¹Kᵀ(I + KD⁻¹Kᵀ)⁻¹ϱ,
    ours · `khatri_rao` the same (the difference where ϱ is not known) with KKᵀ = (SSᵀ) ∘ (XXᵀ) and K never formed,
    ours. Raises ValueError for a form that cannot serve this block. A singular matrix gives NaN.
    """
    block, is_uniform = Block.of(factor, dual), mass.shape[1] == 1
    if form == "chosen":
        form = chosen(block, gradient.dtype, is_uniform=is_uniform)
    if not possible(form, block, is_uniform=is_uniform):
        raise ValueError(f"expected a form that can serve p = {block.parameters} with {block.rows} rows, came {form}")
    if form == "dense":
        return _dense(factor, gradient, mass)
    if form == "khatri_rao":
        inner = factor.kernel() / mass.unsqueeze(2)
        if dual is not None:
            return factor.vjp(_inverse(inner, dual)) / mass
        return (gradient - factor.vjp(_inverse(inner, factor.jvp(gradient / mass)))) / mass
    k = factor.dense()
    inner = (k / mass.unsqueeze(1)) @ k.mT
    if form == "push_through":
        assert dual is not None, "possible only with a dual"
        return times(k.mT, _inverse(inner, dual)) / mass
    right = times(k, gradient / mass)
    return (gradient - times(k.mT, _inverse(inner, right))) / mass


def _dense(factor: Jacobian, gradient: Tensor, mass: Tensor) -> Tensor:
    matrix = factor.gram()
    matrix.diagonal(dim1=1, dim2=2).add_(mass)
    return definite(matrix, gradient)


def _inverse(inner: Tensor, right: Tensor) -> Tensor:
    """(I + inner)⁻¹right (B, R)."""
    matrix = inner.clone()
    matrix.diagonal(dim1=1, dim2=2).add_(1.0)
    return definite(matrix, right)


def definite(matrix: Tensor, right: Tensor) -> Tensor:
    """A⁻¹b (B, R) by Cholesky, since D > 0 bounds the condition number; lanes in which rounding makes it indefinite by
    elimination.
    """
    factor, info = torch.linalg.cholesky_ex(matrix)
    solution = torch.cholesky_solve(right.unsqueeze(2), factor).squeeze(2)
    if (failed := info != 0).any():
        solution[failed] = solved(matrix[failed], right[failed].unsqueeze(2)).squeeze(2)
    return solution
