"""Columns of a recording: what is measured at a frame, of every run, of runs with a movement, and on one kind of
problem.
"""

from ...problem import LatentDiffusion, Problem
from . import samples
from .certified import BUDGET
from .probe import PROBES, Probe, Reading, Shape

__all__ = ["BUDGET", "PROBES", "Probe", "Reading", "Shape", "columns_of", "every_column"]


def columns_of(problem: Problem, *, moving: bool) -> tuple[Probe, ...]:
    """The columns of a run on a problem; `moving` where one of its solvers is a minimizing movement."""
    own = samples.probes(problem.seed) if isinstance(problem, LatentDiffusion) else ()
    return (*PROBES, *(BUDGET if moving else ()), *own)


def every_column() -> tuple[Probe, ...]:
    """The columns that any run may have."""
    return columns_of(LatentDiffusion(), moving=True)
