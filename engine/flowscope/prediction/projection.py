"""The projector on the range of J, and where the flows stand still: P4, P6, P14."""

import numpy as np
import torch

from .claim import Curve, Outcome, Prediction, Tolerance
from .frames import Frames
from .subject import Subject, orthonormal

POINTS = 12
"""Points of a path that are looked at."""


def always(subject: Subject) -> str | None:
    """No assumption to fail."""
    return None


def projector(subject: Subject, theta: torch.Tensor) -> np.ndarray:
    """P (N, N) = J J⁺ at θ, column by column from the engine's undamped step for the residuals e_i."""
    unit = torch.eye(subject.outputs, dtype=torch.float64)
    steps = subject.solved(theta.expand(subject.outputs, -1), unit).numpy()
    return subject.jacobian(theta) @ steps.T


def measure_projector(subject: Subject) -> Outcome:
    j = subject.jacobian(subject.start)
    p, basis = projector(subject, subject.start), orthonormal(j)
    rank = basis.shape[1]
    unit = np.eye(subject.outputs)
    formula = (
        unit
        if rank == subject.outputs
        else j @ np.linalg.solve(j.T @ j, j.T)
        if rank == subject.parameters
        else basis @ basis.T
    )
    sigma = np.linalg.svd(j, compute_uv=False)[:rank]
    cond = float(sigma[0] / sigma[-1])
    worst = max(
        np.abs(p @ p - p).max(),
        np.abs(p.T - p).max(),
        abs(np.trace(p) - rank),
        np.abs(p - formula).max() / max(cond, 1.0),
    )
    return Outcome(
        rank,
        float(np.trace(p)),
        float(worst) / cond,
        f"tr P against rank J; worst of P² = P = Pᵀ, tr P and the formula, over cond J = {cond:.0f}",
    )


def under(subject: Subject) -> str | None:
    """Why the recorded path of Gauss–Newton on a proper submanifold is missing."""
    if subject.newton is None:
        return "the preset has no Gauss–Newton flow at ρ = 0 in continuous time"
    if subject.outputs <= subject.parameters:
        return f"under-parametrised is meant: here p = {subject.parameters} and N = {subject.outputs}"
    rank = subject.reference_rank(subject.start)
    return None if rank == subject.parameters else f"rank J = p = {subject.parameters} is assumed: here {rank}"


def path(subject: Subject) -> list[torch.Tensor]:
    """Points θ (p,) along the Gauss–Newton flow, at t = 0, 1, … by Runge–Kutta steps of 1/5 on the reference's least
    squares.
    """

    def slope(theta: torch.Tensor) -> torch.Tensor:
        return -torch.from_numpy(np.linalg.lstsq(subject.jacobian(theta), subject.residual(theta), rcond=None)[0])

    theta, h, points = subject.start, 0.2, [subject.start]
    for step in range(5 * (POINTS - 1)):
        first = slope(theta)
        second = slope(theta + 0.5 * h * first)
        third = slope(theta + 0.5 * h * second)
        theta = theta + h / 6.0 * (first + 2.0 * (second + third) + slope(theta + h * third))
        points += [theta] if step % 5 == 4 else []
    return points


def measure_output_velocity(subject: Subject) -> Outcome:
    """f' = J θ' with the engine's θ', against −P r with P from an SVD of the reference."""
    worst, predicted, measured = 0.0, np.nan, np.nan
    for theta in path(subject):
        j, r = subject.jacobian(theta), subject.residual(theta)
        basis = orthonormal(j)
        projected = basis @ (basis.T @ r)
        moved = -j @ subject.solved(theta.unsqueeze(0), torch.from_numpy(r).unsqueeze(0))[0].numpy()
        predicted, measured = float(np.linalg.norm(projected)), float(np.linalg.norm(moved))
        worst = max(worst, float(np.linalg.norm(moved + projected)) / (predicted + 1e-6 * float(np.linalg.norm(r))))
    return Outcome(
        predicted, measured, worst, "‖f'‖ against ‖Pr‖ at the end; largest ‖Jθ' + Pr‖/(‖Pr‖ + 1e-6‖r‖) on the path"
    )


def pressed(frames: Frames) -> tuple[np.ndarray, np.ndarray]:
    """The least ‖∇L‖ that full rank allows: σ_min‖r‖/n, so that ∇L = 0 forces r = 0."""
    return frames["sigma_min"] * frames["residual_norm"] / frames.spec.problem.data(
        frames.spec.network
    ).samples, frames["rank"] == frames.outputs


def equilibria(subject: Subject) -> str | None:
    """Why there is nothing to compare."""
    if subject.newton is None or subject.gradient is None:
        return "the preset has not both Gauss–Newton at ρ = 0 and gradient flow in continuous time"
    return None


def measure_equilibria(subject: Subject) -> Outcome:
    """Full rank: ‖∇L‖ ≥ σ_min‖r‖/n on both paths. Otherwise: Gauss–Newton comes to rest at L > 0, exactly where ∇L = 0
    too.
    """
    assert subject.newton is not None and subject.gradient is not None, "the objection was asked first"
    rank, n = subject.reference_rank(subject.start), subject.data.samples
    if rank == subject.outputs:
        worst = 0.0
        for solver in (subject.newton, subject.gradient):
            frames, lane = subject.lane(solver)
            least, applies = pressed(frames)
            visible = applies & (frames["loss"] > 1e-16 * frames["loss"][0])
            worst = max(worst, float(np.max(1.0 - frames["gradient_norm"][visible] / least[visible])))
            worst = worst if not lane.status.is_early and applies.all() else np.inf
        return Outcome(
            0.0,
            max(worst, 0.0),
            worst,
            "full rank, so ∇L = 0 only at L = 0: largest breach of ‖∇L‖ ≥ σ_min‖r‖/n on two paths",
        )
    theta = subject.follow(subject.start, lambda f: f - subject.data.targets, 24.0, 240)
    j, r = subject.jacobian(theta), subject.residual(theta)
    end, begin = (
        np.linalg.norm(j.T @ r) / n,
        np.linalg.norm(subject.jacobian(subject.start).T @ subject.residual(subject.start)) / n,
    )
    departure = float(end / begin) if np.linalg.norm(r) > 1e-6 else np.inf
    return Outcome(
        0.0,
        departure,
        departure,
        f"rank J = {rank} < N = {subject.outputs}: Gauss–Newton rests at L = {subject.loss(r):.3g} > 0; ‖∇L‖ "
        "there, relative to the start",
    )


PREDICTIONS = (
    Prediction(
        "P4",
        "P = JJ⁺ is the orthogonal projector on the range of J: P² = P = Pᵀ, tr P = rank J",
        "none",
        Tolerance(1e-12, "rounding of one singular value decomposition, over cond J (theory page)"),
        always,
        measure_projector,
        any_loss=True,
    ),
    Prediction(
        "P6",
        "f' = −P r: the flow stands still exactly where P r = 0",
        "rank J = p < N",
        Tolerance(1e-8, "rounding 1e-15 relative to r, where P r has fallen to 1e-6 of r"),
        under,
        measure_output_velocity,
    ),
    Prediction(
        "P14",
        "flows in every metric stand still at the same points, at L > 0 only where rank J < N",
        "rank J constant on the path",
        Tolerance(1e-6, "what is left of e^{−24·μ} at the end of the path, and rounding of the bound"),
        equilibria,
        measure_equilibria,
        Curve("gradient_norm", pressed, "‖∇${L}‖ ≥ σ_{min}‖r‖${per}", sense="at least", scheduled=False),
    ),
)
