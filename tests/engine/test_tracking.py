"""Modes followed through crossings, and the laws of the residual in them."""

import numpy as np
import pyarrow as pa
import pytest
import torch
from flowscope import PRESETS, Run, RunSpec
from flowscope.flow import Linearization
from flowscope.flow.decomposition import rotated
from flowscope.network import MLP, Neuron
from flowscope.problem import Points
from flowscope.run.modes import Basis, Tracking
from flowscope.run.spec import Random, Solver

from ..cases import FLOWS, column, lane, mlp_spec, stage_spec, table
from .test_linearization import linearized

CUT = 1e-9


def family(values: np.ndarray, turn: float) -> tuple[torch.Tensor, torch.Tensor, np.ndarray]:
    """Eigenvectors and roots of the eigenvalues, largest first, of Q diag(values) Qᵀ (frames, m, m); Q turns by `turn`
    rad in all.
    """
    frames, size = values.shape
    spin = np.random.default_rng(1).normal(size=(size, size))
    spin = (spin - spin.T) * turn / frames / np.linalg.norm(spin - spin.T, 2)
    first = np.linalg.qr(np.random.default_rng(2).normal(size=(size, size)))[0]
    turned = np.stack([torch.matrix_exp(torch.from_numpy(k * spin)).numpy() @ first for k in range(frames)])
    found = np.linalg.eigh(turned * values[:, None, :] @ turned.transpose(0, 2, 1))
    return torch.from_numpy(found[1][:, :, ::-1].copy()), torch.from_numpy(found[0][:, ::-1].copy()).sqrt(), turned


def follow(u: torch.Tensor, sigma: torch.Tensor, sizes: tuple[int, ...]) -> Basis:
    """One lane in chunks of `sizes` frames."""
    tracking, parts, first = Tracking(), [], 0
    for size in sizes:
        rows = slice(first, first + size)
        parts.append(tracking.follow(u[rows], sigma[rows], torch.zeros(size, dtype=torch.int64), [1] * size, CUT))
        first += size
    return Basis(*(torch.cat([getattr(part, name) for part in parts]) for name in ("now", "start", "tracks", "cosine")))


def by_track(basis: Basis) -> np.ndarray:
    """The directions (frames, m, m) in the order of the tracks."""
    return np.take_along_axis(basis.now.numpy(), np.argsort(basis.tracks.numpy(), 1)[:, None], 2)


CROSSING = np.stack((np.linspace(1.5, 0.5, 41), np.linspace(0.5, 1.5, 41), np.full(41, 0.2)), 1)


@pytest.mark.parametrize("frames", [41, 40, 7], ids=["through the crossing", "beside it", "coarse"])
def test_eigenvalues_that_cross_keep_their_tracks(frames: int) -> None:
    """41 frames meet the crossing exactly, where `eigh` returns any basis of the plane."""
    values = np.stack([np.interp(np.linspace(0, 40, frames), np.arange(41), row) for row in CROSSING.T], 1)
    u, sigma, turned = family(values, turn=0.3)
    basis = follow(u, sigma, (frames,))
    assert basis.tracks[0].tolist() == [0, 1, 2] and basis.tracks[-1].tolist() == [1, 0, 2]
    tracked = np.take_along_axis(sigma.square().numpy(), np.argsort(basis.tracks.numpy(), 1), 1)
    assert (
        np.abs(tracked - values).max() < 0.011 * values.max()
    )  # σ within a cluster differ by at most 1 %, so λ by 2 % of 1
    assert np.abs((by_track(basis) * turned).sum(1)).min() > np.cos(0.3 / frames * 1.5)
    assert (
        float(torch.arccos(basis.cosine).max()) < 2 * 0.3 / frames + 1e-7
    )  # Q's turn of one frame, of two after one in a cluster


