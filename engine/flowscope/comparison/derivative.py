"""What a network and a loss must be: their derivatives are those of their values, by automatic differentiation."""

from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from ..network import MLP, Jacobian, Network
from ..problem import AnyLoss, Points
from .agreement import Laws, apart, finite, first, off
from .bench import objection

LANES, SAMPLES = 3, 5
CLOSE = 1e-10
"""Entries of J that two ways of differentiation give differ by less; they are of order 1 here."""
ROUNDING = 1e-14
"""Entries of the derivatives of a loss, of order 1, differ by less."""
SHORT, STRAIGHT = 1e-6, 1e-7
"""Length of a central difference of f, and its error: rounding over that length, with three digits to spare."""
FAR = 1e3
"""Outputs so far from the target overflow where e^f is formed."""


class Differentiated:
    """A network at three starts and five inputs."""

    def __init__(self, network: Network) -> None:
        self.network, generator = network, torch.Generator().manual_seed(7)
        self.theta = torch.stack([network.draw(generator) for _ in range(LANES)])
        self.inputs = torch.randn(SAMPLES, network.inputs, generator=generator, dtype=torch.float64)
        size = SAMPLES * network.outputs
        self.along = torch.randn(LANES, network.parameters, generator=generator, dtype=torch.float64)
        self.across = torch.randn(LANES, size, generator=generator, dtype=torch.float64)

    def laws(self) -> Laws:
        """The laws of every network, by name and in order."""
        laws: Laws = {"start": self.start, "cost": self.cost, "outputs": self.outputs, "derivative": self.derivative}
        return laws | {"differences": self.differences, "products": self.products, "lanes": self.alike}

    def start(self) -> str:
        drawn, again = (self.network.draw(torch.Generator().manual_seed(3)) for _ in range(2))
        fits = drawn.shape == (self.network.parameters,) and finite(drawn) and torch.equal(drawn, again)
        return "" if fits else f"expected {self.network.parameters} numbers, equal for equal seeds, came others"

    def cost(self) -> str:
        counted = vars(self.network.cost(SAMPLES))
        fits = all(each > 0 for each in counted.values())
        return "" if fits else f"expected flops of every kind of evaluation, came {counted}"

    def outputs(self) -> str:
        wanted = self.network.forward(self.theta, self.inputs)
        if wanted.shape != (LANES, SAMPLES * self.network.outputs):
            return f"expected outputs of n·q numbers for each lane, came {tuple(wanted.shape)}"
        return off(self._outputs, wanted, "the forward map", most=ROUNDING)

    def derivative(self) -> str:
        return off(self._jacobian.dense(), self._dense, "∂f/∂θ of the forward map", most=CLOSE)

    def differences(self) -> str:
        ahead, behind = (
            self.network.forward(self.theta + way * SHORT * self.along, self.inputs) for way in (1.0, -1.0)
        )
        return apart(
            self._jacobian.jvp(self.along), (ahead - behind) / (2 * SHORT), "[f(θ + hv) − f(θ − hv)]/2h", most=STRAIGHT
        )

    def products(self) -> str:
        j, dense = self._jacobian, self._dense
        return first(
            off(j.jvp(self.along), (dense @ self.along.unsqueeze(2)).squeeze(2), "J·v", most=CLOSE),
            off(j.vjp(self.across), (dense.mT @ self.across.unsqueeze(2)).squeeze(2), "Jᵀ·v", most=CLOSE),
            off(j.kernel(), dense @ dense.mT, "JJᵀ", most=CLOSE),
            off(j.gram(), dense.mT @ dense, "JᵀJ", most=CLOSE),
        )

    def alike(self) -> str:
        some = off(self._jacobian[1:3].dense(), self._dense[1:3], "some lanes of J as those lanes", most=CLOSE)
        alone = torch.cat([self.network.evaluate(each.unsqueeze(0), self.inputs)[0] for each in self.theta])
        return first(some, off(self._outputs, alone, "the same f for a lane in company and alone", most=ROUNDING))

    @cached_property
    def _evaluated(self) -> tuple[Tensor, Jacobian]:
        return self.network.evaluate(self.theta, self.inputs)

    @property
    def _outputs(self) -> Tensor:
        return self._evaluated[0]

    @property
    def _jacobian(self) -> Jacobian:
        return self._evaluated[1]

    @cached_property
    def _dense(self) -> Tensor:
        """J (B, N, p) from the forward map alone."""
        slope = torch.func.jacrev(lambda each: self.network.forward(each.unsqueeze(0), self.inputs)[0])
        return torch.stack([slope(each) for each in self.theta])  # pyright: ignore[reportArgumentType]  # torch.func is untyped


