"""At what rates the layers of a network contract where it stands, each while the others rest, and all together."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..flow import Linearization
from ..network import Network
from ..problem import Data
from . import contraction
from .coupling import block_rates, network_rate
from .pullback import Pullback

LANES = 4_000_000
"""Lanes times rows times the larger of rows and parameters that are solved for at once."""


@dataclass(frozen=True)
class LocalRates:
    """Of the natural gradient flow θ' = −M⁻¹∇L in a layerwise metric M = ΘᵀΘ, at one θ: an estimate from one place, no
    certificate.

    `alone` (L,) are the rates of the layers, each while the others rest; `coupling` (L, L) the norms of the blocks of
    sym F beside them. `predicted` −λ_max(C) of these (S5, N modules) is at most `measured` −λ_max(sym F), F the
    generalised Jacobian of all.
    """

    alone: tuple[float, ...]
    coupling: Tensor
    predicted: float
    measured: float


def local_rates(network: Network, data: Data, theta: Tensor, metric: Pullback) -> LocalRates:
    """The rates of the layers of a network at θ (p,) in a metric. Takes 2p natural gradients, and holds p × p matrices.

    sym F = ½Θ⁻ᵀ(M' + AᵀM + MA)Θ⁻¹ by central differences, which is −Θ⁻ᵀHess_M(L)Θ⁻¹: errors of order 1e-8 of the
    greatest rate.
    """
    at = Linearization.of(network, data, theta.unsqueeze(0))
    factors, _ = metric.factors(at)
    rows, sizes = factors[0].shape[1], [each.shape[2] for each in factors]
    count = max(1, LANES // (rows * max(rows, max(sizes))))

    def velocity(points: Tensor) -> Tensor:
        return -torch.cat([metric.natural(Linearization.of(network, data, some)) for some in points.split(count)])

    def matrix(points: Tensor) -> Tensor:
        return metric.matrix(Linearization.of(network, data, points))

    change = contraction.metric_change(velocity, matrix, theta)
    factor = torch.linalg.cholesky(matrix(theta.unsqueeze(0))[0])  # M = ΘᵀΘ with Θ its transpose
    half = torch.linalg.solve_triangular(factor, 0.5 * change, upper=False)
    jacobian = torch.linalg.solve_triangular(factor, half.mT, upper=False)
    ends = [0, *torch.tensor(sizes).cumsum(0).tolist()]
    alone, coupling = block_rates(jacobian, ends)
    return LocalRates(tuple(alone), coupling, network_rate(alone, coupling), float(contraction.rate(jacobian)))
