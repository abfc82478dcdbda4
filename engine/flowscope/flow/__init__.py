"""Flows: velocities θ' from the linearization at θ, and the dampings ρ that some of them have."""

from typing import Annotated

from pydantic import Field

from .adapted import Arithmetic, Harmonic, Homotopy, Loop, PseudoInverse, Pullback, Pushforward, StraightLine
from .damping import (
    AnyDamping,
    Constant,
    ExponentialDecay,
    Hybrid,
    InitialEigenvalue,
    InverseTime,
    LossProportional,
    SlowSwitch,
    SmallestEigenvalue,
    TargetRate,
)
from .flow import Flow, GaussNewton, GeneralisedGaussNewton, Gradient
from .linearization import Linearization
from .vector_field import VectorField

__all__ = [
    "AnyDamping",
    "AnyFlow",
    "Arithmetic",
    "Constant",
    "ExponentialDecay",
    "Flow",
    "GaussNewton",
    "GeneralisedGaussNewton",
    "Gradient",
    "Harmonic",
    "Homotopy",
    "Hybrid",
    "InitialEigenvalue",
    "InverseTime",
    "Linearization",
    "Loop",
    "LossProportional",
    "PseudoInverse",
    "Pullback",
    "Pushforward",
    "SlowSwitch",
    "SmallestEigenvalue",
    "StraightLine",
    "TargetRate",
    "VectorField",
]

AnyFlow = Annotated[
    Gradient
    | GaussNewton
    | GeneralisedGaussNewton
    | Pullback
    | Pushforward
    | PseudoInverse
    | StraightLine
    | Loop
    | Arithmetic
    | Harmonic,
    Field(discriminator="kind"),
]
