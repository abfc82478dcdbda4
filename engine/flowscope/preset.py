"""The presets: demonstrations that open with one click. The first is the default."""

from dataclasses import dataclass

from .component import SpecError
from .damping import Constant, ExponentialDecay, LossProportional, SmallestEigenvalue
from .flow import GaussNewton, Gradient
from .integrator import Euler
from .mlp import MLP
from .problem import Points, Teacher
from .spec import Point, Random, RunSpec, Solver
from .toy import Neuron, Pair


@dataclass(frozen=True)
class Preset:
    """A named spec."""

    name: str
    title: str
    spec: RunSpec


GRADIENT = Solver(name="Gradient flow", flow=Gradient())
GAUSS_NEWTON = Solver(name="Gauss–Newton", flow=GaussNewton(damping=Constant(rho=0.0)))
ADAPTIVE = Solver(name="Damped, adaptive ρ", flow=GaussNewton(damping=SmallestEigenvalue(scale=1.0)))
RACE = (GRADIENT, GAUSS_NEWTON, ADAPTIVE)
INPUTS = ((-0.87,), (-0.34,), (1.75,))


def _neuron(title: str, offset: float) -> RunSpec:
    return RunSpec(
        title=title,
        problem=Teacher(inputs=INPUTS, parameters=(0.35, -0.86), offset=offset),
        network=Neuron(),
        start=Point(parameters=(1.13, 1.44)),
        solvers=RACE,
        horizon=60.0,
        interval=0.04,
    )


PRESETS: tuple[Preset, ...] = (
    Preset("riemannian-flow", "Gauss–Newton is Riemannian gradient flow", _neuron("Gauss–Newton is Riemannian gradient flow", 0.05)),
    Preset("curvature", "A target further off: curvature sets the rate", _neuron("A target further off: curvature sets the rate", -0.4)),
    Preset(
        "pair",
        "Two neurons: a local minimum is not the best point",
        RunSpec(
            title="Two neurons: a local minimum is not the best point",
            problem=Points(inputs=((-1.0,), (0.4,), (1.3,)), targets=((-0.3,), (0.9,), (0.2,))),
            network=Pair(alpha=4.0, second=0.3),
            start=Point(parameters=(0.3, 0.9)),
            solvers=RACE,
            horizon=12.0,
            interval=0.02,
        ),
    ),
    Preset(
        "dampings",
        "Four dampings of one flow",
        RunSpec(
            title="Four dampings of one flow",
            problem=Teacher(inputs=INPUTS, parameters=(0.35, -0.86), offset=0.05),
            network=Neuron(),
            start=Point(parameters=(1.13, 1.44)),
            solvers=(
                Solver(name="Constant ρ = 0.1", flow=GaussNewton(damping=Constant(rho=0.1))),
                ADAPTIVE,
                Solver(name="ρ = e^{−t}", flow=GaussNewton(damping=ExponentialDecay(rate=1.0))),
                Solver(name="ρ = L/L₀", flow=GaussNewton(damping=LossProportional())),
            ),
            horizon=30.0,
            interval=0.03,
        ),
    ),
    Preset(
        "step-size",
        "The flow and its discretisation: step 1 is too long",
        RunSpec(
            title="The flow and its discretisation: step 1 is too long",
            problem=Teacher(inputs=INPUTS, parameters=(0.35, -0.86), offset=0.05),
            network=Neuron(),
            start=Point(parameters=(1.13, 1.44)),
            solvers=(
                GRADIENT,
                GAUSS_NEWTON,
                Solver(name="Gauss–Newton, η = ½", flow=GaussNewton(damping=Constant(rho=0.0)), integrator=Euler(dt=0.5)),
                Solver(name="Gauss–Newton, η = 1", flow=GaussNewton(damping=Constant(rho=0.0)), integrator=Euler(dt=1.0)),
            ),
            horizon=20.0,
            interval=0.02,
        ),
    ),
    Preset(
        "network",
        "A network that can fit everything: 32 samples, 1-16-16-1",
        RunSpec(
            title="A network that can fit everything: 32 samples, 1-16-16-1",
            problem=Points(
                inputs=tuple((-1.0 + 2.0 * i / 31,) for i in range(32)),
                targets=tuple((0.8 if i % 8 < 4 else -0.4,) for i in range(32)),
            ),
            network=MLP(widths=(1, 16, 16, 1)),
            start=Random(scale=1.0),
            solvers=(
                GRADIENT,
                Solver(name="Constant ρ = 10⁻³", flow=GaussNewton(damping=Constant(rho=1e-3))),
                Solver(name="ρ = e^{−t}", flow=GaussNewton(damping=ExponentialDecay(rate=1.0))),
            ),
            horizon=10.0,
            interval=0.02,
        ),
    ),
)


def preset(name: str) -> Preset:
    """The preset of that name. Raises SpecError for an unknown one."""
    for candidate in PRESETS:
        if candidate.name == name:
            return candidate
    raise SpecError("preset", f"one of {', '.join(p.name for p in PRESETS)}", name)
