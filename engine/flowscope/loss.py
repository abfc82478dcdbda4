"""Losses L = g(f)/n of outputs f ∈ R^N against targets y: value, derivative g', a root of g'', and where they are least."""

from abc import abstractmethod
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from .component import Component


class Loss(Component):
    """g is a sum over samples; outputs and targets are (…, n, q) here."""

    modulus: ClassVar[float] = 0.0
    """The infimum of the eigenvalues of g'' over all f: g is strongly convex where it is positive."""

    @abstractmethod
    def value(self, f: Tensor, y: Tensor) -> Tensor:
        """g(f), (…)."""

    @abstractmethod
    def cotangent(self, f: Tensor, y: Tensor) -> Tensor:
        """g'(f), (…, n, q)."""

    @abstractmethod
    def root(self, f: Tensor, y: Tensor) -> Tensor:
        """R (…, n, m, q) of full row rank m ≤ q with RᵀR = g''(f), sample by sample."""

    @abstractmethod
    def minimiser(self, y: Tensor) -> Tensor:
        """A point (n, q) where g is least over all of R^N."""

    def objection(self, y: Tensor) -> tuple[str, str] | None:
        """What is expected and what came, where targets (n, q) do not fit."""
        return None


class Elementwise(Loss):
    """A sum over outputs: g'' is diagonal."""

    @abstractmethod
    def second(self, f: Tensor, y: Tensor) -> Tensor:
        """g'' on the diagonal, (…, n, q)."""

    def root(self, f: Tensor, y: Tensor) -> Tensor:
        return torch.diag_embed(self.second(f, y).sqrt())


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
    """g = Σ log cosh(f − y): quadratic near the target, linear far from it, where its modulus of convexity sech² is small."""

    kind: Literal["log_cosh"] = "log_cosh"

    def value(self, f: Tensor, y: Tensor) -> Tensor:
        r = (f - y).abs()
        return (r + functional.softplus(-2 * r) - torch.log(torch.tensor(2.0, dtype=f.dtype))).sum((-2, -1))

    def cotangent(self, f: Tensor, y: Tensor) -> Tensor:
        return torch.tanh(f - y)

    def second(self, f: Tensor, y: Tensor) -> Tensor:
        return torch.cosh(f - y).reciprocal().square()

    def minimiser(self, y: Tensor) -> Tensor:
        return y


class Logistic(Elementwise):
    """g = Σ [ln(1 + e^f) − y f] with soft labels y in (0, 1), one output: least at the logit of y."""

    kind: Literal["logistic"] = "logistic"

    def value(self, f: Tensor, y: Tensor) -> Tensor:
        return (functional.softplus(f) - y * f).sum((-2, -1))

    def cotangent(self, f: Tensor, y: Tensor) -> Tensor:
        return torch.sigmoid(f) - y

    def second(self, f: Tensor, y: Tensor) -> Tensor:
        s = torch.sigmoid(f)
        return s * (1.0 - s)

    def minimiser(self, y: Tensor) -> Tensor:
        return torch.log(y / (1.0 - y))

    def objection(self, y: Tensor) -> tuple[str, str] | None:
        if y.shape[1] != 1:
            return "one output for each sample", f"{y.shape[1]}"
        return (
            None if bool(((y > 0) & (y < 1)).all()) else ("targets strictly between 0 and 1", f"{float(y.min()):g} to {float(y.max()):g}")
        )


class Softmax(Loss):
    """g = Σ_i [ln Σ_o e^{f_io} − y_i·f_i], cross-entropy with soft labels y_i > 0 that sum to 1; it does not see the row means of f.

    Its minimisers form fibres; the one with row means 0 is log y minus its row means. g'' = diag(s) − ssᵀ has rank q − 1.
    """

    kind: Literal["softmax"] = "softmax"

    def value(self, f: Tensor, y: Tensor) -> Tensor:
        return (torch.logsumexp(f, -1) - (y * f).sum(-1)).sum(-1)

    def cotangent(self, f: Tensor, y: Tensor) -> Tensor:
        return torch.softmax(f, -1) - y

    def root(self, f: Tensor, y: Tensor) -> Tensor:
        s = torch.softmax(f, -1)
        values, vectors = torch.linalg.eigh(torch.diag_embed(s) - s.unsqueeze(-1) * s.unsqueeze(-2))
        return (vectors[..., 1:] * values[..., None, 1:].clamp_min(0.0).sqrt()).mT

    def minimiser(self, y: Tensor) -> Tensor:
        logits = torch.log(y)
        return logits - logits.mean(1, keepdim=True)

    def objection(self, y: Tensor) -> tuple[str, str] | None:
        if y.shape[1] < 2:
            return "at least two outputs for each sample", f"{y.shape[1]}"
        fits = bool((y > 0).all()) and bool(((y.sum(1) - 1).abs() < 1e-9).all())
        return (
            None
            if fits
            else (
                "targets that are positive and sum to 1 in each row",
                f"least {float(y.min()):g}, row sums from {float(y.sum(1).min()):g}",
            )
        )


AnyLoss = Annotated[Squares | Logistic | Softmax | LogCosh, Field(discriminator="kind")]
