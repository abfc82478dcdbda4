"""The same run on a GPU, where there is one."""

import numpy as np
import pyarrow as pa
import pytest
import torch
from flowscope import PRESETS, Run, RunSpec, facts
from flowscope.network import MLP
from flowscope.preset.entry import Preset
from flowscope.run.run import default_device

from ..cases import column, mlp_spec, stage_spec

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
FRAMES = 8
ARBITRARY = {("digits", "SOAP, η = 0.01"), ("diffusion", "SOAP, η = 0.01")}
"""Where a covariance of SOAP is singular (pixels that are always dark, wide layers of few outputs) its eigenvectors,
and so its path, are whatever LAPACK or cuSOLVER give."""


@needs_cuda
@pytest.mark.parametrize(
    "spec", [stage_spec(horizon=4.0), mlp_spec("gradient", "constant", "exponential_decay")], ids=["stage", "mlp"]
)
def test_a_gpu_computes_the_same_path(spec: RunSpec) -> None:
    here, there = (pa.Table.from_batches(list(Run(spec, device=device))) for device in ("cpu", "cuda"))
    for name in (
        ("theta", "loss", "rho", "sigma_max")
        if "theta" in here.column_names and here["theta"].null_count == 0
        else ("loss", "rho")
    ):
        assert np.abs(column(here, name) - column(there, name)).max() < 1e-8, name


@needs_cuda
@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_every_preset_begins_on_a_gpu_as_on_the_cpu(preset: Preset) -> None:
    """Eight frames of every solver: the losses agree to 1e-6 of the start's.

    A step's rounding, cond(K) · 2e-16 at cond(K) ≤ 1e8, is 2e-8, and the adaptive integrators hold their own error to
    1e-9 a step.
    """
    spec = preset.spec.model_copy(update={"horizon": min(preset.spec.horizon, FRAMES * preset.spec.interval)})
    here, there = (pa.Table.from_batches(list(Run(spec, device=device))) for device in ("cpu", "cuda"))
    assert here.num_rows == there.num_rows
    assert here["status"].equals(there["status"])
    apart, start = np.abs(column(here, "loss") - column(there, "loss")), column(here, "loss")[0]
    worst = {
        solver.name: float(np.nanmax(apart[column(here, "solver") == number]))
        for number, solver in enumerate(spec.solvers)
    }
    assert {
        name: value for name, value in worst.items() if value >= 1e-6 * start and (preset.name, name) not in ARBITRARY
    } == {}


@pytest.mark.parametrize(("name", "solver"), sorted(ARBITRARY))
def test_what_a_gpu_may_do_otherwise_is_undetermined_on_the_cpu_too(
    name: str, solver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """θ₀ · (1 + 1e-14 ξ) moves the lane by more than the 1e-6 that is asked of a GPU, and its neighbours by less."""
    spec = next(each.spec for each in PRESETS if each.name == name)
    spec = spec.model_copy(update={"horizon": FRAMES * spec.interval})
    draw = MLP.draw

    def nudged(self: MLP, generator: torch.Generator) -> torch.Tensor:
        theta = draw(self, generator)
        return theta * (1.0 + 1e-14 * torch.randn(theta.shape, generator=generator, dtype=theta.dtype))

    first = pa.Table.from_batches(list(Run(spec, device="cpu")))
    monkeypatch.setattr(MLP, "draw", nudged)
    second = pa.Table.from_batches(list(Run(spec, device="cpu")))
    apart = np.abs(column(first, "loss") - column(second, "loss"))
    moved = {
        each.name for number, each in enumerate(spec.solvers) if apart[column(first, "solver") == number].max() >= 1e-6
    }
    assert moved == {solver}


def test_toys_stay_on_the_cpu_and_the_recording_says_where_it_ran() -> None:
    assert default_device(6) == "cpu"
    assert facts(Run(stage_spec("gradient")).schema)["device"] == "cpu"
