"""Everything known at θ, each quantity computed at most once and shared by solvers and probes."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from .jacobian import Jacobian
from .network import Network
from .problem import Data

CUT = 1e-9
"""Relative singular value below which a direction of J counts as lost."""
SPECTRAL_SIDE = 8
"""Up to this smaller side one SVD of J serves the step, the spectrum and the rank; above it, Cholesky serves the damped step."""
DENSE_ENTRIES = 300_000
"""Up to this size of J its singular values come from J itself; above, from the smaller Gram matrix (resolved to about 1e-8 σ_max)."""


_PER_LANE = frozenset(("residual", "cotangent", "loss", "gradient", "decomposition"))


@dataclass(frozen=True)
class Decomposition:
    """J = U diag(σ) Vᵀ with m = min(N, p): `u` (B, N, m) or None, `sigma` (B, m) descending, `v` (B, p, m) or None."""

    sigma: Tensor
    u: Tensor | None
    v: Tensor | None

    def __getitem__(self, lanes: slice) -> "Decomposition":
        u, v = (None if side is None else side[lanes] for side in (self.u, self.v))
        return Decomposition(self.sigma[lanes], u, v)


class Linearization:
    """The network and the loss around θ (B, p). The variable is called `at`."""

    def __init__(self, theta: Tensor, data: Data, outputs: Tensor, jacobian: Jacobian) -> None:
        self.theta, self.data, self.outputs, self.jacobian = theta, data, outputs, jacobian
        self.inverted: Tensor | None = None
        """n × the eigenvalues (B, m) of ρI + (1−ρ)G that the last `damped` inverted, where it went through the decomposition."""

    @classmethod
    def of(cls, network: Network, data: Data, theta: Tensor) -> "Linearization":
        """θ (B, p) → its linearization."""
        outputs, jacobian = network.evaluate(theta, data.inputs)
        return cls(theta, data, outputs, jacobian)

    def __getitem__(self, lanes: slice) -> "Linearization":
        part = Linearization(self.theta[lanes], self.data, self.outputs[lanes], self.jacobian[lanes])
        for name, known in self.__dict__.items():
            if name in _PER_LANE:
                part.__dict__[name] = known[lanes]
        return part

    @cached_property
    def residual(self) -> Tensor:
        """r = f − y, (B, N)."""
        return self.outputs - self.data.targets

    @cached_property
    def loss(self) -> Tensor:
        """L = g(f)/n, (B,); ‖r‖²/(2n) for squares."""
        if self.data.is_squares:
            return self.residual.square().sum(1) / self.data.twice
        return self.data.loss.value(self.data.rows(self.outputs), self.data.rows(self.data.targets)) / self.data.count

    @cached_property
    def cotangent(self) -> Tensor:
        """g'(f), (B, N): the residual for squares."""
        if self.data.is_squares:
            return self.residual
        return self.data.loss.cotangent(self.data.rows(self.outputs), self.data.rows(self.data.targets)).flatten(1)

    @cached_property
    def whitened(self) -> "Linearization":
        """The same with RJ and R⁻ᵀg' instead of J and g', RᵀR = g''(f): its Gauss–Newton matrix is the generalised one, Jᵀg''J/n."""
        if self.data.is_squares:
            return self
        root = self.data.loss.root(self.data.rows(self.outputs), self.data.rows(self.data.targets))
        white = Linearization(self.theta, self.data, self.outputs, self.jacobian.weighted(root))
        columns = self.data.rows(self.cotangent).unsqueeze(3)
        inner = root @ root.mT  # R⁺ᵀ g' = (RRᵀ)⁻¹ R g', since g' lies in the range of Rᵀ
        white.__dict__["cotangent"] = torch.linalg.solve(inner, root @ columns).flatten(1)
        return white

    @cached_property
    def gradient(self) -> Tensor:
        """∇L = Jᵀg'(f)/n, (B, p); Jᵀr/n for squares."""
        return self.jacobian.vjp(self.cotangent) / self.data.count

    @cached_property
    def decomposition(self) -> Decomposition:
        """The singular value decomposition of J: by SVD of J where J is small, by `eigh` of the smaller Gram matrix elsewhere."""
        _, outputs, parameters = self.jacobian.shape
        if outputs * parameters <= DENSE_ENTRIES:
            u, sigma, vh = torch.linalg.svd(self.jacobian.dense(), full_matrices=False)
            return Decomposition(sigma, u, vh.mT)
        values, vectors = torch.linalg.eigh(self._gram())
        sigma = values.clamp_min(0.0).sqrt().flip(1)
        vectors = vectors.flip(2)
        return Decomposition(sigma, *((vectors, None) if outputs <= parameters else (None, vectors)))

    @cached_property
    def sigma(self) -> Tensor:
        """Singular values of J, (B, min(N, p)), descending."""
        _, outputs, parameters = self.jacobian.shape
        if "decomposition" in self.__dict__:
            return self.decomposition.sigma
        if outputs * parameters <= DENSE_ENTRIES:
            return torch.linalg.svdvals(self.jacobian.dense())
        return torch.linalg.eigvalsh(self._gram()).clamp_min(0.0).sqrt().flip(1)

    @property
    def is_small(self) -> bool:
        """Whether one SVD of J serves the step, the spectrum and the rank."""
        return min(self.jacobian.shape[1:]) <= SPECTRAL_SIDE

    @property
    def cut(self) -> float:
        """Relative singular value below which a direction is lost, or not resolved."""
        return self.cut_of(*self.jacobian.shape[1:])

    @staticmethod
    def cut_of(outputs: int, parameters: int) -> float:
        """The cut for N outputs and p parameters: 1e-9, or what the smaller Gram matrix resolves where J is too large for an SVD."""
        if outputs * parameters <= DENSE_ENTRIES:
            return CUT
        return max(CUT, (min(outputs, parameters) * torch.finfo(torch.float64).eps) ** 0.5)

    @property
    def eigenvalues(self) -> Tensor:
        """The min(N, p) largest eigenvalues of K = JJᵀ/n, (B, min(N, p)), descending: all but the zeros that the shape forces."""
        return self.sigma.square() / self.data.samples

    @property
    def smallest_eigenvalue(self) -> Tensor:
        """λ_min of the smaller of K = JJᵀ/n and G = JᵀJ/n, (B,)."""
        return self.sigma[:, -1].square() / self.data.count

    def damped(self, rho: Tensor) -> Tensor:
        """(ρI + (1−ρ)G)⁻¹ Jᵀg'(f)/n, (B, p), for ρ (B,) in [0, 1], solved in the smaller of N and p.

        Small sides and lanes at ρ = 0 go through the decomposition (a pseudo-inverse with an explicit cut); the rest through Cholesky,
        since ρ > 0 bounds the condition number. Lanes whose Cholesky fails go through the decomposition too.
        """
        if self.is_small:
            return self._filtered(rho)
        spectral = rho <= 0.0
        if spectral.all():
            return self._filtered(rho)
        step, failed = self._factored(torch.where(spectral, 1.0, rho))
        spectral = spectral | failed
        return torch.where(spectral.unsqueeze(1), self._filtered(rho), step) if spectral.any() else step

    def _gram(self) -> Tensor:
        _, outputs, parameters = self.jacobian.shape
        return self.jacobian.kernel() if outputs <= parameters else self.jacobian.gram()

    def _filtered(self, rho: Tensor) -> Tensor:
        """V diag(σ/(ρn + (1−ρ)σ²)) Uᵀ g', without the directions below the cut."""
        d, rho = self.decomposition, rho.unsqueeze(1)
        dropped = d.sigma <= self.cut * d.sigma[:, :1]
        power = self.inverted = torch.lerp(d.sigma.square(), self.data.count, rho)
        if d.u is not None and d.v is not None:
            gain = (d.sigma / power).masked_fill_(dropped, 0.0).unsqueeze(2)
            return torch.bmm(d.v, torch.bmm(d.u.mT, self.cotangent.unsqueeze(2)).mul_(gain)).squeeze(2)
        inverse = power.reciprocal().masked_fill_(dropped, 0.0)
        if d.u is not None:
            return self.jacobian.vjp((d.u @ (inverse.unsqueeze(2) * (d.u.mT @ self.cotangent.unsqueeze(2)))).squeeze(2))
        assert d.v is not None, "a decomposition has at least one side"
        gradient = self.gradient.unsqueeze(2) * self.data.samples
        return (d.v @ (inverse.unsqueeze(2) * (d.v.mT @ gradient))).squeeze(2)

    def _factored(self, rho: Tensor) -> tuple[Tensor, Tensor]:
        """The step by Cholesky and, per lane, whether that failed."""
        _, outputs, parameters = self.jacobian.shape
        dual = outputs <= parameters
        matrix = self._gram() * (1.0 - rho)[:, None, None]
        matrix.diagonal(dim1=1, dim2=2).add_((rho * self.data.samples).unsqueeze(1))
        factor, info = torch.linalg.cholesky_ex(matrix)
        right = self.cotangent if dual else self.gradient * self.data.samples
        solution = torch.cholesky_solve(right.unsqueeze(2), factor).squeeze(2)
        return (self.jacobian.vjp(solution) if dual else solution), info != 0
