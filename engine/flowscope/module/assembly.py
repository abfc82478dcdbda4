"""Modules that drive each other: the rate that their parts promise together, beside that of the whole, sampled and
between trajectories.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Annotated, Literal

import numpy as np
import scipy  # its parts load at their first use: half a second of every start
import torch
from pydantic import Field, model_validator
from torch import Tensor

from ..component import Component, Count, Real, parse, wrong
from .contraction import Estimate, Frame, VectorField, identity, sampled_rate, trajectory_rate
from .coupling import network_rate

LOPSIDED = 30.0
"""The scales of a metric diag(ε_i²I) stay within this factor of each other: a distance may overshoot by as much before
it falls.
"""
POINTS, FRAMES, SPREAD = 48, 241, 2.0
"""Places at which a rate is sampled, moments of a trajectory that are kept, and how far from 0 both begin."""
FAR, NEAR = 1e6, 1e-11
"""Two trajectories are followed until one is farther from 0, or both are nearer to each other, where rounding is what
is left.
"""

TURNS = 10_000.0
"""Up to so much of the sum of gains times the horizon trajectories are followed: seconds of work where all of eight
modules swing.
"""


@dataclass(frozen=True)
class Composed:
    """N modules as one: `rates` (N,) of the parts, and `predicted` −λ_max(C), C_ii = −λ_i and C_ij = ½‖ε_iA_ij/ε_j +
    (ε_jA_ji/ε_i)ᵀ‖.

    That is promised in the metric diag(ε_i²I) with the `scales` ε (N,): the best within a factor of 30, largest 1;
    distances may overshoot by 1/min ε. Where it is not positive nothing is promised. `sampled` and `seen` are in that
    metric: the least rate of the whole over places, and between two trajectories `first` and `second` (T, d) at `time`
    (T,), `distance` (T,) apart, `parts` (T, N) by modules.
    """

    rates: tuple[float, ...]
    predicted: float
    scales: tuple[float, ...]
    sampled: Estimate
    seen: Estimate
    time: Tensor
    first: Tensor
    second: Tensor
    distance: Tensor
    parts: Tensor


def composed(
    fields: Sequence[VectorField],
    sizes: Sequence[int],
    coupling: Tensor,
    *,
    rates: Sequence[float] | None = None,
    horizon: float = 4.0,
    seed: int = 0,
) -> Composed:
    """x_i' = f_i(x_i) + Σ_j A_ij x_j for x_i (sizes[i],) and A the `coupling` (d, d), d the sum of sizes; its diagonal
    blocks are not read.

    `rates` are those of the modules alone where they are known; else they are sampled, and a promise from them is an
    estimate too. The two trajectories are integrated to a relative 1e-9 (DOP853) and end early 1e6 from the origin, or
    where they are 1e-11 apart. Raises ValueError where shapes disagree and where the fields cannot be followed.
    """
    if len(fields) != len(sizes):
        raise ValueError(f"expected a size for each of {len(fields)} fields, came {len(sizes)} sizes")
    ends = [0, *accumulate(sizes)]
    spans = [slice(a, b) for a, b in pairwise(ends)]
    if coupling.shape != (ends[-1], ends[-1]):
        raise ValueError(f"expected a coupling of shape {(ends[-1], ends[-1])}, came {tuple(coupling.shape)}")
    between = coupling.double().clone()
    for span in spans:
        between[span, span] = 0.0

    def whole(x: Tensor) -> Tensor:
        return torch.cat([field(x[span]) for field, span in zip(fields, spans, strict=True)]) + between @ x

    generator = torch.Generator().manual_seed(seed)
    points = SPREAD * torch.randn(POINTS, ends[-1], generator=generator, dtype=torch.float64)
    if rates is None:
        alone = [(field, points[:, span]) for field, span in zip(fields, spans, strict=True)]
        rates = [sampled_rate(field, identity(at.shape[1]), at).rate for field, at in alone]
    scales, predicted = best_scales(rates, between, spans)
    frame = torch.cat(
        [torch.full((size,), scale, dtype=torch.float64) for size, scale in zip(sizes, scales, strict=True)]
    )
    sampled = sampled_rate(whole, _constant(torch.diag(frame)), points)
    time, paths = _paths(whole, points[:2], horizon)
    first, second = paths.unbind(1)
    apart = (second - first) * frame
    parts = torch.stack([torch.linalg.vector_norm(apart[:, span], dim=1) for span in spans], 1)
    seen = trajectory_rate(first, second, time, torch.diag(frame))
    distance = torch.linalg.vector_norm(apart, dim=1)
    return Composed(tuple(rates), predicted, tuple(scales), sampled, seen, time, first, second, distance, parts)


def best_scales(rates: Sequence[float], coupling: Tensor, spans: Sequence[slice]) -> tuple[list[float], float]:
    """The scales ε, largest 1, within `LOPSIDED` of each other, whose metric promises most, and that rate.

    −λ_max(C) is concave in ln ε (ours: entries of C are convex in ln ε, and λ_max grows with them), so that there are
    no lesser hills. The search stops anywhere, and whatever it stops at is a promise that holds.
    """
    blocks = coupling.numpy()
    pairs = [(i, j, blocks[a, b], blocks[b, a].T) for i, a in enumerate(spans) for j, b in enumerate(spans) if j > i]
    pairs = [pair for pair in pairs if pair[2].any() or pair[3].any()]

    def promised(logs: np.ndarray) -> float:
        scales = np.exp(logs - logs.max())
        norms = torch.zeros(len(rates), len(rates), dtype=torch.float64)
        for i, j, there, back in pairs:
            ratio = scales[i] / scales[j]
            norms[i, j] = norms[j, i] = float(np.linalg.norm(0.5 * (ratio * there + back / ratio), 2))
        return network_rate(rates, norms)

    best = np.zeros(len(rates))
    if pairs:
        bounds = [(-np.log(LOPSIDED), 0.0)] * len(rates)
        for method in ("Powell", "Nelder-Mead", "Powell"):
            found = scipy.optimize.minimize(lambda logs: -promised(logs), best, method=method, bounds=bounds).x
            best = max(best, found, key=promised)
    return np.exp(best - best.max()).tolist(), promised(best)


def _constant(frame: Tensor) -> Frame:
    return lambda x: frame


def _paths(field: VectorField, starts: Tensor, horizon: float) -> tuple[Tensor, Tensor]:
    """Times (T,) and the trajectories (T, k, d) from starts (k, d)."""

    def velocity(_: float, state: np.ndarray) -> np.ndarray:
        return torch.cat([field(x) for x in torch.from_numpy(state).view_as(starts)]).numpy()

    def near(_: float, state: np.ndarray) -> float:
        return FAR - float(np.abs(state).max())

    near.terminal = True  # pyright: ignore[reportFunctionMemberAccess]  # this is how scipy is told
    times = np.linspace(0.0, horizon, FRAMES)
    found = scipy.integrate.solve_ivp(
        velocity, (0.0, horizon), starts.flatten().numpy(), "DOP853", times, events=near, rtol=1e-9, atol=1e-16
    )
    if found.status < 0:
        raise ValueError(
            f"expected fields that can be followed to t = {horizon:g}, came ones that stop the integrator: "
            f"{found.message}"
        )
    time, states = (
        np.append(found.t, found.t_events[0]),
        np.concatenate((found.y.T, found.y_events[0].reshape(-1, starts.numel()))),
    )
    paths = torch.from_numpy(states).unflatten(1, starts.shape)
    apart = torch.linalg.vector_norm(paths[:, 1] - paths[:, 0], dim=1) >= NEAR
    count = max(2, int(apart.to(torch.int64).cumprod(0).sum()))
    return torch.from_numpy(time)[:count], paths[:count]


class Well(Component):
    """x' = −λx − b tanh(x) for x of two numbers: it descends ½λ|x|² + bΣ ln cosh x. Contracts at λ at least, and at λ +
    b at the bottom.
    """

    rate: Annotated[Real, Field(gt=0, le=10)] = Field(
        default=1.0, description="λ, the rate at which it contracts, alone, wherever it is"
    )
    bend: Annotated[Real, Field(ge=0, le=10)] = Field(default=0.0, description="b, by how much more at its bottom")

    @property
    def field(self) -> VectorField:
        """x (2,) ↦ x' (2,)."""
        return lambda x: -self.rate * x - self.bend * torch.tanh(x)


