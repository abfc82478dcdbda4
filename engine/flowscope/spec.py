"""The spec: the frozen value that determines a run."""

from typing import Annotated, Any, Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor

from .component import Component, Count, Real, parse, parse_value, wrong
from .flow import AnyFlow
from .integrator import AnyIntegrator, DormandPrince, FixedStep
from .mlp import MLP
from .network import Network
from .problem import Coordinate, Points, Teacher
from .toy import Neuron, Pair, ScaledNeuron, TwoTerm

FRAMES, STEPS, LANES, ENTRIES = 20_000, 5_000_000, 256, 64_000_000


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


class RunSpec(Component):
    """One experiment (problem, network, start) and the solvers that race in it. Equal specs give equal runs."""

    title: str = Field(default="", max_length=120)
    problem: Annotated[Points | Teacher, Field(discriminator="kind")]
    network: Annotated[Neuron | ScaledNeuron | TwoTerm | Pair | MLP, Field(discriminator="kind")]
    start: Annotated[Point | Random, Field(discriminator="kind")] = Random()
    solvers: tuple[Solver, ...] = Field(min_length=1, max_length=32)
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
        width, expected = len(self.problem.inputs[0]), self.network.inputs
        if width != expected:
            raise wrong("problem.inputs.0", f"{expected} numbers, the network's input width", f"{width}")
        if isinstance(self.start, Point) and len(self.start.parameters) != self.network.parameters:
            count = f"{self.network.parameters} numbers, one for each parameter"
            raise wrong("start.parameters", count, f"{len(self.start.parameters)}")
        self.problem.check(self.network)
        return self

    def _bounded(self) -> None:
        if self.horizon / self.interval > FRAMES:
            raise wrong("horizon", f"at most {FRAMES} frames (horizon/interval)", f"{self.horizon / self.interval:.6g}")
        for index, solver in enumerate(self.solvers):
            if isinstance(solver.integrator, FixedStep) and self.horizon / solver.integrator.dt > STEPS:
                steps = f"{self.horizon / solver.integrator.dt:.6g}"
                raise wrong(f"solvers.{index}.integrator.dt", f"at most {STEPS} steps (horizon/dt)", steps)
        lanes = len(self.solvers) * len(self.seeds)
        if lanes > LANES:
            raise wrong("seeds", f"at most {LANES} lanes (solvers × seeds)", f"{lanes}")
        outputs = len(self.problem.inputs) * self.network.outputs
        entries = lanes * (outputs * max(getattr(self.network, "widths", (2,))) + min(outputs, self.network.parameters) ** 2)
        if entries > ENTRIES:
            raise wrong("problem.inputs", f"a problem of at most {ENTRIES} numbers in one linearization of all lanes", f"{entries}")


def parse_spec(value: object) -> RunSpec:
    """A spec from decoded JSON. Raises SpecError, one sentence that names the path, what was expected and what came."""
    return parse_value(RunSpec, value)


def parse_spec_json(text: str | bytes) -> RunSpec:
    """A spec from JSON text; raises as `parse_spec`."""
    return parse(RunSpec, text)


def spec_schema() -> dict[str, Any]:
    """The JSON schema of a spec."""
    return RunSpec.model_json_schema()
