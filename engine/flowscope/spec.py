"""The spec: the frozen value that determines a run."""

from typing import Annotated, Any, Literal

import torch
from pydantic import Discriminator, Field, Tag, model_validator
from torch import Tensor

from .chen import AnyRank, Arithmetic, Harmonic, Pullback, Pushforward, StraightLine
from .component import UNION, Component, Count, Real, parse, parse_value, wrong
from .descent import Optimizer
from .flow import Flow, GaussNewton, GeneralisedGaussNewton, Gradient
from .integrator import AnyIntegrator, DormandPrince, FixedStep
from .levenberg import DampedGaussNewton, LevenbergMarquardt
from .loss import Squares
from .mlp import MLP
from .muon import Muon
from .network import Network
from .optimizer import Adam, AdamW, GradientDescent, HeavyBall
from .problem import Coordinate, Given, NearDuplicates, Points, Sphere, Teacher, Wave
from .soap import SOAP
from .stiff import Rosenbrock
from .toy import Neuron, Pair, Product, ScaledNeuron, TwoTerm

FRAMES, STEPS, LANES, ENTRIES = 20_000, 5_000_000, 256, 64_000_000


AnyFlow = Annotated[
    Gradient | GaussNewton | GeneralisedGaussNewton | Pullback | Pushforward | AnyRank | StraightLine | Arithmetic | Harmonic,
    Field(discriminator="kind"),
]


AnyOptimizer = Annotated[
    GradientDescent | HeavyBall | Adam | AdamW | Muon | SOAP | LevenbergMarquardt | DampedGaussNewton,
    Field(discriminator="kind"),
]


class Point(Component):
    """A start given by hand, the same for every seed."""

    kind: Literal["point"] = "point"
    parameters: tuple[Coordinate, ...] = Field(description="θ₀, p numbers")

    def draw(self, network: Network, seed: int) -> Tensor:
        return torch.tensor(self.parameters, dtype=torch.float64)


class Random(Component):
    """A start drawn by the network from each seed: scale × its initialisation."""

    kind: Literal["random"] = "random"
    scale: Real = Field(default=1.0, gt=0, le=1e3, description="factor on the network's random initialisation")

    def draw(self, network: Network, seed: int) -> Tensor:
        return self.scale * network.draw(torch.Generator().manual_seed(seed))


class Solver(Component):
    """A flow and the integrator that follows it."""

    name: str = Field(min_length=1, max_length=60, description="what the page calls this solver")
    flow: AnyFlow
    integrator: AnyIntegrator = DormandPrince()

    @property
    def method(self) -> Flow:
        """What moves θ."""
        return self.flow


class Iteration(Component):
    """A discrete method, which needs no integrator."""

    name: str = Field(min_length=1, max_length=60, description="what the page calls this solver")
    optimizer: AnyOptimizer = Field(description="the rule of one step")

    @property
    def method(self) -> Optimizer:
        """What moves θ."""
        return self.optimizer


def _member(value: object) -> str:
    """What has an `optimizer` is an iteration; everything else is to be a flow with an integrator."""
    present = "optimizer" in value if isinstance(value, dict) else isinstance(value, Iteration)
    return f"{UNION}iteration" if present else f"{UNION}solver"


AnySolver = Annotated[
    Annotated[Solver, Tag(f"{UNION}solver")] | Annotated[Iteration, Tag(f"{UNION}iteration")],
    Discriminator(_member),
]


