"""What an integrator must be: of the order that it states, on a differential equation whose solution is known."""

from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from ..integrator import Integrator, Path
from ..integrator.path import Rows, Solve, interpolate
from .agreement import Laws, apart, first

HORIZON = 1.0
SIZES = (1 / 16, 1 / 32, 1 / 64)
"""Steps whose errors tell the order."""
LESS, MORE = 0.3, 0.8
"""How far a slope of errors over such steps may lie below the order and above it: the leading term of Dormand–Prince is
so small that the next one shows.
"""
MATRICES = ([[0.0, 0.0], [0.0, 0.0]], [[2.0, 0.3], [-0.7, 1.0]], [[0.5, -1.0], [1.0, 3.0]])
"""What stands for −∂θ'/∂θ: the order may not hang on it."""
TOLERANCES, FACTOR = (1e-4, 1e-6), 20.0
"""Tolerances of one step, and how many times as large the error at the horizon may be."""
PHASES = torch.tensor([0.0, 0.9, 2.0], dtype=torch.float64)


class Known:
    """θ' = φ'(t) + N(θ) − N(φ(t)), whose solution from φ(0) is φ; lanes differ in their phases a (B,)."""

    def __init__(self, matrix: list[list[float]], phases: Tensor) -> None:
        self.matrix, self.phases = torch.tensor(matrix, dtype=torch.float64), phases

    def __call__(self, rows: Rows, time: Tensor, theta: Tensor, /) -> Tensor:
        a = self.phases[rows]
        speed = -torch.sin(time + a), 1.3 * torch.cos(1.3 * time) - torch.exp(-time) * a.cos()
        return torch.stack(speed, 1) + _bent(theta) - _bent(self.at(rows, time))

    def relaxation(self, rows: Rows, time: Tensor, theta: Tensor, shift: Tensor, /) -> Solve:
        inverse = torch.linalg.inv(torch.eye(2, dtype=torch.float64) + shift[:, None, None] * self.matrix)
        return lambda b: (inverse @ b.unsqueeze(2)).squeeze(2)

    def at(self, rows: Rows, time: Tensor) -> Tensor:
        """φ (b, 2) at flow times (b,)."""
        a = self.phases[rows]
        return torch.stack((torch.cos(time + a), torch.sin(1.3 * time) + torch.exp(-time) * a.cos()), 1)


def _bent(theta: Tensor) -> Tensor:
    """N(θ)."""
    x, y = theta.unbind(1)
    return torch.stack((-x * x * y - y, torch.sin(2.0 * x) - x * y), 1)


class Ordered:
    """An integrator that follows three lanes of that equation."""

    def __init__(self, integrator: Any) -> None:
        self.integrator: Integrator = integrator

    def laws(self) -> Laws:
        """The laws of every integrator, by name and in order."""
        laws: Laws = {"order": self.order, "between": self.between, "horizon": self.horizon, "lanes": self.alike}
        return laws | ({"tolerance": self.tolerance} if self.integrator.is_adaptive else {})

    def order(self) -> str:
        order = self.integrator.order
        return first(*(_slope(ends, order - LESS, order + MORE) for ends, _ in self._errors))

    def between(self) -> str:
        """The dense output is of the order of the steps, or of order 4 where they are of a higher one."""
        least = min(self.integrator.order, 4)
        return first(*(_slope(between, least - LESS, float("inf")) for _, between in self._errors))

    def horizon(self) -> str:
        path, *_ = self._follow(MATRICES[1], 0.3, PHASES)
        ends = bool((path.time == HORIZON).all())
        return "" if ends else f"expected a last step that ends on the horizon, came {path.time.tolist()}"

    def alike(self) -> str:
        together, *_ = self._follow(MATRICES[1], None, PHASES)
        alone = torch.cat([self._follow(MATRICES[1], None, each)[0].theta for each in PHASES.split(1)])
        return apart(together.theta, alone, "the same θ for a lane in company and alone", most=1e-12)

    def tolerance(self) -> str:
        for rtol in TOLERANCES:
            strict = Ordered(self.integrator.model_copy(update={"rtol": rtol, "atol": 1e-3 * rtol}))
            _, error, _ = strict._follow(MATRICES[0], None, PHASES)
            if not error <= FACTOR * rtol:
                return f"expected an error of at most {FACTOR:g} times rtol = {rtol:g}, came {error:.2e}"
        return ""

    @cached_property
    def _errors(self) -> list[tuple[list[float], list[float]]]:
        """By matrix: the errors at the horizon and halfway between steps, for each size of steps."""
        followed = [[self._follow(matrix, size, PHASES) for size in SIZES] for matrix in self._matrices]
        return [([error for _, error, _ in each], [between for *_, between in each]) for each in followed]

    @property
    def _matrices(self) -> tuple[list[list[float]], ...]:
        return MATRICES if self.integrator.is_implicit else MATRICES[:1]

    def _follow(self, matrix: list[list[float]], size: float | None, phases: Tensor) -> tuple[Path, float, float]:
        """The path to the horizon by steps of one size, or by its own; its error there, and the largest one halfway
        between steps.
        """
        integrator, field, whole = self._stepping(size), Known(matrix, phases), slice(None)
        path = Path.at_rest(field.at(whole, torch.zeros_like(phases)), HORIZON)
        integrator.begin(field, path, whole)
        worst = 0.0
        while (late := (path.time < HORIZON).nonzero()[:, 0]).numel():
            if size:
                path.size[:] = size
            integrator.step(field, path, late)
            middle = 0.5 * (path.begin + path.time)
            place = interpolate(middle, path.begin, path.time, path.curve, path.theta)
            worst = max(worst, float((place - field.at(whole, middle)).norm()))
        return path, float((path.theta - field.at(whole, path.time)).norm()), worst

    def _stepping(self, size: float | None) -> Integrator:
        """The same, with steps of one size: those that choose their own accept it."""
        if not size:
            return self.integrator
        known, fields = {"dt": size, "rtol": 0.1, "atol": 0.1}, type(self.integrator).model_fields
        return self.integrator.model_copy(update={name: each for name, each in known.items() if name in fields})


def _slope(errors: list[float], least: float, most: float) -> str:
    """The fault where errors of steps that are halved fall by another power of the step."""
    told = torch.tensor(errors, dtype=torch.float64)
    slopes = torch.log2(told[:-1] / told[1:])
    fits = bool(((slopes >= least) & (slopes <= most)).all())
    return "" if fits else f"expected errors of order {least:g} to {most:g}, came {slopes.tolist()}"
