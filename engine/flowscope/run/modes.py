"""Modes of K followed from frame to frame by overlap, not by rank: where eigenvalues cross, each mode keeps its
number.
"""

import math
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
import torch
from torch import Tensor

from ..factorisation import svd

NEAR = 0.01
"""Neighbouring singular values that differ by at most this share make a cluster: its span has a meaning, single vectors
in it have none.
"""
OUTPUTS, MODES = 64, 32
"""Modes are followed up to these N and min(N, p)."""


def follows(outputs: int, parameters: int) -> bool:
    """Whether the modes of N outputs and p parameters are followed."""
    return outputs <= OUTPUTS and min(outputs, parameters) <= MODES


@dataclass(frozen=True)
class Basis:
    """Modes of b rows, m = min(N, p), in the order of the eigenvalues, the largest first.

    `now` (b, N, m) are the followed directions and `start` (b, N, m) those of the lane at t = 0; `tracks` (b, m) says
    which track stands at each place, by its place at t = 0; `cosine` (b,) is that of the worst principal angle between
    what was followed and what it became.
    """

    now: Tensor
    start: Tensor
    tracks: Tensor
    cosine: Tensor


class Tracking:
    """What a run remembers of its lanes' modes: W (L, N, m) and the tracks (L, m).

    W holds the eigenvectors U; a track goes to the cluster that has most of it. In a cluster W is the basis of the span
    nearest to the one before, the polar factor of U_cᵀW_c (principal angles: Björck, Golub 1973), and places are by
    wᵀKw, so that a track goes straight through a crossing. Eigenvalues that avoid each other by more than `NEAR` cross
    only where a frame leaps over it, which the angle tells. What a row becomes depends on its lane's rows before it and
    on nothing else.
    """

    def __init__(self) -> None:
        self._start = self._basis = self._tracks = self._mixed = torch.empty(0)

    def follow(self, u: Tensor, sigma: Tensor, lanes: Tensor, sizes: list[int], cut: float) -> Basis:
        """U (b, N, m) and σ (b, m) of whole frames in order, `sizes` rows of `lanes` (b,) in each; all lanes in the
        first frame of a run.

        Directions below `cut` of the greatest σ are one cluster.
        """
        if not self._start.numel():
            self._begin(u[: sizes[0]])
        before, last = _neighbours(lanes, self._start.shape[0])
        cluster = _clusters(sigma, cut)
        mixed = torch.cat((cluster[:, -1] < sigma.shape[1] - 1, self._mixed))
        basis, tracks = torch.cat((u, self._basis)), torch.cat((self._tracks[lanes], self._tracks))
        cosine = (u * basis[before]).sum(1).abs().amin(1)
        eventful = mixed[: lanes.numel()] | mixed[before] | (cosine <= math.sqrt(0.5))
        if eventful.any():
            for a, b in pairwise(accumulate(sizes, initial=0)):
                tracks[a:b] = tracks[before[a:b]]
                rows = eventful[a:b].nonzero()[:, 0] + a
                if rows.numel():
                    order, basis[rows], cosine[rows] = turn(u[rows], sigma[rows], cluster[rows], basis[before[rows]])
                    tracks[rows] = tracks[before[rows]].gather(1, order)
        self._basis, self._tracks, self._mixed = basis[last], tracks[last], mixed[last]
        return Basis(basis[: lanes.numel()], self._start[lanes], tracks[: lanes.numel()], cosine.clamp_max(1.0))

    def _begin(self, u: Tensor) -> None:
        self._start = self._basis = u.clone()
        self._tracks = torch.arange(u.shape[2], device=u.device).repeat(u.shape[0], 1)
        self._mixed = torch.zeros(u.shape[0], dtype=torch.bool, device=u.device)


def turn(u: Tensor, sigma: Tensor, cluster: Tensor, before: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Where the directions `before` (b, N, m) go among the eigenvectors u (b, N, m) with σ (b, m) and cluster numbers
    (b, m).

    Returns the old place of each new place (b, m), the new directions (b, N, m) and the cosine (b,) of the worst
    principal angle.
    """
    overlap = u.mT @ before
    share = overlap.square()
    same = cluster.unsqueeze(2) == cluster.unsqueeze(1)
    held = same.to(share.dtype) @ share
    goal = cluster.gather(1, held.argmax(1))
    crowded = (goal.sort(1).values != cluster).any(1)
    for row in crowded.nonzero()[:, 0].tolist():
        goal[row] = cluster[row, _assigned(held[row])]
    energy = (sigma.square().unsqueeze(1) @ share).squeeze(1)
    falling = energy.argsort(dim=1, descending=True, stable=True)
    order = falling.gather(1, goal.gather(1, falling).argsort(dim=1, stable=True))
    block = overlap.gather(2, order.unsqueeze(1).expand_as(overlap)) * same
    left, cosine, right = svd(block)
    mixed = (cluster[:, -1] < sigma.shape[1] - 1)[:, None, None]
    return order, torch.where(mixed, u @ (left @ right), u), cosine[:, -1]


def _assigned(held: Tensor) -> Tensor:
    """A place for each track by descending share, for lanes that turned so far that several tracks want one place."""
    table, places = held.cpu().numpy().copy(), np.zeros(held.shape[1], dtype=np.int64)
    for _ in range(held.shape[1]):
        place, track = np.unravel_index(table.argmax(), table.shape)
        places[track] = place
        table[place], table[:, track] = -1.0, -1.0
    return torch.from_numpy(places).to(held.device)


def _clusters(sigma: Tensor, cut: float) -> Tensor:
    """σ (b, m) descending → the number of each one's cluster (b, m)."""
    high, low = sigma[:, :-1], sigma[:, 1:]
    apart = (high - low > NEAR * high) & (high > cut * sigma[:, :1])
    return (
        torch.cat((torch.zeros_like(apart[:, :1]), apart), 1).cumsum(1)
        if sigma.shape[1] > 1
        else torch.zeros_like(sigma).long()
    )


def _neighbours(lanes: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The row (b,) of each one's lane before it, and the last row (L,) of each of `count` lanes; b … b + L are what was
    remembered.
    """
    lane, rows = lanes.cpu().numpy(), lanes.numel()
    order = np.argsort(lane, kind="stable")
    before, last = rows + lane, rows + np.arange(count)
    again = lane[order[1:]] == lane[order[:-1]]
    before[order[1:][again]] = order[:-1][again]
    last[lane[order]] = order  # the last of equal indices stays
    return torch.from_numpy(before).to(lanes.device), torch.from_numpy(last).to(lanes.device)
