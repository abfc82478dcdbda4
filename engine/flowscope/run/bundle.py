"""Which lanes advance together: those that share an integrator, or an optimizer's program."""

from typing import NamedTuple

import torch
from torch import Tensor

from ..integrator import Integrator
from ..network import Network
from ..optimizer import Descent
from .spec import AnySolver, RunSpec

Stepper = Integrator | Descent


class Bundle(NamedTuple):
    """What advances some `lanes` (b,), in one program."""

    stepper: Stepper
    lanes: Tensor


def bundles(spec: RunSpec, theta: Tensor, network: Network) -> list[Bundle]:
    """The lanes of a run at θ (B, p), solver-major."""
    seeds = len(spec.seeds)
    together: dict[object, list[AnySolver]] = {}
    lanes: dict[object, list[int]] = {}
    for s, solver in enumerate(spec.solvers):
        together.setdefault(solver.program, []).extend([solver] * seeds)
        lanes.setdefault(solver.program, []).extend(range(s * seeds, (s + 1) * seeds))
    return [
        _bundle(solvers, torch.tensor(lanes[program], device=theta.device), theta, network)
        for program, solvers in together.items()
    ]


def _bundle(solvers: list[AnySolver], lanes: Tensor, theta: Tensor, network: Network) -> Bundle:
    """Of lanes with one solver for each."""
    return Bundle(solvers[0].stepper(solvers, lanes, theta, network), lanes)
