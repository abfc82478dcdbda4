"""Optimizers: discrete methods that are no flow, each with its own state and clock."""

from .cumulative import CumulativeGaussNewton
from .first_order import Adam, AdamW, GradientDescent, HeavyBall
from .levenberg_marquardt import DampedGaussNewton, LevenbergMarquardt
from .muon import Muon
from .optimizer import Descent, Optimizer
from .riemannian import RiemannianDescent
from .soap import SOAP

__all__ = [
    "SOAP",
    "Adam",
    "AdamW",
    "CumulativeGaussNewton",
    "DampedGaussNewton",
    "Descent",
    "GradientDescent",
    "HeavyBall",
    "LevenbergMarquardt",
    "Muon",
    "Optimizer",
    "RiemannianDescent",
]
