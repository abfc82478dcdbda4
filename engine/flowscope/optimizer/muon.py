"""Muon: momentum whose matrices are orthogonalised, and AdamW for the rest."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from ..component import Count, Experiment, Objection
from ..elementary import product
from ..network.network import Matrix
from .first_order import Decay, Fading, FirstOrder, Rate, Tiny, adam
from .optimizer import State

QUINTIC = (3.4445, -4.7750, 2.0315)
"""(a, b, c) of x ↦ ax + bx³ + cx⁵, chosen by Jordan for slope at 0: singular values end within about 0.7 to 1.2, not at
1.
"""
SMALLEST_NORM = 1e-7


def orthogonalised(matrix: Tensor, rounds: int) -> Tensor:
    """U p(p(…p(Σ/‖Σ‖_F)…)) Vᵀ of a matrix UΣVᵀ (b, m, n), p the quintic, by matrix products alone (Newton–Schulz), on
    the smaller side.
    """
    tall = matrix.shape[1] > matrix.shape[2]
    x = matrix.mT if tall else matrix
    x = x / torch.linalg.vector_norm(x, dim=(1, 2), keepdim=True).clamp_min(SMALLEST_NORM)
    a, b, c = QUINTIC
    for _ in range(rounds):
        gram = x @ x.mT
        x = a * x + product(b * gram + c * gram @ gram, x)
    return x.mT if tall else x


def without_matrices(spec: Experiment, name: str) -> Iterator[Objection]:
    """What a method for weight matrices objects to."""
    if not spec.network.matrices:
        expected = f"a method other than {name}, which acts on weight matrices and this network has none"
        yield "", expected, spec.network.kind


class Muon(FirstOrder):
    """W_k = (1 − ηω)W_{k−1} − ηs·O(M̃_k), M_k = μM_{k−1} + (1−μ)∇_W L, M̃_k = μM_k + (1−μ)∇_W L (Nesterov) or M_k
    (`torch.optim.Muon`).

    O is Newton–Schulz (Jordan 2024, Muon), in float64 here and in bfloat16 in the published code; s = √max(1,
    rows/columns) as published, or 0.2√max(rows, columns) (2502.16982). Biases follow AdamW with a rate of their own, as
    published; that also the first and the last weight matrix follow Muon is our set-up (the published advice gives them
    to AdamW). Its steps do not scale with the gradient: t = kη is its own clock. Assumes a network with weight
    matrices. Cost: one forward and one backward pass a step, besides the products of O.
    """

    shared: ClassVar[tuple[str, ...]] = ("nesterov", "rounds", "scaling")

    kind: Literal["muon"] = "muon"
    eta: Rate = Field(default=0.01, description="step size η of the matrices; also the flow time of one step")
    momentum: Fading = Field(default=0.95, description="μ, memory of the mean gradient")
    nesterov: bool = Field(default=True, description="whether the direction looks one step ahead")
    decay: Decay = Field(default=0.0, description="ω, decoupled weight decay of the matrices")
    rounds: Count = Field(default=5, ge=1, le=20, description="rounds of Newton–Schulz")
    scaling: Literal["original", "match_rms_adamw"] = Field(
        default="original",
        description="s: √max(1, rows/columns), or 0.2√max(rows, columns), which fits rates tuned for AdamW",
    )
    bias_eta: Rate = Field(default=0.003, description="step size of AdamW for the biases")
    first: Fading = Field(default=0.9, description="β₁ of AdamW for the biases")
    second: Fading = Field(default=0.999, description="β₂ of AdamW for the biases")
    epsilon: Tiny = Field(default=1e-8, description="ε of AdamW for the biases")
    bias_decay: Decay = Field(default=0.0, description="decoupled weight decay of the biases")

    def check(self, spec: Experiment) -> Iterator[Objection]:
        yield from without_matrices(spec, "Muon")

    def start(self, theta: Tensor, matrices: Sequence[Matrix]) -> State:
        return torch.zeros_like(theta), torch.zeros_like(theta), torch.zeros_like(theta)

    def move(
        self, k: Tensor, theta: Tensor, gradient: Tensor, state: State, matrices: Sequence[Matrix]
    ) -> tuple[Tensor, State]:
        direction, moments = adam(k, gradient, state[:2], self.first, self.second, self.epsilon)
        new = theta * (1 - self.bias_eta * self.bias_decay) - self.bias_eta * direction
        mean = self.momentum * state[2] + (1 - self.momentum) * gradient
        ahead = self.momentum * mean + (1 - self.momentum) * gradient if self.nesterov else mean
        for matrix in matrices:
            span = matrix.span
            turned = orthogonalised(matrix.of(ahead), self.rounds).flatten(1)
            new[:, span] = theta[:, span] * (1 - self.eta * self.decay) - self.eta * self._scale(matrix) * turned
        return new, (*moments, mean)

    def _scale(self, matrix: Matrix) -> float:
        if self.scaling == "original":
            return max(1.0, matrix.rows / matrix.columns) ** 0.5
        return 0.2 * max(matrix.rows, matrix.columns) ** 0.5
