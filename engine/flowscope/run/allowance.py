"""What a protocol lets each lane spend, and which lanes have spent it."""

import numpy as np
import torch
from torch import Tensor

from ..flow import VectorField
from ..integrator import Path
from ..integrator.path import Rows
from .spec import RunSpec


class Allowance:
    """The limit of a spec's protocol for lanes, given the modelled flops (solvers, 5) of what is counted; none where
    the protocol counts no cost.
    """

    def __init__(self, spec: RunSpec, costs: np.ndarray, device: str) -> None:
        self._limit = spec.protocol.limit(costs)
        if self._limit:
            prices, self._budget = self._limit
            self._prices = torch.from_numpy(prices).repeat_interleave(len(spec.seeds), 0).to(device)

    def spent(self, field: VectorField, path: Path, rows: Rows) -> Tensor:
        """Whether lanes (b,) have spent all that they may."""
        if not self._limit:
            return torch.zeros_like(field.calls[rows], dtype=torch.bool)
        tally = field.calls[rows].unsqueeze(1) * field.costs[rows] + field.surplus[rows]
        counted = torch.cat((tally, path.steps[rows].unsqueeze(1)), 1).double()
        return (counted * self._prices[rows]).sum(1) >= self._budget * (1 - 1e-12)
