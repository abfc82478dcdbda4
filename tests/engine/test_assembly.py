"""Modules that drive each other: what is promised of the whole is the textbook's, holds, and is seen between two
trajectories.
"""

import math

import pytest
import torch
from flowscope import SpecError, parse_assembly
from flowscope.module import Assembly, Well, Wire, composed, coupling
from flowscope.module.assembly import LOPSIDED

LINEAR = (Well(rate=1.0), Well(rate=2.0), Well(rate=1.5))
BENT = (Well(rate=0.7, bend=1.0), Well(rate=2.0, bend=0.3), Well(rate=1.2, bend=2.0))


def wire(source: int, target: int, form: str, gain: float) -> Wire:
    return Wire.model_validate({"source": source, "target": target, "form": form, "gain": gain})


@pytest.mark.parametrize(
    ("wires", "rate"),
    [
        ((), 1.0),
        ((wire(0, 1, "series", 2.0),), coupling.series_rate(1.0, 2.0, 2.0, 1 / LOPSIDED)),
        ((wire(1, 0, "series", 2.0),), coupling.series_rate(2.0, 1.0, 2.0, 1 / LOPSIDED)),
        ((wire(0, 1, "skew", 40.0),), coupling.skew_rate(1.0, 2.0)),
        ((wire(0, 1, "symmetric", 1.2),), coupling.symmetric_rate(1.0, 2.0, 1.2)),
        ((wire(0, 1, "symmetric", 2.0),), coupling.symmetric_rate(1.0, 2.0, 2.0)),
    ],
)
def test_two_of_three_modules_promise_what_the_textbook_says(wires: tuple[Wire, ...], rate: float) -> None:
    """And linear modules do just that: the rule is sharp where every coupling is a multiple of a rotation."""
    found = Assembly(modules=LINEAR, wires=wires).composed()
    assert found.predicted == pytest.approx(min(rate, 1.5) if wires else 1.0, abs=1e-5)
    assert found.sampled.rate == pytest.approx(found.predicted, abs=1e-9)


def test_three_symmetric_modules_promise_their_comparison_matrix() -> None:
    wires = (wire(0, 1, "symmetric", 0.3), wire(1, 2, "symmetric", 0.5), wire(2, 0, "symmetric", 0.2))
    norms = torch.tensor([[0.0, 0.3, 0.2], [0.3, 0.0, 0.5], [0.2, 0.5, 0.0]], dtype=torch.float64)
    found = Assembly(modules=LINEAR, wires=wires).composed()
    assert found.predicted == pytest.approx(coupling.network_rate((1.0, 2.0, 1.5), norms), abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_promised_is_kept_at_every_place_and_between_two_trajectories(seed: int) -> None:
    wires = (wire(0, 1, "series", 1.5), wire(1, 2, "skew", 6.0), wire(2, 0, "symmetric", 0.2))
    found = Assembly(modules=BENT, wires=wires, seed=seed).composed()
    assert found.rates == (0.7, 2.0, 1.2)
    assert 0.0 < found.predicted <= found.sampled.rate + 1e-12
    assert found.predicted <= found.seen.rate + 1e-6
    bound = found.distance[0] * torch.exp(-found.predicted * found.time)
    assert bool((found.distance <= bound * (1 + 1e-6)).all())
    assert torch.allclose(found.parts.square().sum(1).sqrt(), found.distance)


def test_a_loop_that_feeds_itself_promises_nothing_and_runs_away() -> None:
    loop = tuple(wire(k, (k + 1) % 3, "series", 4.0) for k in range(3))
    found = Assembly(modules=LINEAR, wires=loop, horizon=50.0).composed()
    assert found.predicted < 0 and found.seen.rate < 0
    assert found.time[-1] < 50.0, "it is not followed beyond 1e6"
    assert bool(torch.isfinite(found.distance).all())


def test_what_runs_away_before_the_first_moment_is_followed_to_where_it_left() -> None:
    found = Assembly(modules=LINEAR, wires=(wire(0, 1, "symmetric", 100.0),), horizon=100.0).composed()
    assert found.time.numel() == 2 and found.time[-1] < 0.4
    assert found.predicted <= found.seen.rate < 0.0


def test_trajectories_that_have_met_are_not_judged_by_their_rounding() -> None:
    strong = tuple(Well(rate=10.0, bend=10.0) for _ in range(3))
    found = Assembly(modules=strong, wires=(wire(0, 1, "skew", 1.0),), horizon=100.0 / 24).composed()
    assert found.time[-1] < 3.0
    assert 10.0 <= found.seen.rate < 20.0 + 1e-6


def test_the_scales_are_the_best_of_a_grid() -> None:
    wires = (wire(0, 1, "series", 1.0), wire(1, 2, "series", 2.0), wire(2, 0, "series", 0.3))
    assembly = Assembly(modules=LINEAR, wires=wires)
    found, a = assembly.composed(), assembly.coupling[::2, ::2]
    best = -math.inf
    for first in torch.linspace(-3.4, 3.4, 69).tolist():
        for second in torch.linspace(-3.4, 3.4, 69).tolist():
            scale = torch.tensor([0.0, first, second], dtype=torch.float64).exp()
            seen = a * scale.unsqueeze(1) / scale
            best = max(best, coupling.network_rate((1.0, 2.0, 1.5), 0.5 * (seen + seen.T).abs()))
    assert best - 1e-9 <= found.predicted <= best + 5e-3
    assert max(found.scales) == 1.0 and min(found.scales) >= 1 / LOPSIDED - 1e-12


def test_modules_of_one_s_own_with_rates_that_are_sampled() -> None:
    """A double well does not contract: the sampled rate says so, and so does the whole."""
    fields = (lambda x: x - x**3, lambda x: -2.0 * x)
    gain = torch.zeros(3, 3)
    gain[1:, 0] = 0.5
    found = composed(fields, (1, 2), gain)
    assert found.rates[0] < 0 < found.rates[1]
    assert found.predicted <= found.sampled.rate + 1e-12


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"modules": []}', "modules: expected"),
        ('{"modules": [{"rate": 0}]}', "modules.0.rate: expected"),
        (
            '{"modules": [{}], "wires": [{"source": 0, "target": 1}]}',
            "wires.0.target: expected one of the modules 0 to 0, came 1",
        ),
        (
            '{"modules": [{}, {}], "wires": [{"source": 1, "target": 1}]}',
            "wires.0.target: expected another module than the source, came 1",
        ),
        (
            '{"modules": [{}, {}], "wires": [{"source": 0, "target": 1, "form": "loop"}]}',
            "form: expected 'series', 'skew' or",
        ),
        (
            '{"modules": [{}, {}], "horizon": 100.0, '
            '"wires": [{"source": 0, "target": 1, "gain": 100.0}, {"source": 1, "target": 0}]}',
            "horizon: expected at most 10000 over the sum of gains, came 100.0",
        ),
        ("{", "spec: expected JSON"),
    ],
)
def test_a_wrong_assembly_is_told_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(SpecError) as told:
        parse_assembly(text)
    assert sentence in str(told.value)


def test_shapes_that_disagree_are_told() -> None:
    with pytest.raises(ValueError, match="expected a coupling of shape"):
        composed((lambda x: -x,), (2,), torch.zeros(3, 3))
    with pytest.raises(ValueError, match="expected a size for each"):
        composed((lambda x: -x,), (2, 2), torch.zeros(4, 4))
