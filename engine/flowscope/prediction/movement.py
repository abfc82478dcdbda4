"""Minimizing movements, outer steps: the budget of a path (T7) and what distance remains (T8).

That such statements exist is Yang, Zheng and Wang's (2605.27779); constants, proofs and tests are ours
(docs/movements.md).
"""

import numpy as np

from ..movement import MinimizingMovement
from ..run.spec import AnySolver
from .claim import Curve, Outcome, Prediction, Tolerance
from .frames import Frames
from .subject import Subject, orthonormal

ALONE = 1e-12
"""Below this share of ‖u⁰ − y‖_H a step or an error is rounding."""


def movement_of(subject: Subject) -> MinimizingMovement | None:
    """The first movement among the preset's solvers."""
    return next(
        (method for solver in subject.spec.solvers if isinstance(method := solver.method, MinimizingMovement)), None
    )


def movement_solver(subject: Subject) -> AnySolver:
    """The solver of that movement."""
    return next(solver for solver in subject.spec.solvers if isinstance(solver.method, MinimizingMovement))


def moves(subject: Subject) -> str | None:
    """Why a subject has no recorded path of a movement of constant τ."""
    movement = movement_of(subject)
    if movement is None:
        return "the preset has no minimizing movement"
    if movement.growth != 1.0 or movement.ridge:
        return "a constant τ and E = L are meant"
    return None if subject.outputs <= 64 else f"outputs are recorded up to N = 64: here N = {subject.outputs}"


def closings(subject: Subject) -> tuple[Frames, np.ndarray, float]:
    """The movement's recording, its rows at which an outer step ends (u⁰ included), and τ."""
    movement = movement_of(subject)
    assert movement is not None, "the objection has been asked"
    frames, _ = subject.lane(movement_solver(subject))
    ends = frames["time"] / movement.tau
    return frames, np.flatnonzero(np.abs(ends - np.round(ends)) < 1e-9 * (1.0 + ends)), movement.tau


def regular(subject: Subject) -> str | None:
    """Why the solver of a movement cannot be judged: without a path, or where J vanished on it, so that no step is
    left.
    """
    if (why := moves(subject)) is not None or subject.parameters > 16:
        return why
    frames, rows, _ = closings(subject)
    size = [np.linalg.norm(subject.jacobian(subject.start.new_tensor(theta))) for theta in frames["theta"][rows]]
    gone = np.flatnonzero(np.array(size) < GONE * size[0])
    return f"J vanished in outer step {gone[0]}: the iterate ran away" if gone.size else None


def measure_budget(subject: Subject) -> Outcome:
    """The whole account anew from the recorded outputs, and beside it an upper limit on what the solver left of every
    step.

    Any solver satisfies the budget, one that stands still too. So P dΦ, P by SVD of the reference, must be small beside
    the step that was made: below the rule's share of it, or rounding. Where θ is not recorded all of dΦ must be.
    """
    frames, rows, tau = closings(subject)
    u, theta, y, root = frames["outputs"][rows], frames["theta"][rows], frames.target, np.sqrt(subject.data.samples)
    prox = (u[:-1] + tau * y) / (1.0 + tau)
    errors = np.linalg.norm(u[1:] - prox, axis=1) / root
    budget = np.zeros(len(u))
    for k, error in enumerate(errors):
        budget[k + 1] = budget[k] / (1.0 + tau) + error
    decay = (1.0 + tau) ** -np.arange(len(u))
    first = np.linalg.norm(u[0] - y) / root
    path = np.linalg.norm(u - y - decay[:, None] * (u[0] - y), axis=1) / root
    distance = np.linalg.norm(u - y, axis=1) / root
    over = np.maximum(path - budget, distance - decay * first - budget).max() / first
    own = {"budget": budget, "trajectory_error": path, "distance": distance}
    told = [np.abs(frames[name][rows] - values).max() for name, values in own.items()]
    left = errors if np.isnan(theta).any() else _left(subject, theta, u, tau)
    made = np.linalg.norm(np.diff(u, axis=0), axis=1) / root
    share = (left / np.maximum(SHARE * made, ALONE * first)).max()
    departure = np.max([over, *(np.array(told) / first), share - 1.0])
    why = (
        f"the path exceeds its budget, or the record departs from the outputs (the solver left {SHARE * share:.2g} "
        "of a step), by"
    )
    return Outcome(float(budget.max()), float(path.max()), float(departure), why)


