"""One step of metric descent on a graph: layer by layer in one pass back, or in the full metric."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..elementary import total
from ..network import Dense, Jacobian
from .graph import Pass
from .metric import Block, Choice, Form, chosen, definite, solve
from .part import Leaf, Tape
from .product import added


@dataclass(frozen=True)
class Step:
    """What happened at one leaf: which form served it, R, the norms (B,) of g and of the step."""

    form: Form
    rows: int
    gradient_norm: Tensor
    update_norm: Tensor


@dataclass(frozen=True)
class Descent:
    """`direction` −(G + D)⁻¹g (B, p), `gradient` g (B, p), and `steps` by leaf."""

    direction: Tensor
    gradient: Tensor
    steps: dict[Leaf, Step]


def layerwise(
    passed: Pass, rows: Tensor, cotangent: Tensor, mass: Tensor, *, dual: Tensor | None = None, form: Choice = "chosen"
) -> Descent:
    """−(K_αᵀK_α + D_α)⁻¹g_α for every leaf, in one pass back on which the cotangent travels as one more row (B2.2).

    `rows` L_o/√n (B, n, m, q), `cotangent` c/n (B, n, q), `mass` (B, 1) or (B, p), `dual` ϱ (B, n·m). A leaf's K is
    dropped as soon as it has stepped, so that besides the tape one layer's products are held at a time.
    """
    kept, graph = rows.shape[2], passed.graph
    direction, gradient, steps = torch.empty_like(passed.theta), torch.empty_like(passed.theta), {}
    waiting: dict[Leaf, list[tuple[Jacobian, Jacobian]]] = {}

    def visit(leaf: Leaf, tape: Tape, reached: Tensor) -> None:
        uses = waiting.setdefault(leaf, [])
        uses.append((leaf.vjp_parameters(tape, reached[:, :, :kept]), leaf.vjp_parameters(tape, reached[:, :, kept:])))
        if len(uses) < graph.uses(leaf):
            return
        span = graph.spans[leaf]
        factor = added([k for k, _ in uses])
        g = total(each.vjp(_ones(each, passed.theta)) for _, each in uses)
        here = mass if mass.shape[1] == 1 else mass[:, span]
        moved = -solve(factor, g, here, dual=dual, form=form)
        direction[:, span], gradient[:, span] = moved, g
        used = chosen(Block.of(factor, dual), g.dtype, is_uniform=here.shape[1] == 1) if form == "chosen" else form
        steps[leaf] = Step(used, factor.shape[1], g.norm(dim=1), moved.norm(dim=1))
        del waiting[leaf]

    passed.back(torch.cat((rows, cotangent.unsqueeze(2)), 2), visit)
    return Descent(direction, gradient, steps)


def _ones(factor: Jacobian, like: Tensor) -> Tensor:
    """(B, R) ones: every sample's share of the gradient counts once."""
    return like.new_ones(factor.shape[:2])


def full(passed: Pass, rows: Tensor, cotangent: Tensor, mass: Tensor, *, dual: Tensor | None = None) -> Tensor:
    """−(KᵀK + D)⁻¹g (B, p) with K (B, R, p) of all leaves together: the Grams of the leaves add."""
    factors = list(passed.factors(rows).values())
    gradient = passed.gradient(cotangent)
    if dual is None or mass.shape[1] > 1:
        return -solve(Dense(torch.cat([each.dense() for each in factors], 2)), gradient, mass, dual=dual)
    inner = total(each.kernel() for each in factors)
    inner.diagonal(dim1=1, dim2=2).add_(mass)
    weights = definite(inner, dual)
    return -torch.cat([each.vjp(weights) for each in factors], 1)
