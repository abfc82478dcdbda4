"""The presets: demonstrations that open with one click. The first is the default."""

from dataclasses import dataclass

from .chen import AnyRank
from .component import SpecError
from .damping import Constant, ExponentialDecay, LossProportional, SmallestEigenvalue
from .flow import GaussNewton, Gradient
from .integrator import Euler
from .mechanism import MECHANISMS
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


def _fitted(title: str, *solvers: Solver, horizon: float = 6.0, interval: float = 0.02) -> RunSpec:
    """Six samples, two outputs each, and 50 parameters (theory page, 4.4); inputs and labels drawn once from the standard normal."""
    return RunSpec(
        title=title,
        problem=Points(
            inputs=(
                (0.07, 0.05, 0.46),
                (1.69, 1.46, 1.93),
                (-1.44, 0.73, -1.31),
                (-0.33, -0.15, -2.69),
                (1.74, -0.52, -0.28),
                (0.45, -1.67, -1.59),
            ),
            targets=((-0.19, 0.28), (0.13, 0.33), (-0.08, -0.92), (-1.89, 1.01), (-0.69, 0.91), (0.11, 0.61)),
        ),
        network=MLP(widths=(3, 8, 2)),
        start=Random(),
        solvers=solvers,
        seeds=(2,),
        horizon=horizon,
        interval=interval,
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
    Preset(
        "segment",
        "More parameters than outputs: straight to the labels (our set-up)",
        _fitted("More parameters than outputs: straight to the labels (our set-up)", GRADIENT, GAUSS_NEWTON),
    ),
    Preset(
        "borderline",
        "As many parameters as outputs: one way to move (our set-up)",
        RunSpec(
            title="As many parameters as outputs: one way to move (our set-up)",
            problem=Points(
                inputs=(
                    (-0.71, 0.83),
                    (-0.32, 0.25),
                    (-0.25, 1.09),
                    (-0.54, -0.81),
                    (-0.82, -0.06),
                    (1.38, 1.2),
                    (0.73, -0.21),
                    (1.1, -0.34),
                    (0.42, 1.2),
                ),
                targets=((-0.8001,), (-0.6162,), (-0.2839,), (-0.8845,), (-0.9243,), (1.72,), (1.016,), (1.5864,), (0.5999,)),
            ),
            network=MLP(widths=(2, 2, 1)),
            start=Random(),
            solvers=(GRADIENT, GAUSS_NEWTON),
            seeds=(4,),
            horizon=6.0,
            interval=0.02,
        ),
    ),
    Preset(
        "conflict",
        "One input, two labels: the loss has a floor (our set-up)",
        RunSpec(
            title="One input, two labels: the loss has a floor (our set-up)",
            problem=Points(inputs=((-1.0,), (0.2,), (0.2,), (1.0,)), targets=((0.5,), (0.9,), (-0.3,), (-0.4,))),
            network=MLP(widths=(1, 6, 1)),
            start=Random(),
            solvers=(
                GRADIENT,
                Solver(name="Constant ρ = 0.01", flow=GaussNewton(damping=Constant(rho=0.01))),
                GAUSS_NEWTON,
                Solver(name="Pseudo-inverse", flow=AnyRank()),
            ),
            horizon=10.0,
            interval=0.02,
        ),
    ),
    Preset(
        "contraction",
        "Steps of Gauss–Newton: each shrinks the residual by 1 − η (our set-up)",
        _fitted(
            "Steps of Gauss–Newton: each shrinks the residual by 1 − η (our set-up)",
            *(
                Solver(name=f"Gauss–Newton, η = {eta:g}", flow=GaussNewton(damping=Constant(rho=0.0)), integrator=Euler(dt=eta))
                for eta in (0.1, 0.25, 0.5, 0.9)
            ),
            horizon=18.0,
            interval=0.05,
        ),
    ),
    Preset(
        "schedules",
        "Damping schedules on an ill-conditioned kernel (our set-up)",
        RunSpec(
            title="Damping schedules on an ill-conditioned kernel (our set-up)",
            problem=Points(
                inputs=((-1.0,), (-0.4,), (0.1,), (0.5,), (1.0,)),
                targets=((-0.6,), (0.8,), (-0.3,), (0.4,), (-0.5,)),
            ),
            network=MLP(widths=(1, 24, 1)),
            start=Random(),
            solvers=(
                GRADIENT,
                Solver(name="Constant ρ = 0.1", flow=GaussNewton(damping=Constant(rho=0.1))),
                Solver(name="Constant ρ = 10⁻³", flow=GaussNewton(damping=Constant(rho=1e-3))),
                ADAPTIVE,
                Solver(name="ρ = e^{−2t}", flow=GaussNewton(damping=ExponentialDecay(rate=2.0))),
                Solver(name="ρ = L/L₀", flow=GaussNewton(damping=LossProportional())),
                GAUSS_NEWTON,
            ),
            seeds=(3,),
            horizon=8.0,
            interval=0.01,
        ),
    ),
    *(Preset(name, spec.title, spec) for name, spec in MECHANISMS),
)


def preset(name: str) -> Preset:
    """The preset of that name. Raises SpecError for an unknown one."""
    for candidate in PRESETS:
        if candidate.name == name:
            return candidate
    raise SpecError("preset", f"one of {', '.join(p.name for p in PRESETS)}", name)
