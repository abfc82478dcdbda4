"""Minimizing movements: outer steps, the inner solvers of each, and what is certified on the way."""

from .by_gradients import ByGradients
from .inner import Inner
from .movement import AnyInner, MinimizingMovement
from .newton import Exponential, GainRatio, GaussNewtonFlow, LineSearch, Retraction
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
