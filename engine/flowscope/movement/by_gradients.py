"""The inner solver that takes gradients alone: a first-order optimizer on Φ(F(θ))."""

from collections.abc import Hashable, Iterator, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator
from torch import Tensor

from ..component import Experiment, Objection, Real, wrong
from ..flow import Linearization
from ..integrator.path import Rows
from ..network import Network
from ..network.network import Matrix
from ..optimizer import SOAP, Adam, AdamW, GradientDescent, HeavyBall, Muon
from ..optimizer.first_order import FirstOrder
from ..optimizer.optimizer import State, joined, rows_of
from .inner import Ground, Inner
from .subproblem import Subproblem


class UndecayedAdamW(AdamW):
    """Adam with decoupled decay; within a prox the decay must be 0."""

    decay: Annotated[Real, Field(ge=0, le=1e3)] = Field(
        default=0.0, description="ω, which must be 0: it would move the prox's minimiser"
    )


AnyFirstOrder = Annotated[
    GradientDescent | HeavyBall | Adam | UndecayedAdamW | Muon | SOAP, Field(discriminator="kind")
]


class ByGradients(Inner):
    """A first-order optimizer on Φ(F(θ)): its own rule, of which the gradient is Jᵀ dΦ/n. Its state begins anew at each
    outer step, or is carried. Weight decay must be 0: it moves the minimiser of the prox. Muon at a constant rate does
    not settle; SOAP's first call rests.
    """

    shared: ClassVar[tuple[str, ...]] = ("memory",)

    kind: Literal["by_gradients"] = "by_gradients"
    optimizer: AnyFirstOrder = Field(default=Adam(eta=1e-2), description="the rule of one iteration")
    memory: Literal["reset", "carried"] = Field(
        default="reset", description="what becomes of its state at an outer step"
    )

    @model_validator(mode="after")
    def _undecayed(self) -> "ByGradients":
        for name in ("decay", "bias_decay"):
            if isinstance(decay := getattr(self.optimizer, name, 0.0), float) and decay:
                raise wrong(f"optimizer.{name}", "0, since decay moves the minimiser of the prox", decay)
        return self

    def tally(self) -> Tensor:
        return self.optimizer.tally()

    @property
    def program(self) -> Hashable:
        return (*super().program, self.optimizer.program)  # pyright: ignore[reportGeneralTypeIssues]  # a tuple

    @classmethod
    def together(cls, inners: Sequence[Any], like: Tensor) -> "ByGradients":
        return inners[0].model_copy(update={"optimizer": joined([each.optimizer for each in inners], like)})

    def of(self, mine: Rows) -> "ByGradients":
        return self.model_copy(update={"optimizer": rows_of(self.optimizer, mine)})

    def check(self, spec: Experiment) -> Iterator[Objection]:
        yield from self.optimizer.check(spec)

    def start(self, theta: Tensor, matrices: Sequence[Matrix]) -> State:
        return (theta.new_zeros(theta.shape[0]), *self._rule.start(theta, matrices))

    def anew(self, state: State, theta: Tensor, matrices: Sequence[Matrix]) -> State:
        return state if self.memory == "carried" else self.start(theta, matrices)

    def plan(self, at: Linearization, problem: Subproblem, state: State, network: Network) -> tuple[Tensor, State]:
        return problem.gradient(at), state

    def move(self, ground: Ground, k: Tensor, theta: Tensor, plan: Tensor, state: State) -> tuple[Tensor, State]:
        count = state[0] + 1.0
        new, rest = self._rule.move(count.unsqueeze(1), theta, plan, state[1:], ground.matrices)
        return new, (count, *rest)

    @property
    def _rule(self) -> FirstOrder:
        return self.optimizer
