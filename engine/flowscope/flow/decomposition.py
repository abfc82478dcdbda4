"""The singular values of J, and what spares a full decomposition of it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..factorisation import svd

CUT = 1e-9
"""Relative singular value below which a direction of J counts as lost."""
VANISHED = 1e-70
"""Below this, fourth powers of the entries of J underflow."""


@dataclass(frozen=True)
class Decomposition:
    """J = U diag(σ) Vᵀ with m = min(N, p): `u` (B, N, m) or None, `sigma` (B, m) descending, `v` (B, p, m) or None."""

    sigma: Tensor
    u: Tensor | None
    v: Tensor | None

    def __getitem__(self, lanes: Tensor | slice) -> "Decomposition":
        u, v = (None if side is None else side[lanes] for side in (self.u, self.v))
        return Decomposition(self.sigma[lanes], u, v)


def narrowed(matrix: Tensor) -> Tensor:
    """The lower triangle L (B, N, N) of a wide (B, N, p) matrix LQ, which has its singular values and left vectors; any
    other as it is.
    """
    _, rows, columns = matrix.shape
    return torch.linalg.qr(matrix.mT, mode="r")[1].mT if columns >= 2 * rows else matrix


def rotated(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """The left singular vectors (B, N, 2) and σ (B, 2) of (B, N, 2) by one Jacobi rotation of the two columns (Hestenes
    1958).

    What the rotation cancels is then projected out. Columns that vanish or coincide go through the SVD. Sums run along
    a lane: down the lanes, torch would add the last few in another order than the rest, and a lane's bits hung on its
    neighbours.
    """
    a, b = matrix.permute(2, 0, 1).contiguous()
    wide, narrow = a.square().sum(1, keepdim=True), b.square().sum(1, keepdim=True)
    swap = wide < narrow
    a, b = torch.where(swap, b, a), torch.where(swap, a, b)
    cross, gap = 2.0 * (a * b).sum(1, keepdim=True), (wide - narrow).abs()
    slope = cross / (gap + (gap.square() + cross.square()).sqrt()).clamp_min(torch.finfo(matrix.dtype).tiny)
    cosine = (1.0 + slope.square()).sqrt().reciprocal()
    sine = slope * cosine
    a, b = cosine * a + sine * b, cosine * b - sine * a
    great = a.square().sum(1, keepdim=True)
    b = b - a * ((a * b).sum(1, keepdim=True) / great)
    sigma = torch.cat((great, b.square().sum(1, keepdim=True)), 1).sqrt()
    u = torch.stack((a, b), 2) / sigma.unsqueeze(1)
    lost = ~((sigma[:, 1] > CUT * sigma[:, 0]) & (sigma[:, 1] > VANISHED))
    if lost.any():
        u[lost], sigma[lost], _ = svd(matrix[lost])
    return u, sigma
