"""Inner solvers of a minimizing movement: one iteration each on Φ(F(θ)), written for a batch of lanes.

An iteration is planned where a lane stands (`plan`: a gradient, a velocity or a step), made (`move`), and kept or not
(`judge`).
"""

from abc import abstractmethod
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor

from ..component import Component, Real, wrong
from ..flow import Linearization, VectorField
from ..integrator import RK4, DormandPrince, Path
from ..integrator.path import Rows
from ..network import Network
from ..network.network import Matrix
from ..optimizer import SOAP, Adam, AdamW, GradientDescent, HeavyBall, Muon
from ..optimizer.first_order import FirstOrder
from ..optimizer.levenberg_marquardt import LEAST, MOST, nielsen
from ..optimizer.optimizer import State, joined, rows_of
from .subproblem import Subproblem

GRID = torch.tensor([0.5**k for k in range(13)], dtype=torch.float64)
"""The steps that a line search compares."""
TRIALS = 200
"""Steps, rejected ones included, after which a geodesic of time 1 is given up."""
ARRIVED = 1e-13
"""A Gauss–Newton step of this size relative to 1 + |θ| moves nothing: the inner solver has come to rest."""

UNSEEN = 1e-8
"""A step of this size changes Φ near its minimum by 1e-16: where it is refused, it was refused by rounding."""

Shift = Annotated[Real, Field(ge=0, le=1e6)]
"""λ in units of eigenvalues of the matrix that it is added to."""


@dataclass(frozen=True)
class Ground:
    """What an iteration may ask besides its plan: the network, its weight matrices, the field that counts, the lanes
    and their Φ.
    """

    network: Network
    matrices: Sequence[Matrix]
    field: VectorField
    rows: Rows
    problem: Subproblem

    @property
    def lanes(self) -> Tensor:
        """The lanes as indices."""
        every = torch.arange(self.field.calls.numel(), device=self.field.calls.device)
        return every[self.rows]


class Inner(Component):
    """A method for Φ(F(θ)) = E + ‖F(θ) − u^k‖²_H/(2τ), warm-started at θ^k."""

    shared: ClassVar[tuple[str, ...]] = ()
    """Fields that must agree for lanes to share a program."""
    spared: ClassVar[tuple[int, int, int, int, int]] = (0, 0, 0, 0, 0)
    """What an iteration that is not kept costs less."""

    @abstractmethod
    def tally(self) -> Tensor:
        """What one evaluation costs: evaluations of f, J, J·v, Jᵀ·v and solves."""

    @property
    def program(self) -> Hashable:
        """Lanes of equal programs advance together."""
        return (type(self), *(getattr(self, name) for name in self.shared))

    @classmethod
    def together(cls, inners: Sequence[Any], like: Tensor) -> "Inner":
        """One of this class with columns (b, 1) for numbers."""
        return joined(inners, like)

    def of(self, mine: Rows) -> "Inner":
        """The same for some lanes."""
        return rows_of(self, mine)

    def objection(self, network: Network, samples: int) -> tuple[str, str] | None:
        """What is expected and what came, where this cannot work on `network` and n samples."""
        return None

    def start(self, theta: Tensor, matrices: Sequence[Matrix]) -> State:
        """What is remembered before the first iteration of lanes in θ (b, p)."""
        return ()

    def anew(self, state: State, theta: Tensor, matrices: Sequence[Matrix]) -> State:
        """What is remembered of `state` when the next outer step begins."""
        return state

    @abstractmethod
    def plan(self, at: Linearization, problem: Subproblem, state: State, network: Network) -> tuple[Tensor, State]:
        """What the next iteration is made of (b, p), and what is then remembered."""

    @abstractmethod
    def move(self, ground: Ground, k: Tensor, theta: Tensor, plan: Tensor, state: State) -> tuple[Tensor, State]:
        """θ (b, p) after iteration k = 1, 2, … (b, 1) of this outer step, and what is then remembered."""

    def judge(self, fall: Tensor, state: State) -> tuple[Tensor | None, Tensor | None, State]:
        """Whether an iteration that lowers Φ by `fall` (b,) is kept (None: always), its gain ratio, and what is then
        remembered.
        """
        return None, None, state

    def rests(self, theta: Tensor, plan: Tensor, kept: Tensor) -> Tensor:
        """Whether nothing further happens in θ (b, p) with what was planned there, the iteration before having been
        `kept` (b,) or not.
        """
        return torch.zeros_like(kept)


