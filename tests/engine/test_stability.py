"""Twin lanes: how far apart one sample brings them."""

import numpy as np
import pytest
import torch
from flowscope import RunSpec
from flowscope.analysis import stability
from flowscope.flow import Constant, GaussNewton, Gradient
from flowscope.integrator import DormandPrince
from flowscope.module.pullback import Euclidean, Metric, Pullback
from flowscope.network import Sheet
from flowscope.problem import Points
from flowscope.run.spec import Point, Solver

SIZES, SPARE = (8, 16, 32, 64), 8
PRECISE = DormandPrince(rtol=1e-9)


def noisy() -> RunSpec:
    """y = tanh(x·θ*) + noise at 72 inputs of R²: the loss is strongly convex about its minimiser."""
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(SIZES[-1] + SPARE, 2, generator=generator, dtype=torch.float64)
    labels = (
        torch.tanh(inputs @ torch.tensor([0.8, -0.5], dtype=torch.float64))
        + 0.1 * torch.randn(72, generator=generator).double()
    )
    return RunSpec(
        problem=Points(inputs=tuple(map(tuple, inputs.tolist())), targets=tuple((each,) for each in labels.tolist())),
        network=Sheet(),
        start=Point(parameters=(0.2, 0.1)),
        solvers=(
            Solver("gradient", Gradient(), PRECISE),
            Solver("damped", GaussNewton(damping=Constant(rho=0.1)), PRECISE),
        ),
        horizon=400.0,
        interval=20.0,
    )


SPEC = noisy()
METRICS: tuple[Metric, ...] = (Euclidean(), Pullback("gauss_newton", "full", 0.1, weight=0.9))


def judged(count: int, place: int) -> list[stability.Bound]:
    data = SPEC.problem.data(SPEC.network)
    samples, others = torch.arange(count), stability.replaced(count, place, SIZES[-1] + place)
    (pairs,) = stability.twins(SPEC, samples, others)
    return [
        stability.bound(SPEC.network, data, samples, others, pair, metric)
        for pair, metric in zip(pairs, METRICS, strict=True)
    ]


def test_twins_part_by_one_over_n_and_stay_within_the_bound() -> None:
    table = {(n, k): judged(n, k) for n in SIZES for k in range(2)}
    for found in (each for pair in table.values() for each in pair):
        assert 0.0 < found.measured <= found.allowed, found
    for solver in range(2):
        worst = [max(table[n, k][solver].measured for k in range(2)) for n in SIZES]
        assert stability.order(SIZES, worst) <= -0.5, worst


def test_twins_begin_together_and_come_to_rest_apart() -> None:
    data = SPEC.problem.data(SPEC.network)
    ((pair, _),) = stability.twins(SPEC, torch.arange(16), stability.replaced(16, 0, 64))
    assert pair.distance[0] == 0.0 and pair.distance[-1] > 1e-4
    assert np.abs(np.diff(pair.distance[-3:])).max() < 1e-6
    part = stability.part(data, torch.arange(16))
    assert float(stability.slopes(SPEC.network, part, pair.end.unsqueeze(0)).max()) > 0
    assert float((stability.losses(SPEC.network, part, pair.end.unsqueeze(0)).mean(1)).min()) < 0.01


def test_the_same_samples_give_the_same_lane() -> None:
    ((pair, _),) = stability.twins(SPEC, torch.arange(8), torch.arange(8))
    assert float(np.abs(pair.distance).max()) == 0.0


def test_where_the_loss_is_not_convex_nothing_is_promised() -> None:
    data = SPEC.problem.data(SPEC.network)
    far = stability.Twins(
        np.zeros(1), np.zeros(1), torch.tensor([6.0, 6.0]).double(), torch.tensor([6.1, 6.0]).double()
    )
    found = stability.bound(SPEC.network, data, torch.arange(8), stability.replaced(8, 0, 64), far, Euclidean())
    assert found.rate <= 0.0 and found.allowed == np.inf


def test_slopes_of_single_samples_have_the_gradient_for_their_mean() -> None:
    data, theta = SPEC.problem.data(SPEC.network), torch.tensor([[0.3, 0.4]], dtype=torch.float64)
    alone = stability.part(data, torch.tensor([5]))
    own = float(stability.slopes(SPEC.network, alone, theta)[0, 0])
    assert own == pytest.approx(float(stability.slopes(SPEC.network, data, theta)[0, 5]), rel=1e-12)
