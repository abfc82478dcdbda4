"""A referee of statuses that reads only a recording: NumPy on its columns, and the loss by the forward map."""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
import torch
from flowscope import RunSpec, facts, parse_spec
from flowscope.network import centred
from flowscope.run.spec import Integration

from .cases import dense, lane

GREY = 30.0
"""Between a threshold over this and times this either side of it is right."""
SHRINK = [0.5**k for k in range(-2, 30)]
ADAPTIVE = ("dormand_prince", "rosenbrock")
WEIGHING = (
    *(
        "generalised_gauss_newton",
        "damped_gauss_newton",
        "cumulative_gauss_newton",
        "levenberg_marquardt",
        "minimizing_movement",
    ),
)
"""Methods that invert √g'' J and not J."""


@dataclass(frozen=True)
class Seen:
    """One lane of a recording: its columns by name, and what its spec says of it."""

    spec: RunSpec
    table: pa.Table
    solver: int

    def __getitem__(self, name: str) -> np.ndarray:
        rows = self.table[name].to_pylist()
        wide = next((len(row) for row in rows if isinstance(row, list)), 0)
        return np.array([[np.nan] * wide if row is None else row for row in rows] if wide else rows, dtype=float)

    @property
    def word(self) -> str:
        return self.table["status"].to_pylist()[-1]

    @property
    def integrator(self) -> str:
        solver = self.spec.solvers[self.solver]
        return solver.integrator.kind if isinstance(solver, Integration) else ""

    @property
    def weighs(self) -> bool:
        method: Any = self.spec.solvers[self.solver].method
        return method.kind in WEIGHING

    @property
    def promises(self) -> bool:
        method: Any = self.spec.solvers[self.solver].method
        return method.kind != "loop" and not any(
            getattr(method, name, 0.0) for name in ("decay", "bias_decay", "ridge")
        )


