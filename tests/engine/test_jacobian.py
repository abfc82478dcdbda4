"""Every network's Jacobian and its products against a dense `torch.func` reference."""

import pytest
import torch
from flowscope.network import Network

from ..cases import NETWORKS, dense

LANES, SAMPLES = 3, 5


@pytest.fixture(params=NETWORKS.values(), ids=list(NETWORKS))
def network(request: pytest.FixtureRequest) -> Network:
    return request.param


def sample(network: Network) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(7)
    theta = torch.stack([network.draw(generator) for _ in range(LANES)])
    inputs = torch.randn(SAMPLES, network.inputs, generator=generator, dtype=torch.float64)
    reference = torch.stack([dense(network, t, inputs)[1] for t in theta])
    return theta, inputs, reference


def test_outputs_are_the_forward_map(network: Network) -> None:
    theta, inputs, _ = sample(network)
    outputs, _ = network.evaluate(theta, inputs)
    assert torch.allclose(outputs, network.forward(theta, inputs), atol=1e-14)


def test_the_jacobian_is_the_derivative(network: Network) -> None:
    theta, inputs, reference = sample(network)
    _, jacobian = network.evaluate(theta, inputs)
    assert jacobian.shape == reference.shape == (LANES, SAMPLES * network.outputs, network.parameters)
    assert (jacobian.dense() - reference).abs().max() < 1e-10


def test_products_are_those_of_the_dense_matrix(network: Network) -> None:
    theta, inputs, reference = sample(network)
    _, jacobian = network.evaluate(theta, inputs)
    u, v = (
        torch.randn(LANES, reference.shape[2], dtype=torch.float64),
        torch.randn(LANES, reference.shape[1], dtype=torch.float64),
    )
    assert (jacobian.jvp(u) - (reference @ u.unsqueeze(2)).squeeze(2)).abs().max() < 1e-10
    assert (jacobian.vjp(v) - (reference.mT @ v.unsqueeze(2)).squeeze(2)).abs().max() < 1e-10
    assert (jacobian.kernel() - reference @ reference.mT).abs().max() < 1e-10
    assert (jacobian.gram() - reference.mT @ reference).abs().max() < 1e-10


def test_some_lanes_of_a_jacobian_are_those_lanes(network: Network) -> None:
    theta, inputs, reference = sample(network)
    _, jacobian = network.evaluate(theta, inputs)
    assert (jacobian[1:3].dense() - reference[1:3]).abs().max() < 1e-10
