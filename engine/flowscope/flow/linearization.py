"""Everything known at θ, each quantity computed at most once and shared by solvers and probes."""

from functools import cached_property

import torch
from torch import Tensor

from ..elementary import times
from ..factorisation import eigenvalues, eigh, singular_values, solved, svd
from ..network import Jacobian, Network
from ..problem import Data
from .decomposition import CUT, Decomposition, narrowed, rotated

SPECTRAL_SIDE = 8
"""Up to this smaller side one SVD of J serves the step, the spectrum and the rank; above it, Cholesky serves the damped
step.
"""
DENSE_ENTRIES = 300_000
"""Up to this size of J its singular values come from J itself; above, from the smaller Gram matrix (resolved to about
1e-8 σ_max).
"""
RESOLVED = 1e-9
"""ρ relative to tr G below which Cholesky would square cond J into noise: errors of 2e-16/1e-9 = 2e-7, which an SVD of
J does not make.
"""
GRADED = 1e-3
"""Rows of a root R of g'' whose norms differ by more than this factor are graded: a step that divides by R would lose
those digits.
"""

_PER_LANE = frozenset(("residual", "cotangent", "loss", "gradient", "decomposition"))


class Linearization:
    """The network and the loss around θ (B, p). The variable is called `at`."""

    def __init__(self, theta: Tensor, data: Data, outputs: Tensor, jacobian: Jacobian) -> None:
        self.theta, self.data, self.outputs, self.jacobian = theta, data, outputs, jacobian
        self.inverted: Tensor | None = None
        """n × the eigenvalues (B, m) of ρI + (1−ρ)G that the last `damped` inverted, NaN in lanes that needed no
        decomposition.
        """

    @classmethod
    def of(cls, network: Network, data: Data, theta: Tensor) -> "Linearization":
        """θ (B, p) → its linearization."""
        outputs, jacobian = network.evaluate(theta, data.inputs)
        return cls(theta, data, outputs, jacobian)

    def __getitem__(self, lanes: Tensor | slice) -> "Linearization":
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

    def fallen(self, before: Tensor) -> Tensor:
        """L(before) − L, (B,), for other outputs (B, N); without cancellation for squares."""
        if self.data.is_squares:
            return ((before - self.outputs) * (before + self.outputs - 2.0 * self.data.targets)).sum(
                1
            ) / self.data.twice
        return Linearization(self.theta, self.data, before, self.jacobian).loss - self.loss

    @property
    def rounding(self) -> Tensor:
        """By how much L (B,) may change where every output, or L, changes by four ulp of itself; g'' is at most 1."""
        ulps = 4 * torch.finfo(self.outputs.dtype).eps
        change = ulps * self.outputs.abs()
        moved = (self.cotangent.abs() * change + 0.5 * change.square()).sum(1) / self.data.samples
        return torch.maximum(moved, ulps * self.loss)

    @cached_property
    def cotangent(self) -> Tensor:
        """g'(f), (B, N): the residual for squares."""
        if self.data.is_squares:
            return self.residual
        return self.data.loss.cotangent(self.data.rows(self.outputs), self.data.rows(self.data.targets)).flatten(1)

    @cached_property
    def whitened(self) -> "Linearization":
        """The same with RJ instead of J, RᵀR = g''(f): its Gauss–Newton matrix is the generalised one, Jᵀg''J/n."""
        if self.data.is_squares:
            return self
        loss, f, y = self.data.loss, self.data.rows(self.outputs), self.data.rows(self.data.targets)
        return Weighted(self, loss.root(f, y), self.cotangent, loss.lifted(f, y).flatten(1))

    @property
    def is_dual(self) -> bool:
        """Whether steps are solved for over the outputs, which are then no more than the parameters."""
        return self.jacobian.shape[1] <= self.jacobian.shape[2]

    def along(self, cotangent: Tensor) -> "Linearization":
        """The same with c (B, N) for g'."""
        other = Linearization(self.theta, self.data, self.outputs, self.jacobian)
        other.__dict__["cotangent"] = cotangent
        if "decomposition" in self.__dict__:
            other.__dict__["decomposition"] = self.decomposition
        return other

    @cached_property
    def gradient(self) -> Tensor:
        """∇L = Jᵀg'(f)/n, (B, p); Jᵀr/n for squares."""
        return self.jacobian.vjp(self.cotangent) / self.data.count

    @property
    def reach(self) -> Tensor:
        """‖u‖²/‖Ju‖ (B,) with u = Jᵀg': the length of the part of g'(f) along Ju; 0 where u is, all of g' where one
        mode is left.
        """
        u = self.gradient * self.data.samples
        return u.square().sum(1) / torch.linalg.vector_norm(self.jacobian.jvp(u), dim=1).clamp_min(
            torch.finfo(u.dtype).tiny
        )

    @cached_property
    def decomposition(self) -> Decomposition:
        """The singular value decomposition of J: by SVD of J where J is small, by `eigh` of the smaller Gram matrix
        elsewhere.
        """
        _, outputs, parameters = self.jacobian.shape
        if outputs * parameters <= DENSE_ENTRIES:
            u, sigma, vh = svd(self.jacobian.dense())
            return Decomposition(sigma, u, vh.mT)
        values, vectors = eigh(self._gram())
        sigma = values.clamp_min(0.0).sqrt().flip(1)
        vectors = vectors.flip(2)
        return Decomposition(sigma, *((vectors, None) if outputs <= parameters else (None, vectors)))

    @cached_property
    def left(self) -> tuple[Tensor, Tensor]:
        """The eigenvectors U (B, N, m) of K and σ (B, m) descending, m = min(N, p), without the right singular vectors.

        A wide J goes through the triangle of Jᵀ = QR, two columns through rotations, which costs less than the values
        alone by SVD.
        """
        _, outputs, parameters = self.jacobian.shape
        if outputs * parameters > DENSE_ENTRIES and outputs <= parameters:
            u = self.decomposition.u
            assert u is not None, "the kernel gives the left side"
            return u, self.decomposition.sigma
        dense = self.jacobian.dense()
        if parameters == 2 <= outputs:
            return rotated(dense)
        u, sigma, _ = svd(narrowed(dense))
        return u, sigma

    @cached_property
    def sigma(self) -> Tensor:
        """Singular values of J, (B, min(N, p)), descending."""
        _, outputs, parameters = self.jacobian.shape
        if "left" in self.__dict__:
            return self.left[1]
        if "decomposition" in self.__dict__:
            return self.decomposition.sigma
        if outputs * parameters <= DENSE_ENTRIES:
            return singular_values(narrowed(self.jacobian.dense()))
        return eigenvalues(self._gram()).clamp_min(0.0).sqrt().flip(1)

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
        """The cut for N outputs and p parameters: 1e-9, or what the smaller Gram matrix resolves where J is too large
        for an SVD.
        """
        if outputs * parameters <= DENSE_ENTRIES:
            return CUT
        return max(CUT, (min(outputs, parameters) * torch.finfo(torch.float64).eps) ** 0.5)

    @property
    def eigenvalues(self) -> Tensor:
        """The min(N, p) largest eigenvalues of K = JJᵀ/n, (B, min(N, p)), descending: all but the zeros that the shape
        forces.
        """
        return self.sigma.square() / self.data.samples

    @property
    def smallest_eigenvalue(self) -> Tensor:
        """λ_min of the smaller of K = JJᵀ/n and G = JᵀJ/n, (B,)."""
        return self.sigma[:, -1].square() / self.data.count

    def damped(self, rho: Tensor) -> Tensor:
        """(ρI + (1−ρ)G)⁻¹ Jᵀg'(f)/n, (B, p), for ρ (B,) in [0, 1], solved in the smaller of N and p.

        Small sides and lanes at ρ = 0 go through the decomposition (a pseudo-inverse with an explicit cut); the rest
        through Cholesky, since ρ > 0 bounds the condition number. Lanes in which it does not bound it enough go through
        the decomposition too.
        """
        if self.is_small or not bool((rho > 0.0).any()):
            return self._filtered(rho)
        step, unresolved = self._factored(torch.where(rho > 0.0, rho, 1.0))
        spectral = ((rho <= 0.0) | unresolved).nonzero()[:, 0]
        if spectral.numel():
            part = self[spectral]
            step[spectral] = part._filtered(rho[spectral])
            assert part.inverted is not None, "what was filtered says what it inverted"
            self.inverted = torch.full(
                (rho.numel(), part.inverted.shape[1]), torch.nan, dtype=rho.dtype, device=rho.device
            )
            self.inverted[spectral] = part.inverted
        return step

    def _gram(self) -> Tensor:
        _, outputs, parameters = self.jacobian.shape
        return self.jacobian.kernel() if outputs <= parameters else self.jacobian.gram()

    def _filtered(self, rho: Tensor) -> Tensor:
        """V diag(σ/(ρn + (1−ρ)σ²)) Uᵀ g', without the directions below the cut."""
        d, rho = self.decomposition, rho.unsqueeze(1)
        power = self.inverted = torch.lerp(d.sigma.square(), self.data.count, rho)
        dropped = power <= self.cut**2 * power[:, :1]
        if d.u is not None and d.v is not None:
            gain = (d.sigma / power).masked_fill_(dropped, 0.0)
            return times(d.v, times(d.u.mT, self.cotangent).mul_(gain))
        inverse = power.reciprocal().masked_fill_(dropped, 0.0)
        if d.u is not None:
            return self.jacobian.vjp(times(d.u, inverse * times(d.u.mT, self.cotangent)))
        assert d.v is not None, "a decomposition has at least one side"
        return times(d.v, inverse * times(d.v.mT, self.gradient * self.data.samples))

    def _factored(self, rho: Tensor) -> tuple[Tensor, Tensor]:
        """The step by Cholesky and, per lane, whether that failed or an SVD of J resolves what it does not."""
        _, outputs, parameters = self.jacobian.shape
        dual = outputs <= parameters
        matrix = self._gram() * (1.0 - rho)[:, None, None]
        diagonal, weight = matrix.diagonal(dim1=1, dim2=2), rho * self.data.samples
        unresolved = weight < RESOLVED * diagonal.sum(1)
        diagonal.add_(weight.unsqueeze(1))
        factor, info = torch.linalg.cholesky_ex(matrix)
        right = self.cotangent if dual else self.gradient * self.data.samples
        solution = torch.cholesky_solve(right.unsqueeze(2), factor).squeeze(2)
        step = self.jacobian.vjp(solution) if dual else solution
        return step, (info != 0) | unresolved if outputs * parameters <= DENSE_ENTRIES else info != 0


