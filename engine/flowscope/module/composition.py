"""Composition of modules: in series, as a sum, side by side, and closed by feedback."""

from itertools import pairwise

import torch
from torch import Tensor

from ..elementary import total
from ..factorisation import solved
from .part import Leaf, Module, Tape, Visit, Weights, pass_by

ROUNDS, CLOSED = 50, 1e-13
"""Newton rounds of a fixed point at most, and the relative residual at which it stands."""


class Composite(Module):
    """A module made of others."""

    parts: tuple[Module, ...]

    @property
    def leaves(self) -> tuple[Leaf, ...]:
        return tuple(leaf for part in self.parts for leaf in part.leaves)


class Series(Composite):
    """z ↦ f_k(… f_1(z))."""

    def __init__(self, *parts: Module) -> None:
        for before, after in pairwise(parts):
            fit(
                before.outputs == after.inputs,
                f"a part of {before.outputs} inputs after one of as many outputs",
                after.inputs,
            )
        self.parts, self.inputs, self.outputs = parts, parts[0].inputs, parts[-1].outputs

    def forward(self, z: Tensor, weights: Weights) -> tuple[Tensor, Tape]:
        tapes = []
        for part in self.parts:
            z, tape = part.forward(z, weights)
            tapes.append(tape)
        return z, tapes

    def vjp_input(self, tape: Tape, rows: Tensor, visit: Visit) -> Tensor:
        for part, each in zip(reversed(self.parts), reversed(tape), strict=True):
            rows = part.vjp_input(each, rows, visit)
        return rows

    def jvp(self, tape: Tape, tangent: Tensor, directions: Weights) -> Tensor:
        for part, each in zip(self.parts, tape, strict=True):
            tangent = part.jvp(each, tangent, directions)
        return tangent


class Sum(Composite):
    """z ↦ Σ f_i(z): the same rows go to every branch, and the rows at the input add, so the metric is (ΣA_i)ᵀ g (ΣA_i),
    not ΣA_iᵀgA_i.
    """

    def __init__(self, *parts: Module) -> None:
        self.inputs, self.outputs, self.parts = parts[0].inputs, parts[0].outputs, parts
        for part in parts[1:]:
            shape = (part.inputs, part.outputs)
            fit(
                shape == (self.inputs, self.outputs),
                f"branches of {self.inputs} inputs and {self.outputs} outputs",
                shape,
            )

    def forward(self, z: Tensor, weights: Weights) -> tuple[Tensor, Tape]:
        results = [part.forward(z, weights) for part in self.parts]
        return total(value for value, _ in results), [tape for _, tape in results]

    def vjp_input(self, tape: Tape, rows: Tensor, visit: Visit) -> Tensor:
        pairs = zip(self.parts, tape, strict=True)
        return total(part.vjp_input(each, rows, visit) for part, each in pairs)

    def jvp(self, tape: Tape, tangent: Tensor, directions: Weights) -> Tensor:
        return total(part.jvp(each, tangent, directions) for part, each in zip(self.parts, tape, strict=True))


class Concatenation(Composite):
    """z ↦ [f_1(z), f_2(z), …]: the columns of the rows are split among the branches."""

    def __init__(self, *parts: Module) -> None:
        self.parts, self.inputs, self.outputs = parts, parts[0].inputs, sum(part.outputs for part in parts)
        for part in parts[1:]:
            fit(part.inputs == self.inputs, f"branches of {self.inputs} inputs", part.inputs)

    def forward(self, z: Tensor, weights: Weights) -> tuple[Tensor, Tape]:
        results = [part.forward(z, weights) for part in self.parts]
        return torch.cat([value for value, _ in results], -1), [tape for _, tape in results]

    def vjp_input(self, tape: Tape, rows: Tensor, visit: Visit) -> Tensor:
        columns = rows.split([part.outputs for part in self.parts], -1)
        triples = zip(self.parts, tape, columns, strict=True)
        return total(part.vjp_input(each, some, visit) for part, each, some in triples)

    def jvp(self, tape: Tape, tangent: Tensor, directions: Weights) -> Tensor:
        return torch.cat([part.jvp(each, tangent, directions) for part, each in zip(self.parts, tape, strict=True)], -1)


class FixedPoint(Composite):
    """x ↦ z with z = f([z, x]): rows at z become rows·(I − A)⁻¹, A = ∂f/∂z. Newton's method from z = 0.

    Raises ArithmeticError where no fixed point is found in 50 rounds.
    """

    def __init__(self, part: Module) -> None:
        fit(
            part.inputs > part.outputs,
            f"a part of more than {part.outputs} inputs, its own outputs among them",
            part.inputs,
        )
        self.parts, self.inputs, self.outputs = (part,), part.inputs - part.outputs, part.outputs

    def forward(self, z: Tensor, weights: Weights) -> tuple[Tensor, Tape]:
        state = z.new_zeros(*z.shape[:2], self.outputs)
        for _ in range(ROUNDS):
            value, tape = self.parts[0].forward(torch.cat((state, z), -1), weights)
            open_by = value - state
            inner = self._inner(tape, value)
            if float(open_by.detach().abs().max()) <= CLOSED * (1.0 + float(value.detach().abs().max())):
                return value, (tape, inner)
            state = state + solved(inner, open_by.unsqueeze(3)).squeeze(3)
        raise ArithmeticError(f"z = f(z, x) was not met in {ROUNDS} rounds of Newton's method: scale the feedback down")

    def _inner(self, tape: Tape, value: Tensor) -> Tensor:
        """I − A, (B, n, d, d)."""
        unit = torch.eye(self.outputs, dtype=value.dtype, device=value.device).expand(*value.shape[:2], -1, -1)
        return unit - self.parts[0].vjp_input(tape, unit, pass_by)[..., : self.outputs]

    def vjp_input(self, tape: Tape, rows: Tensor, visit: Visit) -> Tensor:
        around = solved(tape[1].mT, rows.mT).mT
        return self.parts[0].vjp_input(tape[0], around, visit)[..., self.outputs :]

    def jvp(self, tape: Tape, tangent: Tensor, directions: Weights) -> Tensor:
        still = tangent.new_zeros(*tangent.shape[:2], self.outputs)
        moved = self.parts[0].jvp(tape[0], torch.cat((still, tangent), -1), directions)
        return solved(tape[1], moved.unsqueeze(3)).squeeze(3)


def fit(fits: bool, expected: str, came: object) -> None:
    """Raises ValueError where parts do not fit together."""
    if not fits:
        raise ValueError(f"expected {expected}, came {came}")
