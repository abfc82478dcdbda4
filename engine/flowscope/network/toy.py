"""The toy models: one or two parameters' worth of network, with the Jacobian by hand."""

import math
from abc import abstractmethod
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from ..component import Real
from .jacobian import Dense
from .network import Cost, Network


class Toy(Network):
    """Scalar inputs and outputs, two parameters, J as an array."""

    @abstractmethod
    def curve(self, u: Tensor, v: Tensor, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """θ = (u, v), each (B, 1), at x (n,) → f, ∂f/∂u, ∂f/∂v, each (B, n)."""

    @property
    def inputs(self) -> int:
        return 1

    @property
    def outputs(self) -> int:
        return 1

    @property
    def parameters(self) -> int:
        return 2

    def evaluate(self, theta: Tensor, inputs: Tensor) -> tuple[Tensor, Dense]:
        f, f_u, f_v = self.curve(theta[:, :1], theta[:, 1:], inputs[:, 0])
        return f, Dense(torch.stack((f_u, f_v), 2))

    def forward(self, theta: Tensor, inputs: Tensor) -> Tensor:
        return self.curve(theta[:, :1], theta[:, 1:], inputs[:, 0])[0]

    def cost(self, samples: int) -> Cost:
        return Cost(
            f=16.0 * samples, jacobian=4.0 * samples, jvp=4.0 * samples, vjp=4.0 * samples, solve=12.0 * samples + 8.0
        )


class Neuron(Toy):
    """f = tanh(w x + b), θ = (w, b). J = diag(sech²)[x, 1] has rank 2 for any two distinct inputs."""

    kind: Literal["neuron"] = "neuron"

    def curve(self, u: Tensor, v: Tensor, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        f = torch.tanh(u * x + v)
        slope = 1.0 - f * f
        return f, slope * x, slope


class ScaledNeuron(Toy):
    """f = a tanh(w x), θ = (a, w). Loses rank at w = 0 and at a = 0."""

    kind: Literal["scaled_neuron"] = "scaled_neuron"

    def curve(self, u: Tensor, v: Tensor, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        h = torch.tanh(v * x)
        return u * h, h, u * (1.0 - h * h) * x


class TwoTerm(Toy):
    """f = w₂ tanh(w₁ x) + ½ tanh(w₁ w₂ x + 0.3), θ = (w₁, w₂): the referees' reference toy R1."""

    kind: Literal["two_term"] = "two_term"

    def curve(self, u: Tensor, v: Tensor, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        h, g = torch.tanh(u * x), torch.tanh(u * v * x + 0.3)
        h_slope, g_slope = (1.0 - h * h) * x, 0.5 * (1.0 - g * g) * x
        return v * h + 0.5 * g, v * (h_slope + g_slope), h + u * g_slope


class Product(Toy):
    """f = u v x, θ = (u, v): a linear network of depth two with a saddle at 0, where J = x[v, u] vanishes.

    u² − v² is conserved by every flow along the rows of J, for they have u u' = v v' (theory page, 5.3).
    """

    kind: Literal["product"] = "product"

    def curve(self, u: Tensor, v: Tensor, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return u * v * x, v * x, u * x


class Pair(Toy):
    """f = (α/√2)[tanh(w₁ x + b₁) − s tanh(w₂ x + b₂)] − (the same at the centre), θ = (w₁, w₂).

    Output scaling α and centring are those of Cayci's underparametrised setting; the values are our set-up (theory
    page, 4.1).
    """

    kind: Literal["pair"] = "pair"
    alpha: Real = Field(default=4.0, gt=0, le=1e6, description="output scaling α")
    second: Real = Field(default=0.3, ge=0, le=1e3, description="weight s of the second neuron")
    biases: tuple[Real, Real] = Field(default=(0.2, -0.5), description="fixed biases b₁, b₂")
    centre: tuple[Real, Real] | None = Field(
        default=(0.3, 0.9), description="θ whose outputs are subtracted; none leaves f uncentred"
    )

    def curve(self, u: Tensor, v: Tensor, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        scale = self.alpha / math.sqrt(2.0)
        h, g = torch.tanh(u * x + self.biases[0]), torch.tanh(v * x + self.biases[1])
        f = scale * (h - self.second * g)
        if self.centre is not None:
            first, second = self.centre
            f = f - scale * (
                torch.tanh(first * x + self.biases[0]) - self.second * torch.tanh(second * x + self.biases[1])
            )
        return f, scale * (1.0 - h * h) * x, -scale * self.second * (1.0 - g * g) * x
