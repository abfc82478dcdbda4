"""Algorithmic stability: runs whose data differ in one sample, the distance between them, and what contraction allows
of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ..alone import alone
from ..flow import Linearization
from ..module.contraction import derivative
from ..module.pullback import Metric
from ..network import Network
from ..problem import Data, Points
from ..run.run import BLOCK, Run
from ..run.spec import RunSpec

ALONG = 5
"""Points of the segment between two minimisers at which curvature and slopes are taken."""


@dataclass(frozen=True)
class Twins:
    """One solver on S and on S', a sample replaced, from one start: flow times and ‖θ − θ'‖ at the frames (T,), and the
    ends (p,).
    """

    time: np.ndarray
    distance: np.ndarray
    end: Tensor
    other: Tensor


@dataclass(frozen=True)
class Bound:
    """|ℓ(θ, z) − ℓ(θ', z)| at the worst z, beside 2κ²/(λμn).

    κ bounds the slopes ‖∇ℓ_i‖ of single samples, the metric M ≥ μI, and M⁻¹∇²L has eigenvalues ≥ λ on the segment
    between the minimisers of S and S': they are then 2κ/(λμn) apart at most, since λ_min(∇²L) ≥ λμ (ours; 2603.03610
    states an order κ²L/(ξμ√n) whose constants are not known to us, 2201.06656 an order 1/(λn)). κ, λ and μ are
    estimated at a few points.
    """

    measured: float
    allowed: float
    kappa: float
    rate: float
    mass: float
    samples: int


def points(data: Data) -> Points:
    """Data as points of a spec."""
    rows = data.rows(data.targets)
    return Points(
        inputs=tuple(map(tuple, data.inputs.tolist())), targets=tuple(map(tuple, rows.tolist())), loss=data.loss
    )


def part(data: Data, samples: Tensor) -> Data:
    """Some of the samples."""
    return replace(data, inputs=data.inputs[samples], targets=data.rows(data.targets)[samples].flatten())


def replaced(count: int, place: int, by: int) -> Tensor:
    """The first n samples with the one at a place replaced by another."""
    chosen = torch.arange(count)
    chosen[place] = by
    return chosen


def twins(spec: RunSpec, samples: Tensor, *others: Tensor) -> list[list[Twins]]:
    """For each of the `others` the twin lanes of every solver of a spec at its first seed, on two choices (n,) of its
    problem's samples: the first is the same for all.
    """
    data = spec.problem.data(spec.network)
    first = _walked(spec, part(data, samples))
    return [
        [_apart(one, other) for one, other in zip(first, _walked(spec, part(data, chosen)), strict=True)]
        for chosen in others
    ]


def _apart(one: tuple[Tensor, Tensor], other: tuple[Tensor, Tensor]) -> Twins:
    """Two lanes, flow times (T,) and θ (T, p) each, up to where one of them ends."""
    (time, theta), (_, twin) = one, other
    count = min(len(theta), len(twin))
    distance = torch.linalg.vector_norm(theta[:count] - twin[:count], dim=1).numpy()
    return Twins(time[:count].numpy(), distance, theta[-1], twin[-1])


@alone()
def _walked(spec: RunSpec, data: Data) -> list[tuple[Tensor, Tensor]]:
    """Flow times (T,) and θ (T, p) of each solver on some of the data."""
    run = Run(RunSpec.model_validate({**spec.__dict__, "problem": points(data), "seeds": spec.seeds[:1]}), device="cpu")
    frames = list(run.walk(BLOCK))
    lanes, time, theta = (torch.cat([frame[k] for frame in frames]) for k in range(3))
    return [(time[lanes == lane.lane], theta[lanes == lane.lane]) for lane in run.lanes]


def bound(network: Network, data: Data, samples: Tensor, others: Tensor, pair: Twins, metric: Metric) -> Bound:
    """What stability allows at the ends of a pair of twins in a metric; the worst of all samples of `data` is
    measured.
    """
    shares = torch.linspace(0.0, 1.0, ALONG, dtype=torch.float64).unsqueeze(1)
    segment = torch.lerp(pair.end.unsqueeze(0), pair.other.unsqueeze(0), shares)
    kappa = float(slopes(network, data, segment).max())
    rates, masses = zip(
        *(_curvature(network, part(data, chosen), segment, metric) for chosen in (samples, others)), strict=True
    )
    rate, mass, count = min(rates), min(masses), samples.numel()
    values = losses(network, data, torch.stack((pair.end, pair.other)))
    allowed = 2.0 * kappa**2 / (rate * mass * count) if rate > 0.0 else np.inf
    return Bound(float((values[0] - values[1]).abs().max()), allowed, kappa, rate, mass, count)


def losses(network: Network, data: Data, theta: Tensor) -> Tensor:
    """ℓ of every sample (b, n) at θ (b, p)."""
    f, y = data.rows(network.forward(theta, data.inputs)), data.rows(data.targets)
    return torch.stack([data.loss.value(f[:, [i]], y[[i]]) for i in range(data.samples)], 1)


def slopes(network: Network, data: Data, theta: Tensor) -> Tensor:
    """‖∇ℓ_i‖ of every sample (b, n) at θ (b, p)."""
    at = Linearization.of(network, data, theta)
    each = (at.cotangent.unsqueeze(2) * at.jacobian.dense()).unflatten(1, (data.samples, -1)).sum(2)
    return torch.linalg.vector_norm(each, dim=2)


def _curvature(network: Network, data: Data, segment: Tensor, metric: Metric) -> tuple[float, float]:
    """The least eigenvalues of M⁻¹∇²L and of M over points (k, p)."""

    def loss(theta: Tensor) -> Tensor:
        f = data.rows(network.forward(theta.unsqueeze(0), data.inputs))
        return data.loss.value(f, data.rows(data.targets))[0] / data.samples

    rate, mass = np.inf, np.inf
    for theta in segment:
        m = metric.matrix(Linearization.of(network, data, theta.unsqueeze(0)))[0]
        inverse = torch.linalg.inv(torch.linalg.cholesky(m))
        rate = min(
            rate,
            float(torch.linalg.eigvalsh(inverse @ derivative(lambda x: derivative(loss, x), theta) @ inverse.mT)[0]),
        )
        mass = min(mass, float(torch.linalg.eigvalsh(m)[0]))
    return rate, mass


def order(sizes: Sequence[int], measured: Sequence[float]) -> float:
    """The slope of ln measured over ln n."""
    return float(np.polyfit(np.log(sizes), np.log(measured), 1)[0])
