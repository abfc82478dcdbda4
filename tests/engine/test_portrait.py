"""What is shown of a lane's layers, beside dense algebra on the Jacobian of `torch.func`."""

import pytest
import torch
from flowscope import module as m
from flowscope.module.output import Output
from flowscope.network import Neuron

from ..cases import dense, mlp_spec

SPEC = mlp_spec("gradient", widths=(1, 4, 2, 1), samples=6)
MASS = 0.05
SPANS = (slice(0, 8), slice(8, 18), slice(18, 21))


@pytest.fixture(scope="module")
def seen() -> tuple[m.Portrait, torch.Tensor, torch.Tensor]:
    """The portrait, J/√n and ∇L."""
    theta = SPEC.network.draw(torch.Generator().manual_seed(1))
    data = SPEC.problem.data(SPEC.network)
    outputs, j = dense(SPEC.network, theta, data.inputs)
    return (
        m.portrait(SPEC.network, data, theta, m.Pullback("identity", mass=MASS)),
        j / 6**0.5,
        j.T @ (outputs - data.targets) / 6,
    )


def test_each_layer_is_that_of_its_block(seen: tuple[m.Portrait, torch.Tensor, torch.Tensor]) -> None:
    found, k, gradient = seen
    for layer, span in zip(found.layers, SPANS, strict=True):
        block = k[:, span]
        inner = torch.eye(6, dtype=torch.float64) + block @ block.T / MASS
        assert torch.allclose(layer.sigma, torch.linalg.svdvals(block), atol=1e-7)  # roots of rounding in KKᵀ
        assert layer.condition == pytest.approx(float(torch.linalg.cond(inner)), rel=1e-9)
        matrix = block.T @ block + MASS * torch.eye(block.shape[1], dtype=torch.float64)
        assert layer.step_norm == pytest.approx(float(torch.linalg.solve(matrix, gradient[span]).norm()), rel=1e-10)
        assert layer.gradient_norm == pytest.approx(float(gradient[span].norm()), rel=1e-12) and layer.residual < 1e-12


def test_couplings_and_the_overshoot_are_those_of_the_whole_matrix(
    seen: tuple[m.Portrait, torch.Tensor, torch.Tensor],
) -> None:
    found, k, gradient = seen
    metric = torch.block_diag(*(k[:, span].T @ k[:, span] for span in SPANS)) + MASS * torch.eye(
        21, dtype=torch.float64
    )
    values, vectors = torch.linalg.eigh(metric)
    root = vectors @ torch.diag(values.rsqrt()) @ vectors.T
    whole = root @ k.T @ k @ root
    assert (
        found.overshoot == pytest.approx(float(torch.linalg.eigvalsh(whole)[-1]), rel=1e-9)
        and found.overshoot <= 3 + 1e-8
    )
    for i, a in enumerate(SPANS):
        for j, b in enumerate(SPANS):
            expected = 0.0 if i == j else float(torch.linalg.matrix_norm(whole[a, b], 2))
            assert float(found.coupling[i, j]) == pytest.approx(expected, abs=1e-7)
    full = torch.linalg.solve(k.T @ k + MASS * torch.eye(21, dtype=torch.float64), gradient)
    step = torch.linalg.solve(metric, gradient)
    assert found.cosine == pytest.approx(float(step @ full / (step.norm() * full.norm())), rel=1e-9)
    assert found.stretch == pytest.approx(float(step.norm() / full.norm()), rel=1e-9)


def test_ellipses_and_multipliers_are_those_at_the_outputs_of_the_layers(
    seen: tuple[m.Portrait, torch.Tensor, torch.Tensor],
) -> None:
    """A bias moves its layer's outputs one to one, so its columns of J are the rows that reach them."""
    found, k, _ = seen
    assert [layer.metric.shape for layer in found.layers] == [(4, 4), (2, 2), (1, 1)]
    bias = k[:, 16:18]  # sample i's slope in b is its row of L over √n
    assert torch.allclose(found.layers[1].metric, bias.T @ bias, atol=1e-13)
    theta = SPEC.network.draw(torch.Generator().manual_seed(1))
    data, graph = SPEC.problem.data(SPEC.network), m.layers(SPEC.network)  # pyright: ignore[reportArgumentType]  # an MLP
    at = graph.forward(theta.unsqueeze(0), data.inputs)
    prices = m.multipliers(at, (at.outputs - data.targets.view(1, 6, 1)) / 6)
    for layer, price in zip(found.layers, prices[::2], strict=True):
        assert layer.multiplier_norm == pytest.approx(float(price.norm()), rel=1e-10)


@pytest.mark.parametrize("output", ["identity", "gauss_newton"])
def test_layers_contract_as_the_riemannian_hessian_says(output: Output) -> None:
    """λ_min(M⁻¹Hess_M L) by automatic differentiation, of each block and of all, beside central differences of the
    engine's own step.
    """
    network, data, theta = (
        SPEC.network,
        SPEC.problem.data(SPEC.network),
        SPEC.network.draw(torch.Generator().manual_seed(3)),
    )
    found = m.local_rates(network, data, theta, m.Pullback(output, mass=MASS))
    keep = torch.block_diag(
        *(torch.ones(span.stop - span.start, span.stop - span.start, dtype=torch.float64) for span in SPANS)
    )

    def forward(point: torch.Tensor) -> torch.Tensor:
        return network.forward(point.unsqueeze(0), data.inputs)[0]

    def matrix(point: torch.Tensor) -> torch.Tensor:
        j = m.contraction.derivative(forward, point)
        return keep * (j.T @ j / 6) + MASS * torch.eye(21, dtype=torch.float64)

    def loss(point: torch.Tensor) -> torch.Tensor:
        return (forward(point) - data.targets).square().sum() / 12

    hessian = m.contraction.riemannian_hessian(loss, matrix, theta)
    inverse = torch.linalg.inv(torch.linalg.cholesky(matrix(theta)))
    bend = inverse @ hessian @ inverse.T
    assert found.measured == pytest.approx(float(torch.linalg.eigvalsh(bend)[0]), abs=1e-6)
    for rate, span in zip(found.alone, SPANS, strict=True):
        assert rate == pytest.approx(float(torch.linalg.eigvalsh(bend[span, span])[0]), abs=1e-6)
    assert float(found.coupling[0, 2]) == pytest.approx(
        float(torch.linalg.matrix_norm(bend[SPANS[0], SPANS[2]], 2)), abs=1e-6
    )
    assert found.predicted < found.measured < min(found.alone)


def test_a_toy_has_no_layers_to_show() -> None:
    network = Neuron()
    data = mlp_spec("gradient", samples=3).problem.data(network)
    with pytest.raises(ValueError, match="expected a network of layers"):
        m.portrait(network, data, torch.zeros(2, dtype=torch.float64), m.Pullback())
