"""Columns of a recording: what is measured at a frame, of every run, of runs whose flows state rates, of runs with a
movement, and on one kind of problem.
"""

from ...problem import LatentDiffusion, Problem
from . import samples
from .certified import BUDGET
from .probe import PROBES, RATES, Probe, Reading, Shape

__all__ = ["BUDGET", "PROBES", "RATES", "Probe", "Reading", "Shape", "columns_of", "every_column"]


def columns_of(problem: Problem, *, rated: bool, moving: bool) -> tuple[Probe, ...]:
    """The columns of a run on a problem; `rated` where theory has rates of a mode for one of its flows, `moving` where
    one of its solvers is a minimizing movement.
    """
    own = samples.probes(problem.seed) if isinstance(problem, LatentDiffusion) else ()
    return (*PROBES, *(RATES if rated else ()), *(BUDGET if moving else ()), *own)


def every_column() -> tuple[Probe, ...]:
    """The columns that any run may have."""
    return columns_of(LatentDiffusion(), rated=True, moving=True)
