"""A network: the pure map θ ↦ outputs on the problem's inputs, together with its Jacobian."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, cast

import torch
from torch import Tensor

from ..component import Component, Experiment, Objection
from .jacobian import Jacobian


@dataclass(frozen=True)
class Cost:
    """Modelled flops of one evaluation of each kind, for one lane."""

    f: float
    jacobian: float
    jvp: float
    vjp: float
    solve: float


@dataclass(frozen=True)
class Matrix:
    """Where θ holds a weight matrix W (rows, columns), row by row."""

    offset: int
    rows: int
    columns: int

    @property
    def span(self) -> slice:
        """Its entries in θ."""
        return slice(self.offset, self.offset + self.rows * self.columns)

    def of(self, theta: Tensor) -> Tensor:
        """θ (b, p) → W (b, rows, columns), a view."""
        return theta[:, self.span].view(-1, self.rows, self.columns)


class Network(Component):
    """θ (B, p) ↦ outputs (B, N), N = n·q, sample-major: output o of sample i is entry i·q + o."""

    is_layered: ClassVar[bool] = False
    """Whether it is a chain of layers, each of which can be looked at in a metric of its own."""

    @property
    @abstractmethod
    def inputs(self) -> int:
        """d, the width of one input."""

    @property
    @abstractmethod
    def outputs(self) -> int:
        """q, the outputs of one sample."""

    @property
    @abstractmethod
    def parameters(self) -> int:
        """p, the length of θ."""

    @property
    def matrices(self) -> tuple[Matrix, ...]:
        """The weight matrices within θ, for methods that act on matrices; none where θ is a list of numbers."""
        return ()

    @property
    def is_centred(self) -> bool:
        """Whether the outputs at the start are subtracted."""
        return False

    @abstractmethod
    def evaluate(self, theta: Tensor, inputs: Tensor) -> tuple[Tensor, Jacobian]:
        """θ (B, p), inputs (n, d) → outputs (B, N) and J (B, N, p)."""

    @abstractmethod
    def forward(self, theta: Tensor, inputs: Tensor) -> Tensor:
        """θ (B, p), inputs (n, d) → outputs (B, N)."""

    @abstractmethod
    def cost(self, samples: int) -> Cost:
        """Modelled flops on n samples."""

    def check(self, spec: Experiment) -> Iterator[Objection]:
        if (width := spec.problem.width) != self.inputs:
            if spec.problem.is_given:
                yield "/problem.inputs.0", f"{self.inputs} numbers, the network's input width", width
            yield "", f"inputs of width {width}", self.inputs

    def draw(self, generator: torch.Generator) -> Tensor:
        """A random θ (p,): standard normal here."""
        return torch.randn(self.parameters, generator=generator, dtype=torch.float64)


class Centred:
    """θ ↦ f(θ) − c with the constant c (N,) = f(θ₀); everything else is the network's own."""

    def __init__(self, network: Network, offset: Tensor) -> None:
        self._network, self._offset = network, offset

    def __getattr__(self, name: str) -> Any:
        return getattr(self._network, name)

    def evaluate(self, theta: Tensor, inputs: Tensor) -> tuple[Tensor, Jacobian]:
        outputs, jacobian = self._network.evaluate(theta, inputs)
        return outputs - self._offset, jacobian

    def forward(self, theta: Tensor, inputs: Tensor) -> Tensor:
        return self._network.forward(theta, inputs) - self._offset


def centred(network: Network, theta: Tensor, inputs: Tensor) -> Network:
    """The network minus its outputs at θ (p,)."""
    return cast(Network, Centred(network, network.forward(theta.unsqueeze(0), inputs)[0]))
