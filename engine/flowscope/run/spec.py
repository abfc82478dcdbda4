"""The spec: the frozen value that determines a run."""

from copy import deepcopy
from typing import Annotated, Any, Literal, overload

import torch
from pydantic import Discriminator, Field, Tag, WithJsonSchema, model_validator
from torch import Tensor

from ..comparison import AnyProtocol, EqualTime
from ..comparison.extension import extend
from ..comparison.protocol import breach
from ..comparison.referee import unrefereed
from ..component import UNION, Component, Count, Real, SpecError, parse, parse_value, shown, wrong
from ..flow import AnyFlow, Flow, GaussNewton, GeneralisedGaussNewton, Loop, StraightLine
from ..integrator import AnyIntegrator, DormandPrince, FixedStep, Rosenbrock
from ..movement import MinimizingMovement
from ..network import AnyNetwork, Network
from ..optimizer import (
    SOAP,
    Adam,
    AdamW,
    CumulativeGaussNewton,
    DampedGaussNewton,
    GradientDescent,
    HeavyBall,
    LevenbergMarquardt,
    Muon,
    Optimizer,
    RiemannianDescent,
)
from ..problem import AnyProblem, Given, Squares
from ..problem.problem import Coordinate
from .tune import TUNES, Tune, entered

FRAMES, STEPS, LANES, ENTRIES = 20_000, 5_000_000, 256, 64_000_000
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

    def objection(self, network: Network) -> tuple[str, str, object] | None:
        """The field that is wrong, what is expected and what came."""
        parent = self.parent
        if self.depth > BRANCHES:
            return "parent", f"a chain of at most {BRANCHES} branches", self.depth
        if parent.network != network:
            return "parent.network", "this run's network, whose parameters θ are", parent.network.kind
        if self.solver >= len(parent.solvers):
            return "solver", f"one of the parent's {len(parent.solvers)} solvers, counted from 0", self.solver
        if self.seed not in parent.seeds:
            return "seed", f"one of the parent's seeds {parent.seeds}", self.seed
        if self.frame >= parent.frames:
            return "frame", f"one of the parent's frames, at most {parent.frames - 1}", self.frame
        return None


class Integration(Component):
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
        if (objection := self._untunable(tune)) is not None:
            path, expected, came = objection
            raise SpecError(f"tune.{path}", expected, shown(came))
        return self.model_copy(update={"tunes": tunes})

    def _untunable(self, tune: Tune) -> tuple[str, str, object] | None:
        """The field that is wrong, what is expected and what came."""
        if tune.solver >= len(self.solvers):
            return "solver", f"one of the {len(self.solvers)} solvers, counted from 0", tune.solver
        if not self.solvers[tune.solver].method.is_tunable:
            return "solver", "a solver with a damping", self.solvers[tune.solver].name
        if tune.frame > self.frames - 2:
            return "frame", f"a frame before the last, {self.frames - 1}", tune.frame
        return None

    def _fits_solver(self, index: int, solver: AnySolver) -> None:
        """Raises for what a solver's method objects to in this network, problem and company."""
        part = f"solvers.{index}.{'flow' if isinstance(solver, Integration) else 'optimizer'}"
        outputs, loss = self.problem.samples * self.network.outputs, self.problem.loss
        if isinstance(solver, Integration):
            objection = solver.flow.objection(outputs, self.network.parameters, self.horizon)
            if objection is None and isinstance(solver.flow, StraightLine | Loop) and not isinstance(loss, Squares):
                objection = ("the loss of squares, whose target the line leads to", loss.kind)
        else:
            objection = solver.optimizer.objection(self.network, self.problem.samples)
        if objection:
            raise wrong(part, *objection)
        if isinstance(solver.method, MinimizingMovement) and (objection := solver.method.objection_to(loss)):
            raise wrong("problem.loss", *objection)
        if len(self.solvers) > 1 and (fault := unrefereed(solver.method)):
            raise wrong(part, "a method that the referee has passed, in a run with others", fault)

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
        if isinstance(self.start, Branch) and (objection := self.start.objection(self.network)):
            path, expected, came = objection
            raise wrong(f"start.{path}", expected, came)
        self.problem.check(self.network)
        if self.network.is_centred and len(self.seeds) > 1:
            raise wrong("seeds", "one seed, since the network is centred at its start", len(self.seeds))
        for index, solver in enumerate(self.solvers):
            self._fits_solver(index, solver)
        if (broken := breach(self.protocol, self.solvers, self.problem.samples)) is not None:
            raise wrong(*broken)
        self._ordered()
        return self

    def _ordered(self) -> None:
        for index, tune in enumerate(self.tunes):
            if (objection := self._untunable(tune)) is not None:
                path, expected, came = objection
                raise wrong(f"tunes.{index}.{path}", expected, came)
            if index and tune.place <= self.tunes[index - 1].place:
                raise wrong(
                    f"tunes.{index}", "a later frame, or the same and a later solver, than the entry before", str(tune)
                )

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
                expected = (
                    "an explicit integrator, since this flow has no Gauss–Newton approximation of ∂θ'/∂θ to invert"
                )
                raise wrong(f"solvers.{index}.integrator", expected, solver.integrator.kind)
            if isinstance(solver.integrator, FixedStep) and self.horizon / solver.integrator.dt > STEPS:
                steps = f"{self.horizon / solver.integrator.dt:.6g}"
                raise wrong(f"solvers.{index}.integrator.dt", f"at most {STEPS} steps (horizon/dt)", steps)
        lanes = len(self.solvers) * len(self.seeds)
        if lanes > LANES:
            raise wrong("seeds", f"at most {LANES} lanes (solvers × seeds)", lanes)
        outputs = self.problem.samples * self.network.outputs
        entries = lanes * (
            outputs * max(getattr(self.network, "widths", (2,))) + min(outputs, self.network.parameters) ** 2
        )
        for index, solver in enumerate(self.solvers):
            remembered = (
                len(self.seeds) * solver.optimizer.entries(self.network) if isinstance(solver, Iteration) else 0
            )
            if remembered > ENTRIES:
                raise wrong(
                    f"solvers.{index}.optimizer",
                    f"preconditioners of at most {ENTRIES} numbers in all seeds",
                    remembered,
                )
        if entries > ENTRIES:
            raise wrong(
                "problem.inputs", f"a problem of at most {ENTRIES} numbers in one linearization of all lanes", entries
            )


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
