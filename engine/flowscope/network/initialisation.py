"""How the weights of a multilayer perceptron are drawn. A layer maps `into` inputs to `out` outputs by W (out, into)
and b (out).
"""

import math
from abc import abstractmethod
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor

from ..component import Component

Layer = tuple[Tensor, Tensor]
"""W (out, into) and b (out)."""


class Initialisation(Component):
    """A distribution of the weights, layer by layer."""

    @abstractmethod
    def layer(self, into: int, out: int, generator: torch.Generator) -> Layer:
        """W and b of one layer."""

    def layers(self, widths: Sequence[int], generator: torch.Generator) -> list[Layer]:
        """W and b of all layers, inputs first."""
        return [self.layer(into, out, generator) for into, out in pairwise(widths)]

    def objection(self, widths: Sequence[int]) -> tuple[str, object] | None:
        """What is expected and what came, where layers of these widths cannot be drawn so."""
        return None


class LeCun(Initialisation):
    """W and b normal with variance 1/into (LeCun, Bottou, Orr, Müller 1998, 4.6, for W; random biases are our
    set-up).
    """

    kind: Literal["lecun"] = "lecun"

    def layer(self, into: int, out: int, generator: torch.Generator) -> Layer:
        drawn = torch.randn(out * (into + 1), generator=generator, dtype=torch.float64) / math.sqrt(into)
        return drawn[: out * into].view(out, into), drawn[out * into :]


class Glorot(Initialisation):
    """W normal with variance 2/(into + out), b = 0 (Glorot, Bengio 2010, equation 12; they draw from the uniform of
    equation 16).
    """

    kind: Literal["glorot"] = "glorot"

    def layer(self, into: int, out: int, generator: torch.Generator) -> Layer:
        return math.sqrt(2.0 / (into + out)) * _normal(into, out, generator), _zeros(out)


class He(Initialisation):
    """W normal with variance 2/into, b = 0: keeps the variance under ReLU (He, Zhang, Ren, Sun 1502.01852, equation
    10).
    """

    kind: Literal["he"] = "he"

    def layer(self, into: int, out: int, generator: torch.Generator) -> Layer:
        return math.sqrt(2.0 / into) * _normal(into, out, generator), _zeros(out)


class Orthogonal(Initialisation):
    """W with orthonormal rows or columns, whichever are fewer, uniformly; b = 0 (Saxe, McClelland, Ganguli
    1312.6120).
    """

    kind: Literal["orthogonal"] = "orthogonal"

    def layer(self, into: int, out: int, generator: torch.Generator) -> Layer:
        normal = _normal(into, out, generator)
        q, r = torch.linalg.qr(normal if out >= into else normal.mT)
        q = q * torch.sign(r.diagonal())  # without which Q is not uniform (Mezzadri, math-ph/0609050)
        return q if out >= into else q.mT, _zeros(out)


class Antisymmetric(LeCun):
    """Neurons of the last hidden layer twice, with opposite output weights: f₀ = 0; it halves the rank of J where p <
    N.

    As `lecun`, then neuron j + m/2 is a copy of neuron j with output weights of the other sign, and the output bias is
    0 (Chizat, Oyallon, Bach 1812.07956, section 3). Where two neurons agree their columns of J agree up to sign, so at
    the start J has a rank of 12 instead of 24 in the inner weights of a layer of m = 6 on d = 4 inputs with n = 40
    (theory page, 5.5): harmless while that rank is N, fatal for undamped Gauss–Newton with p < N, which ends at once.
    Centre the outputs at the start there instead.
    """

    kind: Literal["antisymmetric"] = "antisymmetric"  # pyright: ignore[reportIncompatibleVariableOverride]  # a member of its own

    def layers(self, widths: Sequence[int], generator: torch.Generator) -> list[Layer]:
        layers = super().layers(widths, generator)
        (inner, biases), (outer, last), half = *layers[-2:], widths[-2] // 2
        twice = torch.cat((inner[:half], inner[:half])), torch.cat((biases[:half], biases[:half]))
        return [*layers[:-2], twice, (torch.cat((outer[:, :half], -outer[:, :half]), 1), torch.zeros_like(last))]

    def objection(self, widths: Sequence[int]) -> tuple[str, object] | None:
        if len(widths) < 3:
            return "a hidden layer, whose neurons are to be doubled", f"{len(widths) - 1} layer"
        return (
            ("an even width of the last hidden layer, whose neurons come in pairs", widths[-2])
            if widths[-2] % 2
            else None
        )


AnyInitialisation = Annotated[LeCun | Glorot | He | Orthogonal | Antisymmetric, Field(discriminator="kind")]


def _normal(into: int, out: int, generator: torch.Generator) -> Tensor:
    return torch.randn(out, into, generator=generator, dtype=torch.float64)


def _zeros(out: int) -> Tensor:
    return torch.zeros(out, dtype=torch.float64)
