"""The two conditions under which the paper's inner flow converges to the subproblem's minimiser, found by looking:
lamps of an outer step.

Strict interior localisation: the connected component of {Φ ≤ Φ(u^k)} that holds θ^k lies within the open parameter ball
‖dθ‖ < R. Data condition: Φ is geodesically strongly convex there, μ_g > 0. A grid of one or two parameters answers both
directly; suprema are over its nodes, so they are estimates. Sizes are those of H, ‖u‖_H = ‖u‖/√n.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from ..flow import Linearization
from ..manifold.geodesic import nearest_point
from ..manifold.geometry import frame, hessian_eigenvalues_at, second_derivative
from ..network import Network
from ..problem import Data
from .subproblem import Energy, Subproblem, norm

SIDE = {1: 4001, 2: 161}
"""Nodes of a grid along each of one or two parameters; odd, so that θ^k is one."""
FEW, ZOOMS = 50, 8
"""A component of fewer cells is looked at again on a finer grid, so often at most."""
RIM = 720
"""Directions in which the rim of the ball is sampled."""
CHUNK = 4096
"""Nodes whose second derivatives are held at once."""


@dataclass(frozen=True)
class Sublevel:
    """The reached component: nodes `theta` (M, p), the grid's `spacing`, and whether it touches the rim ‖dθ‖ = R."""

    theta: Tensor
    spacing: float
    touches: bool


@dataclass(frozen=True)
class Lamps:
    """The two conditions at θ^k for a step τ, and the numbers behind them.

    `interior`: directly; implied by `reach` > `needed` (ball test), which is implied by `crude` > `needed`: the least
    distance of F on the rim, R(σ_min − L_J R/2) below it, and 2τ‖dE(u^k)‖/(1 + τμ), which no sublevel point exceeds.
    `modulus` μ_g and `steepness` L_g: least and greatest eigenvalue of the Riemannian Hessian on the component;
    `sufficient` = m − κ‖y − u^k‖ ≤ μ_g with the curvature `kappa`. `contraction` q = max|λ(G⁻¹S_N)|/m at the minimiser,
    the factor of a full Gauss–Newton step there.
    """

    interior: bool
    reach: float
    crude: float
    needed: float
    modulus: float
    sufficient: float
    kappa: float
    steepness: float
    contraction: float

    @property
    def is_convex(self) -> bool:
        """The data condition, directly."""
        return self.modulus > 0.0


def lamps(network: Network, data: Data, theta: Tensor, tau: float, radius: float, *, side: int | None = None) -> Lamps:
    """The conditions for the outer step of size `tau` from θ (p,), p ≤ 2, under squares, within the ball of `radius`.

    Raises ValueError for more parameters or another loss.
    """
    if network.parameters not in SIDE or not data.is_squares:
        raise ValueError(
            f"lamps: expected one or two parameters and squares, came {network.parameters} and {data.loss.kind}"
        )
    problem = _problem(network, data, theta, tau)
    found = sublevel(network, data, theta, tau, radius, side=side)
    parts = [_curved(network, data, problem, nodes) for nodes in found.theta.split(CHUNK)]
    least, most, kappa = (torch.stack([part[i] for part in parts]) for i in range(3))
    m, residual = float(problem.modulus), float(norm(data, problem.energy.slope(problem.centre)))
    bend = float(kappa.max())
    return Lamps(
        interior=not found.touches,
        reach=_reach(network, data, problem, theta, radius),
        crude=_crude(network, data, theta, radius),
        needed=2.0 * tau * residual / (1.0 + tau * float(problem.energy.modulus)),
        modulus=float(least.min()),
        sufficient=m - bend * residual,
        kappa=bend,
        steepness=float(most.max()),
        contraction=_contraction(network, data, problem, found.theta),
    )


def sublevel(
    network: Network, data: Data, theta: Tensor, tau: float, radius: float, *, side: int | None = None
) -> Sublevel:
    """The component of {Φ ≤ Φ(u^k)} around θ (p,) on a grid over the ball, or a finer one where it is small."""
    problem, half = _problem(network, data, theta, tau), radius
    level, axis = (
        float(problem.value(problem.centre)),
        torch.linspace(-1.0, 1.0, side or SIDE[network.parameters], dtype=theta.dtype),
    )
    unit = torch.cartesian_prod(*[axis] * theta.numel()).view(-1, theta.numel())

    def look(half: float) -> tuple[Tensor, float]:
        """The component's offsets from θ within the box of this half width, and the spacing of its nodes."""
        value = problem.value(network.forward(theta + half * unit, data.inputs).unsqueeze(1))[:, 0]
        inside = (value <= level * (1.0 + 1e-12)) & (half * torch.linalg.vector_norm(unit, dim=1) < radius)
        return half * unit[flooded(inside.view([axis.numel()] * theta.numel())).flatten()], 2.0 * half / (
            axis.numel() - 1
        )

    offsets, spacing = look(half)
    for _ in range(ZOOMS):
        if offsets.shape[0] >= FEW:
            break
        half = min(half, 1.5 * float(offsets.abs().max()) + 2.0 * spacing)
        offsets, spacing = look(half)
    return Sublevel(
        theta + offsets, spacing, bool((torch.linalg.vector_norm(offsets, dim=1) >= radius - spacing).any())
    )


