"""Elementary functions whose bits do not depend on how many numbers are computed at once.

torch's own sigmoid, softplus, cosh, silu, gelu and fractional powers round the last few numbers of an array otherwise
than the others, so that a lane's loss or step would hang on its neighbours. exp, log, tanh, erf and reductions of a row
do not; what follows is made of those, and can be differentiated. The same holds of a product with one column: torch
takes another routine for one matrix than for several. A product with one row has no such choice, so a column is
multiplied from the left.
"""

import math
from collections.abc import Iterable
from functools import reduce

import torch
from torch import Tensor

FAR = -40.0
"""Below it 1/(1 + e^{−z}) is e^z to the last bit, which is as exact down to the smallest number."""


def sigmoid(z: Tensor) -> Tensor:
    """1/(1 + e^{−z}), without cancellation on either side.

    A softmax of (z, 0) is as exact and takes ten times as long.
    """
    near = torch.reciprocal(1.0 + torch.exp(-z.clamp(min=FAR)))
    return torch.where(z < FAR, torch.exp(z.clamp(max=FAR)), near)


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


def power(base: Tensor, exponent: float) -> Tensor:
    """x^a of numbers x > 0, to about |a ln x| units in the last place; 0^a is 0 for a > 0."""
    return torch.exp(exponent * torch.log(base))


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
