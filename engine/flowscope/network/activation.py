"""The nonlinearities σ between layers, each with its derivative by hand."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional

Name = Literal["tanh", "softplus", "silu", "sin", "gelu", "relu"]


@dataclass(frozen=True)
class Activation:
    """`value(z, β)` is σ(z) and `slope(z, a, β)` is σ'(z) where a = σ(z); only softplus has a sharpness β."""

    value: Callable[[Tensor, float], Tensor]
    slope: Callable[[Tensor, Tensor, float], Tensor]
    is_smooth: bool = True


def _silu_slope(z: Tensor, a: Tensor, beta: float) -> Tensor:
    gate = torch.sigmoid(z)
    return gate * (1.0 + z * (1.0 - gate))


def _gelu_slope(z: Tensor, a: Tensor, beta: float) -> Tensor:
    return 0.5 * (1.0 + torch.erf(z / math.sqrt(2.0))) + z * torch.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)


ACTIVATIONS: dict[Name, Activation] = {
    "tanh": Activation(lambda z, beta: torch.tanh(z), lambda z, a, beta: 1.0 - a * a),
    "softplus": Activation(lambda z, beta: functional.softplus(z, beta, 700.0), lambda z, a, beta: torch.sigmoid(beta * z)),
    "silu": Activation(lambda z, beta: functional.silu(z), _silu_slope),
    "sin": Activation(lambda z, beta: torch.sin(z), lambda z, a, beta: torch.cos(z)),
    "gelu": Activation(lambda z, beta: functional.gelu(z), _gelu_slope),
    "relu": Activation(lambda z, beta: torch.relu(z), lambda z, a, beta: (z > 0).to(z.dtype), is_smooth=False),
}
assert set(ACTIVATIONS) == set(get_args(Name))
