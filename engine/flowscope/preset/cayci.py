"""Cayci (2412.14031): Gauss–Newton as Riemannian flow, damping schedules, output scaling. Figures 1 to 3 in our set-up
(theory page, 4).

The paper's data, sizes and step are not known to us; what is claimed of a figure is tested, not its curves.
"""

from ..flow import Constant, ExponentialDecay, Gradient, InverseTime, LossProportional
from ..integrator import Euler, Rosenbrock
from ..network import MLP, Neuron, Pair
from ..problem import NearDuplicates, Points, Sphere, Teacher
from ..run.spec import Integration, Point, Random, RunSpec
from .entry import ADAPTIVE, GAUSS_NEWTON, GRADIENT, RACE, SCHEDULES, UNDAMPED, Preset, Slider, damped, expected, follow

STAGE = ((-0.87,), (-0.34,), (1.75,))
THREE = Points(inputs=((-1.0,), (0.4,), (1.3,)), targets=((-0.3,), (0.9,), (0.2,)))
"""The problem of the theory page, 4.1."""
STIFF = follow("Gradient flow", Gradient(), Rosenbrock())


def _neuron(
    title: str, *solvers: Integration, offset: float = 0.05, horizon: float = 60.0, interval: float = 0.04
) -> RunSpec:
    return RunSpec(
        title=title,
        problem=Teacher(inputs=STAGE, parameters=(0.35, -0.86), offset=offset),
        network=Neuron(),
        start=Point(parameters=(1.13, 1.44)),
        solvers=solvers,
        horizon=horizon,
        interval=interval,
    )


def _pair(title: str, network: Pair, *solvers: Integration, horizon: float = 12.0) -> RunSpec:
    """Theory page, 4.1 and 3.4."""
    start = Point(parameters=(0.3, 0.9))
    return RunSpec(
        title=title, problem=THREE, network=network, start=start, solvers=solvers, horizon=horizon, interval=0.02
    )


def _mode() -> RunSpec:
    """A linear network of one sample at the input 0: f = αb, K = α² = 0.01, constant."""
    slow = damped("ρ = 1/(1 + t)", InverseTime(rate=1.0))
    return RunSpec(
        title="One mode of eigenvalue 0.01: each schedule's exponent is known (our set-up)",
        problem=Points(inputs=((0.0,),), targets=((1.0,),)),
        network=MLP(widths=(1, 1), alpha=0.1),
        start=Point(parameters=(0.0, 0.0)),
        solvers=(*SCHEDULES, slow),
        horizon=12.0,
        interval=0.01,
    )


def _near_duplicates(size: str, distance: float) -> RunSpec:
    """Theory page, 4.2: pairs of inputs at a distance that gives λ_min(K₀) ≈ `size`; 421 parameters, all of them
    trained.
    """
    return RunSpec(
        title=f"Fig. 2, λ₀ = {size}: damping schedules (our set-up)",
        problem=NearDuplicates(distance=distance),
        network=MLP(widths=(5, 60, 1), centre="start"),
        solvers=SCHEDULES,
        horizon=12.0,
        interval=0.05,
    )


def _schedules() -> RunSpec:
    return RunSpec(
        title="Damping schedules on an ill-conditioned kernel (our set-up)",
        problem=Points(
            inputs=((-1.0,), (-0.4,), (0.1,), (0.5,), (1.0,)), targets=((-0.6,), (0.8,), (-0.3,), (0.4,), (-0.5,))
        ),
        network=MLP(widths=(1, 24, 1)),
        solvers=(
            GRADIENT,
            damped("Constant ρ = 0.1", Constant(rho=0.1)),
            damped("Constant ρ = 10⁻³", Constant(rho=1e-3)),
            ADAPTIVE,
            damped("ρ = e^{−2t}", ExponentialDecay(rate=2.0)),
            damped("ρ = L/L₀", LossProportional()),
            GAUSS_NEWTON,
        ),
        seeds=(3,),
        horizon=8.0,
        interval=0.01,
    )


def _scaling(alpha: float) -> RunSpec:
    """Theory page, 4.3, with all 31 parameters trained. The gradient flow is stiff, as α²: it is followed by
    Rosenbrock.
    """
    return RunSpec(
        title=f"Fig. 3, α = {alpha:g}: more samples than parameters (our set-up)",
        problem=Sphere(count=40),
        network=MLP(widths=(4, 5, 1), alpha=alpha, centre="start"),
        solvers=(STIFF, GAUSS_NEWTON),
        horizon=10.0,
        interval=0.02,
    )


def _network() -> RunSpec:
    return RunSpec(
        title="A network that can fit everything: 32 samples, 1-16-16-1",
        problem=Points(
            inputs=tuple((-1.0 + 2.0 * i / 31,) for i in range(32)),
            targets=tuple((0.8 if i % 8 < 4 else -0.4,) for i in range(32)),
        ),
        network=MLP(widths=(1, 16, 16, 1)),
        start=Random(scale=1.0),
        solvers=(
            GRADIENT,
            damped("Constant ρ = 10⁻³", Constant(rho=1e-3)),
            damped("ρ = e^{−t}", ExponentialDecay(rate=1.0)),
        ),
        horizon=10.0,
        interval=0.02,
    )


