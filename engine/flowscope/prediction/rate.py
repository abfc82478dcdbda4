"""Rates of the damped flow and of its steps: P9, P10, P12."""

import numpy as np

from ..flow import Arithmetic, Flow, GaussNewton, Gradient, Homotopy, SmallestEigenvalue
from ..run.spec import Integration
from ..status import Status
from .claim import Curve, Outcome, Prediction, Tolerance
from .frames import Frames
from .subject import Subject, step_size

FLOOR = 1e-16
"""Losses below this share of the first are not held against a rate."""


def bound(frames: Frames) -> tuple[np.ndarray, np.ndarray]:
    """L(t) ≤ L₀ exp(−2∫κ_ρ(λ_min(K))), κ_ρ(λ) = λ/(ρ + (1−ρ)λ), by the trapezium rule on the rows; κ = 0 where J lacks
    rank.

    The arithmetic homotopy at τ = 1 − ρ has κ = ρλ + 1 − ρ.
    """
    least, time = np.where(frames["rank"] == frames.outputs, frames["eigenvalues"][:, -1], 0.0), frames["time"]
    spoken = isinstance(frames.flow, GaussNewton | Gradient | Homotopy) or frames.is_undamped
    whole = frames["eigenvalues"].shape[1] == frames.outputs
    before, after = (_slowest(frames.flow, rho, least) for rho in (frames["rho"], frames.rho_after))
    total = np.concatenate([[0.0], np.cumsum(0.5 * (before[1:] + after[:-1]) * np.diff(time))])
    return frames["loss"][0] * np.exp(-2.0 * total), np.full(
        time.shape, whole and spoken and frames.outputs <= frames.parameters
    )


def _slowest(flow: Flow | None, rho: np.ndarray, least: np.ndarray) -> np.ndarray:
    """κ_ρ(λ_min) at each row."""
    if isinstance(flow, Arithmetic):
        return np.where(least > 0.0, rho * least + 1.0 - rho, 0.0)
    return least / np.maximum(rho + (1.0 - rho) * least, np.finfo(float).tiny)


def kernel(subject: Subject) -> str | None:
    """Why λ_min of the whole kernel is not positive."""
    if subject.outputs > subject.parameters:
        return (
            f"over-parametrised is meant: here N = {subject.outputs} outputs exceed p = {subject.parameters} "
            "parameters, so λ_min(K) = 0"
        )
    return None


def lanes(subject: Subject) -> list[tuple[Integration, Frames]]:
    """The recorded lanes in continuous time that reached their horizon."""
    solvers = (
        subject.solvers(GaussNewton) + subject.solvers(Homotopy) + ([subject.gradient] if subject.gradient else [])
    )
    made = [(solver, *subject.lanes[solver]) for solver in solvers]
    return [(solver, frames) for solver, frames, lane in made if lane.status not in (Status.RANK_LOSS, Status.ESCAPED)]


def measure_bound(subject: Subject) -> Outcome:
    worst, name = -np.inf, "none"
    for solver, frames in lanes(subject):
        values, applies = bound(frames)
        visible = applies & (frames["loss"] > FLOOR * frames["loss"][0])
        breach = float(np.max(frames["loss"][visible] / values[visible])) - 1.0 if visible.any() else np.inf
        worst, name = max((worst, name), (breach, solver.name))
    return Outcome(1.0, 1.0 + worst, worst, f"largest L/bound over all rows, at “{name}”; breach")


def scale(flow: Flow | None) -> float | None:
    """a of a damping ρ = a·λ_min(K_t)."""
    return (
        flow.damping.scale if isinstance(flow, GaussNewton) and isinstance(flow.damping, SmallestEigenvalue) else None
    )


def free(frames: Frames) -> tuple[np.ndarray, np.ndarray]:
    """L(t) ≤ L₀e^{−2t/(1+a)} for ρ_t = a·λ_min(K_t)."""
    a = scale(frames.flow)
    rate = 2.0 / (1.0 + a) if a is not None else 0.0
    applies = a is not None and frames.outputs <= frames.parameters
    return frames["loss"][0] * np.exp(-rate * frames["time"]), np.full(frames["time"].shape, applies)


def adaptive(subject: Subject) -> str | None:
    """Why no lane is damped by λ_min of the whole kernel."""
    if all(scale(solver.flow) is None for solver in subject.solvers(GaussNewton)):
        return "the preset has no damping ρ = a·λ_min(K_t)"
    return kernel(subject)


def measure_free(subject: Subject) -> Outcome:
    """The least momentary exponent between rows, on the preset and on the same with its inputs drawn together by
    half.
    """
    spec = subject.spec.model_copy(update={"problem": subject.points(0.5)})
    solver = next(s for s in subject.solvers(GaussNewton) if scale(s.flow) is not None)
    exponents, eigenvalues, whole = [], [], True
    for frames, lane in (subject.lane(solver), subject.record(spec, solver)):
        visible = frames["loss"] > FLOOR * frames["loss"][0]
        exponents.append(float(np.min(-np.diff(np.log(frames["loss"][visible])) / np.diff(frames["time"][visible]))))
        eigenvalues.append(float(frames["eigenvalues"][0, -1]))
        whole &= not lane.status.is_early
    predicted, measured = 2.0 / (1.0 + (scale(solver.flow) or 0.0)), min(exponents)
    departure = max(0.0, 1.0 - measured / predicted) if whole else np.inf
    shown = ", ".join(f"{e:.3f} at λ_min(K₀) = {q:.0e}" for e, q in zip(exponents, eigenvalues, strict=True))
    return Outcome(predicted, measured, departure, f"least momentary exponent of L: {shown}; short by")