def flooded(inside: Tensor) -> Tensor:
    """The cells of `inside` connected with the middle one along the axes, that one included."""
    reached = torch.zeros_like(inside)
    reached[tuple(size // 2 for size in inside.shape)] = True
    while True:
        seen = reached[None, None].to(torch.float32)
        if inside.ndim == 1:
            spread = functional.max_pool1d(seen, 3, 1, 1)[0, 0]
        else:
            spread = torch.maximum(
                functional.max_pool2d(seen, (3, 1), 1, (1, 0)), functional.max_pool2d(seen, (1, 3), 1, (0, 1))
            )[0, 0]
        grown = reached | inside & (spread > 0)
        if torch.equal(grown, reached):
            return reached
        reached = grown


def _problem(network: Network, data: Data, theta: Tensor, tau: float) -> Subproblem:
    centre = network.forward(theta.unsqueeze(0), data.inputs)
    return Subproblem(Energy(data, theta.new_zeros(1)), centre, theta.new_full((1,), tau))


def _curved(network: Network, data: Data, problem: Subproblem, theta: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Least and greatest eigenvalue of the Riemannian Hessian of Φ over θ (M, p), and κ, the greatest ‖II(ξ, ξ)‖_H of
    unit ξ.
    """
    spectrum = _bends(network, data, problem, theta) + problem.modulus
    tangents = frame(network, data.inputs, theta)
    inverse = tangents.v / tangents.sigma.unsqueeze(1)
    second = tangents.normal(second_derivative(network, data.inputs, theta).flatten(2)).unflatten(
        2, (theta.shape[1],) * 2
    )
    angle = torch.linspace(0.0, math.pi, 181, dtype=theta.dtype)
    ways = (
        torch.stack((angle.cos(), angle.sin()), 1)[:, : theta.shape[1]]
        if theta.shape[1] > 1
        else torch.ones(1, 1, dtype=theta.dtype)
    )
    bent = torch.einsum("mnij,mia,mjb,wa,wb->mwn", second, inverse, inverse, ways, ways)
    return spectrum.min(), spectrum.max(), torch.linalg.vector_norm(bent, dim=2).max() * data.samples**0.5


def _bends(network: Network, data: Data, problem: Subproblem, theta: Tensor) -> Tensor:
    """Eigenvalues (M, p) of G⁻¹S_N, S_N,ij = ⟨∂_i∂_j F, P_N dΦ⟩: what curvature adds to the Hessian of Φ."""
    at = Linearization.of(network, data, theta)
    at.__dict__["residual"] = problem.slope(at.outputs)
    return hessian_eigenvalues_at(network, at) - 1.0


def _rim(theta: Tensor, radius: float) -> Tensor:
    if theta.numel() == 1:
        return theta + theta.new_tensor([[-radius], [radius]])
    angle = torch.arange(RIM, dtype=theta.dtype) * (2.0 * math.pi / RIM)
    return theta + radius * torch.stack((angle.cos(), angle.sin()), 1)


def _reach(network: Network, data: Data, problem: Subproblem, theta: Tensor, radius: float) -> float:
    return float(norm(data, network.forward(_rim(theta, radius), data.inputs) - problem.centre).min())


def _crude(network: Network, data: Data, theta: Tensor, radius: float) -> float:
    """R(σ_min − L_J R/2), L_J the greatest Frobenius norm of ∇²F/√n over the ball, which no Lipschitz constant of J/√n
    exceeds.
    """
    axis = torch.linspace(-radius, radius, 41, dtype=theta.dtype)
    offsets = torch.cartesian_prod(*[axis] * theta.numel()).view(-1, theta.numel())
    ball = theta + offsets[torch.linalg.vector_norm(offsets, dim=1) <= radius]
    steep = torch.linalg.vector_norm(second_derivative(network, data.inputs, ball).flatten(1), dim=1).max()
    sigma = Linearization.of(network, data, theta.unsqueeze(0)).sigma[0, -1]
    return radius * float(sigma - steep * radius / 2.0) / data.samples**0.5


def _contraction(network: Network, data: Data, problem: Subproblem, nodes: Tensor) -> float:
    """q at the minimiser of Φ, looked for from the lowest node."""
    value = problem.value(network.forward(nodes, data.inputs).unsqueeze(1))[:, 0]
    best = nearest_point(network, data.inputs, problem.prox(), nodes[value.argmin()].unsqueeze(0))
    return float(_bends(network, data, problem, best).abs().max() / problem.modulus)
