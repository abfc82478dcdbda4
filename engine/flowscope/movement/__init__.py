"""Minimizing movements: outer steps, the inner solvers of each, and what is certified on the way."""

from .inner import AnyInner, ByGradients, Exponential, GainRatio, GaussNewtonFlow, Inner, LineSearch, Retraction
from .movement import MinimizingMovement
from .stopping import AnyStopping, Certificate, Iterations, Relative
from .subproblem import Energy, Subproblem

__all__ = [
    "AnyInner",
    "AnyStopping",
    "ByGradients",
    "Certificate",
    "Energy",
    "Exponential",
    "GainRatio",
    "GaussNewtonFlow",
    "Inner",
    "Iterations",
    "LineSearch",
    "MinimizingMovement",
    "Relative",
    "Retraction",
    "Subproblem",
]
