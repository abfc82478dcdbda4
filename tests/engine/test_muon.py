"""Muon: its orthogonalisation by singular values, its steps beside torch.optim.Muon."""

import numpy as np
import pytest
import torch
from flowscope.optimizer import Muon
from flowscope.optimizer.muon import QUINTIC, orthogonalised
from torch import Tensor

from ..cases import column, table
from .iterations import gradient, iterating, small_mlp, start_of

SPEC = small_mlp(2, 3, 1)
STEPS, ETA = 100, 0.02
compared = pytest.mark.skipif(not hasattr(torch.optim, "Muon"), reason="this torch has no Muon to compare with")


def torch_path(**settings: float | bool | str) -> np.ndarray:
    """θ by torch.optim.Muon on the weight matrices and torch.optim.AdamW on the biases."""
    whole = start_of(SPEC)
    parts, offset = [], 0
    for into, out in [(2, 3), (3, 1)]:
        for shape in ((out, into), (out,)):
            size = int(np.prod(shape))
            parts.append(whole[offset : offset + size].view(shape).clone())
            offset += size
    matrices = torch.optim.Muon(parts[::2], lr=ETA, weight_decay=0.1, **settings)  # pyright: ignore[reportArgumentType]  # settings of one call each
    biases = torch.optim.AdamW(parts[1::2], lr=0.003, weight_decay=0.0)
    path = [whole.numpy()]
    for _ in range(STEPS):
        slope, offset = gradient(SPEC, torch.cat([part.flatten() for part in parts])), 0
        for part in parts:
            part.grad = slope[offset : offset + part.numel()].view(part.shape)
            offset += part.numel()
        matrices.step()
        biases.step()
        path.append(torch.cat([part.flatten() for part in parts]).numpy())
    return np.array(path)


def ours(**settings: float | bool | str) -> np.ndarray:
    optimizer = Muon(eta=ETA, decay=0.1, **settings)  # pyright: ignore[reportArgumentType]  # as above
    return column(table(iterating(SPEC, optimizer, horizon=STEPS * ETA, interval=ETA)), "theta")


@compared
@pytest.mark.parametrize("settings", [{}, {"nesterov": False}, {"momentum": 0.5}], ids=str)
@pytest.mark.parametrize("scaling", ["original", "match_rms_adamw"])
def test_in_double_precision_its_steps_are_those_of_torch(
    settings: dict[str, float | bool], scaling: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """torch's Newton–Schulz casts to bfloat16; with that cast made a copy nothing but the order of products differs."""
    monkeypatch.setattr(torch.Tensor, "bfloat16", torch.Tensor.clone)
    assert np.abs(ours(scaling=scaling, **settings) - torch_path(adjust_lr_fn=scaling, **settings)).max() < 1e-10


@compared
def test_in_bfloat16_torch_departs_from_it_by_the_rounding_of_its_products() -> None:
    """One unit of bfloat16 is 2⁻⁸; five rounds, each of slope up to 3.4 at small singular values, turn it into a few
    per cent of a step.
    """
    first_ours, first_torch = np.diff(ours()[:2], axis=0), np.diff(torch_path()[:2], axis=0)
    error = np.linalg.norm(first_ours - first_torch) / np.linalg.norm(first_ours)
    assert 1e-6 < error < 0.05


@pytest.mark.parametrize("shape", [(3, 3), (5, 2), (2, 5), (4, 1)], ids=str)
def test_orthogonalisation_is_the_quintic_of_the_singular_values(shape: tuple[int, int]) -> None:
    matrices = torch.randn(4, *shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    for matrix, turned in zip(matrices, orthogonalised(matrices, 5), strict=True):
        u, sigma, vh = torch.linalg.svd(matrix, full_matrices=False)
        sigma: Tensor = sigma / sigma.square().sum().sqrt()
        a, b, c = QUINTIC
        for _ in range(5):
            sigma = a * sigma + b * sigma**3 + c * sigma**5
        assert (turned - u @ torch.diag(sigma) @ vh).abs().max() < 1e-12