def at_steps(frames: Frames) -> np.ndarray:
    """The rows (k,) that fall on a step of the Euler lane; none for every other lane."""
    eta, time = step_size(frames.solver), frames["time"]
    if eta is None:
        return np.empty(0, dtype=int)
    return np.flatnonzero(np.abs(time - frames["step"] * eta) < 1e-9 * (1.0 + time))


def ratio(frames: Frames) -> np.ndarray:
    """‖r_{k+1}‖/‖r_k‖ of the step that each row lies within or ends, the geometric mean where rows are several steps
    apart.
    """
    shrunk, at = np.full(frames["time"].shape, np.nan), at_steps(frames)
    if at.size > 1:
        norm, step = frames["residual_norm"][at], frames["step"][at]
        with np.errstate(divide="ignore", invalid="ignore"):
            means = (norm[1:] / norm[:-1]) ** (1.0 / np.maximum(np.diff(step), 1.0))
        shrunk[at[1:]] = means
    return shrunk


def contraction(frames: Frames) -> tuple[np.ndarray, np.ndarray]:
    """‖r_{k+1}‖/‖r_k‖ = |1 − η| at the steps of size η, between a thousandth of the first residual and its rounding."""
    norm, eta, applies = frames["residual_norm"], step_size(frames.solver), np.zeros(frames["time"].shape, dtype=bool)
    if eta is None or eta == 1.0:
        return norm, applies
    applies[at_steps(frames)[1:]] = True
    before = np.concatenate([norm[:1], norm[:-1]])
    settled = np.logical_or.accumulate(before < 1e-3 * norm[0]) & (norm > 1e-9 * norm[0])
    return np.full(norm.shape, abs(1.0 - eta)), applies & settled & frames.full_rank


def stated(frames: Frames) -> dict[str, str]:
    """|1 − η| for the caption."""
    return {"ratio": f"{abs(1.0 - (step_size(frames.solver) or 0.0)):.3g}"}


def steps(subject: Subject) -> str | None:
    """Why the steps of undamped Gauss–Newton have no common ratio."""
    if not subject.stepped:
        return "the preset has no undamped Gauss–Newton by Euler steps"
    if subject.outputs > subject.parameters:
        return (
            f"over-parametrised is meant: here N = {subject.outputs} outputs exceed p = {subject.parameters} parameters"
        )
    rank = subject.reference_rank(subject.start)
    return None if rank == subject.outputs else f"full rank is assumed: here rank J = {rank} < N = {subject.outputs}"


def measure_contraction(subject: Subject) -> Outcome:
    """The ratio ‖r_{k+1}‖/‖r_k‖ at the last step before rounding, for every η of the preset."""
    worst = (-1.0, np.nan, np.nan)
    shown: list[str] = []
    for solver, eta in subject.stepped:
        frames, _ = subject.lane(solver)
        at_step = np.abs(frames["time"] - frames["step"] * eta) < 1e-9 * (1.0 + frames["time"])
        norm = frames["residual_norm"][at_step]
        tail = norm[norm > 1e-9 * norm[0]]
        ratio = float(tail[-1] / tail[-2]) if tail.size > 2 and tail[-1] < 1e-4 * norm[0] else np.nan
        shown.append(f"{ratio:.4f} at η = {eta:g}")
        off = abs(ratio - abs(1.0 - eta))
        worst = max(worst, (off if np.isfinite(off) else np.inf, abs(1.0 - eta), ratio))
    return Outcome(worst[1], worst[2], worst[0], f"‖r_{{k+1}}‖/‖r_k‖ in the tail: {', '.join(shown)}; the worst")


PREDICTIONS = (
    Prediction(
        "P9",
        "L(t) ≤ L₀ exp(−2∫κ_ρ(λ_min(K))), κ_ρ(λ) = λ/(ρ + (1−ρ)λ), for every damping, without any width",
        "N ≤ p, so that λ_min(K) need not vanish",
        Tolerance(0.01, "trapezium rule on the rows: interval² of the rate's second derivative"),
        kernel,
        measure_bound,
        Curve("loss", bound, "≤ ${L}_{0} e^{−2∫κ d${t}}", sense="at most", scheduled=False),
        every_lane=True,
    ),
    Prediction(
        "P10",
        "ρ_t = a·λ_min(K_t): the exponent of L is at least 2/(1 + a), whatever λ_min is",
        "N ≤ p and full rank",
        Tolerance(1e-4, "P1's accuracy of ln L over one interval"),
        adaptive,
        measure_free,
        Curve("loss", free, "≤ ${L}_{0} e^{−2/(1+a) · ${t}}", sense="at most", ahead=True),
    ),
    Prediction(
        "P12",
        "Gauss–Newton by steps of size η: ‖r_{k+1}‖/‖r_k‖ → |1 − η|",
        "rank J = N; Euler steps at ρ = 0",
        Tolerance(1e-3, "the second-order term of one step, O(‖r‖) at ‖r‖ < 1e-4 ‖r₀‖"),
        steps,
        measure_contraction,
        Curve(
            "contraction",
            contraction,
            "|1 − η| = ${ratio}",
            tolerance=1e-2,
            lasting=False,
            measured=ratio,
            symbols=stated,
        ),
    ),
)
