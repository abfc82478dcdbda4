"""Which status a lane ends with, judged where it ended, and what its own method can do about it. Every threshold is
relative.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from ..flow import Constant, Linearization, PseudoInverse
from ..flow.adapted import Adapted
from ..movement import MinimizingMovement
from ..network import Network
from ..optimizer import CumulativeGaussNewton, LevenbergMarquardt, RiemannianDescent
from ..optimizer.first_order import FirstOrder
from ..status import Status
from .spec import AnySolver, Integration

CRITICAL = 1e-6
"""A lane has converged where the part of g' that J reaches has fallen to this share of g' at the start."""
LADDER, AGREES = tuple(10.0**-k for k in range(0, 18, 2)), 0.25
"""λ over the greatest eigenvalue of G of the steps that are tried, and the share of a promise that makes a step count.
"""
STILL = 1e-15
"""A step that changes every parameter by at most this share of itself moves nothing."""
CLIMBED = 1e-6
"""A loss this share above the start's has climbed; below, it may be the error of the integrator."""
ESCAPING, LATE = 1e-4, 1e-6
"""A lane escapes where its last step is this share of the way that it has come, in less than this share of the time."""
COLLAPSED = 1e-5
"""J has lost rank where σ_min/σ_max, or σ_max over that of the start, is below this and no step leads on: σ falls as √
of the time left.
"""


def conclusion(network: Network, end: Linearization, start: Linearization, moved: Tensor, *, promises: bool) -> Status:
    """How a lane stands at its horizon: linearizations (1, …) there and at its start, and what it would move by from
    there on, (p,).
    """
    loss, first = float(end.loss), float(start.loss)
    scale = first + float(end.data.targets.square().sum()) / (2 * end.data.samples)
    if promises and not loss <= first * (1.0 + CLIMBED) + CLIMBED**2 * scale:
        return Status.CLIMBED
    if _size(end) <= Linearization.cut_of(*end.jacobian.shape[1:]) * _size(start) and _size(start) > 0.0:
        return Status.RANK_LOSS
    slope = float(torch.linalg.vector_norm(start.cotangent))
    if float(end.reach) <= CRITICAL * slope and fall(network, end) <= max(
        (CRITICAL * slope) ** 2 / (2 * end.data.samples), float(end.rounding)
    ):
        return Status.CONVERGED
    return Status.RESTED if bool((moved.abs() <= STILL * end.theta[0].abs()).all()) else Status.HORIZON


def fall(network: Network, end: Linearization) -> float:
    """How far L still falls from `end` (1, …) by one damped Gauss–Newton step, the best of a ladder of λ.

    The gradient alone would not see a direction that J reaches faintly. A step that lowers L by less than a quarter of
    what its model promises does not count: it leaves the neighbourhood that is spoken of.
    """
    weighted = end[torch.zeros(len(LADDER), dtype=torch.long, device=end.theta.device)].whitened
    size = weighted.sigma[:, 0].square() / end.data.samples * end.theta.new_tensor(LADDER)
    rho = size / (1.0 + size)
    step = (rho - 1.0).unsqueeze(1) * weighted.damped(rho)
    promised = 0.5 * (step * (size.unsqueeze(1) * step - end.gradient)).sum(1)
    fallen = Linearization.of(network, end.data, end.theta + step).fallen(end.outputs)
    return float(torch.where(fallen >= AGREES * promised, fallen, 0.0).nan_to_num(0.0).amax())


def breakdown(
    end: Linearization, start: Linearization, stride: float, size: float, time: float, *, is_adaptive: bool, lost: bool
) -> Status:
    """Why a lane cannot go on from `end` (1, …): its last step covered `stride` in the time `size`, up to `time`.

    `lost`: a direction of what is inverted fell below the cut; else no step was accepted any more, or θ' was not a
    number.
    """
    if lost:
        return Status.RANK_LOSS
    way = float(torch.linalg.vector_norm(end.theta - start.theta))
    if is_adaptive and way > 0.0 and stride > ESCAPING * way and size < LATE * time:
        return Status.ESCAPED
    if not bool(torch.isfinite(end.jacobian.vjp(end.cotangent)).all()):
        return Status.DIVERGED
    sigma, before = end.sigma[0], start.sigma[0]
    if float(sigma[-1]) <= COLLAPSED * float(sigma[0]) or float(sigma[0]) <= COLLAPSED * float(before[0]):
        return Status.RANK_LOSS
    return Status.STALLED if is_adaptive and time > 0.0 else Status.DIVERGED


def _size(at: Linearization) -> float:
    """‖J‖_F of one lane."""
    gram = at.jacobian.kernel() if at.is_dual else at.jacobian.gram()
    return float(gram.diagonal(dim1=1, dim2=2).sum()) ** 0.5


