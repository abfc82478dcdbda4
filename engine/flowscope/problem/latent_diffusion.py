"""A small latent-diffusion testbed: digits as 2-d latents of a variational autoencoder, a denoiser fitted to the exact
conditional mean.

Set-up and sizes are ours. The data law is the mixture of the posteriors N(μ_i, s_i²I) of `KEPT` digits, so E[ε | x_t]
is known in closed form (theory page, A4 b), and with it the exact minimizing-movement path; a fit to the noise itself
would have to memorise it instead.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from ..alone import alone
from ..component import Count, Experiment, Objection
from ..network import Network
from .bundled import read_bundled
from .problem import Problem

WIDTHS = (64, 48, 2)
"""Pixels, hidden units and latents of the encoder; the decoder is its mirror image."""
EPOCHS, BATCH, RATE, FIT = 400, 256, 5e-3, 8.0
"""Adam steps, digits in each, their rate, and the factor of the squared error beside the divergence (our set-up)."""
KEPT = 300
"""Digits whose posteriors make the data law."""
TIMES = 40
"""T of the cosine schedule (Nichol, Dhariwal 2102.09672, equation 17, s = 0.008), whose last step, at which nothing of
the data is left, is left out: ᾱ_t = cos²((t/(T + 1) + s)/(1 + s)·π/2), normalised."""
DRAWN, SHOWN, HELD = 400, 16, 1000
"""Samples that the recorded distance compares, those that are decoded, and points of the validation."""
DIRECTIONS = 64
"""Directions of the sliced distance."""


@dataclass(frozen=True)
class Latents:
    """`means` (KEPT, 2) and `scales` (KEPT,) of the mixture, the `labels` (KEPT,) of its digits, and the `decoder`'s W
    and b.
    """

    means: Tensor
    scales: Tensor
    labels: Tensor
    decoder: tuple[Tensor, Tensor, Tensor, Tensor]

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """(count, 2) of the mixture."""
        pick = torch.randint(KEPT, (count,), generator=generator)
        return self.means[pick] + self.scales[pick, None] * torch.randn(
            count, 2, generator=generator, dtype=torch.float64
        )

    def decode(self, points: Tensor) -> Tensor:
        """(m, 2) → pixels (m, 64) in [0, 1]."""
        first, shift, second, bias = self.decoder
        return (functional.silu(points @ first.mT + shift) @ second.mT + bias).clamp(0.0, 1.0)

    def noise(self, points: Tensor, time: Tensor) -> Tensor:
        """E[ε | x_t = x] (m, 2) at points x (m, 2) and times t (m,) in 1 … T."""
        a, b = signal(time)
        variance = (a * self.scales).square() + b.square()
        away = points.unsqueeze(1) - a.unsqueeze(2) * self.means
        share = torch.softmax(-away.square().sum(2) / (2.0 * variance) - variance.log(), 1)
        return (share * b / variance).unsqueeze(1).matmul(away).squeeze(1)


def signal(time: Tensor) -> tuple[Tensor, Tensor]:
    """√ᾱ_t and √(1 − ᾱ_t), (m, 1) each, at t (m,)."""
    angle = ((time / (TIMES + 1) + 0.008) / 1.008 * (math.pi / 2.0)).unsqueeze(1)
    a = angle.cos() / math.cos(0.008 / 1.008 * math.pi / 2.0)
    return a, (1.0 - a.square()).clamp_min(0.0).sqrt()


def features(points: Tensor, time: Tensor) -> Tensor:
    """What the denoiser sees (m, 8): x_t, and sines and cosines of πt/T, 2πt/T, 4πt/T."""
    phase = (time / TIMES * math.pi).unsqueeze(1) * torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64)
    return torch.cat((points, phase.sin(), phase.cos()), 1)


class LatentDiffusion(Problem):
    """Denoising of 2-d latents of handwritten digits: at x_t the network should give E[ε | x_t], which is known exactly
    (our set-up).
    """

    kind: Literal["latent_diffusion"] = "latent_diffusion"
    count: Count = Field(
        default=1024,
        ge=16,
        le=8192,
        description="n, points (x_t, t) of the training; from n = 1024 on not all overfit alike",
    )
    seed: Count = Field(default=0, ge=0, lt=2**31, description="seed of autoencoder, points and samples")

    @property
    def shape(self) -> tuple[int, int]:
        return self.count, 8

    def pair(self, network: Network) -> tuple[Tensor, Tensor]:
        return pairs(latents(self.seed), self.count, self.seed)

    def check(self, spec: Experiment) -> Iterator[Objection]:
        """Nothing is trained."""
        if spec.network.outputs != 2:
            yield "/network", "two outputs, the noise of a latent", spec.network.outputs
        if self.loss.kind != "squares":
            yield "loss", "squares, whose minimiser is the conditional mean", self.loss.kind

    def facts(self) -> dict[str, Any]:
        """The latents with their digits, the floor of the distance, and the noise level: `{"latents", "labels",
        "floor"}`.
        """
        known = latents(self.seed)
        return {"latents": known.means.tolist(), "labels": known.labels.tolist(), "floor": floor(self.seed)}


def pairs(known: Latents, count: int, seed: int) -> tuple[Tensor, Tensor]:
    """`count` inputs (count, 8) at drawn points and times, and what they should give, (2·count,)."""
    generator = torch.Generator().manual_seed(seed + 1)
    clean = known.draw(count, generator)
    time = torch.randint(1, TIMES + 1, (count,), generator=generator).double()
    a, b = signal(time)
    points = a * clean + b * torch.randn(count, 2, generator=generator, dtype=torch.float64)
    return features(points, time), known.noise(points, time).flatten()


@lru_cache(maxsize=4)
def latents(seed: int) -> Latents:
    """The autoencoder of a seed, trained here in about a second: 8·SSE + KL by Adam on all digits of scikit-learn,
    latents standardised.
    """
    with alone(), torch.inference_mode(False), torch.enable_grad():
        pixels, labels = (each.clone() for each in read_bundled("digits"))
        images = (pixels / 16.0).float()
        generator = torch.Generator().manual_seed(seed)
        hidden, size = WIDTHS[1], WIDTHS[2]

        def layer(into: int, out: int) -> list[Tensor]:
            weight = torch.randn(out, into, generator=generator) / math.sqrt(into)
            return [weight.requires_grad_(), torch.zeros(out, requires_grad=True)]

        encoder = [*layer(WIDTHS[0], hidden), *layer(hidden, 2 * size)]
        decoder = [*layer(size, hidden), *layer(hidden, WIDTHS[0])]
        adam = torch.optim.Adam([*encoder, *decoder], lr=RATE)

        def encode(batch: Tensor) -> tuple[Tensor, Tensor]:
            first, shift, second, bias = encoder
            mean, spread = (functional.silu(batch @ first.mT + shift) @ second.mT + bias).split((size, size), 1)
            return mean, spread.mean(1, keepdim=True)  # one variance for both latents

        for _ in range(EPOCHS):
            batch = images[torch.randint(images.shape[0], (BATCH,), generator=generator)]
            mean, spread = encode(batch)
            first, shift, second, bias = decoder
            drawn = mean + (0.5 * spread).exp() * torch.randn(mean.shape, generator=generator)
            error = (functional.silu(drawn @ first.mT + shift) @ second.mT + bias - batch).square().sum(1)
            divergence = 0.5 * (mean.square().sum(1) + size * (spread.exp() - spread - 1.0).sum(1))
            adam.zero_grad()
            (FIT * error + divergence).mean().backward()
            adam.step()
        mean, spread = encode(images)
    mean, scale = mean.detach().double(), (0.5 * spread.detach().double()).exp()[:, 0]
    middle, width = mean.mean(0), mean.std(0)
    unit = width.prod().sqrt()  # one number for both axes, so that posteriors stay round
    first, shift, second, bias = (each.detach().double() for each in decoder)
    kept = torch.randperm(mean.shape[0], generator=torch.Generator().manual_seed(seed))[:KEPT]
    return Latents(
        ((mean - middle) / unit)[kept],
        (scale / unit)[kept],
        labels[kept, 0].long(),
        (first * unit, shift + first @ middle, second, bias),
    )


def sampled(forward: Callable[[Tensor], Tensor], points: Tensor) -> Tensor:
    """DDIM (Song, Meng, Ermon 2010.02502, equation 12 with σ = 0) from noise `points` (m, 2) at t = T down to 0."""
    for step in range(TIMES, 0, -1):
        time = torch.full_like(points[:, 0], step)
        (a, b), (lower, rest) = signal(time), signal(time - 1.0)
        noise = forward(features(points, time))
        points = lower * (points - b * noise) / a + rest * noise
    return points


def sliced(first: Tensor, second: Tensor) -> float:
    """The sliced Wasserstein distance of order 2 between two clouds (m, 2) of equal size, over evenly spaced
    directions.
    """
    angle = torch.arange(DIRECTIONS, dtype=torch.float64) * (math.pi / DIRECTIONS)
    ways = torch.stack((angle.cos(), angle.sin()))
    return float(((first @ ways).sort(0).values - (second @ ways).sort(0).values).square().mean().sqrt())


@lru_cache(maxsize=4)
def held(seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Validation inputs and their exact noise, a cloud of the data law, and the noise from which every sample
    begins.
    """
    known, generator = latents(seed), torch.Generator().manual_seed(seed + 2)
    inputs, targets = pairs(known, HELD, seed + 10_000)
    return (
        inputs,
        targets,
        known.draw(DRAWN, generator),
        torch.randn(DRAWN, 2, generator=generator, dtype=torch.float64),
    )


@lru_cache(maxsize=4)
def floor(seed: int) -> float:
    """The distance between two clouds that are both of the data law, the mean of eight."""
    known, generator = latents(seed), torch.Generator().manual_seed(seed + 3)
    return sum(sliced(known.draw(DRAWN, generator), known.draw(DRAWN, generator)) for _ in range(8)) / 8