class Newton(Inner):
    """A method with one linearization and one solve an iteration."""

    damping: Shift = Field(default=0.0, description="λ beside the matrix; 0: within the cut of J")

    def tally(self) -> Tensor:
        return torch.tensor([1, 1, 0, 1, 1])

    def _shift(self, at: Linearization) -> Tensor:
        return torch.as_tensor(self.damping, dtype=at.theta.dtype).flatten().expand(at.theta.shape[0])

    def plan(self, at: Linearization, problem: Subproblem, state: State, network: Network) -> tuple[Tensor, State]:
        return problem.newton(at, self._shift(at)), state

    def rests(self, theta: Tensor, plan: Tensor, kept: Tensor) -> Tensor:
        return still(theta, plan)


class GaussNewtonFlow(Newton):
    """θ' = −(G + λI)⁻¹Jᵀ dΦ/n, G = JᵀJ/n, by classical Runge–Kutta steps: at λ = 0 the outputs follow v' = −P dΦ, Φ's
    Riemannian gradient flow, and Φ − Φ* falls at least as e^{−2μ_g s} where Φ is geodesically μ_g-strongly convex. An
    iteration is inner time h and costs four linearizations. Stable for h below about 2.8/(1/τ + the greatest g'').
    """

    kind: Literal["gauss_newton_flow"] = "gauss_newton_flow"
    dt: Annotated[Real, Field(gt=0, le=10)] = Field(default=0.1, description="h, inner time of one iteration")

    def plan(self, at: Linearization, problem: Subproblem, state: State, network: Network) -> tuple[Tensor, State]:
        return problem.flow(at, self._shift(at)), state

    def move(self, ground: Ground, k: Tensor, theta: Tensor, plan: Tensor, state: State) -> tuple[Tensor, State]:
        def slope(rows: Rows, time: Tensor, theta: Tensor) -> Tensor:
            at, inside = ground.field.visit(rows, theta)
            velocity = ground.problem.flow(at, self._shift(at))
            return velocity if inside is None else torch.where(inside.all(1, keepdim=True), velocity, torch.nan)

        size = torch.as_tensor(self.dt, dtype=theta.dtype).flatten().expand(theta.shape[0])
        return RK4().advance(slope, ground.rows, k[:, 0] * 0.0, size, theta, plan), state


class Retraction(Newton):
    """θ + ηd, d = −(Jᵀ(g'' + 1/τ)J/n + λI)⁻¹Jᵀ dΦ/n: the Gauss–Newton step in parameters, a first-order retraction of
    the exponential map.

    Order 2 adds η²θ''/2 with θ'' = −(G + λI)⁻¹Jᵀ∇²f[d, d]/n, the geodesic's acceleration. F(exp) − F(order 1) is of
    order 2 in η, F(exp) − F(order 2) of order 3. At η = 1 and λ = 0 the distance to the minimiser shrinks by q =
    max|λ(G⁻¹S_N)|/m in the limit. A fixed step, so it may overshoot at first.
    """

    shared: ClassVar[tuple[str, ...]] = ("order",)

    kind: Literal["retraction"] = "retraction"
    order: Literal[1, 2] = Field(
        default=1, description="1: straight in θ; 2: along the parabola that the geodesic osculates"
    )
    eta: Annotated[Real, Field(gt=0, le=2)] = Field(
        default=1.0, description="η, step in units of 1/m; 1 is the full Gauss–Newton step"
    )

    def plan(self, at: Linearization, problem: Subproblem, state: State, network: Network) -> tuple[Tensor, State]:
        step = self.eta * problem.newton(at, self._shift(at))
        if self.order == 1:
            return step, state
        shift = self._shift(at)
        rho = shift / (1.0 + shift)
        bend = at.along(twice(network, at.data.inputs, at.theta, step))
        return step + 0.5 * (rho - 1.0).unsqueeze(1) * bend.damped(rho), state

    def move(self, ground: Ground, k: Tensor, theta: Tensor, plan: Tensor, state: State) -> tuple[Tensor, State]:
        return theta + plan, state


