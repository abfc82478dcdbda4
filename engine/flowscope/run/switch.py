"""Where ρ jumps within a run: at the second phase of a damping, and where a person sets it."""

from collections.abc import Iterator

import torch
from torch import Tensor

from ..flow import VectorField
from ..flow.damping import TwoPhase
from ..integrator import Path
from ..integrator.path import Rows, interpolate
from .bundle import Bundle, Stepper
from .standing import Standing
from .tune import Tune

HALVINGS = 48
"""Bisections of a step for the time at which a damping enters its second phase."""


class Switch:
    """Has lanes begin anew where their ρ jumps, so that no step crosses it."""

    def __init__(self, field: VectorField, path: Path, standing: Standing) -> None:
        self._field, self._path, self._standing = field, path, standing

    def at_start(self, lanes: Tensor) -> None:
        """Enters the second phase of the dampings that have no first one at the start of these lanes."""
        for _, due in self._due(lanes):
            self._field.start.switch[due] = self._path.time[due]

    def within_step(self, rows: Rows, stepper: Stepper) -> None:
        """Where the second phase of a damping begins within the last step of some lanes, ends that step there and
        begins anew.
        """
        path, field = self._path, self._field
        for damping, due in self._due(rows):
            path.cut(due, self._crossing(damping, due))
            field.start.switch[due] = path.time[due]
            self._standing.begin(stepper, due)

    def by_hand(self, tune: Tune, time: float, bundles: list[Bundle]) -> None:
        """Has the open lanes of a solver go on from a flow time with another ρ; an end that they met beyond it is
        forgotten.
        """
        lanes = self._standing.of(tune.solver)
        lanes = lanes[self._standing.open[lanes]]
        if not lanes.numel():
            return
        self._standing.revive(lanes)
        self._field.tune(lanes, tune.rho)
        stepper = next(each.stepper for each in bundles if bool((each.lanes == lanes[0]).any()))
        stepper.resume(self._field, self._path, lanes, time)
        self._standing.watch_slope(stepper, lanes)

    def _due(self, rows: Rows) -> Iterator[tuple[TwoPhase, Tensor]]:
        """Dampings, and the running lanes (b,) among these whose first phase ends."""
        path, field = self._path, self._field
        if not field.is_phased:
            return
        stepped = torch.zeros_like(self._standing.running)
        stepped[rows] = True
        for damping, lanes in field.waiting(stepped & self._standing.running):
            due = lanes[damping.margin(field.unvisited(path.theta[lanes]), path.time[lanes]) <= 0.0]
            if due.numel():
                yield damping, due

    def _crossing(self, damping: TwoPhase, lanes: Tensor) -> Tensor:
        """Where within their last steps (b,) the margin of a damping first is not positive: where it is declared, else
        by bisection, each of which is an evaluation of f.
        """
        path, field = self._path, self._field
        if damping.declared is not None:
            return torch.full_like(path.time[lanes], damping.declared)
        low, high = path.begin[lanes].clone(), path.time[lanes].clone()
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            theta = interpolate(middle, path.begin[lanes], path.time[lanes], path.curve[lanes], path.theta[lanes])
            first = damping.margin(field.unvisited(theta), middle) > 0.0
            low, high = torch.where(first, middle, low), torch.where(first, high, middle)
        field.surplus[lanes, 0] += HALVINGS
        return high
