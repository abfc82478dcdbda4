"""What a prediction is held against: a preset, its recordings lane by lane, and the same quantities by independent
means.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from math import sqrt

import numpy as np
import torch
from torch import Tensor

from ..flow import Flow, Gradient, Linearization
from ..integrator import Euler
from ..network import centred
from ..problem import Data, Points, Squares
from ..run.recording import Recording, run
from ..run.spec import AnySolver, Integration, RunSpec
from ..status import Lane
from .frames import UNDAMPED, Frames, continuous

FULL = 1e-9
"""σ_min/σ_max above which the reference counts J as of full rank."""
UNREAD = ("velocity", "motion", "stride")
"""Probes that no prediction reads."""


class Subject:
    """A preset under test, as declared: without what was set by hand. Each of its recordings is made once, or read from
    `recording`, one of the whole spec.
    """

    def __init__(self, name: str, spec: RunSpec, recording: Recording | None = None) -> None:
        self.name, self.spec = name, spec.model_copy(update={"tunes": ()})
        self._recording = None if spec.tunes else recording
        self._alone: dict[AnySolver, tuple[Frames, Lane]] = {}
        self.data: Data = spec.problem.data(spec.network)
        self.start: Tensor = spec.root(spec.seeds[0])
        self.network = centred(spec.network, self.start, self.data.inputs) if spec.network.is_centred else spec.network

    @property
    def outputs(self) -> int:
        """N = n·q."""
        return self.data.targets.numel()

    @property
    def parameters(self) -> int:
        """p."""
        return self.network.parameters

    @cached_property
    def lanes(self) -> dict[AnySolver, tuple[Frames, Lane]]:
        """The preset's recording at its first seed, solver by solver, and how each lane ended."""
        return self._record(self.spec) if self._recording is None else self._read(self.spec, self._recording)

    def lane(self, solver: AnySolver) -> tuple[Frames, Lane]:
        """The recording of one of the preset's solvers: of it alone, unless all have been recorded."""
        if "lanes" in self.__dict__ or self._recording is not None:
            return self.lanes[solver]
        if solver not in self._alone:
            self._alone[solver] = self.record(self.spec, solver)
        return self._alone[solver]

    def record(self, spec: RunSpec, solver: AnySolver) -> tuple[Frames, Lane]:
        """The recording of one solver in a variant of the preset."""
        return self._record(spec.model_copy(update={"solvers": (solver,)}))[solver]

    @staticmethod
    def _record(spec: RunSpec) -> dict[AnySolver, tuple[Frames, Lane]]:
        first = spec.model_copy(update={"seeds": spec.seeds[:1]})
        return Subject._read(first, run(first, without=UNREAD))

    @staticmethod
    def _read(spec: RunSpec, recording: Recording) -> dict[AnySolver, tuple[Frames, Lane]]:
        """The lanes of the first seed, solver by solver."""
        table, first = recording.to_table(), [each for each in recording.lanes if each.seed == spec.seeds[0]]
        return {spec.solvers[each.solver]: (Frames.of(table, spec, each.lane), each) for each in first}

    def solvers(self, kind: type[Flow]) -> list[Integration]:
        """The solvers in continuous time whose flow is of a kind."""
        return [s for s in self.spec.solvers if isinstance(s, Integration) and isinstance(continuous(s), kind)]

    @property
    def newton(self) -> Integration | None:
        """The preset's Gauss–Newton flow at ρ = 0 in continuous time."""
        return next((s for s in self.solvers(Flow) if s.flow == UNDAMPED), None)

    @property
    def gradient(self) -> Integration | None:
        """The preset's gradient flow in continuous time."""
        return next(iter(self.solvers(Gradient)), None)

    @property
    def stepped(self) -> list[tuple[Integration, float]]:
        """The preset's undamped Gauss–Newton solvers by Euler steps, with their step sizes."""
        return [(s, eta) for s in self.spec.solvers if isinstance(s, Integration) and (eta := step_size(s)) is not None]

    def points(self, factor: float) -> Points:
        """The preset's samples with every input multiplied by `factor`, the labels as they are."""
        inputs, labels = self.data.inputs * factor, self.data.targets.reshape(self.data.samples, -1)
        return Points(inputs=tuple(map(tuple, inputs.tolist())), targets=tuple(map(tuple, labels.tolist())))

    def forward(self, theta: Tensor) -> Tensor:
        """f(θ) (N,) at θ (p,), by the forward map alone."""
        return self.network.forward(theta.unsqueeze(0), self.data.inputs)[0]

    def jacobian(self, theta: Tensor) -> np.ndarray:
        """J (N, p) at θ (p,) by automatic differentiation of the forward map: the reference for the engine's own.

        Every output has a copy of θ, and the sum of the outputs, each at its own copy, is differentiated at once.
        """
        copies = theta.detach().repeat(self.outputs, 1).requires_grad_()
        each = self.network.forward(copies, self.data.inputs).diagonal()
        return torch.autograd.grad(each.sum(), copies)[0].numpy()

    def residual(self, theta: Tensor) -> np.ndarray:
        """r = f(θ) − y, (N,)."""
        return (self.forward(theta) - self.data.targets).detach().numpy()

    def reference_rank(self, theta: Tensor) -> int:
        """The rank of J at θ by SVD of the reference, cut at 1e-9."""
        return int(np.linalg.matrix_rank(self.jacobian(theta), rtol=FULL))

    def solved(self, theta: Tensor, residuals: Tensor) -> Tensor:
        """J⁺r (b, p) at θ (b, p) for residuals (b, N), by the engine's own undamped step on squares, whatever the
        preset's loss.
        """
        return self.squared(theta, residuals).damped(torch.zeros_like(theta[:, 0]))

    def squared(self, theta: Tensor, residuals: Tensor) -> Linearization:
        """The engine's linearization at θ (b, p) for the loss of squares, with residuals (b, N) of our own."""
        _, jacobian = self.network.evaluate(theta, self.data.inputs)
        return Linearization(theta, replace(self.data, loss=Squares()), self.data.targets + residuals, jacobian)

    def follow(self, theta: Tensor, forcing: Callable[[Tensor], Tensor], span: float, steps: int) -> Tensor:
        """θ(span) of θ' = −J⁺·forcing(f(θ)) from θ (p,), by the classical Runge–Kutta method on the engine's own
        undamped step.
        """
        h = span / steps

        def slope(point: Tensor) -> Tensor:
            return -self.solved(point.unsqueeze(0), forcing(self.forward(point)).unsqueeze(0))[0]

        for _ in range(steps):
            first = slope(theta)
            second = slope(theta + 0.5 * h * first)
            third = slope(theta + 0.5 * h * second)
            theta = theta + h / 6.0 * (first + 2.0 * (second + third) + slope(theta + h * third))
        return theta

    def loss(self, residual: np.ndarray) -> float:
        """‖r‖²/(2n)."""
        return float(residual @ residual) / (2 * self.data.samples)


def step_size(solver: AnySolver) -> float | None:
    """η of undamped Gauss–Newton by Euler steps; None for every other solver."""
    euler = solver.integrator if isinstance(solver, Integration) and solver.flow == UNDAMPED else None
    return euler.dt if isinstance(euler, Euler) else None


def orthonormal(jacobian: np.ndarray) -> np.ndarray:
    """An orthonormal basis (N, k) of the range of J, by SVD with the reference's cut."""
    u, sigma, _ = np.linalg.svd(jacobian, full_matrices=False)
    return u[:, sigma > FULL * sigma[0]]


def relative(difference: np.ndarray, scale: np.ndarray) -> float:
    """‖difference‖/‖scale‖."""
    return float(np.linalg.norm(difference) / max(float(np.linalg.norm(scale)), sqrt(np.finfo(float).tiny)))
