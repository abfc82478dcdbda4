"""What is fitted: inputs, targets, and the loss L = ‖f − y‖²/(2n)."""

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple

import torch
from pydantic import Field, model_validator
from torch import Tensor

from ..component import Component, Real, wrong
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

    @abstractmethod
    def pair(self, network: Network) -> tuple[Tensor, Tensor]:
        """Inputs (n, d) and targets (N,)."""

    @abstractmethod
    def fit(self, network: Network) -> None:
        """Raises what does not fit the network's shapes (paths relative to the spec)."""

    def facts(self) -> dict[str, Any]:
        """What a run on this problem tells of it before its rows; nothing unless it has columns of its own."""
        return {}

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
        default=0.0,
        ge=-100,
        le=100,
        description="distance of the target from f(θ*) along the unit normal of the manifold",
    )

    def pair(self, network: Network) -> tuple[Tensor, Tensor]:
        inputs = self._inputs()
        outputs, jacobian = network.evaluate(torch.tensor([self.parameters], dtype=torch.float64), inputs)
        target = outputs[0]
        return inputs, target + self.offset * unit_normal(jacobian.dense()[0]) if self.offset else target

    def fit(self, network: Network) -> None:
        if len(self.parameters) != network.parameters:
            raise wrong(
                "problem.parameters", f"{network.parameters} numbers, one for each parameter", len(self.parameters)
            )
        outputs = len(self.inputs) * network.outputs
        if self.offset and outputs != network.parameters + 1:
            expected = (
                f"0, since the manifold has a unit normal only where n·q = p + 1 (here {outputs} and "
                f"{network.parameters})"
            )
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