def test_eigenvalues_that_avoid_each_other_slowly_do_not_cross() -> None:
    s = np.linspace(-1, 1, 201)
    matrices = np.array([[[1 + 0.4 * x, 0.1], [0.1, 1 - 0.4 * x]] for x in s])  # gap at least 0.2
    values, vectors = np.linalg.eigh(matrices)
    basis = follow(
        torch.from_numpy(vectors[:, :, ::-1].copy()), torch.from_numpy(values[:, ::-1].copy()).sqrt(), (201,)
    )
    assert (basis.tracks == torch.arange(2)).all()
    assert float(basis.cosine.min()) > np.cos(0.03)
    leap = follow(
        torch.from_numpy(vectors[::200, :, ::-1].copy()), torch.from_numpy(values[::200, ::-1].copy()).sqrt(), (2,)
    )
    assert leap.tracks[-1].tolist() == [
        1,
        0,
    ]  # frames that leap over it see a crossing, and the angle says how far it was
    assert 10 < float(torch.rad2deg(torch.arccos(leap.cosine[-1]))) < 20


def test_a_multiple_eigenvalue_is_followed_as_a_plane() -> None:
    """`eigh` returns another basis of the plane at every frame; the plane does not move, so no angle is reported."""
    generator = torch.Generator().manual_seed(0)
    spin = torch.linalg.qr(torch.randn(30, 2, 2, generator=generator, dtype=torch.float64))[0]
    u = torch.eye(3, dtype=torch.float64).repeat(30, 1, 1)
    u[:, 1:, 1:] = spin
    basis = follow(u, torch.tensor([2.0, 1.0, 1.0], dtype=torch.float64).repeat(30, 1), (30,))
    assert np.abs(by_track(basis) - u[0].numpy()).max() < 1e-12 and float(basis.cosine.min()) > 1 - 1e-12


@pytest.mark.parametrize("sizes", [(1,) * 41, (5,) * 8 + (1,), (20, 21)])
def test_cutting_a_family_into_chunks_changes_no_bit(sizes: tuple[int, ...]) -> None:
    u, sigma, _ = family(CROSSING, turn=0.3)
    whole, parts = follow(u, sigma, (41,)), follow(u, sigma, sizes)
    assert all(torch.equal(getattr(whole, name), getattr(parts, name)) for name in ("now", "start", "tracks", "cosine"))


