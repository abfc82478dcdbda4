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


def goes_on_with(viewer: Viewer) -> str:
    """The run that a viewer watches by now."""
    return [text["run"] for text in viewer.texts if text["type"] == "state"][-1]


def test_a_tune_makes_a_run_of_its_own_which_its_spec_gives_again(client: Client) -> None:
    value = spec(frames=301)
    run = client.create(value)
    with client.watch(run, speed=1) as one, client.watch(run, speed=1) as other:
        one.until_rows(30)
        sent = one.rows // 3
        one.say("tune", solver=NEWTON, rho=0.5)
        (told,) = until_tunes(one)
        assert (told["solver"], told["rho"]) == (NEWTON, 0.5) and told["frame"] >= sent - 1
        assert told["time"] == pytest.approx(told["frame"] * value["interval"])
        one.until_rows(one.rows + 12)
        one.say("tune", solver=ADAPTIVE, rho=0)
        (second,) = until_tunes(one)
        assert second["frame"] > told["frame"]
        finish(one)
        finish(other)
    assert goes_on_with(other) == run != goes_on_with(one)
    assert other.table().equals(undisturbed(value)) and all(text["type"] != "tunes" for text in other.texts)
    amended = client.get(goes_on_with(one))["spec"]
    assert amended["tunes"] == [{name: each[name] for name in ("frame", "solver", "rho")} for each in (told, second)]
    assert {**amended, "tunes": []} == value
    assert one.table().equals(undisturbed(amended))
    rows = one.table().filter(pa.compute.equal(one.table()["solver"], NEWTON))  # pyright: ignore[reportAttributeAccessIssue]  # made at import time
    shown = dict(zip(rows["frame"].to_pylist(), rows["rho"].to_pylist(), strict=True))
    assert {rho for frame, rho in shown.items() if frame <= told["frame"]} == {0.0}
    assert {rho for frame, rho in shown.items() if frame > told["frame"]} == {0.5}


def test_its_recording_carries_its_spec_and_is_posted_again_as_the_same_run(client: Client) -> None:
    run = client.create(spec())
    with client.watch(run, speed=1) as viewer:
        viewer.until_rows(12)
        viewer.say("tune", solver=NEWTON, rho=0.25)
        until_tunes(viewer)
        finish(viewer)
    found = goes_on_with(viewer)
    with pa.ipc.open_stream(client.http.get(f"/api/runs/{found}/recording").content) as reader:
        amended = fs.facts(reader.read_all().schema)["spec"]
    assert amended == client.get(found)["spec"] and len(amended["tunes"]) == 1
    assert client.recording(found).equals(undisturbed(amended))
    assert client.create(amended) == found
    stages = [client.http.get(f"/api/runs/{each}/stage").content for each in (run, found)]
    assert stages[0] == stages[1] != b""


def test_who_comes_late_hears_of_every_tune(client: Client) -> None:
    run = client.create(spec(frames=301))
    with client.watch(run, speed=1) as viewer:
        viewer.until_rows(12)
        told = []
        for rho in (0.1, 0.2, 0.3):
            viewer.say("tune", solver=NEWTON, rho=rho)
            told += until_tunes(viewer)
            viewer.until_rows(viewer.rows + 6)
        with client.watch(goes_on_with(viewer)) as late:
            assert until_tunes(late) == told


def test_of_a_drag_only_the_last_run_is_kept(client: Client) -> None:
    run = client.create(spec(frames=301))
    with client.watch(run, speed=1) as viewer:
        viewer.until_rows(12)
        for k in range(8):
            viewer.say("tune", solver=NEWTON, rho=k / 10)
            until_tunes(viewer)
            viewer.until_rows(viewer.rows + 6)
        tuned = {text["run"] for text in viewer.texts if text["type"] == "state"} - {run}
        assert len(tuned) == 8
        assert {each for each in tuned if client.house.runs.get(each)} == {goes_on_with(viewer)}
        finish(viewer)
    assert viewer.table().equals(undisturbed(client.get(goes_on_with(viewer))["spec"]))


def test_while_paused_a_tune_takes_effect_at_once_and_the_last_word_counts(client: Client) -> None:
    run = client.create(spec(frames=201))
    with client.watch(run, speed=1) as viewer:
        viewer.until_rows(30)
        viewer.say("pause")
        viewer.until(lambda text: text.get("state") == "paused")
        for k in range(50):
            viewer.say("tune", solver=NEWTON, rho=k / 100)
        while until_tunes(viewer)[-1]["rho"] != 0.49:
            pass
        found = goes_on_with(viewer)
        assert [each["rho"] for each in client.get(found)["spec"]["tunes"]] == [0.49]
        viewer.say("resume")
        finish(viewer)
    assert viewer.table().equals(undisturbed(client.get(goes_on_with(viewer))["spec"]))


def test_a_flood_of_tunes_is_one_a_frame_and_its_last_word_counts(client: Client) -> None:
    run = client.create(spec(frames=401))
    with client.watch(run, speed=1) as viewer:
        viewer.until_rows(12)
        for k in range(2000):
            viewer.say("tune", solver=NEWTON + k % 2, rho=(k % 1000) / 1000)
        viewer.until(lambda text: text["type"] == "tunes" and text["tunes"][-1]["rho"] == 0.999)
        finish(viewer)
    amended = client.get(goes_on_with(viewer))["spec"]
    places = [(each["frame"], each["solver"]) for each in amended["tunes"]]
    assert places and places == sorted(set(places))
    assert amended["tunes"][-1]["rho"] == 0.999
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
    with client.watch(run, speed=1) as viewer:
        viewer.say("tune", solver=solver, rho=rho)
        assert viewer.until_type("error")["message"] == part
        finish(viewer)
    assert viewer.table().equals(undisturbed(spec()))


def test_after_the_end_a_tune_is_answered_by_one_sentence(client: Client) -> None:
    run = client.create(spec())
    with client.watch(run) as viewer:
        viewer.until_type("ended")
        viewer.say("tune", solver=NEWTON, rho=0.5)
        assert viewer.until_type("error")["message"] == "tune: expected a run that goes on, came one that has ended."
    assert client.get(run)["spec"] == json.loads(json.dumps(spec()))


def test_after_kill_9_the_tuned_run_goes_on(client: Client) -> None:
    run = client.create(spec(frames=401))
    with client.watch(run, speed=1) as viewer:
        viewer.until_rows(30)
        viewer.say("tune", solver=NEWTON, rho=0.4)
        until_tunes(viewer)
        viewer.until_rows(viewer.rows + 30)
        pid = client.pid(goes_on_with(viewer))
        assert pid
        os.kill(pid, signal.SIGKILL)
        viewer.say("tune", solver=ADAPTIVE, rho=0.7)  # to no worker, or to the next
        assert [each["rho"] for each in until_tunes(viewer)] == [0.7]
        viewer.until_rows(viewer.rows + 30)
        finish(viewer)
    client.until(client.healthy)
    amended = client.get(goes_on_with(viewer))["spec"]
    assert [(each["solver"], each["rho"]) for each in amended["tunes"]] == [(NEWTON, 0.4), (ADAPTIVE, 0.7)]
    assert viewer.table()["row"].to_pylist() == list(range(401 * 3))
    assert viewer.table().equals(undisturbed(amended))
