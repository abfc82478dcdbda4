"""The columns of runs with a minimizing movement: what `movement/budget.py` keeps of its outer steps."""

from collections.abc import Callable

from torch import Tensor

from ...movement.budget import COUNTS, LAMPS, LEDGER, NAMES
from .probe import Probe, Reading, Shape

OUTPUTS, PARAMETERS = 64, 16
"""Up to so many outputs and parameters the points of a path are recorded."""


def _entry(index: int, name: str, about: str) -> Probe:
    def measure(reading: Reading) -> Tensor:
        assert reading.ledger is not None, "these columns are of runs with a movement"
        return reading.ledger[:, index]

    return Probe(name, f"{about}; of runs with a minimizing movement", measure, integer=name in COUNTS)


def _vector(name: str, about: str, width: Callable[[Shape], int], before: Callable[[Shape], int], most: int) -> Probe:
    """A column of `width` numbers that follow `before` others in `Ledger.noted`, recorded up to `most` of them."""

    def measure(reading: Reading) -> Tensor:
        assert reading.ledger is not None, "these columns are of runs with a movement"
        shape = Shape(reading.at.outputs.shape[1], reading.at.theta.shape[1])
        first = len(NAMES) + before(shape)
        return reading.ledger[:, first : first + width(shape)]

    return Probe(
        name,
        f"{about}; of runs with a minimizing movement",
        measure,
        lambda shape: width(shape) if width(shape) <= most else None,
    )


BUDGET: tuple[Probe, ...] = (
    *(_entry(index, name, about) for index, (name, about) in enumerate((*LEDGER, *LAMPS))),
    _vector("exact", "ū^k, the exact path without a network", lambda shape: shape.outputs, lambda shape: 0, OUTPUTS),
    _vector(
        "centre",
        "u^k, where the outer step under way began",
        lambda shape: shape.outputs,
        lambda shape: shape.outputs,
        OUTPUTS,
    ),
    _vector("anchor", "θ^k, u^k = F(θ^k)", lambda shape: shape.parameters, lambda shape: 2 * shape.outputs, PARAMETERS),
)
"""The columns of runs with a movement, null in lanes that have none."""
