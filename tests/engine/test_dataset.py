"""The data sets of scikit-learn: what the engine says of them beforehand, which samples it takes, and how targets fit
each loss.
"""

from typing import Any

import numpy as np
import pytest
import sklearn.datasets
import torch
from flowscope import SpecError, parse_spec
from flowscope.network import MLP
from flowscope.problem import Bundled
from flowscope.problem.bundled import BUNDLED, Name, standardised

LOSSES = {name: {"kind": name} for name in ("squares", "log_cosh", "logistic", "softmax")}


def spec(network: list[int], loss: str = "squares", **problem: Any) -> dict[str, Any]:
    return {
        "problem": {"kind": "bundled", "loss": LOSSES[loss], **problem},
        "network": {"kind": "mlp", "widths": network},
        "solvers": [{"name": "gradient", "flow": {"kind": "gradient"}}],
    }


def drawn(network: list[int], loss: str = "squares", **problem: Any) -> tuple[np.ndarray, np.ndarray]:
    """Inputs (n, d) and targets (n, q)."""
    parsed = parse_spec(spec(network, loss, **problem))
    data = parsed.problem.data(parsed.network)
    return data.inputs.numpy(), data.rows(data.targets).numpy()


def whole(dataset: str) -> tuple[np.ndarray, np.ndarray]:
    return getattr(sklearn.datasets, f"load_{dataset}")(return_X_y=True)


@pytest.mark.parametrize("dataset", BUNDLED)
def test_what_is_known_beforehand_is_so(dataset: Name) -> None:
    facts = BUNDLED[dataset]
    inputs, targets = whole(dataset)
    assert inputs.shape == (facts.samples, facts.width)
    if facts.classes:
        assert np.array_equal(np.unique(targets), np.arange(facts.classes))
    else:
        assert targets.reshape(len(targets), -1).shape[1] == facts.columns


@pytest.mark.parametrize("dataset", BUNDLED)
def test_the_samples_are_some_of_the_whole_without_repetition(dataset: Name) -> None:
    facts = BUNDLED[dataset]
    inputs, _ = Bundled(dataset=dataset, count=facts.samples, standardise=False).pair(
        MLP(widths=(facts.width, 2, facts.columns))
    )
    expected, _ = whole(dataset)
    assert np.array_equal(np.sort(inputs.numpy(), 0), np.sort(expected, 0))
    few = [Bundled(dataset=dataset, count=15, seed=seed, standardise=False).read()[0] for seed in (0, 0, 1)]
    assert torch.equal(few[0], inputs[:15]) and torch.equal(few[0], few[1]) and not torch.equal(few[0], few[2])


def test_columns_are_standardised_and_constant_ones_are_zero() -> None:
    inputs, _ = drawn([64, 2, 10], dataset="digits", count=120)
    raw, _ = drawn([64, 2, 10], dataset="digits", count=120, standardise=False)
    constant = np.ptp(raw, axis=0) == 0
    assert constant.any() and not inputs[:, constant].any()
    assert np.abs(inputs.mean(0)).max() < 1e-14
    assert np.abs(inputs[:, ~constant].std(0) - 1).max() < 1e-14
    assert not standardised(torch.full((7, 1), 0.1, dtype=torch.float64)).any()  # whose mean is not 0.1 to the last bit


def test_numbers_are_standardised_as_targets() -> None:
    _, targets = drawn([3, 4, 3], dataset="linnerud", count=20)
    assert np.abs(targets.mean(0)).max() < 1e-14 and np.abs(targets.std(0) - 1).max() < 1e-14
    _, raw = drawn([3, 4, 3], dataset="linnerud", count=20, standardise=False)
    assert np.abs((raw - raw.mean(0)) / raw.std(0) - targets).max() < 1e-13


@pytest.mark.parametrize("loss", ["squares", "log_cosh"])
def test_squares_see_unit_vectors_or_signs(loss: str) -> None:
    _, units = drawn([4, 3, 3], loss, dataset="iris", count=60)
    assert set(units.flatten()) == {0.0, 1.0} and (units.sum(1) == 1).all()
    _, signs = drawn([30, 3, 1], loss, dataset="breast_cancer", count=60)
    _, pairs = drawn([30, 3, 2], loss, dataset="breast_cancer", count=60)
    assert set(signs.flatten()) == {-1.0, 1.0} and np.array_equal(signs[:, 0], pairs[:, 1] - pairs[:, 0])


def test_labels_of_losses_of_labels_are_soft() -> None:
    _, soft = drawn([4, 3, 3], "softmax", dataset="iris", count=60, smoothing=0.3)
    _, units = drawn([4, 3, 3], dataset="iris", count=60)
    assert np.abs(soft - (0.7 * units + 0.1)).max() < 1e-15
    _, logistic = drawn([30, 3, 1], "logistic", dataset="breast_cancer", count=60, smoothing=0.2)
    _, signs = drawn([30, 3, 1], dataset="breast_cancer", count=60)
    assert np.abs(logistic - (0.5 + 0.4 * signs)).max() < 1e-15


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("dataset", BUNDLED)
@pytest.mark.parametrize("outputs", [1, 2, 3, 10])
def test_what_is_accepted_fits_its_loss(dataset: Name, loss: str, outputs: int) -> None:
    """No data are read where a spec is parsed; what then is accepted must not be objected to by the loss once they
    are.
    """
    facts = BUNDLED[dataset]
    try:
        parsed = parse_spec(spec([facts.width, 2, outputs], loss, dataset=dataset, count=20))
    except SpecError as error:
        assert error.path in ("network", "problem.loss")
        return
    data = parsed.problem.data(parsed.network)
    assert data.targets.numel() == 20 * outputs and list(parsed.problem.loss.check(parsed)) == []


WRONG = {
    "more than there are": (
        spec([4, 2, 3], dataset="iris", count=151),
        "problem.count: expected at most 150, the samples of iris, came 151",
    ),
    "three classes, one logit": (
        spec([4, 2, 1], "logistic", dataset="iris"),
        "problem.loss: expected softmax, squares or log_cosh, since there are 3 classes, came 'logistic'",
    ),
    "three classes, two outputs": (
        spec([4, 2, 2], dataset="iris"),
        "network: expected 3 outputs, for 3 classes under squares, came 2",
    ),
    "two classes, three outputs": (
        spec([30, 2, 3], dataset="breast_cancer"),
        "network: expected 1 or 2 outputs, for 2 classes under squares, came 3",
    ),
    "numbers as labels": (
        spec([10, 2, 1], "logistic", dataset="diabetes"),
        "problem.loss: expected squares or log_cosh, since the targets of diabetes are numbers, came 'logistic'",
    ),
    "three targets, one output": (
        spec([3, 2, 1], dataset="linnerud", count=20),
        "network: expected 3 outputs, one for each target column, came 1",
    ),
    "another width": (spec([5, 2, 3], dataset="iris"), "network: expected inputs of width 4, came 5"),
    "no smoothing": (
        spec([4, 2, 3], "softmax", dataset="iris", smoothing=0.0),
        "problem.smoothing: expected greater than 0, came 0.0",
    ),
    "an unknown set": (spec([4, 2, 3], dataset="titanic"), "problem.dataset: expected 'iris', 'wine', "),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_fit_is_one_sentence(case: str) -> None:
    document, sentence = WRONG[case]
    with pytest.raises(SpecError) as caught:
        parse_spec(document)
    assert str(caught.value).startswith(sentence)
