"""Losses with curvature (theory page, 2.4): the fibres of cross-entropy (P18) and the rate of generalised Gauss–Newton
(P19).
"""

import numpy as np
import torch

from ..flow import Constant, GeneralisedGaussNewton, PseudoInverse
from ..problem import Softmax
from .adapted import covered
from .claim import Outcome, Prediction, Tolerance
from .frames import Frames
from .subject import Subject, relative

FLOOR = 1e-5
"""‖g'‖ below this share of the first is not held against the rate: an error of f weighs e^t as much."""
KEPT = 1e-3
"""How much less the row means may drift than the end may miss: they are an invariant, it is a limit."""


def derivative(subject: Subject, frames: Frames) -> np.ndarray:
    """g'(f_t) (rows, N) by automatic differentiation of g."""
    data = subject.data
    outputs = torch.from_numpy(frames["outputs"]).requires_grad_()
    total = data.loss.value(data.rows(outputs), data.rows(data.targets)).sum()
    return torch.autograd.grad(total, outputs)[0].numpy()


def surjective(subject: Subject) -> str | None:
    """Why rank J = N fails at the start."""
    if subject.outputs > subject.parameters:
        return (
            f"over-parametrised is meant: here N = {subject.outputs} outputs exceed p = {subject.parameters} parameters"
        )
    rank = subject.reference_rank(subject.start)
    return None if rank == subject.outputs else f"full rank is assumed: here rank J = {rank} < N = {subject.outputs}"


def fibred(subject: Subject) -> str | None:
    """Why the loss has no fibres, or no flow f' = −g' is there."""
    if not isinstance(subject.data.loss, Softmax):
        return f"cross-entropy is meant: here the loss is {subject.data.loss.kind}"
    if not subject.solvers(PseudoInverse):
        return "the preset has no flow f' = −g'"
    return surjective(subject)


def measure_fibres(subject: Subject) -> Outcome:
    """Row means along the path, and the last outputs against the limit."""
    frames, _ = subject.lane(subject.solvers(PseudoInverse)[0])
    f = frames["outputs"].reshape(len(frames["time"]), subject.data.samples, -1)
    logits = np.log(subject.data.targets.numpy().reshape(f.shape[1:]))
    limit = logits + (f[0].mean(1) - logits.mean(1))[:, None]
    drift = float(np.abs(f.mean(2) - f[0].mean(1)).max()) / float(np.abs(f[0] - limit).max())
    end = relative(f[-1] - limit, f[0] - limit)
    return Outcome(
        0.0,
        end,
        max(end, drift / KEPT) + covered(frames),
        f"‖f − f_∞‖/‖f₀ − f_∞‖ at t = {frames['time'][-1]:g}, and a thousandfold the drift {drift:.1e} of the "
        "row means; the larger",
    )


def generalised(subject: Subject) -> str | None:
    """Why there is no flow whose g' falls as e^{−t}."""
    if not any(
        solver.flow == GeneralisedGaussNewton(damping=Constant(rho=0.0))
        for solver in subject.solvers(GeneralisedGaussNewton)
    ):
        return "the preset has no generalised Gauss–Newton at ρ = 0 in continuous time"
    return surjective(subject)


def measure_rate(subject: Subject) -> Outcome:
    """ln(‖g'‖/‖g'_0‖) + t on the way; the Jacobian-only flow of the preset is told beside it."""
    frames, _ = subject.lane(subject.solvers(GeneralisedGaussNewton)[0])
    time, norm = frames["time"], np.linalg.norm(derivative(subject, frames), axis=1)
    visible = np.exp(-time) > FLOOR
    off = np.abs(np.log(norm[visible] / norm[0]) + time[visible])
    last, why = int(np.flatnonzero(visible)[-1]), ""
    if subject.newton is not None:
        other, _ = subject.lane(subject.newton)
        apart = float(np.log(np.linalg.norm(derivative(subject, other), axis=1)[last] / norm[last]))
        why = f" (Jacobian only: larger by e^{apart:.1f})"
    return Outcome(
        -float(time[last]),
        float(np.log(norm[last] / norm[0])),
        float(off.max()) + covered(frames),
        f"ln(‖g'‖/‖g'_0‖) at t = {time[last]:g}{why}; largest |ln(‖g'‖/‖g'_0‖) + t| on the way",
    )


PREDICTIONS = (
    Prediction(
        "P18",
        "cross-entropy under f' = −g': the row means of the logits stay, and f → log y + mean f₀ − mean log y "
        "in every row",
        "rank J = N; labels that are positive and sum to 1",
        Tolerance(
            1e-4,
            "e^{−0.1·120} = 6e-6 would remain of a mode of rate 0.1, the least of g'' for these labels; the "
            "means drift by 1e-9 a step",
        ),
        fibred,
        measure_fibres,
        any_loss=True,
    ),
    Prediction(
        "P19",
        "generalised Gauss–Newton: ‖g'(f_t)‖ = e^{−t}‖g'(f_0)‖ whatever the modulus of convexity of g",
        "rank J = N; generalised Gauss–Newton at ρ = 0 in continuous time",
        Tolerance(
            1e-4, "an error of 1e-9 in g', a hundred steps at 1e-9 and less, magnified by e^t ≤ 1e5 as g' shrinks"
        ),
        generalised,
        measure_rate,
        any_loss=True,
    ),
)
