"""How the lanes of a run stand: which go on, which still have a row to give out, and how the others ended."""

from dataclasses import replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from ..flow import Linearization, VectorField
from ..integrator import Path
from ..integrator.path import Rows, Trial
from ..network import Network
from ..problem import Data
from ..status import Lane, Status
from .allowance import Allowance
from .bundle import Bundle, Stepper
from .endings import advice, breakdown, conclusion, promises_descent
from .spec import RunSpec

EXPLOSION = 1e8
"""A loss this many times the start's (plus the targets' own scale) counts as divergence."""
PATIENCE = 10_000
"""Evaluations of f before a lane can count as stalled."""
HASTE = 10.0
"""A lane has stalled where so many times its flow time, growing on with the square of the evaluations, would miss the
horizon.
"""


class Standing:
    """The lanes of a `spec` on a `field` and a `path`, which began in `starts` (seeds, p)."""

    def __init__(
        self,
        spec: RunSpec,
        network: Network,
        data: Data,
        starts: Tensor,
        field: VectorField,
        path: Path,
        allowance: Allowance,
    ) -> None:
        self._spec, self._network, self._data, self._starts = spec, network, data, starts
        self._field, self._path, self._allowance = field, path, allowance
        self.lanes = [
            Lane(s * len(spec.seeds) + i, s, solver.name, seed)
            for s, solver in enumerate(spec.solvers)
            for i, seed in enumerate(spec.seeds)
        ]
        self.open = torch.ones(len(self.lanes), dtype=torch.bool, device=starts.device)
        """Lanes (B,) whose last row was not given out."""
        self.running = self.open.clone()
        """Lanes (B,) that have not ended."""
        self.all_run = True
        self._limit = EXPLOSION * (field.start.loss + data.targets.square().sum() / (2 * data.samples) + 1e-30)

    @cached_property
    def begun(self) -> Linearization:
        """Around the starts of the seeds."""
        return Linearization.of(self._network, self._data, self._starts)

    @property
    def over(self) -> bool:
        """Whether every lane has ended and its last row was given out."""
        return not bool(self.open.any())

    def of(self, solver: int) -> Tensor:
        """The lanes (b,) of a solver."""
        seeds = len(self._spec.seeds)
        return torch.arange(solver * seeds, (solver + 1) * seeds, device=self.open.device)

    def behind(self, bundle: Bundle, time: float, *, is_only: bool) -> Tensor:
        """The running lanes (b,) of a bundle that have not reached a flow time; `is_only`: it is the only bundle."""
        late = self._path.time < time
        if is_only and self.all_run:
            return late.nonzero()[:, 0]
        return bundle.lanes[(late & self.running)[bundle.lanes]]

    def watch(self, rows: Rows, trial: Trial, stepper: Stepper) -> None:
        """Ends the lanes to which something happened at their last step."""
        lost, calm = self._field.lost(rows, trial.accepted), self._field.loss[rows] < self._limit[rows]
        if trial.accepted is not None:
            calm = calm | ~trial.accepted
        calls, spent = self._field.calls[rows], self._allowance.spent(self._field, self._path, rows)
        if (
            lost is None
            and trial.broken is None
            and not spent.any()
            and bool((calm & (calls < min(self._spec.evaluations, PATIENCE))).all())
        ):
            return
        within = HASTE * self._path.time[rows] * (self._spec.evaluations / calls).square() >= self._spec.horizon
        lanes, none = torch.arange(len(self.lanes), device=self.open.device)[rows], torch.zeros_like(calm)
        lost, broken = (none if each is None else each for each in (lost, trial.broken))
        reasons = (
            (lost | broken, None),
            (~calm, Status.DIVERGED),
            (spent, Status.SPENT),
            (calls >= self._spec.evaluations, Status.EXHAUSTED),
            ((calls >= PATIENCE) & ~within, Status.STALLED),
        )
        for i, lane in enumerate(lanes.tolist()):
            for happened, status in reasons:
                if happened[i]:
                    time = float(self._path.time[lane])
                    self._end(lane, status or self._breakdown(lane, stepper, lost=bool(lost[i])), time)
                    break

    def begin(self, stepper: Stepper, rows: Tensor) -> None:
        """Has lanes (b,) that rest begin, or begin anew; one whose slope is no number ends at once."""
        stepper.begin(self._field, self._path, rows)
        self.watch_slope(stepper, rows)

    def watch_slope(self, stepper: Stepper, rows: Tensor) -> None:
        """Ends the lanes (b,) whose slope is no number."""
        self.watch(rows, Trial(broken=~torch.isfinite(self._path.slope[rows]).all(1)), stepper)

    def conclude(self, bundles: list[Bundle], time: float) -> None:
        """Ends the lanes that went through to the horizon."""
        for stepper, members in bundles:
            lanes = members[self.running[members]]
            if not lanes.numel():
                continue
            ends = Linearization.of(self._network, self._data, self._path.theta[lanes])
            moved = stepper.planned(self._path, lanes)
            for i, lane in enumerate(lanes.tolist()):
                seed, solver = lane % len(self._spec.seeds), self._spec.solvers[self.lanes[lane].solver]
                status = conclusion(
                    self._network,
                    ends[i : i + 1],
                    self.begun[seed : seed + 1],
                    moved[i],
                    promises=promises_descent(solver),
                )
                self._end(lane, status, time, slope=float(torch.linalg.vector_norm(ends.gradient[i])))

    def stop(self, time: float) -> None:
        """Ends the lanes still running, as stopped at a flow time."""
        for lane in self.running.nonzero()[:, 0].tolist():
            self._end(lane, Status.STOPPED, time)

    def revive(self, lanes: Tensor) -> None:
        """Forgets how those of `lanes` (b,) ended that have ended."""
        for lane in lanes[~self.running[lanes]].tolist():
            self.lanes[lane] = replace(self.lanes[lane], status=Status.RUNNING, time=0.0, slope=None, advice="")
            self.running[lane] = True

    def close(self, times: np.ndarray, is_last: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Which lanes have a row (F, B) at frames of flow times (F,), at which flow times (F, B) and with which words
        for their statuses (F, B).

        `is_last` (F, B) tells where a lane had made its last trial. A lane that has ended has its last row, where it
        ended, at the first such frame from then on; it is closed.
        """
        present = np.repeat(self.open.cpu().numpy()[None], times.size, 0)
        clock, words = (
            np.repeat(times[:, None], len(self.lanes), 1),
            np.full(present.shape, Status.RUNNING.word, object),
        )
        for lane in self.lanes if not self.all_run else []:
            over = np.flatnonzero(present[:, lane.lane] & is_last[:, lane.lane] & (times >= lane.time))
            if lane.status is not Status.RUNNING and over.size:
                row, column = over[0], lane.lane
                clock[row, column], words[row, column], self.open[column] = lane.time, lane.status.word, False
                present[row + 1 :, column] = False
        return present, clock, words

    def _breakdown(self, lane: int, stepper: Stepper, *, lost: bool) -> Status:
        """Why a lane cannot go on."""
        path, seed = self._path, lane % len(self._spec.seeds)
        stride = float(torch.linalg.vector_norm(path.theta[lane] - path.curve[lane, 0]))
        size, time = float(path.time[lane] - path.begin[lane]), float(path.time[lane])
        end = Linearization.of(self._network, self._data, path.theta[lane : lane + 1])
        begun = self.begun[seed : seed + 1]
        return breakdown(end, begun, stride, size, time, is_adaptive=stepper.is_adaptive, lost=lost)

    def _end(self, lane: int, status: Status, time: float, *, slope: float | None = None) -> None:
        told = advice(status, self._spec.solvers[self.lanes[lane].solver])
        self.lanes[lane] = replace(self.lanes[lane], status=status, time=time, slope=slope, advice=told)
        self.running[lane] = self.all_run = False
