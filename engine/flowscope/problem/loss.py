"""Losses L = g(f)/n of outputs f ∈ R^N against targets y: value, derivative g', a root of g'', and where they are
least.
"""

from abc import abstractmethod
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from ..component import Component, Experiment, Objection
from ..elementary import sech_squared, sigmoid, softplus, times


class Loss(Component):
    """g is a sum over samples; outputs and targets are (…, n, q) here."""

    modulus: ClassVar[float] = 0.0
    """The infimum of the eigenvalues of g'' over all f: g is strongly convex where it is positive."""
    link: ClassVar[Literal["identity", "sigmoid", "softmax"]] = "identity"
    """What turns outputs into what the targets are: the targets where g is least."""

    @abstractmethod
    def value(self, f: Tensor, y: Tensor) -> Tensor:
        """g(f), (…)."""

    @abstractmethod
    def cotangent(self, f: Tensor, y: Tensor) -> Tensor:
        """g'(f), (…, n, q)."""

    @abstractmethod
    def root(self, f: Tensor, y: Tensor) -> Tensor:
        """R (…, n, m, q) with m ≤ q rows and RᵀR = g''(f), sample by sample; of full row rank where g'' does not
        underflow.
        """

    @abstractmethod
    def lifted(self, f: Tensor, y: Tensor) -> Tensor:
        """R⁺ᵀg'(f) (…, n, m), sample by sample; 0 where R underflows."""

    @abstractmethod
    def minimiser(self, y: Tensor) -> Tensor:
        """A point (n, q) where g is least over all of R^N."""


class Elementwise(Loss):
    """A sum over outputs: g'' is diagonal."""

    @abstractmethod
    def second(self, f: Tensor, y: Tensor) -> Tensor:
        """g'' on the diagonal, (…, n, q)."""

    def root(self, f: Tensor, y: Tensor) -> Tensor:
        return torch.diag_embed(self.second(f, y).sqrt())

    def lifted(self, f: Tensor, y: Tensor) -> Tensor:
        return over(self.cotangent(f, y), self.second(f, y).sqrt())


class Squares(Elementwise):
    """g = ‖f − y‖²/2."""

    modulus: ClassVar[float] = 1.0

    kind: Literal["squares"] = "squares"

    def value(self, f: Tensor, y: Tensor) -> Tensor:
        return (f - y).square().sum((-2, -1)) / 2

    def cotangent(self, f: Tensor, y: Tensor) -> Tensor:
        return f - y

    def second(self, f: Tensor, y: Tensor) -> Tensor:
        return torch.ones_like(f)

    def minimiser(self, y: Tensor) -> Tensor:
        return y


class LogCosh(Elementwise):
    """g = Σ log cosh(f − y): quadratic near the target, linear far from it, where its modulus of convexity sech² is
    small.
    """

    kind: Literal["log_cosh"] = "log_cosh"

    def value(self, f: Tensor, y: Tensor) -> Tensor:
        r = (f - y).abs()
        return (r + softplus(-2 * r) - torch.log(torch.tensor(2.0, dtype=f.dtype))).sum((-2, -1))

    def cotangent(self, f: Tensor, y: Tensor) -> Tensor:
        return torch.tanh(f - y)

    def second(self, f: Tensor, y: Tensor) -> Tensor:
        return sech_squared(f - y)

    def minimiser(self, y: Tensor) -> Tensor:
        return y


