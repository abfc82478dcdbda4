"""One outer step of a minimizing movement by independent means: Φ, its minimiser, its curvature, its inner flow. Sizes
are those of H.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from ..flow import Linearization
from ..manifold.global_optimum import polish
from ..movement import Energy, Subproblem
from ..movement.conditions import Lamps, lamps, sublevel
from ..problem import Data
from .movement import movement_of, moves
from .subject import Subject

SIDE = {1: 401, 2: 121}
"""Nodes of the grid along each parameter on which the conditions are looked at."""


@dataclass(frozen=True)
class Step:
    """The outer step from θ⁰ = `theta` (p,) of size `tau` in the ball of `radius`; the subject's loss is squares."""

    subject: Subject
    theta: Tensor
    tau: float
    radius: float

    @property
    def modulus(self) -> float:
        """m = 1 + 1/τ."""
        return 1.0 + 1.0 / self.tau

    @cached_property
    def centre(self) -> Tensor:
        """u⁰ (N,)."""
        return self.subject.forward(self.theta)

    @cached_property
    def prox(self) -> Tensor:
        """prox_{τE}(u⁰) (N,): Φ is m/2 times the squared distance from it in H, and a constant."""
        return (self.centre + self.tau * self.subject.data.targets) / (1.0 + self.tau)

    @property
    def problem(self) -> Subproblem:
        """The engine's own."""
        return Subproblem(
            Energy(self.subject.data, self.theta.new_zeros(1)),
            self.centre.unsqueeze(0),
            self.theta.new_full((1,), self.tau),
        )

    @cached_property
    def lamps(self) -> Lamps:
        """The engine's own."""
        side = SIDE[self.subject.parameters]
        return lamps(self.subject.network, self.subject.data, self.theta, self.tau, self.radius, side=side)

    def size(self, vector: Tensor | np.ndarray) -> float:
        """‖v‖_H."""
        return float(np.linalg.norm(np.asarray(vector))) / math.sqrt(self.subject.data.samples)

    def slope(self, outputs: Tensor) -> Tensor:
        """dΦ (…, N) at outputs (…, N)."""
        return self.modulus * (outputs - self.prox)

    def gap(self, theta: Tensor, lowest: Tensor) -> float:
        """Φ(θ) − Φ(`lowest`), without the difference of two nearly equal numbers."""
        here, there = self.subject.forward(theta), self.subject.forward(lowest)
        return 0.5 * self.modulus * float((here - there) @ (here + there - 2.0 * self.prox)) / self.subject.data.samples

    @cached_property
    def lowest(self) -> Tensor:
        """θ* (p,) of Φ's least value near the reached component, by Newton's method with derivatives of the forward map
        alone.
        """
        nodes = sublevel(
            self.subject.network, self.subject.data, self.theta, self.tau, self.radius, side=SIDE[self.theta.numel()]
        ).theta
        values = self.subject.network.forward(nodes, self.subject.data.inputs) - self.prox
        start = nodes[values.square().sum(1).argmin()].unsqueeze(0)
        return polish(self.subject.network, Data(self.subject.data.inputs, self.prox), start)[0]

    def bends(self, theta: Tensor) -> tuple[np.ndarray, np.ndarray]:
        """Eigenvalues (M, p), ascending, and G-orthonormal vectors (M, p, p) of G⁻¹S_N at θ (M, p), S_N,ij = ⟨∂_i∂_jF,
        (I − P)dΦ⟩_H.
        """
        first, second = (
            torch.func.jacrev(self.subject.forward),
            torch.func.jacrev(torch.func.jacrev(self.subject.forward)),
        )
        jacobian, bend = torch.func.vmap(first)(theta).numpy(), torch.func.vmap(second)(theta).numpy()
        slope = self.slope(self.subject.network.forward(theta, self.subject.data.inputs)).numpy()
        u, _, _ = np.linalg.svd(jacobian, full_matrices=False)
        normal = slope - np.einsum("mni,mki,mk->mn", u, u, slope)
        n = self.subject.data.samples
        root = np.linalg.inv(np.linalg.cholesky(np.einsum("mni,mnj->mij", jacobian, jacobian) / n))
        values, vectors = np.linalg.eigh(root @ (np.einsum("mnij,mn->mij", bend, normal) / n) @ root.transpose(0, 2, 1))
        return values, root.transpose(0, 2, 1) @ vectors

    def flow(self, theta: Tensor) -> Tensor:
        """The engine's inner Gauss–Newton flow θ' (p,) at θ (p,), undamped; NaN where θ is no number."""
        if not bool(torch.isfinite(theta).all()):
            return torch.full_like(theta, torch.nan)
        at = Linearization.of(self.subject.network, self.subject.data, theta.unsqueeze(0))
        return self.problem.flow(at, self.theta.new_zeros(1))[0]

    def followed(self, span: float, steps: int) -> list[Tensor]:
        """θ along that flow from θ⁰, by classical Runge–Kutta steps of span/steps."""
        path, h = [self.theta], span / steps
        for _ in range(steps):
            here = path[-1]
            first = self.flow(here)
            second = self.flow(here + 0.5 * h * first)
            third = self.flow(here + 0.5 * h * second)
            path.append(here + h / 6.0 * (first + 2.0 * (second + third) + self.flow(here + h * third)))
        return path


def step_of(subject: Subject) -> Step:
    """The first outer step of the preset's movement; its ball is the whole box of the grid where it has none."""
    movement = movement_of(subject)
    assert movement is not None, "the objection has been asked"
    return Step(subject, subject.start, movement.tau, movement.radius or 1.0)


def low(subject: Subject) -> str | None:
    """Why the conditions cannot be looked at."""
    if subject.parameters not in SIDE:
        return f"one or two parameters are meant: here p = {subject.parameters}"
    return moves(subject)


def convex(subject: Subject) -> str | None:
    """Which of the two conditions fails at the first outer step."""
    if (why := low(subject)) is not None:
        return why
    seen = step_of(subject).lamps
    if not seen.interior:
        return "strict interior localisation fails: the reached component touches the rim of the ball"
    return None if seen.is_convex else f"the data condition fails: μ_g = {seen.modulus:.3g}"
