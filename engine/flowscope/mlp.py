"""A smooth multilayer perceptron of any widths, kept as layer factors."""

import math
from collections.abc import Callable
from typing import Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor

from .component import Count, wrong
from .jacobian import Layered
from .network import Cost, Network

# name → (σ(z), σ'(z) from z and σ(z))
ACTIVATIONS: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor, Tensor], Tensor]]] = {
    "tanh": (torch.tanh, lambda z, a: 1.0 - a * a),
    "sin": (torch.sin, lambda z, a: torch.cos(z)),
    "softplus": (torch.nn.functional.softplus, lambda z, a: torch.sigmoid(z)),
}
Width = Count


class MLP(Network):
    """x ↦ W_L σ(… σ(W_0 x + b_0) …) + b_L with a smooth σ and an affine output layer."""

    kind: Literal["mlp"] = "mlp"
    widths: tuple[Width, ...] = Field(
        default=(1, 16, 1), min_length=2, max_length=17, description="layer widths, inputs d first and outputs q last"
    )
    activation: Literal["tanh", "sin", "softplus"] = Field(default="tanh", description="the smooth σ between layers")

    @model_validator(mode="after")
    def _check(self) -> "MLP":
        for index, width in enumerate(self.widths):
            if not 1 <= width <= 4096:
                raise wrong(f"widths.{index}", "a width between 1 and 4096", width)
        if self.parameters > 4_000_000:
            raise wrong("widths", "at most 4,000,000 parameters", self.parameters)
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

    def forward(self, theta: Tensor, inputs: Tensor) -> Tensor:
        return self._pass(theta, inputs)[0].flatten(1)

    def evaluate(self, theta: Tensor, inputs: Tensor) -> tuple[Tensor, Layered]:
        outputs, activations, slopes, weights = self._pass(theta, inputs)
        q = self.outputs
        if q > 1:
            activations = [a.repeat_interleave(q, 1) for a in activations]
            slopes = [s.repeat_interleave(q, 1) for s in slopes]
        cotangent = torch.eye(q, dtype=theta.dtype, device=theta.device).repeat(inputs.shape[0], 1).expand(theta.shape[0], -1, -1)
        cotangents = [cotangent]
        for weight, slope in zip(reversed(weights[1:]), reversed(slopes), strict=True):
            cotangent = (cotangent @ weight).mul_(slope)
            cotangents.append(cotangent)
        return outputs.flatten(1), Layered(tuple(activations), tuple(reversed(cotangents)))

    def cost(self, samples: int) -> Cost:
        p, n, total = self.parameters, samples * self.outputs, sum(into + out for into, out in self._layers())
        m = min(n, p)
        gram = 2.0 * n * n * total if n <= p else 2.0 * n * p * p
        return Cost(f=2.0 * samples * p, jacobian=2.0 * n * p, jvp=2.0 * n * p, vjp=2.0 * n * p, solve=gram + m**3 / 3.0)

    def draw(self, generator: torch.Generator) -> Tensor:
        """Weights and biases normal with variance 1/(width of the layer's input)."""
        parts = [torch.randn(out * (into + 1), generator=generator, dtype=torch.float64) / math.sqrt(into) for into, out in self._layers()]
        return torch.cat(parts)

    def _layers(self) -> list[tuple[int, int]]:
        return list(zip(self.widths[:-1], self.widths[1:], strict=True))

    def _pass(self, theta: Tensor, inputs: Tensor) -> tuple[Tensor, list[Tensor], list[Tensor], list[Tensor]]:
        """Outputs (B, n, q), the layers' inputs A_l (B, n, w_l), slopes σ'(z_l) and weights W_l."""
        value, derivative = ACTIVATIONS[self.activation]
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
            z = torch.baddbmm(bias.unsqueeze(1), a, weight.mT)
            if index == len(self.widths) - 2:
                return z, activations, slopes, weights
            a = value(z)
            slopes.append(derivative(z, a))
        raise AssertionError("an MLP has at least one layer")
