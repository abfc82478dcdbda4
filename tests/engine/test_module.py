"""Modules beside `torch.func` on their forward map, the recursion of the metric, and the step in all its forms."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from flowscope import module as m
from flowscope.network import MLP, Dense
from flowscope.problem import LogCosh, Logistic, Loss, Softmax, Squares
from torch import Tensor

from ..cases import NETWORKS

SAMPLES = 4
SHARED = m.Linear(4, 4)
GRAPHS: dict[str, m.Module] = {
    "three modules": m.Series(m.DenseLayer(3, 4), m.Elementwise(4, "tanh"), m.DenseLayer(4, 2)),
    "linear and bias": m.Series(m.Linear(3, 4), m.Bias(4), m.Elementwise(4, "softplus", sharpness=2.0), m.Linear(4, 2)),
    "residual": m.Series(
        m.Linear(3, 4), m.Sum(m.Scale(4), m.Series(m.DenseLayer(4, 4), m.Elementwise(4))), m.Linear(4, 2)
    ),
    "parallel": m.Series(
        m.Sum(m.DenseLayer(3, 4), m.Series(m.Linear(3, 4), m.Elementwise(4, "sin"))), m.DenseLayer(4, 2)
    ),
    "side by side": m.Series(
        m.Concatenation(m.DenseLayer(3, 2), m.Linear(3, 2)), m.Elementwise(4, "silu"), m.DenseLayer(4, 2)
    ),
    "shared weights": m.Series(
        m.DenseLayer(3, 4), SHARED, m.Elementwise(4), SHARED, m.Elementwise(4), m.DenseLayer(4, 2)
    ),
    "feedback": m.Series(
        m.FixedPoint(m.Series(m.DenseLayer(7, 4), m.Scale(4, 0.4), m.Elementwise(4))), m.DenseLayer(4, 2)
    ),
    "scaled": m.Series(m.DenseLayer(3, 2), m.Scale(2, 3.0)),
}
LOSSES: dict[str, Loss] = {"squares": Squares(), "softmax": Softmax(), "log_cosh": LogCosh()}


def passed(graph: m.Graph, lanes: int = 2) -> tuple[m.Pass, Tensor]:
    """A pass of random lanes on random inputs, and soft labels (n, q)."""
    generator = torch.Generator().manual_seed(3)
    theta = torch.stack([graph.draw(generator) for _ in range(lanes)])
    inputs = torch.randn(SAMPLES, graph.module.inputs, generator=generator, dtype=torch.float64)
    labels = torch.softmax(torch.randn(SAMPLES, graph.module.outputs, generator=generator, dtype=torch.float64), 1)
    return graph.forward(theta, inputs), labels


def jacobian(graph: m.Graph, theta: Tensor, inputs: Tensor) -> Tensor:
    """∂f/∂θ (B, n·q, p) by `torch.func` from the forward map alone."""
    forward: Callable[[Tensor], Tensor] = lambda each: graph.forward(each.unsqueeze(0), inputs).outputs.flatten()  # noqa: E731
    reference = torch.func.jacrev(forward)  # pyright: ignore[reportPrivateImportUsage]  # torch.func is untyped
    return torch.stack([reference(each) for each in theta])


def inputs_of(pass_: m.Pass) -> Tensor:
    generator = torch.Generator().manual_seed(3)
    _ = [pass_.graph.draw(generator) for _ in range(2)]
    return torch.randn(SAMPLES, pass_.graph.module.inputs, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("name", GRAPHS)
def test_rows_go_back_as_automatic_differentiation_says(name: str) -> None:
    """S1 for any graph: K of all leaves is L_o J; a leaf that is used twice has the sum of both places."""
    graph = m.Graph(GRAPHS[name])
    at, _ = passed(graph)
    rows = torch.randn(2, SAMPLES, 3, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    j = jacobian(graph, at.theta, inputs_of(at))
    expected = (rows @ j.unflatten(1, (SAMPLES, 2))).flatten(1, 2)
    found = torch.cat([each.dense() for each in at.factors(rows).values()], 2)
    assert float((found - expected).abs().max()) < 1e-12
    direction = torch.randn(at.theta.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    assert torch.allclose(at.jvp(direction).flatten(1), (j @ direction.unsqueeze(2)).squeeze(2), rtol=0, atol=1e-12)
    assert torch.allclose(
        at.gradient(rows[:, :, 0]), (j.mT @ rows[:, :, 0].flatten(1).unsqueeze(2)).squeeze(2), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("name", GRAPHS)
def test_products_of_a_factor_are_those_of_its_array(name: str) -> None:
    at, _ = passed(m.Graph(GRAPHS[name]))
    rows = torch.randn(2, SAMPLES, 3, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    for factor in at.factors(rows).values():
        k = factor.dense()
        assert k.shape == factor.shape
        u, v = torch.randn_like(k[:, 0]), torch.randn_like(k[:, :, 0])
        assert torch.allclose(factor.kernel(), k @ k.mT, atol=1e-12)
        assert torch.allclose(factor.jvp(u), (k @ u.unsqueeze(2)).squeeze(2), atol=1e-12)
        assert torch.allclose(factor.vjp(v), (k.mT @ v.unsqueeze(2)).squeeze(2), atol=1e-12)


def test_adding_two_metrics_is_not_the_metric_of_a_sum() -> None:
    """(A_a + A_b)ᵀ(A_a + A_b) has cross terms: with A_b = −A_a the metric before the sum vanishes, the added ones do
    not.
    """
    graph = m.Graph(m.Series(m.Linear(3, 4), m.Sum(m.Scale(4), m.Scale(4, -1.0)), m.Linear(4, 2)))
    at, _ = passed(graph)
    first, *_ = at.factors(torch.eye(2, dtype=torch.float64).expand(2, SAMPLES, 2, 2)).values()
    assert float(first.dense().abs().max()) == 0.0


class Directions(m.Linear):
    """A linear map whose rows stay unit vectors: the step is projected on the tangent space and normalised (a
    retraction of spheres).
    """

    def mass(self, weight: Tensor) -> Tensor:
        return 3.0 * torch.ones_like(weight)

    def retract(self, weight: Tensor, direction: Tensor, eta: float | Tensor) -> Tensor:
        rows, step = (each.unflatten(1, (self.outputs, self.inputs)) for each in (weight, eta * direction))
        moved = rows + step - (step * rows).sum(2, keepdim=True) * rows
        return (moved / moved.norm(dim=2, keepdim=True)).flatten(1)


def test_a_leaf_has_a_mass_and_a_retraction_of_its_own() -> None:
    sphere, flat = Directions(3, 4), m.Linear(4, 2)
    graph = m.Graph(m.Series(sphere, m.Elementwise(4), flat))
    at, _ = passed(graph)
    assert torch.equal(graph.mass(at.theta, 0.5)[0], torch.tensor([1.5] * 12 + [0.5] * 8, dtype=torch.float64))
    unit = sphere.retract(at.theta[:, :12], torch.zeros(2, 12, dtype=torch.float64), 1.0)
    theta = torch.cat((unit, at.theta[:, 12:]), 1)
    moved = graph.retract(
        theta, torch.randn(2, 20, generator=torch.Generator().manual_seed(1), dtype=torch.float64), 0.1
    )
    assert torch.allclose(
        moved[:, :12].unflatten(1, (4, 3)).norm(dim=2), torch.ones(2, 4, dtype=torch.float64), atol=1e-14
    )
    assert not torch.equal(moved[:, :12], theta[:, :12])


def test_parts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="4 inputs"):
        m.Series(m.Linear(3, 4), m.Linear(5, 2))
    with pytest.raises(ValueError, match="branches of 3 inputs and 4 outputs"):
        m.Sum(m.Linear(3, 4), m.Linear(3, 5))
    with pytest.raises(ValueError, match="branches of 3 inputs"):
        m.Concatenation(m.Linear(3, 4), m.Linear(4, 4))
    with pytest.raises(ValueError, match="its own outputs among them"):
        m.FixedPoint(m.Linear(4, 4))
    wild = m.Graph(m.FixedPoint(m.Series(m.Linear(2, 1), m.Bias(1), m.Scale(1, 1.0))))
    with pytest.raises(ArithmeticError, match="50 rounds"):
        wild.forward(torch.tensor([[1.0, 1.0, 1.0]], dtype=torch.float64), torch.ones(1, 1, dtype=torch.float64))


@pytest.mark.parametrize("name", [name for name, network in NETWORKS.items() if isinstance(network, MLP)])
def test_a_perceptron_as_modules_has_the_engines_jacobian(name: str) -> None:
    network = NETWORKS[name]
    assert isinstance(network, MLP)
    at, _ = passed(m.layers(network))
    outputs, j = network.evaluate(at.theta, inputs_of(at))
    assert torch.equal(at.outputs.flatten(1), outputs)
    unit = torch.eye(network.outputs, dtype=torch.float64).expand(2, SAMPLES, -1, -1)
    found = torch.cat([each.dense() for each in at.factors(unit).values()], 2)
    assert float((found - j.dense()).abs().max()) < 1e-13


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("metric", ["identity", "diagonal_hessian", "gauss_newton"])
@pytest.mark.parametrize("case", ["three modules", "residual", "shared weights", "feedback"])
def test_the_step_of_every_form_is_that_of_the_dense_inverse(case: str, metric: m.Output, name: str) -> None:
    """S2: 1e-10 in double precision; what a leaf's own block says, one after the other."""
    loss, graph = LOSSES[name], m.Graph(GRAPHS[case])
    at, labels = passed(graph)
    rows, cotangent = m.output_factor(metric, loss, at.outputs, labels), loss.cotangent(at.outputs, labels)
    dual, mass = m.output_dual(rows, cotangent), torch.tensor([[1e-1], [1e-2]], dtype=torch.float64)
    gradient = at.gradient(cotangent / SAMPLES)
    expected = []
    for leaf, factor in at.factors(rows).items():
        k = factor.dense()
        matrix = k.mT @ k + mass.unsqueeze(2) * torch.eye(k.shape[2], dtype=torch.float64)
        expected.append(-torch.linalg.solve(matrix, gradient[:, graph.spans[leaf]].unsqueeze(2)).squeeze(2))
    reference = torch.cat(expected, 1)
    forms: tuple[m.Choice, ...] = ("chosen", "dense", "woodbury", "push_through")
    if case != "shared weights":  # a sum of two products is none
        forms = (*forms, "khatri_rao")
    for form in forms:
        stepped = m.layerwise(at, rows, cotangent / SAMPLES, mass, dual=dual, form=form)
        assert float((stepped.direction - reference).norm() / reference.norm()) < 1e-10, form
        assert float((stepped.gradient - gradient).abs().max()) < 1e-12


