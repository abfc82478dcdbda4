"""The latent-diffusion testbed: its conditional mean against sampling, its distance against SciPy, its columns, and how
soon it begins.
"""

import numpy as np
import pytest
import torch
from flowscope import RunSpec, SpecError, parse_spec, preset, run
from flowscope.problem import latent_diffusion
from scipy.stats import wasserstein_distance

from ..cases import column, lane


def test_the_target_is_the_mean_of_the_noise_that_led_there() -> None:
    """Two million draws, of which those count that came near a point; four standard errors, and the width of the
    neighbourhood.
    """
    known, generator = latent_diffusion.latents(0), torch.Generator().manual_seed(1)
    clean = known.draw(2_000_000, generator)
    noise = torch.randn(clean.shape, generator=generator, dtype=torch.float64)
    for step, point in ((8.0, (0.3, 0.2)), (20.0, (-0.8, 0.6)), (32.0, (0.5, -1.0))):
        time, place = torch.tensor([step]).double(), torch.tensor([point]).double()
        a, b = latent_diffusion.signal(time)
        near = torch.linalg.vector_norm(a * clean + b * noise - place, dim=1) < 0.04
        error = noise[near].std(0) / near.sum().sqrt()
        assert near.sum() > 200
        assert ((noise[near].mean(0) - known.noise(place, time)[0]).abs() < 4 * error + 0.02).all()


def test_the_sampler_with_the_exact_mean_draws_from_the_data_law() -> None:
    """The distance is that between two clouds of the law, within the spread of such distances."""
    known = latent_diffusion.latents(0)
    start = torch.randn(400, 2, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    times = iter(range(latent_diffusion.TIMES, 0, -1))

    def exact(inputs: torch.Tensor) -> torch.Tensor:
        return known.noise(inputs[:, :2], torch.full_like(inputs[:, 0], next(times)))

    drawn = latent_diffusion.sampled(exact, start)
    assert next(times, None) is None
    distance = latent_diffusion.sliced(drawn, known.draw(400, torch.Generator().manual_seed(9)))
    assert distance < 1.6 * latent_diffusion.floor(0)


def test_the_distance_in_one_direction_is_that_of_sorted_numbers() -> None:
    generator = torch.Generator().manual_seed(0)
    first, second = (torch.randn(300, 2, generator=generator, dtype=torch.float64) for _ in range(2))
    assert latent_diffusion.sliced(first, first) == 0.0
    shift = torch.tensor([3.0, 0.0]).double()
    assert latent_diffusion.sliced(first, first + shift) == pytest.approx(3.0 / np.sqrt(2.0), rel=1e-12)
    angle = np.arange(latent_diffusion.DIRECTIONS) * np.pi / latent_diffusion.DIRECTIONS
    ways = np.stack((np.cos(angle), np.sin(angle)))
    each = [
        wasserstein_distance(a, b) for a, b in zip((first.numpy() @ ways).T, (second.numpy() @ ways).T, strict=True)
    ]
    assert latent_diffusion.sliced(first, second) >= np.sqrt(np.mean(np.square(each))), (
        "the distance of order 2 is not below that of order 1"
    )


def test_a_run_records_samples_digits_and_errors_and_the_fit_improves_them() -> None:
    item = preset("diffusion")
    spec = item.spec.model_copy(update={"solvers": item.spec.solvers[:1], "horizon": 4.0, "interval": 1.0})
    rows = lane(run(spec).to_table(), 0)
    samples, digits = column(rows, "samples"), column(rows, "digits")
    assert samples.shape == (5, 800) and digits.shape == (5, 1024)
    assert np.isfinite(samples).all() and digits.min() >= 0.0 and digits.max() <= 1.0
    assert column(rows, "validation_error")[-1] < 0.2 * column(rows, "validation_error")[0]
    assert column(rows, "sample_distance")[-1] < 0.1 * column(rows, "sample_distance")[0]
    assert (column(rows, "trajectory_error") <= column(rows, "budget") * (1 + 1e-10) + 1e-12).all()
    again = latent_diffusion.latents.__wrapped__(0)
    assert torch.equal(again.means, latent_diffusion.latents(0).means), "a seed gives one testbed"


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [("network.widths", (8, 16, 1), "two outputs"), ("problem.loss.kind", "log_cosh", "squares")],
)
def test_what_does_not_fit_is_refused_before_anything_is_trained(path: str, value: object, sentence: str) -> None:
    spec = preset("diffusion").spec.model_dump(mode="json", serialize_as_any=True)
    *parts, last = path.split(".")
    place = spec
    for part in parts:
        place = place[part]
    place[last] = value
    with pytest.raises(SpecError, match=sentence):
        parse_spec(spec)


def test_other_runs_have_none_of_its_columns() -> None:
    spec: RunSpec = preset("riemannian-flow").spec.model_copy(update={"horizon": 0.1})
    assert "samples" not in run(spec).to_table().column_names
