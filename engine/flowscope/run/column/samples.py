"""The columns of runs on the latent diffusion testbed: what its denoiser draws, and how far that is from the data
law.
"""

import math
from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor

from ...problem.latent_diffusion import DRAWN, SHOWN, held, latents, sampled, sliced
from .probe import Probe, Reading, Shape


@lru_cache(maxsize=4)
def probes(seed: int) -> tuple[Probe, ...]:
    """The columns on the testbed of a seed."""

    def each(reading: Reading, measure: Callable[[Callable[[Tensor], Tensor]], Tensor]) -> Tensor:
        """A measurement of the network (b,) or (b, width), row by row, on the CPU, where what is held is."""
        assert reading.network is not None, "a run tells its network"
        forward = reading.network.forward
        rows = reading.at.theta.cpu().split(1)
        return torch.stack([measure(lambda inputs, row=row: forward(row, inputs).view(-1, 2)) for row in rows])

    def cloud(reading: Reading) -> Tensor:
        if "cloud" not in reading.memo:
            reading.memo["cloud"] = each(reading, lambda forward: sampled(forward, held(seed)[3]))
        return reading.memo["cloud"]

    def validation(reading: Reading) -> Tensor:
        inputs, targets, _, _ = held(seed)
        return each(reading, lambda forward: (forward(inputs).flatten() - targets).square().mean().sqrt())

    def distance(reading: Reading) -> Tensor:
        drawn = cloud(reading)
        return drawn.new_tensor(
            [sliced(points, held(seed)[2]) if bool(torch.isfinite(points).all()) else math.nan for points in drawn]
        )

    def decoded(reading: Reading) -> Tensor:
        return torch.stack([latents(seed).decode(points[:SHOWN]).flatten() for points in cloud(reading)])

    def width(numbers: int) -> Callable[[Shape], int]:
        return lambda shape: numbers

    return (
        Probe(
            "samples",
            "400 latents drawn by DDIM from noise that is always the same, x and y in turn",
            lambda r: cloud(r).flatten(1),
            width(2 * DRAWN),
        ),
        Probe("digits", "the first 16 of them decoded, 8 × 8 pixels each in [0, 1]", decoded, width(64 * SHOWN)),
        Probe(
            "validation_error",
            "root mean square departure from E[ε | x_t] at 1000 points that were not trained on",
            validation,
        ),
        Probe(
            "sample_distance",
            "sliced Wasserstein distance (order 2) of the samples from 400 latents of the data law",
            distance,
        ),
    )
