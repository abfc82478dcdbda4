"""A run: an iterator of record batches. No clock, no thread, no I/O; it ends in a status per lane."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import cache, cached_property
from importlib.metadata import version
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from ..alone import alone
from ..comparison import EqualCost
from ..comparison.fingerprint import record
from ..comparison.protocol import columns
from ..component import SpecError, parse_value
from ..flow import Hybrid, Linearization, VectorField
from ..flow.damping import TwoPhase
from ..flow.vector_field import EVALUATIONS
from ..integrator import Integrator, Path
from ..integrator.path import Trial, interpolate
from ..manifold.best_in_class import InClass, best_in_class
from ..manifold.surface import surface
from ..movement import MinimizingMovement
from ..movement.budget import NAMES
from ..network import centred
from ..network.network import Cost
from ..optimizer import Descent
from ..problem import Teacher
from ..status import Lane, Status
from .column import columns_of
from .endings import advice, breakdown, conclusion, promises_descent
from .frame import schema
from .meter import Meter, Snapshot
from .reference import Reference
from .spec import AnySolver, Branch, Integration, Iteration, RunSpec
from .tune import Tune, at_frame

FRAMES_PER_CHUNK = 4
"""Frames in one record batch of a recording."""
EXPLOSION = 1e8
"""A loss this many times the start's (plus the targets' own scale) counts as divergence."""

PATIENCE = 10_000
"""Evaluations of f before a lane can count as stalled."""
HASTE = 10.0
"""A lane has stalled where so many times its flow time, growing on with the square of the evaluations, would miss the
horizon.
"""
HALVINGS = 48
"""Bisections of a step for the time at which a damping enters its second phase."""
INPUTS = 4096
"""At most this many numbers of input are told in a recording's metadata."""
EIGENVECTORS = 3
"""At most this many eigenvectors of K at the first start are told there."""
GPU_ENTRIES = 1 << 18
"""Entries of J (n·q × p) from which a GPU is worth its latency.

Measured on an H200 (bench/results/gpu.md): 32 lanes by RK4 go 0.9 times as fast there at 7e4 entries, 1.3 times at
2.8e5.
"""


def default_device(entries: int) -> str:
    """Where a problem whose Jacobian has so many entries runs."""
    return "cuda" if torch.cuda.is_available() and entries >= GPU_ENTRIES else "cpu"


