"""The full metric's step by the Riccati recursion: damped Gauss–Newton as optimal control of the layers."""

from dataclasses import dataclass

import torch
from torch import Tensor

from .composition import Series
from .graph import Pass
from .part import Leaf, Module, Tape

SIDE = 2_000
"""Up to this many states n·d and parameters p_α one layer's matrices may be formed."""


@dataclass(frozen=True)
class Stage:
    """One layer as a linear system of all samples: dz ↦ A dz + B dw, A (b, n·d_out, n·d_in) and B (b, n·d_out, p_α),
    p_α ≥ 0.
    """

    a: Tensor
    b: Tensor


def stages(passed: Pass) -> list[Stage]:
    """The linear systems of a series of modules. Raises ValueError for other graphs, and where a layer is too large to
    be one matrix.
    """
    module = passed.graph.module
    if not isinstance(module, Series) or any(passed.graph.uses(leaf) > 1 for leaf in passed.graph.leaves):
        raise ValueError(f"expected modules in series that share no weights, came {type(module).__name__}")
    return [_stage(part, tape, passed) for part, tape in zip(module.parts, passed.tape, strict=True)]


def _stage(part: Module, tape: Tape, passed: Pass) -> Stage:
    lanes, samples = passed.outputs.shape[:2]
    large = max(samples * max(part.inputs, part.outputs), *(leaf.parameters for leaf in part.leaves), 0)
    if large > SIDE:
        raise ValueError(f"expected a layer of at most {SIDE} states and parameters, came {large}")
    unit = torch.eye(part.outputs, dtype=passed.theta.dtype, device=passed.theta.device).expand(lanes, samples, -1, -1)
    found: dict[Leaf, Tensor] = {}

    def visit(leaf: Leaf, tape: Tape, reached: Tensor) -> None:
        found[leaf] = leaf.vjp_parameters(tape, reached).dense()

    own = part.vjp_input(tape, unit, visit)
    a = torch.stack([torch.block_diag(*each) for each in own.unbind(0)])
    return Stage(a, torch.cat([found[leaf] for leaf in part.leaves], 2) if found else a.new_zeros(*a.shape[:2], 0))


def riccati(passed: Pass, metric: Tensor, cotangent: Tensor, mass: Tensor) -> Tensor:
    """dθ (B, p) of (G + D)dθ = −g, G = Jᵀg_oJ, by a pass back and one forward (B2.5; also 2605.04230).

    P = g_o (B, n·q, n·q), q = c (B, n·q), then layer by layer back R = D + BᵀPB, k = R⁻¹Bᵀq, Kf = R⁻¹BᵀPA, q ← Aᵀ(q −
    PBk), P ← Aᵀ(P − PBR⁻¹BᵀP)A; forward dw = −k − Kf dz, dz ← A dz + B dw. Without the subtraction in P it is the
    layerwise metric: every layer takes the others to stand still. `mass` (B, 1) or (B, p). Cost: cubic in n·d and in
    p_α, so for small layers only.
    """
    system = stages(passed)
    p, q = metric, cotangent.unsqueeze(2)
    gains: list[tuple[Tensor, Tensor]] = []
    offset = passed.theta.shape[1]
    for stage in reversed(system):
        width = stage.b.shape[2]
        offset -= width
        here = mass.expand(-1, width) if mass.shape[1] == 1 else mass[:, offset : offset + width]
        bp = stage.b.mT @ p
        inner = torch.linalg.cholesky(bp @ stage.b + torch.diag_embed(here))
        k, feedback = torch.cholesky_solve(stage.b.mT @ q, inner), torch.cholesky_solve(bp @ stage.a, inner)
        q = stage.a.mT @ (q - bp.mT @ k)
        p = stage.a.mT @ (p @ stage.a - bp.mT @ feedback)
        gains.append((k, feedback))
    moved, steps = q.new_zeros(q.shape[0], system[0].a.shape[2], 1), []
    for stage, (k, feedback) in zip(system, reversed(gains), strict=True):
        step = -k - feedback @ moved
        moved = stage.a @ moved + stage.b @ step
        steps.append(step.squeeze(2))
    return torch.cat(steps, 1)
