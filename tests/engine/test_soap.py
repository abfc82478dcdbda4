"""SOAP beside the published rule, written for one matrix at a time from paper and code."""

from dataclasses import dataclass

import numpy as np
import torch
from flowscope.network import MLP
from flowscope.optimizer import SOAP
from torch import Tensor

from ..cases import column, lane, table
from .iterations import gradient, iterating, small_mlp, start_of

SPEC = small_mlp(2, 2, 2)
"""Square layers and more samples than their width: the first GGᵀ has full rank, so its eigenvectors are determined but
for signs.
"""
STEPS, ETA, FIRST, SECOND, SHAMPOO, EPSILON, DECAY, FREQUENCY = 150, 0.02, 0.9, 0.95, 0.8, 1e-8, 0.1, 4


@dataclass
class Reference:
    """Algorithm 3 of Vyas et al. (2409.11321) with the details of its authors' code, for one tensor; a vector has no
    bases.
    """

    weight: Tensor
    step: int = -1

    def update(self, grad: Tensor) -> None:
        self.step += 1
        if self.step == 0:
            self.mean, self.square = torch.zeros_like(grad), torch.zeros_like(grad)
            if grad.dim() == 2:
                self.left, self.right = (1 - SHAMPOO) * grad @ grad.T, (1 - SHAMPOO) * grad.T @ grad
                self.q_left, self.q_right = (torch.linalg.eigh(each)[1].flip(1) for each in (self.left, self.right))
            return
        self.mean = FIRST * self.mean + (1 - FIRST) * grad
        self.square = SECOND * self.square + (1 - SECOND) * self.rotate(grad) ** 2
        direction = self.back(self.rotate(self.mean) / (self.square.sqrt() + EPSILON))
        size = ETA * (1 - SECOND**self.step) ** 0.5 / (1 - FIRST**self.step)
        self.weight = self.weight - size * direction
        self.weight = self.weight - ETA * DECAY * self.weight
        if grad.dim() == 2:
            self.left = SHAMPOO * self.left + (1 - SHAMPOO) * grad @ grad.T
            self.right = SHAMPOO * self.right + (1 - SHAMPOO) * grad.T @ grad
            if self.step % FREQUENCY == 0:
                self.refresh()

    def rotate(self, value: Tensor) -> Tensor:
        return self.q_left.T @ value @ self.q_right if value.dim() == 2 else value

    def back(self, value: Tensor) -> Tensor:
        return self.q_left @ value @ self.q_right.T if value.dim() == 2 else value

    def refresh(self) -> None:
        rows = torch.argsort(torch.diag(self.q_left.T @ self.left @ self.q_left), descending=True)
        columns = torch.argsort(torch.diag(self.q_right.T @ self.right @ self.q_right), descending=True)
        self.square = self.square[rows][:, columns]
        self.q_left = torch.linalg.qr(self.left @ self.q_left[:, rows])[0]
        self.q_right = torch.linalg.qr(self.right @ self.q_right[:, columns])[0]


def test_its_steps_are_those_of_the_published_rule() -> None:
    """Lanes of two rates, whose own seeding and refreshing fall on different frames."""
    ours = SOAP(eta=ETA, first=FIRST, second=SECOND, shampoo=SHAMPOO, epsilon=EPSILON, decay=DECAY, frequency=FREQUENCY)
    faster = ours.model_copy(update={"eta": 3 * ETA})
    rows = table(iterating(SPEC, faster, ours, horizon=STEPS * ETA, interval=ETA))
    found = column(lane(rows, 1), "theta")
    whole = start_of(SPEC)
    parts = [Reference(part) for part in (whole[:4].view(2, 2), whole[4:6], whole[6:10].view(2, 2), whole[10:])]
    path = [whole.numpy()]
    for _ in range(STEPS):
        slope = gradient(SPEC, torch.cat([part.weight.flatten() for part in parts]))
        for part, piece in zip(parts, slope.split([4, 2, 4, 2]), strict=True):
            part.update(piece.view(part.weight.shape))
        path.append(torch.cat([part.weight.flatten() for part in parts]).numpy())
    assert np.abs(found - np.array(path)).max() < 1e-9
    assert np.array_equal(found[0], found[1]), "the first gradient only seeds the bases"


def test_rectangular_layers_repeat_exactly() -> None:
    spec = iterating(small_mlp(), SOAP(), horizon=0.3)
    assert table(spec).equals(table(spec))


def test_its_memory_is_counted_as_what_it_keeps_beside_the_means() -> None:
    """Of rectangular layers: two squares for each side of each matrix."""
    network = MLP(widths=(3, 7, 2))
    state = SOAP().start(torch.zeros(1, network.parameters, dtype=torch.float64), network.matrices)
    assert SOAP().entries(network) == sum(each.numel() for each in state[2:]) == 2 * (9 + 49 + 49 + 4)
