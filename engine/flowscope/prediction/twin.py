"""Twin lanes that differ in one sample, and the action of lanes in their own metric and others: S6, S7."""

from collections.abc import Iterator

import numpy as np
import scipy
import torch
from torch import Tensor

from ..analysis import stability
from ..analysis.action import actions
from ..flow import Constant, GaussNewton, Gradient
from ..module.pullback import Euclidean, Metric, Pullback
from ..run.spec import AnySolver, Integration
from .claim import Outcome, Prediction, Tolerance
from .law import derivative
from .subject import Subject

SPARE, HALVINGS, TWINS, REST = 8, 4, 2, 400.0
"""Samples kept to replace others by, sizes n, twins of each size, and the flow time after which lanes are taken to
rest.
"""
FEW = 16
EXACT = 1e-8
"""Relative departure up to which a bound is 2κ²/(λμn) of the reference: rounding of the least eigenvalue of a Hessian.
"""
WINDOW, INTERVAL = 1.0, 0.005
"""Flow time over which an action is taken, and between its frames."""
OTHER = 1e-2
"""The share of the loss's drop by which a flow of another metric must exceed it for the comparison to tell anything."""


def metric_of(solver: AnySolver) -> Metric | None:
    """The metric whose gradient flow a solver follows, for the flows that keep one form throughout."""
    if not isinstance(solver, Integration):
        return None
    if isinstance(solver.flow, Gradient):
        return Euclidean()
    if (
        isinstance(solver.flow, GaussNewton)
        and isinstance(solver.flow.damping, Constant)
        and solver.flow.damping.rho > 0.0
    ):
        return Pullback("identity", "full", solver.flow.damping.rho, 1.0 - solver.flow.damping.rho)
    return None


def flows(subject: Subject) -> list[tuple[Integration, Metric]]:
    """The preset's flows with a metric of their own."""
    pairs = ((solver, metric_of(solver)) for solver in subject.spec.solvers)
    return [(solver, metric) for solver, metric in pairs if isinstance(solver, Integration) and metric is not None]


def noisy(subject: Subject) -> str | None:
    """Why no sample can be replaced, or no minimiser is met."""
    count, p, least = subject.data.samples, subject.parameters, SPARE + (8 << (HALVINGS - 1))
    if count < least:
        return f"at least {least} samples are meant, {SPARE} of them to replace others by: here n = {count}"
    if p > FEW or p >= subject.outputs:
        return f"fewer parameters than outputs, and at most {FEW}, are meant: here p = {p}, N = {subject.outputs}"
    return None if flows(subject) else "the preset has no gradient flow, and no Gauss–Newton flow at a constant ρ > 0"


def bounds(subject: Subject) -> Iterator[tuple[stability.Bound, float]]:
    """What each twin of each flow says, size by size, and the same 2κ²/(λμn) by the reference."""
    followed = flows(subject)
    spec = subject.spec.model_copy(
        update={"solvers": tuple(solver for solver, _ in followed), "horizon": REST, "interval": REST}
    )
    whole = subject.data.samples - SPARE
    for size in (whole >> k for k in range(HALVINGS)):
        samples = torch.arange(size)
        choices = [stability.replaced(size, place, whole + place) for place in range(TWINS)]
        for others, pairs in zip(choices, stability.twins(spec, samples, *choices), strict=True):
            for pair, (solver, metric) in zip(pairs, followed, strict=True):
                bound = stability.bound(subject.network, subject.data, samples, others, pair, metric)
                yield bound, reference(subject, solver, pair, samples, others)


def reference(subject: Subject, solver: Integration, pair: stability.Twins, samples: Tensor, others: Tensor) -> float:
    """2κ²/(λμn) from its own definition, at the points of the engine: automatic differentiation of the forward map,
    SciPy's eigenvalues.
    """
    shares = torch.linspace(0.0, 1.0, stability.ALONG, dtype=torch.float64)
    points = [pair.end + share * (pair.other - pair.end) for share in shares]
    kappa = max(float(np.linalg.norm(slopes(subject, theta), axis=1).max()) for theta in points)
    seen = [curvature(subject, solver, theta, chosen) for theta in points for chosen in (samples, others)]
    rate, mass = (min(values) for values in zip(*seen, strict=True))
    return 2.0 * kappa**2 / (rate * mass * samples.numel()) if rate > 0.0 else np.inf


def slopes(subject: Subject, theta: Tensor) -> np.ndarray:
    """∇ℓ_i (n, p) of every sample: J_iᵀg'_i."""
    data = subject.data
    jacobian = subject.jacobian(theta).reshape(data.samples, -1, subject.parameters)
    return np.einsum("nqp,nq->np", jacobian, derivative(data, subject.forward(theta)).reshape(data.samples, -1))


