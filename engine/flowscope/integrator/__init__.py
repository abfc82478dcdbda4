"""Integrators: how θ' = v(θ) is followed in time, lane by lane."""

from typing import Annotated

from pydantic import Field

from .path import Integrator, Path
from .rosenbrock import Rosenbrock
from .runge_kutta import RK4, DormandPrince, Euler, FixedStep

__all__ = [
    "RK4",
    "AnyIntegrator",
    "DormandPrince",
    "Euler",
    "FixedStep",
    "Integrator",
    "Path",
    "Rosenbrock",
]

AnyIntegrator = Annotated[Euler | RK4 | DormandPrince | Rosenbrock, Field(discriminator="kind")]
