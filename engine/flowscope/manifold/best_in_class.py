"""The best in-class point: the reachable outputs nearest to the target, which every excess loss refers to."""

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import torch
from torch import Tensor

from ..alone import alone
from ..flow import Linearization
from ..network import Network
from ..problem import Data, LogCosh
from ..problem.problem import Key

PARAMETERS = 64
"""Above this many parameters (and with more outputs than parameters) no reference is looked for, and the excess loss is
null.
"""
ITERATIONS, QUICK = 400, 60
"""Rounds of Levenberg–Marquardt at most, and those after which only the best of many starts go on."""
COARSE = 1e-8
"""λ over tr G at least while many starts race, so that a Cholesky factorisation serves every step."""
NEAR = 1e-5
"""Outputs so near to a best point, relative to its scale, lead there."""
SIDE, REACH, KEPT = 121, 100.0, 64
"""Grid lines each way, |θ| they reach (evenly spaced in asinh θ), and how many of a grid's local minima are starts of a
search.
"""
DRAWS, ENTRIES, SCALES, FINALISTS = 64, 512, (1.0, 3.0, 10.0), 2
"""Starts drawn from the initialisation at each scale: at most so many, and so many numbers in all; how many of all
starts go on.
"""
HOPS, AROUND, LENGTHS = 2, 6, (0.1, 0.3, 1.0)
"""Rounds of starts around the best point so far, how many at each length, relative to its parameters' root mean square.
"""
CRITICAL, VANISHED, FITTED = 1e-6, 1e-6, 1e-9
"""A best point is attained where σ_max of J is more than `VANISHED` of that at the start, and J reaches at most
`CRITICAL` of r or of the spread of y, or ‖r‖ is at most `FITTED` of ‖y‖ and the outputs at the start."""
STRETCHES = (0.5, 1.0, 1.5)
"""How far along a lost direction the loss is looked at, over the greatest parameter."""
DECADES = 6
"""Steps outward after which a loss that falls at every one counts as falling on at infinity."""
SAME = 1e-9
"""Losses that differ by less than this share are of one minimum, or of ‖y‖² squared of two exact fits."""
FAR = 1e6
"""A search goes no farther than so many times the size of a parameter that a linear model would need, max|y|/max|x| and
at least 1.
"""


@dataclass(frozen=True)
class InClass:
    """`theta` (p,) or None, `outputs` (N,) and `loss` of the best point found; not `attained` where the loss falls on
    at infinity.
    """

    theta: Tensor | None
    outputs: Tensor
    loss: float
    attained: bool = True


def best_in_class(network: Network, data: Data, starts: Tensor) -> InClass | None:
    """The lowest loss that Levenberg–Marquardt finds from many starts: `starts` (B, p), and those that network and data
    alone give.

    These are the minima of a wide grid for p = 2; else draws of the initialisation, then points around the best so far.
    Minima that are known end a search that arrives there. There is no certificate that none is lower; a run whose lane
    gets below lowers its reference.

    Where N ≤ p > 2 the reference is the least loss over all outputs that give samples of one input one output (0 for
    squares where all inputs differ), since interpolation is generic there; the toys (p = 2) are searched, since a
    bounded one may not reach its target. Where N > p is large, or the loss is not squares, there is none.
    """
    outputs = data.targets.numel()
    searchable = network.parameters == 2 and data.is_squares
    if outputs <= network.parameters and not searchable:
        return _interpolated(data)
    if network.parameters > PARAMETERS or not data.is_squares:
        return None
    known = _known(network, data.key)  # pyright: ignore[reportArgumentType]  # a frozen component has a hash
    found = _lowest(
        network, data, descend(network, data, starts, lowest=True, known=None if known is None else known.outputs)
    )
    best = found if known is None or not known.loss <= found.loss else _beside(network, data, found, known)
    if not math.isfinite(best.loss):
        return None
    best, falls = _outward(network, data, best, starts) if network.parameters == 2 else (best, False)
    return replace(best, attained=not falls and _is_attained(network, data, best, starts))


def _outward(network: Network, data: Data, best: InClass, starts: Tensor) -> tuple[InClass, bool]:
    """Where the loss leads when parameters of the best point are ten times as large or small, again and again, and
    whether it falls on.

    A valley may run to infinity so flat that a search rests in it: there a decade still lowers the loss, by little.
    """
    assert best.theta is not None, "a searched point has parameters"
    sizes = best.theta.new_tensor((0.1, 1.0, 10.0))
    factors = torch.cartesian_prod(sizes, sizes)
    exact = (FITTED * _scale(data, network.forward(starts, data.inputs))) ** 2 / data.twice
    for _ in range(DECADES):
        assert best.theta is not None, "so has what it leads to"
        found = _lowest(network, data, descend(network, data, best.theta * factors, rounds=QUICK))
        if best.loss <= exact or not found.loss < best.loss * (1.0 - SAME):
            return best, False
        best = found
    return best, True


