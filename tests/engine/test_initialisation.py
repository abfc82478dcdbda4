"""Initialisations: their moments, what is orthonormal, and what duplicated neurons do to f and to the rank of J."""

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import torch
from flowscope import SpecError, Status, parse_spec, run
from flowscope.network import MLP, Antisymmetric, AnyInitialisation, Glorot, He, LeCun, Orthogonal
from flowscope.run.spec import RunSpec, Solver

from ..cases import FLOWS, dense, mlp_spec

WIDTHS = (3, 40, 60, 2)
ALL: tuple[AnyInitialisation, ...] = (LeCun(), Glorot(), He(), Orthogonal(), Antisymmetric())


def layers(
    initialisation: AnyInitialisation, widths: tuple[int, ...] = WIDTHS, seed: int = 0
) -> list[tuple[np.ndarray, np.ndarray]]:
    """W and b of every layer, out of θ as the network lays it out."""
    network = MLP(widths=widths, initialisation=initialisation)
    theta = network.draw(torch.Generator().manual_seed(seed)).numpy()
    spans = [(m, slice(m.offset, m.offset + m.rows * m.columns)) for m in network.matrices]
    return [(theta[span].reshape(m.rows, m.columns), theta[span.stop : span.stop + m.rows]) for m, span in spans]


def many(initialisation: AnyInitialisation, layer: int) -> tuple[np.ndarray, np.ndarray]:
    """The weights and biases of a layer over 200 seeds."""
    drawn = [layers(initialisation, seed=seed)[layer] for seed in range(200)]
    return np.concatenate([w.ravel() for w, _ in drawn]), np.concatenate([b for _, b in drawn])


@pytest.mark.parametrize(
    ("initialisation", "variance"),
    [
        (LeCun(), lambda into, out: 1 / into),
        (Glorot(), lambda into, out: 2 / (into + out)),
        (He(), lambda into, out: 2 / into),
        (Orthogonal(), lambda into, out: 1 / max(into, out)),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_weights_have_their_variance(initialisation: AnyInitialisation, variance: Callable[[int, int], float]) -> None:
    """Five standard errors of a variance of normal numbers, 2√(…): σ²√(2/count)."""
    for layer, (into, out) in enumerate(pairwise(WIDTHS)):
        weights, biases = many(initialisation, layer)
        expected = variance(into, out)
        assert abs(weights.var() - expected) < 5 * expected * math.sqrt(2 / weights.size)
        assert abs(weights.mean()) < 5 * math.sqrt(expected / weights.size)
        if isinstance(initialisation, LeCun):
            assert abs(biases.var() - expected) < 5 * expected * math.sqrt(2 / biases.size)
        else:
            assert not biases.any()


def test_lecun_is_what_was_drawn_before_there_was_a_choice() -> None:
    generator = torch.Generator().manual_seed(3)
    expected = torch.cat(
        [
            torch.randn(out * (into + 1), generator=generator, dtype=torch.float64) / math.sqrt(into)
            for into, out in ((2, 5), (5, 1))
        ]
    )
    assert torch.equal(MLP(widths=(2, 5, 1)).draw(torch.Generator().manual_seed(3)), expected)


def test_orthogonal_weights_are_orthonormal() -> None:
    for weight, _ in layers(Orthogonal()):
        rows, columns = weight.shape
        product = weight @ weight.T if rows <= columns else weight.T @ weight
        assert np.abs(product - np.eye(min(rows, columns))).max() < 1e-14


def test_orthogonal_weights_favour_no_sign() -> None:
    """Q of a QR factorisation has a diagonal of one sign; a uniform one has mean 0 there."""
    corners = np.array([np.diag(layers(Orthogonal(), (4, 4, 1), seed)[0][0]) for seed in range(400)])
    assert np.abs(corners.mean(0)).max() < 5 * 0.5 / math.sqrt(400)


@pytest.mark.parametrize("widths", [(4, 6, 1), (3, 5, 8, 2)], ids=str)
def test_antisymmetric_neurons_cancel(widths: tuple[int, ...]) -> None:
    network = MLP(widths=widths, initialisation=Antisymmetric(), alpha=100.0)
    inputs = torch.randn(20, widths[0], dtype=torch.float64)
    theta = network.draw(torch.Generator().manual_seed(1))
    assert float(network.forward(theta.unsqueeze(0), inputs).abs().max()) < 1e-12
    last, previous = layers(Antisymmetric(), widths)[-1][0], layers(Antisymmetric(), widths)[-2][0]
    assert np.array_equal(last[:, : widths[-2] // 2], -last[:, widths[-2] // 2 :]) and last.any()
    assert np.array_equal(previous[: widths[-2] // 2], previous[widths[-2] // 2 :])


def test_antisymmetric_neurons_halve_the_rank() -> None:
    """Theory page, 5.5, at n = 40, m = 6: 12 of 24 inner weights, 15 of 30 with the output weights; here 19 of 37 with
    all biases.
    """
    inputs = torch.randn(40, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    ranks = {}
    for initialisation in (Antisymmetric(), LeCun()):
        network = MLP(widths=(4, 6, 1), initialisation=initialisation)
        _, jacobian = dense(network, network.draw(torch.Generator().manual_seed(2)), inputs)
        inner, outer = (list(range(m.span.start, m.span.stop)) for m in network.matrices)
        ranks[initialisation.kind] = [
            int(np.linalg.matrix_rank(jacobian.detach().numpy()[:, columns], rtol=1e-9))
            for columns in (inner, inner + outer, range(37))
        ]
    assert ranks == {"antisymmetric": [12, 15, 19], "lecun": [24, 30, 37]}


def overdetermined(initialisation: AnyInitialisation) -> RunSpec:
    solvers = tuple(Solver(name, FLOWS[name]) for name in ("gauss_newton", "constant"))
    network = MLP(widths=(1, 2, 1), initialisation=initialisation)
    return mlp_spec("gradient", samples=20, network=network, solvers=solvers, horizon=0.2)


def test_undamped_gauss_newton_ends_at_once_where_rank_is_halved() -> None:
    newton, damped = run(overdetermined(Antisymmetric())).lanes
    assert (newton.status, newton.time, damped.status) == (Status.RANK_LOSS, 0.0, Status.HORIZON)
    newton, damped = run(overdetermined(LeCun())).lanes
    assert newton.time > 0.0 and damped.status is Status.HORIZON


@pytest.mark.parametrize("initialisation", ALL, ids=lambda value: value.kind)
def test_one_seed_gives_one_start(initialisation: AnyInitialisation) -> None:
    network = MLP(widths=(2, 4, 1), initialisation=initialisation)
    first, again, other = (network.draw(torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other) and first.shape == (network.parameters,)


@pytest.mark.parametrize(
    ("widths", "sentence"),
    [
        (
            [1, 5, 1],
            "network.widths: expected an even width of the last hidden layer, whose neurons come in pairs, came 5",
        ),
        ([1, 1], "network.widths: expected a hidden layer, whose neurons are to be doubled, came 1 layer"),
    ],
)
def test_pairs_need_an_even_hidden_layer(widths: list[int], sentence: str) -> None:
    document = mlp_spec("gradient").model_dump(mode="json")
    document["network"] = {"kind": "mlp", "widths": widths, "initialisation": {"kind": "antisymmetric"}}
    with pytest.raises(SpecError) as caught:
        parse_spec(document)
    assert str(caught.value) == sentence
