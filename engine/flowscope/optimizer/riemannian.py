"""Riemannian gradient descent in the metric that the outputs give the parameters, layer by layer or in full."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from ..component import Count, Experiment, Objection, Real
from ..flow import Linearization, VectorField
from ..integrator import Path
from ..integrator.path import Rows, Trial, where
from ..module.metric import Block, Choice, chosen, flops, possible
from ..module.output import Output, spans
from ..module.pullback import Pullback, Scope, drawn
from ..network import Network
from ..network.network import Cost
from .optimizer import Descent, Optimizer, moment

AUTOMATIC = 0.0
"""η that stands for 1/L."""
ROWS = 8_000
"""Up to so many rows R the R × R matrix of a metric is formed."""


class RiemannianDescent(Optimizer):
    """θ_k = θ_{k−1} − η(G + μI)⁻¹∇L, G = Jᵀg_oJ/n with an output metric g_o, or the blocks of G that belong to one
    layer each.

    `layerwise`: the blocks K_αᵀK_α of the recursion L_{α−1} = L_αA_α, K_α = L_αB_α (Pehle, Slotine 2603.03610, with the
    mass μ of each layer; the mean over samples is ours). `full`: all of G, damped Gauss–Newton where g_o = g''. Output
    metrics: `identity`, `diagonal_hessian` (diag g''), `gauss_newton` (g''), `sampled_fisher` (∂g/∂f at P labels drawn
    from the model at each step; the gradient stays exact). η = 0 takes 1/L, L the layers: G ≤ L·blockdiag(G), so that
    no such step overshoots the quadratic model (ours). Clock: step k stands at t = k. ρ_k = μ/(1+μ). Nothing is
    rejected: a step that is too long diverges. Assumes nothing of J's rank. Cost: f, J, Jᵀr and a solve for each layer
    in the cheapest of four forms, of those that keep their digits; p × p only for p ≤ 2000.
    """

    shared: ClassVar[tuple[str, ...]] = ("metric", "output", "probes", "form", "seed")

    kind: Literal["riemannian_descent"] = "riemannian_descent"
    eta: Annotated[Real, Field(ge=0, le=2)] = Field(
        default=AUTOMATIC, description="step η; 0 takes 1/L, L the layers; 1 in the full metric"
    )
    mass: Annotated[Real, Field(ge=1e-9, le=1e9)] = Field(default=0.1, description="μ, the mass of every parameter")
    metric: Scope = Field(default="layerwise", description="whether layers are taken to move alone or together")
    output: Output = Field(default="gauss_newton", description="g_o, the metric of the outputs")
    probes: Count = Field(
        default=2, ge=1, le=256, description="P, labels drawn for each sample by a sampled Fisher metric"
    )
    form: Choice = Field(
        default="chosen", description="form of the inverse; chosen: the cheapest that keeps its digits"
    )
    seed: Count = Field(default=0, ge=0, lt=2**31, description="seed of the labels of a sampled Fisher metric")

    @staticmethod
    def tally() -> Tensor:
        return torch.tensor([1, 1, 0, 1, 1])

    @property
    def span(self) -> float:
        return 1.0

    @classmethod
    def descent(cls, optimizers: Sequence[Any], lanes: Tensor, theta: Tensor, network: Network) -> Descent:
        return Riemannian(optimizers, lanes, theta, network)

    def check(self, spec: Experiment) -> Iterator[Objection]:
        samples = spec.problem.samples
        blocks = self.blocks(spec.network, samples)
        if self.form == "push_through" and not spans(self.output):
            expected = "a form other than push_through, which needs the gradient among the rows of the metric"
            yield "", expected, self.output
        if (rows := blocks[0].rows) > ROWS:
            expected = f"a metric of at most {ROWS} rows, those of a sample times {samples} samples"
            yield "", expected, f"{rows} of them"
        if self.form != "chosen" and not all(possible(self.form, block) for block in blocks):
            most = max(block.parameters for block in blocks)
            yield "", f"a form that can serve {most} parameters of this network", self.form

    def blocks(self, network: Network, samples: int) -> list[Block]:
        """What is solved for at each step: the layers, or all of them at once."""
        kept = self.probes if self.output == "sampled_fisher" else network.outputs
        rows, has_dual = samples * kept, spans(self.output)
        if not network.matrices:
            return [Block(network.parameters, rows, 0, has_dual)]
        layers = [
            Block(each.rows * (each.columns + 1), rows, each.rows + each.columns, has_dual) for each in network.matrices
        ]
        if self.metric == "layerwise":
            return layers
        return [Block(network.parameters, rows, sum(each.sides for each in layers), has_dual)]

    def cost(self, network: Network, samples: int) -> Cost:
        """That of the network, with J as the metric's rows and the solves in the chosen forms."""
        whole, blocks = network.cost(samples), self.blocks(network, samples)
        solved = sum(
            flops(chosen(block, torch.float64) if self.form == "chosen" else self.form, block) for block in blocks
        )
        share = blocks[0].rows / (samples * network.outputs)
        return Cost(whole.f, whole.jacobian * share, whole.jvp, whole.vjp, solved)