def _beside(network: Network, data: Data, found: InClass, known: InClass) -> InClass:
    """The known point, or where the run's own start leads if that is as low: many θ may give the same outputs."""
    if found.theta is None or not bool(_near(found.outputs.unsqueeze(0), known.outputs)[0]):
        return known
    own = _lowest(network, data, descend(network, data, found.theta.unsqueeze(0), lowest=True))
    return (
        own
        if own.loss <= known.loss * (1.0 + SAME) or own.loss <= SAME**2 * float(data.targets.square().sum())
        else known
    )


def _interpolated(data: Data) -> InClass | None:
    """Where samples of one input disagree, the loss of their mean label: None for a loss that has its minimum
    elsewhere.
    """
    labels = data.rows(data.targets)
    inputs, group, counts = torch.unique(data.inputs, dim=0, return_inverse=True, return_counts=True)
    means = labels
    if len(inputs) < data.samples:
        means = (labels.new_zeros(len(inputs), labels.shape[-1]).index_add_(0, group, labels) / counts[:, None])[group]
    if isinstance(data.loss, LogCosh) and not torch.allclose(means, labels, rtol=0.0, atol=1e-12):
        return None
    least = data.loss.minimiser(means)
    return InClass(None, least.flatten(), float(data.loss.value(least, labels)) / data.samples)


def _is_attained(network: Network, data: Data, best: InClass, starts: Tensor) -> bool:
    """Whether the best point is critical where J has not vanished: else the loss still falls on the way to infinity."""
    assert best.theta is not None, "a searched point has parameters"
    at, before = (Linearization.of(network, data, theta) for theta in (best.theta.unsqueeze(0), starts))
    size, usual = (float(each.sigma[:, 0].nan_to_num(0.0).max()) for each in (at, before))
    left = float(torch.linalg.vector_norm(at.residual))
    spread = max(left, float(torch.linalg.vector_norm(data.targets - data.targets.mean())))
    critical = float(at.reach[0]) <= CRITICAL * spread or left <= FITTED * _scale(data, before.outputs)
    return size > VANISHED * usual and critical and not _is_asymptote(network, data, at)


def _scale(data: Data, outputs: Tensor) -> float:
    """‖y‖ and the least norm of the outputs (B, N) at the starts: what a residual is small against."""
    return float(torch.linalg.vector_norm(data.targets)) + float(torch.linalg.vector_norm(outputs, dim=1).min())


def _is_asymptote(network: Network, data: Data, at: Linearization) -> bool:
    """Whether the loss levels off on one side of the point (1, …) alone, along a direction that J has lost: it fell all
    the way there.
    """
    d = at.decomposition
    wide = at.jacobian.shape[1] < at.jacobian.shape[2]
    if wide or d.v is None or float(d.sigma[0, -1]) > VANISHED * float(d.sigma[0, 0]):
        return False
    steps = float(at.theta.abs().max()) * at.theta.new_tensor(STRETCHES)[:, None] * d.v[0, :, -1]
    ahead, behind = (Linearization.of(network, data, at.theta + side * steps).loss for side in (1.0, -1.0))
    level = [bool((loss <= at.loss * (1.0 + CRITICAL)).all()) for loss in (ahead, behind)]
    return level[0] != level[1]


def farthest(data: Data) -> float:
    """The greatest |θ_i| that a search may reach: beyond it a loss counts as falling on at infinity."""
    tiny = torch.finfo(data.inputs.dtype).tiny
    return FAR * max(1.0, float(data.targets.abs().max())) * max(1.0, 1.0 / max(float(data.inputs.abs().max()), tiny))


@lru_cache(maxsize=32)
def _known(network: Network, key: Key) -> InClass | None:
    """The lowest point that network and data alone lead to, so that runs which differ in their starts find it ready;
    None where none is.
    """
    data = Data.of(key)
    with alone():
        found = _by_grid(network, data) if network.parameters == 2 else _by_draws(network, data)
    return found if math.isfinite(found.loss) else None


