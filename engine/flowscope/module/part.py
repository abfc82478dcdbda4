"""What a module is: a map with a tape, the vjps of its input and of its parameters, its mass, and how its parameters
move.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from ..network import Jacobian

Tape = Any
"""What the forward pass of a module keeps for the passes back."""


class Module(ABC):
    """z (B, n, d_in) ↦ f(z, w) (B, n, d_out) for B lanes of n samples; A = ∂f/∂z and B = ∂f/∂w sample by sample.

    Rows are cotangents (B, n, m, d_out), m for each sample: the gradient λ is one, those of a metric's factor L are
    others, and all take the same way back, L_{α−1} = L_αA_α and K_α = L_αB_α (Pehle, Slotine 2603.03610; recursion as
    in their repository cpehle/tyr).
    """

    inputs: int
    """d_in."""
    outputs: int
    """d_out."""

    @property
    @abstractmethod
    def leaves(self) -> tuple["Leaf", ...]:
        """The leaves with parameters, in the order of the forward pass; one that is used twice stands here twice."""

    @abstractmethod
    def forward(self, z: Tensor, weights: "Weights") -> tuple[Tensor, Tape]:
        """f(z, w) and the tape."""

    @abstractmethod
    def vjp_input(self, tape: Tape, rows: Tensor, visit: "Visit") -> Tensor:
        """Rows times A, (B, n, m, d_in); every leaf on the way is visited with the rows that reach it."""

    @abstractmethod
    def jvp(self, tape: Tape, tangent: Tensor, directions: "Weights") -> Tensor:
        """A·dz + B·dw (B, n, d_out) for tangents (B, n, d_in) and directions of every leaf."""


class Leaf(Module):
    """A module that is made of no others. Two leaves are the same only if they are one object, which is how weights are
    shared.
    """

    parameters: int = 0
    """p_α."""

    @property
    def leaves(self) -> tuple["Leaf", ...]:
        return (self,) if self.parameters else ()

    @abstractmethod
    def vjp_parameters(self, tape: Tape, rows: Tensor) -> Jacobian:
        """K = rows times B, (B, n·m, p_α), as products."""

    @abstractmethod
    def jvp_parameters(self, tape: Tape, direction: Tensor) -> Tensor:
        """B·dw (B, n, d_out) for dw (B, p_α)."""

    def mass(self, weight: Tensor) -> Tensor:
        """The diagonal of D/μ, (B, p_α): ones."""
        return torch.ones_like(weight)

    def retract(self, weight: Tensor, direction: Tensor, eta: float | Tensor) -> Tensor:
        """Where w (B, p_α) gets by η·dw: straight ahead, the space being flat."""
        return weight + eta * direction

    def draw(self, generator: torch.Generator) -> Tensor:
        """A random w (p_α,): standard normal here."""
        return torch.randn(self.parameters, generator=generator, dtype=torch.float64)


Weights = Mapping[Leaf, Tensor]
"""w (B, p_α) of every leaf."""
Visit = Callable[[Leaf, Tape, Tensor], None]
"""What is done at a leaf, with its tape and the rows (B, n, m, d_out) that reach it."""


def pass_by(leaf: Leaf, tape: Tape, rows: Tensor) -> None:
    """A visit that does nothing."""


def repeated(values: Tensor, count: int) -> Tensor:
    """(B, n, d) as (B, n·m, d), each sample m times."""
    return values.unsqueeze(2).expand(-1, -1, count, -1).flatten(1, 2)
