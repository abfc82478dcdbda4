"""What the layers of a lane look like at one of its frames, in the metric of the run's Riemannian descent."""

from dataclasses import dataclass, replace
from itertools import islice
from typing import cast

import torch
from torch import Tensor

from ..alone import alone
from ..component import SpecError
from ..flow import Linearization
from ..module.local import LocalRates, local_rates
from ..module.metric import Block, Form, possible, solve
from ..module.portrait import Portrait, portrait
from ..module.pullback import Pullback
from ..network import MLP, Layered, Network
from ..optimizer import RiemannianDescent
from ..problem import Data
from ..run.run import Run
from ..run.spec import Branch, RunSpec
from .action import Action, action

MASS = 0.1
"""μ where the run has no Riemannian descent to take it from."""
OUTPUTS = 600
"""Up to so many outputs layers are looked at."""
RATED = 300
"""Up to so many parameters the rates of layers are measured."""
WALKED = 20_000_000
"""Up to so many frames times outputs times parameters the action up to there is: its path and its Jacobians are held at
once.
"""
TINY = 1e-7
"""The mass at which single precision is tried."""


@dataclass(frozen=True)
class Layers:
    """The `portrait` of a lane, the `widths` of its network, the `metric` it is seen in, and η of its lane, None for
    another method.

    `single`: for each layer the relative error of (KᵀK + 1e-7 I)⁻¹g in single precision, by form, against double
    precision; NaN where a form cannot serve the layer. `rates` are those of the layerwise flow there, `action` that of
    the lane up to there in the `metric`; None where the network or the way is too long.
    """

    portrait: Portrait
    widths: tuple[int, ...]
    metric: Pullback
    eta: float | None
    single: tuple[dict[str, float], ...]
    rates: LocalRates | None
    action: Action | None


def layers_at(spec: RunSpec, solver: int, seed: int, frame: int) -> Layers:
    """The layers of a lane at a frame of its run, which is integrated anew up to there.

    Raises SpecError where there is no such lane or frame, and where the network has no layers.
    """
    if not isinstance(spec.network, MLP):
        raise SpecError("network", "a network of layers", spec.network.kind)
    outputs = spec.problem.samples * spec.network.outputs
    if outputs > OUTPUTS:
        raise SpecError(
            "problem", f"at most {OUTPUTS} outputs, since each layer takes a decomposition of that size", str(outputs)
        )
    branch = Branch(parent=spec, solver=solver, seed=seed, frame=frame)
    for path, expected, came in branch.check(spec):
        raise SpecError(path, expected, str(came))
    run = Run(branch.alone, device="cpu")
    with alone():
        way: tuple[Tensor, Tensor] | None = None
        if frame and (frame + 1) * outputs * run.network.parameters <= WALKED:
            frames = list(islice(run.walk(), frame + 1))
            time, path = way = torch.cat([each[1] for each in frames]), torch.cat([each[2] for each in frames])
            theta = path[-1] if float(time[-1]) >= spec.time(frame) else None
        else:
            theta = run.reach(frame)
        if theta is None:
            raise SpecError("frame", "one before the lane ended", str(frame))
        rule = spec.solvers[solver].method
        own = rule if isinstance(rule, RiemannianDescent) else None
        shown = own or next((s.method for s in spec.solvers if isinstance(s.method, RiemannianDescent)), None)
        output = (
            shown.output if shown and shown.output != "sampled_fisher" else "gauss_newton"
        )  # its labels are drawn anew at each step
        metric = Pullback(output, "layerwise", shown.mass if shown else MASS)
        data = spec.problem.data(spec.network)
        found = portrait(run.network, data, theta, metric)
        count = len(found.layers)
        eta = (own.eta or (1.0 / count if own.metric == "layerwise" else 1.0)) if own else None
        rates = local_rates(run.network, data, theta, metric) if run.network.parameters <= RATED else None
        spent = action(run.network, data, *way, metric) if way else None
        return Layers(found, spec.network.widths, metric, eta, _single(run.network, data, theta, metric), rates, spent)


def _single(network: Network, data: Data, theta: Tensor, metric: Pullback) -> tuple[dict[str, float], ...]:
    at = Linearization.of(network, data, theta.unsqueeze(0))
    factors, dual = replace(metric, mass=TINY).factors(at)
    out = []
    for factor, gradient in zip(factors, at.gradient.split([each.shape[2] for each in factors], 1), strict=True):
        assert isinstance(factor, Layered), "the factors of layers"
        mass, errors = gradient.new_full((1, 1), TINY), {}
        exact = solve(factor, gradient, mass, dual=dual)
        low = Layered(tuple(a.float() for a in factor.activations), tuple(c.float() for c in factor.cotangents))
        for form in ("woodbury", "push_through", "khatri_rao"):
            able = possible(cast(Form, form), Block.of(factor, dual))
            if not able or (form == "push_through" and dual is None):
                errors[form] = float("nan")
                continue
            found = solve(
                low, gradient.float(), mass.float(), dual=None if dual is None else dual.float(), form=cast(Form, form)
            )
            errors[form] = float((found.double() - exact).norm() / exact.norm())
        out.append(errors)
    return tuple(out)
