"""Minimizing movements: certified paths, the two conditions of the theorem, and what breaks where one of them fails.

The paper's set-ups are not known to us: all values are ours. The scheme buys a certified path, not less work
(docs/movements.md).
"""

import math

import numpy as np

from ..movement import ByGradients, GainRatio, Iterations, LineSearch, MinimizingMovement, Relative
from ..network import MLP, Phase, Sheet, SineCurve
from ..optimizer import SOAP, Adam, GradientDescent, LevenbergMarquardt, Muon
from ..problem import LatentDiffusion, Points
from ..run.spec import Iteration, Point, RunSpec, Solver
from .entry import GAUSS_NEWTON, Preset, Slider, expected

STEPS = 8
"""Outer steps of the regression."""
CAP = 500
"""Inner iterations that a first-order method may take in one of them."""
ON_SHEET = ((1.0, 0.0), (0.0, 1.0), (1.0, -1.0))
OFFSET = 0.15 / math.sqrt(3.0)
TARGETS = {
    "near": (
        math.tanh(0.9) + OFFSET,
        math.tanh(0.4) - OFFSET,
        math.tanh(0.5) - OFFSET,
    ),  # F(0.9, 0.4) + 0.15(1, −1, −1)/√3
    "far": (1.5, 1.5, 1.5),
    "adverse": (-2.0, 2.0, 3.0),
}


def moving(name: str, inner: GainRatio | LineSearch | ByGradients | None = None, **fields: object) -> Iteration:
    """A minimizing movement; by Gauss–Newton with a gain ratio unless said otherwise."""
    values = {"inner": inner or GainRatio(), **fields}
    return Solver(name, MinimizingMovement.model_validate(values))


def regression(samples: int = 64) -> Points:
    """sin 3x + 0.3 sin 9x + 0.2x² on [−1, 1]."""
    x = np.linspace(-1.0, 1.0, samples)
    y = np.sin(3 * x) + 0.3 * np.sin(9 * x) + 0.2 * x**2
    return Points(inputs=tuple((float(a),) for a in x), targets=tuple((float(b),) for b in y))


def _regression(title: str, *solvers: Iteration, horizon: float = float(STEPS)) -> RunSpec:
    return RunSpec(
        title=title,
        problem=regression(),
        network=MLP(widths=(1, 32, 32, 1)),
        solvers=solvers,
        horizon=horizon,
        interval=0.02,
    )


def by(method: GradientDescent | Adam | Muon | SOAP) -> ByGradients:
    """A first-order method inside the prox."""
    return ByGradients(optimizer=method)


def _movement() -> RunSpec:
    return _regression(
        "Minimizing movements: a certified path, not less work (our set-up)",
        moving("τ = 1", tau=1.0),
        moving("τ = 0.25", tau=0.25),
        Solver("Plain Levenberg–Marquardt", LevenbergMarquardt()),
    )


def _race() -> RunSpec:
    patient = Relative(most=CAP)
    return _regression(
        "One movement, six inner solvers: iterations, wall time and cost rank them (our set-up)",
        moving("GN–LM"),
        moving("GN, line search", LineSearch()),
        moving("SOAP, η = 3e−3", by(SOAP(eta=3e-3)), stopping=patient),
        moving("Muon, η = 0.03", by(Muon(eta=0.03)), stopping=patient),
        moving("Adam, η = 0.01", by(Adam(eta=0.01)), stopping=patient),
        moving("Gradient descent, η = 0.05", by(GradientDescent(eta=0.05)), stopping=patient),
    )


def _conditions(target: str, title: str, *, tau: float, most: int = 20) -> RunSpec:
    return RunSpec(
        title=title,
        problem=Points(inputs=ON_SHEET, targets=tuple((y,) for y in TARGETS[target])),
        network=Sheet(),
        start=Point(parameters=(0.3, -0.2)),
        solvers=(moving("Movement", tau=tau, radius=2.0, stopping=Relative(most=most)), GAUSS_NEWTON),
        horizon=8.0 * tau,
        interval=tau / 20,
    )


def _circle() -> RunSpec:
    return RunSpec(
        title="The unit circle: the data condition turns at distance × τ = 1 (our set-up)",
        problem=Points(inputs=((math.pi / 2,), (0.0,)), targets=((-0.5,), (0.0,))),
        network=Phase(),
        start=Point(parameters=(0.001,)),
        solvers=(moving("Movement", tau=1.5, radius=3.0), GAUSS_NEWTON),
        horizon=30.0,
        interval=0.075,
    )


def _sine_curve() -> RunSpec:
    return RunSpec(
        title="Counter-example: it stalls far away, however well the network can approximate (our set-up)",
        problem=Points(inputs=((1.0,),), targets=((2.0, 0.0),)),
        network=SineCurve(amplitude=0.04),
        start=Point(parameters=(0.0,)),
        solvers=(moving("Movement", LineSearch(), stopping=Iterations(most=50)),),
        horizon=12.0,
        interval=0.02,
    )


def _diffusion() -> RunSpec:
    patient = Iterations(most=100)
    return RunSpec(
        title="Latent diffusion of digits: the better path draws no better samples (our set-up)",
        problem=LatentDiffusion(),
        network=MLP(widths=(8, 16, 16, 2), activation="silu"),
        solvers=(
            moving("GN–LM", stopping=Iterations(most=3)),
            moving("SOAP, η = 0.01", by(SOAP(eta=0.01)), stopping=patient),
            moving("Adam, η = 0.01", by(Adam(eta=0.01)), stopping=patient),
            moving("Gradient descent, η = 0.1", by(GradientDescent(eta=0.1)), stopping=patient),
        ),
        horizon=10.0,
        interval=0.25,
    )


NEAR = "Both conditions hold: the theorem applies (our set-up)"
FAR = "A far target: the sublevel set reaches the rim at τ = 0.3 (our set-up)"
ADVERSE = "An adverse target: at τ = 5 both conditions fail (our set-up)"
TAU = Slider("solvers.0.optimizer.tau", "τ, the outer step", 0.05, 10.0, logarithmic=True)
AMPLITUDE = Slider("network.amplitude", "a: the network comes as near as a to the target", 0.02, 0.4, logarithmic=True)
PRESETS = (
    Preset("movement", "Movements", _movement(), expected("T7 T8")),
    Preset("inner-race", "Movements", _race(), expected("T7")),
    Preset("diffusion", "Movements", _diffusion(), expected("", inapplicable="T7 T8")),
    Preset(
        "conditions-near",
        "Movements",
        _conditions("near", NEAR, tau=1.0),
        expected("T1 T2 T3 T4 T5 T6 T7 T8 T9 T10"),
        TAU,
    ),
    Preset(
        "conditions-far",
        "Movements",
        _conditions("far", FAR, tau=0.3),
        expected("T1 T2 T3 T10", inapplicable="T4 T5 T7 T9"),
        TAU,
    ),
    Preset(
        "conditions-adverse",
        "Movements",
        _conditions("adverse", ADVERSE, tau=5.0, most=60),
        expected("T2 T3 T10", inapplicable="T4 T5 T7"),
        TAU,
    ),
    Preset(
        "circle",
        "Movements",
        _circle(),
        expected("T1 T3 T4 T5 T6 T7 T9"),
        Slider("solvers.0.optimizer.tau", "τ", 0.2, 4.0),
    ),
    Preset("sine-curve", "Movements", _sine_curve(), expected("T7 T8 T10", inapplicable="T4"), AMPLITUDE),
)
