"""The stage: the surface M = {f(θ)} ⊂ R³ of a problem with N = 3 outputs and p = 2 parameters."""

import json

import pyarrow as pa
import torch
from torch import Tensor

from .linearization import Linearization
from .network import Network
from .problem import Data

SIDE = 61
"""Grid lines of the surface in each direction."""


def surface(network: Network, data: Data, landmarks: Tensor) -> pa.RecordBatch | None:
    """A grid of parameters around `landmarks` (k, 2) with f(θ) and σ_min/σ_max of J, row-major; None unless N = 3 and p = 2."""
    if data.targets.numel() != 3 or network.parameters != 2:
        return None
    low, high = landmarks.amin(0), landmarks.amax(0)
    margin = 0.75 * (high - low).amax().clamp_min(1.0)
    like = {"dtype": torch.float64, "device": landmarks.device}
    axes = [torch.linspace(float(a - margin), float(b + margin), SIDE, **like) for a, b in zip(low, high, strict=True)]
    theta = torch.cartesian_prod(*axes)
    at = Linearization.of(network, data, theta)
    conditioning = at.sigma[:, 1] / at.sigma[:, 0].clamp_min(torch.finfo(at.sigma.dtype).tiny)
    schema = pa.schema(
        [("theta", pa.list_(pa.float64(), 2)), ("point", pa.list_(pa.float64(), 3)), ("conditioning", pa.float64())],
        metadata={"stage": json.dumps({"rows": SIDE, "columns": SIDE})},
    )
    return pa.record_batch([_lists(theta), _lists(at.outputs), pa.array(conditioning.cpu().numpy())], schema=schema)


def _lists(values: Tensor) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(values.flatten().cpu().numpy()), values.shape[1])
