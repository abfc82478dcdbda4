"""Methods side by side: steps of one direction, one step for all, each at its own best step."""

from ..comparison import AnyProtocol, BestStep, EqualCost, SameStep
from ..integrator import Euler
from ..network import Neuron, TwoTerm
from ..optimizer import Adam, GradientDescent, HeavyBall, LevenbergMarquardt
from ..problem import Points, Teacher
from ..run.spec import AnySolver, Integration, Iteration, Point, Random, RunSpec, Solver
from .cayci import STAGE
from .chen import fitted
from .entry import RACE, UNDAMPED, Preset, expected, follow

REFERENCE = Points(
    inputs=((-1.0,), (0.5,), (1.5,)),
    targets=((-1.0237780445143465,), (0.7341355423939342,), (1.4285512600680006,)),
)
"""The referees' toy R1: the labels are f(1, 1) + (0.04, −0.06, 0.05)."""
GRID = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.49, 0.55, 0.65, 0.75)
"""The step sizes from which each method's best was chosen."""


def descend(eta: float) -> Iteration:
    """Gradient descent by η on ½‖r‖², which is 3η on L = ‖r‖²/6."""
    return Solver(f"Gradient descent, η = {eta:g} on ½‖r‖²", GradientDescent(eta=3.0 * eta))


def newton(eta: float) -> Integration:
    """Undamped Gauss–Newton by Euler steps."""
    return follow(f"Gauss–Newton, η = {eta:g}", UNDAMPED, Euler(dt=eta))


def adam(eta: float) -> Iteration:
    """Adam, which does not see the scale of the loss."""
    return Solver(f"Adam, η = {eta:g}", Adam(eta=eta))


def _race(title: str, *solvers: AnySolver, protocol: AnyProtocol, horizon: float = 60.0) -> RunSpec:
    return RunSpec(
        title=title,
        problem=REFERENCE,
        network=TwoTerm(),
        start=Point(parameters=(1.5, 0.5)),
        solvers=solvers,
        protocol=protocol,
        horizon=horizon,
        interval=0.1,
    )


def _first_order() -> RunSpec:
    return RunSpec(
        title="Steps of 0.1 by first-order methods, beside Levenberg–Marquardt (our set-up)",
        problem=Teacher(inputs=STAGE, parameters=(0.35, -0.86), offset=0.05),
        network=Neuron(),
        start=Point(parameters=(1.13, 1.44)),
        solvers=(
            Solver("Gradient descent", GradientDescent(eta=0.1)),
            Solver("Heavy ball", HeavyBall(eta=0.1)),
            Solver("Adam", Adam(eta=0.1)),
            Solver("Levenberg–Marquardt", LevenbergMarquardt()),
        ),
        horizon=60.0,
        interval=0.1,
    )


def _seeds() -> RunSpec:
    return RunSpec(
        title="Twelve starts: median and quartiles of each method (our set-up)",
        problem=Teacher(inputs=STAGE, parameters=(0.35, -0.86), offset=0.05),
        network=Neuron(),
        start=Random(scale=0.5),
        solvers=RACE,
        seeds=tuple(range(12)),
        horizon=12.0,
        interval=0.05,
    )


CONTRACTION = fitted(
    "Steps of Gauss–Newton: each shrinks the residual by 1 − η (our set-up)",
    *(newton(eta) for eta in (0.1, 0.25, 0.5, 0.9)),
    horizon=18.0,
    interval=0.05,
)
SAME = "One step size for all, η = 0.45"
LARGE = "One step size too large for two of three, η = 1"
EACH = "Each method at its own best step size"
COST = "Each method with the same budget (our set-up)"
ONE = SameStep(eta=0.45, scale="half")
TRIED = BestStep(grid=GRID, scale="half", goal=5.14e-8, steps=400)
"""To 1e-8 on ½‖r‖², as a share of the first."""
BUDGET = EqualCost(clock="jacobian", budget=60.0)
ALIKE = (descend(0.45), newton(0.45), adam(0.45))
AWAY = (descend(1.0), newton(1.0), adam(1.0))
BEST = (descend(0.49), newton(0.65), adam(0.25))
MARQUARDT = Solver("Levenberg–Marquardt", LevenbergMarquardt())
PRESETS = (
    Preset("contraction", "Methods", CONTRACTION, expected("P12")),
    Preset("first-order", "Methods", _first_order(), expected("P4", inapplicable="P12")),
    Preset("same-step", "Methods", _race(SAME, *ALIKE, protocol=ONE), expected("P4", inapplicable="P12")),
    Preset(
        "large-step",
        "Methods",
        _race(LARGE, *AWAY, protocol=SameStep(eta=1.0, scale="half")),
        expected("P4", inapplicable="P12"),
    ),
    Preset("best-step", "Methods", _race(EACH, *BEST, MARQUARDT, protocol=TRIED), expected("P4", inapplicable="P12")),
    Preset(
        "equal-cost",
        "Methods",
        _race(COST, *BEST, MARQUARDT, protocol=BUDGET, horizon=100.0),
        expected("P4", inapplicable="P12"),
    ),
    Preset("seeds", "Methods", _seeds(), expected("P4")),
)
