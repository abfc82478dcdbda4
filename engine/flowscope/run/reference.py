"""What excess losses refer to as a run goes on: the best in-class point that was found, or a lane that has come below
it.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..flow import Linearization
from ..manifold.best_in_class import InClass

BELOW = 1e-9
"""A lane this share below L* has found a better point; above, it is the same point to the accuracy of the search."""


@dataclass(frozen=True)
class References:
    """For b rows: the `outputs` f* (b, N) and the `loss` L* (b,) in force, and whether the row is its `own` reference
    (b,).
    """

    outputs: Tensor
    loss: Tensor
    own: Tensor


class Reference:
    """L* of a run. No later row raises it, and how frames are cut into chunks changes nothing."""

    def __init__(self, best: InClass) -> None:
        self._outputs, self._loss = best.outputs, best.loss

    def along(self, at: Linearization, frames: tuple[Tensor, ...]) -> References:
        """Of rows at a linearization, frame by frame: a frame with a loss below L* lowers it, for its own rows and
        those after.
        """
        outputs, loss = self._outputs.expand_as(at.outputs), torch.full_like(at.loss, self._loss)
        own = torch.zeros_like(at.loss, dtype=torch.bool)
        if not bool((at.loss < self._floor).any()):
            return References(outputs, loss, own)
        outputs = outputs.clone()
        for rows in frames:
            values = at.loss[rows].nan_to_num(torch.inf, torch.inf)
            lowest = int(values.argmin()) if values.numel() else 0
            if values.numel() and float(values[lowest]) < self._floor:
                self._outputs, self._loss = at.outputs[rows[lowest]].clone(), float(values[lowest])
                own[rows[lowest]] = True
            outputs[rows], loss[rows] = self._outputs, self._loss
        return References(outputs, loss, own)

    @property
    def _floor(self) -> float:
        return self._loss * (1.0 - BELOW)