class Problem:
    """Losses and their first and second derivatives at θ, by NumPy from the forward map."""

    def __init__(self, spec: RunSpec) -> None:
        self.data, self.network = spec.problem.data(spec.network), spec.network
        if spec.network.is_centred:
            self.network = centred(spec.network, spec.root(spec.seeds[0]), self.data.inputs)
        self.kind, self.n = self.data.loss.kind, self.data.samples
        self.y = self.data.targets.numpy().reshape(self.n, -1)

    def loss(self, theta: np.ndarray) -> float:
        f = self.network.forward(torch.from_numpy(theta)[None], self.data.inputs)[0].numpy().reshape(self.n, -1)
        if self.kind == "squares":
            return float(((f - self.y) ** 2).sum() / (2 * self.n))
        if self.kind == "log_cosh":
            r = np.abs(f - self.y)
            return float((r + np.log1p(np.exp(-2 * r)) - np.log(2)).sum() / self.n)
        if self.kind == "logistic":
            return float((np.logaddexp(0, f) - self.y * f).sum() / self.n)
        return float((np.logaddexp.reduce(f, 1) - (self.y * f).sum(1)).sum() / self.n)

    def around(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """g' (N,), J (N, p) and √g'' J (for softmax with s for its diagonal, an upper bound)."""
        out, jacobian = (each.numpy() for each in dense(self.network, torch.from_numpy(theta), self.data.inputs))
        f = out.reshape(self.n, -1)
        if self.kind == "squares":
            slope, second = f - self.y, np.ones_like(f)
        elif self.kind == "log_cosh":
            slope, second = np.tanh(f - self.y), 1 / np.cosh(np.clip(f - self.y, -300, 300)) ** 2
        elif self.kind == "logistic":
            s = 1 / (1 + np.exp(-np.clip(f, -700, 700)))
            slope, second = s - self.y, s / (1 + np.exp(np.clip(f, -700, 700)))
        else:
            e = np.exp(f - f.max(1, keepdims=True))
            s = e / e.sum(1, keepdims=True)
            slope, second = s - self.y, s * (1 - s)
        return slope.ravel(), jacobian, np.sqrt(second.ravel())[:, None] * jacobian


def witnesses(table: pa.Table) -> list[tuple[Seen, Problem]]:
    """Every lane of a recording, with its problem."""
    told = facts(table.schema)
    spec = parse_spec(told["spec"])
    return [(Seen(spec, lane(table, each["lane"]), each["solver"]), Problem(spec)) for each in told["lanes"]]


def judged(table: pa.Table) -> list[tuple[str, str]]:
    """Status of every lane of a recording and what is wrong with it, as a sentence; empty where it is right."""
    return [(seen.word, CHECKS[seen.word](seen, problem)) for seen, problem in witnesses(table)]


def fall(seen: Seen, problem: Problem) -> float:
    """How far the loss still falls from the end, over what g'(f₀) could, by the forward map: the best of many lengths
    against ∇L, and of damped Gauss–Newton steps that keep a quarter of their promise."""
    theta, first = seen["theta"][-1], problem.around(seen["theta"][0])[0]
    slope, jacobian, weighted = problem.around(theta)
    u = jacobian.T @ slope
    if not np.linalg.norm(u) > 0.0:
        return 0.0
    here, unit = problem.loss(theta), float(u @ u) / max(float((jacobian @ u) @ (jacobian @ u)), 1e-300)
    best = min(problem.loss(theta - scale * unit * u) for scale in SHRINK)
    _, sigma, v = np.linalg.svd(weighted, full_matrices=False)
    for share in 10.0 ** -np.arange(0, 17) if sigma[0] > 0.0 else ():
        size = share * sigma[0] ** 2
        step = -v.T @ ((v @ u) / (sigma**2 + size))
        there, promise = problem.loss(theta + step), float(step @ (size * step - u)) / (2 * problem.n)
        best = min(best, there) if here - there >= promise / 4 else best
    return max(here - best, 0.0) / max(float(first @ first) / (2 * problem.n), 1e-300)


def at_horizon(seen: Seen) -> str:
    horizon = min(seen.spec.horizon, seen.spec.time(seen.spec.frames - 1))
    return "" if seen["time"][-1] == horizon else f"ends at t = {seen['time'][-1]}, not at its horizon"


def has_climbed(seen: Seen, problem: Problem) -> bool:
    first, last = seen["loss"][[0, -1]]
    scale = first + float((problem.y**2).sum()) / (2 * problem.n)
    return seen.promises and not last <= first * (1 + 1e-6) + 1e-12 * scale


def converged(seen: Seen, problem: Problem) -> str:
    if has_climbed(seen, problem):
        return "has climbed"
    left = fall(seen, problem)
    floor = 1e-13 * seen["loss"][-1] / max(seen["loss"][0], 1e-300)
    return at_horizon(seen) or (
        "" if left <= max(1e-12 * GREY, floor) else f"converged, though the loss still falls by {left:.1e}"
    )


def horizon(seen: Seen, problem: Problem) -> str:
    if has_climbed(seen, problem):
        return "has climbed"
    theta, slope = seen["theta"], problem.around(seen["theta"][-1])
    u = slope[1].T @ slope[0]
    first = np.linalg.norm(problem.around(theta[0])[0])
    reach = float(u @ u) / max(float(np.linalg.norm(slope[1] @ u)), 1e-300)
    moves = reach > 1e-6 * first / GREY or fall(seen, problem) > 1e-12 / GREY
    return at_horizon(seen) or ("" if moves else f"out of time, though only {reach / first:.1e} of the slope is left")


def rested(seen: Seen, problem: Problem) -> str:
    theta = seen["theta"]
    still = np.abs(theta[-1] - theta[-2]) <= 1e-14 * np.abs(theta[-1]) if len(theta) > 1 else np.ones(1, bool)
    if not still.all():
        return "at rest, though it moved between the last two frames"
    return at_horizon(seen) or ("" if seen["gradient_norm"][-1] > 0 else "at rest and not critical, though ∇L = 0")


def climbed(seen: Seen, problem: Problem) -> str:
    first, last = seen["loss"][[0, -1]]
    return at_horizon(seen) or ("" if has_climbed(seen, problem) else f"climbed, though L went from {first} to {last}")


def worst(seen: Seen, problem: Problem, theta: np.ndarray) -> float:
    """How near J at θ is to losing rank: its least σ over its greatest, and the greatest over that of the start; and so
    for √g'' J, the greatest over that of J too where the method inverts it. NaN where J is no number."""
    first, (_, jacobian, weighted) = problem.around(seen["theta"][0])[1], problem.around(theta)
    if not np.isfinite(jacobian).all():
        return np.nan
    before, last, white = (np.linalg.svd(each, compute_uv=False) for each in (first, jacobian, weighted))
    shares = [last[-1] / max(last[0], 1e-300), white[-1] / max(white[0], 1e-300), last[0] / max(before[0], 1e-300)]
    return float(min([*shares, white[0] / max(last[0], 1e-300)] if seen.weighs else shares))


def rank_loss(seen: Seen, problem: Problem) -> str:
    least = worst(seen, problem, seen["theta"][-1])
    return "" if least <= 1e-5 * GREY else f"rank lost, though the least σ is {least:.1e} of the greatest"


def escaped(seen: Seen, problem: Problem) -> str:
    if seen.integrator not in ADAPTIVE or seen["time"][-1] >= seen.spec.horizon:
        return "escaped, though its steps are fixed or its horizon reached"
    way = np.linalg.norm(seen["theta"][-1] - seen["theta"][0])
    speed, stride = np.linalg.norm(seen["velocity"][-1]), seen["stride"][-1]
    runs = stride > 1e-4 * way / GREY and stride / speed < 1e-6 * GREY * seen["time"][-1]
    return (
        ""
        if runs
        else f"escaped, though a last step of {stride:.1e} after a way of {way:.1e} took {stride / speed:.1e}"
    )


def is_overshooting(seen: Seen, problem: Problem) -> bool:
    """Whether a step of fixed length from the end goes, whole or half, where J has lost rank or is no number."""
    if seen.integrator not in ("euler", "rk4"):
        return False
    step = cast(Any, seen.spec.solvers[seen.solver]).integrator.dt * seen["velocity"][-1]
    return any(not worst(seen, problem, seen["theta"][-1] + share * step) > 1e-5 * GREY for share in (0.5, 1.0))


def diverged(seen: Seen, problem: Problem) -> str:
    first, last, theta = seen["loss"][0], seen["loss"][-1], seen["theta"][-1]
    scale = first + float((problem.y**2).sum()) / (2 * problem.n)
    step = getattr(getattr(seen.spec.solvers[seen.solver], "integrator", None), "dt", seen.spec.horizon)
    speed = np.linalg.norm(seen["velocity"][-1])
    huge = not np.isfinite(last) or last > 1e8 * scale / GREY or np.abs(theta).max() > 1e13
    fast = (
        not np.isfinite(seen["gradient_norm"][-1])
        or not np.isfinite(speed)
        or speed * step > 1e3 * np.linalg.norm(theta)
    )
    return (
        ""
        if huge or fast or is_overshooting(seen, problem)
        else f"diverged at L = {last:.1e} from {first:.1e}, |θ| = {np.abs(theta).max():.1e}, speed {speed:.1e}"
    )


def exhausted(seen: Seen, problem: Problem) -> str:
    spent = seen.table["evaluations"].to_pylist()[-1]["f"]
    return "" if spent >= seen.spec.evaluations else f"exhausted after {spent} of {seen.spec.evaluations} evaluations"


def stalled(seen: Seen, problem: Problem) -> str:
    if seen["time"][-1] >= seen.spec.horizon:
        return "stalled at its horizon"
    spent, stride = seen.table["evaluations"].to_pylist()[-1]["f"], seen["stride"][-1]
    way = np.linalg.norm(seen["theta"][-1] - seen["theta"][0])
    short = seen.integrator in ADAPTIVE and not stride > 1e-3 * way
    return "" if spent >= 10_000 or short else f"stalled after {spent} evaluations with a last step of {stride:.1e}"


CHECKS = {
    "converged": converged,
    "horizon": horizon,
    "rested": rested,
    "climbed": climbed,
    "rank_loss": rank_loss,
    "escaped": escaped,
    "diverged": diverged,
    "exhausted": exhausted,
    "stalled": stalled,
}