def test_a_diagonal_mass_is_no_multiple_of_the_unit() -> None:
    at, labels = passed(m.Graph(GRAPHS["three modules"]))
    loss, mass = (
        Squares(),
        torch.rand(at.theta.shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64) + 0.1,
    )
    rows, cotangent = m.output_factor("identity", loss, at.outputs, labels), loss.cotangent(at.outputs, labels)
    dual = m.output_dual(rows, cotangent)
    steps = [
        m.layerwise(at, rows, cotangent / SAMPLES, mass, dual=dual, form=form).direction
        for form in ("dense", "woodbury", "push_through")
    ]
    assert all(float((step - steps[0]).norm() / steps[0].norm()) < 1e-10 for step in steps)
    with pytest.raises(ValueError, match="came khatri_rao"):
        m.layerwise(at, rows, cotangent / SAMPLES, mass, dual=dual, form="khatri_rao")


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize(
    "case", ["three modules", "linear and bias", "residual", "parallel", "side by side", "feedback"]
)
def test_the_riccati_recursion_is_the_dense_solve_in_the_full_metric(case: str, name: str) -> None:
    loss, graph = LOSSES[name], m.Graph(GRAPHS[case])
    at, labels = passed(graph)
    rows, cotangent = m.output_factor("gauss_newton", loss, at.outputs, labels), loss.cotangent(at.outputs, labels)
    j, mass = jacobian(graph, at.theta, inputs_of(at)), torch.tensor([[1e-1], [1e-3]], dtype=torch.float64)
    metric = torch.stack([torch.block_diag(*each) for each in rows.mT @ rows])
    matrix = j.mT @ metric @ j + mass.unsqueeze(2) * torch.eye(graph.parameters, dtype=torch.float64)
    gradient = (j.mT @ cotangent.flatten(1).unsqueeze(2)).squeeze(2) / SAMPLES
    reference = -torch.linalg.solve(matrix, gradient.unsqueeze(2)).squeeze(2)
    for found in (
        m.riccati(at, metric, cotangent.flatten(1) / SAMPLES, mass),
        m.full(at, rows, cotangent / SAMPLES, mass, dual=m.output_dual(rows, cotangent)),
        m.full(at, rows, cotangent / SAMPLES, mass),
    ):
        assert float((found - reference).norm() / reference.norm()) < 1e-10


