"""What is fitted: inputs, targets, and the loss L = ‖f − y‖²/(2n)."""

import math
from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor

from .component import Component, Count, Real, wrong
from .loss import AnyLoss, Squares
from .network import Network

Coordinate = Annotated[Real, Field(ge=-1e6, le=1e6)]
Vector = tuple[Coordinate, ...]
Inputs = Annotated[tuple[Vector, ...], Field(min_length=1, max_length=4096, description="inputs x_i, n rows of d numbers")]


@dataclass(frozen=True)
class Data:
    """`inputs` (n, d) and `targets` (N,), N = n·q, float64, with the loss that compares outputs with them."""

    inputs: Tensor
    targets: Tensor
    loss: AnyLoss = Squares()  # noqa: RUF009  # a frozen value

    @property
    def is_squares(self) -> bool:
        """Whether the loss is ‖r‖²/(2n), whose derivative is the residual."""
        return isinstance(self.loss, Squares)

    def rows(self, outputs: Tensor) -> Tensor:
        """(…, N) as (…, n, q)."""
        return outputs.unflatten(-1, (self.samples, -1))

    @property
    def samples(self) -> int:
        """n, which normalises the loss ‖r‖²/(2n), the gradient Jᵀr/n, K = JJᵀ/n and G = JᵀJ/n."""
        return self.inputs.shape[0]

    def to(self, device: str) -> "Data":
        """The same on a device."""
        return Data(self.inputs.to(device), self.targets.to(device), self.loss)

    @cached_property
    def count(self) -> Tensor:
        """n as a tensor, which torch divides by faster than by a number."""
        return torch.tensor(float(self.samples), dtype=torch.float64, device=self.inputs.device)

    @cached_property
    def twice(self) -> Tensor:
        """2n as a tensor."""
        return 2 * self.count


class Problem(Component):
    """Inputs and targets, given or drawn, and the loss."""

    loss: AnyLoss = Field(default=Squares(), description="g in L = g(f)/n; squares make L = ‖f − y‖²/(2n)")

    @property
    @abstractmethod
    def samples(self) -> int:
        """n."""

    @property
    @abstractmethod
    def width(self) -> int:
        """d, the numbers of one input."""

    def data(self, network: Network) -> Data:
        """The data in the network's shapes."""
        return Data(*self.pair(network), self.loss)

    @abstractmethod
    def pair(self, network: Network) -> tuple[Tensor, Tensor]:
        """Inputs (n, d) and targets (N,)."""

    @abstractmethod
    def fit(self, network: Network) -> None:
        """Raises what does not fit the network's shapes (paths relative to the spec)."""

    def check(self, network: Network) -> None:
        """Raises what does not fit the network or the loss (paths relative to the spec)."""
        self.fit(network)
        if isinstance(self.loss, Squares):
            return
        data = self.data(network)
        if objection := self.loss.objection(data.rows(data.targets)):
            raise wrong("problem.loss", *objection)


class Given(Problem):
    """Inputs given by hand."""

    inputs: Inputs

    @model_validator(mode="after")
    def _rectangular(self) -> "Given":
        _check_rows("inputs", self.inputs, len(self.inputs[0]), limit=256)
        return self

    @property
    def samples(self) -> int:
        return len(self.inputs)

    @property
    def width(self) -> int:
        return len(self.inputs[0])

    def _inputs(self) -> Tensor:
        return torch.tensor(self.inputs, dtype=torch.float64)


