"""Where lanes are in flow time, and what an integrator is that brings them on."""

import math
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

import torch
from torch import Tensor

from ..component import Component
from ..elementary import power

Rows = Tensor | slice
VectorField = Callable[[Rows, Tensor, Tensor], Tensor]
"""(rows (b,), flow times (b,), θ (b, p)) → θ' (b, p); NaN where θ is out of bounds."""
Solve = Callable[[Tensor], Tensor]
"""b (b, p) ↦ (I + cA)⁻¹b."""


@runtime_checkable
class StiffField(Protocol):
    """A vector field that knows an approximation A (b, p, p) of −∂θ'/∂θ, which linearly implicit integrators invert."""

    def __call__(self, rows: Rows, time: Tensor, theta: Tensor, /) -> Tensor: ...

    def relaxation(self, rows: Rows, time: Tensor, theta: Tensor, shift: Tensor, /) -> Solve:
        """b ↦ (I + cA)⁻¹b at θ (b, p) for c = `shift` (b,)."""
        ...


@dataclass
class Path:
    """Where B lanes are: the last accepted state and the polynomial of the last step.

    `time`, `begin` (B,): the last step went from `begin` to `time`; `theta`, `slope` (B, p) are at `time`; `curve` (B,
    5, p) holds θ(begin + s·(time − begin)) = Σ_j curve_j s^j; `size` (B,) is the next step; `steps` and `rejected` (B,)
    count, as floats; `gain` (B,) is the gain ratio of the last trial, NaN where there is none.
    """

    time: Tensor
    begin: Tensor
    theta: Tensor
    slope: Tensor
    curve: Tensor
    size: Tensor
    steps: Tensor
    rejected: Tensor
    gain: Tensor
    horizon: float
    interval: float = math.inf
    """Flow time between frames."""

    @classmethod
    def at_rest(cls, theta: Tensor, horizon: float, interval: float = math.inf) -> "Path":
        """All lanes at t = 0 in θ (B, p)."""
        lanes, parameters = theta.shape
        time = theta.new_zeros(lanes)
        curve = theta.new_zeros(lanes, 5, parameters)
        curve[:, 0] = theta
        size, steps, rejected, gain = time.clone(), time.clone(), time.clone(), torch.full_like(time, torch.nan)
        return cls(
            time,
            time.clone(),
            theta.clone(),
            torch.zeros_like(theta),
            curve,
            size,
            steps,
            rejected,
            gain,
            horizon,
            interval,
        )

    def at(self, rows: Rows, time: float) -> Tensor:
        """θ (b, p) at a flow time within the last step of each of these lanes."""
        end = self.time[rows]
        return interpolate(torch.full_like(end, time), self.begin[rows], end, self.curve[rows], self.theta[rows])

    def cut(self, rows: Rows, time: Tensor) -> None:
        """Ends the last step of some lanes at flow times (b,) within it; the dense output up to there stays what it
        was.
        """
        begin, end = self.begin[rows], self.time[rows]
        theta = interpolate(time, begin, end, self.curve[rows], self.theta[rows])
        share = ((time - begin) / (end - begin)).unsqueeze(1)
        powers = torch.cat((torch.ones_like(share), share.expand(-1, 4)), 1).cumprod(1)
        self.curve[rows] = self.curve[rows] * powers.unsqueeze(2)
        self.theta[rows], self.time[rows] = theta, time

    def place(self, rows: Rows, time: Tensor, theta: Tensor) -> None:
        """Puts lanes at rest in θ (b, p) at flow times (b,)."""
        self.begin[rows] = time
        self.time[rows] = time
        self.theta[rows] = theta
        self.curve[rows] = 0.0
        self.curve[rows, 0] = theta

    def accept(self, rows: Rows, time: Tensor, theta: Tensor, slope: Tensor, curve: Tensor) -> None:
        """Enter one step of some lanes; `curve` (b, m, p) may be of lower degree, the same at every step of a lane."""
        self.begin[rows] = self.time[rows]
        self.time[rows] = time
        self.theta[rows] = theta
        self.slope[rows] = slope
        self.curve[rows, : curve.shape[1]] = curve
        self.steps[rows] += 1


def interpolate(times: Tensor, begin: Tensor, end: Tensor, curve: Tensor, theta: Tensor) -> Tensor:
    """θ (b, p) at flow times (b,) within steps from `begin` to `end` (b,) with dense output `curve` (b, 5, p) and end
    point `theta`.
    """
    span = end - begin
    s = torch.where(span > 0, (times - begin) / span, 0.0).unsqueeze(1)
    inside = curve[:, 4]
    for degree in (3, 2, 1, 0):
        inside = torch.addcmul(curve[:, degree], inside, s)
    return torch.where((times == end).unsqueeze(1), theta, inside)


