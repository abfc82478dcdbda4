"""What is fitted: inputs, targets, and the loss L = ‖f − y‖²/(2n)."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import torch
from pydantic import Field, model_validator
from torch import Tensor

from ..component import Component, Experiment, Objection, Real, within, wrong
from ..network import Network
from .loss import AnyLoss, Squares

Coordinate = Annotated[Real, Field(ge=-1e6, le=1e6)]
Vector = tuple[Coordinate, ...]
Inputs = Annotated[
    tuple[Vector, ...], Field(min_length=1, max_length=4096, description="inputs x_i, n rows of d numbers")
]


class Key(NamedTuple):
    """Data as a value: the bytes of inputs and targets, n, the device and the loss."""

    inputs: bytes
    targets: bytes
    samples: int
    device: str
    loss: AnyLoss


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

    @property
    def key(self) -> "Key":
        """What determines the data, as a value that can be looked up."""
        inputs, targets = (values.cpu().numpy().tobytes() for values in (self.inputs, self.targets))
        return Key(inputs, targets, self.samples, str(self.inputs.device), self.loss)

    @classmethod
    def of(cls, key: "Key") -> "Data":
        """The data of a key."""
        inputs, targets = (
            torch.frombuffer(bytearray(each), dtype=torch.float64).to(key.device) for each in (key.inputs, key.targets)
        )
        return cls(inputs.view(key.samples, -1), targets, key.loss)

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

    is_given: ClassVar[bool] = False
    """Whether its inputs are numbers in the spec, so that it is they that are wrong where the network is not."""

    loss: AnyLoss = Field(default=Squares(), description="g in L = g(f)/n; squares make L = ‖f − y‖²/(2n)")

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """n and d: how many inputs, and of how many numbers."""

    @property
    def samples(self) -> int:
        """n."""
        return self.shape[0]

    @property
    def width(self) -> int:
        """d, the numbers of one input."""
        return self.shape[1]

    def data(self, network: Network) -> Data:
        """The data in the network's shapes."""
        return Data(*self.pair(network), self.loss)

    @property
    def known(self) -> tuple[Vector, ...]:
        """Parameters θ that are known to fit well, p numbers each."""
        return ()

    @abstractmethod
    def pair(self, network: Network) -> tuple[Tensor, Tensor]:
        """Inputs (n, d) and targets (N,)."""

    def facts(self) -> dict[str, Any]:
        """What a run on this problem tells of it before its rows; nothing unless it has columns of its own."""
        return {}

    def check(self, spec: Experiment) -> Iterator[Objection]:
        yield from within("loss", self.loss.check(spec))


class Given(Problem):
    """Inputs given by hand."""

    is_given: ClassVar[bool] = True

    inputs: Inputs

    @model_validator(mode="after")
    def _rectangular(self) -> "Given":
        for objection in _ragged("inputs", self.inputs, len(self.inputs[0]), limit=256):
            raise wrong(*objection)
        return self

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.inputs), len(self.inputs[0])

    def _inputs(self) -> Tensor:
        return torch.tensor(self.inputs, dtype=torch.float64)


class Points(Given):
    """Targets given by hand."""

    kind: Literal["points"] = "points"
    targets: tuple[Vector, ...] = Field(description="targets y_i, n rows of q numbers")

    def pair(self, network: Network) -> tuple[Tensor, Tensor]:
        return self._inputs(), torch.tensor(self.targets, dtype=torch.float64).flatten()

    def check(self, spec: Experiment) -> Iterator[Objection]:
        if len(self.targets) != len(self.inputs):
            yield "targets", f"{len(self.inputs)} rows, one for each input", f"{len(self.targets)} rows"
        yield from _ragged("targets", self.targets, spec.network.outputs, limit=256)
        yield from super().check(spec)


class Teacher(Given):
    """Targets f(θ*) of a teacher of the same kind, moved off the manifold along its unit normal.

    The normal is defined, up to the orientation det[J, ν] > 0, where N = p + 1; elsewhere the offset must be 0.
    """

    kind: Literal["teacher"] = "teacher"
    parameters: Vector = Field(description="θ* of the teacher, p numbers")
    offset: Real = Field(
        default=0.0,
        ge=-100,
        le=100,
        description="distance of the target from f(θ*) along the unit normal of the manifold",
    )

    @property
    def known(self) -> tuple[Vector, ...]:
        return (self.parameters,)

    def pair(self, network: Network) -> tuple[Tensor, Tensor]:
        inputs = self._inputs()
        outputs, jacobian = network.evaluate(torch.tensor([self.parameters], dtype=torch.float64), inputs)
        target = outputs[0]
        return inputs, target + self.offset * unit_normal(jacobian.dense()[0]) if self.offset else target

    def check(self, spec: Experiment) -> Iterator[Objection]:
        outputs, parameters = spec.outputs, spec.network.parameters
        if len(self.parameters) != parameters:
            yield "parameters", f"{parameters} numbers, one for each parameter", len(self.parameters)
        if self.offset and outputs != parameters + 1:
            where = f"where n·q = p + 1 (here {outputs} and {parameters})"
            yield "offset", f"0, since the manifold has a unit normal only {where}", self.offset
        yield from super().check(spec)


def unit_normal(jacobian: Tensor) -> Tensor:
    """ν (N,) with Jᵀν = 0, ‖ν‖ = 1 and det[J, ν] > 0, from J (p + 1, p)."""
    normal = torch.linalg.qr(jacobian, mode="complete").Q[:, -1]
    return normal * torch.sign(torch.linalg.det(torch.cat((jacobian, normal[:, None]), 1)))


def _ragged(path: str, rows: tuple[Vector, ...], width: int, *, limit: int) -> Iterator[Objection]:
    if not 1 <= width <= limit:
        yield f"{path}.0", f"between 1 and {limit} numbers", width
    for index, row in enumerate(rows):
        if len(row) != width:
            yield f"{path}.{index}", f"{width} numbers", len(row)
