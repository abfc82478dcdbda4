"""The loss over a box of parameters and the function of a θ, beside the network's own forward map."""

import flowscope as fs
import numpy as np
import pytest
import torch
from flowscope.network import MLP

from ..cases import lane, recorded, table


@pytest.mark.parametrize("preset", ["circle", "sine-curve", "saddle", "escape", "one-mode", "twins"])
def test_the_ground_of_a_preset_holds_the_losses_of_its_path(preset: str) -> None:
    """On boxes drawn around its own iterates, of any width: corner by corner the recorded loss and outputs."""
    rows = recorded(preset).to_table()
    spec = fs.preset(preset).spec
    draw = np.random.default_rng(1)
    for row in draw.choice(rows.num_rows, 5, replace=False):
        theta, loss = (np.array(rows[name][int(row)].as_py()) for name in ("theta", "loss"))
        if not np.isfinite(theta).all():
            continue
        found = fs.ground(spec, theta.tolist(), (theta + 10.0 ** draw.uniform(-3, 3)).tolist())
        assert found.theta[0].tolist() == theta.tolist()
        assert float(found.loss[0]) == pytest.approx(float(loss), rel=1e-9, abs=1e-15)
        assert found.loss.shape == (found.theta.shape[0],) == (int(np.prod(found.shape)),)
        outputs = rows["outputs"][int(row)].as_py() if spec.problem.samples * spec.network.outputs <= 64 else None
        assert outputs is None or found.outputs[0].tolist() == pytest.approx(outputs, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("preset", "low", "high"), [("network", [0.0], [1.0]), ("circle", [1.0], [1.0]), ("saddle", [0.0], [1.0])]
)
def test_a_box_that_is_none_is_refused(preset: str, low: list[float], high: list[float]) -> None:
    with pytest.raises(fs.SpecError):
        fs.ground(fs.preset(preset).spec, low, high)


@pytest.mark.parametrize("preset", ["schedules", "conflict", "layerwise", "own-data", "borderline", "chattering"])
def test_a_function_is_the_network_at_its_inputs_and_lies_around_the_samples(preset: str) -> None:
    spec = fs.preset(preset).spec
    data = spec.problem.data(spec.network)
    draw = torch.Generator().manual_seed(5)
    theta = torch.randn(3, spec.network.parameters, generator=draw, dtype=torch.float64)
    found = fs.function(spec, theta)
    assert (found.inputs.amin(0) <= data.inputs.amin(0)).all() and (found.inputs.amax(0) >= data.inputs.amax(0)).all()
    for each, outputs in zip(theta, found.outputs, strict=True):
        expected = spec.network.forward(each[None], found.inputs)[0]
        assert torch.allclose(outputs.flatten(), expected, rtol=1e-12, atol=1e-12)


def test_a_centred_network_is_centred_at_every_input() -> None:
    spec = fs.preset("schedules").spec.model_copy(update={"network": MLP(widths=(1, 24, 1), centre="start")})
    assert float(fs.function(spec, spec.root(spec.seeds[0])[None]).outputs.abs().max()) == 0.0


def test_more_than_two_inputs_make_no_picture() -> None:
    spec = fs.preset("segment").spec
    with pytest.raises(fs.SpecError, match="one or two numbers"):
        fs.function(spec, torch.zeros(1, spec.network.parameters, dtype=torch.float64))


def test_a_lane_walked_anew_is_where_its_recording_is() -> None:
    """Parameters that are recorded, so that both are known; lanes that end early stay at their end."""
    spec = fs.preset("borderline").spec
    rows = lane(table(spec), 1)
    path = [theta[1] for theta, _ in zip(fs.paths(spec, spec.seeds[0]), range(40), strict=False)]
    for frame in (0, 7, 39):
        assert path[frame].tolist() == pytest.approx(rows["theta"][frame].as_py(), rel=1e-9)