class Logistic(Elementwise):
    """g = Σ [ln(1 + e^f) − y f] with soft labels y in (0, 1), one output: least at the logit of y."""

    link: ClassVar[Literal["identity", "sigmoid", "softmax"]] = "sigmoid"

    kind: Literal["logistic"] = "logistic"

    def value(self, f: Tensor, y: Tensor) -> Tensor:
        return (softplus(f) - y * f).sum((-2, -1))

    def cotangent(self, f: Tensor, y: Tensor) -> Tensor:
        return sigmoid(f) - y

    def second(self, f: Tensor, y: Tensor) -> Tensor:
        return sigmoid(f) * sigmoid(-f)  # s(1 − s) would be 0 from f = 37 on

    def minimiser(self, y: Tensor) -> Tensor:
        return torch.log(y / (1.0 - y))

    def check(self, spec: Experiment) -> Iterator[Objection]:
        y = _targets(spec)
        if y.shape[1] != 1:
            yield "", "one output for each sample", f"{y.shape[1]}"
        if not bool(((y > 0) & (y < 1)).all()):
            yield "", "targets strictly between 0 and 1", f"{float(y.min()):g} to {float(y.max()):g}"


class Softmax(Loss):
    """g = Σ_i [ln Σ_o e^{f_io} − y_i·f_i], cross-entropy with soft labels y_i > 0 that sum to 1; it does not see the
    row means of f.

    Its minimisers form fibres; the one with row means 0 is log y minus its row means. g'' = diag(s) − ssᵀ has rank q −
    1.
    """

    link: ClassVar[Literal["identity", "sigmoid", "softmax"]] = "softmax"

    kind: Literal["softmax"] = "softmax"

    def value(self, f: Tensor, y: Tensor) -> Tensor:
        return (torch.logsumexp(f, -1) - (y * f).sum(-1)).sum(-1)

    def cotangent(self, f: Tensor, y: Tensor) -> Tensor:
        return torch.softmax(f, -1) - y

    def root(self, f: Tensor, y: Tensor) -> Tensor:
        """Q diag(√s), the rows of Q orthonormal and orthogonal to √s: RᵀR = diag(s) − ssᵀ."""
        w = torch.softmax(f, -1).sqrt()
        return _complement(w) * w.unsqueeze(-2)

    def lifted(self, f: Tensor, y: Tensor) -> Tensor:
        """Q(g'/√s), for g' has mean 0."""
        w = torch.softmax(f, -1).sqrt()
        return times(_complement(w), over(self.cotangent(f, y), w))

    def minimiser(self, y: Tensor) -> Tensor:
        logits = torch.log(y)
        return logits - logits.mean(1, keepdim=True)

    def check(self, spec: Experiment) -> Iterator[Objection]:
        y = _targets(spec)
        if y.shape[1] < 2:
            yield "", "at least two outputs for each sample", f"{y.shape[1]}"
        if not (bool((y > 0).all()) and bool(((y.sum(1) - 1).abs() < 1e-9).all())):
            came = f"least {float(y.min()):g}, row sums from {float(y.sum(1).min()):g}"
            yield "", "targets that are positive and sum to 1 in each row", came


def _targets(spec: Experiment) -> Tensor:
    """Targets (n, q) of a spec whose shapes fit."""
    data = spec.problem.data(spec.network)
    return data.rows(data.targets)


def over(values: Tensor, sizes: Tensor) -> Tensor:
    """values/sizes, 0 where the size is 0."""
    return torch.where(sizes > 0.0, values / sizes, 0.0)


def _complement(unit: Tensor) -> Tensor:
    """Q (…, q − 1, q), orthonormal rows orthogonal to unit vectors w (…, q) with entries ≥ 0.

    The Householder reflection that takes w to −e_k, k its greatest entry, less its row k: small entries keep their
    digits.
    """
    order = unit.argsort(dim=-1, descending=True, stable=True)
    v = unit.gather(-1, order)
    v[..., 0] += 1.0
    norm = v.square().sum(-1)[..., None, None]
    reflection = (
        torch.eye(unit.shape[-1], dtype=unit.dtype, device=unit.device) - 2.0 * v.unsqueeze(-1) * v.unsqueeze(-2) / norm
    )
    rows = reflection[..., 1:, :]
    return rows.gather(-1, order.argsort(dim=-1).unsqueeze(-2).expand_as(rows))


AnyLoss = Annotated[Squares | Logistic | Softmax | LogCosh, Field(discriminator="kind")]
