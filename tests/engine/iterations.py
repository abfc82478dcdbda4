"""Runs of optimizers, shared by their tests."""

import numpy as np
import torch
from flowscope import RunSpec
from flowscope.optimizer import Optimizer
from flowscope.run.spec import AnyOptimizer, Solver
from torch import Tensor

from ..cases import mlp_spec


def iterating(spec: RunSpec, *optimizers: Optimizer, **changes: object) -> RunSpec:
    """The spec with these optimizers for solvers, parsed anew."""
    solvers = tuple(Solver(f"{index}", _known(optimizer)) for index, optimizer in enumerate(optimizers))
    return RunSpec.model_validate_json(spec.model_copy(update={"solvers": solvers, **changes}).model_dump_json())


def _known(optimizer: Optimizer) -> AnyOptimizer:
    return optimizer  # pyright: ignore[reportReturnType]  # every class of the family is in the union


def small_mlp(*widths: int, samples: int = 6) -> RunSpec:
    """A regression whose p ≤ 16 parameters are all recorded."""
    spec = mlp_spec("gradient", widths=(1, 4, 1), samples=samples)
    if not widths:
        return spec
    generator = np.random.default_rng(0)
    problem = {
        "kind": "points",
        "inputs": generator.normal(size=(samples, widths[0])).tolist(),
        "targets": generator.normal(size=(samples, widths[-1])).tolist(),
    }
    raw = spec.model_dump(mode="json") | {"network": {"kind": "mlp", "widths": list(widths)}, "problem": problem}
    return RunSpec.model_validate(raw)


def start_of(spec: RunSpec) -> Tensor:
    """θ₀ (p,)."""
    return spec.root(spec.seeds[0])


def gradient(spec: RunSpec, theta: Tensor) -> Tensor:
    """∇L (p,) by autograd through the forward map."""
    data = spec.problem.data(spec.network)
    with torch.enable_grad():
        leaf = theta.detach().clone().requires_grad_()
        loss = (spec.network.forward(leaf.unsqueeze(0), data.inputs)[0] - data.targets).square().sum() / (
            2 * data.samples
        )
        return torch.autograd.grad(loss, leaf)[0]
