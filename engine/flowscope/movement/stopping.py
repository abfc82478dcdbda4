"""When an outer step of a minimizing movement is done: after j inner iterations, by what they left of the gradient."""

from abc import abstractmethod
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor

from ..component import Component, Count, Real

Most = Annotated[Count, Field(ge=1, le=100_000)]


class Stopping(Component):
    """A rule with a cap: iteration j stands at the share j/`most` of the outer step's flow time."""

    most: Most

    @abstractmethod
    def met(self, count: Tensor, bound: Tensor, moved: Tensor) -> Tensor:
        """Whether it is met (b,) after `count` iterations with ‖u − prox‖ ≤ `bound` and ‖u − u^k‖ = `moved`, (b,)
        each.
        """


class Iterations(Stopping):
    """A fixed count of inner iterations."""

    kind: Literal["iterations"] = "iterations"
    most: Most = Field(default=5, description="inner iterations of an outer step")

    def met(self, count: Tensor, bound: Tensor, moved: Tensor) -> Tensor:
        return count >= self.most


class Certificate(Stopping):
    """‖dΦ‖_H/(μ + 1/τ) ≤ `tolerance`, which bounds ‖u − prox_{τE}(u^k)‖_H without the prox; the cap where a network
    cannot get there.
    """

    kind: Literal["certificate"] = "certificate"
    tolerance: Annotated[Real, Field(gt=0, le=1e3)] = Field(
        default=1e-3, description="largest certified distance from the exact step"
    )
    most: Most = Field(default=20, description="inner iterations at most")

    def met(self, count: Tensor, bound: Tensor, moved: Tensor) -> Tensor:
        return bound <= self.tolerance


class Relative(Stopping):
    """‖dΦ‖_H/(μ + 1/τ) ≤ `share`·‖u − u^k‖_H, which keeps the outer rate linear: at most ρ + θ(1 + ρ), θ the share, ρ =
    1/(1 + τμ).
    """

    kind: Literal["relative"] = "relative"
    share: Annotated[Real, Field(gt=0, lt=1)] = Field(
        default=0.05, description="θ, the certified distance over the outer step's length"
    )
    most: Most = Field(default=20, description="inner iterations at most")

    def met(self, count: Tensor, bound: Tensor, moved: Tensor) -> Tensor:
        return (bound <= self.share * moved) & torch.isfinite(bound)


AnyStopping = Annotated[Iterations | Certificate | Relative, Field(discriminator="kind")]
