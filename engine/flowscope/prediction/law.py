"""θ' of every kind of flow, written out in NumPy from its docstring: what the engine's flows are held against."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from ..flow import Flow, Hybrid, Linearization
from ..flow.damping import Start
from ..problem import Data
from ..run.spec import Integration
from .subject import Subject

CUT = 1e-9
"""Singular values of J below this share of the greatest count as zero."""
HALVES = 2
"""Runge–Kutta steps between two frames."""


def total(data: Data, outputs: Tensor) -> Tensor:
    """Σ g of outputs (N,)."""
    return data.loss.value(data.rows(outputs), data.rows(data.targets))


def derivative(data: Data, outputs: Tensor) -> np.ndarray:
    """g' (N,) of outputs (N,), by automatic differentiation of g."""
    return torch.func.grad(lambda f: total(data, f))(outputs.detach()).numpy()  # pyright: ignore[reportPrivateImportUsage]  # torch.func is untyped


@dataclass(frozen=True)
class Here:
    """Where a flow is: θ (p,), ρ, and the outputs (N,) it began at."""

    subject: Subject
    theta: Tensor
    rho: float
    first: Tensor

    @property
    def n(self) -> int:
        return self.subject.data.samples

    @cached_property
    def j(self) -> np.ndarray:
        return self.subject.jacobian(self.theta)

    @cached_property
    def c(self) -> np.ndarray:
        """g' (N,); r for squares."""
        return derivative(self.subject.data, self.subject.forward(self.theta))

    @cached_property
    def root(self) -> np.ndarray:
        """A with AᵀA = g'' on its range, from g'' by automatic differentiation of g."""
        outputs = self.subject.forward(self.theta).detach()
        slope = torch.func.grad(lambda f: total(self.subject.data, f))  # pyright: ignore[reportPrivateImportUsage]  # torch.func is untyped
        bend = torch.func.jacrev(slope)(outputs).numpy()  # pyright: ignore[reportAttributeAccessIssue]  # torch.func is untyped
        values, vectors = np.linalg.eigh(bend)
        kept = values > 1e-13 * values[-1]
        return np.sqrt(values[kept])[:, None] * vectors[:, kept].T

    def inverse(self, forcing: np.ndarray) -> np.ndarray:
        """J⁺ of a forcing (N,)."""
        return np.linalg.pinv(self.j, rcond=CUT) @ forcing


def damped(here: Here, j: np.ndarray, c: np.ndarray) -> np.ndarray:
    """−(ρI + (1−ρ)JᵀJ/n)⁻¹Jᵀc/n, −J⁺c at ρ = 0."""
    if here.rho == 0.0:
        return -np.linalg.pinv(j, rcond=CUT) @ c
    return -np.linalg.solve(here.rho * np.eye(j.shape[1]) + (1.0 - here.rho) * j.T @ j / here.n, j.T @ c / here.n)


def generalised(here: Here) -> np.ndarray:
    return damped(here, here.root @ here.j, np.linalg.pinv(here.root.T) @ here.c)


def turned(here: Here) -> np.ndarray:
    """The lift of a turn of the first two outputs about their targets, once per unit of time."""
    forcing = np.zeros_like(here.c)
    forcing[:2] = 2.0 * math.pi * here.c[1], -2.0 * math.pi * here.c[0]
    return -here.inverse(forcing)


LAWS: dict[str, Callable[[Here], np.ndarray]] = {
    "gradient": lambda at: -at.j.T @ at.c / at.n,
    "gauss_newton": lambda at: damped(at, at.j, at.c),
    "generalised_gauss_newton": generalised,
    "pullback": lambda at: -at.j.T @ np.linalg.solve(at.j @ at.j.T, at.c),
    "pushforward": lambda at: -np.linalg.solve(at.j.T @ at.j, at.j.T @ at.c),
    "any_rank": lambda at: -at.inverse(at.c),
    "straight_line": lambda at: -at.inverse(derivative(at.subject.data, at.first)),
    "loop": turned,
    "arithmetic": lambda at: -(at.rho * at.j.T @ at.c / at.n + (1.0 - at.rho) * at.inverse(at.c)),
    "harmonic": lambda at: damped(at, at.j, at.c),
}


class Followed:
    """A lane of a subject that follows a flow, beside the law of its kind; ρ_t is that of the flow's damping."""

    def __init__(self, subject: Subject, solver: Integration) -> None:
        self.subject, self.flow, self.law = subject, solver.flow, LAWS[solver.flow.kind]
        at = self._at(subject.start)
        self.start, self.first = Start.of(at), subject.forward(subject.start)
        if isinstance(damping := getattr(solver.flow, "damping", None), Hybrid):
            self.start.switch.fill_(damping.switch)

    def _at(self, theta: Tensor) -> Linearization:
        return Linearization.of(self.subject.network, self.subject.data, theta.unsqueeze(0))

    def slope(self, time: float, theta: Tensor) -> Tensor:
        """θ' by the law."""
        flow: Flow = self.flow
        rho = float(flow.rho(self._at(theta), theta.new_tensor([time]), self.start))
        return torch.from_numpy(self.law(Here(self.subject, theta, rho, self.first)))

    def ahead(self, time: float, theta: Tensor, span: float) -> Tensor:
        """θ a while later, by classical Runge–Kutta steps on the law."""
        h = span / HALVES
        for _ in range(HALVES):
            first = self.slope(time, theta)
            second = self.slope(time + 0.5 * h, theta + 0.5 * h * first)
            third = self.slope(time + 0.5 * h, theta + 0.5 * h * second)
            fourth = self.slope(time + h, theta + h * third)
            theta, time = theta + h / 6.0 * (first + 2.0 * (second + third) + fourth), time + h
        return theta
