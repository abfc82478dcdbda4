"""The inner flow of a minimizing movement (T1, T4, T9) and discrete steps along it (T5, T6).

That such statements exist is Yang, Zheng and Wang's (2605.27779); constants, proofs and tests are ours
(docs/movements.md). References are by automatic differentiation of the forward map, singular values by NumPy,
minimisers by Newton's method.
"""

import math

import numpy as np
import torch

from ..flow import Linearization
from ..manifold.geodesic import exponential_map
from ..movement import Energy, Subproblem
from .claim import Outcome, Prediction, Tolerance
from .movement import closings
from .step import convex, low, step_of
from .subject import Subject, relative

CUT = 1e-6
"""Singular values of J below this share of the greatest are cut, for direction and projector alike (T1)."""
SHARES = (0.25, 0.5)
"""ηm of the discrete steps (T5)."""
NEAR = 1e-4
"""Size in H of the departures from the minimiser whose decay is the local factor (T6)."""
FALLEN = 1e-9
"""The share of the first gap down to which a decay is followed."""
ULPS = 4e6
"""A gap is known to a four-millionth while it is so many roundings of its terms."""


def measure_flow(subject: Subject) -> Outcome:
    """J d against −P dΦ along the recorded path, within each of its outer steps; J and P by automatic differentiation
    and SVD.
    """
    frames, _, tau = closings(subject)
    step, departures, scale = step_of(subject), [0.0], 0.0
    for row in np.unique(np.linspace(0, len(frames["time"]) - 1, 60).astype(int)):
        theta, centre = (step.theta.new_tensor(frames[name][row]) for name in ("theta", "centre"))
        problem = Subproblem(
            Energy(subject.data, step.theta.new_zeros(1)), centre.unsqueeze(0), step.theta.new_full((1,), tau)
        )
        moved = problem.flow(
            Linearization.of(subject.network, subject.data, theta.unsqueeze(0)), step.theta.new_zeros(1)
        )[0].numpy()
        jacobian, outputs = subject.jacobian(theta), subject.forward(theta)
        slope = (outputs - subject.data.targets + (outputs - centre) / tau).numpy()
        u, sigma, _ = np.linalg.svd(jacobian, full_matrices=False)
        basis = u[:, sigma > CUT * sigma[0]]
        tangent = basis @ (basis.T @ slope)
        scale = max(scale, float(np.linalg.norm(tangent)))
        if np.linalg.norm(tangent) > CUT * scale:
            departures.append(relative(jacobian @ moved + tangent, tangent))
    worst = float(np.max(departures)) if len(departures) > 1 else np.nan
    return Outcome(0.0, worst, worst, "largest ‖J d + P dΦ‖/‖P dΦ‖ on the recorded path")


def measure_inner(subject: Subject) -> Outcome:
    """The gap of Φ along the inner flow against e^{−2μ_g s} of the first, down to where rounding blurs it."""
    step = step_of(subject)
    rate, lowest = 2.0 * step.lamps.modulus, step.lowest
    rest = subject.forward(lowest)
    blurred = ULPS * np.finfo(float).eps * step.modulus * step.size(rest) * step.size(rest - step.prox)
    span = -math.log(max(FALLEN, blurred / step.gap(step.theta, lowest))) / rate
    steps = math.ceil(span * 40.0)
    gaps = np.array([step.gap(theta, lowest) for theta in step.followed(span, steps)])
    ratio = gaps / gaps[0] * np.exp(rate * span / steps * np.arange(steps + 1))
    return Outcome(
        1.0, float(ratio[1:].max()), float(ratio.max() - 1.0), "largest (Φ − Φ*)/(Φ₀ − Φ*)·e^{2μ_g s} exceeds 1 by"
    )


