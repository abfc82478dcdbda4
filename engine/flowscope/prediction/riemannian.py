"""Gauss–Newton as Riemannian gradient flow on the manifold of outputs: P7, P8, P13."""

from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ..component import Component
from ..integrator import DormandPrince
from ..manifold.geometry import hessian_eigenvalues
from ..network import Dense, Jacobian, Network
from ..network.network import Cost
from ..run.spec import Point, RunSpec, Solver
from .claim import Curve, Outcome, Prediction, Tolerance
from .frames import Frames
from .projection import under
from .subject import Subject, orthonormal

TAIL = 1e-6
"""The share of the first gap from which the slowest mode is taken to lead."""


class Reparametrised(Network):
    """A network in coordinates u with θ = sinh u, entry by entry: other coordinates, the same manifold of outputs."""

    kind: Literal["reparametrised"] = "reparametrised"
    inner: Component

    @property
    def network(self) -> Network:
        """The network in θ."""
        assert isinstance(self.inner, Network), "a network is meant"
        return self.inner

    @property
    def inputs(self) -> int:
        return self.network.inputs

    @property
    def outputs(self) -> int:
        return self.network.outputs

    @property
    def parameters(self) -> int:
        return self.network.parameters

    def evaluate(self, theta: Tensor, inputs: Tensor) -> tuple[Tensor, Jacobian]:
        outputs, jacobian = self.network.evaluate(torch.sinh(theta), inputs)
        return outputs, Dense(jacobian.dense() * torch.cosh(theta).unsqueeze(1))

    def forward(self, theta: Tensor, inputs: Tensor) -> Tensor:
        return self.network.forward(torch.sinh(theta), inputs)

    def cost(self, samples: int) -> Cost:
        return self.network.cost(samples)


def comparable(subject: Subject) -> str | None:
    """Why two sets of coordinates cannot be compared."""
    if subject.newton is None or subject.gradient is None:
        return "the preset has not both Gauss–Newton at ρ = 0 and gradient flow in continuous time"
    rank, most = subject.reference_rank(subject.start), min(subject.outputs, subject.parameters)
    return None if rank == most else f"full rank is assumed: here {rank} of {most}"


def elsewhere(subject: Subject, spec: RunSpec) -> RunSpec:
    """The same experiment in the coordinates u = arsinh θ."""
    changes = {
        "network": Reparametrised(inner=subject.network),
        "start": Point(parameters=tuple(torch.asinh(subject.start).tolist())),
        "problem": subject.points(1.0),
    }
    return spec.model_copy(update=changes)


def measure_coordinates(subject: Subject) -> Outcome:
    spec = subject.spec.model_copy(update={"horizon": 6.0, "interval": 0.25})
    apart = []
    for solver in (subject.newton, subject.gradient):
        assert solver is not None, "the objection was asked first"
        here, there = (subject.record(s, solver)[0]["outputs"] for s in (spec, elsewhere(subject, spec)))
        apart.append(float(np.abs(here - there).max()) if len(here) == len(there) else np.inf)
    departure = apart[0] if apart[1] > 1e-2 else np.inf
    return Outcome(
        0.0, apart[0], departure, f"largest |f(t) − f̃(t)| with θ = sinh u to t = 6 (gradient flow: {apart[1]:.2g})"
    )


def retract(subject: Subject, theta: Tensor, point: np.ndarray) -> Tensor:
    """θ of the point of M nearest to `point`, by Newton–Gauss least squares from a θ nearby."""
    for _ in range(12):
        f = subject.forward(theta).numpy()
        step = np.linalg.lstsq(subject.jacobian(theta), f - point, rcond=None)[0]
        theta = theta - torch.from_numpy(step)
        if float(np.abs(step).max()) < 1e-12:
            break
    return theta


def descent(subject: Subject, size: float, count: int, every: int) -> np.ndarray:
    """f after every `every` steps f ← R(f − h P(f − y)) of Riemannian gradient descent, R the nearest point of M."""
    theta, points = subject.start, []
    for k in range(count):
        basis, f, r = orthonormal(subject.jacobian(theta)), subject.forward(theta).numpy(), subject.residual(theta)
        theta = retract(subject, theta, f - size * basis @ (basis.T @ r))
        if (k + 1) % every == 0:
            points.append(subject.forward(theta).numpy())
    return np.array(points)


