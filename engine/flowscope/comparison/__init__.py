"""Comparisons: the rule that a race keeps to, solvers of other packages, and the referee of all."""

from typing import Annotated

from pydantic import Field

from .protocol import BestStep, EqualCost, EqualTime, SameStep

__all__ = [
    "AnyProtocol",
    "BestStep",
    "EqualCost",
    "EqualTime",
    "SameStep",
]

AnyProtocol = Annotated[EqualTime | SameStep | BestStep | EqualCost, Field(discriminator="kind")]
