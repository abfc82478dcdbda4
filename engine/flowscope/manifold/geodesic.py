"""Ways along the manifold M = {f(θ)}: geodesics, the exponential map, and nearest points with the retraction they
give.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..integrator import DormandPrince, Path
from ..integrator.path import Rows, Solve, interpolate
from ..network import Network
from ..problem import Data
from .best_in_class import descend
from .geometry import frame, second_derivative

ATTEMPTS = 5_000
"""Steps, rejected ones included, after which a geodesic is given up."""
CONDITIONED = 1e-6
"""σ_min/σ_max of J at which a geodesic ends: J⁺ is known to about 1e-16/1e-6 there, which is the tolerance of a step.
"""
PRECISE = DormandPrince(rtol=1e-10, atol=1e-12)
"""Measured on the neuron against SciPy's DOP853, length of order 1: end points to 1e-10, dense output to 2e-10."""


@dataclass(frozen=True)
class Geodesic:
    """`theta` and `velocity` (T, B, p) at `times` (T,). NaN from where a geodesic cannot go on: M need not be
    complete.
    """

    times: Tensor
    theta: Tensor
    velocity: Tensor


@dataclass(frozen=True)
class Acceleration:
    """The vector field (θ, θ') ↦ (θ', −J⁺∇²f[θ', θ']) on states (b, 2p); NaN where J is too ill conditioned."""

    network: Network
    inputs: Tensor

    def __call__(self, rows: Rows, time: Tensor, state: Tensor, /) -> Tensor:
        place, speed = state.chunk(2, 1)
        tangents = frame(self.network, self.inputs, torch.nan_to_num(place))
        bend = torch.einsum("bnij,bi,bj->bn", second_derivative(self.network, self.inputs, place), speed, speed)
        sharp = tangents.full & (tangents.sigma[:, -1] > CONDITIONED * tangents.sigma[:, 0])
        return torch.cat((speed, torch.where(sharp.unsqueeze(1), -tangents.lift(bend), torch.nan)), 1)

    def relaxation(self, rows: Rows, time: Tensor, theta: Tensor, shift: Tensor, /) -> Solve:
        """The identity: a geodesic relaxes to nothing."""
        return lambda b: b


def geodesic(
    network: Network,
    inputs: Tensor,
    theta: Tensor,
    velocity: Tensor,
    times: Tensor,
    *,
    integrator: DormandPrince = PRECISE,
) -> Geodesic:
    """θ'' = −J⁺∇²f[θ', θ'] from θ with θ' = `velocity` (both (B, p)) at increasing `times` (T,) ≥ 0: f'' is normal to
    M.

    That is the geodesic of the metric JᵀJ, with ‖Jθ'‖ constant. It ends where its step shrinks to nothing: at rank loss
    and at infinity, which tanh networks reach in finite length.
    """
    p, field = theta.shape[1], Acceleration(network, inputs)
    path = Path.at_rest(torch.cat((theta, velocity), 1), float(times[-1]))
    integrator.begin(field, path, slice(None))
    alive = torch.isfinite(path.slope).all(1)
    states = torch.full((times.numel(), *path.theta.shape), torch.nan, dtype=theta.dtype, device=theta.device)
    for index, time in enumerate(times.tolist()):
        while (behind := (alive & (path.time < time)).nonzero()[:, 0]).numel():
            trial = integrator.step(field, path, behind)
            if trial.broken is not None:
                alive[behind[trial.broken]] = False
            alive &= path.steps + path.rejected < ATTEMPTS
        there = (path.time >= time) & torch.isfinite(path.slope).all(1)
        states[index, there] = interpolate(
            torch.full_like(path.time, time), path.begin, path.time, path.curve, path.theta
        )[there]
    return Geodesic(times, states[:, :, :p], states[:, :, p:])


def exponential_map(network: Network, inputs: Tensor, theta: Tensor, velocity: Tensor) -> Tensor:
    """exp_θ(v): θ (B, p) of the geodesic with θ' = v after time 1; NaN where it ends before."""
    return geodesic(network, inputs, theta, velocity, theta.new_ones(1)).theta[0]


def nearest_point(network: Network, inputs: Tensor, points: Tensor, guess: Tensor) -> Tensor:
    """θ (B, p) of a local minimum of ‖f(θ) − point‖ for points (B, N) of R^N, by Levenberg–Marquardt from `guess` (B,
    p).

    The nearest point of M where the guess is in its basin; within the reach of M (its distance to the focal points) it
    is unique.
    """
    return descend(network, Data(inputs, points), guess)


def retraction(network: Network, inputs: Tensor, theta: Tensor, velocity: Tensor) -> Tensor:
    """R_θ(v): θ (B, p) of the nearest point of M to f(θ) + Jv: the metric projection, which agrees with exp_θ(v) to
    O(‖v‖³).
    """
    outputs, jacobian = network.evaluate(theta, inputs)
    return nearest_point(network, inputs, outputs + jacobian.jvp(velocity), theta)
