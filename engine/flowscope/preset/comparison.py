"""Methods side by side: steps of one direction, one step for all, each at its own best step."""

from ..integrator import Euler
from ..levenberg import LevenbergMarquardt
from ..optimizer import Adam, GradientDescent, HeavyBall
from ..problem import Points, Teacher
from ..spec import AnySolver, Iteration, Point, RunSpec, Solver
from ..toy import Neuron, TwoTerm
from .cayci import STAGE
from .chen import fitted
from .entry import UNDAMPED, Preset, expected, follow

REFERENCE = Points(
    inputs=((-1.0,), (0.5,), (1.5,)),
    targets=((-1.0237780445143465,), (0.7341355423939342,), (1.4285512600680006,)),
)
"""The referees' toy R1: the labels are f(1, 1) + (0.04, −0.06, 0.05)."""
GRID = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.49, 0.55, 0.65, 0.75)
"""The step sizes from which each method's best was chosen."""


def descend(eta: float) -> Iteration:
    """Gradient descent by η on ½‖r‖², which is 3η on L = ‖r‖²/6."""
    return Iteration(name=f"Gradient descent, η = {eta:g} on ½‖r‖²", optimizer=GradientDescent(eta=3.0 * eta))


def newton(eta: float) -> Solver:
    """Undamped Gauss–Newton by Euler steps."""
    return follow(f"Gauss–Newton, η = {eta:g}", UNDAMPED, Euler(dt=eta))


def adam(eta: float) -> Iteration:
    """Adam, which does not see the scale of the loss."""
    return Iteration(name=f"Adam, η = {eta:g}", optimizer=Adam(eta=eta))


def _race(title: str, *solvers: AnySolver, horizon: float) -> RunSpec:
    start = Point(parameters=(1.5, 0.5))
    return RunSpec(title=title, problem=REFERENCE, network=TwoTerm(), start=start, solvers=solvers, horizon=horizon, interval=0.1)


def _first_order() -> RunSpec:
    return RunSpec(
        title="Steps of 0.1 by first-order methods, beside Levenberg–Marquardt (our set-up)",
        problem=Teacher(inputs=STAGE, parameters=(0.35, -0.86), offset=0.05),
        network=Neuron(),
        start=Point(parameters=(1.13, 1.44)),
        solvers=(
            Iteration(name="Gradient descent", optimizer=GradientDescent(eta=0.1)),
            Iteration(name="Heavy ball", optimizer=HeavyBall(eta=0.1)),
            Iteration(name="Adam", optimizer=Adam(eta=0.1)),
            Iteration(name="Levenberg–Marquardt", optimizer=LevenbergMarquardt()),
        ),
        horizon=60.0,
        interval=0.1,
    )


CONTRACTION = fitted(
    "Steps of Gauss–Newton: each shrinks the residual by 1 − η (our set-up)",
    *(newton(eta) for eta in (0.1, 0.25, 0.5, 0.9)),
    horizon=18.0,
    interval=0.05,
)
SAME = "One step size for all, η = 0.45"
EACH = "Each method at its own best step size"
MARQUARDT = Iteration(name="Levenberg–Marquardt", optimizer=LevenbergMarquardt())
PRESETS = (
    Preset("contraction", "Methods", CONTRACTION, expected("P12")),
    Preset("first-order", "Methods", _first_order(), expected("P4", inapplicable="P12")),
    Preset("same-step", "Methods", _race(SAME, descend(0.45), newton(0.45), adam(0.45), horizon=60.0), expected("P4", inapplicable="P12")),
    Preset(
        "best-step",
        "Methods",
        _race(EACH, descend(0.49), newton(0.65), adam(0.25), MARQUARDT, horizon=60.0),
        expected("P4", inapplicable="P12"),
    ),
)
