"""Makes a spec into a race under a protocol; where each solver is to have its best step, by trying a whole grid at
once.
"""

from collections.abc import Callable

import numpy as np
from pydantic import BaseModel

from ..comparison import AnyProtocol, BestStep, EqualTime, SameStep
from ..comparison.protocol import resized, size_of
from ..component import Component, parse_value
from ..run.run import Run
from ..run.spec import RunSpec

Progress = Callable[[int, int], None]


class _Holder(BaseModel):
    protocol: AnyProtocol


def parse_protocol(value: object) -> AnyProtocol:
    """A protocol from decoded JSON; raises as `parse_spec`."""
    return parse_value(_Holder, {"protocol": value}).protocol


def race(spec: RunSpec, protocol: AnyProtocol, *, progress: Progress | None = None) -> RunSpec:
    """The solvers of `spec` with the steps that a protocol gives them. `progress(done, total)` counts the steps of the
    grid.
    """
    samples, solvers = spec.problem.samples, list[Component](spec.solvers)
    sized = [index for index, solver in enumerate(solvers) if size_of(solver)]
    if isinstance(protocol, SameStep):
        for index in sized:
            solvers[index] = resized(solvers[index], protocol.own(protocol.eta, solvers[index], samples))
    if isinstance(protocol, BestStep):
        for done, index in enumerate(sized):
            tell = _later(progress, done * protocol.steps, len(sized) * protocol.steps)
            eta = best(spec, index, protocol, progress=tell)
            solvers[index] = resized(solvers[index], protocol.own(eta, solvers[index], samples))
    return RunSpec.model_validate({**dict(spec), "solvers": tuple(solvers), "protocol": protocol})


def best(spec: RunSpec, index: int, protocol: BestStep, *, progress: Progress | None = None) -> float:
    """The η of a protocol's grid that serves a solver of `spec` best, by the median over the seeds; of equal ones the
    smallest.
    """
    counts, ends = (np.median(each, 1) for each in tried(spec, index, protocol, progress=progress))
    return protocol.grid[np.lexsort((np.where(np.isinf(counts), ends, 0.0), counts))[0]]


def tried(
    spec: RunSpec, index: int, protocol: BestStep, *, progress: Progress | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """For each η and seed (k, s): steps of a solver to the goal, and L − L* at the end; infinite where it was not
    reached, or diverged.
    """
    solver, samples = spec.solvers[index], spec.problem.samples
    sizes = [protocol.own(eta, solver, samples) for eta in protocol.grid]
    horizon = 1.01 * protocol.steps * max(sizes)
    changes = {"solvers": tuple(resized(solver, size) for size in sizes), "protocol": EqualTime(), "tunes": ()}
    run = Run(RunSpec.model_validate({**dict(spec), **changes, "horizon": horizon, "interval": horizon}))
    counts = np.full(len(sizes) * len(spec.seeds), np.inf)
    first, excess = counts, counts
    for step, loss in enumerate(run.losses(protocol.steps)):
        excess = np.where(np.isnan(loss.numpy()), np.inf, loss.numpy() - run.least)
        first = first if step else excess
        counts = np.where(np.isinf(counts) & (excess <= protocol.goal * first), step, counts)
        if progress:
            progress(step, protocol.steps)
        if np.isfinite(counts).all():
            break
    return counts.reshape(len(sizes), -1), excess.reshape(len(sizes), -1)


def _later(progress: Progress | None, before: int, total: int) -> Progress | None:
    return (lambda done, _: progress(before + done, total)) if progress else None
