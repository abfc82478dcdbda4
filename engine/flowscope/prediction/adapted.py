"""Chen's adapted flow (Gauss–Newton at ρ = 0, in our clock t = s/N): P1, P2, P3, P5, P11."""

from math import log

import numpy as np
import torch

from ..flow import (
    Arithmetic,
    Flow,
    GaussNewton,
    GeneralisedGaussNewton,
    Harmonic,
    PseudoInverse,
    Pullback,
    Pushforward,
    StraightLine,
)
from ..flow.damping import Start
from ..status import Status
from .claim import Curve, Mark, Outcome, Prediction, Tolerance
from .frames import Frames
from .subject import Subject, relative

FLOOR = 1e-20
"""Losses below this share of the first are rounding."""
STRAIGHT = 1e-6
"""A deviation from the segment, relative to its length, that a hundred steps at relative tolerance 1e-9 may leave."""
INVERTING: tuple[type[Flow], ...] = (
    GaussNewton,
    GeneralisedGaussNewton,
    Pullback,
    Pushforward,
    PseudoInverse,
    StraightLine,
    Arithmetic,
    Harmonic,
)
"""The flows that are θ' = −J⁻¹r at ρ = 0 where J is invertible; the straight line at its start."""
VANISHED = 1e-6
"""σ_min at the end of a lane, relative to the first, below which the reference says that J vanished."""


def over(subject: Subject) -> str | None:
    """Why rank J = N fails along the Gauss–Newton flow."""
    if getattr(subject.network, "activation", "tanh") == "relu":
        return (
            "a smooth activation is meant: under ReLU the flow chatters between linear pieces, and its mean "
            "velocity is not f' = −r"
        )
    if subject.newton is None:
        return "the preset has no Gauss–Newton flow at ρ = 0 in continuous time"
    if subject.outputs > subject.parameters:
        return (
            f"over-parametrised is meant: here N = {subject.outputs} outputs exceed p = {subject.parameters} parameters"
        )
    rank = subject.reference_rank(subject.start)
    if rank < subject.outputs:
        return f"full rank is assumed: here rank J = {rank} < N = {subject.outputs} at the start"
    frames, lane = subject.lane(subject.newton)
    worst = float(np.min(frames["sigma_min"] / frames["sigma_max"]))
    if lane.status is Status.RANK_LOSS and worst < 1e-8:
        return f"full rank along the path is assumed: J lost it at t = {lane.time:.3g}"
    if lane.status in (Status.RANK_LOSS, Status.ESCAPED) and frames["theta"].shape[1] == subject.parameters:
        ends = (torch.from_numpy(frames["theta"][row]) for row in (0, -1))
        first, left = (float(np.linalg.svd(subject.jacobian(theta), compute_uv=False)[-1]) for theta in ends)
        if left < VANISHED * first:
            return (
                f"full rank along the path is assumed: J vanished at t = {lane.time:.6f}, σ_min from {first:.2g} to "
                f"{left:.1g}"
            )
    return None


def newton(subject: Subject) -> Frames:
    """The recording of the preset's Gauss–Newton flow."""
    assert subject.newton is not None, "the objection was asked first"
    frames, lane = subject.lane(subject.newton)
    assert frames["time"].size > 0, lane.sentence
    return frames


def covered(frames: Frames) -> float:
    """0 where the lane reached its horizon, infinite where the engine gave up although the assumption held."""
    return 0.0 if frames["time"][-1] >= frames.spec.horizon * (1 - 1e-12) else np.inf


def adapts(frames: Frames) -> np.ndarray:
    """Whether f' = −r at each row: undamped, smooth, and J of rank N so far."""
    return frames.full_rank & (frames.is_undamped and frames.is_smooth)


def decay(frames: Frames) -> tuple[np.ndarray, np.ndarray]:
    """L(t) = L₀e^{−2t}."""
    return frames["loss"][0] * np.exp(-2.0 * frames["time"]), adapts(frames)


def stopping_time(share: float) -> float:
    """t_ε = ½ ln(L₀/ε) for ε = share · L₀."""
    return 0.5 * log(1.0 / share)


def segment(frames: Frames) -> tuple[np.ndarray, np.ndarray]:
    """f(t) = y + e^{−t}(f₀ − y)."""
    applies = adapts(frames) & np.isfinite(frames["outputs"]).all(1)
    return frames.target + np.exp(-frames["time"])[:, None] * (frames["outputs"][0] - frames.target), applies


def deviation(frames: Frames) -> np.ndarray:
    """‖f(t) − y − e^{−t}(f₀ − y)‖/‖f₀ − y‖, at each row."""
    expected, _ = segment(frames)
    return np.linalg.norm(frames["outputs"] - expected, axis=1) / np.linalg.norm(frames["outputs"][0] - frames.target)


def straight(frames: Frames) -> tuple[np.ndarray, np.ndarray]:
    """The deviation stays below what the integrator's tolerance allows."""
    _, applies = segment(frames)
    return np.full(applies.shape, STRAIGHT * frames.coarseness), applies


def measure_decay(subject: Subject) -> Outcome:
    frames = newton(subject)
    expected, _ = decay(frames)
    visible = expected > FLOOR * expected[0]
    departure = float(np.abs(np.log(frames["loss"][visible] / expected[visible])).max())
    last = int(np.flatnonzero(visible)[-1])
    return Outcome(
        float(np.log(expected[last] / expected[0])),
        float(np.log(frames["loss"][last] / frames["loss"][0])),
        departure + covered(frames),
        f"ln(L/L₀) at t = {frames['time'][last]:g}; largest |ln(L/L₀) + 2t| on the way",
    )


