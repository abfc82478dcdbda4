"""Elementary functions whose bits do not depend on how many numbers are computed at once.

torch's own sigmoid, softplus, cosh, silu and gelu round the last few numbers of an array otherwise than the others, so that a lane's loss
would hang on its neighbours. exp, log, tanh, erf and reductions of a row do not; what follows is made of those, and can be differentiated.
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
    """The sum of tensors of one shape, one after the other; a sum down a stack of them would round the last few numbers otherwise."""
    return reduce(torch.add, terms)
