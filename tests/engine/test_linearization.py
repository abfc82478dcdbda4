"""The damped step against least squares that share nothing with it."""

import numpy as np
import pytest
import scipy.linalg
import torch
from flowscope.flow import Linearization, linearization
from flowscope.network import MLP, Network, Neuron
from flowscope.preset import preset
from flowscope.problem import Data

RHOS = (1.0, 0.5, 1e-3, 1e-6)
CASES: dict[str, tuple[Network, int]] = {
    "toy, N > p": (Neuron(), 5),
    "dual, N < p": (MLP(widths=(1, 12, 1)), 10),
    "primal, N > p": (MLP(widths=(1, 4, 1)), 40),
    "two outputs": (MLP(widths=(2, 10, 2)), 8),
}


def linearized(network: Network, samples: int) -> Linearization:
    generator = torch.Generator().manual_seed(3)
    theta = torch.stack([network.draw(generator) for _ in range(len(RHOS))])
    inputs = torch.randn(samples, network.inputs, generator=generator, dtype=torch.float64)
    targets = torch.randn(samples * network.outputs, generator=generator, dtype=torch.float64)
    return Linearization.of(network, Data(inputs, targets), theta)


def stacked(jacobian: np.ndarray, residual: np.ndarray, rho: float, n: int) -> np.ndarray:
    """argmin ‖√(1−ρ) J d/√n − r/√(n(1−ρ))‖² + ρ‖d‖² by SVD-free least squares; J^T r/n at ρ = 1."""
    if rho == 1.0:
        return jacobian.T @ residual / n
    top, damp = np.sqrt(1 - rho) * jacobian / np.sqrt(n), np.sqrt(rho) * np.eye(jacobian.shape[1])
    right = np.concatenate([residual / np.sqrt(n * (1 - rho)), np.zeros(jacobian.shape[1])])
    found = scipy.linalg.lstsq(np.vstack([top, damp]), right, lapack_driver="gelsy")
    assert found is not None
    return np.asarray(found[0])


@pytest.mark.parametrize(("network", "samples"), CASES.values(), ids=list(CASES))
def test_the_damped_step_solves_the_stacked_least_squares(network: Network, samples: int) -> None:
    at = linearized(network, samples)
    steps = at.damped(torch.tensor(RHOS, dtype=torch.float64))
    for step, rho, jacobian, residual in zip(steps, RHOS, at.jacobian.dense(), at.residual, strict=True):
        reference = stacked(jacobian.numpy(), residual.numpy(), rho, samples)
        # both lose about cond(ρI + (1−ρ)G)·eps ≤ λ_max/ρ·eps
        assert np.abs(step.numpy() - reference).max() <= 1e-13 / rho * max(1.0, float(np.abs(reference).max()))


@pytest.mark.parametrize(("network", "samples"), CASES.values(), ids=list(CASES))
def test_without_damping_the_step_is_the_pseudo_inverse(network: Network, samples: int) -> None:
    at = linearized(network, samples)
    steps = at.damped(torch.zeros(len(RHOS), dtype=torch.float64))
    for step, jacobian, residual in zip(steps, at.jacobian.dense(), at.residual, strict=True):
        reference = np.linalg.pinv(jacobian.numpy(), rcond=linearization.CUT) @ residual.numpy()
        condition = np.linalg.cond(jacobian.numpy())
        assert np.abs(step.numpy() - reference).max() <= 1e-14 * min(condition, 1e9) * np.abs(reference).max()


def test_a_large_jacobian_gets_the_same_steps_from_its_gram_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    for samples in (10, 60):  # dual and primal
        network = MLP(widths=(3, 5, 1))
        rho = torch.tensor((0.0, 0.0, 1e-2, 1.0), dtype=torch.float64)
        by_svd = linearized(network, samples).damped(rho)
        with monkeypatch.context() as patch:
            patch.setattr(linearization, "DENSE_ENTRIES", 0)
            by_gram = linearized(network, samples).damped(rho)
        assert (by_svd - by_gram).abs().max() < 1e-6 * by_svd.abs().max()


