"""First-order optimizers, written for one lane and run on columns of lanes: gradient descent, heavy ball, Adam,
AdamW.
"""

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import torch
from pydantic import Field
from torch import Tensor

from ..component import Real
from ..flow import VectorField
from ..integrator import Path
from ..integrator.path import Rows, Trial, where
from ..network import Network
from ..network.network import Matrix
from .optimizer import Descent, Optimizer, State, joined, moment, rows_of

Rate = Annotated[Real, Field(gt=0, le=1e3)]
Fading = Annotated[Real, Field(ge=0, lt=1)]
Tiny = Annotated[Real, Field(gt=0, le=1)]
Decay = Annotated[Real, Field(ge=0, le=1e3)]


class FirstOrder(Optimizer):
    """A method that needs gradients alone. Step k stands at t = k·η."""

    eta: Rate = Field(default=0.05, description="step size η; also the flow time of one step")

    @staticmethod
    def tally() -> Tensor:
        return torch.tensor([1, 0, 0, 1, 0])

    @property
    def span(self) -> float:
        return self.eta

    @classmethod
    def descent(cls, optimizers: Sequence[Any], lanes: Tensor, theta: Tensor, network: Network) -> "Descent":
        return Stepping(optimizers, lanes, theta, network)

    @abstractmethod
    def start(self, theta: Tensor, matrices: Sequence[Matrix]) -> State:
        """What is remembered before the first step of lanes in θ (b, p)."""

    @abstractmethod
    def move(
        self, k: Tensor, theta: Tensor, gradient: Tensor, state: State, matrices: Sequence[Matrix]
    ) -> tuple[Tensor, State]:
        """θ_k (b, p) and what is then remembered, from θ_{k−1}, its gradient and k = 1, 2, … (b, 1)."""


class Stepping(Descent):
    """First-order lanes: every step is accepted, and its gradient is that of the next (as for an integrator, one at the
    start).
    """

    def __init__(self, optimizers: Sequence[FirstOrder], lanes: Tensor, theta: Tensor, network: Network) -> None:
        super().__init__(lanes, theta)
        self._matrices = network.matrices
        self._optimizer = joined(optimizers, theta)
        self._span = theta.new_tensor([optimizer.span for optimizer in optimizers])
        self._state = self._optimizer.start(theta[lanes], self._matrices)

    def begin(self, field: VectorField, path: Path, rows: Rows) -> None:
        path.slope[rows] = field.downhill(rows, path.theta[rows])

    def planned(self, path: Path, rows: Rows) -> Tensor:
        theta, mine, k = path.theta[rows], self._mine(rows), path.steps[rows].unsqueeze(1) + 1.0
        state = tuple(part[mine] for part in self._state)
        return rows_of(self._optimizer, mine).move(k, theta, -path.slope[rows], state, self._matrices)[0] - theta

    def step(self, field: VectorField, path: Path, rows: Rows) -> Trial:
        mine, k = self._mine(rows), path.steps[rows] + 1.0
        end = moment(path, k * self._span[mine])
        if (late := end > path.horizon).any():
            return self._rest(field, path, rows, late)
        theta, state = path.theta[rows], tuple(part[mine] for part in self._state)
        optimizer = rows_of(self._optimizer, mine)
        new, state = optimizer.move(k.unsqueeze(1), theta, -path.slope[rows], state, self._matrices)
        for whole, part in zip(self._state, state, strict=True):
            whole[mine] = part
        slope = field.downhill(rows, new)
        if math.isfinite(float(slope.sum())):
            path.accept(rows, end, new, slope, theta.clone().unsqueeze(1))
            return Trial()
        kept = torch.isfinite(slope).all(1)
        path.accept(where(rows, kept), end[kept], new[kept], slope[kept], theta[kept].unsqueeze(1))
        return Trial(kept, ~kept)


