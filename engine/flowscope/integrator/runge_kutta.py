"""Time discretisation of a flow, for lanes that each keep their own time and step size, with dense output."""

import math
from abc import abstractmethod
from collections.abc import Iterator
from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from ..component import Experiment, Objection, Real
from .path import Integrator, Path, Rows, Trial, VectorField, first_size, next_size, rms, settle, where

STEPS = 5_000_000
"""Steps of one size in a run, at most."""


class FixedStep(Integrator):
    """Steps that end at multiples of one size; the last one ends on the horizon."""

    dt: Real = Field(default=0.05, gt=0, le=1e6, description="step size h, in flow time")

    @abstractmethod
    def advance(
        self, field: VectorField, rows: Rows, time: Tensor, size: Tensor, theta: Tensor, slope: Tensor
    ) -> Tensor:
        """θ (b, p) one step of `size` (b,) later."""

    @abstractmethod
    def curve(self, theta: Tensor, slope: Tensor, new: Tensor, new_slope: Tensor, size: Tensor) -> Tensor:
        """The dense output (b, m, p) between two states."""

    def check(self, spec: Experiment) -> Iterator[Objection]:
        if (steps := spec.horizon / self.dt) > STEPS:
            yield "dt", f"at most {STEPS} steps (horizon/dt)", f"{steps:.6g}"

    def step(self, field: VectorField, path: Path, rows: Rows) -> Trial:
        time, theta, slope = path.time[rows], path.theta[rows], path.slope[rows]
        end = torch.floor(time / self.dt + 1e-6).add_(1.0).mul_(self.dt)
        end = torch.where(end > path.horizon - 1e-9 * self.dt, path.horizon, end)
        size = end - time
        new = self.advance(field, rows, time, size, theta, slope)
        new_slope = field(rows, end, new)
        curve = self.curve(theta, slope, new, new_slope, size)
        if math.isfinite(float(new_slope.sum())):
            path.accept(rows, end, new, new_slope, curve)
            return Trial()
        kept = torch.isfinite(new_slope).all(1)
        path.accept(where(rows, kept), end[kept], new[kept], new_slope[kept], curve[kept])
        return Trial(kept, ~kept)


class Euler(FixedStep):
    """θ₊ = θ + h θ'. On gradient flow this is gradient descent with step h; on the damped flow with h = 1 a
    Levenberg–Marquardt step.
    """

    order: ClassVar[int] = 1

    kind: Literal["euler"] = "euler"

    def advance(
        self, field: VectorField, rows: Rows, time: Tensor, size: Tensor, theta: Tensor, slope: Tensor
    ) -> Tensor:
        return torch.addcmul(theta, slope, size.unsqueeze(1))

    def curve(self, theta: Tensor, slope: Tensor, new: Tensor, new_slope: Tensor, size: Tensor) -> Tensor:
        return torch.stack((theta, new - theta), 1)


class RK4(FixedStep):
    """The classical Runge–Kutta method of order 4; dense output by the cubic Hermite interpolant."""

    order: ClassVar[int] = 4

    kind: Literal["rk4"] = "rk4"

    def advance(
        self, field: VectorField, rows: Rows, time: Tensor, size: Tensor, theta: Tensor, slope: Tensor
    ) -> Tensor:
        h, half = size.unsqueeze(1), 0.5 * size
        second = field(rows, time + half, theta + 0.5 * h * slope)
        third = field(rows, time + half, theta + 0.5 * h * second)
        fourth = field(rows, time + size, theta + h * third)
        return theta + h / 6.0 * (slope + 2.0 * (second + third) + fourth)

    def curve(self, theta: Tensor, slope: Tensor, new: Tensor, new_slope: Tensor, size: Tensor) -> Tensor:
        first, last, gap = size.unsqueeze(1) * slope, size.unsqueeze(1) * new_slope, new - theta
        return torch.stack((theta, first, 3.0 * gap - 2.0 * first - last, first + last - 2.0 * gap), 1)


def _matrix(rows: list[list[float]]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


# Dormand & Prince 1980, RK5(4)7M; the quartic interpolant is Shampine's (1986), as in MATLAB's ode45 and SciPy's RK45.
_NODES = (1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0)
_WEIGHTS = (
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
_STAGES = tuple(torch.tensor(row, dtype=torch.float64) for row in _WEIGHTS)
_ERROR = torch.tensor(
    [-71 / 57600, 0.0, 71 / 16695, -71 / 1920, 17253 / 339200, -22 / 525, 1 / 40], dtype=torch.float64
)
_DENSE = _matrix(
    [
        [1.0, -8048581381 / 2820520608, 8663915743 / 2820520608, -12715105075 / 11282082432],
        [0.0, 0.0, 0.0, 0.0],
        [0.0, 131558114200 / 32700410799, -68118460800 / 10900136933, 87487479700 / 32700410799],
        [0.0, -1754552775 / 470086768, 14199869525 / 1410260304, -10690763975 / 1880347072],
        [0.0, 127303824393 / 49829197408, -318862633887 / 49829197408, 701980252875 / 199316789632],
        [0.0, -282668133 / 205662961, 2019193451 / 616988883, -1453857185 / 822651844],
        [0.0, 40617522 / 29380423, -110615467 / 29380423, 69997945 / 29380423],
    ]
)


class DormandPrince(Integrator):
    """Dormand–Prince 5(4): adaptive steps from the embedded error, local extrapolation, dense output of order 4, first
    same as last.
    """

    order: ClassVar[int] = 5
    is_adaptive: ClassVar[bool] = True

    kind: Literal["dormand_prince"] = "dormand_prince"
    rtol: Real = Field(default=1e-9, ge=1e-13, le=1e-1, description="relative tolerance of one step")
    atol: Real = Field(default=1e-12, ge=1e-15, le=1e-1, description="absolute tolerance of one step, in units of θ")

    def begin(self, field: VectorField, path: Path, rows: Rows) -> None:
        """The slope and a first step size (Hairer, Nørsett, Wanner I, II.4)."""
        super().begin(field, path, rows)
        path.size[rows] = first_size(field, path, rows, self.atol + self.rtol * path.theta[rows].abs(), self.order)

    def step(self, field: VectorField, path: Path, rows: Rows) -> Trial:
        time, theta = path.time[rows], path.theta[rows]
        size, end = next_size(path, rows)
        h, k = size.unsqueeze(1), path.slope[rows].unsqueeze(1)
        new = theta
        for node, weights in zip(_NODES, _STAGES, strict=True):
            new = theta + h * (weights.to(theta.device) @ k)
            k = torch.cat((k, field(rows, time + node * size, new).unsqueeze(1)), 1)
        scale = self.atol + self.rtol * torch.maximum(theta.abs(), new.abs())
        error = rms(h * (_ERROR.to(theta.device) @ k) / scale)
        curve = torch.cat((theta.unsqueeze(1), size[:, None, None] * (_DENSE.T.to(theta.device) @ k)), 1)
        return settle(path, rows, error, self.order, size, end, new, k[:, -1], curve)
