"""The nonlinearities σ between layers, each with its derivative by hand."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from ..elementary import gelu, sigmoid, silu, softplus

Name = Literal["tanh", "softplus", "silu", "sin", "gelu", "relu"]


@dataclass(frozen=True)
class Activation:
    """`value(z, β)` is σ(z) and `slope(z, a, β)` is σ'(z) where a = σ(z); only softplus has a sharpness β."""

    value: Callable[[Tensor, float], Tensor]
    slope: Callable[[Tensor, Tensor, float], Tensor]
    is_smooth: bool = True


def _silu_slope(z: Tensor, a: Tensor, beta: float) -> Tensor:
    gate = sigmoid(z)
    return gate * (1.0 + z * (1.0 - gate))


def _gelu_slope(z: Tensor, a: Tensor, beta: float) -> Tensor:
    return 0.5 * (1.0 + torch.erf(z / math.sqrt(2.0))) + z * torch.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)


ACTIVATIONS: dict[Name, Activation] = {
    "tanh": Activation(lambda z, beta: torch.tanh(z), lambda z, a, beta: 1.0 - a * a),
    "softplus": Activation(lambda z, beta: softplus(beta * z) / beta, lambda z, a, beta: sigmoid(beta * z)),
    "silu": Activation(lambda z, beta: silu(z), _silu_slope),
    "sin": Activation(lambda z, beta: torch.sin(z), lambda z, a, beta: torch.cos(z)),
    "gelu": Activation(lambda z, beta: gelu(z), _gelu_slope),
    "relu": Activation(lambda z, beta: torch.relu(z), lambda z, a, beta: (z > 0).to(z.dtype), is_smooth=False),
}
assert set(ACTIVATIONS) == set(get_args(Name))