def measure_retraction(subject: Subject) -> Outcome:
    solver = Solver("Gauss–Newton", subject.newton.flow, DormandPrince(rtol=1e-10)) if subject.newton else None
    assert solver is not None, "the objection was asked first"
    frames, _ = subject.record(subject.spec.model_copy(update={"horizon": 2.0, "interval": 0.1}), solver)
    sizes = (0.05, 0.025, 0.0125)
    flow = frames["outputs"][1:]
    gaps = []
    for size in sizes:
        walk = descent(subject, size, round(2.0 / size), round(0.1 / size))
        gaps.append(float(np.linalg.norm(walk - flow, axis=1).max()) if len(flow) == len(walk) else np.nan)
    order = float(np.log2(gaps[1] / gaps[2]))
    shown = ", ".join(f"{gap:.1e}" for gap in gaps)
    return Outcome(
        1.0, order, abs(order - 1.0), f"order of the distance to retracted descent, {shown} for h = .05, .025, .0125"
    )


def modes(subject: Subject, theta: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """The Riemannian Hessian of ‖f − y‖²/2 on M at f(θ): eigenvalues (p,) and their orthonormal tangent vectors (N, p).

    In z = Lᵀdθ it is I + L⁻¹BL⁻ᵀ with B = Σ_i ((I − P)r)_i ∇²f_i and JᵀJ = LLᵀ (theory 2.5); df = JL⁻ᵀz.
    """
    j, r = subject.jacobian(theta), subject.residual(theta)
    basis = orthonormal(j)
    second = torch.func.jacrev(torch.func.jacrev(subject.forward))(theta).detach().numpy()  # pyright: ignore[reportAttributeAccessIssue]  # untyped
    bend = np.einsum("i,ijk->jk", r - basis @ (basis.T @ r), second)
    inverse = np.linalg.inv(np.linalg.cholesky(j.T @ j))
    values, vectors = np.linalg.eigh(np.eye(len(bend)) + inverse @ bend @ inverse.T)
    return values, j @ inverse.T @ vectors


def curvature(subject: Subject, theta: Tensor) -> np.ndarray:
    """Eigenvalues (p,) of the Riemannian Hessian at f(θ), ascending."""
    return modes(subject, theta)[0]


def convex(subject: Subject) -> str | None:
    """Why there is no region of positive curvature about the end of the path."""
    objection = under(subject)
    if objection is not None or subject.newton is None:
        return objection
    frames, lane = subject.lane(subject.newton)
    left = np.linalg.svd(subject.jacobian(torch.from_numpy(frames["theta"][-1])), compute_uv=False)
    if left[-1] < 1e-8 * left[0]:
        return (
            f"rank J = p along the path is assumed: here J lost it at t = {lane.time:.4g}, σ_min/σ_max = "
            f"{left[-1] / left[0]:.0e}"
        )
    least = float(curvature(subject, torch.from_numpy(frames["theta"][-1]))[0])
    return None if least > 0 else f"positive curvature is assumed: here {least:.3g} at the end, t = {lane.time:.3g}"


def gap_of(frames: Frames) -> np.ndarray:
    """½‖r‖² minus its value at the last row, without cancellation: ½⟨f − f*, r + r*⟩."""
    last = frames["outputs"][-1]
    return 0.5 * ((frames["outputs"] - last) * (frames["outputs"] + last - 2.0 * frames.target)).sum(1)


def measure_curvature(subject: Subject) -> Outcome:
    """Three parts: the slowest mode of f − f* falls as e^{−μt}; gap ≤ gap₀e^{−2μt} from where μ > 0 on; gap' =
    −‖Pr‖².
    """
    assert subject.newton is not None, "the objection was asked first"
    spec = subject.spec.model_copy(update={"horizon": 30.0, "interval": 0.02})
    fine = DormandPrince(rtol=1e-11)  # its error in f is α times that in θ
    solver = Solver("Gauss–Newton", subject.newton.flow, fine)
    frames, _ = subject.record(spec, solver)
    gap, time, theta = gap_of(frames), frames["time"], torch.from_numpy(frames["theta"])
    values, vectors = modes(subject, theta[-1])
    predicted = 2.0 * float(values[0])
    slowest = np.abs((frames["outputs"] - frames["outputs"][-1]) @ vectors[:, 0])
    window = (gap < 1e-9 * gap[0]) & (gap > 1e-13 * gap[0])
    tail = -2.0 * float(np.polyfit(time[window], np.log(slowest[window]), 1)[0]) if window.sum() > 2 else np.nan
    every = slice(None, None, 30)
    least = np.array([curvature(subject, point)[0] for point in theta[every]])
    inside = int(np.flatnonzero(least <= 0)[-1]) + 1 if (least <= 0).any() else 0
    sparse, clock = gap[every][inside:], time[every][inside:]
    bound = sparse[0] * np.exp(-2.0 * least[inside:].min() * (clock - clock[0]))
    breach = float(np.max((sparse / bound - 1.0)[sparse > 1e-12 * gap[0]]))
    identity = slopes(subject, frames, gap, theta)
    parts = (abs(tail / predicted - 1.0), max(breach, 0.0), identity)
    return Outcome(
        predicted,
        tail,
        max(parts),
        f"the slowest mode's exponent against 2μ_min (off by {parts[0]:.1e}), bound on the gap (breach "
        f"{parts[1]:.0e}), "
        f"gap' against −‖Pr‖² (off by {parts[2]:.1e}); the worst",
    )


def slopes(subject: Subject, frames: Frames, gap: np.ndarray, theta: Tensor) -> float:
    """Largest relative departure of gap' by five-point differences from −‖Pr‖², over the first half of the decay."""
    worst, h = 0.0, frames.spec.interval
    for k in range(2, len(gap) - 2, 10):
        if gap[k] < 1e-6 * gap[0]:
            break
        basis = orthonormal(subject.jacobian(theta[k]))
        rate = float(np.sum((basis.T @ subject.residual(theta[k])) ** 2))
        worst = max(worst, abs((8 * (gap[k + 1] - gap[k - 1]) - gap[k + 2] + gap[k - 2]) / (12 * h) / -rate - 1.0))
    return worst


def least_curvature(frames: Frames) -> float:
    """μ, the least eigenvalue of the Riemannian Hessian at the best in-class point; NaN where it is unknown, N ≤ p or
    the flow another.
    """
    if frames.best is None or frames.outputs <= frames.parameters or not frames.is_undamped:
        return np.nan
    data = frames.spec.problem.data(frames.spec.network)
    return float(hessian_eigenvalues(frames.spec.network, data, torch.from_numpy(frames.best).unsqueeze(0))[0, 0])


def tail(frames: Frames) -> tuple[np.ndarray, np.ndarray]:
    """gap(t) ≤ gap(t₁)e^{−2μ(t − t₁)} from the row at which the gap to the best in-class point is a millionth of the
    first.
    """
    gap, time, least = frames["excess_loss"], frames["time"], least_curvature(frames)
    reached = np.logical_or.accumulate(gap < TAIL * gap[0])
    first = int(np.argmax(reached))
    applies = reached & (least > 0.0) & (frames["rank"] == frames.parameters)
    return gap[first] * np.exp(-2.0 * np.nan_to_num(least) * (time - time[first])), applies


def curved(frames: Frames) -> dict[str, str]:
    """μ for the caption."""
    return {"mu": f"{least_curvature(frames):.3f}"}


PREDICTIONS = (
    Prediction(
        "P7",
        "Gauss–Newton's curve of outputs does not depend on the coordinates of θ; gradient flow's does",
        "full rank",
        Tolerance(1e-6, "two integrations at relative tolerance 1e-9"),
        comparable,
        measure_coordinates,
    ),
    Prediction(
        "P8",
        "Gauss–Newton is gradient flow on M with the metric of R^N: retracted descent approaches it with order 1",
        "rank J = p < N",
        Tolerance(0.1, "the next term of the error, O(h) at h = 0.0125, relative to the first"),
        under,
        measure_retraction,
    ),
    Prediction(
        "P13",
        "the gap falls at least as e^{−2μt}, μ the least eigenvalue of the Riemannian Hessian on the path; "
        "its slowest mode in the tail exactly so",
        "rank J = p < N; μ > 0 from some time on",
        Tolerance(
            1e-3,
            "the last row stands for the end of the path: e^{−μ·30} = 5e-9 of the start at μ = 0.64 against "
            "3e-7 in the window, "
            "4e-4 of its slope",
        ),
        convex,
        measure_curvature,
        Curve("excess_loss", tail, "tail ≤ e^{−2μ${t}}, μ = ${mu}", sense="at most", ahead=True, symbols=curved),
    ),
)