class Run:
    """Integrates a spec. `clock` (seconds, any origin) fills `wall_seconds`; without one that column is null.

    `device` is "cpu" or "cuda"; unless given, a GPU is used where there is one and the Jacobian is large enough to fill
    it. Probes named in `without` are not measured, and have no column.
    """

    @alone()
    def __init__(
        self,
        spec: RunSpec,
        *,
        clock: Callable[[], float] | None = None,
        device: str | None = None,
        without: Collection[str] = (),
    ) -> None:
        self.spec, self.network, self._clock = spec, spec.network, clock
        self._given = spec  # as it was before any tune
        data = spec.problem.data(spec.network)
        self._device = device or default_device(data.targets.numel() * spec.network.parameters)
        self._data = data.to(self._device)
        starts = torch.stack([start(spec, seed) for seed in spec.seeds]).to(self._device)
        if spec.network.is_centred:
            self.network = centred(
                spec.network, start(spec.origin, spec.origin.seeds[0]).to(self._device), self._data.inputs
            )
        self._starts = starts
        theta = starts.repeat(len(spec.solvers), 1)
        self._field = VectorField(self.network, self._data, tuple(solver.method for solver in spec.solvers), theta)
        self._path = Path.at_rest(theta, spec.horizon, spec.interval)
        self._record = record(self._data, spec.seeds, theta)
        self._bundles = self._bundle()
        discrete = torch.tensor([isinstance(solver, Iteration) for solver in spec.solvers], device=self._device)
        self._iterates = discrete.repeat_interleave(len(spec.seeds)) if discrete.any() else None
        self.lanes = [
            Lane(s * len(spec.seeds) + i, s, solver.name, seed)
            for s, solver in enumerate(spec.solvers)
            for i, seed in enumerate(spec.seeds)
        ]
        moving = any(isinstance(solver.method, MinimizingMovement) for solver in spec.solvers)
        if moving:
            self._field.ledger = theta.new_full(
                (theta.shape[0], 2, len(NAMES) + 2 * self._data.targets.numel() + self.network.parameters), torch.nan
            )
        probes = tuple(probe for probe in columns_of(spec.problem, moving=moving) if probe.name not in without)
        self._open = torch.ones(theta.shape[0], dtype=torch.bool, device=theta.device)
        self._running = self._open.clone()
        self._all_run = True
        self._stopped = False
        self._costs = np.array([list(vars(self._cost(solver)).values()) for solver in spec.solvers])
        self._meter = Meter(self.network, self._data, self._field, spec.seeds, probes, self._iterates, self._costs)
        self._prices = self._priced(spec.protocol) if isinstance(spec.protocol, EqualCost) else None
        self._seconds = np.full(theta.shape[0], 0.0 if clock else np.nan)
        self._next_frame = 0
        self._limit = EXPLOSION * (
            self._field.start.loss + self._data.targets.square().sum() / (2 * self._data.samples) + 1e-30
        )

    @cached_property
    def schema(self) -> pa.Schema:
        """What the rows are, and what is known before them."""
        with alone():
            return schema(self._meter.shape, self._metadata(), self._meter.probes)

    @cached_property
    def _found(self) -> InClass | None:
        return best_in_class(self.network, self._data, self._landmarks(self._starts))

    @property
    def _best(self) -> InClass | None:
        """The best point in class; None where none is known, or where the loss falls on at infinity."""
        return self._found if self._found and self._found.attained else None

    @cached_property
    def _reference(self) -> Reference | None:
        return Reference(self._best) if self._best else None

    @property
    def frames(self) -> int:
        """Frames of a full run."""
        return self.spec.frames

    @property
    def over(self) -> bool:
        """Whether every lane has ended and its last row was given out."""
        return not bool(self._open.any())

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        while (batch := self.chunk()) is not None:
            yield batch

    @alone()
    def chunk(self, frames: int = FRAMES_PER_CHUNK) -> pa.RecordBatch | None:
        """The next frames as one record batch; None when the run is over. How frames are cut into chunks changes no
        value.
        """
        rows: list[Snapshot] = []
        while len(rows) < frames and (self._all_run or not self.over):
            rows.append(self._frame())
        return self._meter.measure(rows, self._reference, self.schema) if rows else None

    @alone()
    def stop(self) -> None:
        """Ends the lanes still running; their last rows come with the next chunk."""
        time = self.spec.time(max(self._next_frame - 1, 0))
        self._stopped = True
        for lane in self._running.nonzero()[:, 0].tolist():
            self._end(lane, Status.STOPPED, time)

    def tune(self, solver: int, rho: float) -> Tune:
        """Sets ρ of a solver by hand from the last frame given out on, and enters that in `spec`, which gives the same
        run again.

        Raises SpecError for a solver that has no damping or has ended, and for a ρ outside [0, 1].
        """
        tune = parse_value(Tune, {"frame": max(self._next_frame - 1, 0), "solver": solver, "rho": rho})
        if self._stopped or self._next_frame >= self.frames:
            raise SpecError("tune", "a run that goes on", "one that has ended")
        spec = self.spec.tuned(tune)
        if not bool(self._open[self._lanes_of(solver)].any()):
            raise SpecError(
                "tune.solver", "a solver that goes on", f"{self.spec.solvers[solver].name}, which has ended"
            )
        self.spec = spec
        return tune

    @property
    def is_staged(self) -> bool:
        """Whether there is a surface to draw the run on: N = 3 and p = 2."""
        return self._data.targets.numel() == 3 and self.network.parameters == 2

    @alone()
    def stage(self) -> pa.RecordBatch | None:
        """The surface to draw the run on; None unless N = 3 and p = 2."""
        radius = max(
            (s.method.radius for s in self.spec.solvers if isinstance(s.method, MinimizingMovement)), default=0.0
        )
        return surface(
            self.network, self._data, self._landmarks(self._starts), self._best.theta if self._best else None, radius
        )

    def _landmarks(self, starts: Tensor) -> Tensor:
        """The starts (k, p), and the teacher's parameters where there is one."""
        if not isinstance(self.spec.problem, Teacher):
            return starts
        return torch.cat(
            (starts, torch.tensor([self.spec.problem.parameters], dtype=torch.float64, device=starts.device))
        )

    def _bundle(self) -> list[tuple[Integrator | Descent, Tensor]]:
        """Lanes that share an integrator, or an optimizer's program, advance together."""
        seeds = len(self.spec.seeds)
        solvers: dict[object, list[int]] = {}
        for s, solver in enumerate(self.spec.solvers):
            key = solver.optimizer.program if isinstance(solver, Iteration) else solver.integrator
            solvers.setdefault(key, []).extend(range(s * seeds, (s + 1) * seeds))
        return [self._stepper(torch.tensor(lanes, device=self._device)) for lanes in solvers.values()]

    def _cost(self, solver: AnySolver) -> Cost:
        """Modelled flops of what this solver's tally counts."""
        count, network = self._data.samples, self.network
        return solver.optimizer.cost(network, count) if isinstance(solver, Iteration) else network.cost(count)

    def _stepper(self, lanes: Tensor) -> tuple[Integrator | Descent, Tensor]:
        carried = [self.spec.solvers[lane // len(self.spec.seeds)] for lane in lanes.tolist()]
        if isinstance(carried[0], Integration):
            return carried[0].integrator, lanes
        optimizers = [each.optimizer for each in carried if isinstance(each, Iteration)]
        return type(optimizers[0]).descent(optimizers, lanes, self._path.theta, self.network), lanes

    def _frame(self) -> Snapshot:
        """Advances to the next frame and notes where every open lane is."""
        frame, self._next_frame = self._next_frame, self._next_frame + 1
        time = self.spec.time(frame)
        if frame == 0:
            for integrator, lanes in self._bundles:
                self._turn(lanes, integrator, at_start=True)
                integrator.begin(self._field, self._path, lanes)
                self._watch(lanes, Trial(broken=~torch.isfinite(self._path.slope[lanes]).all(1)), integrator)
        elif not self._stopped:
            for tune in at_frame(self.spec.tunes, frame - 1):
                self._retune(tune)
            self._advance(time)
        if frame == self.frames - 1:
            self._conclude(time)
        return self._note(min(frame, self.frames - 1), time)

    @alone()
    def reach(self, frame: int) -> Tensor | None:
        """θ (p,) of the first lane at a frame of a run that has not begun; None where the lane ends before it."""
        time = self.spec.time(frame)
        for _ in range(frame + 1):
            self._frame()
        ended = self.lanes[0].status is not Status.RUNNING and self.lanes[0].time < time
        return None if ended else self._path.at(slice(0, 1), time)[0]

    def losses(self, steps: int) -> Iterator[Tensor]:
        """L (B,) at the start and after each of so many steps of every lane of a run that has not begun; NaN where a
        lane has ended.
        """
        for k in range(steps + 1):
            with alone():
                self._step_all() if k else self._frame()
                loss = torch.where(self._running, self._field.loss, torch.nan).cpu()
            yield loss

    def walk(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Lanes (b,), flow times (b,) and θ (b, p) of the open lanes at each frame of a run that has not begun; nothing
        is measured.
        """
        while not self.over:
            with alone():
                rows = self._frame()
                times = torch.from_numpy(rows.times).to(self._device)
                places = rows.lanes.cpu(), times.cpu(), interpolate(times, *rows.within).cpu()
            yield places

    def _step_all(self) -> None:
        """One attempted step of every running lane."""
        for integrator, lanes in self._bundles:
            rows = lanes[self._running[lanes]]
            if rows.numel():
                self._watch(rows, integrator.step(self._field, self._path, rows), integrator)

    @property
    def least(self) -> float:
        """L* of the best in class that was found; 0 where none was."""
        return self._found.loss if self._found else 0.0

    def _lanes_of(self, solver: int) -> Tensor:
        seeds = len(self.spec.seeds)
        return torch.arange(solver * seeds, (solver + 1) * seeds, device=self._device)

    def _retune(self, tune: Tune) -> None:
        """Has the open lanes of a solver go on from a frame with another ρ; an end that they met beyond it is
        forgotten.
        """
        lanes = self._lanes_of(tune.solver)
        lanes = lanes[self._open[lanes]]
        if not lanes.numel():
            return
        for lane in lanes[~self._running[lanes]].tolist():
            self.lanes[lane] = replace(self.lanes[lane], status=Status.RUNNING, time=0.0, slope=None, advice="")
            self._running[lane] = True
        self._field.tune(lanes, tune.rho)
        integrator = next(integrator for integrator, members in self._bundles if bool((members == lanes[0]).any()))
        integrator.resume(self._field, self._path, lanes, self.spec.time(tune.frame))
        self._watch(lanes, Trial(broken=~torch.isfinite(self._path.slope[lanes]).all(1)), integrator)

    def _advance(self, time: float) -> None:
        """Steps every running lane past a flow time."""
        path = self._path
        for integrator, lanes in self._bundles:
            while (behind := self._behind(lanes, time)).numel():
                begun = self._clock() if self._clock else 0.0
                rows = slice(None) if behind.numel() == len(self.lanes) else behind
                trial = integrator.step(self._field, path, rows)
                if self._clock:
                    self._seconds[behind.cpu().numpy()] += (self._clock() - begun) / behind.numel()
                self._watch(rows, trial, integrator)
                self._turn(rows, integrator)

    def _turn(self, rows: Tensor | slice, integrator: Integrator | Descent, *, at_start: bool = False) -> None:
        """Where the second phase of a damping begins within the last step of some lanes, ends that step there and
        begins anew.
        """
        path, field = self._path, self._field
        stepped = torch.zeros_like(self._running)
        stepped[rows] = True
        for damping, lanes in field.waiting(stepped & self._running):
            due = lanes[damping.margin(field.unvisited(path.theta[lanes]), path.time[lanes]) <= 0.0]
            if not due.numel():
                continue
            if not at_start:
                path.cut(due, self._crossing(damping, due))
            field.start.switch[due] = path.time[due]
            if not at_start:
                integrator.begin(field, path, due)
                self._watch(due, Trial(broken=~torch.isfinite(path.slope[due]).all(1)), integrator)

    def _crossing(self, damping: TwoPhase, lanes: Tensor) -> Tensor:
        """Where within their last steps (b,) the margin of a damping first is not positive: where it is declared, else
        by bisection, each of which is an evaluation of f."""
        path, field = self._path, self._field
        if isinstance(damping, Hybrid):
            return torch.full_like(path.time[lanes], damping.switch)
        low, high = path.begin[lanes].clone(), path.time[lanes].clone()
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            theta = interpolate(middle, path.begin[lanes], path.time[lanes], path.curve[lanes], path.theta[lanes])
            first = damping.margin(field.unvisited(theta), middle) > 0.0
            low, high = torch.where(first, middle, low), torch.where(first, high, middle)
        field.surplus[lanes, 0] += HALVINGS
        return high

    def _behind(self, lanes: Tensor, time: float) -> Tensor:
        late = self._path.time < time
        if len(self._bundles) == 1 and self._all_run:
            return late.nonzero()[:, 0]
        return lanes[(late & self._running)[lanes]]

    def _watch(self, rows: Tensor | slice, trial: Trial, integrator: Integrator | Descent) -> None:
        """Ends the lanes to which something happened at their last step."""
        lost, calm = self._field.lost(rows, trial.accepted), self._field.loss[rows] < self._limit[rows]
        if trial.accepted is not None:
            calm = calm | ~trial.accepted
        calls, spent = self._field.calls[rows], self._spent(rows)
        if (
            lost is None
            and trial.broken is None
            and not spent.any()
            and bool((calm & (calls < min(self.spec.evaluations, PATIENCE))).all())
        ):
            return
        within = HASTE * self._path.time[rows] * (self.spec.evaluations / calls).square() >= self.spec.horizon
        lanes, none = torch.arange(len(self.lanes), device=self._device)[rows], torch.zeros_like(calm)
        lost, broken = (none if each is None else each for each in (lost, trial.broken))
        reasons = (
            (lost | broken, None),
            (~calm, Status.DIVERGED),
            (spent, Status.SPENT),
            (calls >= self.spec.evaluations, Status.EXHAUSTED),
            ((calls >= PATIENCE) & ~within, Status.STALLED),
        )
        for i, lane in enumerate(lanes.tolist()):
            for happened, status in reasons:
                if happened[i]:
                    self._end(
                        lane,
                        status or self._breakdown(lane, integrator, lost=bool(lost[i])),
                        float(self._path.time[lane]),
                    )
                    break

    @cached_property
    def _begun(self) -> Linearization:
        """Around the starts of the seeds."""
        return Linearization.of(self.network, self._data, self._starts)

    def _breakdown(self, lane: int, integrator: Integrator | Descent, *, lost: bool) -> Status:
        """Why a lane cannot go on."""
        path, seed = self._path, lane % len(self.spec.seeds)
        stride = float(torch.linalg.vector_norm(path.theta[lane] - path.curve[lane, 0]))
        size, time = float(path.time[lane] - path.begin[lane]), float(path.time[lane])
        end = Linearization.of(self.network, self._data, path.theta[lane : lane + 1])
        begun = self._begun[seed : seed + 1]
        return breakdown(end, begun, stride, size, time, is_adaptive=integrator.is_adaptive, lost=lost)

    def _conclude(self, time: float) -> None:
        """Ends the lanes that went through to the horizon."""
        for integrator, members in self._bundles:
            lanes = members[self._running[members]]
            if not lanes.numel():
                continue
            ends, moved = (
                Linearization.of(self.network, self._data, self._path.theta[lanes]),
                integrator.planned(self._path, lanes),
            )
            for i, lane in enumerate(lanes.tolist()):
                seed, solver = lane % len(self.spec.seeds), self.spec.solvers[self.lanes[lane].solver]
                status = conclusion(
                    self.network,
                    ends[i : i + 1],
                    self._begun[seed : seed + 1],
                    moved[i],
                    promises=promises_descent(solver),
                )
                self._end(lane, status, time, slope=float(torch.linalg.vector_norm(ends.gradient[i])))

    def _priced(self, protocol: EqualCost) -> Tensor:
        """What one of everything counted costs each lane (B, 6) by a protocol's clock: the evaluations, and an accepted
        step.
        """
        names = [*(f"evaluations.{name}" for name in EVALUATIONS), "step"]
        counted = [float(name in columns(protocol.clock)) for name in names]
        rows = np.array([[*costs, 0.0] if protocol.clock == "flops" else counted for costs in self._costs])
        return torch.from_numpy(rows).repeat_interleave(len(self.spec.seeds), 0).to(self._device)

    def _spent(self, rows: Tensor | slice) -> Tensor:
        """Whether lanes (b,) have reached the budget that a protocol gives all."""
        field, protocol = self._field, self.spec.protocol
        if self._prices is None or not isinstance(protocol, EqualCost):
            return torch.zeros_like(field.calls[rows], dtype=torch.bool)
        tally = field.calls[rows].unsqueeze(1) * field.costs[rows] + field.surplus[rows]
        counted = torch.cat((tally, self._path.steps[rows].unsqueeze(1)), 1).double()
        return (counted * self._prices[rows]).sum(1) >= protocol.budget * (1 - 1e-12)

    def _end(self, lane: int, status: Status, time: float, *, slope: float | None = None) -> None:
        told = advice(status, self.spec.solvers[self.lanes[lane].solver])
        self.lanes[lane] = replace(self.lanes[lane], status=status, time=time, slope=slope, advice=told)
        self._running[lane] = self._all_run = False

    def _note(self, frame: int, time: float) -> Snapshot:
        """Every open lane's last step, with the frame's time or where the lane ended before it. Lanes that have ended
        are closed.
        """
        lanes = torch.arange(len(self.lanes), device=self._device) if self._all_run else self._open.nonzero()[:, 0]
        rows = slice(None) if lanes.numel() == len(self.lanes) else lanes
        times, words = np.full(lanes.numel(), time), [Status.RUNNING.word] * lanes.numel()
        if not self._all_run:
            for i, state in enumerate(self.lanes[lane] for lane in lanes.tolist()):
                if state.status is not Status.RUNNING and state.time <= time:
                    times[i], words[i], self._open[state.lane] = state.time, state.status.word, False
        path, field = self._path, self._field
        begin, end, curve, theta = (part[rows].clone() for part in (path.begin, path.time, path.curve, path.theta))
        steps, rejected, gain = (part[rows].clone() for part in (path.steps, path.rejected, path.gain))
        calls, surplus = field.calls[rows].clone(), field.surplus[rows].clone()
        held = None if self._iterates is None else field.held[rows].clone()
        ledger = None if field.ledger is None else field.ledger[rows].clone()
        seconds, hand = self._seconds[lanes.cpu().numpy()], field.hand[rows].clone()
        within = (begin, end, curve, theta)
        return Snapshot(
            frame, lanes, times, words, within, steps, rejected, gain, calls, surplus, seconds, hand, held, ledger
        )

    def _advice(self, solver: int) -> dict[str, str]:
        """What a solver can do about each end that it may meet."""
        told = {status.word: advice(status, self.spec.solvers[solver]) for status in Status}
        return {word: sentence for word, sentence in told.items() if sentence}

    def _metadata(self) -> dict[str, Any]:
        outputs, parameters = self._meter.shape.outputs, self._meter.shape.parameters
        seen = self._begun
        best = self._best
        return {
            "spec": self._given.model_dump(mode="json", serialize_as_any=True),
            "lanes": [
                {
                    "lane": lane.lane,
                    "solver": lane.solver,
                    "name": lane.name,
                    "seed": lane.seed,
                    "advice": self._advice(lane.solver),
                }
                for lane in self.lanes
            ],
            "record": self._record,
            "protocol": self.spec.protocol.sentence(self.spec.horizon),
            "samples": self._data.samples,
            "outputs": outputs,
            "parameters": parameters,
            "inputs": self._data.inputs.tolist() if self._data.inputs.numel() <= INPUTS else None,
            "target": self._data.targets.tolist() if outputs <= 64 else None,
            "start": [
                {
                    "theta": theta.tolist() if parameters <= 16 else None,
                    "outputs": f.tolist() if outputs <= 64 else None,
                }
                for theta, f in zip(self._starts, seen.outputs, strict=True)
            ],
            "eigenvectors": seen[:1].left[0][0].mT[:EIGENVECTORS].tolist() if outputs <= 64 else None,
            "best": best
            and {
                "theta": best.theta.tolist() if best.theta is not None and parameters <= 16 else None,
                "outputs": best.outputs.tolist() if outputs <= 64 else None,
                "loss": best.loss,
            },
            "infimum": self._found and {"loss": self._found.loss, "attained": self._found.attained},
            "problem": self.spec.problem.facts() or None,
            "versions": {name: _version(name) for name in ("flowscope", "torch", "pyarrow")},
            "device": self._device,
        }


@cache
def _version(package: str) -> str:
    return version(package)  # reads files


def start(spec: RunSpec, seed: int) -> Tensor:
    """θ₀ (p,) of a seed. Raises SpecError where a branch begins after its parent's lane has ended."""
    if not isinstance(spec.start, Branch):
        return spec.start.draw(spec.network, seed)
    branch = spec.start
    run = Run(branch.alone)
    theta = run.reach(branch.frame)
    if theta is None:
        raise SpecError(
            "start.frame", f"a frame that the parent reached before t = {run.lanes[0].time:.6g}", str(branch.frame)
        )
    return theta.cpu()
