"""The Jacobian J of the outputs, as products: an array where it is small, layer factors where it would be large."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from ..elementary import affine, product, times


class Jacobian(ABC):
    """J of B lanes, (B, N, p), N = n·q outputs and p parameters."""

    shape: torch.Size

    @abstractmethod
    def vjp(self, v: Tensor) -> Tensor:
        """Jᵀv: (B, N) → (B, p)."""

    @abstractmethod
    def jvp(self, u: Tensor) -> Tensor:
        """Ju: (B, p) → (B, N)."""

    @abstractmethod
    def kernel(self) -> Tensor:
        """JJᵀ, (B, N, N)."""

    @abstractmethod
    def dense(self) -> Tensor:
        """J, (B, N, p)."""

    @abstractmethod
    def __getitem__(self, lanes: Tensor | slice) -> "Jacobian":
        """The same for some lanes."""

    @abstractmethod
    def at_outputs(self, entries: Tensor) -> "Jacobian":
        """The same for some outputs, `entries` (k,) of N: (B, k, p)."""

    @abstractmethod
    def weighted(self, root: Tensor) -> "Jacobian":
        """RJ with R (B, n, m, q) acting on the q outputs of each sample: (B, n·m, p)."""

    def gram(self) -> Tensor:
        """JᵀJ, (B, p, p)."""
        dense = self.dense()
        return dense.mT @ dense


@dataclass(frozen=True)
class Dense(Jacobian):
    """J as an array (B, N, p)."""

    array: Tensor

    @property
    def shape(self) -> torch.Size:  # type: ignore[override]  # a property where the base class only declares the attribute
        return self.array.shape

    def vjp(self, v: Tensor) -> Tensor:
        return torch.bmm(v.unsqueeze(1), self.array).squeeze(1)

    def jvp(self, u: Tensor) -> Tensor:
        return times(self.array, u)

    def kernel(self) -> Tensor:
        return self.array @ self.array.mT

    def dense(self) -> Tensor:
        return self.array

    def weighted(self, root: Tensor) -> "Dense":
        return Dense((root @ self.array.unflatten(1, (root.shape[1], -1))).flatten(1, 2))

    def at_outputs(self, entries: Tensor) -> "Dense":
        return Dense(self.array[:, entries])

    def __getitem__(self, lanes: Tensor | slice) -> "Dense":
        return Dense(self.array[lanes])


@dataclass(frozen=True)
class Layered(Jacobian):
    """J of an MLP as its layer factors: J[i; W_l[a, c]] = D_l[i, a] A_l[i, c] and J[i; b_l[a]] = D_l[i, a].

    `activations` A_l are (B, N, w_l), `cotangents` D_l are (B, N, w_{l+1}); parameters are ordered W_0, b_0, W_1, b_1,
    … JJᵀ = Σ_l (A_l A_lᵀ + 1) ∘ (D_l D_lᵀ) (Novak, Sohl-Dickstein, Schoenholz 2022, structured derivatives): J is never
    formed where N ≤ p.
    """

    activations: tuple[Tensor, ...]
    cotangents: tuple[Tensor, ...]

    @cached_property
    def shape(self) -> torch.Size:  # type: ignore[override]  # as above
        lanes, outputs, _ = self.cotangents[0].shape
        return torch.Size((lanes, outputs, sum(d.shape[2] * (a.shape[2] + 1) for a, d in self._layers())))

    def vjp(self, v: Tensor) -> Tensor:
        parts: list[Tensor] = []
        for a, d in self._layers():
            weighted = d * v.unsqueeze(2)
            parts += [product(weighted.mT, a).flatten(1), weighted.sum(1)]
        return torch.cat(parts, 1)

    def jvp(self, u: Tensor) -> Tensor:
        total, offset = torch.zeros_like(self.cotangents[0][..., 0]), 0
        for a, d in self._layers():
            wide, narrow = d.shape[2], a.shape[2]
            weight = u[:, offset : offset + wide * narrow].view(-1, wide, narrow)
            bias = u[:, offset + wide * narrow : offset + wide * (narrow + 1)]
            total += (d * affine(weight, bias, a)).sum(2)
            offset += wide * (narrow + 1)
        return total

    def kernel(self) -> Tensor:
        total: Tensor | None = None
        for a, d in self._layers():
            term = (a @ a.mT).add_(1.0).mul_(d @ d.mT)
            total = term if total is None else total.add_(term)
        assert total is not None, "a network has at least one layer"
        return total

    def dense(self) -> Tensor:
        parts: list[Tensor] = []
        for a, d in self._layers():
            parts += [(d.unsqueeze(3) * a.unsqueeze(2)).flatten(2), d]
        return torch.cat(parts, 2)

    def weighted(self, root: Tensor) -> "Layered":
        samples, kept = root.shape[1:3]
        inputs = tuple(
            a.unflatten(1, (samples, -1))[:, :, :1].expand(-1, -1, kept, -1).flatten(1, 2) for a in self.activations
        )
        return Layered(inputs, tuple((root @ d.unflatten(1, (samples, -1))).flatten(1, 2) for d in self.cotangents))

    def at_outputs(self, entries: Tensor) -> "Layered":
        return Layered(tuple(a[:, entries] for a in self.activations), tuple(d[:, entries] for d in self.cotangents))

    def __getitem__(self, lanes: Tensor | slice) -> "Layered":
        return Layered(tuple(a[lanes] for a in self.activations), tuple(d[lanes] for d in self.cotangents))

    def _layers(self) -> list[tuple[Tensor, Tensor]]:
        return list(zip(self.activations, self.cotangents, strict=True))
