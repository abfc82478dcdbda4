"""K of a linear map as its two factors, and the sum of the K of one weight that is used in several places."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..elementary import product, total
from ..network import Dense, Jacobian


@dataclass(frozen=True)
class Product(Jacobian):
    """K[i; W[a, c]] = S[i, a] X[i, c] with `inputs` X (B, N, into) and `rows` S (B, N, out); KKᵀ = (SSᵀ) ∘ (XXᵀ), K is
    never formed.
    """

    inputs: Tensor
    rows: Tensor

    @property
    def shape(self) -> torch.Size:  # type: ignore[override]  # a property where the base class only declares the attribute
        return torch.Size((*self.rows.shape[:2], self.rows.shape[2] * self.inputs.shape[2]))

    def vjp(self, v: Tensor) -> Tensor:
        return product((self.rows * v.unsqueeze(2)).mT, self.inputs).flatten(1)

    def jvp(self, u: Tensor) -> Tensor:
        weight = u.unflatten(1, (self.rows.shape[2], self.inputs.shape[2]))
        return (self.rows * product(self.inputs, weight.mT)).sum(2)

    def kernel(self) -> Tensor:
        return (self.inputs @ self.inputs.mT) * (self.rows @ self.rows.mT)

    def dense(self) -> Tensor:
        return (self.rows.unsqueeze(3) * self.inputs.unsqueeze(2)).flatten(2)

    def weighted(self, root: Tensor) -> "Product":
        samples, kept = root.shape[1:3]
        inputs = self.inputs.unflatten(1, (samples, -1))[:, :, :1].expand(-1, -1, kept, -1).flatten(1, 2)
        return Product(inputs, (root @ self.rows.unflatten(1, (samples, -1))).flatten(1, 2))

    def at_outputs(self, entries: Tensor) -> "Product":
        return Product(self.inputs[:, entries], self.rows[:, entries])

    def __getitem__(self, lanes: Tensor | slice) -> "Product":
        return Product(self.inputs[lanes], self.rows[lanes])


def added(uses: Sequence[Jacobian]) -> Jacobian:
    """ΣK of the places where one leaf is used: of several there is no product form, and an array stands for them."""
    return uses[0] if len(uses) == 1 else Dense(total(use.dense() for use in uses))
