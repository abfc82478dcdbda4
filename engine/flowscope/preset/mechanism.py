"""One mechanism each: where a flow ends, where rank is missing, other losses, loops, stiffness. The values are our
set-up.
"""

from ..flow import Constant, Gradient, Loop, PseudoInverse
from ..integrator import DormandPrince, Euler, Rosenbrock
from ..network import MLP, Neuron, Product
from ..problem import Logistic, Points, Softmax
from ..run.spec import Point, RunSpec
from .chen import SIX
from .entry import ADAPTIVE, GAUSS_NEWTON, GENERALISED, GRADIENT, UNDAMPED, Preset, Slider, damped, expected, follow

FIVE = Points(inputs=((-1.0,), (-0.4,), (0.1,), (0.5,), (1.0,)), targets=((-0.6,), (0.8,), (-0.3,), (0.4,), (-0.5,)))


def _logistic() -> RunSpec:
    targets = ((0.95,), (0.9,), (0.04,), (0.5,), (0.02,), (0.7,))
    return RunSpec(
        title="Logistic loss with soft labels: only g'' makes the rate 1 (our set-up)",
        problem=Points(inputs=SIX, targets=targets, loss=Logistic()),
        network=MLP(widths=(3, 12, 1)),
        solvers=(GRADIENT, follow("Jacobian only", UNDAMPED), GENERALISED),
        seeds=(2,),
        horizon=12.0,
        interval=0.02,
    )


def _cross_entropy() -> RunSpec:
    targets = ((0.8, 0.1, 0.1), (0.1, 0.7, 0.2), (0.2, 0.2, 0.6), (0.5, 0.3, 0.2), (0.3, 0.4, 0.3), (0.1, 0.15, 0.75))
    return RunSpec(
        title="Cross-entropy of three classes: the row means stay (our set-up)",
        problem=Points(inputs=SIX, targets=targets, loss=Softmax()),
        network=MLP(widths=(3, 12, 3)),
        solvers=(GRADIENT, follow("Pseudo-inverse", PseudoInverse()), GENERALISED),
        seeds=(2,),
        horizon=120.0,
        interval=0.1,
    )


def _saddle(title: str, second: float) -> RunSpec:
    return RunSpec(
        title=title,
        problem=Points(inputs=((1.0,),), targets=((-1.0,),)),
        network=Product(),
        start=Point(parameters=(1.0, second)),
        solvers=(GRADIENT, GAUSS_NEWTON),
        horizon=6.0,
        interval=0.01,
    )


def _escape() -> RunSpec:
    return RunSpec(
        title="A label out of reach: the flow ends at t = ln 2 (our set-up)",
        problem=Points(inputs=((1.0,),), targets=((2.0,),)),
        network=Neuron(),
        start=Point(parameters=(0.0, 0.0)),
        solvers=(GRADIENT, GAUSS_NEWTON, ADAPTIVE),
        horizon=3.0,
        interval=0.005,
    )


def _chattering() -> RunSpec:
    labels = (0.7, -0.4, 0.2, 0.9, -0.8, 0.3, -0.6, 0.5, -0.2, 0.8)
    return RunSpec(
        title="ReLU chatters: a finer step is no better (our set-up)",
        problem=Points(
            inputs=tuple((-1.0 + 2.0 * i / 9, 0.5 * (-1) ** i) for i in range(10)), targets=tuple((y,) for y in labels)
        ),
        network=MLP(widths=(2, 16, 1), activation="relu"),
        solvers=tuple(follow(f"Pseudo-inverse, η = {eta:g}", PseudoInverse(), Euler(dt=eta)) for eta in (0.04, 0.01)),
        seeds=(1,),
        horizon=6.0,
        interval=0.02,
    )


def _stiff() -> RunSpec:
    """Both at relative tolerance 1e-4: what bounds Dormand–Prince's steps is stability."""
    return RunSpec(
        title="One gradient flow, two integrators: stiffness (our set-up)",
        problem=FIVE,
        network=MLP(widths=(1, 8, 1), alpha=6.0),
        solvers=(
            follow("Dormand–Prince", Gradient(), DormandPrince(rtol=1e-4)),
            follow("Rosenbrock", Gradient(), Rosenbrock(rtol=1e-4)),
        ),
        seeds=(3,),
        horizon=20.0,
        interval=0.05,
    )


def _conflict() -> RunSpec:
    return RunSpec(
        title="One input, two labels: the loss has a floor (our set-up)",
        problem=Points(inputs=((-1.0,), (0.2,), (0.2,), (1.0,)), targets=((0.5,), (0.9,), (-0.3,), (-0.4,))),
        network=MLP(widths=(1, 6, 1)),
        solvers=(
            GRADIENT,
            damped("Constant ρ = 0.01", Constant(rho=0.01)),
            GAUSS_NEWTON,
            follow("Pseudo-inverse", PseudoInverse()),
        ),
        horizon=10.0,
        interval=0.02,
    )


def _loop() -> RunSpec:
    """Five turns of the outputs about their labels: outputs and loss return after each, θ and K do not."""
    return RunSpec(
        title="A loop of the outputs does not close in θ (our set-up)",
        problem=Points(inputs=((-1.0,), (0.2,), (1.0,)), targets=((0.4,), (-0.1,), (0.3,))),
        network=MLP(widths=(1, 4, 1)),
        solvers=(follow("Loop", Loop()),),
        seeds=(1,),
        horizon=5.0,
        interval=0.01,
    )


AHEAD = "A saddle on the way: the balanced start runs into it (our set-up)"
PAST = "Past the saddle: one start of 1.01 obeys the law (our set-up)"
SECOND = Slider("start.parameters.1", "v at the start, where u = 1", 0.9, 1.2)

PRESETS = (
    Preset("saddle", "Mechanisms", _saddle(AHEAD, 1.0), expected("", inapplicable="P1 P2 P11"), SECOND),
    Preset("past-saddle", "Mechanisms", _saddle(PAST, 1.01), expected("P1 P2 P9 P11"), SECOND),
    Preset("escape", "Mechanisms", _escape(), expected("", inapplicable="P1 P2 P11")),
    Preset("chattering", "Mechanisms", _chattering(), expected("", inapplicable="P1 P2 P11")),
    Preset("conflict", "Mechanisms", _conflict(), expected("P4 P14 P16 S7", inapplicable="P1 P2 P7")),
    Preset("loop", "Mechanisms", _loop(), expected("P4 P17 P21 S1 S2 S3 S4 S5")),
    Preset("logistic", "Mechanisms", _logistic(), expected("P4 P17 P19", inapplicable="P1 P9 P18")),
    Preset("cross-entropy", "Mechanisms", _cross_entropy(), expected("P4 P17 P18 P19", inapplicable="P1 P2 P11")),
    Preset("stiff", "Mechanisms", _stiff(), expected("P9")),
)
