"""Problems with known answers, shared by the engine's tests."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch
from flowscope import FRAMES_PER_CHUNK, Recording, Run, RunSpec, preset, run
from flowscope.flow import Constant, ExponentialDecay, GaussNewton, Gradient, LossProportional, SmallestEigenvalue
from flowscope.integrator import AnyIntegrator, DormandPrince
from flowscope.network import MLP, Network, Neuron, Pair, Phase, Product, ScaledNeuron, Sheet, SineCurve, TwoTerm
from flowscope.problem import Points, Teacher
from flowscope.run.spec import Point, Random, Solver
from torch import Tensor

INPUTS = ((-0.87,), (-0.34,), (1.75,))
TEACHER, START = (0.35, -0.86), (1.13, 1.44)
NETWORKS: dict[str, Network] = {
    "neuron": Neuron(),
    "scaled_neuron": ScaledNeuron(),
    "two_term": TwoTerm(),
    "product": Product(),
    "pair": Pair(),
    "sheet": Sheet(),
    "phase": Phase(),
    "sine_curve": SineCurve(amplitude=0.4),
    "pair, uncentred": Pair(alpha=2.0, second=1.0, centre=None),
    "mlp 2-5-1": MLP(widths=(2, 5, 1)),
    "mlp 2-4-3-2 sin": MLP(widths=(2, 4, 3, 2), activation="sin"),
    "mlp 1-3-3-3-1 softplus": MLP(widths=(1, 3, 3, 3, 1), activation="softplus"),
    "mlp 3-2 (affine)": MLP(widths=(3, 2)),
    "mlp 2-4-1 softplus, sharp": MLP(widths=(2, 4, 1), activation="softplus", sharpness=10.0),
    "mlp 2-4-3-1 silu": MLP(widths=(2, 4, 3, 1), activation="silu"),
    "mlp 2-4-3-1 gelu": MLP(widths=(2, 4, 3, 1), activation="gelu"),
    "mlp 2-6-1 relu": MLP(widths=(2, 6, 1), activation="relu"),
}
FLOWS = {
    "gradient": Gradient(),
    "gauss_newton": GaussNewton(damping=Constant(rho=0.0)),
    "constant": GaussNewton(damping=Constant(rho=0.1)),
    "smallest_eigenvalue": GaussNewton(damping=SmallestEigenvalue(scale=1.0)),
    "exponential_decay": GaussNewton(damping=ExponentialDecay(rate=2.0)),
    "loss_proportional": GaussNewton(damping=LossProportional()),
}


@cache
def recorded(name: str) -> Recording:
    """A preset's run, made once for all tests of a worker."""
    return run(preset(name).spec)


FINE = DormandPrince()


def stage_spec(*flows: str, offset: float = 0.05, integrator: AnyIntegrator = FINE, **changes: object) -> RunSpec:
    """The default stage with the named flows."""
    spec = RunSpec(
        problem=Teacher(inputs=INPUTS, parameters=TEACHER, offset=offset),
        network=Neuron(),
        start=Point(parameters=START),
        solvers=tuple(Solver(name, FLOWS[name], integrator) for name in flows or FLOWS),
        horizon=12.0,
        interval=0.05,
    )
    return spec.model_copy(update=changes)


def mlp_spec(*flows: str, widths: tuple[int, ...] = (1, 8, 8, 1), samples: int = 12, **changes: object) -> RunSpec:
    """A small regression: targets sin(3x) on an even grid."""
    x = np.linspace(-1.0, 1.0, samples)
    return RunSpec(
        problem=Points(inputs=tuple((float(v),) for v in x), targets=tuple((float(np.sin(3 * v)),) for v in x)),
        network=MLP(widths=widths),
        start=Random(),
        solvers=tuple(Solver(name, FLOWS[name]) for name in flows),
        horizon=2.0,
        interval=0.1,
    ).model_copy(update=changes)


def table(spec: RunSpec, frames: int = FRAMES_PER_CHUNK) -> pa.Table:
    """All frames of a run, so many computed at once."""
    run = Run(spec)
    return pa.Table.from_batches(list(iter(lambda: run.chunk(frames), None)), run.schema)


def lane(frames: pa.Table, number: int) -> pa.Table:
    """The frames of one lane."""
    return frames.filter(pc.equal(frames["lane"], number))  # pyright: ignore[reportAttributeAccessIssue]  # made at import time, unknown to the stubs


def column(frames: pa.Table, name: str) -> np.ndarray:
    """A column as an array, (rows,) or (rows, width)."""
    return np.array(frames[name].to_pylist(), dtype=float)


def dense(network: Network, theta: Tensor, inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Outputs (N,) and Jacobian (N, p) at θ (p,), by `torch.func` from the forward map alone."""
    forward: Callable[[Tensor], Tensor] = lambda t: network.forward(t.unsqueeze(0), inputs)[0]  # noqa: E731
    return forward(theta), torch.func.jacrev(forward)(theta)  # pyright: ignore[reportReturnType]  # torch.func is untyped
