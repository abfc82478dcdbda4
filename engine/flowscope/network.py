"""A network: the pure map θ ↦ outputs on the problem's inputs, together with its Jacobian."""

from abc import abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

from .component import Component
from .jacobian import Jacobian


@dataclass(frozen=True)
class Cost:
    """Modelled flops of one evaluation of each kind, for one lane."""

    f: float
    jacobian: float
    jvp: float
    vjp: float
    solve: float


class Network(Component):
    """θ (B, p) ↦ outputs (B, N), N = n·q, sample-major: output o of sample i is entry i·q + o."""

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

    @abstractmethod
    def evaluate(self, theta: Tensor, inputs: Tensor) -> tuple[Tensor, Jacobian]:
        """θ (B, p), inputs (n, d) → outputs (B, N) and J (B, N, p)."""

    @abstractmethod
    def forward(self, theta: Tensor, inputs: Tensor) -> Tensor:
        """θ (B, p), inputs (n, d) → outputs (B, N)."""

    @abstractmethod
    def cost(self, samples: int) -> Cost:
        """Modelled flops on n samples."""

    def draw(self, generator: torch.Generator) -> Tensor:
        """A random θ (p,): standard normal here."""
        return torch.randn(self.parameters, generator=generator, dtype=torch.float64)