class Drawn(Problem):
    """A synthetic data set: one seed gives one set, whatever the run's seeds are. One output."""

    seed: Count = Field(default=0, ge=0, lt=2**31, description="seed of the data")

    @abstractmethod
    def draw(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Inputs (n, d) and targets (n,)."""

    def pair(self, network: Network) -> tuple[Tensor, Tensor]:
        return self.draw(torch.Generator().manual_seed(self.seed))

    def fit(self, network: Network) -> None:
        if network.outputs != 1:
            raise wrong("network", "one output, as this problem has", network.outputs)


class NearDuplicates(Drawn):
    """Pairs of inputs on the unit sphere of R^d at distance δ with random labels ±1: λ_min(K) falls with δ² (theory page, 3.2)."""

    kind: Literal["near_duplicates"] = "near_duplicates"
    pairs: Count = Field(default=5, ge=1, le=512, description="pairs of inputs, n/2")
    dimension: Count = Field(default=5, ge=2, le=64, description="d, numbers of one input")
    distance: Real = Field(default=0.1, ge=0, le=2, description="δ between the inputs of a pair; 0 makes them duplicates")

    @property
    def samples(self) -> int:
        return 2 * self.pairs

    @property
    def width(self) -> int:
        return self.dimension

    def draw(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        first, way = torch.randn(2, self.pairs, self.dimension, generator=generator, dtype=torch.float64)
        first = first / torch.linalg.vector_norm(first, dim=1, keepdim=True)
        way = way - (way * first).sum(1, keepdim=True) * first
        way = way / torch.linalg.vector_norm(way, dim=1, keepdim=True)
        angle = 2.0 * math.asin(self.distance / 2.0)
        inputs = torch.cat((first, math.cos(angle) * first + math.sin(angle) * way))
        labels = torch.randint(0, 2, (self.samples,), generator=generator).to(torch.float64)
        return inputs, 2.0 * labels - 1.0


class Sphere(Drawn):
    """Inputs uniform on the unit sphere of R^d, y = sin(3x₁) + x₂x₃ + noise (theory page, 4.3; our set-up for Cayci's Fig. 3)."""

    kind: Literal["sphere"] = "sphere"
    count: Count = Field(default=40, ge=1, le=4096, description="n, the number of samples")
    dimension: Count = Field(default=4, ge=3, le=64, description="d, numbers of one input")
    noise: Real = Field(default=0.1, ge=0, le=10, description="standard deviation of the noise on y")

    @property
    def samples(self) -> int:
        return self.count

    @property
    def width(self) -> int:
        return self.dimension

    def draw(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        inputs = torch.randn(self.count, self.dimension, generator=generator, dtype=torch.float64)
        inputs = inputs / torch.linalg.vector_norm(inputs, dim=1, keepdim=True)
        noise = self.noise * torch.randn(self.count, generator=generator, dtype=torch.float64)
        return inputs, torch.sin(3.0 * inputs[:, 0]) + inputs[:, 1] * inputs[:, 2] + noise


class Wave(Drawn):
    """A 1-d regression: y = sin(ωx) + noise at n even points of [−1, 1]."""

    kind: Literal["wave"] = "wave"
    count: Count = Field(default=32, ge=2, le=4096, description="n, the number of samples")
    frequency: Real = Field(default=3.0, gt=0, le=100, description="ω in sin(ωx)")
    noise: Real = Field(default=0.0, ge=0, le=10, description="standard deviation of the noise on y")

    @property
    def samples(self) -> int:
        return self.count

    @property
    def width(self) -> int:
        return 1

    def draw(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        inputs = torch.linspace(-1.0, 1.0, self.count, dtype=torch.float64)
        noise = self.noise * torch.randn(self.count, generator=generator, dtype=torch.float64)
        return inputs.unsqueeze(1), torch.sin(self.frequency * inputs) + noise


class Points(Given):
    """Targets given by hand."""

    kind: Literal["points"] = "points"
    targets: tuple[Vector, ...] = Field(description="targets y_i, n rows of q numbers")

    def pair(self, network: Network) -> tuple[Tensor, Tensor]:
        return self._inputs(), torch.tensor(self.targets, dtype=torch.float64).flatten()

    def fit(self, network: Network) -> None:
        if len(self.targets) != len(self.inputs):
            raise wrong("problem.targets", f"{len(self.inputs)} rows, one for each input", f"{len(self.targets)} rows")
        _check_rows("problem.targets", self.targets, network.outputs, limit=256)


class Teacher(Given):
    """Targets f(θ*) of a teacher of the same kind, moved off the manifold along its unit normal.

    The normal is defined, up to the orientation det[J, ν] > 0, where N = p + 1; elsewhere the offset must be 0.
    """

    kind: Literal["teacher"] = "teacher"
    parameters: Vector = Field(description="θ* of the teacher, p numbers")
    offset: Real = Field(
        default=0.0, ge=-100, le=100, description="distance of the target from f(θ*) along the unit normal of the manifold"
    )

    def pair(self, network: Network) -> tuple[Tensor, Tensor]:
        inputs = self._inputs()
        outputs, jacobian = network.evaluate(torch.tensor([self.parameters], dtype=torch.float64), inputs)
        target = outputs[0]
        return inputs, target + self.offset * unit_normal(jacobian.dense()[0]) if self.offset else target

    def fit(self, network: Network) -> None:
        if len(self.parameters) != network.parameters:
            raise wrong("problem.parameters", f"{network.parameters} numbers, one for each parameter", len(self.parameters))
        outputs = len(self.inputs) * network.outputs
        if self.offset and outputs != network.parameters + 1:
            expected = f"0, since the manifold has a unit normal only where n·q = p + 1 (here {outputs} and {network.parameters})"
            raise wrong("problem.offset", expected, self.offset)


def unit_normal(jacobian: Tensor) -> Tensor:
    """ν (N,) with Jᵀν = 0, ‖ν‖ = 1 and det[J, ν] > 0, from J (p + 1, p)."""
    normal = torch.linalg.qr(jacobian, mode="complete").Q[:, -1]
    return normal * torch.sign(torch.linalg.det(torch.cat((jacobian, normal[:, None]), 1)))


def _check_rows(path: str, rows: tuple[Vector, ...], width: int, *, limit: int) -> None:
    if not 1 <= width <= limit:
        raise wrong(f"{path}.0", f"between 1 and {limit} numbers", width)
    for index, row in enumerate(rows):
        if len(row) != width:
            raise wrong(f"{path}.{index}", f"{width} numbers", len(row))
