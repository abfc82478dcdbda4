"""Riemannian modules: layers that move alone beside all together, digits, and twins that differ in one sample."""

import math

from ..comparison import EqualCost
from ..flow import Constant, GaussNewton
from ..integrator import DormandPrince
from ..network import MLP, Sheet
from ..optimizer import SOAP, Adam, GradientDescent, Muon, RiemannianDescent
from ..problem import Bundled, Points, Softmax, Wave
from ..run.spec import Point, RunSpec, Solver
from .entry import GRADIENT, Preset, damped, expected, follow

THIRD = 1 / 3
"""1/L of three layers."""
BUDGET = 1e8
"""Modelled flops of about 35 steps with two Fisher probes, or 125 of a first-order method, on forty digits."""


def _layerwise() -> RunSpec:
    return RunSpec(
        title="Layerwise beside full metric: layers that move alone or together (our set-up)",
        problem=Wave(count=8),
        network=MLP(widths=(1, 4, 3, 1)),
        solvers=(
            GRADIENT,
            damped("Gauss–Newton, ρ = 0.1", Constant(rho=0.1)),
            Solver("Layerwise, η = 1/3", RiemannianDescent(mass=0.01)),
            Solver("Layerwise, η = 1", RiemannianDescent(mass=0.01, eta=1.0)),
            Solver("Full, η = 1/3", RiemannianDescent(mass=0.01, eta=THIRD, metric="full")),
        ),
        horizon=40.0,
        interval=0.5,
    )


def _digits() -> RunSpec:
    return RunSpec(
        title=(
            "Digits: a layerwise metric of two sampled labels beside Adam, Muon, SOAP and gradient descent at equal "
            "cost (our set-up)"
        ),
        problem=Bundled(dataset="digits", count=40, loss=Softmax(), smoothing=1e-6),
        network=MLP(widths=(64, 12, 10)),
        solvers=(
            Solver("Layerwise, sampled Fisher", RiemannianDescent(output="sampled_fisher", mass=0.1)),
            Solver("Adam, η = 0.01", Adam(eta=0.01)),
            Solver("Muon, η = 0.03", Muon(eta=0.03)),
            Solver("SOAP, η = 0.01", SOAP(eta=0.01)),
            Solver("Gradient descent, η = 0.5", GradientDescent(eta=0.5)),
        ),
        protocol=EqualCost(clock="flops", budget=BUDGET),
        horizon=64.0,
        interval=0.1,
    )


def _twins() -> RunSpec:
    """y = tanh(0.8x₁ − 0.5x₂) and a spread of 0.1 at 72 places of a square, both by golden ratios."""
    places = [
        (2.0 * math.modf(0.5 + 0.7548776662 * k)[0] - 1.0, 2.0 * math.modf(0.5 + 0.5698402910 * k)[0] - 1.0)
        for k in range(72)
    ]
    spread = [0.2 * math.modf(0.6180339887 * k)[0] - 0.1 for k in range(72)]
    labels = [math.tanh(1.6 * x - y) + each for (x, y), each in zip(places, spread, strict=True)]
    fine = DormandPrince(rtol=1e-9)
    return RunSpec(
        title="Twins: two weights, 72 noisy samples, one of them replaced (our set-up)",
        problem=Points(inputs=tuple((2.0 * x, 2.0 * y) for x, y in places), targets=tuple((each,) for each in labels)),
        network=Sheet(),
        start=Point(parameters=(0.2, 0.1)),
        solvers=(
            follow("Gradient flow", GRADIENT.flow, fine),
            follow("Gauss–Newton, ρ = 0.1", GaussNewton(damping=Constant(rho=0.1)), fine),
        ),
        horizon=40.0,
        interval=0.25,
    )


PRESETS: tuple[Preset, ...] = (
    Preset("layerwise", "Modules", _layerwise(), expected("S1 S2 S3 S4 S5 S7", inapplicable="S6")),
    Preset("digits", "Modules", _digits(), expected("S1 S2", inapplicable="S3 S4 S5 S7")),
    Preset("twins", "Modules", _twins(), expected("S6 S7", inapplicable="S1 S2")),
)