class Curved:
    """A loss at drawn outputs of four samples, with soft labels that it accepts as targets."""

    def __init__(self, loss: AnyLoss) -> None:
        self.loss, generator = loss, torch.Generator().manual_seed(1)
        self.y = next(labels for labels in map(_labels, (3, 2, 1)) if self._accepts(labels))
        self.f = torch.randn(self.y.shape, generator=generator, dtype=torch.float64)
        self.shift = torch.randn(64, *self.y.shape, generator=generator, dtype=torch.float64)

    def laws(self) -> Laws:
        """The laws of every loss, by name and in order."""
        laws: Laws = {"gradient": self.gradient, "curvature": self.curvature, "rank": self.rank}
        return laws | {"lifted": self.lifted, "least": self.least, "modulus": self.modulus, "far": self.far}

    def gradient(self) -> str:
        return off(self.loss.cotangent(self.f, self.y), torch.func.grad(self._value)(self.f), "∂g/∂f", most=ROUNDING)  # pyright: ignore[reportPrivateImportUsage]  # torch.func is untyped

    def curvature(self) -> str:
        root = self.loss.root(self.f, self.y)
        blocks: Tensor = torch.block_diag(*(root.mT @ root))
        return off(blocks, self._hessian, "RᵀR = ∂²g/∂f², sample by sample", most=ROUNDING)

    def rank(self) -> str:
        root = self.loss.root(self.f, self.y)
        rank = int(torch.linalg.matrix_rank(root).min())
        return "" if rank == root.shape[-2] else f"expected R of full row rank {root.shape[-2]}, came {rank}"

    def lifted(self) -> str:
        inverse = torch.linalg.pinv(self.loss.root(self.f, self.y)).mT
        wanted = (inverse @ self.loss.cotangent(self.f, self.y).unsqueeze(-1)).squeeze(-1)
        return apart(self.loss.lifted(self.f, self.y), wanted, "R⁺ᵀg'")

    def least(self) -> str:
        place = self.loss.minimiser(self.y)
        slope = off(
            self.loss.cotangent(place, self.y), torch.zeros_like(self.y), "g' = 0 at its minimiser", most=ROUNDING
        )
        lower = self.loss.value(place + self.shift, self.y) < self.loss.value(place, self.y)
        return first(slope, "expected no lower value elsewhere, came one" if bool(lower.any()) else "")

    def modulus(self) -> str:
        least = float(torch.linalg.eigvalsh(self._hessian).min())
        fits = least >= self.loss.modulus - ROUNDING
        return "" if fits else f"expected eigenvalues of g'' of at least {self.loss.modulus:g}, came {least:.3g}"

    def far(self) -> str:
        for f in (FAR * self.f, -FAR * self.f):
            if not finite(self.loss.value(f, self.y), self.loss.cotangent(f, self.y), self.loss.root(f, self.y)):
                return f"expected finite numbers where outputs are about {FAR:g}, came others"
        return ""

    @cached_property
    def _hessian(self) -> Tensor:
        """∂²g/∂f² (N, N)."""
        second: Any = torch.func.jacrev(torch.func.grad(self._value))(self.f)  # pyright: ignore[reportPrivateImportUsage]  # torch.func is untyped
        return second.flatten(2).flatten(0, 1)

    def _value(self, f: Tensor) -> Tensor:
        return self.loss.value(f, self.y)

    def _accepts(self, y: Tensor) -> bool:
        inputs = tuple((float(i),) for i in range(y.shape[0]))
        problem = Points(inputs=inputs, targets=tuple(map(tuple, y.tolist())), loss=self.loss)
        return objection(self.loss, MLP(widths=(1, y.shape[1])), problem) is None


def _labels(q: int) -> Tensor:
    """Soft labels (4, q): in (0, 1) for one output, positive rows that sum to 1 for more."""
    draw = torch.randn(4, q, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    return torch.sigmoid(draw) if q == 1 else torch.softmax(draw, 1)
