"""Where the adapted flow ends: the dimension of the set of minima (P15) and the floor of repeated inputs (P16)."""

import numpy as np
import torch
from torch import Tensor

from ..flow import PseudoInverse
from .adapted import ASSUMED, covered, over
from .claim import Curve, Outcome, Prediction, Tolerance
from .frames import Frames
from .subject import Subject, orthonormal


def measure_dimension(subject: Subject) -> Outcome:
    """The Hessian of L, by automatic differentiation, where the flow has driven L to rounding."""
    theta = subject.follow(subject.start, lambda f: f - subject.data.targets, 16.0, 160)
    for _ in range(3):  # Gauss–Newton steps of length 1, quadratic here
        theta = (
            theta - subject.solved(theta.unsqueeze(0), (subject.forward(theta) - subject.data.targets).unsqueeze(0))[0]
        )

    def loss(point: Tensor) -> Tensor:
        return (subject.forward(point) - subject.data.targets).square().sum() / (2 * subject.data.samples)

    values = np.linalg.eigvalsh(torch.func.jacrev(torch.func.jacrev(loss))(theta).detach().numpy())  # pyright: ignore[reportAttributeAccessIssue]  # torch.func is untyped
    zeros, expected = int((np.abs(values) < 1e-9 * values[-1]).sum()), subject.parameters - subject.outputs
    left = float(loss(theta))
    departure = abs(zeros - expected) if left < 1e-24 else np.inf
    return Outcome(expected, zeros, departure, f"zero eigenvalues of ∇²L (below 1e-9 of the largest) at L = {left:.0e}")


def constant_range(subject: Subject) -> str | None:
    """Why the case of a rank-deficient J whose range does not move fails: it is meant for repeated inputs."""
    inputs = subject.data.inputs.numpy()
    repeated = len(inputs) - len(np.unique(inputs, axis=0))
    rank, expected = subject.reference_rank(subject.start), subject.outputs - repeated * subject.network.outputs
    if not repeated:
        return "a repeated input is meant: here all inputs differ"
    if not subject.solvers(PseudoInverse):
        return "the preset has no flow for any rank"
    return None if rank == expected else f"rank {expected} is meant, that of the distinct inputs: here rank J = {rank}"


def settle(frames: Frames) -> tuple[np.ndarray, np.ndarray]:
    """L(t) = L* + (L₀ − L*)e^{−2t}, where L* is the loss of the mean label of every distinct input."""
    inputs = frames.spec.problem.data(frames.spec.network).inputs.numpy()
    _, group = np.unique(inputs, axis=0, return_inverse=True)
    labels = frames.target.reshape(len(inputs), -1)
    means = np.stack([labels[group == k].mean(0) for k in range(group.max() + 1)])
    lowest = float(np.sum((labels - means[group]) ** 2)) / (2 * len(inputs))
    applies = (
        frames.is_undamped & (frames["rank"] == len(means) * labels.shape[1]) & (frames.outputs <= frames.parameters)
    )
    applies = applies & (len(means) < len(inputs))
    return lowest + (frames["loss"][0] - lowest) * np.exp(-2.0 * frames["time"]), np.logical_and.accumulate(applies)


def measure_floor(subject: Subject) -> Outcome:
    """The recorded loss against `settle`, and the floor there against ‖(I − P)(f₀ − y)‖²/(2n) with P by SVD of the
    reference.
    """
    frames, _ = subject.lane(subject.solvers(PseudoInverse)[0])
    basis, residual = orthonormal(subject.jacobian(subject.start)), subject.residual(subject.start)
    lowest = subject.loss(residual - basis @ (basis.T @ residual))
    expected, _ = settle(frames)
    visible = expected - lowest > 1e-6 * (expected[0] - lowest)
    gap = (frames["loss"] - lowest)[visible] / (expected - lowest)[visible]
    departure = max(float(np.abs(gap - 1.0).max()), abs(frames["loss"][-1] / lowest - 1.0)) + covered(frames)
    return Outcome(
        lowest,
        float(frames["loss"][-1]),
        departure,
        "L at the end against the floor; largest departure of (L − floor)/(L₀ − floor) from e^{−2t}",
    )


PREDICTIONS = (
    Prediction(
        "P15",
        "minima with L = 0 form a manifold of dimension p − N",
        ASSUMED,
        Tolerance(0.0, "a count"),
        over,
        measure_dimension,
    ),
    Prediction(
        "P16",
        "rank is missing but the range of J stands still: L − floor falls as e^{−2t}, floor = ‖(I − P)(f₀ − y)‖²/(2n)",
        "repeated inputs; otherwise full rank; pseudo-inverse flow",
        Tolerance(1e-5, "relative tolerance 1e-9 a step, magnified by e⁷ where the gap is a millionth of the first"),
        constant_range,
        measure_floor,
        Curve("loss", settle, "${L}* + (${L}_{0} − ${L}*) e^{−2${t}}", ahead=True),
    ),
)