class RunSpec(Component):
    """One experiment (problem, network, start) and the solvers that race in it. Equal specs give equal runs."""

    title: str = Field(default="", max_length=120)
    problem: Annotated[Points | Teacher | Wave | Sphere | NearDuplicates, Field(discriminator="kind")]
    network: Annotated[Neuron | ScaledNeuron | TwoTerm | Product | Pair | MLP, Field(discriminator="kind")]
    start: Annotated[Point | Random, Field(discriminator="kind")] = Random()
    solvers: tuple[AnySolver, ...] = Field(min_length=1, max_length=32)
    seeds: tuple[Annotated[Count, Field(ge=0, lt=2**31)], ...] = Field(
        default=(0,), min_length=1, max_length=64, description="one lane per solver and seed"
    )
    horizon: Real = Field(default=20.0, gt=0, le=1e6, description="flow time at which the run ends")
    interval: Real = Field(default=0.05, gt=0, le=1e6, description="flow time between frames")
    evaluations: Count = Field(default=1_000_000, ge=1, le=10_000_000, description="budget of evaluations of f for each lane")

    @property
    def frames(self) -> int:
        """Frames of a full run, the one at t = 0 included."""
        return max(1, -int(-(self.horizon / self.interval - 1e-9) // 1)) + 1

    def time(self, frame: int) -> float:
        """Flow time of a frame."""
        return min(frame * self.interval, self.horizon)

    @model_validator(mode="after")
    def _fits(self) -> "RunSpec":
        self._bounded()
        width, expected = self.problem.width, self.network.inputs
        if width != expected:
            if isinstance(self.problem, Given):
                raise wrong("problem.inputs.0", f"{expected} numbers, the network's input width", width)
            raise wrong("network", f"inputs of width {width}", expected)
        if isinstance(self.start, Point) and len(self.start.parameters) != self.network.parameters:
            count = f"{self.network.parameters} numbers, one for each parameter"
            raise wrong("start.parameters", count, len(self.start.parameters))
        self.problem.check(self.network)
        if self.network.is_centred and len(self.seeds) > 1:
            raise wrong("seeds", "one seed, since the network is centred at its start", len(self.seeds))
        outputs = self.problem.samples * self.network.outputs
        for index, solver in enumerate(self.solvers):
            if isinstance(solver, Solver) and (objection := solver.flow.objection(outputs, self.network.parameters, self.horizon)):
                raise wrong(f"solvers.{index}.flow", *objection)
            if isinstance(solver, Solver) and isinstance(solver.flow, StraightLine) and not isinstance(self.problem.loss, Squares):
                raise wrong(f"solvers.{index}.flow", "the loss of squares, whose target the line leads to", self.problem.loss.kind)
            if isinstance(solver, Iteration) and (objection := solver.optimizer.objection(self.network)):
                raise wrong(f"solvers.{index}.optimizer", *objection)
        return self

    def _bounded(self) -> None:
        if self.horizon / self.interval > FRAMES:
            raise wrong("horizon", f"at most {FRAMES} frames (horizon/interval)", f"{self.horizon / self.interval:.6g}")
        for index, solver in enumerate(self.solvers):
            if isinstance(solver, Iteration):
                steps = self.horizon / solver.optimizer.span
                if steps > STEPS:
                    raise wrong(f"solvers.{index}.optimizer.eta", f"at most {STEPS} steps (horizon/η)", f"{steps:.6g}")
                continue
            if isinstance(solver.integrator, Rosenbrock) and not solver.flow.is_relaxing:
                expected = "an explicit integrator, since this flow has no Gauss–Newton approximation of ∂θ'/∂θ to invert"
                raise wrong(f"solvers.{index}.integrator", expected, solver.integrator.kind)
            if isinstance(solver.integrator, FixedStep) and self.horizon / solver.integrator.dt > STEPS:
                steps = f"{self.horizon / solver.integrator.dt:.6g}"
                raise wrong(f"solvers.{index}.integrator.dt", f"at most {STEPS} steps (horizon/dt)", steps)
        lanes = len(self.solvers) * len(self.seeds)
        if lanes > LANES:
            raise wrong("seeds", f"at most {LANES} lanes (solvers × seeds)", lanes)
        outputs = self.problem.samples * self.network.outputs
        entries = lanes * (outputs * max(getattr(self.network, "widths", (2,))) + min(outputs, self.network.parameters) ** 2)
        for index, solver in enumerate(self.solvers):
            remembered = len(self.seeds) * solver.optimizer.entries(self.network) if isinstance(solver, Iteration) else 0
            if remembered > ENTRIES:
                raise wrong(f"solvers.{index}.optimizer", f"preconditioners of at most {ENTRIES} numbers in all seeds", remembered)
        if entries > ENTRIES:
            raise wrong("problem.inputs", f"a problem of at most {ENTRIES} numbers in one linearization of all lanes", entries)


def parse_spec(value: object) -> RunSpec:
    """A spec from decoded JSON. Raises SpecError, one sentence that names the path, what was expected and what came."""
    return parse_value(RunSpec, value)


def parse_spec_json(text: str | bytes) -> RunSpec:
    """A spec from JSON text; raises as `parse_spec`."""
    return parse(RunSpec, text)


def spec_schema() -> dict[str, Any]:
    """The JSON schema of a spec."""
    return RunSpec.model_json_schema()