def promises_descent(solver: AnySolver) -> bool:
    """Whether its method is to bring the loss down: all but those that say otherwise, and those with weight decay."""
    decays = ("decay", "bias_decay", "ridge")
    return solver.method.is_descending and not any(getattr(solver.method, name, 0.0) for name in decays)


def advice(status: Status, solver: AnySolver) -> str:
    """What this very method can do about an end; empty where nothing is to be done."""
    table = ADVICE.get(status, ())
    return next((sentence for applies, sentence in table if applies(solver)), "")


def _flow(kind: type) -> Callable[[AnySolver], bool]:
    return lambda solver: isinstance(solver.method, kind)


def _undamped(solver: AnySolver) -> bool:
    damping = getattr(solver.method, "damping", None)
    return isinstance(damping, Constant) and damping.rho == 0.0


def _damped(solver: AnySolver) -> bool:
    return solver.method.is_tunable


def _fixed(solver: AnySolver) -> bool:
    return isinstance(solver, Integration) and not solver.integrator.is_adaptive


def _fine(solver: AnySolver) -> bool:
    return isinstance(solver, Integration) and solver.integrator.is_adaptive


def _stiff(solver: AnySolver) -> bool:
    return isinstance(solver, Integration) and solver.integrator.is_implicit


def _explicit(solver: AnySolver) -> bool:
    return _fine(solver) and not _stiff(solver)


def _relaxing(solver: AnySolver) -> bool:
    return _explicit(solver) and isinstance(solver, Integration) and solver.flow.is_relaxing


def _any(solver: AnySolver) -> bool:
    return True


_SMALLER = (
    (_flow(PseudoInverse), "It assumes that the rank of J is constant along the path: take Gauss–Newton with ρ > 0."),
    (_fixed, "Take a smaller step dt."),
    (_flow(FirstOrder), "Take a smaller step η."),
    (_flow(RiemannianDescent), "Take a smaller step η or a greater mass μ."),
    (_flow(CumulativeGaussNewton), "Take a greater λ, or a ball around the start."),
    (_flow(MinimizingMovement), "Take a smaller outer step τ, or an inner solver that refuses what climbs."),
)
ADVICE: dict[Status, tuple[tuple[Callable[[AnySolver], bool], str], ...]] = {
    Status.RESTED: (
        (_flow(LevenbergMarquardt), "Start elsewhere, or take another first λ."),
        (_flow(MinimizingMovement), "Take a greater outer step τ, or start elsewhere."),
        (_any, "Start elsewhere: J is so small here that its steps are lost in rounding."),
    ),
    Status.CLIMBED: (
        *_SMALLER,
        (_fine, "Take a smaller rtol."),
        (_any, "Start elsewhere."),
    ),
    Status.RANK_LOSS: (
        (_undamped, "Turn on damping (ρ > 0), or start elsewhere."),
        (_damped, "Choose a ρ that stays away from 0 here, as a constant one does, or start elsewhere."),
        (_flow(Adapted), "This flow has no damping: take Gauss–Newton with ρ > 0, or start elsewhere."),
        (_any, "Start elsewhere."),
    ),
    Status.DIVERGED: (
        *_SMALLER,
        (_undamped, "Turn on damping (ρ > 0), or start elsewhere."),
        (_damped, "Choose a greater ρ, or start elsewhere."),
        (_any, "Start elsewhere."),
    ),
    Status.ESCAPED: (
        (_undamped, "Turn on damping (ρ > 0), or scale the outputs up so that the target is within reach."),
        (_damped, "Choose a greater ρ, or scale the outputs up so that the target is within reach."),
        (_any, "Scale the outputs up so that the target is within reach, or start elsewhere."),
    ),
    Status.EXHAUSTED: (
        (_fixed, "Raise `evaluations`, take a greater step dt, or shorten the horizon."),
        (_fine, "Raise `evaluations`, loosen rtol, or shorten the horizon."),
        (_any, "Raise `evaluations`, or shorten the horizon."),
    ),
    Status.STALLED: (
        (_relaxing, "The flow is stiff or not smooth here: choose Rosenbrock, or loosen rtol."),
        (_explicit, "The flow is stiff or not smooth here: loosen rtol, or shorten the horizon."),
        (_stiff, "The flow is not smooth here: loosen rtol, or shorten the horizon."),
        (_fixed, "Take a greater step dt, or shorten the horizon."),
        (_any, "Raise `evaluations`, or shorten the horizon."),
    ),
}
"""By status, the first that applies to a solver."""


def advised() -> list[str]:
    """All that is advised, for the page's translations."""
    return list(dict.fromkeys(sentence for table in ADVICE.values() for _, sentence in table))
