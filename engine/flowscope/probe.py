"""What is measured at a frame. A probe never acts; one whose numerics fail drops its own reading, not the run."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from .linearization import Linearization
from .optimum import InClass

MODES = 32
"""At most this many eigenvalues are recorded."""


@dataclass(frozen=True)
class Shape:
    """The sizes that decide the columns: N outputs and p parameters."""

    outputs: int
    parameters: int


@dataclass(frozen=True)
class Reading:
    """One frame of b lanes: the linearization and ρ_t (b,), with the reference for excess losses."""

    at: Linearization
    rho: Tensor
    best: InClass | None


@dataclass(frozen=True)
class Probe:
    """A column: its `type` for given sizes (width 0: scalar, None: not recorded) and its `measure`, (b,) or (b, width)."""

    name: str
    about: str
    measure: Callable[[Reading], Tensor]
    width: Callable[[Shape], int | None] = lambda shape: 0
    integer: bool = False

    def field(self, shape: Shape) -> pa.Field:
        """The Arrow field of this column."""
        scalar, width = pa.int32() if self.integer else pa.float64(), self.width(shape)
        return pa.field(self.name, scalar if width == 0 else pa.list_(scalar, width or 1))

    def read(self, reading: Reading, shape: Shape) -> np.ndarray:
        """The reading as an array (b,) or (b, width); NaN stands for a missing one until the frame is made."""
        width = self.width(shape)
        if width is None:
            return np.full((reading.rho.numel(), 1), np.nan)
        try:
            return self.measure(reading).cpu().numpy()
        except torch.linalg.LinAlgError:  # pyright: ignore[reportPrivateImportUsage]  # torch documents it, its stubs do not export it
            return np.full((reading.rho.numel(), width) if width else reading.rho.numel(), np.nan)


def excess(reading: Reading) -> Tensor:
    """L − L*, never negative; for squares ⟨f − f*, r + r*⟩/(2n), which does not cancel."""
    if reading.best is None:
        return torch.full_like(reading.rho, torch.nan)
    at, best = reading.at, reading.best
    if not at.data.is_squares:
        return (at.loss - best.loss).clamp_min(0.0)
    product = (at.outputs - best.outputs) * (at.residual + (best.outputs - at.data.targets))
    return (product.sum(1) / (2 * at.data.samples)).clamp_min(0.0)


def rank(reading: Reading) -> Tensor:
    """The number of singular values above the cut."""
    sigma = reading.at.sigma
    return (sigma > reading.at.cut * sigma[:, :1]).sum(1).to(torch.int32)


PROBES: tuple[Probe, ...] = (
    Probe("loss", "L = ‖r‖²/(2n)", lambda reading: reading.at.loss),
    Probe("excess_loss", "L − L*, L* of the best in-class point; null when none is known", excess),
    Probe("rho", "damping ρ_t; 1 for gradient flow", lambda reading: reading.rho),
    Probe("gradient_norm", "‖Jᵀr/n‖", lambda reading: torch.linalg.vector_norm(reading.at.gradient, dim=1)),
    Probe("residual_norm", "‖r‖", lambda reading: torch.linalg.vector_norm(reading.at.residual, dim=1)),
    Probe(
        "outputs", "f(θ), the point on the manifold", lambda reading: reading.at.outputs, lambda s: s.outputs if s.outputs <= 64 else None
    ),
    Probe("theta", "θ", lambda reading: reading.at.theta, lambda s: s.parameters if s.parameters <= 16 else None),
    Probe(
        "eigenvalues",
        "of K = JJᵀ/n, largest first, at most 32",
        lambda reading: reading.at.eigenvalues[:, :MODES],
        lambda s: min(s.outputs, s.parameters, MODES),
    ),
    Probe("rank", "of J, by the cut", rank, integer=True),
    Probe("sigma_min", "least singular value of J", lambda reading: reading.at.sigma[:, -1]),
    Probe("sigma_max", "greatest singular value of J", lambda reading: reading.at.sigma[:, 0]),
)
