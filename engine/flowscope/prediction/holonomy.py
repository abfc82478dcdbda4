"""Loops in output space and the gap that their lift leaves in θ: P17, P21."""

from math import pi

import numpy as np
import torch
from torch import Tensor

from ..flow import Loop
from ..problem import Points
from .adapted import covered
from .claim import Outcome, Prediction, Tolerance
from .subject import Subject, relative

SIDE = 0.005
"""Side ε of the loop, in units of the outputs."""


def horizontal(subject: Subject) -> str | None:
    """Why a loop in output space has no lift."""
    if subject.outputs >= subject.parameters:
        return f"a kernel of J is needed: here p = {subject.parameters} and N = {subject.outputs}"
    rank = subject.reference_rank(subject.start)
    return None if rank == subject.outputs else f"full rank is assumed: here rank J = {rank} < N = {subject.outputs}"


def bracket(subject: Subject, i: int, j: int) -> Tensor:
    """[X_i, X_j] = DX_j X_i − DX_i X_j (p,) of the lifts X_k = J⁺e_k, by automatic differentiation."""
    unit = torch.eye(subject.outputs, dtype=torch.float64)

    def lift(theta: Tensor, k: int) -> Tensor:
        d: Tensor = torch.func.jacrev(subject.forward)(theta)  # pyright: ignore[reportAssignmentType]  # torch.func is untyped
        return d.T @ torch.linalg.solve(d @ d.T, unit[k])

    first, second = lift(subject.start, i), lift(subject.start, j)
    derivative = [torch.func.jacrev(lambda theta, k=k: lift(theta, k))(subject.start) for k in (i, j)]
    along_first, along_second = derivative[1] @ first, derivative[0] @ second  # pyright: ignore[reportOperatorIssue]  # torch.func is untyped
    return (along_first - along_second).detach()


def loop(subject: Subject, side: float, i: int, j: int) -> tuple[Tensor, Tensor]:
    """θ and f after the square of `side` along +e_i, +e_j, −e_i, −e_j in output space, lifted by −J⁺, minus where they
    began.
    """
    unit, theta = torch.eye(subject.outputs, dtype=torch.float64), subject.start
    for direction in (unit[i], unit[j], -unit[i], -unit[j]):
        theta = subject.follow(theta, lambda f, push=direction: -push, side, 8)
    return theta - subject.start, subject.forward(theta) - subject.forward(subject.start)


def measure_holonomy(subject: Subject) -> Outcome:
    """The gap over ε² at ε and ε/2, extrapolated, against the bracket."""
    side, exact = SIDE, bracket(subject, 0, 1)
    (coarse, off), (fine, _) = loop(subject, side, 0, 1), loop(subject, side / 2, 0, 1)
    limit = 2.0 * fine / (side / 2) ** 2 - coarse / side**2
    departure = relative((limit - exact).numpy(), exact.numpy())
    vertical = relative(subject.jacobian(subject.start) @ exact.numpy(), exact.numpy())
    closed = float(off.norm()) / side
    return Outcome(
        float(exact.norm()),
        float(limit.norm()),
        max(departure, vertical, closed),
        f"‖θ gap‖/ε² as ε → 0 against ‖[X₁, X₂]‖ (D[·,·] {vertical:.0e}, outputs closed to {closed:.0e} ε)",
    )


def turning(subject: Subject) -> str | None:
    """Why there is no turn of the outputs to follow."""
    return horizontal(subject) if subject.solvers(Loop) else "the preset has no loop of the outputs"


def circle(subject: Subject, radius: float) -> Tensor:
    """θ(1) − θ₀ (p,) after one turn of the engine's loop on a circle of that radius through f₀: the labels are moved to
    its centre.
    """
    centre = subject.forward(subject.start)
    centre[0] += radius
    rows = tuple(map(tuple, centre.reshape(subject.data.samples, -1).tolist()))
    problem = Points(inputs=tuple(map(tuple, subject.data.inputs.tolist())), targets=rows)
    spec = subject.spec.model_copy(update={"problem": problem, "horizon": 1.0, "interval": 1.0})
    frames, _ = subject.record(spec, subject.solvers(Loop)[0])
    return torch.from_numpy(frames["theta"][-1]) - subject.start


def measure_turn(subject: Subject) -> Outcome:
    """L all the way and f at whole t against their starts; the gap in θ over the area, extrapolated to radius 0,
    against the bracket.
    """
    frames, _ = subject.lane(subject.solvers(Loop)[0])
    whole = np.abs(frames["time"] - np.round(frames["time"])) < 1e-9
    kept = float(np.abs(frames["loss"] / frames["loss"][0] - 1.0).max())
    returned = float(np.abs(frames["outputs"][whole] - frames["outputs"][0]).max())
    exact = bracket(subject, 0, 1)
    coarse, fine = (circle(subject, radius) / (pi * radius**2) for radius in (SIDE, SIDE / 2))
    limit = 2.0 * fine - coarse
    gap = relative((limit - exact).numpy(), exact.numpy())
    return Outcome(
        float(exact.norm()),
        float(limit.norm()),
        max(gap, kept, returned) + covered(frames),
        f"‖θ gap‖/(πR²) as R → 0 against ‖[X₁, X₂]‖ (L kept to {kept:.0e}, f back to {returned:.0e} at whole t)",
    )


PREDICTIONS = (
    Prediction(
        "P17",
        "a closed loop in output space leaves a gap in θ: ε²[X₁, X₂] of the lifts X_i = J⁺e_i, in the kernel of J",
        "rank J = N < p",
        Tolerance(
            1e-3, "O(ε²) remains after one extrapolation at ε = 0.005; the curvature of the lift grows with 1/σ_min"
        ),
        horizontal,
        measure_holonomy,
        any_loss=True,
    ),
    Prediction(
        "P21",
        "outputs that turn about their labels: f returns at whole t and L stands still, θ goes on by πR²[X₁, "
        "X₂] in a small turn",
        "rank J = N < p; the flow of the loop",
        Tolerance(1e-3, "O(R²) remains after one extrapolation at R = 0.005"),
        turning,
        measure_turn,
    ),
)