GONE = 1e-9
"""J below this share of its first size has vanished."""
SHARE = 0.06
"""What an inner solver may leave of an outer step: the relative rule's 0.05, certified before the step is done, with a
margin.
"""


def _left(subject: Subject, theta: np.ndarray, u: np.ndarray, tau: float) -> np.ndarray:
    """‖P dΦ‖_H/(1 + 1/τ) at the end of every outer step, P by SVD of the reference Jacobian."""
    left = []
    for k in range(1, len(u)):
        slope = u[k] - subject.data.targets.numpy() + (u[k] - u[k - 1]) / tau
        basis = orthonormal(subject.jacobian(subject.start.new_tensor(theta[k])))
        left.append(np.linalg.norm(basis.T @ slope))
    return np.array(left) / np.sqrt(subject.data.samples) / (1.0 + 1.0 / tau)


def measure_neighbourhood(subject: Subject) -> Outcome:
    """The distance to the labels against ρ^k‖u⁰ − u*‖_H + δ(1 + τ)/τ, δ the greatest error so far, all from the
    recorded outputs.
    """
    frames, rows, tau = closings(subject)
    u, y, root = frames["outputs"][rows], frames.target, np.sqrt(subject.data.samples)
    errors = np.linalg.norm(u[1:] - (u[:-1] + tau * y) / (1.0 + tau), axis=1) / root
    limit = np.maximum.accumulate(errors) * (1.0 + tau) / tau
    distance = np.linalg.norm(u - y, axis=1) / root
    over = (distance[1:] - limit - (1.0 + tau) ** -np.arange(1.0, len(u)) * distance[0]).max()
    told = np.abs(frames["neighbourhood"][rows][1:] - limit).max()
    departure = np.max([over, told]) / distance[0]
    why = "the distance exceeds its limit, or the record departs from it, by"
    return Outcome(float(limit[-1]), float(distance[-1]), float(departure), why)


def _bounded(column: str, bound: str) -> Curve:
    """A recorded `column` under a recorded bound, in lanes that are movements."""

    def expected(frames: Frames) -> tuple[np.ndarray, np.ndarray]:
        rows = np.zeros_like(frames["time"])
        values = frames.columns.get(bound, rows)
        applies = np.isfinite(values) & isinstance(frames.solver.method, MinimizingMovement)
        return values * (1.0 + 1e-10) + 1e-12, applies

    def measured(frames: Frames) -> np.ndarray:
        return frames.columns.get(column, np.zeros_like(frames["time"]))

    return Curve(column, expected, FORMULAS[column], "at most", measured=measured, scheduled=False)


FORMULAS = {"trajectory_error": "‖u^k − ū^k‖ ≤ B_k", "distance": "‖u^k − u*‖ ≤ ρ^k‖u⁰ − u*‖ + B_k"}
PREDICTIONS = (
    Prediction(
        "T7",
        "‖u^k − ū^k‖ ≤ B_k, B_{k+1} = ρB_k + ε_k: a path is certified by the errors of its steps alone, "
        "whatever the network",
        "J does not vanish on the path: the bound needs no assumption, but the solver is judged too, by what it "
        "left, P dΦ",
        Tolerance(1e-9, "rounding of sums over the outer steps"),
        regular,
        measure_budget,
        _bounded("trajectory_error", "budget"),
    ),
    Prediction(
        "T8",
        "errors below δ in every step leave a distance of δ(1 + τμ)/(τμ) in the limit",
        "μ > 0, constant τ",
        Tolerance(1e-9, "rounding of sums over the outer steps"),
        moves,
        measure_neighbourhood,
        _bounded("distance", "distance_bound"),
    ),
)
