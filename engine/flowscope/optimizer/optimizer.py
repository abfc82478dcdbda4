"""What a discrete method is, θ_k → θ_{k+1}, and how the lanes of one class step together, each with its settings, state
and clock.
"""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from typing import Any, ClassVar, TypeVar

import torch
from torch import Tensor

from ..component import Component
from ..flow import VectorField
from ..integrator import Path
from ..integrator.path import Rows, Trial
from ..network import Network
from ..network.network import Cost

State = tuple[Tensor, ...]
"""What a method remembers, each with a leading lane axis."""


class Optimizer(Component):
    """A discrete method. Its flow time is its own and stated with it; between steps the iterate is held (frames show
    the last one).

    The lanes of one class advance as one program: `joined` replaces each number by a column (b, 1), so that a formula
    written for one lane serves all.
    """

    is_tunable: ClassVar[bool] = False
    """Whether it has a damping, whose ρ can be set by hand while a run goes on."""
    is_descending: ClassVar[bool] = True
    """Whether it brings the loss down; the referee holds it to that."""
    shared: ClassVar[tuple[str, ...]] = ()
    """Fields that must agree for lanes to share a program: those that are no numbers per lane."""

    @staticmethod
    @abstractmethod
    def tally() -> Tensor:
        """What one accepted step (and the start) costs: evaluations of f, J, J·v, Jᵀ·v and solves."""

    @property
    @abstractmethod
    def span(self) -> float:
        """Flow time of one full step."""

    @classmethod
    @abstractmethod
    def descent(cls, optimizers: Sequence[Any], lanes: Tensor, theta: Tensor, network: Network) -> "Descent":
        """The program of these `lanes` (b,) of all θ (B, p), with one optimizer of this class for each."""

    @property
    def program(self) -> Hashable:
        """Lanes whose optimizers have equal programs advance together."""
        return (type(self), *(getattr(self, name) for name in self.shared))

    def cost(self, network: Network, samples: int) -> Cost:
        """Modelled flops of what `tally` counts, on n samples."""
        return network.cost(samples)

    def entries(self, network: Network) -> int:
        """Numbers that one lane remembers beyond a few copies of θ."""
        return 0


Member = TypeVar("Member", bound=Component)


def joined(optimizers: Sequence[Member], like: Tensor) -> Member:
    """One component whose numbers are columns (b, 1), from b of equal program."""
    first = optimizers[0]
    columns = {name: [getattr(each, name) for each in optimizers] for name in type(first).model_fields}
    numbers = {
        name: like.new_tensor(column).unsqueeze(1) for name, column in columns.items() if isinstance(column[0], float)
    }
    return first.model_copy(update=numbers)


def rows_of(optimizer: Member, mine: Rows) -> Member:
    """The same for some lanes of a joined optimizer."""
    if isinstance(mine, slice):
        return optimizer
    columns = {name: getattr(optimizer, name) for name in type(optimizer).model_fields}
    return optimizer.model_copy(
        update={name: column[mine] for name, column in columns.items() if isinstance(column, Tensor)}
    )


class Descent(ABC):
    """The lanes of one program as they step: what an integrator offers a run, and the state that an integrator has
    not.
    """

    is_adaptive: ClassVar[bool] = False

    def __init__(self, lanes: Tensor, theta: Tensor) -> None:
        self._place = lanes.new_zeros(theta.shape[0])
        self._place[lanes] = torch.arange(lanes.numel(), device=lanes.device)

    @abstractmethod
    def begin(self, field: VectorField, path: Path, rows: Rows) -> None:
        """Evaluates lanes at t = 0."""

    @abstractmethod
    def step(self, field: VectorField, path: Path, rows: Rows) -> Trial:
        """One attempted step of these lanes, or the rest of those that take no further one before the horizon."""

    def planned(self, path: Path, rows: Rows) -> Tensor:
        """The next step of these lanes, (b, p)."""
        return path.slope[rows]

    def resume(self, field: VectorField, path: Path, rows: Rows, time: float) -> None:
        """Takes the step from the iterate that stands at a flow time once more, the rule having changed."""
        ahead = path.time[rows] > time
        path.place(rows, torch.where(ahead, path.begin[rows], path.time[rows]), path.at(rows, time))
        self.begin(field, path, rows)

    def _mine(self, rows: Rows) -> Rows:
        """`rows` of the run as rows of this program's own tensors."""
        return rows if isinstance(rows, slice) else self._place[rows]

    @staticmethod
    def _rest(field: VectorField, path: Path, rows: Rows, done: Tensor) -> Trial:
        """Holds the lanes that are `done` (b,) until the horizon; no lane steps."""
        ended = torch.arange(path.time.numel(), device=done.device)[rows][done]
        path.begin[ended], path.time[ended] = path.time[ended], path.horizon
        path.curve[ended, 0], path.curve[ended, 1:] = path.theta[ended], 0.0
        field.held[ended, 0] = field.held[ended, 1]
        field.forget()
        return Trial(torch.zeros_like(done))


def moment(path: Path, time: Tensor) -> Tensor:
    """Flow times (b,), moved on to the frame or the horizon that is only rounding away, so that a frame at k·η shows
    step k.
    """
    frame = (torch.round(time / path.interval) * path.interval).clamp_max(path.horizon)
    for mark in (torch.full_like(time, path.horizon), frame):
        time = torch.where((time - mark).abs() <= 1e-12 * time, mark, time)
    return time