class Riemannian(Descent):
    """Lanes of one metric, whose steps and masses may differ."""

    def __init__(self, optimizers: Sequence[RiemannianDescent], lanes: Tensor, theta: Tensor, network: Network) -> None:
        super().__init__(lanes, theta)
        self._rule, layers = optimizers[0], len(network.matrices) if optimizers[0].metric == "layerwise" else 1
        self._eta = theta.new_tensor([each.eta or 1.0 / max(layers, 1) for each in optimizers]).unsqueeze(1)
        self._mass = theta.new_tensor([each.mass for each in optimizers]).unsqueeze(1)

    def begin(self, field: VectorField, path: Path, rows: Rows) -> None:
        at, _ = field.visit(rows, path.theta[rows])
        path.slope[rows] = self._solve(at, path.steps[rows], self._mine(rows))
        field.held[rows] = self._rho(self._mine(rows)).unsqueeze(1)

    def step(self, field: VectorField, path: Path, rows: Rows) -> Trial:
        mine, theta = self._mine(rows), path.theta[rows]
        end = moment(path, path.steps[rows] + 1.0)
        if (late := end > path.horizon).any():
            return self._rest(field, path, rows, late)
        new = theta + path.slope[rows]
        at, inside = field.visit(rows, new)
        slope = self._solve(at, path.steps[rows] + 1.0, mine)
        if inside is not None:
            slope = torch.where(inside.all(1, keepdim=True), slope, torch.nan)
        kept = torch.isfinite(slope).all(1)
        path.accept(where(rows, kept), end[kept], new[kept], slope[kept], theta[kept].unsqueeze(1))
        return Trial(kept, ~kept)

    def _rho(self, mine: Rows) -> Tensor:
        mass = self._mass[mine, 0]
        return mass / (1.0 + mass)

    def _solve(self, at: Linearization, steps: Tensor, mine: Rows) -> Tensor:
        """−η(G + μI)⁻¹∇L (b, p), the blocks of G one after the other; lanes at different steps draw different
        labels.
        """
        eta, mass = self._eta[mine], self._mass[mine]
        if self._rule.output != "sampled_fisher" or bool((steps == steps[0]).all()):
            return -eta * self._natural(at, mass, int(steps[0]))
        slope = torch.empty_like(at.theta)
        for step in steps.unique():
            some = (steps == step).nonzero()[:, 0]
            slope[some] = self._natural(at[some], mass[some], int(step))
        return -eta * slope

    def _natural(self, at: Linearization, mass: Tensor, step: int) -> Tensor:
        """(G + μI)⁻¹∇L (b, p), with the labels of one step."""
        rule = self._rule
        uniform = drawn(at, rule.probes, rule.seed, step) if rule.output == "sampled_fisher" else None
        return Pullback(rule.output, rule.metric, mass, form=rule.form, uniform=uniform).natural(at)