def measure_exponential(subject: Subject) -> Outcome:
    """The worst factor of the gap over steps of the exponential map against 1 − 2ημ_g(1 − ηL_g/2), at two step
    sizes.
    """
    step, over, bound, worst = step_of(subject), [], np.nan, np.nan
    for share in SHARES:
        eta, theta, factors = share / step.modulus, step.theta.unsqueeze(0), []
        gap = first = step.gap(theta[0], step.lowest)
        while gap > FALLEN * first and len(factors) < 60:
            theta = exponential_map(subject.network, subject.data.inputs, theta, eta * step.flow(theta[0]).unsqueeze(0))
            gap, before = step.gap(theta[0], step.lowest), gap
            factors.append(gap / before)
        bound, worst = 1.0 - 2.0 * eta * step.lamps.modulus * (1.0 - 0.5 * eta * step.lamps.steepness), np.max(factors)
        over.append(worst / bound - 1.0 if eta < 2.0 / step.lamps.steepness else np.inf)
    return Outcome(
        bound, float(worst), float(np.max(over)), f"the factor at ηm ≤ {SHARES[-1]:g} exceeds its bound by, as a share"
    )


def measure_factor(subject: Subject) -> Outcome:
    """One full Gauss–Newton step from beside the minimiser, along the mode that decays most slowly."""
    step = step_of(subject)
    values, vectors = step.bends(step.lowest.unsqueeze(0))
    mode = int(np.abs(values[0]).argmax())
    expected = abs(float(values[0, mode])) / step.modulus
    beside = step.lowest + NEAR * torch.from_numpy(vectors[0, :, mode])
    at = Linearization.of(subject.network, subject.data, beside.unsqueeze(0))
    after = beside + step.problem.newton(at, step.theta.new_zeros(1))[0]
    rest = subject.forward(step.lowest)
    measured = step.size(subject.forward(after) - rest) / step.size(subject.forward(beside) - rest)
    return Outcome(expected, measured, abs(measured / expected - 1.0), "q = max|λ(G⁻¹S_N)|/m departs by, as a share")


def measure_time(subject: Subject) -> Outcome:
    """The distance in H at s = ln(d₀/ε)/μ_g for ε = d₀/10, …, d₀/10⁴; d₀ is the length on M of a segment in θ."""
    step = step_of(subject)
    line = step.theta + torch.linspace(0.0, 1.0, 401, dtype=step.theta.dtype).unsqueeze(1) * (step.lowest - step.theta)
    outputs = subject.network.forward(line, subject.data.inputs)
    length = sum(step.size(piece) for piece in outputs.diff(dim=0))
    rate, decades = step.lamps.modulus, 4
    span = decades * math.log(10.0) / rate
    path, rest = step.followed(span, 100 * decades), subject.forward(step.lowest)
    shares = [step.size(subject.forward(path[100 * k]) - rest) / length * 10.0**k for k in range(1, decades + 1)]
    worst = float(np.max(shares))
    return Outcome(1.0, worst, worst - 1.0, "largest distance over ε at s = ln(d₀/ε)/μ_g exceeds 1 by")


CONDITIONS = "strict interior localisation and the data condition μ_g > 0 at the first outer step"
PREDICTIONS = (
    Prediction(
        "T1",
        "the inner Gauss–Newton flow moves the outputs by −P dΦ",
        "σ_min/σ_max > 1e-6 on the path",
        Tolerance(1e-8, "direction and projector within one cut: rounding over cond J"),
        low,
        measure_flow,
    ),
    Prediction(
        "T4",
        "Φ − Φ* falls at least as e^{−2μ_g s} along the inner flow",
        CONDITIONS,
        Tolerance(1e-6, "classical Runge–Kutta steps of 1/40"),
        convex,
        measure_inner,
    ),
    Prediction(
        "T5",
        "a step η < 2/L_g of the exponential map shrinks the gap by 1 − 2ημ_g(1 − ηL_g/2) at least",
        CONDITIONS,
        Tolerance(1e-6, "rounding where the gap has fallen to 1e-9 of the first"),
        convex,
        measure_exponential,
    ),
    Prediction(
        "T6",
        "near the minimiser a full Gauss–Newton step shrinks the distance by q = max|λ(G⁻¹S_N)|/m",
        "a minimiser where J has full rank",
        Tolerance(0.02, "O(‖v‖) over q at a distance of 1e-4"),
        convex,
        measure_factor,
    ),
    Prediction(
        "T9",
        "the inner flow is within ε of the minimiser after s = ln(d₀/ε)/μ_g",
        CONDITIONS,
        Tolerance(1e-6, "our tolerance: classical Runge–Kutta steps, and d₀ bounded from above"),
        convex,
        measure_time,
    ),
)
