"""The geometry of M = {f(θ)} against closed forms, SciPy on hand-derived Christoffel symbols, and finite
differences.
"""

import math
from typing import Literal

import numpy as np
import pytest
import torch
from flowscope import (
    PRESETS,
    Run,
    christoffel,
    exponential_map,
    gauss_curvature,
    geodesic,
    global_optimum,
    hessian_eigenvalues,
    metric_tensor,
    nearest_point,
    preset,
    retraction,
    second_fundamental_form,
    sectional_curvature,
)
from flowscope.integrator import DormandPrince
from flowscope.manifold.best_in_class import best_in_class
from flowscope.network import MLP, Dense, Network, Neuron, Pair, ScaledNeuron, Toy, TwoTerm
from flowscope.problem import Data
from scipy.integrate import solve_ivp
from scipy.optimize import least_squares
from torch import Tensor

from ..cases import INPUTS, START, TEACHER

X = np.array(INPUTS)[:, 0]
SAMPLES = torch.tensor(INPUTS, dtype=torch.float64)
ONE = torch.zeros(1, 1, dtype=torch.float64)


def tensor(*rows: object) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


class Surface(Toy):
    """A surface in R³ as a network of one input and three outputs; J by `torch.func` from its own closed form."""

    @property
    def outputs(self) -> int:
        return 3

    def curve(self, u: Tensor, v: Tensor, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        raise NotImplementedError

    def evaluate(self, theta: Tensor, inputs: Tensor) -> tuple[Tensor, Dense]:
        jacobian = torch.func.vmap(torch.func.jacrev(lambda t: self.forward(t.unsqueeze(0), inputs)[0]))(theta)
        return self.forward(theta, inputs), Dense(jacobian)  # pyright: ignore[reportArgumentType]  # torch.func is untyped


class Sphere(Surface):
    """R(cos v cos u, cos v sin u, sin v): longitude u, latitude v."""

    kind: Literal["sphere"] = "sphere"
    radius: float = 1.7

    def forward(self, theta: Tensor, inputs: Tensor) -> Tensor:
        u, v = theta[:, 0], theta[:, 1]
        return self.radius * torch.stack((torch.cos(v) * torch.cos(u), torch.cos(v) * torch.sin(u), torch.sin(v)), 1)


class Cylinder(Surface):
    """(R cos u, R sin u, sinh v): flat, with a curved coordinate along its axis."""

    kind: Literal["cylinder"] = "cylinder"
    radius: float = 1.7

    def forward(self, theta: Tensor, inputs: Tensor) -> Tensor:
        u, v = theta[:, 0], theta[:, 1]
        return torch.stack((self.radius * torch.cos(u), self.radius * torch.sin(u), torch.sinh(v)), 1)


PLACES = tensor((0.3, 0.4), (-1.0, 0.9), (2.0, -1.1))


def slopes(w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The neuron's f and J at (w, b), by hand: z = wx + b, J = (1 − f²)[x, 1]."""
    f = np.tanh(w[0] * X + w[1])
    return f, (1 - f**2)[:, None] * np.stack([X, np.ones(3)], 1)


def neuron_geodesic(t: float, state: np.ndarray) -> np.ndarray:
    """Γ by hand: d²f[v, v] = −2f(1 − f²)(v_w x + v_b)², θ'' = −(JᵀJ)⁻¹Jᵀ d²f[v, v]."""
    f, jacobian = slopes(state[:2])
    bend = -2 * f * (1 - f**2) * (state[2] * X + state[3]) ** 2
    return np.concatenate([state[2:], -np.linalg.solve(jacobian.T @ jacobian, jacobian.T @ bend)])


def test_a_sphere_has_the_curvature_of_its_radius() -> None:
    """K = 1/R², II(u, v) = −g(u, v) f/R², g = R² diag(cos²v, 1); a few roundings of 1, so 1e-14."""
    sphere = Sphere()
    assert (gauss_curvature(sphere, ONE, PLACES) * sphere.radius**2 - 1).abs().max() < 1e-14
    metric = metric_tensor(sphere, ONE, PLACES)
    exact = sphere.radius**2 * torch.diag_embed(
        torch.stack((PLACES[:, 1].cos() ** 2, torch.ones(3, dtype=torch.float64)), 1)
    )
    assert (metric - exact).abs().max() < 1e-14
    point = sphere.forward(PLACES, ONE)
    form = -metric[:, None] * point[:, :, None, None] / sphere.radius**2
    assert (second_fundamental_form(sphere, ONE, PLACES) - form).abs().max() < 1e-14


def test_a_cylinder_is_flat_and_bent() -> None:
    cylinder = Cylinder()
    assert gauss_curvature(cylinder, ONE, PLACES).abs().max() < 1e-15
    form = second_fundamental_form(cylinder, ONE, PLACES)
    outward = torch.stack((PLACES[:, 0].cos(), PLACES[:, 0].sin(), torch.zeros(3, dtype=torch.float64)), 1)
    assert (form[:, :, 0, 0] + cylinder.radius * outward).abs().max() < 1e-14
    assert form[:, :, 1].abs().max() < 1e-14


def test_on_a_sphere_the_hessian_knows_how_far_the_target_is() -> None:
    """Hess of ½‖f − y‖² on a sphere is ⟨f, y⟩/R² times the identity: 1 − ⟨f − y, f⟩/R²."""
    sphere, target = Sphere(), tensor(0.4, -2.0, 0.7)
    exact = sphere.forward(PLACES, ONE) @ target / sphere.radius**2
    found = hessian_eigenvalues(sphere, Data(ONE, target), PLACES)
    assert (found - exact.unsqueeze(1)).abs().max() < 1e-13


def test_geodesics_of_a_sphere_are_great_circles() -> None:
    """f(t) = cos(ωt) f(0) + sin(ωt)/ω f'(0), ω = ‖f'‖/R; half way round, to 1e-9 (steps of 1e-10)."""
    sphere, times = Sphere(), torch.linspace(0.0, 1.0, 9, dtype=torch.float64)
    begin, speed = tensor((0.3, 0.4)), tensor((1.3, -0.6))
    found = geodesic(sphere, ONE, begin, speed, times)
    outputs, jacobian = sphere.evaluate(begin, ONE)
    push = jacobian.jvp(speed)
    omega = push.norm() / sphere.radius
    exact = torch.cos(omega * times)[:, None] * outputs + torch.sin(omega * times)[:, None] / omega * push
    assert (sphere.forward(found.theta[:, 0], ONE) - exact).abs().max() < 1e-9


def test_geodesics_of_a_cylinder_are_helices() -> None:
    cylinder, begin, speed = Cylinder(), tensor((0.3, 0.4)), tensor((1.3, -0.6))
    end = exponential_map(cylinder, ONE, begin, speed)
    exact = tensor((1.6, math.asinh(math.sinh(0.4) - 0.6 * math.cosh(0.4))))
    assert (end - exact).abs().max() < 1e-9


@pytest.mark.parametrize(("place", "speed"), [(START, (-0.5, -1.0)), (TEACHER, (0.5, 0.15))])
def test_geodesics_of_the_neuron_are_scipys(place: tuple[float, float], speed: tuple[float, float]) -> None:
    """End point to 1e-8, ‖f'‖ constant to 1e-9; SciPy at rtol 1e-13 is exact here, our steps are at 1e-10."""
    times = torch.linspace(0.0, 1.0, 11, dtype=torch.float64)
    found = geodesic(Neuron(), SAMPLES, tensor(place), tensor(speed), times)
    referee = solve_ivp(
        neuron_geodesic, (0, 1), (*place, *speed), method="DOP853", rtol=1e-13, atol=1e-14, t_eval=times.numpy()
    )
    ours = torch.cat((found.theta, found.velocity), 2)[:, 0].numpy()
    assert np.abs(ours[-1] - referee.y[:, -1]).max() < 1e-8
    assert np.abs(ours - referee.y.T).max() < 1e-8
    speeds = [np.linalg.norm(slopes(state[:2])[1] @ state[2:]) for state in ours]
    assert np.abs(np.array(speeds) / speeds[0] - 1).max() < 1e-9


def test_a_geodesic_that_leaves_the_manifold_ends() -> None:
    """M of the neuron lies in a cube and is not complete: a geodesic that runs out of it ends at a finite length, with
    NaN from there.
    """
    times, coarse = tensor(0.01, 3.5), DormandPrince(rtol=1e-5, atol=1e-7)
    length = float(tensor(*(slopes(np.array(TEACHER))[1] @ np.array([1.0, 0.3]))).norm())
    found = geodesic(Neuron(), SAMPLES, tensor(TEACHER), tensor((1.0, 0.3)) / length, times, integrator=coarse)
    assert torch.isfinite(found.theta[0]).all() and torch.isnan(found.theta[1]).all()


def test_christoffel_symbols_are_those_of_the_metric() -> None:
    """Γᵏᵢⱼ = ½ gᵏˡ(∂ᵢgⱼₗ + ∂ⱼgᵢₗ − ∂ₗgᵢⱼ), ∂g by central differences with h = 1e-5: h²/6 ∂³g + 1e-16/h, about 1e-9
    times ‖g⁻¹‖ < 1e2.
    """
    for place in (START, TEACHER):
        grams = [[(j := slopes(np.array(place) + s * 1e-5 * e)[1]).T @ j for s in (1, -1)] for e in np.eye(2)]
        partial = np.array([(plus - minus) / 2e-5 for plus, minus in grams])  # [l, i, j]
        lowered = 0.5 * (np.einsum("ijl->lij", partial) + np.einsum("jil->lij", partial) - partial)
        jacobian = slopes(np.array(place))[1]
        exact = np.einsum("kl,lij->kij", np.linalg.inv(jacobian.T @ jacobian), lowered)
        assert np.abs(christoffel(Neuron(), SAMPLES, tensor(place))[0].numpy() - exact).max() < 1e-7


@pytest.mark.parametrize("network", [Neuron(), TwoTerm(), Pair()], ids=lambda network: network.kind)
def test_gauss_curvature_depends_on_the_metric_alone(network: Network) -> None:
    """Theorema egregium: a small geodesic circle is 2πr(1 − Kr²/6 + O(r⁴)) long; two radii remove the O(r⁴) term.

    What is left is O(r⁴) K, and end points known to 1e-12 leave 6·1e-12/r³ = 6e-6 of K."""
    place = tensor((0.7, 0.6))
    metric = metric_tensor(network, SAMPLES, place)[0]
    unit = torch.linalg.inv(torch.linalg.cholesky(metric)).mT
    angle = torch.linspace(0.0, 2 * math.pi, 33, dtype=torch.float64)[:-1]
    ring = torch.stack((angle.cos(), angle.sin()), 1) @ unit.mT
    scale = float(gauss_curvature(network, SAMPLES, place).abs()) ** -0.5
    around: list[float] = []
    for radius in (0.02, 0.01):
        r = radius * min(scale, 1.0)
        points = network.forward(exponential_map(network, SAMPLES, place.expand(32, -1), r * ring), SAMPLES).numpy()
        wave = np.fft.fft(points, axis=0) * (1j * np.fft.fftfreq(32, 1 / 32))[:, None]
        length = float(np.linalg.norm(np.fft.ifft(wave, axis=0).real, axis=1).mean()) * 2 * math.pi
        around.append(6 * (1 - length / (2 * math.pi * r)) / r**2)
    assert float(gauss_curvature(network, SAMPLES, place)) == pytest.approx(
        (4 * around[1] - around[0]) / 3, rel=1e-3, abs=1e-5
    )


def test_sectional_curvature_does_not_see_the_basis_of_its_plane() -> None:
    network, inputs = MLP(widths=(1, 2, 1)), torch.linspace(-1.5, 1.5, 12, dtype=torch.float64)[:, None]
    generator = torch.Generator().manual_seed(0)
    theta, u, v = (torch.randn(3, 7, generator=generator, dtype=torch.float64) for _ in range(3))
    first = sectional_curvature(network, inputs, theta, u, v)
    other = sectional_curvature(network, inputs, theta, 2 * u - v, u + 3 * v)
    assert (other / first - 1).abs().max() < 1e-8  # J has condition up to 1e4 here
    with pytest.raises(ValueError, match="p = 2"):
        gauss_curvature(network, inputs, theta)


@pytest.mark.parametrize("network", [Neuron(), TwoTerm(), Pair()], ids=lambda network: network.kind)
def test_the_hessian_is_the_second_difference_of_the_loss_along_geodesics(network: Network) -> None:
    """Hess[u, u] = d²/dt² ½‖f(γ(t)) − y‖²: five-point differences. Their error t⁴/90 ∂⁶ was 8e-4 at t = 0.02, so 3e-6
    here.
    """
    place, y = tensor((0.7, 0.6)), tensor(-0.3, 0.9, 0.2)
    inverse = torch.linalg.inv(torch.linalg.cholesky(metric_tensor(network, SAMPLES, place)[0])).mT
    directions = tensor((1.0, 0.0), (0.0, 1.0), (0.5**0.5, 0.5**0.5)) @ inverse.mT
    step, second = 0.005, []
    for direction in directions:
        ends = exponential_map(
            network, SAMPLES, place.expand(5, -1), step * tensor(-2.0, -1.0, 0.0, 1.0, 2.0)[:, None] * direction
        )
        half = 0.5 * (network.forward(ends, SAMPLES) - y).square().sum(1)
        second.append(float(tensor(-1.0, 16.0, -30.0, 16.0, -1.0) @ half / (12 * step**2)))
    mixed = second[2] - 0.5 * (second[0] + second[1])
    referee = np.linalg.eigvalsh([[second[0], mixed], [mixed, second[1]]])
    found = hessian_eigenvalues(network, Data(SAMPLES, y), place)[0].numpy()
    assert np.abs(found - referee).max() < 1e-5 * max(1.0, np.abs(referee).max())


@pytest.mark.parametrize(
    ("network", "samples", "seed"),
    [(MLP(widths=(1, 2, 1)), 12, 4), (MLP(widths=(2, 2, 2)), 9, 0)],
    ids=["1-2-1", "2-2-2"],
)
def test_the_hessian_of_any_network_is_the_covariant_one(network: Network, samples: int, seed: int) -> None:
    """∇²L − Σₖ Γᵏ ∂ₖL against JᵀJ: a formula without II, which loses cond(J)² ε, the tolerance; cond is 2e4 and 52
    here.
    """
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(samples, network.inputs, generator=generator, dtype=torch.float64)
    y, theta = (
        torch.randn(k, generator=generator, dtype=torch.float64)
        for k in (samples * network.outputs, network.parameters)
    )

    def half(t: Tensor) -> Tensor:
        return 0.5 * (network.forward(t.unsqueeze(0), inputs)[0] - y).square().sum()

    gradient, flat = torch.autograd.functional.jacobian(half, theta), torch.autograd.functional.hessian(half, theta)
    symbols = christoffel(network, inputs, theta.unsqueeze(0))[0]
    covariant = (flat - torch.einsum("kij,k->ij", symbols, gradient)).numpy()  # pyright: ignore[reportArgumentType, reportOperatorIssue]  # untyped
    inverse = np.linalg.inv(np.linalg.cholesky(metric_tensor(network, inputs, theta.unsqueeze(0))[0].numpy()))
    referee = np.linalg.eigvalsh(inverse @ covariant @ inverse.T)
    found = hessian_eigenvalues(network, Data(inputs, y), theta.unsqueeze(0))[0].numpy()
    condition = np.linalg.cond(network.evaluate(theta.unsqueeze(0), inputs)[1].dense()[0].numpy())
    assert np.abs(found - referee).max() < 10 * 2.2e-16 * condition**2 * np.abs(referee).max()


def test_the_pair_has_the_curvature_of_the_theory_page() -> None:
    """4.1: 2μ_min = 1.2800 at (2.573, 1.614), ½‖r‖² = .0482, while the best in class is .0117 at (−1.118, −2.939)."""
    network = Pair(alpha=2.0, second=1.0, centre=None)
    data = Data(tensor((-1.0,), (0.4,), (1.3,)), tensor(-0.3, 0.9, 0.2))
    local = nearest_point(network, data.inputs, data.targets.unsqueeze(0), tensor((2.5, 1.6)))
    assert local[0].numpy() == pytest.approx([2.573, 1.614], abs=5e-4)
    assert 2 * float(hessian_eigenvalues(network, data, local)[0, 0]) == pytest.approx(1.2800, abs=5e-4)
    assert 0.5 * float((network.forward(local, data.inputs) - data.targets).square().sum()) == pytest.approx(
        0.0482, abs=5e-5
    )
    best = global_optimum(network, data)
    assert best.theta is not None and best.theta.numpy() == pytest.approx([-1.118, -2.939], abs=1e-3)
    assert 3 * best.loss == pytest.approx(0.0117, abs=5e-5)


def test_the_nearest_point_is_scipys() -> None:
    points = torch.from_numpy(slopes(np.array(START))[0]) + tensor((0.1, -0.05, 0.02), (-0.03, 0.04, 0.15))
    found = nearest_point(Neuron(), SAMPLES, points, tensor(START, START)).numpy()
    for theta, point in zip(found, points.numpy(), strict=True):
        referee = least_squares(
            lambda w, y: slopes(w)[0] - y, START, method="lm", args=(point,), xtol=1e-15, ftol=1e-15, gtol=1e-15
        )
        assert np.abs(theta - referee.x).max() < 1e-7


def test_the_retraction_agrees_with_the_exponential_map_to_third_order() -> None:
    """‖exp_θ(hv) − R_θ(hv)‖ = O(h³): halving h divides it by 8."""
    place, speed = tensor(TEACHER), tensor((0.3, 0.2))
    gaps = []
    for h in (0.2, 0.1, 0.05):
        ends = [way(Neuron(), SAMPLES, place, h * speed) for way in (exponential_map, retraction)]
        gaps.append(float((Neuron().forward(ends[0], SAMPLES) - Neuron().forward(ends[1], SAMPLES)).norm()))
    assert np.log2(np.array(gaps[:-1]) / np.array(gaps[1:])) == pytest.approx(3.0, abs=0.3)


@pytest.mark.parametrize("name", [item.name for item in PRESETS if item.spec.network.parameters == 2])
def test_an_exhaustive_search_finds_the_same_best_point(name: str) -> None:
    """Losses are of order 1, both polished to rounding: 1e-14."""
    spec = preset(name).spec
    data = spec.problem.data(spec.network)
    start = spec.root(0).unsqueeze(0)
    ours, theirs = global_optimum(spec.network, data), best_in_class(spec.network, data, start)
    assert theirs is not None and ours.loss == pytest.approx(theirs.loss, abs=1e-14)
    assert ours.theta is not None and theirs.theta is not None
    assert (ours.outputs - theirs.outputs).abs().max() < 1e-6


def test_rank_loss_is_not_a_number() -> None:
    lost = tensor((0.0, 0.7), (0.8, 0.0), (0.8, 0.7))
    data = Data(SAMPLES, tensor(-0.3, 0.9, 0.2))
    known = torch.isfinite(hessian_eigenvalues(ScaledNeuron(), data, lost)).all(1)
    assert known.tolist() == [False, False, True]


def test_the_stage_shows_the_least_curvature_towards_the_target() -> None:
    """Against Hess = ∇²L − Γ∇L by hand for the neuron; J has condition up to 1e4 on this grid, squared in the
    referee.
    """
    spec = preset("curvature").spec
    stage = Run(spec).stage()
    assert stage is not None
    y = spec.problem.data(spec.network).targets.numpy()
    for row in stage.to_pylist()[::97]:
        f, jacobian = slopes(np.array(row["theta"]))
        if row["conditioning"] < 1e-4:
            continue
        second = (-2 * f * (1 - f**2))[:, None, None] * np.array([[[x * x, x], [x, 1.0]] for x in X])
        project = jacobian @ np.linalg.pinv(jacobian)
        bend = np.einsum("n,nij->ij", (f - y) - project @ (f - y), second)
        inverse = np.linalg.inv(np.linalg.cholesky(jacobian.T @ jacobian))
        referee = 1 + np.linalg.eigvalsh(inverse @ bend @ inverse.T)[0]
        assert row["curvature"] == pytest.approx(referee, rel=1e-6, abs=1e-6)
