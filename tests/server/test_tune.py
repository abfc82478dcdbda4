"""ρ set by hand while a run goes on: from a viewer's message to every viewer, the spec and the recording."""

import json
import os
import signal
from typing import Any

import flowscope as fs
import pyarrow as pa
import pytest

from .client import Client, Viewer, spec, undisturbed

GRADIENT, NEWTON, ADAPTIVE = range(3)  # solvers of the first preset


def until_tunes(viewer: Viewer) -> list[dict[str, Any]]:
    return viewer.until_type("tunes")["tunes"]


def finish(viewer: Viewer) -> None:
    viewer.say("speed", value=64)
    viewer.until_type("ended")


def test_a_tune_is_told_to_all_and_replayed_by_the_spec_that_is_shown(client: Client) -> None:
    value = spec(frames=301)
    run = client.create(value)
    with client.watch(run) as one, client.watch(run) as other:
        one.until_rows(30)
        one.say("tune", solver=NEWTON, rho=0.5)
        (told,) = until_tunes(one)
        assert [told] == until_tunes(other)
        assert (told["solver"], told["rho"]) == (NEWTON, 0.5)
        assert told["time"] == pytest.approx(told["frame"] * value["interval"])
        other.say("tune", solver=ADAPTIVE, rho=0)
        (second,) = until_tunes(one)
        assert second["frame"] >= told["frame"]
        finish(one)
        finish(other)
    amended = client.get(run)["spec"]
    assert amended["tunes"] == [{name: each[name] for name in ("frame", "solver", "rho")} for each in (told, second)]
    assert {**amended, "tunes": []} == value
    assert one.table().equals(other.table())
    assert one.table().equals(undisturbed(amended))
    rows = one.table().filter(pa.compute.equal(one.table()["solver"], NEWTON))  # pyright: ignore[reportAttributeAccessIssue]  # made at import time
    shown = dict(zip(rows["frame"].to_pylist(), rows["rho"].to_pylist(), strict=True))
    assert {rho for frame, rho in shown.items() if frame <= told["frame"]} == {0.0}
    assert {rho for frame, rho in shown.items() if frame > told["frame"]} == {0.5}


def test_a_recording_carries_the_amended_spec(client: Client) -> None:
    run = client.create(spec())
    with client.watch(run) as viewer:
        viewer.until_rows(12)
        viewer.say("tune", solver=NEWTON, rho=0.25)
        until_tunes(viewer)
        finish(viewer)
    data = client.http.get(f"/api/runs/{run}/recording").content
    with pa.ipc.open_stream(data) as reader:
        recording = reader.read_all()
    amended = fs.facts(recording.schema)["spec"]
    assert amended == client.get(run)["spec"] and len(amended["tunes"]) == 1
    assert client.recording(run).equals(undisturbed(amended))


def test_a_late_viewer_hears_of_every_tune(client: Client) -> None:
    run = client.create(spec(frames=301))
    with client.watch(run) as viewer:
        viewer.until_rows(12)
        told = []
        for rho in (0.1, 0.2, 0.3):
            viewer.say("tune", solver=NEWTON, rho=rho)
            told += until_tunes(viewer)
            viewer.until_rows(viewer.rows + 6)
        with client.watch(run) as late:
            assert until_tunes(late) == told


def test_while_paused_only_the_last_word_counts(client: Client) -> None:
    run = client.create(spec(frames=201))
    with client.watch(run) as viewer:
        viewer.until_rows(30)
        viewer.say("pause")
        viewer.until(lambda text: text.get("state") == "paused")
        for k in range(50):
            viewer.say("tune", solver=NEWTON, rho=k / 100)
        while until_tunes(viewer)[-1]["rho"] != 0.49:
            pass
        assert [each["rho"] for each in client.get(run)["spec"]["tunes"]] == [0.49]
        viewer.say("resume")
        finish(viewer)
    assert viewer.table().equals(undisturbed(client.get(run)["spec"]))


def test_a_flood_of_tunes_is_one_per_solver_and_frame(client: Client) -> None:
    run = client.create(spec(frames=401))
    with client.watch(run) as viewer:
        viewer.until_rows(12)
        for k in range(2000):
            viewer.say("tune", solver=NEWTON + k % 2, rho=(k % 1000) / 1000)
        viewer.until_rows(viewer.rows + 30)
        finish(viewer)
    amended = client.get(run)["spec"]
    places = [(each["frame"], each["solver"]) for each in amended["tunes"]]
    assert places and places == sorted(set(places))
    assert amended["tunes"][-1]["rho"] in (0.998, 0.999)
    assert viewer.table().equals(undisturbed(amended))


@pytest.mark.parametrize(
    ("solver", "rho", "part"),
    [
        (GRADIENT, 0.5, "tune.solver: expected a solver with a damping, came Gradient flow."),
        (7, 0.5, "tune.solver: expected one of the 3 solvers, counted from 0, came 7."),
        (NEWTON, 2, "tune.rho: expected a number from 0 to 1, came 2."),
    ],
)
def test_what_cannot_be_set_is_one_sentence_and_the_session_goes_on(
    client: Client, solver: int, rho: float, part: str
) -> None:
    run = client.create(spec())
    with client.watch(run) as viewer:
        viewer.say("tune", solver=solver, rho=rho)
        assert viewer.until_type("error")["message"] == part
        finish(viewer)
    assert viewer.table().equals(undisturbed(spec()))


def test_after_the_end_a_tune_is_answered_by_one_sentence(client: Client) -> None:
    run = client.create(spec())
    with client.watch(run) as viewer:
        finish(viewer)
        viewer.say("tune", solver=NEWTON, rho=0.5)
        assert viewer.until_type("error")["message"] == "tune: expected a run that goes on, came one that has ended."
    assert client.get(run)["spec"] == json.loads(json.dumps(spec()))


def test_after_kill_9_the_run_goes_on_with_its_tunes(client: Client) -> None:
    run = client.create(spec(frames=401))
    with client.watch(run) as viewer:
        viewer.until_rows(30)
        viewer.say("tune", solver=NEWTON, rho=0.4)
        until_tunes(viewer)
        viewer.until_rows(viewer.rows + 30)
        pid = client.pid(run)
        assert pid
        os.kill(pid, signal.SIGKILL)
        viewer.say("tune", solver=ADAPTIVE, rho=0.7)  # to no worker, or to the next
        assert [each["rho"] for each in until_tunes(viewer)] == [0.7]
        viewer.until_rows(viewer.rows + 30)
        finish(viewer)
    client.until(client.healthy)
    amended = client.get(run)["spec"]
    assert [(each["solver"], each["rho"]) for each in amended["tunes"]] == [(NEWTON, 0.4), (ADAPTIVE, 0.7)]
    assert viewer.table()["row"].to_pylist() == list(range(401 * 3))
    assert viewer.table().equals(undisturbed(amended))