@dataclass(frozen=True)
class Trial:
    """What became of one attempted step: which lanes accepted it, and where the method cannot go on (b,); None: all
    did, nowhere.
    """

    accepted: Tensor | None = None
    broken: Tensor | None = None


class Integrator(Component):
    """Advances lanes along a vector field."""

    order: ClassVar[int]
    """p where the error of a path falls as h^p with the step h; the referee holds it to that."""
    is_adaptive: ClassVar[bool] = False
    """Whether it chooses its steps by their error, so that a step that shrinks to nothing tells of the flow and not of
    the step.
    """
    is_implicit: ClassVar[bool] = False
    """Whether it inverts an approximation of ∂θ'/∂θ, which the flow must have."""

    def begin(self, field: VectorField, path: Path, rows: Rows) -> None:
        """Prepares lanes that are at rest: their slope."""
        path.slope[rows] = field(rows, path.time[rows], path.theta[rows])

    def resume(self, field: VectorField, path: Path, rows: Rows, time: float) -> None:
        """Goes on from the dense output at a flow time, the field having changed there; what lay beyond is
        discarded.
        """
        path.place(rows, torch.full_like(path.time[rows], time), path.at(rows, time))
        self.begin(field, path, rows)

    def planned(self, path: Path, rows: Rows) -> Tensor:
        """What these lanes would move by in another such horizon at the speed that they have, (b, p)."""
        return path.horizon * path.slope[rows]

    @abstractmethod
    def step(self, field: VectorField, path: Path, rows: Rows) -> Trial:
        """One attempted step of these lanes; where it was not accepted a lane stays where it was."""


def first_size(field: VectorField, path: Path, rows: Rows, scale: Tensor, order: int) -> Tensor:
    """A first step size (b,) from two slopes, for errors of `order` measured in `scale` (b, p) (Hairer, Nørsett, Wanner
    I, II.4).
    """
    time, theta, slope = path.time[rows], path.theta[rows], path.slope[rows]
    small, steep = rms(theta / scale), rms(slope / scale)
    guess = torch.where((small < 1e-5) | (steep < 1e-5), 1e-6, 0.01 * small / steep.clamp_min(1e-300)).clamp_max(
        path.horizon
    )
    bend = rms((field(rows, time + guess, theta + guess.unsqueeze(1) * slope) - slope) / scale) / guess
    steepest = torch.fmax(steep, bend)
    better = torch.where(
        steepest <= 1e-15, (guess * 1e-3).clamp_min(1e-6), power(0.01 / steepest.clamp_min(1e-300), 1.0 / order)
    )
    return torch.minimum(100 * guess, better)


def next_size(path: Path, rows: Rows) -> tuple[Tensor, Tensor]:
    """The size (b,) and the end (b,) of the step to try: the one planned, or what is left of the horizon where that is
    about as long.
    """
    time = path.time[rows]
    left = path.horizon - time
    size = torch.where(path.size[rows] > 0.99 * left, left, path.size[rows])
    return size, torch.where(size == left, torch.full_like(time, path.horizon), time + size)


def settle(
    path: Path,
    rows: Rows,
    error: Tensor,
    order: int,
    size: Tensor,
    end: Tensor,
    new: Tensor,
    slope: Tensor,
    curve: Tensor,
) -> Trial:
    """Accepts the step to `new` (b, p) where its `error` (b,), in units of what is tolerated, is at most 1, and plans
    the next one.
    """
    error = error.nan_to_num(nan=torch.inf)
    kept = error <= 1.0
    factor = 0.9 * power(error.clamp_min(1e-10), -1.0 / order)
    path.size[rows] = size * torch.where(kept, factor.clamp(0.2, 5.0), factor.clamp(0.2, 0.9))
    if kept.all():
        path.accept(rows, end, new, slope, curve)
        return Trial()
    time = path.time[rows]
    path.accept(where(rows, kept), end[kept], new[kept], slope[kept], curve[kept])
    path.rejected[where(rows, ~kept)] += 1
    return Trial(kept, ~kept & (path.size[rows] < 1e-14 * (1.0 + time)))


def rms(values: Tensor) -> Tensor:
    """√(mean of squares), (b, p) → (b,)."""
    return values.square().mean(1).sqrt()


def where(rows: Rows, mask: Tensor) -> Tensor:
    """The rows whose mask is set, as indices."""
    return mask.nonzero()[:, 0] if isinstance(rows, slice) else rows[mask]
