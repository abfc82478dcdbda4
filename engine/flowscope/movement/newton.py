"""Inner solvers that solve for a step: Gauss–Newton on Φ(F(θ)), its line search, retractions and gain ratio."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from ..component import Real
from ..flow import Linearization
from ..integrator import RK4, DormandPrince, Path
from ..integrator.path import Rows
from ..network import Network
from ..network.network import Matrix
from ..optimizer.levenberg_marquardt import LEAST, MOST, nielsen
from ..optimizer.optimizer import State
from .inner import Ground, Inner, still
from .subproblem import Subproblem

GRID = torch.tensor([0.5**k for k in range(13)], dtype=torch.float64)
"""The steps that a line search compares."""
TRIALS = 200
"""Steps, rejected ones included, after which a geodesic of time 1 is given up."""
UNSEEN = 1e-8
"""A step of this size changes Φ near its minimum by 1e-16: where it is refused, it was refused by rounding."""

Shift = Annotated[Real, Field(ge=0, le=1e6)]
"""λ in units of eigenvalues of the matrix that it is added to."""


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


def twice(network: Network, inputs: Tensor, theta: Tensor, step: Tensor) -> Tensor:
    """∇²f[d, d] (b, N) for steps d (b, p): the second derivative of f(θ + sd) at s = 0.

    Reverse mode gives it of ⟨f, w⟩, which is linear in w; its derivative in w is that of every output. No lane hangs on
    another's s. Torch 2.6 gives 0 for second derivatives in inference mode, in which runs compute, so they are taken
    outside of it.
    """
    with torch.inference_mode(mode=False), torch.enable_grad():
        x, at, d = (each.clone() for each in (inputs, theta, step))
        s = at.new_zeros(at.shape[0], 1).requires_grad_()
        outputs = network.forward(at + s * d, x)
        w = torch.ones_like(outputs).requires_grad_()
        (slope,) = torch.autograd.grad((outputs * w).sum(), s, create_graph=True)
        slope = slope + 0.0 * s  # a slope that hangs on no s, as where f is linear, has the derivative 0
        (bend,) = torch.autograd.grad(slope.sum(), s, create_graph=True)
        return torch.autograd.grad((bend + 0.0 * w[:, :1]).sum(), w)[0]