def _by_grid(network: Network, data: Data) -> InClass:
    end = math.asinh(REACH)
    axis = torch.sinh(torch.linspace(-end, end, SIDE, dtype=torch.float64, device=data.inputs.device))
    return _lowest(network, data, descend(network, data, grid_minima(network, data, axis), lowest=True))


def _by_draws(network: Network, data: Data) -> InClass:
    """From draws of the initialisation, then from around the best so far; the numbers come from seeds of their own."""
    count = min(DRAWS, ENTRIES // network.parameters)
    draws = torch.stack([network.draw(torch.Generator().manual_seed(seed)) for seed in range(count)]).to(
        data.inputs.device
    )
    best = _race(network, data, torch.cat([scale * draws for scale in SCALES]))
    for hop in range(HOPS):
        noise = torch.randn(
            len(LENGTHS), AROUND, draws.shape[1], generator=torch.Generator().manual_seed(hop), dtype=draws.dtype
        )
        lengths = draws.new_tensor(LENGTHS)[:, None, None] * best[0].square().mean().sqrt()
        best = _race(network, data, torch.cat((best, best[0] + (lengths * noise.to(draws.device)).flatten(0, 1))))
    return _lowest(network, data, descend(network, data, best, lowest=True))


def _race(network: Network, data: Data, starts: Tensor) -> Tensor:
    """Where the best few of `starts` (B, p) stand after a while, the lowest first."""
    theta = descend(network, data, starts, rounds=QUICK, floor=COARSE)
    loss = Linearization.of(network, data, theta).loss.nan_to_num(torch.inf, torch.inf)
    return theta[loss.argsort()[:FINALISTS]]


def grid_minima(network: Network, data: Data, axis: Tensor) -> Tensor:
    """The points (k, 2) of the grid `axis` × `axis` whose loss (squares) none of their eight neighbours is below, the
    lowest `KEPT`.
    """
    theta = torch.cartesian_prod(axis, axis)
    loss = (network.forward(theta, data.inputs) - data.targets).square().sum(1).unflatten(0, (axis.numel(), -1))
    loss = loss.nan_to_num(torch.inf, torch.inf)
    lowest = -torch.nn.functional.max_pool2d(-loss[None, None], 3, stride=1, padding=1)[0, 0]
    places = (loss <= lowest).flatten().nonzero()[:, 0]
    return theta[places[loss.flatten()[places].argsort()[:KEPT]]]


def _lowest(network: Network, data: Data, theta: Tensor) -> InClass:
    at = Linearization.of(network, data, theta)
    loss = torch.where(torch.isfinite(at.loss), at.loss, torch.inf)
    best = int(loss.argmin())
    return InClass(theta[best], at.outputs[best], float(loss[best]))


def descend(
    network: Network,
    data: Data,
    theta: Tensor,
    *,
    lowest: bool = False,
    known: Tensor | None = None,
    rounds: int = ITERATIONS,
    floor: float = 0.0,
) -> Tensor:
    """Levenberg–Marquardt with a gain ratio from each θ (B, p), until no lane moves: J^T r is then at rounding level.

    Where only the `lowest` loss is asked for, a lane also ends where it is about to arrive at outputs `known` (N,) or
    at the lowest lane that moves no more: they need not be found twice.
    """
    ratio = torch.full_like(theta[:, 0], 1e-2)  # λ of LM, relative to nothing: ρ/(1−ρ)
    at, far = Linearization.of(network, data, theta), farthest(data)
    for _ in range(rounds):
        if floor:
            ratio = torch.maximum(ratio, floor * at.jacobian.dense().square().sum((1, 2)) / data.samples)
        rho = ratio / (1.0 + ratio)
        step = at.damped(rho) * (1.0 - rho).unsqueeze(1)
        trial = Linearization.of(network, data, theta - step)
        change = (at.outputs - trial.outputs) * (at.residual + trial.residual)
        gain = change.sum(1)  # 2n(L − L'), without cancellation
        promised = data.samples * (step * (ratio.unsqueeze(1) * step + at.gradient)).sum(
            1
        )  # by the model, in the same units
        better = (gain > 0.0) & (trial.theta.abs().amax(1) < far)
        theta = torch.where(better.unsqueeze(1), trial.theta, theta)
        # Where curvature makes the model promise too much (Hessian near 2, say), full steps would hardly contract.
        ratio = (
            ratio * torch.where(gain < 0.25 * promised, 4.0, torch.where(gain > 0.75 * promised, 0.125, 1.0))
        ).clamp(1e-16, 1e12)
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
