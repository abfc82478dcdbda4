"""A network as a graph of modules: θ laid out leaf by leaf, one pass forward, one pass back with all rows at once."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import torch
from torch import Tensor

from ..network import MLP, Jacobian
from .composition import Series
from .leaf import DenseLayer, Elementwise, Scale
from .part import Leaf, Module, Tape, Visit, Weights
from .product import added


class Graph:
    """θ (B, p) ↦ outputs (B, n, q) of a module, with θ cut into the leaves' parameters in the order of their first
    use.
    """

    def __init__(self, module: Module) -> None:
        self.module = module
        self.leaves: tuple[Leaf, ...] = tuple(dict.fromkeys(module.leaves))
        """Each leaf with parameters once, L of them: the blocks of the layerwise metric."""
        self._uses = {leaf: module.leaves.count(leaf) for leaf in self.leaves}

    @property
    def parameters(self) -> int:
        """p."""
        return sum(leaf.parameters for leaf in self.leaves)

    @cached_property
    def spans(self) -> dict[Leaf, slice]:
        """Where θ holds each leaf's parameters."""
        spans, offset = {}, 0
        for leaf in self.leaves:
            spans[leaf] = slice(offset, offset + leaf.parameters)
            offset += leaf.parameters
        return spans

    def uses(self, leaf: Leaf) -> int:
        """In how many places a leaf stands."""
        return self._uses[leaf]

    def weights(self, theta: Tensor) -> Weights:
        """θ (B, p) cut into w (B, p_α)."""
        return {leaf: theta[:, span] for leaf, span in self.spans.items()}

    def mass(self, theta: Tensor, mu: float | Tensor = 1.0) -> Tensor:
        """μ times the diagonal of every leaf's D/μ, (B, p)."""
        return mu * torch.cat([leaf.mass(weight) for leaf, weight in self.weights(theta).items()], 1)

    def retract(self, theta: Tensor, direction: Tensor, eta: float | Tensor = 1.0) -> Tensor:
        """Where θ (B, p) gets by η times a direction (B, p), leaf by leaf."""
        pairs = zip(self.weights(theta).items(), self.weights(direction).values(), strict=True)
        return torch.cat([leaf.retract(weight, step, eta) for (leaf, weight), step in pairs], 1)

    def draw(self, generator: torch.Generator) -> Tensor:
        """A random θ (p,)."""
        return torch.cat([leaf.draw(generator) for leaf in self.leaves])

    def forward(self, theta: Tensor, inputs: Tensor) -> "Pass":
        """θ (B, p), inputs (n, d) → the outputs with what the pass back needs."""
        weights = self.weights(theta)
        outputs, tape = self.module.forward(inputs.expand(theta.shape[0], -1, -1), weights)
        return Pass(self, theta, outputs, tape)


@dataclass(frozen=True)
class Pass:
    """A forward pass of a graph: `outputs` (B, n, q)."""

    graph: Graph
    theta: Tensor
    outputs: Tensor
    tape: Tape

    def back(self, rows: Tensor, visit: Visit) -> Tensor:
        """Takes rows (B, n, m, q) back to the inputs, (B, n, m, d), and visits every leaf on the way."""
        return self.graph.module.vjp_input(self.tape, rows, visit)

    def factors(self, rows: Tensor) -> dict[Leaf, Jacobian]:
        """K_α (B, n·m, p_α) of every leaf, in the order of θ; all of them are held at once."""
        found: dict[Leaf, list[Jacobian]] = {leaf: [] for leaf in self.graph.leaves}
        self.back(rows, lambda leaf, tape, reached: found[leaf].append(leaf.vjp_parameters(tape, reached)))
        return {leaf: added(uses) for leaf, uses in found.items()}

    def gradient(self, cotangent: Tensor) -> Tensor:
        """Jᵀc (B, p) for c (B, n, q)."""
        return torch.cat([_summed(each, cotangent) for each in self.factors(cotangent.unsqueeze(2)).values()], 1)

    def jvp(self, direction: Tensor) -> Tensor:
        """J·dθ (B, n, q) for dθ (B, p)."""
        inputs = self.outputs.new_zeros(*self.outputs.shape[:2], self.graph.module.inputs)
        return self.graph.module.jvp(self.tape, inputs, self.graph.weights(direction))


def _summed(factor: Jacobian, like: Tensor) -> Tensor:
    """Σ_i K[i] (B, p) over the rows."""
    return factor.vjp(like.new_ones(factor.shape[:2]))


def layers(network: MLP) -> Graph:
    """An MLP as dense layers and activations in series, with the same θ."""
    parts: list[Module] = []
    for into, out in pairwise(network.widths):
        if parts:
            parts.append(Elementwise(into, network.activation, sharpness=network.sharpness))
        parts.append(DenseLayer(into, out))
    if network.alpha != 1.0:
        parts.append(Scale(network.outputs, network.alpha))
    return Graph(Series(*parts))