def test_the_recursion_refuses_what_is_no_series_of_small_layers() -> None:
    at, _ = passed(m.Graph(GRAPHS["shared weights"]))
    none = torch.zeros(2, 8, dtype=torch.float64)
    with pytest.raises(ValueError, match="share no weights"):
        m.riccati(at, torch.eye(8, dtype=torch.float64).expand(2, 8, 8), none, torch.ones(2, 1, dtype=torch.float64))
    wide, _ = passed(m.Graph(m.Series(m.DenseLayer(3, 700), m.DenseLayer(700, 2))))
    with pytest.raises(ValueError, match="at most 2000"):
        m.riccati(wide, torch.eye(8, dtype=torch.float64).expand(2, 8, 8), none, torch.ones(2, 1, dtype=torch.float64))


def single(mass: float) -> dict[str, float]:
    """Relative errors of the forms in single precision at a mass, against the dense solve in double: a layer of the
    theory page's size.
    """
    generator = torch.Generator().manual_seed(0)
    network = m.Graph(m.Series(m.DenseLayer(8, 16), m.Elementwise(16), m.DenseLayer(16, 3)))
    theta = network.draw(generator).unsqueeze(0)
    inputs, labels = (torch.randn(10, width, generator=generator, dtype=torch.float64) for width in (8, 3))

    def step(dtype: torch.dtype, form: m.Choice) -> Tensor:
        at = network.forward(theta.to(dtype), inputs.to(dtype))
        cotangent = at.outputs - labels.to(dtype)
        rows = m.output_factor("identity", Squares(), at.outputs, labels.to(dtype))
        dual = m.output_dual(rows, cotangent)
        scale = torch.full((1, 1), mass, dtype=dtype)
        return m.layerwise(at, rows, cotangent / 10, scale, dual=dual, form=form).direction.double()

    reference = step(torch.float64, "push_through")
    forms: tuple[m.Choice, ...] = ("dense", "woodbury", "push_through", "khatri_rao", "chosen")
    return {form: float((step(torch.float32, form) - reference).norm() / reference.norm()) for form in forms}


