"""A row for every kind of solver: the lane that the engine runs beside its rule in NumPy, on benches and in presets;
and of the columns.

Predictions speak of what follows from a rule; these rows are of the rules themselves, so that no kind goes unjudged.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from typing import Any, get_args

import numpy as np
import torch
from torch import Tensor

from ..alone import alone
from ..comparison import EqualTime
from ..comparison.bench import objection
from ..flow import AnyFlow, Constant, Flow
from ..movement import AnyInner, MinimizingMovement, Relative
from ..network import MLP, Neuron
from ..optimizer import GradientDescent, Optimizer
from ..problem import Points, Wave
from ..run.run import BLOCK, Run
from ..run.spec import AnyOptimizer, AnySolver, Integration, Iteration, RunSpec, Solver
from . import movement
from .claim import Row, Tolerance, Verdict
from .frames import continuous
from .law import LAWS, Followed
from .step_law import STEPS, Place
from .subject import Subject

FRAMES, INTERVAL, STRIDES, MOST = 6, 0.01, 8, 500
"""Frames and flow time between them of a flow; steps of a discrete method; inner iterations of a movement at most."""
ARRIVED = 1e-4
"""Steps below this share of θ are held to that: a method that has arrived moves by rounding."""
FLOWED = Tolerance(1e-5, "relative tolerance 1e-9 a step over a displacement of a hundredth of θ'")
STEPPED = Tolerance(1e-6, "rounding of solves over eight steps; SOAP's bases lose cond² of the first gradient")
HELD = Tolerance(1e-9, "rounding of sums, relative to the first loss")
SETTINGS: dict[str, dict[str, Any]] = {
    "gauss_newton": {"damping": Constant(rho=0.1)},
    "generalised_gauss_newton": {"damping": Constant(rho=0.2)},
    "arithmetic": {"tau": 0.3},
    "harmonic": {"tau": 0.3},
    "heavy_ball": {"momentum": 0.8},
    "adam": {"first": 0.85, "second": 0.98},
    "adamw": {"decay": 0.3},
    "muon": {"bias_decay": 0.2, "decay": 0.1},
    "soap": {"decay": 0.2},
    "damped_gauss_newton": {"eta": 0.5, "damping": Constant(rho=0.1)},
    "by_gradients": {"optimizer": GradientDescent(eta=0.3)},
    "cumulative_gauss_newton": {"batches": 3, "growth": 2.0, "damping": 0.1},
}
"""What a kind has on a bench where its default would hide a part of its rule."""


def members(union: Any) -> tuple[Any, ...]:
    """The classes of a union of kinds."""
    return get_args(get_args(union)[0])


def kind_of(part: Any) -> str:
    """The kind of a class."""
    return part.model_fields["kind"].default


@cache
def benches() -> tuple[tuple[Any, Any], ...]:
    """Problems and networks: more parameters than outputs, with square weight matrices; fewer, few enough for θ to be
    recorded.
    """
    generator = torch.Generator().manual_seed(1)
    inputs, targets = torch.randn(2, 3, 3, generator=generator, dtype=torch.float64).tolist()
    wide = Points(inputs=tuple(map(tuple, inputs)), targets=tuple(map(tuple, targets)))
    return (wide, MLP(widths=(3, 3, 3))), (Wave(count=3), Neuron())


def spec_of(bench: tuple[Any, Any], solver: AnySolver) -> RunSpec:
    """A run of one solver on a bench."""
    return RunSpec(problem=bench[0], network=bench[1], solvers=(solver,), horizon=1.0, interval=0.5)


def fits(part: Flow | Optimizer, bench: tuple[Any, Any]) -> bool:
    """Whether a method has no objection to a bench."""
    problem, network = bench
    return objection(part, network, problem) is None


def benched() -> Iterator[tuple[Subject, AnySolver, str]]:
    """Every kind on every bench that it fits; a movement of every inner kind where θ is recorded."""
    for part in (*members(AnyFlow), *members(AnyOptimizer)):
        if part is MinimizingMovement:
            continue
        method = part(**SETTINGS.get(kind_of(part), {}))
        for bench in filter(lambda each: fits(method, each), benches()):
            flow: Any = method
            solver = Solver("b", flow)
            if kind_of(type(method)) != "soap" or bench is benches()[0]:  # elsewhere its bases are those of rounding
                yield Subject("bench", spec_of(bench, solver)), solver, kind_of(type(method))
    for part in members(AnyInner):
        inner = part(**SETTINGS.get(kind_of(part), {}))
        solver = Solver("b", MinimizingMovement(inner=inner, stopping=Relative(most=MOST)))
        yield Subject("bench", spec_of(benches()[1], solver)), solver, f"minimizing_movement, {kind_of(part)}"


@alone()
def walked(subject: Subject, solver: AnySolver, horizon: float, interval: float) -> tuple[Tensor, Tensor]:
    """Flow times (T,) and θ (T, p) of one solver as the engine runs it."""
    changes = {"solvers": (solver,), "seeds": subject.spec.seeds[:1], "tunes": (), "protocol": EqualTime()}
    times = {"horizon": horizon, "interval": interval}
    run = Run(subject.spec.model_copy(update={**changes, **times}), device="cpu")
    _, time, theta = (torch.cat(parts) for parts in zip(*run.walk(BLOCK), strict=True))
    return time, theta


def apart(found: Tensor, wanted: Tensor, before: Tensor, least: float = 1e-300) -> float:
    """Distance of two displacements over theirs, or over the `least` that is no rounding; infinite where one is no
    number.
    """
    off = float((found - wanted).norm() / (wanted - before).norm().clamp_min(least))
    return off if np.isfinite(off) else np.inf


def judge_flow(subject: Subject, solver: Integration) -> Row:
    """Frame by frame, from where the engine was: its next frame beside that of the law."""
    time, theta = walked(subject, solver, FRAMES * INTERVAL, INTERVAL)
    lane, worst = Followed(subject, solver), 0.0 if len(theta) == FRAMES + 1 else np.inf
    for (now, then), (here, there) in zip(pairwise(time.tolist()), pairwise(theta), strict=True):
        worst = max(worst, apart(there, lane.ahead(now, here, then - now), here))
    return row(
        subject, solver.flow.kind, worst, FLOWED, "the next frame beside classical Runge–Kutta steps on θ' in NumPy"
    )


def judge_steps(subject: Subject, solver: Iteration) -> Row:
    """From the same start: θ after every step."""
    method: Any = solver.optimizer
    time, theta = walked(subject, solver, STRIDES * method.span, method.span)
    steps, worst = STEPS[kind_of(type(method))](method, Place(subject)), 0.0 if len(theta) == STRIDES + 1 else np.inf
    end, new = next(steps)
    before = theta[0]
    old, least = theta[0].numpy(), ARRIVED * float(theta[0].norm())
    for moment, found in zip(time[1:].tolist(), theta[1:], strict=True):
        while end <= moment * (1 + 1e-12):
            old, (end, new) = new, next(steps, (np.inf, new))
        worst = max(worst, apart(found, torch.from_numpy(old), before, least))
        before = found
    return row(
        subject, kind_of(type(method)), worst, STEPPED, f"θ after each of {STRIDES} steps beside the rule in NumPy"
    )


def judge_movement(subject: Subject, solver: AnySolver, name: str) -> Row:
    """T7 of this lane: the account anew, and what the inner solver left."""
    tolerance = next(each.tolerance for each in movement.PREDICTIONS if each.id == "T7")
    outcome = movement.measure_budget(
        Subject(subject.name, subject.spec.model_copy(update={"solvers": (solver,), "horizon": 4.0}))
    )
    return row(subject, name, outcome.departure, tolerance, outcome.why)


def judge_columns(subject: Subject, solver: AnySolver) -> Row:
    """L, L − L* and ‖∇L‖ of the recording from θ, by the forward map and NumPy; squares. L* is the loss of the best
    point told.
    """
    frames, _ = subject.lane(solver)
    assert frames.best is not None, "a subject with a best point was chosen"
    lowest = subject.loss(subject.residual(torch.from_numpy(frames.best)))
    first = subject.loss(subject.residual(subject.start))
    departures, told = [], 0
    for k in np.unique(np.linspace(0, len(frames["time"]) - 1, 40).astype(int)):
        theta = torch.from_numpy(frames["theta"][k])
        residual = subject.residual(theta)
        loss, gradient = subject.loss(residual), subject.jacobian(theta).T @ residual / subject.data.samples
        departures += [abs(frames["loss"][k] - loss) / first]
        departures += [
            abs(frames["gradient_norm"][k] / max(float(np.linalg.norm(gradient)), 1e-6 * first**0.5) - 1.0) * 1e-3
        ]
        if np.isfinite(frames["excess_loss"][k]) and abs(frames["reference"][k] - lowest) < HELD.value * first:
            departures.append(abs(frames["excess_loss"][k] - (loss - lowest)) / first)
            told += 1
    worst = float(np.max(departures)) if told else np.inf
    return row(subject, "columns", worst, HELD, "loss and excess_loss beside the forward map and NumPy, relative to L₀")


def row(subject: Subject, name: str, departure: float, tolerance: Tolerance, why: str) -> Row:
    """A row whose id is the kind."""
    verdict: Verdict = "holds" if departure <= tolerance.value else "violated"
    return {
        "id": name,
        "preset": subject.name,
        "statement": "a lane moves as the rule of its kind says, and a recording holds what it names",
        "assumption": "none",
        "predicted": 0.0,
        "measured": departure,
        "tolerance": tolerance.value,
        "verdict": verdict,
        "why": f"{why}: {departure:.2g}",
    }


def judge(subject: Subject, solver: AnySolver, name: str) -> Row:
    """The row of one lane."""
    if isinstance(solver, Integration):
        return judge_flow(subject, solver)
    if isinstance(solver.optimizer, MinimizingMovement):
        return judge_movement(subject, solver, name)
    return judge_steps(subject, solver)


def shown(subjects: Iterable[Subject]) -> Iterator[Row]:
    """Every kind of flow at the first of the subjects that follows it smoothly in continuous time; columns where θ and
    L* are told.
    """
    seen: set[str] = set()
    for subject in subjects:
        is_smooth = getattr(subject.network, "activation", "tanh") != "relu"
        for solver in subject.spec.solvers:
            flow = continuous(solver)
            if flow is not None and is_smooth and kind_of(type(flow)) in LAWS.keys() - seen:
                seen.add(kind_of(type(flow)))
                yield judge_flow(subject, finest(subject, type(flow)))
        if "columns" not in seen and subject.parameters <= 16 and subject.data.is_squares:
            solver = subject.spec.solvers[0]
            frames, _ = subject.lane(solver)
            if frames.best is not None and np.isfinite(frames["excess_loss"]).any():
                seen.add("columns")
                yield judge_columns(subject, solver)


def finest(subject: Subject, kind: type[Flow]) -> Integration:
    """The last lane of a kind of flow: series of steps grow finer."""
    return next(each for each in reversed(subject.solvers(kind)) if type(each.flow) is kind)


def rules(subjects: Iterable[Subject], *, every_kind: bool) -> Iterator[Row]:
    """The rows of the rules in these subjects, and of every kind on the benches."""
    yield from shown(subjects)
    if every_kind:
        yield from (judge(*each) for each in benched())