FAR = "A target further off: curvature sets the rate"
DAMPINGS = (
    damped("Constant ρ = 0.1", Constant(rho=0.1)),
    ADAPTIVE,
    damped("ρ = e^{−t}", ExponentialDecay(rate=1.0)),
    damped("ρ = L/L₀", LossProportional()),
)
STEPS = tuple(follow(f"Gauss–Newton, η = {word}", UNDAMPED, Euler(dt=eta)) for word, eta in (("½", 0.5), ("1", 1.0)))
FIRST = "Fig. 1, {}: two neurons on one sheet (our set-up)"
WELL, MIDDLE, ILL = (FIRST.format(word) for word in ("well conditioned, s = 1", "s = 0.3", "ill conditioned, s = 0.1"))
SMALL = "Output scaling α = ½ on three samples: Gauss–Newton escapes (our set-up)"
LARGE = "Output scaling α = 32 on three samples: the exponent is nearly 2 (our set-up)"
LOCAL = "Two neurons, not centred: Gauss–Newton stops in a local minimum (our set-up)"

OFFSET = Slider("problem.offset", "distance of y from the sheet", -1.0, 1.0)
SECOND = Slider("network.second", "s", 0.05, 1.0, logarithmic=True)
DISTANCE = Slider("problem.distance", "δ between the inputs of a pair", 0.01, 1.0, logarithmic=True)
ALPHA = Slider("network.alpha", "α", 1.0, 1000.0, logarithmic=True)

PRESETS = (
    Preset(
        "riemannian-flow",
        "Cayci",
        _neuron("Gauss–Newton is Riemannian gradient flow", *RACE),
        expected("P4 P6 P7 P8 P14", inapplicable="P1 P2"),
        OFFSET,
    ),
    Preset("curvature", "Cayci", _neuron(FAR, *RACE, offset=-0.4), expected("P13", inapplicable="P11"), OFFSET),
    Preset("pair-well", "Cayci", _pair(WELL, Pair(alpha=4.0, second=1.0), *RACE), expected("P4 P6 P8 P13"), SECOND),
    Preset("pair", "Cayci", _pair(MIDDLE, Pair(alpha=4.0, second=0.3), *RACE), expected("P4 P6 P7 P8 P13 P14"), SECOND),
    Preset("pair-ill", "Cayci", _pair(ILL, Pair(alpha=4.0, second=0.1), *RACE), expected("P4 P6 P13"), SECOND),
    Preset(
        "local-minimum",
        "Cayci",
        _pair(LOCAL, Pair(alpha=2.0, second=1.0, centre=None), GRADIENT, GAUSS_NEWTON, horizon=25.0),
        expected("P4 P6 P13"),
    ),
    Preset(
        "dampings",
        "Cayci",
        _neuron("Four dampings of one flow", *DAMPINGS, horizon=30.0, interval=0.03),
        expected("", inapplicable="P9 P10"),
    ),
    Preset(
        "step-size",
        "Cayci",
        _neuron(
            "The flow and its discretisation: step 1 is too long",
            GRADIENT,
            GAUSS_NEWTON,
            *STEPS,
            horizon=20.0,
            interval=0.02,
        ),
        expected("", inapplicable="P12"),
    ),
    Preset("one-mode", "Cayci", _mode(), expected("P1 P2 P9 P10 P11")),
    Preset("schedules", "Cayci", _schedules(), expected("P1 P2 P3 P9 P10 P11 P15 P17")),
    Preset("schedules-mild", "Cayci", _near_duplicates("1.4·10⁻³", 0.326), expected("P1 P9 P10 P11"), DISTANCE),
    Preset("schedules-ill", "Cayci", _near_duplicates("7.9·10⁻⁵", 0.0756), expected("P1 P9 P10 P11"), DISTANCE),
    Preset("schedules-worst", "Cayci", _near_duplicates("3.3·10⁻⁶", 0.0157), expected("P1 P9 P10 P11"), DISTANCE),
    *(
        Preset(f"scaling-{alpha}", "Cayci", _scaling(float(alpha)), expected("P4" if alpha < 30 else "P4 P6"), ALPHA)
        for alpha in (1, 3, 10, 30, 100, 1000)
    ),
    Preset("pair-small", "Cayci", _pair(SMALL, Pair(alpha=0.5, second=1.0), *RACE), expected("P4", inapplicable="P13")),
    Preset("pair-large", "Cayci", _pair(LARGE, Pair(alpha=32.0, second=1.0), STIFF, GAUSS_NEWTON), expected("P4 P13")),
    Preset("network", "Cayci", _network(), expected("P9")),
)
