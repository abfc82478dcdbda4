"""What a lane's layers look like in a metric: spectra, conditions, ellipses, and how far their steps are those of all
together.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..elementary import total
from ..flow import Linearization
from ..network import Layered, Network
from ..problem import Data
from .pullback import Pullback

LOST = 1e-15
"""Relative eigenvalue of KKᵀ below which it is rounding."""


@dataclass(frozen=True)
class LayerPortrait:
    """One layer: `sigma` (min(R, p_α),) of K_α, descending, and the `condition` of I + KD⁻¹Kᵀ.

    `metric` g_α = L_αᵀL_α (out, out) at its outputs, the mean over samples: an ellipse where out = 2. The norms of its
    multiplier (the cotangent at its outputs), of its gradient and of its step −M⁻¹∇L; `residual` ‖(G_α + μI)dw + g‖/‖g‖
    is what rounding leaves of that.
    """

    sigma: Tensor
    condition: float
    metric: Tensor
    multiplier_norm: float
    gradient_norm: float
    step_norm: float
    residual: float


@dataclass(frozen=True)
class Portrait:
    """All layers of one lane. `coupling` (L, L): ‖M_α^(−½)K_αᵀK_βM_β^(−½)‖ in [0, 1], M_α = G_α + μI, zero on the
    diagonal.

    `overshoot`: the greatest eigenvalue of blockdiag(M)⁻¹G, between 0 and L (S3); a layerwise step is stable on the
    quadratic model up to η = 2/overshoot, whatever happens at 2/L. `cosine` and `stretch`: the layerwise step beside
    the full one, angle and length.
    """

    layers: tuple[LayerPortrait, ...]
    coupling: Tensor
    overshoot: float
    cosine: float
    stretch: float


def portrait(network: Network, data: Data, theta: Tensor, metric: Pullback) -> Portrait:
    """The layers of a network at θ (p,) in a metric, whose scope is taken to be layerwise. One eigendecomposition in R
    for each layer.

    Raises ValueError where the network has no layers.
    """
    at = Linearization.of(network, data, theta.unsqueeze(0))
    if not isinstance(at.jacobian, Layered):
        raise ValueError("expected a network of layers, came one whose Jacobian is an array")
    alone, together = replace(metric, scope="layerwise"), replace(metric, scope="full")
    step, full = -alone.natural(at)[0], -together.natural(at)[0]
    factors, _ = alone.factors(at)
    mass = float(metric.mass)
    sizes = [each.shape[2] for each in factors]
    layers, roots = [], []
    triples = zip(factors, step.split(sizes), at.gradient[0].split(sizes), at.jacobian.cotangents, strict=True)
    for factor, moved, gradient, slopes in triples:
        assert isinstance(factor, Layered), "the factors of layers"
        values, vectors = torch.linalg.eigh(factor.kernel()[0])
        values = torch.where(values > LOST * values[-1], values, 0.0)
        reach = factor.cotangents[0][0]
        multiplier = (slopes[0] * at.cotangent[0].unsqueeze(1)).unflatten(0, (data.samples, -1)).sum(1) / data.samples
        back = factor.vjp(factor.jvp(moved.unsqueeze(0)))[0] + mass * moved + gradient
        layers.append(
            LayerPortrait(
                values.flip(0).sqrt()[: min(factor.shape[1:])],
                float((values[-1] + mass) / (values[0] + mass)),
                reach.mT @ reach,
                float(multiplier.norm()),
                float(gradient.norm()),
                float(moved.norm()),
                float(back.norm() / gradient.norm()),
            )
        )
        roots.append((vectors * (values / (values + mass)).sqrt()) @ vectors.mT)
    norms = torch.stack([torch.stack([torch.linalg.matrix_norm(a @ b, 2) for b in roots]) for a in roots])
    whole = total(root @ root for root in roots)
    cosine = float(torch.nn.functional.cosine_similarity(step, full, dim=0))
    greatest = float(torch.linalg.eigvalsh(whole)[-1])
    return Portrait(tuple(layers), norms.fill_diagonal_(0.0), greatest, cosine, float(step.norm() / full.norm()))