class Exponential(Newton):
    """exp_θ(ηd), the point after time 1 on the geodesic of the metric JᵀJ/n that leaves along the Gauss–Newton step d.

    The discrete companion of the inner flow: for η/m < 2/L_g the gap shrinks by at least 2(η/m)μ_g(1 − (η/m)L_g/2).
    Geodesics, θ'' = −(G + λI)⁻¹Jᵀ∇²f[θ', θ']/n, by Dormand–Prince with a tolerance of its own, far below the error of
    any retraction. Assumes that J keeps its rank along them; a geodesic that ends before time 1, or takes more than 200
    trials, is no iterate, and the lane diverges. Cost: a linearization and two J·v for each evaluation, six of them in
    a trial.
    """

    shared: ClassVar[tuple[str, ...]] = ("tolerance",)

    kind: Literal["exponential"] = "exponential"
    eta: Annotated[Real, Field(gt=0, le=2)] = Field(default=1.0, description="η, step in units of 1/m")
    tolerance: Annotated[Real, Field(ge=1e-12, le=1e-3)] = Field(
        default=1e-8, description="relative error of one step along a geodesic"
    )

    def plan(self, at: Linearization, problem: Subproblem, state: State, network: Network) -> tuple[Tensor, State]:
        return self.eta * problem.newton(at, self._shift(at)), state

    def move(self, ground: Ground, k: Tensor, theta: Tensor, plan: Tensor, state: State) -> tuple[Tensor, State]:
        lanes = ground.lanes
        shift = torch.as_tensor(self.damping, dtype=theta.dtype).flatten().expand(theta.shape[0])
        rho, products = shift / (1.0 + shift), torch.tensor([0, 0, 2, 0, 0], device=theta.device)

        def speed(rows: Rows, time: Tensor, state: Tensor) -> Tensor:
            place, velocity = state.chunk(2, 1)
            at, inside = ground.field.visit(lanes[rows], place)
            ground.field.surplus[lanes[rows]] += products
            bend = at.along(twice(ground.network, at.data.inputs, at.theta, velocity))
            turn = (rho[rows] - 1.0).unsqueeze(1) * bend.damped(rho[rows])
            change = torch.cat((velocity, turn), 1)
            return change if inside is None else torch.where(inside.all(1, keepdim=True), change, torch.nan)

        tolerance = float(torch.as_tensor(self.tolerance).max())  # the same in all lanes of one program
        path, pair = (
            Path.at_rest(torch.cat((theta, plan), 1), 1.0),
            DormandPrince(rtol=tolerance, atol=1e-4 * tolerance),
        )
        pair.begin(speed, path, slice(None))
        alive = torch.isfinite(path.slope).all(1)
        for _ in range(TRIALS):
            behind = (alive & (path.time < 1.0)).nonzero()[:, 0]
            if not behind.numel():
                break
            trial = pair.step(speed, path, behind)
            if trial.broken is not None:
                alive[behind[trial.broken]] = False
        arrived = (path.time >= 1.0).unsqueeze(1)
        return torch.where(arrived, path.theta[:, : theta.shape[1]], torch.nan), state


class LineSearch(Newton):
    """θ + s·d, d the Gauss–Newton step of Φ, with the s among 1, ½, … 2⁻¹² that lowers Φ most. Cost: thirteen f
    besides.
    """

    kind: Literal["line_search"] = "line_search"
    damping: Shift = Field(default=1e-6, description="λ beside the matrix; 0: within the cut of J")

    def move(self, ground: Ground, k: Tensor, theta: Tensor, plan: Tensor, state: State) -> tuple[Tensor, State]:
        sizes = GRID.to(theta.device)[:, None, None]
        tried = theta + sizes * plan
        outputs = ground.network.forward(tried.flatten(0, 1), ground.problem.energy.data.inputs).unflatten(
            0, (GRID.numel(), -1)
        )
        value = ground.problem.value(outputs).nan_to_num(nan=torch.inf)
        ground.field.surplus[ground.rows] += torch.tensor([GRID.numel(), 0, 0, 0, 0], device=theta.device)
        best = value.argmin(0)
        return tried.gather(0, best[None, :, None].expand(1, -1, theta.shape[1]))[0], state

    def judge(self, fall: Tensor, state: State) -> tuple[Tensor | None, Tensor | None, State]:
        return fall > 0.0, None, state

    def rests(self, theta: Tensor, plan: Tensor, kept: Tensor) -> Tensor:
        return super().rests(theta, plan, kept) | ~kept  # what lowered Φ by no step will not


