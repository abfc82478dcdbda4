"""Output metrics beside g'' by automatic differentiation, and the minimiser of a ridged energy."""

import pytest
import torch
from flowscope.module.output import Output, output_factor
from flowscope.movement import Energy
from flowscope.problem import AnyLoss, Data, LogCosh, Logistic, Softmax, Squares
from torch import Tensor

LOSSES: tuple[AnyLoss, ...] = (Squares(), LogCosh(), Logistic(), Softmax())
SAMPLES, WIDTH = 5, 3


def drawn(loss: AnyLoss, seed: int, scale: float) -> tuple[Tensor, Tensor]:
    """Outputs (1, n, q) and targets (n, q) that the loss takes."""
    generator = torch.Generator().manual_seed(seed)
    f = scale * torch.randn(1, SAMPLES, WIDTH, generator=generator, dtype=torch.float64)
    raw = torch.randn(SAMPLES, WIDTH, generator=generator, dtype=torch.float64)
    labels = {"softmax": raw.softmax(-1), "logistic": raw.sigmoid()}
    return f, labels.get(loss.kind, raw)


def second(loss: AnyLoss, f: Tensor, y: Tensor) -> Tensor:
    """g'' (n, q, q) of every sample, by automatic differentiation of g."""
    slope = torch.func.grad(lambda each, label: loss.value(each.unsqueeze(0), label.unsqueeze(0)).sum())  # pyright: ignore[reportPrivateImportUsage]  # torch.func is untyped
    return torch.stack([torch.func.jacrev(slope)(each, label) for each, label in zip(f[0], y, strict=True)])  # pyright: ignore[reportAttributeAccessIssue]  # torch.func is untyped


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("scale", [0.1, 1.0, 3.0])
@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.kind)
@pytest.mark.parametrize("metric", ["diagonal_hessian", "gauss_newton"])
def test_an_output_metric_is_its_share_of_the_second_derivative(
    metric: Output, loss: AnyLoss, scale: float, seed: int
) -> None:
    f, y = drawn(loss, seed, scale)
    rows = output_factor(metric, loss, f, y)[0]
    exact = second(loss, f, y)
    wanted = torch.diag_embed(exact.diagonal(dim1=1, dim2=2)) if metric == "diagonal_hessian" else exact
    assert (SAMPLES * rows.mT @ rows - wanted).abs().max() < 1e-12 * max(1.0, float(exact.abs().max()))


@pytest.mark.parametrize("ridge", [1e-3, 0.5, 20.0])
@pytest.mark.parametrize("loss", [Squares(), LogCosh(), Logistic()], ids=lambda loss: loss.kind)
def test_the_minimiser_of_a_ridged_energy_is_shrunk(loss: AnyLoss, ridge: float) -> None:
    """dE = g' + νu vanishes there, by automatic differentiation of g; squares: y/(1 + ν)."""
    _, y = drawn(loss, 0, 1.0)
    data = Data(torch.zeros(SAMPLES, 1, dtype=torch.float64), y.flatten(), loss)
    least = Energy(data, torch.tensor([ridge], dtype=torch.float64)).minimiser(1)[0]
    slope = torch.func.grad(lambda u: loss.value(u.unflatten(0, (SAMPLES, WIDTH)), y).sum())(least)  # pyright: ignore[reportPrivateImportUsage]  # torch.func is untyped
    assert (slope + ridge * least).abs().max() < 1e-12 * (1.0 + ridge)
    if isinstance(loss, Squares):
        assert torch.allclose(least, data.targets / (1.0 + ridge), rtol=1e-14, atol=0.0)