class Wire(Component):
    """How one module drives another: x_target' += g x_source, back −g (`skew`, a min–max pair), +g (`symmetric`) or
    nothing (`series`).
    """

    source: Annotated[Count, Field(ge=0)] = Field(description="the module that drives")
    target: Annotated[Count, Field(ge=0)] = Field(description="the module that is driven")
    form: Literal["series", "skew", "symmetric"] = Field(
        default="series", description="what comes back: nothing, −gᵀ or +gᵀ"
    )
    gain: Annotated[Real, Field(ge=0, le=100)] = Field(default=1.0, description="g, how strongly")


class Assembly(Component):
    """Wells of two numbers each, joined by wires, and two trajectories from a seed: the form of the page and of ten
    lines of Python.
    """

    modules: Annotated[tuple[Well, ...], Field(min_length=1, max_length=8)]
    wires: Annotated[tuple[Wire, ...], Field(max_length=56)] = ()
    horizon: Annotated[Real, Field(gt=0, le=100)] = Field(
        default=4.0, description="how long the two trajectories are followed"
    )
    seed: Annotated[Count, Field(ge=0, lt=2**31)] = Field(
        default=0, description="of the two starts and of the places a rate is sampled at"
    )

    @model_validator(mode="after")
    def _joined(self) -> "Assembly":
        for number, wire in enumerate(self.wires):
            for end in ("source", "target"):
                if getattr(wire, end) >= len(self.modules):
                    raise wrong(
                        f"wires.{number}.{end}", f"one of the modules 0 to {len(self.modules) - 1}", getattr(wire, end)
                    )
            if wire.source == wire.target:
                raise wrong(f"wires.{number}.target", "another module than the source", wire.target)
        turns = self.horizon * sum(wire.gain for wire in self.wires)
        if turns > TURNS:
            raise wrong("horizon", f"at most {TURNS:g} over the sum of gains", self.horizon)
        return self

    @property
    def coupling(self) -> Tensor:
        """A (2N, 2N): every gain times the identity of two numbers."""
        gains = torch.zeros(len(self.modules), len(self.modules), dtype=torch.float64)
        back = {"series": 0.0, "skew": -1.0, "symmetric": 1.0}
        for wire in self.wires:
            gains[wire.target, wire.source] += wire.gain
            gains[wire.source, wire.target] += back[wire.form] * wire.gain
        return torch.kron(gains, torch.eye(2, dtype=torch.float64))

    def composed(self) -> Composed:
        """What the parts promise, since their rates are known, beside what the whole does."""
        fields, rates = [each.field for each in self.modules], [each.rate for each in self.modules]
        return composed(fields, [2] * len(fields), self.coupling, rates=rates, horizon=self.horizon, seed=self.seed)


def parse_assembly(text: str | bytes) -> Assembly:
    """An assembly from JSON text. Raises SpecError for the first thing that is wrong with it."""
    return parse(Assembly, text)
