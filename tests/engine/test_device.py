"""The same run on a GPU, where there is one."""

import numpy as np
import pyarrow as pa
import pytest
import torch
from flowscope import Run, RunSpec, facts
from flowscope.integration import default_device

from ..cases import column, mlp_spec, stage_spec


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("spec", [stage_spec(horizon=4.0), mlp_spec("gradient", "constant", "exponential_decay")], ids=["stage", "mlp"])
def test_a_gpu_computes_the_same_path(spec: RunSpec) -> None:
    here, there = (pa.Table.from_batches(list(Run(spec, device=device))) for device in ("cpu", "cuda"))
    for name in (
        ("theta", "loss", "rho", "sigma_max") if "theta" in here.column_names and here["theta"].null_count == 0 else ("loss", "rho")
    ):
        assert np.abs(column(here, name) - column(there, name)).max() < 1e-8, name


def test_toys_stay_on_the_cpu_and_the_recording_says_where_it_ran() -> None:
    assert default_device(6) == "cpu"
    assert facts(Run(stage_spec("gradient")).schema)["device"] == "cpu"