def curvature(subject: Subject, solver: Integration, theta: Tensor, chosen: Tensor) -> tuple[float, float]:
    """The least eigenvalues of M⁻¹∇²L and of M at θ, on some of the samples; M = ρI + (1−ρ)JᵀJ/n, ρ = 1 for gradient
    flow.
    """
    part = stability.part(subject.data, chosen)

    def outputs(point: Tensor) -> Tensor:
        return subject.network.forward(point.unsqueeze(0), part.inputs)[0]

    def loss(point: Tensor) -> Tensor:
        return part.loss.value(part.rows(outputs(point)), part.rows(part.targets)) / part.samples

    hessian = torch.func.jacrev(torch.func.jacrev(loss))(theta).detach().numpy()  # pyright: ignore[reportAttributeAccessIssue]  # torch.func is untyped
    j = torch.func.jacrev(outputs)(theta).detach().numpy()  # pyright: ignore[reportAttributeAccessIssue]  # torch.func is untyped
    damping = solver.flow.damping if isinstance(solver.flow, GaussNewton) else Constant(rho=1.0)
    rho = damping.rho if isinstance(damping, Constant) else np.nan
    metric = rho * np.eye(theta.numel()) + (1.0 - rho) * j.T @ j / part.samples
    return float(scipy.linalg.eigvalsh(hessian, metric)[0]), float(np.linalg.eigvalsh(metric)[0])


def measure_stability(subject: Subject) -> Outcome:
    """The worst of every pair against its bound, and the slope of the worst over n against −½."""
    told = list(bounds(subject))
    found = [each for each, _ in told]
    off = max(abs(each.allowed / exact - 1.0) if np.isfinite(exact) else np.inf for each, exact in told)
    worst = max(each.measured / each.allowed if each.rate > 0.0 else np.inf for each in found)
    sizes = sorted({each.samples for each in found})
    order = stability.order(sizes, [max(each.measured for each in found if each.samples == size) for size in sizes])
    beyond = max(worst - 1.0, order + 0.5, off - EXACT, 0.0)
    why = (
        f"|ℓ(θ) − ℓ(θ')| over 2κ²/(λμn), worst of n = {sizes}; order {order:.2f} in n, ≤ −½; "
        f"2κ²/(λμn) off the reference's by {off:.0e}, ≤ {EXACT:g}; beyond by"
    )
    return Outcome(1.0, worst, beyond, why)


def compared(subject: Subject) -> str | None:
    """Why there are no two metrics to compare."""
    return (
        None
        if len(flows(subject)) > 1
        else "two flows of different metrics are meant: gradient flow, Gauss–Newton at a constant ρ > 0"
    )


def measure_action(subject: Subject) -> Outcome:
    """(S − drop)/drop of every flow in every flow's metric: nothing in its own, more in the others."""
    followed = flows(subject)
    changes = {
        "solvers": tuple(solver for solver, _ in followed),
        "horizon": WINDOW,
        "interval": INTERVAL,
        "seeds": subject.spec.seeds[:1],
    }
    spec, own, other = subject.spec.model_copy(update=changes), 0.0, np.inf
    for index, (_, metric) in enumerate(followed):
        for lane, found in actions(spec, metric):
            share = float(found.excess[-1] / found.drop[-1])
            if lane.solver == index:
                own = max(own, abs(share))
            else:
                other = min(other, share)
    departure = own if other > OTHER else np.inf
    why = (
        f"(S − drop)/drop of each flow in its own metric to t = {WINDOW:g}; in another's at least {other:.3g}; the "
        "worst"
    )
    return Outcome(0.0, own, departure, why)


PREDICTIONS = (
    Prediction(
        "S6",
        "a sample replaced moves the loss of any sample by at most 2κ²/(λμn), which falls at least as n^(−½)",
        "the loss is strongly convex between the two minimisers (λ > 0, estimated); p < N",
        Tolerance(0.0, "a bound: what is beyond it, or beyond the order −½, is a violation"),
        noisy,
        measure_stability,
        any_loss=True,
    ),
    Prediction(
        "S7",
        "the action exceeds the drop of the loss but for the flow of its own metric: S − drop = ½∫|θ' + M⁻¹∇L|²_M dt",
        "flows in continuous time, each of one metric",
        Tolerance(1e-4, "midpoint rule at intervals h = 0.005: (2λh)²/24 of the drop for a mode of rate λ up to 5"),
        compared,
        measure_action,
    ),
)
