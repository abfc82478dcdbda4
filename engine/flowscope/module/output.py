"""Output metrics g_o = L_oᵀL_o as factors: identity, the loss's second derivative (its diagonal or all of it), and a
sampled Fisher.
"""

import math
from typing import Literal, get_args

import torch
from torch import Tensor

from ..elementary import sigmoid, times
from ..factorisation import pseudo_inverse
from ..problem import LogCosh, Logistic, Loss, Softmax, Squares

Output = Literal["identity", "diagonal_hessian", "gauss_newton", "sampled_fisher"]
OUTPUTS: tuple[Output, ...] = get_args(Output)
LOST = 1e-13
"""Eigenvalues of L_oL_oᵀ of a sample, relative to the greatest, below which its direction carries no cotangent."""
CARRIED = 1e-9


def output_factor(metric: Output, loss: Loss, f: Tensor, y: Tensor, *, uniform: Tensor | None = None) -> Tensor:
    """L_o/√n (B, n, m, q) for outputs f (B, n, q) and targets y (n, q): the mean over samples of each one's metric.

    `identity` has m = q, `diagonal_hessian` √diag g'' with m = q, `gauss_newton` a root of g'' of full row rank (m = q
    − 1 for softmax), `sampled_fisher` m = P rows ∂g/∂f at labels drawn from the model by `uniform` (n, P, 1 or q) in
    (0, 1), over √P.
    """
    if metric == "sampled_fisher":
        assert uniform is not None, "a sampled Fisher needs numbers to draw labels by"
        rows = probes(loss, f, uniform) / math.sqrt(uniform.shape[1])
    elif metric == "identity":
        rows = torch.eye(f.shape[2], dtype=f.dtype, device=f.device).expand(*f.shape[:2], -1, -1)
    else:
        rows = loss.root(f, y)
        if metric == "diagonal_hessian":
            rows = torch.diag_embed(rows.square().sum(-2).sqrt())
    return rows / math.sqrt(f.shape[1])


def probes(loss: Loss, f: Tensor, uniform: Tensor) -> Tensor:
    """The slopes ∂g/∂f (B, n, P, q) at labels drawn from the model whose −log likelihood is g; the labels of one u are
    alike in all lanes.

    Squares: y ~ N(f, 1). Softmax and logistic: classes. Log-cosh: the hyperbolic secant's density, whose slope is
    sin(π(u − ½)). The mean of their outer products is g'' but for log-cosh, whose Fisher matrix is I/2.
    """
    wide = f.unsqueeze(2)
    if isinstance(loss, Squares):
        return torch.special.ndtri(uniform).expand(f.shape[0], -1, -1, f.shape[2])
    if isinstance(loss, LogCosh):
        return torch.sin(math.pi * (uniform - 0.5)).expand(f.shape[0], -1, -1, f.shape[2])
    if isinstance(loss, Logistic):
        chance = sigmoid(wide)
        return chance - (uniform < chance).to(f.dtype)
    assert isinstance(loss, Softmax), "every loss of the family is told"
    chance = torch.softmax(wide, -1)
    drawn = (uniform > chance.cumsum(-1)).sum(-1).clamp_max(f.shape[2] - 1)
    return chance - torch.nn.functional.one_hot(drawn, f.shape[2]).to(f.dtype)


def labels(loss: Loss, outputs: int) -> int:
    """How many uniform numbers one label takes: one for a class, q for numbers."""
    return outputs if isinstance(loss, Squares | LogCosh) else 1


def output_dual(rows: Tensor, cotangent: Tensor) -> Tensor:
    """ϱ (B, n·m) with L_oᵀϱ = c/n for L_o/√n (B, n, m, q) and cotangents c (B, n, q) in the span of each sample's rows,
    so that g = Kᵀϱ.

    c = g'(f) lies in the span of all metrics but a sampled Fisher: of softmax's, too, whose rows span what has mean 0.
    """
    inner = pseudo_inverse(rows @ rows.mT, LOST)
    return times(inner, times(rows, cotangent)).flatten(1) / cotangent.shape[1]


def carries(rows: Tensor, rho: Tensor, cotangent: Tensor) -> Tensor:
    """Whether (B,) ϱ (B, n·m) gives every sample's cotangent back, to 1e-9 of its size.

    It does not where a metric is lost to rounding in some direction that the cotangent has, as softmax's is for a label
    whose chance has fallen below 1e-13.
    """
    back = times(rows.mT, rho.unflatten(1, rows.shape[1:3])) * cotangent.shape[1]
    apart = torch.linalg.vector_norm(back - cotangent, dim=2)
    return (apart <= CARRIED * torch.linalg.vector_norm(cotangent, dim=2)).all(1)


def spans(metric: Output) -> bool:
    """Whether every cotangent of the loss lies in the span of the metric's rows."""
    return metric != "sampled_fisher"
