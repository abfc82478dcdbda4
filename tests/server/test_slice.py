"""The plane of losses through an iterate, over HTTP."""

import math

import numpy as np
import pytest

from .client import Client, spec

BORDERLINE = "borderline"
SCHEDULES = "schedules"


def test_a_slice_passes_through_the_iterate_of_that_frame(client: Client) -> None:
    run = client.create(spec(frames=41, preset=BORDERLINE))
    client.finish(run)
    rows = client.recording(run)
    for frame in (0, 30):
        found = client.http.get(f"/api/runs/{run}/slice?lane=0&frame={frame}").json()
        row = next(each for each in rows.to_pylist() if each["lane"] == 0 and each["frame"] == frame)
        side = found["side"]
        assert (found["lane"], found["frame"], found["theta"]) == (0, frame, row["theta"])
        assert len(found["loss"]) == side**2
        assert found["loss"][side**2 // 2] == pytest.approx(row["loss"], rel=1e-9)
        directions = np.array(found["directions"])
        assert np.abs(directions @ directions.T - np.eye(2)).max() < 1e-12
        assert all(value is None or math.isfinite(value) for value in found["loss"])


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("lane=9&frame=3", "lane"),
        ("lane=0&frame=-1", "frame"),
        ("lane=zero&frame=1", "lane"),
        ("frame=1", "lane"),
    ],
)
def test_a_slice_that_makes_no_sense_is_refused_in_a_sentence(client: Client, query: str, sentence: str) -> None:
    run = client.create(spec(frames=11, preset=BORDERLINE))
    client.finish(run)
    answer = client.http.get(f"/api/runs/{run}/slice?{query}")
    assert answer.status_code == 422
    assert answer.json()["path"] == sentence
    assert isinstance(answer.json()["detail"], str)


def test_without_recorded_parameters_the_sentence_says_so(client: Client) -> None:
    run = client.create(spec(frames=11, preset=SCHEDULES))
    client.finish(run)
    answer = client.http.get(f"/api/runs/{run}/slice?lane=0&frame=5")
    assert answer.status_code == 422
    assert "θ is recorded, which it is up to 16 parameters" in answer.json()["detail"]
