"""Losses over a box of θ and the function of a lane at a frame, over HTTP."""

import flowscope as fs
import numpy as np
import pytest
import torch

from .client import Client, spec


def test_the_ground_is_the_engine_s(client: Client) -> None:
    run = client.create(spec(frames=11, preset="saddle"))
    client.finish(run)
    found = client.http.get(f"/api/runs/{run}/ground?low=-1_-2&high=1.5_2").json()
    expected = fs.ground(fs.preset("saddle").spec, [-1.0, -2.0], [1.5, 2.0])
    assert found["shape"] == list(expected.shape)
    np.testing.assert_allclose(found["loss"], expected.loss.numpy(), rtol=1e-12)
    np.testing.assert_allclose(found["outputs"], expected.outputs.numpy(), rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize("preset", ["borderline", "schedules"])
def test_a_function_is_that_of_the_lane_at_the_frame(client: Client, preset: str) -> None:
    """9 parameters are recorded, 73 are walked to again, forwards and back."""
    wanted = spec(frames=41, preset=preset)
    run = client.create(wanted)
    client.finish(run)
    parsed = fs.parse_spec(wanted)
    path = [theta[1] for theta, _ in zip(fs.paths(parsed, parsed.seeds[0]), range(41), strict=False)]
    for frame in (0, 30, 12):
        found = client.http.get(f"/api/runs/{run}/function?lanes=0_1&frame={frame}").json()
        assert (found["frame"], found["lanes"]) == (frame, [0, 1])
        expected = fs.function(parsed, torch.stack([path[frame]]))
        np.testing.assert_allclose(found["inputs"], expected.inputs.numpy(), rtol=1e-12)
        np.testing.assert_allclose(found["outputs"][1], expected.outputs[0].numpy(), rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize(
    "query",
    [
        "ground?low=0&high=1",
        "ground?low=0_0&high=0_1",
        "ground?low=0_x&high=1_1",
        "ground?low=0_0&high=1_inf",
        "ground",
        "function?lanes=0_7&frame=3",
        "function?lanes=&frame=3",
        "function?lanes=0&frame=-1",
        "function?lanes=0",
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(client: Client, query: str) -> None:
    run = client.create(spec(frames=5, preset="saddle"))
    client.finish(run)
    answer = client.http.get(f"/api/runs/{run}/{query}")
    assert answer.status_code == 422
    assert "expected" in answer.json()["detail"]


def test_more_parameters_or_inputs_than_a_picture_has_are_refused(client: Client) -> None:
    run = client.create(spec(frames=5, preset="segment"))
    client.finish(run)
    for query in ("ground?low=0_0&high=1_1", "function?lanes=0&frame=2"):
        assert client.http.get(f"/api/runs/{run}/{query}").status_code == 422
