"""What the losses of a run are held against: the best point in class, looked for when it is first asked for."""

from functools import cached_property

import pyarrow as pa
from torch import Tensor

from ..manifold.best_in_class import InClass, best_in_class
from ..manifold.surface import surface
from ..network import Network
from ..problem import Data
from .reference import Reference


class Landmark:
    """The best point in class that a search finds from `known` (k, p): the starts, and a teacher's parameters."""

    def __init__(self, network: Network, data: Data, known: Tensor) -> None:
        self._network, self._data, self._known = network, data, known

    @cached_property
    def found(self) -> InClass | None:
        """Where the search ended; None where it found nothing."""
        return best_in_class(self._network, self._data, self._known)

    @property
    def best(self) -> InClass | None:
        """The best point in class; None where none is known, or where the loss falls on at infinity."""
        return self.found if self.found and self.found.attained else None

    @property
    def least(self) -> float:
        """L* of what was found; 0 where nothing was."""
        return self.found.loss if self.found else 0.0

    @cached_property
    def reference(self) -> Reference | None:
        """What excess losses refer to as the run goes on."""
        return Reference(self.best) if self.best else None

    @property
    def is_staged(self) -> bool:
        """Whether there is a surface to draw the run on: N = 3 and p = 2."""
        return self._data.targets.numel() == 3 and self._network.parameters == 2

    def stage(self, radius: float) -> pa.RecordBatch | None:
        """The surface to draw the run on, with a ball of a radius; None unless N = 3 and p = 2."""
        return surface(self._network, self._data, self._known, self.best.theta if self.best else None, radius)
