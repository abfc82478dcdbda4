"""Losses: the laws of generalised Gauss–Newton (theory page 2.4, P18, P19)."""

import numpy as np
import pytest
import torch
from flowscope import RunSpec, SpecError, parse_spec
from flowscope.flow import GaussNewton, GeneralisedGaussNewton, Linearization, PseudoInverse
from flowscope.network import MLP, Neuron
from flowscope.problem import AnyLoss, Data, LogCosh, Logistic, Loss, Points, Softmax, Squares
from flowscope.run.frame import facts
from flowscope.run.spec import Random, Solver

from ..cases import column, dense, lane, table

LOSSES: tuple[tuple[Loss, int], ...] = ((Squares(), 2), (LogCosh(), 2), (Logistic(), 1), (Softmax(), 3))


def labels(q: int, samples: int, seed: int = 2) -> torch.Tensor:
    """Soft labels: in (0, 1) for one output, positive rows that sum to 1 for more."""
    draw = torch.randn(samples, q, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return torch.sigmoid(draw) if q == 1 else torch.softmax(draw, 1)


@pytest.mark.parametrize(("loss", "q"), LOSSES, ids=lambda value: getattr(value, "kind", value))
def test_the_whitened_gram_matrix_is_the_generalised_one(loss: AnyLoss, q: int) -> None:
    """Jᵀg''J from dense `torch.func`; and the undamped step solves it against Jᵀg'."""
    network, y = MLP(widths=(2, 3, q)), labels(q, 6)
    generator = torch.Generator().manual_seed(0)
    inputs, theta = torch.randn(6, 2, generator=generator, dtype=torch.float64), network.draw(generator)
    at = Linearization.of(network, Data(inputs, y.flatten(), loss), theta.unsqueeze(0))
    f, jacobian = dense(network, theta, inputs)
    hessian = torch.func.jacrev(torch.func.grad(lambda t: loss.value(t.view(6, q), y)))(f)
    assert (at.whitened.jacobian.gram()[0] - jacobian.T @ hessian @ jacobian).abs().max() < 1e-12
    gradient = torch.func.grad(lambda t: loss.value(network.forward(t.unsqueeze(0), inputs)[0].view(6, q), y) / 6)(
        theta
    )
    assert (at.gradient[0] - gradient).abs().max() < 1e-14
    rho = torch.tensor([0.1], dtype=torch.float64)
    matrix = 0.1 * torch.eye(theta.numel(), dtype=torch.float64) + 0.9 * jacobian.T @ hessian @ jacobian / 6
    assert (at.whitened.damped(rho)[0] - torch.linalg.solve(matrix, gradient)).abs().max() < 1e-12


def run(loss: AnyLoss, q: int, *, samples: int = 6, seed: int = 2) -> RunSpec:
    """Over-parametrised, generalised Gauss–Newton beside the Jacobian-only flow."""
    y = labels(q, samples, seed)
    generator = torch.Generator().manual_seed(4)
    inputs = torch.randn(samples, 3, generator=generator, dtype=torch.float64)
    return RunSpec(
        problem=Points(inputs=tuple(map(tuple, inputs.tolist())), targets=tuple(map(tuple, y.tolist())), loss=loss),
        network=MLP(widths=(3, 40, q)),
        start=Random(),
        solvers=(
            Solver("ggn", GeneralisedGaussNewton()),
            Solver("jacobian", GaussNewton()),
            Solver("any", PseudoInverse()),
        ),
        horizon=6.0,
        interval=0.1,
    )


@pytest.mark.parametrize(
    ("loss", "q"), [(Logistic(), 1), (LogCosh(), 1)], ids=lambda value: getattr(value, "kind", value)
)
def test_generalised_gauss_newton_decays_at_one_whatever_the_modulus(loss: AnyLoss, q: int) -> None:
    """P19: ‖g'(f_t)‖ = e^{−t}‖g'(f_0)‖; the Jacobian-only flow is slower where the modulus is small."""
    spec = run(loss, q)
    frames, y = table(spec), labels(q, 6)

    def norms(number: int) -> np.ndarray:
        f = torch.tensor(column(lane(frames, number), "outputs")).unflatten(1, (6, q))
        return loss.cotangent(f, y).flatten(1).norm(dim=1).numpy()

    time = column(lane(frames, 0), "time")
    assert np.abs(norms(0) / norms(0)[0] * np.exp(time) - 1).max() < 1e-6
    assert norms(1)[-1] > 2 * norms(0)[-1]


def test_cross_entropy_keeps_its_fibres_and_ends_in_the_explicit_minimiser() -> None:
    """P18: under f' = −g' the row means of the logits are conserved, and f_∞ = log y + mean(f_0) − mean(log y) per
    sample.
    """
    spec = run(Softmax(), 3).model_copy(update={"horizon": 200.0, "interval": 5.0})
    frames = lane(table(spec), 2)
    f = column(frames, "outputs").reshape(-1, 6, 3)
    means = f.mean(2)
    assert np.abs(means - means[0]).max() < 1e-7
    logits = np.log(labels(3, 6).numpy())
    expected = logits + (means[0] - logits.mean(1))[:, None]
    assert np.abs(f[-1] - expected).max() < 1e-3 * np.abs(f[0] - expected).max()
    assert column(frames, "excess_loss")[-1] < 1e-6


@pytest.mark.parametrize(
    ("loss", "targets", "expected"),
    [
        ("logistic", [[0.5], [1.0]], "targets strictly between 0 and 1"),
        ("logistic", [[0.5, 0.5], [0.2, 0.8]], "one output for each sample"),
        ("softmax", [[0.5, 0.4], [0.2, 0.8]], "targets that are positive and sum to 1"),
        ("softmax", [[0.5], [0.4]], "at least two outputs"),
    ],
)
def test_targets_that_do_not_fit_the_loss_are_refused(loss: str, targets: list[list[float]], expected: str) -> None:
    spec = {
        "problem": {"kind": "points", "inputs": [[0.1], [0.2]], "targets": targets, "loss": {"kind": loss}},
        "network": {"kind": "mlp", "widths": [1, 8, len(targets[0])]},
        "solvers": [{"name": "a", "flow": {"kind": "gradient"}}],
    }
    with pytest.raises(SpecError, match=rf"^problem\.loss: expected {expected}"):
        parse_spec(spec)


def test_the_straight_line_leads_to_targets_of_squares_only() -> None:
    spec = run(Logistic(), 1).model_dump(mode="json") | {
        "solvers": [{"name": "a", "flow": {"kind": "straight_line"}}],
        "horizon": 1.0,
    }
    with pytest.raises(SpecError, match=r"^solvers\.0\.flow: expected the loss of squares, .* came 'logistic'"):
        parse_spec(spec)


LINKS = {
    "identity": lambda f: f,
    "sigmoid": lambda f: 1.0 / (1.0 + np.exp(-f)),
    "softmax": lambda f: np.exp(f) / np.exp(f).sum(1, keepdims=True),
}


@pytest.mark.parametrize(("loss", "q"), LOSSES, ids=lambda value: getattr(value, "kind", value))
@pytest.mark.parametrize("seed", range(3))
def test_the_link_takes_the_minimiser_to_the_targets_and_no_other_one_does(loss: Loss, q: int, seed: int) -> None:
    y = labels(q, 5, seed)
    away = {name: float(np.abs(link(loss.minimiser(y).numpy()) - y.numpy()).max()) for name, link in LINKS.items()}
    assert away.pop(loss.link) < 1e-12 and min(away.values()) > 1e-2


@pytest.mark.parametrize(("loss", "q"), LOSSES, ids=lambda value: getattr(value, "kind", value))
def test_a_recording_tells_what_a_page_must_know_of_loss_network_and_solvers(loss: AnyLoss, q: int) -> None:
    y = labels(q, 2)
    problem = Points(inputs=((0.1,), (0.7,)), targets=tuple(map(tuple, y.tolist())), loss=loss)
    solvers = (Solver("damped", GaussNewton()), Solver("pseudo-inverse", PseudoInverse()))
    spec = RunSpec(problem=problem, network=MLP(widths=(1, q)), solvers=solvers, horizon=0.1, interval=0.1)
    told = facts(table(spec).schema)
    assert told["loss"] == {"is_squares": loss.kind == "squares", "link": loss.link} and told["is_layered"]
    assert [each["is_tunable"] for each in told["lanes"]] == [True, False]
    neuron = spec.model_copy(update={"problem": Points(inputs=((0.1,),), targets=((0.2,),)), "network": Neuron()})
    assert facts(table(neuron).schema)["is_layered"] is False