def test_a_duplicated_input_does_not_blow_up_the_undamped_step() -> None:
    inputs = torch.tensor([[0.3], [0.3], [-0.5]], dtype=torch.float64)
    data = Data(inputs, torch.tensor([1.0, -1.0, 0.2], dtype=torch.float64))
    network = MLP(widths=(1, 6, 1))
    theta = network.draw(torch.Generator().manual_seed(0)).unsqueeze(0)
    at = Linearization.of(network, data, theta)
    step = at.damped(torch.zeros(1, dtype=torch.float64))
    reference = np.linalg.pinv(at.jacobian.dense()[0].numpy(), rcond=1e-9) @ at.residual[0].numpy()
    assert float(at.sigma[0, -1] / at.sigma[0, 0]) < 1e-12
    assert np.abs(step[0].numpy() - reference).max() < 1e-10


def test_the_kernel_spectrum_is_that_of_the_dense_matrix() -> None:
    at = linearized(MLP(widths=(1, 12, 1)), 10)
    kernel = at.jacobian.dense() @ at.jacobian.dense().mT / 10
    assert (at.eigenvalues - torch.linalg.eigvalsh(kernel).flip(1)).abs().max() < 1e-10


def test_the_function_space_velocity_filters_kernel_modes() -> None:
    """f' = −K(ρI + (1−ρ)K)⁻¹ r."""
    at = linearized(MLP(widths=(1, 12, 1)), 6)
    kernel, identity = at.jacobian.kernel() / 6, torch.eye(6, dtype=torch.float64)
    rho = torch.tensor(RHOS, dtype=torch.float64)
    velocity = -at.jacobian.jvp(at.damped(rho))
    for v, k, r, residual in zip(velocity, kernel, RHOS, at.residual, strict=True):
        expected = -k @ torch.linalg.solve(r * identity + (1 - r) * k, residual)
        assert (v - expected).abs().max() < 1e-7


def ill(rho: tuple[float, ...]) -> tuple[Linearization, np.ndarray]:
    """One state for every ρ, at which σ_min/σ_max is about 1e-8, and the step of each by an SVD of its own."""
    spec = preset("own-data").spec
    theta = spec.root(0)
    at = Linearization.of(spec.network, spec.problem.data(spec.network), theta.expand(len(rho), -1).clone())
    u, sigma, vh = np.linalg.svd(at.jacobian.dense()[0].numpy(), full_matrices=False)
    assert 1e-9 < sigma[-1] / sigma[0] < 1e-7
    gains = sigma / (at.data.samples * np.array(rho)[:, None] + (1 - np.array(rho)[:, None]) * sigma**2)
    return at, (gains * (u.T @ at.residual[0].numpy())) @ vh


def test_a_damping_too_small_for_normal_equations_is_solved_without_them() -> None:
    """ρ = λ_min ≈ 1e-16: cond(ρI + G) = cond(J)² leaves Cholesky no digit, and an integrator of that velocity noise
    alone.
    """
    rho = (1e-3, 1e-12, 1e-16, 0.0)
    at, reference = ill(rho)
    steps = at.damped(torch.tensor(rho, dtype=torch.float64)).numpy()
    assert (np.linalg.norm(steps - reference, axis=1) <= 1e-6 * np.linalg.norm(reference, axis=1)).all()


def test_a_lane_takes_the_same_step_whichever_lanes_are_beside_it() -> None:
    rho = torch.tensor((1e-3, 1e-12, 1e-16, 0.0), dtype=torch.float64)
    at, _ = ill((1e-3, 1e-12, 1e-16, 0.0))
    together = at.damped(rho)
    for k in range(4):
        alone, _ = ill((float(rho[k]),))
        assert float((alone.damped(rho[k : k + 1])[0] - together[k]).norm()) <= 1e-6 * float(together[k].norm())
    assert at.inverted is not None
    assert at.inverted.isnan().all(1).tolist() == [True, False, False, False]