class Weighted(Linearization):
    """A linearization with RJ in place of J, R (B, n, m, q) a root of a second derivative H = RᵀR and c (B, N) in place
    of g': G = JᵀHJ/n.

    `lifted` is R⁺ᵀc (B, n·m), in place of the cotangent of RJ. Where g'' nearly vanishes for some sample that loses
    digits, and where it underflows there is none. So lanes whose R is graded never use it at ρ > 0: they solve (ρnI +
    (1−ρ)HK)y = c for θ' = −Jᵀy, where no number is divided by H, or start from Jᵀc.
    """

    def __init__(self, plain: Linearization, root: Tensor, slope: Tensor, lifted: Tensor) -> None:
        super().__init__(plain.theta, plain.data, plain.outputs, plain.jacobian.weighted(root))
        self._plain, self._root, self._slope = plain, root, slope
        self.__dict__["cotangent"] = lifted

    def __getitem__(self, lanes: Tensor | slice) -> "Weighted":
        part = Weighted(self._plain[lanes], self._root[lanes], self._slope[lanes], self.cotangent[lanes])
        if "decomposition" in self.__dict__:
            part.__dict__["decomposition"] = self.decomposition[lanes]
        return part

    @cached_property
    def gradient(self) -> Tensor:
        """Jᵀc/n, (B, p)."""
        return self._plain.jacobian.vjp(self._slope) / self.data.count

    @cached_property
    def _sizes(self) -> tuple[Tensor, Tensor]:
        """The least and the greatest norm of a row of R, (B,) each."""
        return torch.linalg.vector_norm(self._root, dim=3).flatten(1).aminmax(dim=1)

    @property
    def graded(self) -> Tensor:
        """Whether the rows of R differ by more than `GRADED`, or one vanishes, (B,)."""
        least, greatest = self._sizes
        return ~(least > GRADED * greatest)

    @property
    def _vanishes(self) -> Tensor:
        """Whether a row of R has underflowed, (B, 1)."""
        return (self._sizes[0] == 0.0).unsqueeze(1)

    def damped(self, rho: Tensor) -> Tensor:
        step = super().damped(rho)
        lanes = (self.graded & (rho > 0.0)).nonzero()[:, 0]
        if self.is_dual and lanes.numel():
            step[lanes] = self[lanes]._eliminated(rho[lanes])
        return step

    def _eliminated(self, rho: Tensor) -> Tensor:
        """Jᵀy with (ρnI + (1−ρ)HK)y = c, n·K = JJᵀ: the rows of H scale those of the system, so that elimination keeps
        their digits.
        """
        kernel = self._plain.jacobian.kernel()
        rows = self._root.mT @ (self._root @ kernel.unflatten(1, (self.data.samples, -1)))
        matrix = rows.flatten(1, 2) * (1.0 - rho)[:, None, None]
        matrix.diagonal(dim1=1, dim2=2).add_((rho * self.data.samples).unsqueeze(1))
        return self._plain.jacobian.vjp(solved(matrix, self._slope.unsqueeze(2)).squeeze(2))

    def _filtered(self, rho: Tensor) -> Tensor:
        """As without weights; in graded lanes each direction v takes σuᵀR⁺ᵀc or vᵀJᵀc, whichever is of fewer and
        smaller terms.
        """
        step, d = super()._filtered(rho), self.decomposition
        if d.u is None or d.v is None or not bool(self.graded.any()):
            return step
        assert self.inverted is not None, "what was filtered says what it inverted"
        dropped = self.inverted <= self.cut**2 * self.inverted[:, :1]
        gradient = self.gradient * self.data.samples
        lifted = d.sigma * times(d.u.mT, self.cotangent)
        whole = times(d.v.mT, gradient)
        size, other = (torch.linalg.vector_norm(each, dim=1, keepdim=True) for each in (self.cotangent, gradient))
        share = torch.where((d.sigma * size <= other) & ~self._vanishes, lifted, whole) / self.inverted
        kept = times(d.v, share.masked_fill(dropped, 0.0))
        return torch.where(self.graded.unsqueeze(1), kept, step)
