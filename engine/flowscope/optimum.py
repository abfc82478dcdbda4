"""The best in-class point: the reachable outputs nearest to the target, which every excess loss refers to."""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from .linearization import Linearization
from .network import Network
from .problem import Data, Key

PARAMETERS = 64
"""Above this many parameters (and with more outputs than parameters) no reference is looked for, and the excess loss is null."""
ITERATIONS = 400
NEAR = 1e-5
"""Outputs so near to a best point, relative to its scale, lead there."""
SIDE, REACH, KEPT = 31, 3.0, 64
"""Grid lines each way, |θ| they reach, and how many of a grid's local minima are starts of a search."""


@dataclass(frozen=True)
class InClass:
    """`theta` (p,) or None, `outputs` (N,) and `loss` of the best point found."""

    theta: Tensor | None
    outputs: Tensor
    loss: float


def best_in_class(network: Network, data: Data, starts: Tensor) -> InClass | None:
    """The lowest loss that Levenberg–Marquardt finds from `starts` (B, p) and, for p = 2, from the minima of a grid.

    Where N ≤ p > 2 the reference is the least loss over all outputs (0 for squares), since interpolation is generic there; the toys
    (p = 2) are searched, since a bounded one may not reach its target. Where N > p is large, or the loss is not squares, there is none.
    """
    outputs = data.targets.numel()
    searchable = network.parameters == 2 and data.is_squares
    if outputs <= network.parameters and not searchable:
        least = data.loss.minimiser(data.rows(data.targets))
        return InClass(None, least.flatten(), float(data.loss.value(least, data.rows(data.targets))) / data.samples)
    if network.parameters > PARAMETERS or not data.is_squares:
        return None
    if network.parameters != 2:
        return _lowest(network, data, descend(network, data, starts, lowest=True))
    known = _from_grid(network, data.key)  # pyright: ignore[reportArgumentType]  # a frozen component has a hash
    return min(known, _lowest(network, data, descend(network, data, starts, lowest=True, known=known.outputs)), key=lambda each: each.loss)


@lru_cache(maxsize=32)
def _from_grid(network: Network, key: Key) -> InClass:
    """The lowest of a grid over θ (p = 2): a function of network and data alone, so runs that differ in their start find it ready."""
    data = Data.of(key)
    axis = torch.linspace(-REACH, REACH, SIDE, dtype=torch.float64, device=data.inputs.device)
    return _lowest(network, data, descend(network, data, grid_minima(network, data, axis), lowest=True))


def grid_minima(network: Network, data: Data, axis: Tensor) -> Tensor:
    """The points (k, 2) of the grid `axis` × `axis` whose loss (squares) none of their eight neighbours is below, the lowest `KEPT`."""
    theta = torch.cartesian_prod(axis, axis)
    loss = (network.forward(theta, data.inputs) - data.targets).square().sum(1).unflatten(0, (axis.numel(), -1))
    loss = loss.nan_to_num(torch.inf, torch.inf)
    lowest = -torch.nn.functional.max_pool2d(-loss[None, None], 3, stride=1, padding=1)[0, 0]
    places = (loss <= lowest).flatten().nonzero()[:, 0]
    return theta[places[loss.flatten()[places].argsort()[:KEPT]]]


def _lowest(network: Network, data: Data, theta: Tensor) -> InClass:
    at = Linearization.of(network, data, theta)
    best = int(torch.where(torch.isfinite(at.loss), at.loss, torch.inf).argmin())
    return InClass(theta[best], at.outputs[best], float(at.loss[best]))


def descend(network: Network, data: Data, theta: Tensor, *, lowest: bool = False, known: Tensor | None = None) -> Tensor:
    """Levenberg–Marquardt with a gain ratio from each θ (B, p), until no lane moves: J^T r is then at rounding level.

    Where only the `lowest` loss is asked for, a lane also ends where it is about to arrive at outputs `known` (N,) or at the lowest lane
    that moves no more: they need not be found twice.
    """
    ratio = torch.full_like(theta[:, 0], 1e-2)  # λ of LM, relative to nothing: ρ/(1−ρ)
    at = Linearization.of(network, data, theta)
    for _ in range(ITERATIONS):
        rho = ratio / (1.0 + ratio)
        step = at.damped(rho) * (1.0 - rho).unsqueeze(1)
        trial = Linearization.of(network, data, theta - step)
        change = (at.outputs - trial.outputs) * (at.residual + trial.residual)
        gain = change.sum(1)  # 2n(L − L'), without cancellation
        promised = data.samples * (step * (ratio.unsqueeze(1) * step + at.gradient)).sum(1)  # by the model, in the same units
        better = (gain > 0.0) & (trial.theta.abs().amax(1) < 1e6)
        theta = torch.where(better.unsqueeze(1), trial.theta, theta)
        # Where curvature makes the model promise too much (Hessian near 2, say), full steps would hardly contract.
        ratio = (ratio * torch.where(gain < 0.25 * promised, 4.0, torch.where(gain > 0.75 * promised, 0.125, 1.0))).clamp(1e-16, 1e12)
        at = trial if bool(better.all()) else Linearization.of(network, data, theta)
        rests = (step.abs().amax(1) <= 1e-15 * (1.0 + theta.abs().amax(1))) | ~better & (ratio > 1e8)
        over = rests if known is None else rests | _near(at.outputs, known)
        if lowest and bool(rests.any()):
            over = over | _near(at.outputs, at.outputs[torch.where(rests, at.loss, torch.inf).argmin()])
        if bool(over.all()):
            break
    return theta


def _near(outputs: Tensor, place: Tensor) -> Tensor:
    return ((outputs - place).abs() <= NEAR * (1.0 + place.abs().amax())).all(1)
