"""The stage: the surface M = {f(θ)} ⊂ R³ of a problem with N = 3 outputs and p = 2 parameters."""

import json

import pyarrow as pa
import torch
from torch import Tensor

from ..flow import Linearization
from ..network import Network
from ..problem import Data
from .geometry import hessian_eigenvalues_at

SIDE = 61
"""Grid lines of the surface in each direction; they are evenly spaced in θ, so that stretched cells show the metric."""
RIM = 1.05
"""How far beyond a ball in which a movement looks at its conditions the grid goes, in radii."""
MARGIN, REACH = 1.5, 8.0
"""The grid goes at least MARGIN beyond where runs start and targets come from, and to a best point within REACH of
those.
"""


def surface(
    network: Network, data: Data, starts: Tensor, best: Tensor | None, radius: float = 0.0
) -> pa.RecordBatch | None:
    """A grid of parameters around `starts` (k, 2) and a `best` point (2,) near them, row-major: f(θ), J, its
    σ_min/σ_max, and `curvature`.

    That is the least eigenvalue of the Riemannian Hessian of ½‖f − y‖² on M; null where J has lost its rank. The balls
    of this `radius` around the starts lie on it. None unless N = 3 and p = 2. A best point far out (an infimum that is
    not attained) would stretch the grid beyond use.
    """
    if data.targets.numel() != 3 or network.parameters != 2:
        return None
    near = best is not None and float((best - starts).abs().amax(1).min()) <= REACH
    marks = torch.cat((starts, best.unsqueeze(0))) if best is not None and near else starts
    low, high = marks.amin(0), marks.amax(0)
    margin = max(MARGIN, 0.75 * float((high - low).amax()), RIM * radius)
    axes = [
        torch.linspace(float(a) - margin, float(b) + margin, SIDE, dtype=torch.float64, device=starts.device)
        for a, b in zip(low, high, strict=True)
    ]
    theta = torch.cartesian_prod(*axes)
    at = Linearization.of(network, data, theta)
    curvature = hessian_eigenvalues_at(network, at)[:, 0]
    conditioning = at.sigma[:, 1] / at.sigma[:, 0].clamp_min(torch.finfo(at.sigma.dtype).tiny)
    schema = pa.schema(
        [(name, pa.list_(pa.float64(), width)) for name, width in (("theta", 2), ("point", 3), ("jacobian", 6))]
        + [(name, pa.float64()) for name in ("conditioning", "curvature")],
        metadata={"stage": json.dumps({"rows": SIDE, "columns": SIDE})},
    )
    numbers = [pa.array(values.cpu().numpy(), from_pandas=True) for values in (conditioning, curvature)]
    return pa.record_batch(
        [_lists(theta), _lists(at.outputs), _lists(at.jacobian.dense().flatten(1)), *numbers], schema=schema
    )


def _lists(values: Tensor) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(values.flatten().cpu().numpy()), values.shape[1])
