"""What a network can do: outputs and losses over a box of one or two parameters, and the function that a θ is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..component import SpecError
from ..flow import Linearization
from ..network import Network, centred
from ..problem import Data
from ..run.run import Run
from ..run.spec import RunSpec

LINE, SIDE = 6001, 81
"""Places along one parameter, and along each of two."""
FINE, SQUARE = 241, 41
"""Inputs along one number, and along each of two."""
AIR = 0.08
"""By so much of their width the inputs go beyond the samples."""
ROWS = 1024


@dataclass(frozen=True)
class Ground:
    """`theta` (k, p) evenly over a box, row by row, `shape` its sides; `outputs` (k, N) there, and `loss` (k,)."""

    theta: Tensor
    shape: tuple[int, ...]
    outputs: Tensor
    loss: Tensor


@dataclass(frozen=True)
class Function:
    """`inputs` (k, d) on an even grid around the samples, row by row, `shape` its sides, and the `outputs` (lanes, k,
    q) there.
    """

    inputs: Tensor
    shape: tuple[int, ...]
    outputs: Tensor


@torch.inference_mode()
def ground(spec: RunSpec, low: Sequence[float], high: Sequence[float]) -> Ground:
    """The box of θ between two corners of p numbers. Raises SpecError where p is not 1 or 2, or the corners span no
    box.
    """
    count = spec.network.parameters
    if count > 2:
        raise SpecError("network", "a network of one or two parameters", str(count))
    if len(low) != count or len(high) != count or not all(a < b for a, b in zip(low, high, strict=True)):
        raise SpecError(
            "box",
            f"two corners of {count} numbers, each of the first below that of the second",
            f"{list(low)} and {list(high)}",
        )
    shape = (LINE,) if count == 1 else (SIDE, SIDE)
    axes = [torch.linspace(a, b, side, dtype=torch.float64) for a, b, side in zip(low, high, shape, strict=True)]
    theta = torch.cartesian_prod(*axes).view(-1, count)
    data = spec.problem.data(spec.network)
    network = rooted(spec, data.inputs, data)
    parts = [Linearization.of(network, data, rows) for rows in theta.split(ROWS)]
    return Ground(theta, shape, torch.cat([at.outputs for at in parts]), torch.cat([at.loss for at in parts]))


@torch.inference_mode()
def function(spec: RunSpec, theta: Tensor) -> Function:
    """What the network is at each of `theta` (lanes, p), over inputs of one or two numbers. Raises SpecError where they
    have more.
    """
    data = spec.problem.data(spec.network)
    width = data.inputs.shape[1]
    if width > 2:
        raise SpecError("problem", "inputs of one or two numbers", str(width))
    shape = (FINE,) if width == 1 else (SQUARE, SQUARE)
    low, high = data.inputs.amin(0), data.inputs.amax(0)
    air = torch.where(high > low, AIR * (high - low), torch.ones_like(low))
    axes = [
        torch.linspace(float(a), float(b), side, dtype=torch.float64)
        for a, b, side in zip(low - air, high + air, shape, strict=True)
    ]
    inputs = torch.cartesian_prod(*axes).view(-1, width)
    network = rooted(spec, inputs, data)
    return Function(inputs, shape, network.forward(theta, inputs).view(theta.shape[0], inputs.shape[0], -1))


def paths(spec: RunSpec, seed: int) -> Iterator[Tensor]:
    """θ (solvers, p) of a seed's lanes at each frame; a lane that has ended stays where it was. Integrated anew as it
    is asked.
    """
    run = Run(spec.model_copy(update={"seeds": (seed,)}), device="cpu")
    theta = torch.full((len(spec.solvers), run.network.parameters), torch.nan, dtype=torch.float64)
    for lanes, _, places in run.walk():
        theta = theta.index_copy(0, lanes, places)
        yield theta


def rooted(spec: RunSpec, inputs: Tensor, data: Data) -> Network:
    """The network of a spec on `inputs`: less what it was there at its root, where it is centred at its start."""
    if not spec.network.is_centred:
        return spec.network
    return centred(spec.network, spec.root(spec.seeds[0]).to(data.inputs.device), inputs)
