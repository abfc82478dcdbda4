"""An exact plane through an iterate: the loss over the step and the direction in which J is weakest."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..alone import alone
from ..component import SpecError
from ..factorisation import svd
from ..flow import Linearization
from ..network import Network, centred
from ..problem import Data
from ..run.spec import RunSpec

SIDE = 61
"""Losses along each direction."""
WIDER, LEAST, MOST = 1.25, 0.5, 20.0
"""The plane reaches WIDER times as far as the path in it, at least LEAST and at most MOST."""
PARALLEL = 1e-6
"""A direction with less than this share outside the step's does not span a plane with it."""


@dataclass(frozen=True)
class Slice:
    """The plane θ + a·d₁ + b·d₂ for a, b in [−reach, reach]: `theta` (p,), orthonormal `directions` (2, p) with their
    `names`, and `loss`.

    `loss` (SIDE, SIDE) is exact, row by row along b and in each row along a.
    """

    theta: Tensor
    directions: Tensor
    names: tuple[str, str]
    reach: float
    loss: Tensor


@alone()
def loss_slice(spec: RunSpec, path: Tensor) -> Slice:
    """The plane through the end of `path` (k, p), one lane's iterates so far.

    d₁ is the last step (−∇L where there was none); d₂ is the right singular direction of J with the least σ (of the
    min(N, p) that J has), made orthogonal to d₁; the next one where the two are parallel. Raises SpecError where θ has
    no plane or no direction to go.
    """
    if path.shape[1] < 2:
        raise SpecError("frame", "a run with at least 2 parameters", str(path.shape[1]))
    data = spec.problem.data(spec.network)
    network = _network(spec, data)
    at = Linearization.of(network, data, path[-1:])
    first, name = _step(path, at)
    second = _weakest(at, first)
    directions = torch.stack((first, second))
    offsets = (path - path[-1]) @ directions.mT
    reach = min(max(LEAST, WIDER * float(offsets.abs().max())), MOST)
    axis = torch.linspace(-reach, reach, SIDE, dtype=path.dtype)
    grid = torch.cartesian_prod(axis, axis).flip(1)  # a runs fastest
    rows = [Linearization.of(network, data, theta).loss for theta in (path[-1] + grid @ directions).split(SIDE)]
    return Slice(path[-1], directions, (name, "v_{min} of J"), reach, torch.stack(rows))


def _network(spec: RunSpec, data: Data) -> Network:
    if not spec.network.is_centred:
        return spec.network
    return centred(spec.network, spec.root(spec.seeds[0]), data.inputs)


def _step(path: Tensor, at: Linearization) -> tuple[Tensor, str]:
    moved = (path[:-1] != path[-1]).any(1).nonzero()
    if len(moved):
        return _unit(path[-1] - path[moved[-1, 0]]), "last step"
    if not bool(at.gradient.any()):
        raise SpecError("frame", "a frame before which θ moved, or where ∇L is not 0", "a start at rest")
    return _unit(-at.gradient[0]), "−∇L"


def _weakest(at: Linearization, first: Tensor) -> Tensor:
    v = svd(at.jacobian.dense()[0])[2].flip(0)
    for direction in (*v, *torch.eye(first.numel(), dtype=first.dtype)):
        rest = direction - (direction @ first) * first
        if rest.norm() > PARALLEL:
            return _unit(rest - (rest @ first) * first)
    raise AssertionError("p ≥ 2 has a direction beside the step")


def _unit(vector: Tensor) -> Tensor:
    return vector / vector.norm()
