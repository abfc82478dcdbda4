"""Workers that die: killed with signal 9, as the kernel does when memory runs out."""

import os
import signal
from contextlib import ExitStack

import flowscope as fs
import pytest
from flowscope_server import viewer as viewer_module
from flowscope_server.pool import Pool
from flowscope_server.stint import LEAST_AHEAD
from flowscope_server.worker import describe

from .client import Client, slow, spec, undisturbed


def kill(client: Client, run: str) -> int:
    """Kill the worker that steps this run, once it is warm; returns its process."""
    client.until(lambda: client.pid(run) is not None)
    pid = client.pid(run)
    assert pid
    os.kill(pid, signal.SIGKILL)
    client.until(lambda: client.pid(run) != pid)
    return pid


def test_a_killed_worker_s_runs_go_on_as_if_nothing_had_been(client: Client) -> None:
    values = [slow(title="one"), slow(title="two"), spec(preset="curvature"), spec(preset="dampings")]
    runs = [client.create(value) for value in values]
    with ExitStack() as stack:
        viewers = [stack.enter_context(client.watch(run)) for run in runs]
        for viewer in viewers:
            viewer.until_rows(9)
        kill(client, runs[0])
        client.until(client.healthy)
        for viewer, value in zip(viewers, values, strict=True):
            viewer.until_type("ended")
            assert viewer.table().equals(undisturbed(value))
    for run, value in zip(runs, values, strict=True):
        assert client.recording(run).equals(undisturbed(value))


def test_a_viewer_that_paused_is_paused_and_as_fast_after_a_worker_died(client: Client) -> None:
    run = client.create(slow())
    with client.watch(run, speed=1) as viewer:
        viewer.until_rows(5)
        viewer.say("speed", value=2)
        viewer.say("pause")
        viewer.until(lambda text: text.get("state") == "paused")
        kill(client, run)
        client.until(client.healthy)
        rows = viewer.rows
        viewer.say("step")
        viewer.until_rows(rows + 1)
        viewer.say("resume")
        found = viewer.until_type("state")
        assert (found["state"], found["speed"], viewer.rows) == ("running", 2.0, rows + 1)
        viewer.say("speed", value=64)
        viewer.until_type("ended")
    assert viewer.table().equals(undisturbed(slow()))


def test_a_run_whose_worker_dies_twice_is_lost(client: Client) -> None:
    run = client.create(spec(frames=501, preset="network"))
    with client.watch(run) as viewer:
        viewer.until_rows(5)
        kill(client, run)
        viewer.until_rows(viewer.rows + 5)
        kill(client, run)
        lanes = viewer.until_type("ended")["lanes"]
        assert {(lane["status"], lane["sentence"]) for lane in lanes} == {("lost", fs.Status.LOST.value)}
    client.until(client.healthy)
    rows = client.recording(run)["row"].to_pylist()
    assert rows == list(range(client.get(run)["rows"])), "what was computed is kept"


def test_neighbours_of_a_death_in_nobody_s_turn_are_not_blamed(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewer_module, "AHEAD_SECONDS", 1e-9)  # a run is a few frames ahead of who pauses, and rests
    values = [slow(title=f"run {k}") for k in range(4)]
    runs = [client.create(value) for value in values]
    with ExitStack() as stack:
        viewers = [stack.enter_context(client.watch(run, speed="1&paused=1")) for run in runs]
        for _ in range(2):
            client.until(lambda: all(client.get(run)["rows"] >= LEAST_AHEAD for run in runs))
            kill(client, runs[0])
            client.until(client.healthy)
        for viewer, value in zip(viewers, values, strict=True):
            viewer.say("speed", value=64)
            viewer.say("resume")
            viewer.until_type("ended")
            assert viewer.table().equals(undisturbed(value))


def test_what_went_wrong_in_a_run_is_one_sentence() -> None:
    assert describe(ValueError("first line.\nsecond")) == "The computation failed with ValueError: first line."
    assert describe(MemoryError()) == "The computation failed with MemoryError."


@pytest.mark.parametrize("wanted", [1, 3])
def test_a_pool_begins_without_workers(wanted: int) -> None:
    assert Pool(wanted).alive == 0
