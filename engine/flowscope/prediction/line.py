"""The straight line on a finite clock (2408.01517) and how closely Runge–Kutta steps follow it: P20."""

import numpy as np

from ..flow import StraightLine
from ..integrator import RK4
from ..run.spec import Integration
from .adapted import covered
from .claim import Outcome, Prediction, Tolerance
from .frames import Frames
from .holonomy import horizontal
from .subject import Subject


def lines(subject: Subject) -> list[tuple[Integration, float]]:
    """The preset's straight lines by Runge–Kutta steps, with their steps, the longest first."""
    found = [(s, s.integrator.dt) for s in subject.solvers(StraightLine) if isinstance(s.integrator, RK4)]
    return sorted(found, key=lambda item: -item[1])


def stepped(subject: Subject) -> str | None:
    """Why there is no order to measure."""
    if len(lines(subject)) < 3:
        return "the preset has no straight line by three Runge–Kutta steps or more"
    return horizontal(subject)


def bend(frames: Frames, size: float) -> float:
    """Largest ‖f(τ) − (1−τ)f₀ − τy‖/‖y − f₀‖ over the ends of the steps."""
    time, f = frames["time"], frames["outputs"]
    whole = np.abs(time / size - np.round(time / size)) < 1e-6
    way = frames.target - f[0]
    off = np.linalg.norm(f - f[0] - time[:, None] * way, axis=1)
    return float(off[whole].max() / np.linalg.norm(way))


def measure_order(subject: Subject) -> Outcome:
    """The slope of ln bend over ln h between the two shortest steps."""
    made = [(size, subject.lane(solver)[0]) for solver, size in lines(subject)]
    bends = [bend(frames, size) for size, frames in made]
    order = float(np.log(bends[-2] / bends[-1]) / np.log(made[-2][0] / made[-1][0]))
    shown = ", ".join(f"{value:.1e} at h = 1/{1 / size:.0f}" for value, (size, _) in zip(bends, made, strict=True))
    return Outcome(
        4.0, order, abs(order - 4.0) + sum(covered(frames) for _, frames in made), f"order of the bend: {shown}; off by"
    )


PREDICTIONS = (
    Prediction(
        "P20",
        "dθ/dτ = −J⁺r₀ runs along f(τ) = (1−τ)f₀ + τy for τ from 0 to 1: Runge–Kutta steps depart from it with order 4",
        "rank J = N < p; the straight line by classical Runge–Kutta steps",
        Tolerance(0.2, "the next term of the error, O(h) relative to the first, at the two shortest steps"),
        stepped,
        measure_order,
    ),
)
