"""The spec: the frozen value that determines a run."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Annotated, Any, ClassVar, Literal, overload

import torch
from pydantic import Discriminator, Field, Tag, WithJsonSchema, model_validator
from torch import Tensor

from ..comparison import AnyProtocol, EqualTime
from ..comparison.extension import extend
from ..comparison.referee import unrefereed
from ..component import (
    UNION,
    Component,
    Count,
    Experiment,
    Objection,
    Real,
    SpecError,
    parse,
    parse_value,
    shown,
    within,
    wrong,
)
from ..flow import AnyFlow, Flow, GaussNewton, GeneralisedGaussNewton
from ..integrator import AnyIntegrator, DormandPrince, Euler, Integrator
from ..integrator.runge_kutta import STEPS
from ..movement import MinimizingMovement
from ..network import AnyNetwork, Network
from ..network.network import Cost
from ..optimizer import (
    SOAP,
    Adam,
    AdamW,
    CumulativeGaussNewton,
    DampedGaussNewton,
    Descent,
    GradientDescent,
    HeavyBall,
    LevenbergMarquardt,
    Muon,
    Optimizer,
    RiemannianDescent,
)
from ..problem import AnyProblem
from ..problem.problem import Coordinate
from .tune import TUNES, Tune, entered

FRAMES, LANES, ENTRIES = 20_000, 256, 64_000_000
BRANCHES = 4


AnyOptimizer = Annotated[
    GradientDescent
    | HeavyBall
    | Adam
    | AdamW
    | Muon
    | SOAP
    | LevenbergMarquardt
    | DampedGaussNewton
    | CumulativeGaussNewton
    | MinimizingMovement
    | RiemannianDescent,
    Field(discriminator="kind"),
]


extend((GaussNewton, GeneralisedGaussNewton, DampedGaussNewton), "damping", "damping")


class Point(Component):
    """A start given by hand, the same for every seed."""

    kind: Literal["point"] = "point"
    parameters: tuple[Coordinate, ...] = Field(description="θ₀, p numbers")

    def check(self, spec: Experiment) -> Iterator[Objection]:
        if len(self.parameters) != (count := spec.network.parameters):
            yield "parameters", f"{count} numbers, one for each parameter", len(self.parameters)

    def draw(self, network: Network, seed: int) -> Tensor:
        return torch.tensor(self.parameters, dtype=torch.float64)


class Random(Component):
    """A start drawn by the network from each seed: scale × its initialisation."""

    kind: Literal["random"] = "random"
    scale: Real = Field(default=1.0, gt=0, le=1e3, description="factor on the network's random initialisation")

    def draw(self, network: Network, seed: int) -> Tensor:
        return self.scale * network.draw(torch.Generator().manual_seed(seed))


class Branch(Component):
    """Where a lane of another run on the same network was at a frame, the same for every seed; that run is integrated
    anew up to there.
    """

    kind: Literal["branch"] = "branch"
    parent: Annotated["RunSpec", WithJsonSchema({"type": "object"})] = Field(
        description="the run that is branched from", json_schema_extra={"readOnly": True}
    )
    solver: Count = Field(ge=0, description="which solver of the parent")
    seed: Count = Field(ge=0, description="which of the parent's seeds")
    frame: Count = Field(ge=0, description="at which of its frames")

    @property
    def depth(self) -> int:
        """Branches from here to the run that began them."""
        return 1 + (self.parent.start.depth if isinstance(self.parent.start, Branch) else 0)

    @property
    def alone(self) -> "RunSpec":
        """The parent with nothing but the lane that is branched from."""
        tunes = tuple(tune.model_copy(update={"solver": 0}) for tune in self.parent.tunes if tune.solver == self.solver)
        return self.parent.model_copy(
            update={"solvers": (self.parent.solvers[self.solver],), "seeds": (self.seed,), "tunes": tunes}
        )

    def check(self, spec: Experiment) -> Iterator[Objection]:
        parent = self.parent
        if self.depth > BRANCHES:
            yield "parent", f"a chain of at most {BRANCHES} branches", self.depth
        if parent.network != spec.network:
            yield "parent.network", "this run's network, whose parameters θ are", parent.network.kind
        if self.solver >= len(parent.solvers):
            yield "solver", f"one of the parent's {len(parent.solvers)} solvers, counted from 0", self.solver
        if self.seed not in parent.seeds:
            yield "seed", f"one of the parent's seeds {parent.seeds}", self.seed
        if self.frame >= parent.frames:
            yield "frame", f"one of the parent's frames, at most {parent.frames - 1}", self.frame


class Integration(Component):
    """A flow and the integrator that follows it."""

    slot: ClassVar[str] = "flow"
    """The field that holds its method."""
    is_discrete: ClassVar[bool] = False
    """Whether there is nothing between its steps."""

    name: str = Field(min_length=1, max_length=60, description="what the page calls this solver")
    flow: AnyFlow
    integrator: AnyIntegrator = DormandPrince()

    @property
    def method(self) -> Flow:
        """What moves θ."""
        return self.flow

    @property
    def exponent(self) -> float | None:
        """κ where L − L* falls as e^{−κt} by theory; None for Euler steps, which contract by 1 − η instead."""
        return None if isinstance(self.integrator, Euler) else self.flow.exponent

    def check(self, spec: Experiment) -> Iterator[Objection]:
        """What is wrong with the integrator; the flow is asked after the parts that it rests on."""
        if self.integrator.is_implicit and not self.flow.is_relaxing:
            expected = "an explicit integrator, since this flow has no Gauss–Newton approximation of ∂θ'/∂θ to invert"
            yield "integrator", expected, self.integrator.kind
        yield from within("integrator", self.integrator.check(spec))

    def entries(self, network: Network) -> int:
        """Numbers that one lane remembers beyond a few copies of θ."""
        return 0

    @property
    def program(self) -> object:
        """Lanes whose solvers have equal programs advance together."""
        return self.integrator

    def cost(self, network: Network, samples: int) -> Cost:
        """Modelled flops of what its tally counts, on n samples."""
        return network.cost(samples)

    def stepper(self, solvers: Sequence[Any], lanes: Tensor, theta: Tensor, network: Network) -> Integrator:
        """What advances these `lanes` (b,) of all θ (B, p), whose `solvers` (b) have its program."""
        return self.integrator


class Iteration(Component):
    """A discrete method, which needs no integrator."""

    slot: ClassVar[str] = "optimizer"
    """The field that holds its method."""
    is_discrete: ClassVar[bool] = True
    """Whether there is nothing between its steps."""

    name: str = Field(min_length=1, max_length=60, description="what the page calls this solver")
    optimizer: AnyOptimizer = Field(description="the rule of one step")

    @property
    def method(self) -> Optimizer:
        """What moves θ."""
        return self.optimizer

    def check(self, spec: Experiment) -> Iterator[Objection]:
        """What is wrong with the count of steps; the optimizer is asked after the parts that it rests on."""
        if (steps := spec.horizon / self.optimizer.span) > STEPS:
            yield "optimizer.eta", f"at most {STEPS} steps (horizon/η)", f"{steps:.6g}"

    def entries(self, network: Network) -> int:
        """Numbers that one lane remembers beyond a few copies of θ."""
        return self.optimizer.entries(network)

    @property
    def program(self) -> object:
        """Lanes whose solvers have equal programs advance together."""
        return self.optimizer.program

    def cost(self, network: Network, samples: int) -> Cost:
        """Modelled flops of what its tally counts, on n samples."""
        return self.optimizer.cost(network, samples)

    def stepper(self, solvers: Sequence[Any], lanes: Tensor, theta: Tensor, network: Network) -> Descent:
        """What advances these `lanes` (b,) of all θ (B, p), whose `solvers` (b) have its program."""
        return type(self.optimizer).descent([each.optimizer for each in solvers], lanes, theta, network)


@overload
def Solver(name: str, method: Flow, integrator: AnyIntegrator | None = None) -> Integration: ...
@overload
def Solver(name: str, method: Optimizer) -> Iteration: ...
def Solver(name: str, method: Flow | Optimizer, integrator: AnyIntegrator | None = None) -> Integration | Iteration:
    """A method under a name: `Solver("Adam", Adam(eta=0.01))`, `Solver("Euler", Gradient(), Euler(dt=0.1))`.

    A flow is followed by `integrator` (Dormand–Prince where none is given); a discrete method needs none. Raises
    SpecError where it comes with one.
    """
    if isinstance(method, Flow):
        return Integration.model_validate({"name": name, "flow": method, "integrator": integrator or DormandPrince()})
    if integrator is not None:
        raise SpecError("integrator", f"none, since {type(method).__name__} is a discrete method", integrator.kind)
    return Iteration.model_validate({"name": name, "optimizer": method})


extend((Integration,), "flow", "flow")
extend((Iteration,), "optimizer", "optimizer")


def _member(value: object) -> str:
    """What has an `optimizer` is an iteration; everything else is to be a flow with an integrator."""
    present = "optimizer" in value if isinstance(value, dict) else isinstance(value, Iteration)
    return f"{UNION}iteration" if present else f"{UNION}solver"


AnySolver = Annotated[
    Annotated[Integration, Tag(f"{UNION}solver")] | Annotated[Iteration, Tag(f"{UNION}iteration")],
    Discriminator(_member),
]


class RunSpec(Component):
    """One experiment (problem, network, start) and the solvers that race in it. Equal specs give equal runs."""

    title: str = Field(default="", max_length=120)
    problem: AnyProblem
    network: AnyNetwork
    start: Annotated[Point | Random | Branch, Field(discriminator="kind")] = Random()
    solvers: tuple[AnySolver, ...] = Field(min_length=1, max_length=32)
    seeds: tuple[Annotated[Count, Field(ge=0, lt=2**31)], ...] = Field(
        default=(0,), min_length=1, max_length=64, description="one lane per solver and seed"
    )
    horizon: Real = Field(default=20.0, gt=0, le=1e6, description="flow time at which the run ends")
    interval: Real = Field(default=0.05, gt=0, le=1e6, description="flow time between frames")
    evaluations: Count = Field(
        default=1_000_000, ge=1, le=10_000_000, description="budget of evaluations of f for each lane"
    )
    protocol: AnyProtocol = Field(default=EqualTime(), description="the rule by which the solvers are compared")
    tunes: tuple[Tune, ...] = Field(
        default=(),
        max_length=TUNES,
        description="ρ set by hand, by frame and solver",
        json_schema_extra={"readOnly": True},
    )

    @property
    def origin(self) -> "RunSpec":
        """The run whose start was no branch."""
        return self.start.parent.origin if isinstance(self.start, Branch) else self

    def root(self, seed: int) -> Tensor:
        """θ₀ (p,) of a seed where the run that began all branches started; the place at which networks are centred."""
        start = self.origin.start
        assert not isinstance(start, Branch), "an origin is no branch"
        return start.draw(self.network, seed)

    @property
    def outputs(self) -> int:
        """N = n·q."""
        return self.problem.samples * self.network.outputs

    @property
    def frames(self) -> int:
        """Frames of a full run, the one at t = 0 included."""
        return max(1, -int(-(self.horizon / self.interval - 1e-9) // 1)) + 1

    def time(self, frame: int) -> float:
        """Flow time of a frame."""
        return min(frame * self.interval, self.horizon)

    def tuned(self, tune: Tune) -> "RunSpec":
        """The same with ρ set by hand once more. Raises SpecError where that cannot be."""
        tunes = entered(self.tunes, tune)
        if len(tunes) > TUNES:
            raise SpecError("tunes", f"at most {TUNES} entries", str(len(tunes)))
        for path, expected, came in within("tune", tune.check(self)):
            raise SpecError(path, expected, shown(came))
        return self.model_copy(update={"tunes": tunes})

    @model_validator(mode="after")
    def _fits(self) -> "RunSpec":
        for path, expected, came in self._objections():
            raise wrong(path.removeprefix("/"), expected, came)
        return self

    def _objections(self) -> Iterator[Objection]:
        """What the parts object to and what is wrong with their number and sizes; each relies on those before it."""
        if (frames := self.horizon / self.interval) > FRAMES:
            yield "horizon", f"at most {FRAMES} frames (horizon/interval)", f"{frames:.6g}"
        for index, solver in enumerate(self.solvers):
            yield from within(f"solvers.{index}", solver.check(self))
        yield from self._too_large()
        yield from within("network", self.network.check(self))
        yield from within("start", self.start.check(self))
        yield from within("problem", self.problem.check(self))
        if self.network.is_centred and len(self.seeds) > 1:
            yield "seeds", "one seed, since the network is centred at its start", len(self.seeds)
        for index, solver in enumerate(self.solvers):
            yield from within(f"solvers.{index}.{solver.slot}", self._of_method(solver))
        yield from within("protocol", self.protocol.check(self))
        for index, tune in enumerate(self.tunes):
            yield from within(f"tunes.{index}", self._of_tune(index, tune))

    def _of_method(self, solver: AnySolver) -> Iterator[Objection]:
        yield from solver.method.check(self)
        if len(self.solvers) > 1 and (fault := unrefereed(solver.method)):
            yield "", "a method that the referee has passed, in a run with others", fault

    def _of_tune(self, index: int, tune: Tune) -> Iterator[Objection]:
        yield from tune.check(self)
        if index and tune.place <= self.tunes[index - 1].place:
            yield "", "a later frame, or the same and a later solver, than the entry before", str(tune)

    def _too_large(self) -> Iterator[Objection]:
        lanes, outputs = len(self.solvers) * len(self.seeds), self.outputs
        if lanes > LANES:
            yield "seeds", f"at most {LANES} lanes (solvers × seeds)", lanes
        for index, solver in enumerate(self.solvers):
            if (remembered := len(self.seeds) * solver.entries(self.network)) > ENTRIES:
                expected = f"preconditioners of at most {ENTRIES} numbers in all seeds"
                yield f"solvers.{index}.{solver.slot}", expected, remembered
        widest = max(getattr(self.network, "widths", (2,)))
        entries = lanes * (outputs * widest + min(outputs, self.network.parameters) ** 2)
        if entries > ENTRIES:
            expected = f"a problem of at most {ENTRIES} numbers in one linearization of all lanes"
            yield "problem.inputs", expected, entries


def parse_spec(value: object) -> RunSpec:
    """A spec from decoded JSON. Raises SpecError, one sentence that names the path, what was expected and what came."""
    return parse_value(RunSpec, value)


def parse_spec_json(text: str | bytes) -> RunSpec:
    """A spec from JSON text; raises as `parse_spec`."""
    return parse(RunSpec, text)


SCHEMA = RunSpec.model_json_schema()
"""Made while no spec has been parsed: pydantic may tell a model that holds itself differently afterwards."""


def spec_schema() -> dict[str, Any]:
    """The JSON schema of a spec."""
    return deepcopy(SCHEMA)
