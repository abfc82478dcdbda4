"""What is measured at a frame. A probe never acts; one whose numerics fail drops its own reading, not the run."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from ...elementary import times
from ...flow import Linearization
from ...integrator.path import Rows
from ...network import Network
from ..modes import MODES, Basis, follows
from ..reference import References

SLOPES = 32
"""Up to this many entries J itself is recorded, and ∇L beside it."""


@dataclass(frozen=True)
class Shape:
    """The sizes that decide the columns: N outputs and p parameters."""

    outputs: int
    parameters: int


@dataclass(frozen=True)
class Reading:
    """Frames of b rows in all, `frames` their indices: the linearization, ρ_t (b,), what excess losses refer to, the
    followed modes, θ' (asked for only where it is recorded), the rates of theory (likewise), the length of the steps
    that the rows lie within, what movements certify, the network, and what probes of one problem share."""

    at: Linearization
    rho: Tensor
    reference: References | None
    basis: Basis | None
    moves: Callable[[Rows], Tensor]
    rates: Callable[[], Tensor]
    stride: Tensor
    frames: tuple[Tensor, ...]
    ledger: Tensor | None = None
    network: Network | None = None
    memo: dict[str, Tensor] = field(default_factory=dict)

    @cached_property
    def velocity(self) -> Tensor:
        """θ' (b, p)."""
        return torch.cat([self.moves(rows) for rows in self._parts])

    @property
    def motion(self) -> Tensor:
        """f' = Jθ' (b, N)."""
        return torch.cat([self.at.jacobian[rows].jvp(self.velocity[rows]) for rows in self._parts])

    @property
    def _parts(self) -> tuple[Tensor, ...] | tuple[slice]:
        """Rows that are computed at once: all, where no bit of θ' hangs on how many there are.

        Elsewhere frame by frame in memory of its own: the last bits of a Cholesky factor, or of a solve for each
        sample, hang on how many rows there are and where.
        """
        return (slice(None),) if self.at.is_small and self.at.data.is_squares else self.frames


@dataclass(frozen=True)
class Probe:
    """A column: its `type` for given sizes (width 0: scalar, None: not recorded) and its `measure`, (b,) or (b,
    width).
    """

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
    """L − L*; for squares ⟨f − f*, r + r*⟩/(2n), which does not cancel. Within rounding 0; NaN in the row that L* was
    lowered to.
    """
    at, best = reading.at, reading.reference
    if best is None:
        return torch.full_like(reading.rho, torch.nan)
    if at.data.is_squares:
        product = (at.outputs - best.outputs) * (at.residual + (best.outputs - at.data.targets))
        gap = product.sum(1) / (2 * at.data.samples)
    else:
        gap = at.loss - best.loss
    return torch.where(best.own, torch.nan, gap.clamp_min(0.0))


def reference(reading: Reading) -> Tensor:
    """L* in force; NaN where there is none."""
    return torch.full_like(reading.rho, torch.nan) if reading.reference is None else reading.reference.loss


def rank(reading: Reading) -> Tensor:
    """The number of singular values above the cut."""
    sigma = reading.at.sigma
    return (sigma > reading.at.cut * sigma[:, :1]).sum(1).to(torch.int32)


def along(vectors: Tensor, residual: Tensor) -> Tensor:
    """|vᵢᵀr| (b, m) for vectors (b, N, m) and r (b, N)."""
    return torch.bmm(residual.unsqueeze(1), vectors).squeeze(1).abs()


def outside(reading: Reading) -> Tensor:
    """The norm of what the modes leave of g'(f)."""
    if reading.basis is None:
        return torch.full_like(reading.rho, torch.nan)
    now, residual = reading.basis.now, reading.at.cotangent
    inside = times(now, torch.bmm(residual.unsqueeze(1), now).squeeze(1))
    return torch.linalg.vector_norm(residual - inside, dim=1)


def track_angle(reading: Reading) -> Tensor:
    """The worst principal angle in degrees; numpy's arc cosine rounds the same whatever the number of rows, torch's
    does not.
    """
    if reading.basis is None:
        return torch.full_like(reading.rho, torch.nan)
    return torch.from_numpy(np.degrees(np.arccos(reading.basis.cosine.cpu().numpy())))