def test_in_single_precision_only_the_difference_and_the_dense_matrix_lose_their_digits() -> None:
    """The theory page's table, B2.3: at μ = 1e-7 the difference has no digit left."""
    error = single(1e-7)
    assert error["push_through"] < 1e-4 and error["khatri_rao"] < 1e-4 and error["chosen"] < 1e-4, error
    assert error["woodbury"] > 1.0 and error["dense"] > 1e-1, error
    assert all(value < 1e-3 for value in single(1e-1).values())


def test_the_form_is_chosen_by_size_and_precision() -> None:
    double, small = torch.float64, torch.float32
    assert m.chosen(m.Block(10, 500, 7, True), double) == "dense"
    assert m.chosen(m.Block(10, 500, 7, True), small) != "dense"
    assert m.chosen(m.Block(2_001, 50, 90, True), double) == "khatri_rao"
    assert m.chosen(m.Block(2_001, 50_000, 0, False), double) == "woodbury"
    assert m.chosen(m.Block(1_500, 200, 0, True), double) == "push_through"
    assert m.chosen(m.Block(3_000, 200, 90, False), double) == "khatri_rao"
    assert m.chosen(m.Block(3_000, 200, 90, True), double, is_uniform=False) == "push_through"
    with pytest.raises(ValueError, match="came dense"):
        k = torch.zeros(1, 1, 2_001, dtype=torch.float64)
        m.solve(Dense(k), k[:, 0], torch.ones(1, 1, dtype=torch.float64), form="dense")


@pytest.mark.parametrize("loss", [Squares(), Softmax(), Logistic(), LogCosh()], ids=lambda loss: loss.kind)
def test_a_sampled_fisher_has_the_second_derivative_for_its_mean(loss: Loss) -> None:
    """Within five standard errors of 20,000 probes; log-cosh has I/2, which is not its g''."""
    generator = torch.Generator().manual_seed(0)
    width = 1 if isinstance(loss, Logistic) else 3
    f = torch.randn(1, 1, width, generator=generator, dtype=torch.float64)
    y = torch.full((1, width), 1 / max(width, 2), dtype=torch.float64)
    uniform = torch.rand(1, 20_000, m.output.labels(loss, width), generator=generator, dtype=torch.float64)
    rows = m.output_factor("sampled_fisher", loss, f, y, uniform=uniform)[0, 0]
    root = m.output_factor("gauss_newton", loss, f, y)[0, 0]
    expected = 0.5 * torch.eye(width, dtype=torch.float64) if isinstance(loss, LogCosh) else root.T @ root
    assert float((rows.T @ rows - expected).abs().max()) < 5 * 1.5 / 20_000**0.5


def test_the_ten_lines_of_the_documentation_run() -> None:
    text = (Path(__file__).parents[2] / "docs/modules.md").read_text(encoding="utf-8")
    code = text.split("```python\n")[1].split("```")[0]
    assert sum(bool(line.strip()) for line in code.splitlines()) <= 10
    names: dict[str, Any] = {}
    exec(compile(code, "modules.md", "exec"), names)
    assert names["theta"].shape == (1, 26) and len(names["step"].steps) == 2
