"""Models of one or two parameters whose image in R^N is a curve or a sheet of known curvature, with the Jacobian by
hand.
"""

from abc import abstractmethod
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from ..component import Real
from .jacobian import Dense
from .network import Cost, Network


class Curve(Network):
    """One parameter θ; inputs are numbers x."""

    @abstractmethod
    def curve(self, theta: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """θ (B, 1) at x (n,) → f and ∂f/∂θ, (B, N) each."""

    @property
    def inputs(self) -> int:
        return 1

    @property
    def parameters(self) -> int:
        return 1

    def evaluate(self, theta: Tensor, inputs: Tensor) -> tuple[Tensor, Dense]:
        f, slope = self.curve(theta, inputs[:, 0])
        return f, Dense(slope.unsqueeze(2))

    def forward(self, theta: Tensor, inputs: Tensor) -> Tensor:
        return self.curve(theta, inputs[:, 0])[0]

    def cost(self, samples: int) -> Cost:
        n = float(samples * self.outputs)
        return Cost(f=8.0 * n, jacobian=4.0 * n, jvp=2.0 * n, vjp=2.0 * n, solve=4.0 * n)


class Phase(Curve):
    """f = sin(θ + x), one sine unit: at the inputs π/2 and 0 the unit circle (cos θ, sin θ), of curvature 1
    everywhere.
    """

    kind: Literal["phase"] = "phase"

    @property
    def outputs(self) -> int:
        return 1

    def curve(self, theta: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        return torch.sin(theta + x), torch.cos(theta + x)


class SineCurve(Curve):
    """f = (θx, a sin(ωθx)), ω = C/a²: a linear and a sine unit. J never vanishes; at x = 1 the curvature reaches C²/a³
    (our set-up).

    As a → 0 the curve fills the strip of half-width a about the axis, so that every target on the axis is approximated
    within a, while a local descent stalls about C/2 away from it.
    """

    kind: Literal["sine_curve"] = "sine_curve"
    amplitude: Real = Field(default=0.05, gt=0, le=10, description="a, amplitude of the sine unit")
    steepness: Real = Field(default=0.8, gt=0, le=10, description="C in ω = C/a²")

    @property
    def outputs(self) -> int:
        return 2

    def curve(self, theta: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        a, straight = self.amplitude, theta * x
        omega = self.steepness / a**2
        f = torch.stack((straight, a * torch.sin(omega * straight)), 2)
        slope = torch.stack((x.expand_as(straight), a * omega * torch.cos(omega * straight) * x), 2)
        return f.flatten(1), slope.flatten(1)


class Sheet(Network):
    """f = tanh(w·x), θ = w ∈ R²: a neuron of two inputs without bias. J = diag(sech²)X has the rank of the inputs X
    everywhere.
    """

    kind: Literal["sheet"] = "sheet"

    @property
    def inputs(self) -> int:
        return 2

    @property
    def outputs(self) -> int:
        return 1

    @property
    def parameters(self) -> int:
        return 2

    def evaluate(self, theta: Tensor, inputs: Tensor) -> tuple[Tensor, Dense]:
        f = self.forward(theta, inputs)
        return f, Dense((1.0 - f * f).unsqueeze(2) * inputs)

    def forward(self, theta: Tensor, inputs: Tensor) -> Tensor:
        return torch.tanh((theta.unsqueeze(1) * inputs).sum(2))

    def cost(self, samples: int) -> Cost:
        return Cost(
            f=16.0 * samples, jacobian=4.0 * samples, jvp=4.0 * samples, vjp=4.0 * samples, solve=12.0 * samples + 8.0
        )