class GradientDescent(FirstOrder):
    """θ_k = θ_{k−1} − η∇L: gradient flow under Euler's method with step η (the last step is not cut to the horizon).

    Cost: one forward and one backward pass a step. Stable where η < 2/λ_max(G).
    """

    kind: Literal["gradient_descent"] = "gradient_descent"

    def start(self, theta: Tensor, matrices: Sequence[Matrix]) -> State:
        return ()

    def move(
        self, k: Tensor, theta: Tensor, gradient: Tensor, state: State, matrices: Sequence[Matrix]
    ) -> tuple[Tensor, State]:
        return theta - self.eta * gradient, ()


class HeavyBall(FirstOrder):
    """B_k = μB_{k−1} + ∇L, θ_k = θ_{k−1} − ηB_k, B_0 = 0 (Polyak 1964; `torch.optim.SGD(momentum=μ)`).

    In a constant gradient it comes to cover η/(1−μ) a step: in the clock t = kη it is 1/(1−μ) faster than the flow.
    Cost: as gradient descent.
    """

    kind: Literal["heavy_ball"] = "heavy_ball"
    momentum: Fading = Field(default=0.9, description="μ, what is kept of the last step")

    def start(self, theta: Tensor, matrices: Sequence[Matrix]) -> State:
        return (torch.zeros_like(theta),)

    def move(
        self, k: Tensor, theta: Tensor, gradient: Tensor, state: State, matrices: Sequence[Matrix]
    ) -> tuple[Tensor, State]:
        ball = self.momentum * state[0] + gradient
        return theta - self.eta * ball, (ball,)


def adam(
    k: Tensor, gradient: Tensor, state: State, first: float | Tensor, second: float | Tensor, epsilon: float | Tensor
) -> tuple[Tensor, State]:
    """Adam's direction m̂/(√v̂ + ε) and the moments (m, v): m = β₁m + (1−β₁)g, v = β₂v + (1−β₂)g², each over 1 − βᵏ."""
    mean = first * state[0] + (1 - first) * gradient
    square = second * state[1] + (1 - second) * gradient.square()
    scale = square.sqrt() / (1 - second**k).sqrt() + epsilon
    return mean / ((1 - first**k) * scale), (mean, square)


class Adam(FirstOrder):
    """θ_k = θ_{k−1} − η m̂/(√v̂ + ε), m̂ and v̂ the unbiased running means of g and g² (Kingma, Ba 1412.6980;
    `torch.optim.Adam`).

    Its steps do not scale with the gradient, so t = kη is its own clock, not that of a flow. Cost: one forward, one
    backward pass a step.
    """

    kind: Literal["adam"] = "adam"
    first: Fading = Field(default=0.9, description="β₁, memory of the mean gradient")
    second: Fading = Field(default=0.999, description="β₂, memory of the mean squared gradient")
    epsilon: Tiny = Field(default=1e-8, description="ε beside √v̂")

    def start(self, theta: Tensor, matrices: Sequence[Matrix]) -> State:
        return torch.zeros_like(theta), torch.zeros_like(theta)

    def move(
        self, k: Tensor, theta: Tensor, gradient: Tensor, state: State, matrices: Sequence[Matrix]
    ) -> tuple[Tensor, State]:
        direction, state = adam(k, gradient, state, self.first, self.second, self.epsilon)
        return theta - self.eta * direction, state


class AdamW(Adam):
    """θ_k = (1 − ηω)θ_{k−1} − η m̂/(√v̂ + ε): Adam with decoupled decay ω (Loshchilov, Hutter 1711.05101;
    `torch.optim.AdamW`).

    Its limit is not a critical point of L where ω > 0. Clock and cost: as Adam.
    """

    kind: Literal["adamw"] = "adamw"  # pyright: ignore[reportIncompatibleVariableOverride]  # a member of the family of its own
    decay: Decay = Field(default=0.01, description="ω, decoupled weight decay")

    def move(
        self, k: Tensor, theta: Tensor, gradient: Tensor, state: State, matrices: Sequence[Matrix]
    ) -> tuple[Tensor, State]:
        return super().move(k, theta * (1 - self.eta * self.decay), gradient, state, matrices)
