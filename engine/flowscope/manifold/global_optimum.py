"""A second, independent answer to where the best in-class point is: a wide grid over two parameters, polished by
Newton's method.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..factorisation import eigh
from ..network import Network
from ..problem import Data
from .best_in_class import InClass, grid_minima

SIDE, REACH, ITERATIONS = 201, 100.0, 200
"""Grid lines each way, |θ| they reach (evenly spaced in asinh θ), Newton iterations at most."""


@dataclass(frozen=True)
class Quadratic:
    """½‖r‖² to second order at θ (B, p): `residual` (B, N), `gradient` (B, p), `hessian` (B, p, p), all from the
    forward map.
    """

    residual: Tensor
    gradient: Tensor
    hessian: Tensor

    @classmethod
    def of(cls, network: Network, data: Data, theta: Tensor) -> "Quadratic":
        """By automatic differentiation; the hand-written Jacobian is not used.

        No lane's loss hangs on another's θ, so the derivatives of their sum are each lane's own.
        """
        with torch.inference_mode(mode=False), torch.enable_grad():
            x, targets, at = data.inputs.clone(), data.targets.clone(), theta.clone().requires_grad_()
            residual = network.forward(at, x) - targets
            (gradient,) = torch.autograd.grad(0.5 * residual.square().sum(), at, create_graph=True)
            rows = [torch.autograd.grad(column.sum(), at, retain_graph=True)[0] for column in gradient.unbind(1)]
            return cls(residual.detach(), gradient.detach(), torch.stack(rows, 1))


def global_optimum(network: Network, data: Data, *, side: int = SIDE, reach: float = REACH) -> InClass:
    """The lowest loss over θ ∈ R², by exhaustion: every local minimum of a `side` × `side` grid out to ±`reach`,
    polished by Newton.

    It shares no search with `best_in_class`: a far wider grid, no Levenberg–Marquardt, no starts from the run, no
    hand-written Jacobian. No certificate: a basin narrower than the grid's cells (3 % of |θ| far out, 0.05 near 0, by
    default) can hide in it. p = 2 only.
    """
    if network.parameters != 2:
        raise ValueError(f"global_optimum: expected p = 2 parameters, came {network.parameters}")
    end = float(torch.asinh(torch.tensor(reach, dtype=torch.float64)))
    axis = torch.sinh(torch.linspace(-end, end, side, dtype=torch.float64, device=data.inputs.device))
    theta = polish(network, data, grid_minima(network, data, axis))
    outputs = network.forward(theta, data.inputs)
    loss = (outputs - data.targets).square().sum(1) / data.twice
    best = int(torch.where(torch.isfinite(loss), loss, torch.inf).argmin())
    return InClass(theta[best], outputs[best], float(loss[best]))


def polish(network: Network, data: Data, theta: Tensor) -> Tensor:
    """Newton on ½‖r‖² from each θ (B, p): −(|H| + νI)⁻¹∇, |H| with the eigenvalues' moduli, so that every step
    descends; ν is adapted.
    """
    shift = torch.ones_like(theta[:, 0])
    here = Quadratic.of(network, data, theta)
    for _ in range(ITERATIONS):
        values, vectors = eigh(here.hessian)
        power = (values.abs() + shift.unsqueeze(1)).clamp_min(1e-300)
        step = torch.einsum("bij,bj->bi", vectors, torch.einsum("bji,bj->bi", vectors, here.gradient) / power)
        trial = theta - step
        there = Quadratic.of(network, data, trial)
        gain = ((here.residual - there.residual) * (here.residual + there.residual)).sum(1)
        flat = gain.abs() <= 1e-15 * here.residual.square().sum(1)  # rounding: then the gradient decides
        better = torch.where(flat, there.gradient.norm(dim=1) < here.gradient.norm(dim=1), gain > 0.0) & (
            trial.abs().amax(1) < 1e6
        )
        if not bool(better.any()) and bool((flat | (shift > 1e12)).all()):
            break
        theta = torch.where(better.unsqueeze(1), trial, theta)
        shift = torch.where(better, shift / 16.0, shift * 4.0).clamp(1e-18, 1e16)
        here = Quadratic.of(network, data, theta)
    return theta
