"""A multilayer perceptron of any widths, kept as layer factors."""

from typing import ClassVar, Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor

from ..component import Count, Real, wrong
from ..elementary import affine, product
from .activation import ACTIVATIONS, Name
from .initialisation import AnyInitialisation, LeCun
from .jacobian import Layered
from .network import Cost, Matrix, Network

Width = Count


class MLP(Network):
    """x ↦ W_L σ(… σ(W_0 x + b_0) …) + b_L with an affine output layer; the theorems ask for a smooth σ."""

    is_layered: ClassVar[bool] = True

    kind: Literal["mlp"] = "mlp"
    widths: tuple[Width, ...] = Field(
        default=(1, 16, 1), min_length=2, max_length=17, description="layer widths, inputs d first and outputs q last"
    )
    activation: Name = Field(
        default="tanh", description="σ between layers; under ReLU the flow law fails by chattering"
    )
    alpha: Real = Field(default=1.0, gt=0, le=1e6, description="output scaling α: f = α·h(θ)")
    centre: Literal["none", "start"] = Field(
        default="none", description="start: subtract the outputs at θ₀, f = α(h(θ) − h(θ₀))"
    )
    sharpness: Real = Field(
        default=1.0, gt=0, le=1e4, description="β of softplus, ln(1 + e^{βz})/β; the others have none"
    )

    initialisation: AnyInitialisation = Field(default=LeCun(), description="how a random start draws W and b")

    @model_validator(mode="after")
    def _check(self) -> "MLP":
        for index, width in enumerate(self.widths):
            if not 1 <= width <= 4096:
                raise wrong(f"widths.{index}", "a width between 1 and 4096", width)
        if self.parameters > 4_000_000:
            raise wrong("widths", "at most 4,000,000 parameters", self.parameters)
        if objection := self.initialisation.objection(self.widths):
            raise wrong("widths", *objection)
        return self

    @property
    def inputs(self) -> int:
        return self.widths[0]

    @property
    def outputs(self) -> int:
        return self.widths[-1]

    @property
    def parameters(self) -> int:
        return sum(out * (into + 1) for into, out in self._layers())

    @property
    def matrices(self) -> tuple[Matrix, ...]:
        found, offset = [], 0
        for into, out in self._layers():
            found.append(Matrix(offset, out, into))
            offset += out * (into + 1)
        return tuple(found)

    @property
    def is_centred(self) -> bool:
        return self.centre == "start"

    def forward(self, theta: Tensor, inputs: Tensor) -> Tensor:
        return self._pass(theta, inputs)[0].flatten(1)

    def evaluate(self, theta: Tensor, inputs: Tensor) -> tuple[Tensor, Layered]:
        outputs, activations, slopes, weights = self._pass(theta, inputs)
        q = self.outputs
        if q > 1:
            activations = [a.repeat_interleave(q, 1) for a in activations]
            slopes = [s.repeat_interleave(q, 1) for s in slopes]
        cotangent = self.alpha * torch.eye(q, dtype=theta.dtype, device=theta.device).repeat(inputs.shape[0], 1).expand(
            theta.shape[0], -1, -1
        )
        cotangents = [cotangent]
        for weight, slope in zip(reversed(weights[1:]), reversed(slopes), strict=True):
            cotangent = product(cotangent, weight).mul_(slope)
            cotangents.append(cotangent)
        return outputs.flatten(1), Layered(tuple(activations), tuple(reversed(cotangents)))

    def cost(self, samples: int) -> Cost:
        p, n, total = self.parameters, samples * self.outputs, sum(into + out for into, out in self._layers())
        m = min(n, p)
        gram = 2.0 * n * n * total if n <= p else 2.0 * n * p * p
        return Cost(
            f=2.0 * samples * p, jacobian=2.0 * n * p, jvp=2.0 * n * p, vjp=2.0 * n * p, solve=gram + m**3 / 3.0
        )

    def draw(self, generator: torch.Generator) -> Tensor:
        """Weights and biases by the initialisation."""
        layers = self.initialisation.layers(self.widths, generator)
        return torch.cat([part.flatten() for layer in layers for part in layer])

    def _layers(self) -> list[tuple[int, int]]:
        return list(zip(self.widths[:-1], self.widths[1:], strict=True))

    def _pass(self, theta: Tensor, inputs: Tensor) -> tuple[Tensor, list[Tensor], list[Tensor], list[Tensor]]:
        """Outputs (B, n, q), the layers' inputs A_l (B, n, w_l), slopes σ'(z_l) and weights W_l."""
        activation = ACTIVATIONS[self.activation]
        a, offset = inputs.expand(theta.shape[0], -1, -1), 0
        activations: list[Tensor] = []
        slopes: list[Tensor] = []
        weights: list[Tensor] = []
        for index, (into, out) in enumerate(self._layers()):
            weight = theta[:, offset : offset + out * into].view(-1, out, into)
            bias = theta[:, offset + out * into : offset + out * (into + 1)]
            offset += out * (into + 1)
            activations.append(a)
            weights.append(weight)
            z = affine(weight, bias, a)
            if index == len(self.widths) - 2:
                return (z if self.alpha == 1.0 else self.alpha * z), activations, slopes, weights
            a = activation.value(z, self.sharpness)
            slopes.append(activation.slope(z, a, self.sharpness))
        raise AssertionError("an MLP has at least one layer")