def followed(measure: Callable[[Basis, Tensor], Tensor]) -> Callable[[Reading], Tensor]:
    """A reading of the followed modes and g'(f)."""

    def read(reading: Reading) -> Tensor:
        assert reading.basis is not None, "a column of modes has a width only where they are followed"
        return measure(reading.basis, reading.at.cotangent)

    return read


def modes(shape: Shape) -> int | None:
    """How many modes are followed."""
    return min(shape.outputs, shape.parameters) if follows(shape.outputs, shape.parameters) else None


PROBES: tuple[Probe, ...] = (
    Probe("loss", "L = ‖r‖²/(2n)", lambda reading: reading.at.loss),
    Probe("excess_loss", "L − L*; null where no L* is known or attained, and in a row that L* was lowered to", excess),
    Probe(
        "reference",
        "L* in force: of the best in-class point found, or the least loss that a lane reached by then",
        reference,
    ),
    Probe("rho", "damping ρ_t; 1 for gradient flow, null for an optimizer without one", lambda reading: reading.rho),
    Probe("gradient_norm", "‖Jᵀr/n‖", lambda reading: torch.linalg.vector_norm(reading.at.gradient, dim=1)),
    Probe("residual_norm", "‖r‖", lambda reading: torch.linalg.vector_norm(reading.at.residual, dim=1)),
    Probe(
        "outputs",
        "f(θ), the point on the manifold",
        lambda reading: reading.at.outputs,
        lambda s: s.outputs if s.outputs <= 64 else None,
    ),
    Probe("theta", "θ", lambda reading: reading.at.theta, lambda s: s.parameters if s.parameters <= 16 else None),
    Probe(
        "jacobian",
        "J by rows: the slopes of f_1 in all parameters, then of f_2, …",
        lambda reading: reading.at.jacobian.dense().flatten(1),
        lambda s: s.outputs * s.parameters if s.outputs * s.parameters <= SLOPES else None,
    ),
    Probe(
        "gradient",
        "∇L = Jᵀg'(f)/n, Jᵀr/n for squares",
        lambda reading: reading.at.gradient,
        lambda s: s.parameters if s.outputs * s.parameters <= SLOPES else None,
    ),
    Probe(
        "eigenvalues",
        "of K = JJᵀ/n, largest first, at most 32",
        lambda reading: reading.at.eigenvalues[:, :MODES],
        lambda s: min(s.outputs, s.parameters, MODES),
    ),
    Probe(
        "modes",
        "|vᵢᵀg'(f)| along the eigenvectors vᵢ of K, |vᵢᵀr| for squares",
        followed(lambda basis, r: along(basis.now, r)),
        modes,
    ),
    Probe(
        "modes_start",
        "the same along the eigenvectors at t = 0",
        followed(lambda basis, r: along(basis.start, r)),
        modes,
    ),
    Probe("outside", "norm of the part of g'(f) in no mode", outside),
    Probe(
        "tracks",
        "which mode of t = 0 each eigenvalue belongs to, followed by overlap",
        followed(lambda basis, _: basis.tracks),
        modes,
        integer=True,
    ),
    Probe("track_angle", "worst principal angle to the frame before, in degrees", track_angle),
    Probe("rank", "of J, by the cut", rank, integer=True),
    Probe("sigma_min", "least singular value of J", lambda reading: reading.at.sigma[:, -1]),
    Probe("sigma_max", "greatest singular value of J", lambda reading: reading.at.sigma[:, 0]),
    Probe(
        "stride", "‖Δθ‖ of the step that the frame lies within; null before the first", lambda reading: reading.stride
    ),
    Probe(
        "velocity",
        "θ' there; of a discrete method (θ_k − θ_{k−1})/(t_k − t_{k−1}) of the step that the frame lies within",
        lambda reading: reading.velocity,
        lambda s: s.parameters if s.parameters <= 16 else None,
    ),
    Probe(
        "motion",
        "f' = Jθ' there",
        lambda reading: reading.motion,
        lambda s: s.outputs if s.outputs <= 64 else None,
    ),
)

RATES: tuple[Probe, ...] = (
    Probe(
        "rates",
        "−d ln|vᵢᵀr|/dt of each mode by theory while K stands still, in the order of `eigenvalues`; null where theory "
        "says nothing",
        lambda reading: reading.rates(),
        modes,
    ),
)
"""The column of runs on squares with a flow that states its rates."""
