"""The two conditions of a minimizing movement (T2, T3) and the manifold that they speak of (T10).

That such statements exist is Yang, Zheng and Wang's (2605.27779); constants, proofs and tests are ours
(docs/movements.md). References are by automatic differentiation of the forward map, singular values by NumPy,
minimisers by Newton's method.
"""

import math

import numpy as np
import torch

from ..flow import Linearization
from ..movement.conditions import sublevel
from .claim import Outcome, Prediction, Tolerance
from .step import SIDE, Step, low, step_of
from .subject import Subject

TAUS, RADII = (0.01, 0.1, 1.0, 5.0), (0.1, 0.5, 2.0)
"""Outer steps and balls over which the tests of localisation are compared (T2)."""
PAIRS = 400
"""Pairs of points of a ball whose outputs are compared (T10)."""


def measure_localisation(subject: Subject) -> Outcome:
    """crude ⇒ ball ⇒ direct over outer steps and balls; the direct answer by a walk over its own grid."""
    theta, told, broken, crude = subject.start, 0, 0, 0
    for tau in TAUS:
        for radius in RADII:
            step = Step(subject, theta, tau, radius)
            seen = step.lamps
            ball, inside = seen.reach > seen.needed, walked(step)
            broken += (seen.crude > seen.needed and not ball) + (ball and not inside) + (seen.interior != inside)
            crude, told = crude + (seen.crude > seen.needed), told + ball
    departure = broken if crude else np.inf
    return Outcome(
        float(told),
        float(broken),
        float(departure),
        f"broken implications (ball test passed {told} times, crude {crude})",
    )


def walked(step: Step) -> bool:
    """Whether the component of {Φ ≤ Φ(u⁰)} around θ⁰ keeps off the rim: cell by cell from the middle of a grid over the
    whole ball.
    """
    side = SIDE[step.theta.numel()]
    axis = np.linspace(-step.radius, step.radius, side)
    mesh = np.stack(np.meshgrid(*[axis] * step.theta.numel(), indexing="ij"), -1)
    outputs = step.subject.network.forward(
        step.theta + torch.from_numpy(mesh).reshape(-1, step.theta.numel()), step.subject.data.inputs
    )
    level = (outputs - step.prox).square().sum(1).reshape(mesh.shape[:-1]).numpy()
    length = np.linalg.norm(mesh, axis=-1)
    middle = (side // 2,) * step.theta.numel()
    inside = (level <= level[middle] * (1.0 + 1e-12)) & (length < step.radius)
    seen, edge = {middle}, [middle]
    while edge:
        cell = edge.pop()
        for axis_, by in [(a, b) for a in range(len(cell)) for b in (-1, 1)]:
            next_ = tuple(c + by * (a == axis_) for a, c in enumerate(cell))
            if next_ not in seen and all(0 <= c < side for c in next_) and inside[next_]:
                seen.add(next_)
                edge.append(next_)
    return max(length[cell] for cell in seen) < step.radius - (axis[1] - axis[0])


def measure_convexity(subject: Subject) -> Outcome:
    """μ_g over the reached component against the reference's least 1 + 1/τ + λ(G⁻¹S_N) there, and its sufficient bound
    below it.
    """
    step = step_of(subject)
    side = SIDE[subject.parameters]
    nodes = sublevel(subject.network, subject.data, step.theta, step.tau, step.radius, side=side).theta
    expected = step.modulus + float(step.bends(nodes)[0].min())
    seen = step.lamps
    departure = float(abs(seen.modulus - expected) + np.maximum(0.0, seen.sufficient - expected))
    return Outcome(
        expected, seen.modulus, departure / step.modulus, f"μ_g (sufficient: {seen.sufficient:.3g}) departs by, over m"
    )


def measure_manifold(subject: Subject) -> Outcome:
    """‖F(a) − F(b)‖_H ≥ (σ_min − L_J R)‖a − b‖ in a ball about θ⁰, for the engine's σ_min of J/√n, and rank J by SVD
    there.
    """
    p, root = subject.parameters, math.sqrt(subject.data.samples)
    sigma = float(Linearization.of(subject.network, subject.data, subject.start.unsqueeze(0)).sigma[0, -1]) / root
    second = torch.func.vmap(torch.func.jacrev(torch.func.jacrev(subject.forward)))
    generator = torch.Generator().manual_seed(0)
    radius = 1.0
    while True:
        axis = torch.linspace(-radius, radius, 41, dtype=subject.start.dtype)
        bend = second(subject.start + torch.cartesian_prod(*[axis] * p).view(-1, p)).flatten(1)
        steep = float(torch.linalg.vector_norm(bend, dim=1).max()) / root
        if steep * radius < 0.5 * sigma:
            break
        radius /= 2.0
    offsets = torch.randn(2 * PAIRS, p, generator=generator, dtype=subject.start.dtype)
    lengths = radius * torch.rand(2 * PAIRS, 1, generator=generator, dtype=subject.start.dtype)
    ball = subject.start + lengths * offsets / torch.linalg.vector_norm(offsets, dim=1, keepdim=True)
    outputs = subject.network.forward(ball, subject.data.inputs)
    apart = torch.linalg.vector_norm(ball[:PAIRS] - ball[PAIRS:], dim=1) * (sigma - steep * radius)
    ratio = (torch.linalg.vector_norm(outputs[:PAIRS] - outputs[PAIRS:], dim=1) / root / apart).min()
    ranks = [int(np.linalg.matrix_rank(subject.jacobian(point), rtol=1e-10)) for point in ball[:20]]
    departure = float(np.maximum(1.0 - float(ratio), 0.0)) + (p - min(ranks))
    why = f"least ‖F(a) − F(b)‖/((σ_min − L_J R)‖a − b‖) at R = {radius:.2g}, rank {min(ranks)} of {p}: short by"
    return Outcome(1.0, float(ratio), departure, why)


PREDICTIONS = (
    Prediction(
        "T2",
        "crude test ⇒ ball test ⇒ the reached component of {Φ ≤ Φ(u^k)} keeps off the rim",
        "one or two parameters",
        Tolerance(0.0, "a count of implications that fail"),
        low,
        measure_localisation,
    ),
    Prediction(
        "T3",
        "μ_g = 1 + 1/τ + min λ(G⁻¹S_N) over the reached component, and κ‖y − u^k‖ < 1 + 1/τ suffices for μ_g > 0",
        "one or two parameters, squares",
        Tolerance(1e-8, "rounding of second derivatives over cond G"),
        low,
        measure_convexity,
    ),
    Prediction(
        "T10",
        "where σ_min − L_J R > 0 the ball is mapped one to one: ‖F(a) − F(b)‖ ≥ (σ_min − L_J R)‖a − b‖, with full rank",
        "p ≤ 2 and full rank at the start",
        Tolerance(1e-9, "our tolerance: rounding; L_J is a greatest value over a grid"),
        low,
        measure_manifold,
    ),
)
