"""Synthetic data sets, drawn from a seed of their own."""

import math
from abc import abstractmethod
from collections.abc import Iterator
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from ..component import Count, Experiment, Objection, Real
from ..network import Network
from .problem import Problem


class Drawn(Problem):
    """A synthetic data set: one seed gives one set, whatever the run's seeds are. One output."""

    seed: Count = Field(default=0, ge=0, lt=2**31, description="seed of the data")

    @abstractmethod
    def draw(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Inputs (n, d) and targets (n,)."""

    def pair(self, network: Network) -> tuple[Tensor, Tensor]:
        return self.draw(torch.Generator().manual_seed(self.seed))

    def check(self, spec: Experiment) -> Iterator[Objection]:
        if spec.network.outputs != 1:
            yield "/network", "one output, as this problem has", spec.network.outputs
        yield from super().check(spec)


class NearDuplicates(Drawn):
    """Pairs of inputs on the unit sphere of R^d at distance δ with random labels ±1: λ_min(K) falls with δ² (theory
    page, 3.2).
    """

    kind: Literal["near_duplicates"] = "near_duplicates"
    pairs: Count = Field(default=5, ge=1, le=512, description="pairs of inputs, n/2")
    dimension: Count = Field(default=5, ge=2, le=64, description="d, numbers of one input")
    distance: Real = Field(
        default=0.1, ge=0, le=2, description="δ between the inputs of a pair; 0 makes them duplicates"
    )

    @property
    def shape(self) -> tuple[int, int]:
        return 2 * self.pairs, self.dimension

    def draw(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        first, way = torch.randn(2, self.pairs, self.dimension, generator=generator, dtype=torch.float64)
        first = first / torch.linalg.vector_norm(first, dim=1, keepdim=True)
        way = way - (way * first).sum(1, keepdim=True) * first
        way = way / torch.linalg.vector_norm(way, dim=1, keepdim=True)
        angle = 2.0 * math.asin(self.distance / 2.0)
        inputs = torch.cat((first, math.cos(angle) * first + math.sin(angle) * way))
        labels = torch.randint(0, 2, (self.samples,), generator=generator).to(torch.float64)
        return inputs, 2.0 * labels - 1.0


class Sphere(Drawn):
    """Inputs uniform on the unit sphere of R^d, y = sin(3x₁) + x₂x₃ + noise (theory page, 4.3; our set-up for Cayci's
    Fig. 3).
    """

    kind: Literal["sphere"] = "sphere"
    count: Count = Field(default=40, ge=1, le=4096, description="n, the number of samples")
    dimension: Count = Field(default=4, ge=3, le=64, description="d, numbers of one input")
    noise: Real = Field(default=0.1, ge=0, le=10, description="standard deviation of the noise on y")

    @property
    def shape(self) -> tuple[int, int]:
        return self.count, self.dimension

    def draw(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        inputs = torch.randn(self.count, self.dimension, generator=generator, dtype=torch.float64)
        inputs = inputs / torch.linalg.vector_norm(inputs, dim=1, keepdim=True)
        noise = self.noise * torch.randn(self.count, generator=generator, dtype=torch.float64)
        return inputs, torch.sin(3.0 * inputs[:, 0]) + inputs[:, 1] * inputs[:, 2] + noise


class Wave(Drawn):
    """A 1-d regression: y = sin(ωx) + noise at n even points of [−1, 1]."""

    kind: Literal["wave"] = "wave"
    count: Count = Field(default=32, ge=2, le=4096, description="n, the number of samples")
    frequency: Real = Field(default=3.0, gt=0, le=100, description="ω in sin(ωx)")
    noise: Real = Field(default=0.0, ge=0, le=10, description="standard deviation of the noise on y")

    @property
    def shape(self) -> tuple[int, int]:
        return self.count, 1

    def draw(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        inputs = torch.linspace(-1.0, 1.0, self.count, dtype=torch.float64)
        noise = self.noise * torch.randn(self.count, generator=generator, dtype=torch.float64)
        return inputs.unsqueeze(1), torch.sin(self.frequency * inputs) + noise


class Ripple(Drawn):
    """A 2-d regression: y = sin(ωx₁)cos(ωx₂) + noise on an even grid of k × k points of [−1, 1]²."""

    kind: Literal["ripple"] = "ripple"
    side: Count = Field(default=8, ge=2, le=64, description="k, points of the grid in each direction; n = k²")
    frequency: Real = Field(default=2.0, gt=0, le=100, description="ω in sin(ωx₁)cos(ωx₂)")
    noise: Real = Field(default=0.0, ge=0, le=10, description="standard deviation of the noise on y")

    @property
    def shape(self) -> tuple[int, int]:
        return self.side**2, 2

    def draw(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        axis = torch.linspace(-1.0, 1.0, self.side, dtype=torch.float64)
        inputs = torch.cartesian_prod(axis, axis)
        noise = self.noise * torch.randn(self.samples, generator=generator, dtype=torch.float64)
        return inputs, torch.sin(self.frequency * inputs[:, 0]) * torch.cos(self.frequency * inputs[:, 1]) + noise
