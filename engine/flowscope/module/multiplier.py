"""Backpropagation as constrained optimisation: the cotangents are the multipliers of the constraints z_α = f_α(z_{α−1},
w_α).
"""

from collections.abc import Callable, Sequence

from torch import Tensor

from .composition import Series, fit
from .graph import Graph, Pass
from .part import pass_by

Objective = Callable[[Tensor], Tensor]
"""Outputs (B, n, q) ↦ l (B,)."""


def series(graph: Graph) -> Series:
    """The graph's module. Raises ValueError where it is not a series, whose states alone are in order."""
    module = graph.module
    fit(isinstance(module, Series), "modules in series", type(module).__name__)
    assert isinstance(module, Series), "just asked"
    return module


def states(graph: Graph, theta: Tensor, inputs: Tensor) -> list[Tensor]:
    """z_1 … z_L (B, n, d_α): the constraints met, one after the other."""
    z, weights, found = inputs.expand(theta.shape[0], -1, -1), graph.weights(theta), []
    for part in series(graph).parts:
        z, _ = part.forward(z, weights)
        found.append(z)
    return found


def multipliers(passed: Pass, cotangent: Tensor) -> list[Tensor]:
    """λ_1 … λ_L (B, n, d_α) of a series of modules: λ_L = dl/dz_L (B, n, q) and λ_{α−1} = A_αᵀλ_α."""
    rows, found = cotangent.unsqueeze(2), [cotangent]
    for part, tape in zip(reversed(series(passed.graph).parts[1:]), reversed(passed.tape[1:]), strict=True):
        rows = part.vjp_input(tape, rows, pass_by)
        found.append(rows.squeeze(2))
    return found[::-1]


def lagrangian(
    graph: Graph,
    objective: Objective,
    theta: Tensor,
    inputs: Tensor,
    points: Sequence[Tensor],
    prices: Sequence[Tensor],
) -> Tensor:
    """l(z_L) + Σ_α λ_α·(f_α(z_{α−1}, w_α) − z_α), (B,), at any z_α and λ_α: nothing is taken to be met.

    It is stationary in λ where the constraints are met, in z where λ are the cotangents, and there its slope in w is
    the gradient of l.
    """
    weights, before = graph.weights(theta), [inputs.expand(theta.shape[0], -1, -1), *points[:-1]]
    total = objective(points[-1])
    for part, z, after, price in zip(series(graph).parts, before, points, prices, strict=True):
        total = total + (price * (part.forward(z, weights)[0] - after)).sum((1, 2))
    return total
