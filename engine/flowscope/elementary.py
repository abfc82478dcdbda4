"""Elementary functions whose bits do not depend on how many numbers are computed at once.

torch's own sigmoid, softplus, cosh, silu and gelu round the last few numbers of an array otherwise than the others, so
that a lane's loss would hang on its neighbours. exp, log, tanh, erf and reductions of a row do not; what follows is
made of those, and can be differentiated. The same holds of a product with one column: torch takes another routine for
one matrix than for several. A product with one row has no such choice, so a column is multiplied from the left.
"""

import math
from collections.abc import Iterable
from functools import reduce

import torch
from torch import Tensor


def sigmoid(z: Tensor) -> Tensor:
    """1/(1 + e^{−z}), without cancellation on either side."""
    return torch.softmax(torch.stack((z, torch.zeros_like(z)), -1), -1)[..., 0]


def softplus(z: Tensor) -> Tensor:
    """ln(1 + e^z)."""
    return torch.logsumexp(torch.stack((z, torch.zeros_like(z)), -1), -1)


def silu(z: Tensor) -> Tensor:
    """z/(1 + e^{−z})."""
    return z * sigmoid(z)


def gelu(z: Tensor) -> Tensor:
    """zΦ(z), Φ the distribution function of the standard normal."""
    return 0.5 * z * (1.0 + torch.erf(z / math.sqrt(2.0)))


def sech_squared(z: Tensor) -> Tensor:
    """1/cosh²z, without overflow."""
    return 4.0 * sigmoid(2.0 * z) * sigmoid(-2.0 * z)


def total(terms: Iterable[Tensor]) -> Tensor:
    """The sum of tensors of one shape, one after the other; a sum down a stack of them would round the last few numbers
    otherwise.
    """
    return reduce(torch.add, terms)


def product(a: Tensor, b: Tensor) -> Tensor:
    """AB of matrices (…, n, k) and (…, k, m)."""
    return (b.mT @ a.mT).mT if b.shape[-1] == 1 else a @ b


def times(matrix: Tensor, vector: Tensor) -> Tensor:
    """Av of matrices (…, n, k) and vectors (…, k), one each: (…, n)."""
    return (vector.unsqueeze(-2) @ matrix.mT).squeeze(-2)


def affine(weight: Tensor, bias: Tensor, inputs: Tensor) -> Tensor:
    """Wx + b of every lane and sample: (B, m, k), (B, m) and (B, n, k) give (B, n, m)."""
    if weight.shape[1] == 1:
        return torch.baddbmm(bias.unsqueeze(1), weight, inputs.mT).mT
    return torch.baddbmm(bias.unsqueeze(1), inputs, weight.mT)
