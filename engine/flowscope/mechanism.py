"""Demonstrations of one mechanism each: other losses, where a flow ends, stiffness, damping, steps. The values are our set-up."""

from .chen import AnyRank
from .damping import Constant, ExponentialDecay, SmallestEigenvalue
from .flow import Flow, GaussNewton, GeneralisedGaussNewton, Gradient
from .integrator import AnyIntegrator, DormandPrince, Euler
from .levenberg import LevenbergMarquardt
from .loss import Logistic, Softmax
from .mlp import MLP
from .optimizer import Adam, GradientDescent, HeavyBall
from .problem import NearDuplicates, Points, Sphere, Teacher
from .spec import AnySolver, Iteration, Point, RunSpec, Solver
from .stiff import Rosenbrock
from .toy import Neuron, Product

SIX = ((0.07, 0.05, 0.46), (1.69, 1.46, 1.93), (-1.44, 0.73, -1.31), (-0.33, -0.15, -2.69), (1.74, -0.52, -0.28), (0.45, -1.67, -1.59))
"""The inputs of the preset `segment`."""
UNDAMPED = Constant(rho=0.0)


def _follow(name: str, flow: Flow, integrator: AnyIntegrator | None = None) -> Solver:
    return Solver.model_validate({"name": name, "flow": flow, "integrator": integrator or DormandPrince()})


GRADIENT = _follow("Gradient flow", Gradient())
GAUSS_NEWTON = _follow("Gauss–Newton", GaussNewton(damping=UNDAMPED))
GENERALISED = _follow("Generalised Gauss–Newton", GeneralisedGaussNewton(damping=UNDAMPED))
ADAPTIVE = _follow("Damped, adaptive ρ", GaussNewton(damping=SmallestEigenvalue(scale=1.0)))


def _logistic() -> RunSpec:
    targets = ((0.95,), (0.9,), (0.04,), (0.5,), (0.02,), (0.7,))
    return RunSpec(
        title="Logistic loss with soft labels: only g'' makes the rate 1 (our set-up)",
        problem=Points(inputs=SIX, targets=targets, loss=Logistic()),
        network=MLP(widths=(3, 12, 1)),
        solvers=(GRADIENT, _follow("Jacobian only", GaussNewton(damping=UNDAMPED)), GENERALISED),
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
        solvers=(GRADIENT, _follow("Pseudo-inverse", AnyRank()), GENERALISED),
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
        problem=Points(inputs=tuple((-1.0 + 2.0 * i / 9, 0.5 * (-1) ** i) for i in range(10)), targets=tuple((y,) for y in labels)),
        network=MLP(widths=(2, 16, 1), activation="relu"),
        solvers=tuple(_follow(f"Pseudo-inverse, η = {eta:g}", AnyRank(), Euler(dt=eta)) for eta in (0.04, 0.01)),
        seeds=(1,),
        horizon=6.0,
        interval=0.02,
    )


def _near_duplicates() -> RunSpec:
    return RunSpec(
        title="Inputs that nearly coincide: three dampings (our set-up)",
        problem=NearDuplicates(distance=0.3),
        network=MLP(widths=(5, 60, 1)),
        solvers=(
            GRADIENT,
            _follow("Constant ρ = 0.1", GaussNewton(damping=Constant(rho=0.1))),
            ADAPTIVE,
            _follow("ρ = e^{−2t}", GaussNewton(damping=ExponentialDecay(rate=2.0))),
        ),
        horizon=8.0,
        interval=0.02,
    )


def _scaling(title: str, alpha: float) -> RunSpec:
    """The gradient flow is stiff, as α²: it is followed by Rosenbrock."""
    return RunSpec(
        title=title,
        problem=Sphere(count=40),
        network=MLP(widths=(4, 5, 1), alpha=alpha, centre="start"),
        solvers=(_follow("Gradient flow", Gradient(), Rosenbrock()), GAUSS_NEWTON),
        horizon=10.0,
        interval=0.02,
    )


def _stiff() -> RunSpec:
    """Both at relative tolerance 1e-4: what bounds Dormand–Prince's steps is stability."""
    return RunSpec(
        title="One gradient flow, two integrators: stiffness (our set-up)",
        problem=Points(inputs=((-1.0,), (-0.4,), (0.1,), (0.5,), (1.0,)), targets=((-0.6,), (0.8,), (-0.3,), (0.4,), (-0.5,))),
        network=MLP(widths=(1, 8, 1), alpha=6.0),
        solvers=(_follow("Dormand–Prince", Gradient(), DormandPrince(rtol=1e-4)), _follow("Rosenbrock", Gradient(), Rosenbrock(rtol=1e-4))),
        seeds=(3,),
        horizon=20.0,
        interval=0.05,
    )


def _first_order() -> RunSpec:
    solvers: tuple[AnySolver, ...] = (
        Iteration(name="Gradient descent", optimizer=GradientDescent(eta=0.1)),
        Iteration(name="Heavy ball", optimizer=HeavyBall(eta=0.1)),
        Iteration(name="Adam", optimizer=Adam(eta=0.1)),
        Iteration(name="Levenberg–Marquardt", optimizer=LevenbergMarquardt()),
    )
    return RunSpec(
        title="Steps of 0.1 by first-order methods, beside Levenberg–Marquardt (our set-up)",
        problem=Teacher(inputs=((-0.87,), (-0.34,), (1.75,)), parameters=(0.35, -0.86), offset=0.05),
        network=Neuron(),
        start=Point(parameters=(1.13, 1.44)),
        solvers=solvers,
        horizon=60.0,
        interval=0.1,
    )


MECHANISMS: tuple[tuple[str, RunSpec], ...] = (
    ("logistic", _logistic()),
    ("cross-entropy", _cross_entropy()),
    ("saddle", _saddle("A saddle on the way: the balanced start runs into it (our set-up)", 1.0)),
    ("past-saddle", _saddle("Past the saddle: one start of 1.01 obeys the law (our set-up)", 1.01)),
    ("escape", _escape()),
    ("chattering", _chattering()),
    ("near-duplicates", _near_duplicates()),
    ("scaling-small", _scaling("Output scaling α = 1: undamped Gauss–Newton loses rank (our set-up)", 1.0)),
    ("scaling", _scaling("Output scaling α = 100: close to the linear regime (our set-up)", 100.0)),
    ("stiff", _stiff()),
    ("first-order", _first_order()),
)
"""Names and specs, in the order of the list of presets."""
