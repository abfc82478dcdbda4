"""Leaf modules: a linear map, a bias, a dense layer, an elementwise activation, the identity."""

import torch
from torch import Tensor

from ..elementary import product
from ..network import Dense as Array
from ..network import Jacobian, Layered
from ..network.activation import ACTIVATIONS, Name
from .part import Leaf, Tape, Visit, Weights, repeated
from .product import Product


class Linear(Leaf):
    """z ↦ Wz, W (out, into) row by row in w."""

    def __init__(self, into: int, out: int) -> None:
        self.inputs, self.outputs, self.parameters = into, out, into * out

    def _weight(self, values: Tensor) -> Tensor:
        return values.view(-1, self.outputs, self.inputs)

    def forward(self, z: Tensor, weights: Weights) -> tuple[Tensor, Tape]:
        weight = self._weight(weights[self])
        return product(z, weight.mT), (z, weight)

    def vjp_input(self, tape: Tape, rows: Tensor, visit: Visit) -> Tensor:
        visit(self, tape, rows)
        return product(rows, tape[1].unsqueeze(1))

    def vjp_parameters(self, tape: Tape, rows: Tensor) -> Jacobian:
        return Product(repeated(tape[0], rows.shape[2]), rows.flatten(1, 2))

    def jvp_parameters(self, tape: Tape, direction: Tensor) -> Tensor:
        return product(tape[0], self._weight(direction).mT)

    def jvp(self, tape: Tape, tangent: Tensor, directions: Weights) -> Tensor:
        return product(tangent, tape[1].mT) + self.jvp_parameters(tape, directions[self])

    def draw(self, generator: torch.Generator) -> Tensor:
        """Normal of variance 1/into (LeCun)."""
        return super().draw(generator) / self.inputs**0.5


class Bias(Leaf):
    """z ↦ z + b."""

    def __init__(self, width: int) -> None:
        self.inputs = self.outputs = self.parameters = width

    def forward(self, z: Tensor, weights: Weights) -> tuple[Tensor, Tape]:
        return z + weights[self].unsqueeze(1), None

    def vjp_input(self, tape: Tape, rows: Tensor, visit: Visit) -> Tensor:
        visit(self, tape, rows)
        return rows

    def vjp_parameters(self, tape: Tape, rows: Tensor) -> Jacobian:
        return Array(rows.flatten(1, 2))

    def jvp_parameters(self, tape: Tape, direction: Tensor) -> Tensor:
        return direction.unsqueeze(1)

    def jvp(self, tape: Tape, tangent: Tensor, directions: Weights) -> Tensor:
        return tangent + self.jvp_parameters(tape, directions[self])


class DenseLayer(Leaf):
    """z ↦ Wz + b as one block, W row by row and then b in w, as in an `MLP`."""

    def __init__(self, into: int, out: int) -> None:
        self.inputs, self.outputs, self.parameters = into, out, out * (into + 1)

    def _parts(self, values: Tensor) -> tuple[Tensor, Tensor]:
        count = self.outputs * self.inputs
        return values[:, :count].unflatten(1, (self.outputs, self.inputs)), values[:, count:].unsqueeze(1)

    def forward(self, z: Tensor, weights: Weights) -> tuple[Tensor, Tape]:
        weight, bias = self._parts(weights[self])
        return product(z, weight.mT) + bias, (z, weight)

    def vjp_input(self, tape: Tape, rows: Tensor, visit: Visit) -> Tensor:
        visit(self, tape, rows)
        return product(rows, tape[1].unsqueeze(1))

    def vjp_parameters(self, tape: Tape, rows: Tensor) -> Jacobian:
        return Layered((repeated(tape[0], rows.shape[2]),), (rows.flatten(1, 2),))

    def jvp_parameters(self, tape: Tape, direction: Tensor) -> Tensor:
        weight, bias = self._parts(direction)
        return product(tape[0], weight.mT) + bias

    def jvp(self, tape: Tape, tangent: Tensor, directions: Weights) -> Tensor:
        return product(tangent, tape[1].mT) + self.jvp_parameters(tape, directions[self])

    def draw(self, generator: torch.Generator) -> Tensor:
        """W and b normal of variance 1/into (LeCun, as an `MLP` draws them)."""
        return super().draw(generator) / self.inputs**0.5


class Parameterless(Leaf):
    """A leaf without parameters: nothing to visit."""

    def vjp_parameters(self, tape: Tape, rows: Tensor) -> Jacobian:
        return Array(rows.new_zeros(rows.shape[0], rows.shape[1] * rows.shape[2], 0))

    def jvp_parameters(self, tape: Tape, direction: Tensor) -> Tensor:
        raise AssertionError("a leaf without parameters is asked for no direction")


class Elementwise(Parameterless):
    """z ↦ σ(z), entry by entry."""

    def __init__(self, width: int, activation: Name = "tanh", *, sharpness: float = 1.0) -> None:
        self.inputs = self.outputs = width
        self._activation, self._sharpness = ACTIVATIONS[activation], sharpness

    def forward(self, z: Tensor, weights: Weights) -> tuple[Tensor, Tape]:
        a = self._activation.value(z, self._sharpness)
        return a, self._activation.slope(z, a, self._sharpness)

    def vjp_input(self, tape: Tape, rows: Tensor, visit: Visit) -> Tensor:
        return rows * tape.unsqueeze(2)

    def jvp(self, tape: Tape, tangent: Tensor, directions: Weights) -> Tensor:
        return tangent * tape


class Scale(Parameterless):
    """z ↦ αz; α = 1 is the identity, the straight branch of a residual sum."""

    def __init__(self, width: int, alpha: float = 1.0) -> None:
        self.inputs = self.outputs = width
        self.alpha = alpha

    def forward(self, z: Tensor, weights: Weights) -> tuple[Tensor, Tape]:
        return self.alpha * z, None

    def vjp_input(self, tape: Tape, rows: Tensor, visit: Visit) -> Tensor:
        return self.alpha * rows

    def jvp(self, tape: Tape, tangent: Tensor, directions: Weights) -> Tensor:
        return self.alpha * tangent
