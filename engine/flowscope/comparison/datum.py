"""What a problem must be: of the shape that it states, and one set of data for one spec."""

import torch

from ..network import MLP
from ..problem import Data, Problem
from .agreement import Laws, finite
from .bench import objection

MOST = 16
"""Outputs of one sample of a problem, at most, that a network is looked for which fits it."""


class Drawing:
    """A problem on a small network that fits it."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def laws(self) -> Laws:
        """The laws of every problem, by name and in order."""
        return {"shape": self.shape, "again": self.again}

    def shape(self) -> str:
        data, (n, d), q = self._data(), self.problem.shape, self._network().outputs
        shapes = tuple(data.inputs.shape), tuple(data.targets.shape)
        if shapes != ((n, d), (n * q,)):
            return f"expected inputs {(n, d)} and {n * q} targets, came {shapes}"
        doubles = data.inputs.dtype == data.targets.dtype == torch.float64
        return "" if doubles and finite(data.inputs, data.targets) else "expected finite doubles, came others"

    def again(self) -> str:
        first, second = self._data(), self._data()
        equal = torch.equal(first.inputs, second.inputs) and torch.equal(first.targets, second.targets)
        return "" if equal else "expected equal bytes from equal specs, came others"

    def _network(self) -> MLP:
        networks = (MLP(widths=(self.problem.width, outputs)) for outputs in range(1, MOST + 1))
        return next(each for each in networks if objection(self.problem, each, self.problem) is None)

    def _data(self) -> Data:
        return self.problem.data(self._network())