def measure_segment(subject: Subject) -> Outcome:
    frames = newton(subject)
    worst = float(deviation(frames).max())
    return Outcome(0.0, worst, worst + covered(frames), "largest ‖f(t) − y − e^{−t}(f₀ − y)‖/‖f₀ − y‖")


def measure_stopping_time(subject: Subject) -> Outcome:
    first, epsilon = subject.loss(subject.residual(subject.start)), 1e-4 * subject.loss(subject.residual(subject.start))
    time = stopping_time(epsilon / first)
    assert subject.newton is not None, "the objection was asked first"
    spec = subject.spec.model_copy(update={"horizon": time, "interval": time})
    frames, _ = subject.record(spec, subject.newton)
    reached = float(frames["loss"][-1])
    return Outcome(
        epsilon,
        reached,
        abs(reached / epsilon - 1.0) + covered(frames),
        f"L at t_ε = ½ ln(L₀/ε) = {time:.6g}, relative to ε",
    )


def measure_exponent(subject: Subject) -> Outcome:
    frames = newton(subject)
    loss, time = frames["loss"], frames["time"]
    window = (loss > 1e-8 * loss[0]) & (loss < 1e-2 * loss[0])
    slope = -float(np.polyfit(time[window], np.log(loss[window]), 1)[0]) if window.sum() > 2 else np.nan
    smallest = float(frames["sigma_min"][0]) ** 2 / subject.data.samples
    return Outcome(2.0, slope, abs(slope - 2.0), f"fitted over six decades of L at λ_min(K₀) = {smallest:.1e}")


def borderline(subject: Subject) -> str | None:
    """Why J has no inverse at the start: that is where the formulas are compared."""
    if subject.outputs != subject.parameters:
        return f"as many parameters as outputs are meant: here p = {subject.parameters} and N = {subject.outputs}"
    rank = subject.reference_rank(subject.start)
    return (
        None if rank == subject.outputs else f"an inverse of J is assumed: here rank J = {rank} < N = {subject.outputs}"
    )


def measure_borderline(subject: Subject) -> Outcome:
    """The velocities of the engine's flows that invert J, both of Chen's among them, against −J⁻¹r by Gaussian
    elimination in NumPy.
    """
    worst, cond = 0.0, 0.0
    undamped = torch.zeros(1, dtype=torch.float64)
    for theta in (
        subject.start,
        subject.start + 0.01 * torch.cos(torch.arange(subject.parameters, dtype=torch.float64)),
    ):
        j, r = subject.jacobian(theta), subject.residual(theta)
        exact = np.linalg.solve(j, r)
        for flow in INVERTING:
            at = subject.squared(theta.unsqueeze(0), torch.from_numpy(r).unsqueeze(0))
            way = flow.velocity(at, undamped, Start.of(at))[0].numpy()
            worst = max(worst, relative(way + exact, exact))
        cond = max(cond, float(np.linalg.cond(j)))
    return Outcome(
        0.0, worst, worst, f"largest relative difference of {len(INVERTING)} flows from −J⁻¹r at cond J = {cond:.0f}"
    )


ASSUMED = "rank J = N along the path (over-parametrised); Gauss–Newton at ρ = 0 in continuous time"
PREDICTIONS = (
    Prediction(
        "P1",
        "L(t) = L₀e^{−2t} for any network and any start",
        ASSUMED,
        Tolerance(1e-4, "an error of 1e-8 in f after a hundred steps at 1e-9, magnified by e^t ≤ e⁸ as r shrinks"),
        over,
        measure_decay,
        Curve("loss", decay, "${L}_{0} e^{−2${t}}", ahead=True),
    ),
    Prediction(
        "P2",
        "f(t) = y + e^{−t}(f₀ − y): the outputs go straight to the labels",
        ASSUMED,
        Tolerance(STRAIGHT, "a hundred steps at relative tolerance 1e-9, with a margin of ten"),
        over,
        measure_segment,
        Curve("deviation", straight, "off the segment: ≤ 1e−6", sense="at most", measured=deviation),
    ),
    Prediction(
        "P3",
        "L reaches ε at t_ε = ½ ln(L₀/ε), known before the run",
        ASSUMED,
        Tolerance(1e-5, "P1's departure at L/L₀ = 1e-4, where r is magnified a hundredfold only"),
        over,
        measure_stopping_time,
        mark=Mark("loss", stopping_time, adapts, "${time}_{ε} = ${half} ln(${L}_{0}/ε)"),
    ),
    Prediction(
        "P5",
        "as many parameters as outputs: both of Chen's formulas are J⁻¹",
        "N = p and J invertible",
        Tolerance(1e-10, "an inversion loses cond(J) ulp: 79 · 2e-16 = 2e-14, a damped one cond(J)², with a margin"),
        borderline,
        measure_borderline,
        any_loss=True,
    ),
    Prediction(
        "P11",
        "without damping the exponent of L is exactly 2, whatever λ_min is",
        ASSUMED,
        Tolerance(1e-4, "as P1: a departure of ln L by 1e-4 over more than one unit of time"),
        over,
        measure_exponent,
    ),
)
