"""Inner solvers of a minimizing movement: one iteration each on Φ(F(θ)), written for a batch of lanes.

An iteration is planned where a lane stands (`plan`: a gradient, a velocity or a step), made (`move`), and kept or not
(`judge`).
"""

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..component import Component
from ..flow import Linearization, VectorField
from ..integrator.path import Rows
from ..network import Network
from ..network.network import Matrix
from ..optimizer.optimizer import State, joined, rows_of
from .subproblem import Subproblem

ARRIVED = 1e-13
"""A Gauss–Newton step of this size relative to 1 + |θ| moves nothing: the inner solver has come to rest."""


@dataclass(frozen=True)
class Ground:
    """What an iteration may ask besides its plan: the network, its weight matrices, the field that counts, the lanes
    and their Φ.
    """

    network: Network
    matrices: Sequence[Matrix]
    field: VectorField
    rows: Rows
    problem: Subproblem

    @property
    def lanes(self) -> Tensor:
        """The lanes as indices."""
        every = torch.arange(self.field.calls.numel(), device=self.field.calls.device)
        return every[self.rows]


class Inner(Component):
    """A method for Φ(F(θ)) = E + ‖F(θ) − u^k‖²_H/(2τ), warm-started at θ^k."""

    shared: ClassVar[tuple[str, ...]] = ()
    """Fields that must agree for lanes to share a program."""
    spared: ClassVar[tuple[int, int, int, int, int]] = (0, 0, 0, 0, 0)
    """What an iteration that is not kept costs less."""

    @abstractmethod
    def tally(self) -> Tensor:
        """What one evaluation costs: evaluations of f, J, J·v, Jᵀ·v and solves."""

    @property
    def program(self) -> Hashable:
        """Lanes of equal programs advance together."""
        return (type(self), *(getattr(self, name) for name in self.shared))

    @classmethod
    def together(cls, inners: Sequence[Any], like: Tensor) -> "Inner":
        """One of this class with columns (b, 1) for numbers."""
        return joined(inners, like)

    def of(self, mine: Rows) -> "Inner":
        """The same for some lanes."""
        return rows_of(self, mine)

    def start(self, theta: Tensor, matrices: Sequence[Matrix]) -> State:
        """What is remembered before the first iteration of lanes in θ (b, p)."""
        return ()

    def anew(self, state: State, theta: Tensor, matrices: Sequence[Matrix]) -> State:
        """What is remembered of `state` when the next outer step begins."""
        return state

    @abstractmethod
    def plan(self, at: Linearization, problem: Subproblem, state: State, network: Network) -> tuple[Tensor, State]:
        """What the next iteration is made of (b, p), and what is then remembered."""

    @abstractmethod
    def move(self, ground: Ground, k: Tensor, theta: Tensor, plan: Tensor, state: State) -> tuple[Tensor, State]:
        """θ (b, p) after iteration k = 1, 2, … (b, 1) of this outer step, and what is then remembered."""

    def judge(self, fall: Tensor, state: State) -> tuple[Tensor | None, Tensor | None, State]:
        """Whether an iteration that lowers Φ by `fall` (b,) is kept (None: always), its gain ratio, and what is then
        remembered.
        """
        return None, None, state

    def rests(self, theta: Tensor, plan: Tensor, kept: Tensor) -> Tensor:
        """Whether nothing further happens in θ (b, p) with what was planned there, the iteration before having been
        `kept` (b,) or not.
        """
        return torch.zeros_like(kept)


def still(theta: Tensor, step: Tensor, size: float = ARRIVED) -> Tensor:
    """Whether a step (b, p) from θ (b, p) is at most `size` relative to 1 + |θ|."""
    return step.abs().amax(1) <= size * (1.0 + theta.abs().amax(1))