@pytest.mark.parametrize("name", ["schedules-mild", "borderline", "riemannian-flow"])
def test_cutting_a_run_into_chunks_changes_no_mode(name: str) -> None:
    spec = next(preset.spec for preset in PRESETS if preset.name == name)
    recordings = []
    for size in (1, 7, 60):
        run = Run(spec)
        batches = [run.chunk(size) for _ in range(-(-60 // size))]
        recordings.append(pa.Table.from_batches([batch for batch in batches if batch]).slice(0, 60 * len(spec.solvers)))
    names = ["modes", "modes_start", "outside", "tracks", "track_angle", "eigenvalues"]
    assert recordings[0].select(names).equals(recordings[1].select(names).slice(0, recordings[0].num_rows))
    assert recordings[0].select(names).equals(recordings[2].select(names))


@pytest.mark.parametrize(
    "spec",
    [stage_spec(), mlp_spec("gradient", "constant"), mlp_spec("gradient", widths=(1, 2, 1), samples=30)],
    ids=["N > p, two columns", "N < p", "N > p"],
)
def test_the_modes_and_what_lies_outside_are_the_whole_residual(spec: RunSpec) -> None:
    frames = table(spec)
    for name in ("modes", "modes_start"):
        inside = (column(frames, name) ** 2).sum(1)
        whole = column(frames, "residual_norm") ** 2
        if name == "modes":
            assert np.abs(inside + column(frames, "outside") ** 2 - whole).max() < 1e-13 * whole.max()
        else:
            assert (inside < whole * (1 + 1e-13)).all()


def affine(*flows: str) -> RunSpec:
    """θ ↦ Wx + b on five samples: linear in θ, so K is constant; K has rank 3 of 5."""
    x = np.random.default_rng(5).normal(size=(5, 2)) * [1.5, 0.6]
    y = np.random.default_rng(6).normal(size=5)
    return RunSpec(
        problem=Points(inputs=tuple(map(tuple, x.tolist())), targets=tuple((v,) for v in y.tolist())),
        network=MLP(widths=(2, 1)),
        start=Random(),
        solvers=tuple(Solver(name, FLOWS[name]) for name in flows),
        horizon=4.0,
        interval=0.1,
    )


def test_each_flow_empties_the_modes_at_its_own_rates() -> None:
    """With K constant a mode falls at λ, at 1 and at λ/(ρ + (1−ρ)λ), to the integrator's 1e-9."""
    rates = {"gradient": lambda λ: λ, "gauss_newton": lambda λ: 1.0 + 0 * λ, "constant": lambda λ: λ / (0.1 + 0.9 * λ)}
    frames = table(affine(*rates))
    for number, rate in enumerate(rates.values()):
        part = lane(frames, number)
        modes, eigenvalues = column(part, "modes"), column(part, "eigenvalues")
        expected = modes[0] * np.exp(-rate(eigenvalues[0]) * column(part, "time")[:, None])
        assert modes[0].min() > 0.05 and np.ptp(np.log(eigenvalues[0])) > 1.0  # rates that differ
        assert np.abs(modes - expected).max() < 1e-7
        assert np.abs(column(part, "modes_start") - expected).max() < 1e-7
        assert np.ptp(column(part, "outside")) < 1e-7 < column(part, "outside")[0]


def test_gauss_newton_empties_all_modes_of_a_network_at_one_rate() -> None:
    """Over-parametrised and of full rank, r_t = e^{−t}r_0 whatever K does (theory page 2.1), so also in the basis of t
    = 0.
    """
    part = table(mlp_spec("gauss_newton", widths=(1, 16, 1), samples=4, horizon=1.5))
    modes, expected = column(part, "modes_start"), np.exp(-column(part, "time"))[:, None]
    assert np.abs(modes / modes[0] - expected).max() < 1e-6
    eigenvalues = column(part, "eigenvalues")
    assert np.abs(eigenvalues[-1] / eigenvalues[0] - 1).max() > 0.05  # K did move


def test_large_problems_record_no_modes() -> None:
    frames = table(mlp_spec("constant", widths=(1, 8, 1), samples=65, horizon=0.2))
    for name in ("modes", "modes_start", "outside", "tracks", "track_angle"):
        assert frames[name].null_count == frames.num_rows, name


def test_two_columns_are_decomposed_as_by_lapack() -> None:
    generator = torch.Generator().manual_seed(4)
    matrix = torch.randn(200, 5, 2, generator=generator, dtype=torch.float64)
    matrix[::3, :, 1] = matrix[::3, :, 0] + 1e-7 * matrix[::3, :, 1]
    matrix[1::3, :, 0] *= 1e-5
    matrix[0], matrix[1, :, 1], matrix[2, :, 1] = 0.0, 0.0, matrix[2, :, 0]
    u, sigma = rotated(matrix)
    reference, values, _ = torch.linalg.svd(matrix, full_matrices=False)
    assert (sigma - values).abs().max() < 1e-14 * values.max()
    assert (u.mT @ u - torch.eye(2)).abs().max() < 1e-14
    resolved = values[:, 1] > 1e-9 * values[:, 0]
    assert ((u * reference).sum(1).abs()[resolved] - 1).abs().max() < 1e-14 + 1e-15 / 1e-7  # U turns by about eps·κ


@pytest.mark.parametrize(
    ("network", "samples"),
    [(Neuron(), 5), (MLP(widths=(1, 12, 1)), 10), (MLP(widths=(1, 4, 1)), 12), (MLP(widths=(1, 2, 1)), 20)],
)
def test_the_left_side_diagonalises_the_kernel(network: MLP | Neuron, samples: int) -> None:
    at: Linearization = linearized(network, samples)
    u, sigma = at.left
    dense = at.jacobian.dense()
    assert ((u.mT @ dense @ dense.mT @ u) - torch.diag_embed(sigma.square())).abs().max() < 1e-13 * float(
        sigma.max()
    ) ** 2
    assert (u.mT @ u - torch.eye(u.shape[2])).abs().max() < 1e-13
