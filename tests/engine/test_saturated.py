"""Generalised Gauss–Newton steps where g'' nearly vanishes or underflows, held against 400-digit arithmetic."""

import random
from typing import Any

import mpmath as mp
import pytest
import torch
from flowscope import parse_spec, run
from flowscope.flow import Linearization
from flowscope.network import Dense
from flowscope.problem import Data, LogCosh, Logistic, Loss, Softmax
from torch import Tensor

EPS = torch.finfo(torch.float64).eps
SATURATED = {
    "problem": {"kind": "points", "inputs": [[0.0]], "targets": [[0.5]], "loss": {"kind": "logistic"}},
    "network": {"kind": "mlp", "widths": [1, 1]},
    "start": {"kind": "point", "parameters": [0.0, -5.0]},
    "solvers": [
        {"name": "DGN", "optimizer": {"kind": "damped_gauss_newton"}},
        {"name": "GD", "optimizer": {"kind": "gradient_descent", "eta": 0.1}},
    ],
    "horizon": 20,
    "interval": 1,
}
"""A full step from f = −5 lands at f = 69, where 1 − s is 0 in doubles."""


def slopes(loss: Loss, f: list[Any], y: list[Any]) -> tuple[list[Any], list[Any]]:
    """g' (q) and g'' (q, q) of one sample, exactly."""
    if isinstance(loss, Logistic):
        s = 1 / (1 + mp.e ** (-f[0]))
        return [s - y[0]], [[s * (1 - s)]]
    if isinstance(loss, LogCosh):
        return [mp.tanh(f[0] - y[0])], [[1 / mp.cosh(f[0] - y[0]) ** 2]]
    powers = [mp.e ** (each - max(f)) for each in f]
    s, total = [each / sum(powers) for each in powers], sum(y)
    second = [[(a if i == j else 0) - a * b for j, b in enumerate(s)] for i, a in enumerate(s)]
    return [a - b / total for a, b in zip(s, y, strict=True)], second


def exact(loss: Loss, jacobian: Tensor, f: Tensor, y: Tensor, rho: float) -> Tensor:
    """(ρI + (1−ρ)Jᵀg''J/n)⁻¹Jᵀg'/n (p,), for J (n·q, p), f and y (n, q)."""
    n, q = f.shape
    p, rows = jacobian.shape[1], mp.matrix(jacobian.tolist())
    matrix, right = mp.mpf(rho) * n * mp.eye(p), mp.zeros(p, 1)
    for i in range(n):
        first, second = slopes(loss, [mp.mpf(v) for v in f[i].tolist()], [mp.mpf(v) for v in y[i].tolist()])
        part = rows[i * q : (i + 1) * q, :]
        right += part.T * mp.matrix(first)
        matrix += (1 - mp.mpf(rho)) * (part.T * mp.matrix(second) * part)
    return torch.tensor([float(v) for v in mp.lu_solve(matrix, right)], dtype=torch.float64)


@pytest.mark.parametrize("seed", range(90))
def test_a_damped_step_keeps_its_digits_however_saturated_the_loss_is(seed: int) -> None:
    """To 1e-9; of softmax to rounding of ∇g along (1, …, 1), which no curvature damps, over ρ."""
    draw = random.Random(seed)
    loss, scale = (Logistic(), Softmax(), LogCosh())[seed % 3], draw.choice((1.0, 5.0, 30.0, 200.0, 2000.0))
    q = draw.choice((2, 3)) if isinstance(loss, Softmax) else 1
    n, p, rho = draw.choice((1, 2, 3, 6, 12)), draw.choice((1, 2, 4, 9, 12)), 10.0 ** draw.uniform(-12, 0)
    numbers = torch.Generator().manual_seed(seed)
    f = scale * torch.randn(n, q, generator=numbers, dtype=torch.float64)
    y = 0.1 + 0.8 * torch.rand(n, q, generator=numbers, dtype=torch.float64)
    y = y / y.sum(1, keepdim=True) if q > 1 else y
    jacobian = torch.randn(n * q, p, generator=numbers, dtype=torch.float64)
    at = Linearization(
        torch.zeros(1, p, dtype=torch.float64), Data(f[:, :1], y.flatten(), loss), f.view(1, -1), Dense(jacobian[None])
    )
    with mp.workdps(400):
        right = exact(loss, jacobian, f, y, rho)
    came = at.whitened.damped(torch.tensor([rho], dtype=torch.float64))[0]
    tolerance = 1e-9 + (10.0 * EPS / rho if q > 1 else 0.0)
    assert float((came - right).norm()) <= tolerance * float(right.norm())


@pytest.mark.parametrize("loss", [Logistic(), LogCosh(), Softmax()])
@pytest.mark.parametrize("scale", [1.0, 20.0, 150.0])
def test_the_root_squares_to_the_second_derivative_with_all_its_digits(loss: Loss, scale: float) -> None:
    q = 3 if isinstance(loss, Softmax) else 1
    numbers = torch.Generator().manual_seed(7)
    f = scale * torch.randn(20, q, generator=numbers, dtype=torch.float64)
    y = torch.full((20, q), 1.0 / max(q, 2), dtype=torch.float64)
    root, lifted = loss.root(f, y), loss.lifted(f, y)
    carried = 0
    with mp.workdps(400):
        for i in range(20):
            first, second = slopes(loss, [mp.mpf(v) for v in f[i].tolist()], [mp.mpf(v) for v in y[i].tolist()])
            right = torch.tensor([[float(v) for v in row] for row in second], dtype=torch.float64)
            assert torch.allclose(root[i].mT @ root[i], right, rtol=1e-13, atol=1e-300)
            back, slope = root[i].mT @ lifted[i], torch.tensor([float(v) for v in first], dtype=torch.float64)
            if bool((root[i].abs().amax(0) > 0.0).all()):  # elsewhere g'' has underflowed, and nothing carries g' back
                carried += 1
                assert torch.allclose(back, slope, rtol=1e-12, atol=1e-15)
    assert carried > 10


def test_a_full_step_into_saturation_is_cut_back_and_its_neighbour_goes_on() -> None:
    recording = run(parse_spec(SATURATED))
    frames = recording.to_table()
    for lane in (0, 1):
        losses = [
            loss
            for loss, mine in zip(frames["loss"].to_pylist(), frames["lane"].to_pylist(), strict=True)
            if mine == lane
        ]
        assert len(losses) == 21
        assert losses[-1] < losses[0]
    assert min(frames["loss"].to_pylist()) == pytest.approx(float(mp.log(2)), abs=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_forty_saturated_samples_end_no_lane_of_damped_gauss_newton(seed: int) -> None:
    spec = parse_spec(
        {
            "problem": {"kind": "bundled", "dataset": "breast_cancer", "count": 40, "loss": {"kind": "logistic"}},
            "network": {"kind": "mlp", "widths": [30, 4, 1]},
            "start": {"kind": "random", "scale": 4.0},
            "seeds": [seed],
            "solvers": SATURATED["solvers"],
            "horizon": 10,
            "interval": 1,
        }
    )
    recording = run(spec)
    assert len(recording.to_table()) > 11
    assert recording.lanes[1].status.word in ("horizon", "converged")
