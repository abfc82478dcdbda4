"""SOAP: Adam in the eigenbases of Shampoo's preconditioner."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from ..component import Count, Experiment, Objection
from ..elementary import product
from ..factorisation import eigh
from ..network import Network
from ..network.network import Matrix
from .first_order import Decay, Fading, FirstOrder, Rate, Tiny
from .muon import without_matrices
from .optimizer import State


class SOAP(FirstOrder):
    """W −= η√(1−β₂ʲ)/(1−β₁ʲ) Q_L[Q_LᵀMQ_R / (√V + ε)]Q_Rᵀ, then W −= ηωW; M = β₁M + (1−β₁)G, V = β₂V +
    (1−β₂)(Q_LᵀGQ_R)², G = ∇_W L.

    After each step L = βL + (1−β)GGᵀ and R = βR + (1−β)GᵀG, and every `frequency` steps Q_L and Q_R, which start as
    their eigenvectors, are refreshed by one QR round of power iteration, columns (and those of V) by falling eigenvalue
    (Vyas et al.
    2409.11321 and the authors' code). The first gradient only seeds L, R and the bases: step 1 rests, and j = k − 1.
    Biases have no
    bases: AdamW in the same form (ε beside the biased √V, decay after the step). Where G is not square L or R has a
    null space at the start, whose basis is that of rounding: such runs repeat exactly, but another implementation, or
    another batch, does not reproduce them. Clock t = kη, its own as with Adam. Assumes a network with weight matrices.
    Cost: one forward and one backward pass a step, besides products and QR of matrices.
    """

    shared: ClassVar[tuple[str, ...]] = ("frequency",)

    kind: Literal["soap"] = "soap"
    eta: Rate = Field(default=0.003, description="step size η; also the flow time of one step")
    first: Fading = Field(default=0.95, description="β₁, memory of the mean gradient")
    second: Fading = Field(default=0.95, description="β₂, memory of the mean squared gradient in the eigenbases")
    shampoo: Fading = Field(default=0.95, description="β, memory of the preconditioner's L and R")
    epsilon: Tiny = Field(default=1e-8, description="ε beside √V")
    decay: Decay = Field(default=0.0, description="ω, decoupled weight decay")
    frequency: Count = Field(default=10, ge=1, le=1000, description="steps between two refreshes of the eigenbases")

    def check(self, spec: Experiment) -> Iterator[Objection]:
        yield from without_matrices(spec, "SOAP")

    def entries(self, network: Network) -> int:
        return sum(2 * (matrix.rows**2 + matrix.columns**2) for matrix in network.matrices)

    def start(self, theta: Tensor, matrices: Sequence[Matrix]) -> State:
        sides = [side for matrix in matrices for side in (matrix.rows, matrix.columns)]
        squares = [theta.new_zeros(theta.shape[0], side, side) for side in sides]
        return (
            torch.zeros_like(theta),
            torch.zeros_like(theta),
            *squares,
            *(torch.zeros_like(square) for square in squares),
        )

    def move(
        self, k: Tensor, theta: Tensor, gradient: Tensor, state: State, matrices: Sequence[Matrix]
    ) -> tuple[Tensor, State]:
        """The lanes of a program may differ in k; each seeds and refreshes at its own."""
        count, memory = (
            2 * len(matrices),
            self.shampoo.unsqueeze(2) if isinstance(self.shampoo, Tensor) else self.shampoo,
        )
        (mean, square), products, bases = state[:2], state[2 : 2 + count], state[2 + count :]
        seeding, steps = k == 1, k - 1
        new, mean, square = self._adam(steps, theta, gradient, mean, square, matrices, bases)
        outer = [each for matrix in matrices for each in _outer(matrix.of(gradient))]
        products = tuple(memory * old + (1 - memory) * each for old, each in zip(products, outer, strict=True))
        due = ~seeding & (steps % self.frequency == 0)
        square, bases = _refresh(square, matrices, products, bases, seeding[:, 0], due[:, 0])
        kept = torch.where(seeding, 0.0, mean), torch.where(seeding, 0.0, square)
        return torch.where(seeding, theta, new), (*kept, *products, *bases)

    def _adam(
        self,
        steps: Tensor,
        theta: Tensor,
        gradient: Tensor,
        mean: Tensor,
        square: Tensor,
        matrices: Sequence[Matrix],
        bases: State,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """θ, M and V after Adam's step in the bases."""
        mean = self.first * mean + (1 - self.first) * gradient
        square = self.second * square + (1 - self.second) * _into(gradient, matrices, bases).square()
        direction = _into(
            _into(mean, matrices, bases) / (square.sqrt() + self.epsilon), matrices, [basis.mT for basis in bases]
        )
        size = self.eta * (1 - self.second**steps).sqrt() / (1 - self.first**steps)
        return (theta - size * direction) * (1 - self.eta * self.decay), mean, square


def _outer(gradient: Tensor) -> tuple[Tensor, Tensor]:
    """GGᵀ and GᵀG."""
    return gradient @ gradient.mT, gradient.mT @ gradient


def _into(values: Tensor, matrices: Sequence[Matrix], bases: Sequence[Tensor]) -> Tensor:
    """Q_Lᵀ W Q_R for every matrix W of `values` (b, p); other entries stay."""
    turned = values.clone()
    for matrix, left, right in zip(matrices, bases[::2], bases[1::2], strict=True):
        turned[:, matrix.span] = product(product(left.mT, matrix.of(values)), right).flatten(1)
    return turned


def _refresh(
    square: Tensor, matrices: Sequence[Matrix], products: State, bases: State, seeding: Tensor, due: Tensor
) -> tuple[Tensor, State]:
    """V (b, p) and the bases, new in the lanes that are `seeding` or `due` (b,)."""
    if not bool((seeding | due).any()):
        return square, bases
    fresh, square = list(bases), square.clone()
    for index, (outer, basis) in enumerate(zip(products, bases, strict=True)):
        matrix, is_right = matrices[index // 2], index % 2
        seed = eigh(outer)[1].flip(2) if bool(seeding.any()) else basis
        power = product(outer, basis)
        order = (basis * power).sum(1).argsort(dim=1, descending=True, stable=True).unsqueeze(1)
        turned = torch.linalg.qr(power.take_along_dim(order, 2))[0]
        fresh[index] = torch.where(seeding[:, None, None], seed, torch.where(due[:, None, None], turned, basis))
        seen = matrix.of(square)
        moved = seen.take_along_dim(order if is_right else order.mT, 2 if is_right else 1)
        square[:, matrix.span] = torch.where(due[:, None, None], moved, seen).flatten(1)
    return square, tuple(fresh)