class GainRatio(Inner):
    """Levenberg–Marquardt on Φ: h = −(Jᵀ(g'' + 1/τ)J/n + λI)⁻¹Jᵀ dΦ/n, kept where ϱ = (Φ − Φ')/(Φ − Φ_model) >
    `threshold`; λ as in `levenberg_marquardt` (Nielsen), carried from one outer step to the next. Every trial is an
    iteration, a rejected one too.
    """

    spared: ClassVar[tuple[int, int, int, int, int]] = (0, 1, 0, 1, 0)

    kind: Literal["gain_ratio"] = "gain_ratio"
    damping: Annotated[Real, Field(ge=1e-12, le=1e12)] = Field(default=1e-3, description="λ₀, the first λ")
    threshold: Annotated[Real, Field(ge=0, lt=1)] = Field(
        default=1e-3, description="gain ratio above which a trial is kept"
    )

    def tally(self) -> Tensor:
        return torch.tensor([1, 1, 0, 1, 1])

    def start(self, theta: Tensor, matrices: Sequence[Matrix]) -> State:
        shift = (
            torch.as_tensor(self.damping, dtype=theta.dtype, device=theta.device)
            .flatten()
            .expand(theta.shape[0])
            .clone()
        )
        return shift, torch.full_like(shift, 2.0), torch.zeros_like(shift)

    def plan(self, at: Linearization, problem: Subproblem, state: State, network: Network) -> tuple[Tensor, State]:
        shift, growth, _ = state
        step = problem.newton(at, shift)
        promised = 0.5 * (step * (shift.unsqueeze(1) * step - problem.gradient(at))).sum(1)
        return step, (shift, growth, promised)

    def move(self, ground: Ground, k: Tensor, theta: Tensor, plan: Tensor, state: State) -> tuple[Tensor, State]:
        return theta + plan, state

    def judge(self, fall: Tensor, state: State) -> tuple[Tensor | None, Tensor | None, State]:
        shift, growth, promised = state
        ratio = fall / promised
        kept = (fall > 0.0) & (ratio > torch.as_tensor(self.threshold).flatten())
        shift, growth = nielsen(ratio, kept, shift, growth)
        return kept, ratio, (shift.clamp(LEAST, MOST), growth, promised)

    def rests(self, theta: Tensor, plan: Tensor, kept: Tensor) -> Tensor:
        return still(theta, plan) | ~kept & still(theta, plan, UNSEEN)


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

    def objection(self, network: Network, samples: int) -> tuple[str, str] | None:
        return self.optimizer.objection(network, samples)

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


AnyInner = Annotated[
    GainRatio | LineSearch | Retraction | Exponential | GaussNewtonFlow | ByGradients,
    Field(discriminator="kind"),
]


def still(theta: Tensor, step: Tensor, size: float = ARRIVED) -> Tensor:
    """Whether a step (b, p) from θ (b, p) is at most `size` relative to 1 + |θ|."""
    return step.abs().amax(1) <= size * (1.0 + theta.abs().amax(1))


def twice(network: Network, inputs: Tensor, theta: Tensor, step: Tensor) -> Tensor:
    """∇²f[d, d] (b, N) for steps d (b, p): the derivative along d of the derivative along d."""
    return along(lambda t: along(lambda place: network.forward(place, inputs), t, step), theta, step)


def along(function: Callable[[Tensor], Tensor], theta: Tensor, step: Tensor) -> Tensor:
    """Jd (b, N) of a map of lanes, as the derivative in w of ⟨Jᵀw, d⟩: reverse mode twice.

    Forward mode would warn (`manifold/geometry.py`).
    """
    outputs, pull = torch.func.vjp(function, theta)[:2]  # pyright: ignore[reportPrivateImportUsage]  # torch.func is untyped
    push = torch.func.vjp(lambda w: pull(w)[0], torch.zeros_like(outputs))[1]  # pyright: ignore[reportPrivateImportUsage]  # as above
    return push(step)[0]
