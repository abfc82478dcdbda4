"""Watching a run over a websocket."""

import json
from collections.abc import Callable

import pyarrow as pa
import pytest
from websockets.exceptions import ConnectionClosed

from .client import ORIGIN, Client, Viewer, spec, undisturbed


def test_every_row_comes_exactly_once_in_order(client: Client) -> None:
    run = client.create(spec())
    with client.watch(run) as viewer:
        assert viewer.until_type("state") == {
            "type": "state",
            "run": run,
            "state": "running",
            "speed": 1.0,
            "rows": viewer.texts[0]["rows"],
        }
        ended = viewer.until_type("ended")
    assert viewer.table().equals(undisturbed(spec()))
    assert viewer.table().equals(client.recording(run))
    assert ended["lanes"] == client.get(run)["lanes"]
    assert viewer.texts[-2]["state"] == "ended"


def test_the_first_binary_message_is_the_schema_alone(client: Client) -> None:
    with client.watch(client.create(spec())) as viewer:
        viewer.until_rows(3)
    with pa.ipc.open_stream(viewer.schema) as reader:
        assert json.loads(reader.schema.metadata[b"flowscope"])["spec"] == spec()
        assert list(reader) == []


@pytest.mark.parametrize("offset", [0, 1, 3, 4, 11, 12, 100, 302, 303, 10_000])
def test_a_viewer_that_comes_back_gets_exactly_the_rest(client: Client, offset: int) -> None:
    run = client.create(spec())
    client.finish(run)
    with client.watch(run, offset) as viewer:
        viewer.until_type("ended")
    assert viewer.table().equals(undisturbed(spec()).slice(offset).combine_chunks())


def test_a_viewer_that_is_cut_off_and_returns_has_missed_nothing(client: Client) -> None:
    run = client.create(spec(frames=201))
    with client.watch(run) as first:
        first.until_rows(50)
    with client.watch(run, first.rows) as second:
        second.say("speed", value=64)
        second.until_type("ended")
    assert pa.concat_tables([first.table(), second.table()]).combine_chunks().equals(undisturbed(spec(frames=201)))


@pytest.mark.parametrize("offset", ["-1", "x", "1e3"])
def test_a_wrong_offset_is_answered_and_the_stream_begins_at_the_start(client: Client, offset: str) -> None:
    with client.watch(client.create(spec()), offset) as viewer:
        assert offset in viewer.until_type("error")["message"]
        viewer.until_rows(9)
    assert viewer.table()["row"][0].as_py() == 0


def paused(client: Client, viewer: Viewer, run: str) -> int:
    """Pause, and wait until everything computed before has come; returns the rows there are."""
    viewer.say("pause")
    viewer.until(lambda text: text.get("state") == "paused")
    found = client.house.runs.get(run)
    assert found
    settled = found.log.rows
    for _ in range(200):  # as many answers of the server, of which each gives a chunk on its way time to arrive
        client.http.get("/api/health")
        settled = max(settled, found.log.rows)
    return settled


def test_pause_holds_the_run_and_each_step_gives_one_frame(client: Client) -> None:
    run = client.create(spec(frames=301))
    with client.watch(run) as viewer:
        viewer.until_rows(30)
        rows = paused(client, viewer, run)
        viewer.until_rows(rows)
        for step in (1, 2, 3):
            viewer.say("step")
            viewer.until_rows(rows + 3 * step)
            assert viewer.rows == rows + 3 * step
        assert client.get(run)["rows"] == rows + 9
        assert client.get(run)["state"] == "paused"
        viewer.say("resume")
        assert viewer.until_type("state")["state"] == "running"
        viewer.say("speed", value=64)
        assert viewer.until(lambda text: text["type"] == "state" and text["speed"] == 64)["state"] == "running"
        viewer.until_type("ended")
    assert viewer.table().equals(undisturbed(spec(frames=301)))


def test_stop_ends_the_run_with_that_status(client: Client) -> None:
    run = client.create(spec(frames=1001))
    with client.watch(run) as viewer:
        viewer.until_rows(30)
        viewer.say("stop")
        lanes = viewer.until_type("ended")["lanes"]
        assert {lane["status"] for lane in lanes} == {"stopped"}
    last = viewer.table().slice(viewer.rows - 3)
    assert last["status"].to_pylist() == ["stopped"] * 3


def test_one_viewer_s_controls_are_told_to_all(client: Client) -> None:
    run = client.create(spec(frames=1001))
    with client.watch(run) as one, client.watch(run) as other:
        one.say("speed", value=0.5)
        assert other.until(lambda text: text.get("speed") == 0.5)["type"] == "state"
        one.say("pause")
        assert other.until(lambda text: text.get("state") == "paused")["speed"] == 0.5


@pytest.mark.parametrize(
    "garbage", ["", "nonsense", "{}", '{"type": "speed", "value": NaN}', "[" * 4000, "x" * 5000, b"\x00\x01", b""]
)
def test_garbage_is_answered_by_an_error_and_the_session_goes_on(client: Client, garbage: str | bytes) -> None:
    with client.watch(client.create(spec())) as viewer:
        viewer.connection.send(garbage)
        assert viewer.until_type("error")["message"].endswith(".")
        viewer.say("speed", value=64)
        viewer.until_type("ended")
    assert viewer.table().equals(undisturbed(spec()))


def test_acknowledging_nonsense_changes_nothing(client: Client) -> None:
    with client.watch(client.create(spec())) as viewer:
        for offset in (10**9, 0, 2**53):
            viewer.say("ack", offset=offset)
        viewer.say("speed", value=64)
        viewer.until_type("ended")
    assert viewer.table().equals(undisturbed(spec()))


def test_a_viewer_that_never_acknowledges_is_cut_off_at_its_window_and_holds_up_nobody(client: Client) -> None:
    value = spec(frames=1501)
    run = client.create(value)
    with client.watch(run, acknowledges=False) as silent, client.watch(run) as other:
        other.say("speed", value=16)  # a window of 1.5 s is then 4320 of the 4503 rows
        other.until_type("ended")
        silent.connection.send("what?")
        silent.until_type("error")
        silent.until_rows(4000)
        assert silent.rows <= 4320 + 12
        assert all(text["type"] != "ended" for text in silent.texts)
        silent.say("ack", offset=silent.rows)
        silent.until_type("ended")
    assert silent.table().equals(other.table())
    assert other.table().equals(undisturbed(value))


def test_a_late_viewer_far_behind_gets_one_decimated_chunk_to_the_head(client: Client) -> None:
    run = client.create(spec(frames=601, seeds=list(range(16))))
    client.finish(run)
    with client.watch(run) as viewer:
        thinned = viewer.until_type("thinned")
        viewer.until_type("ended")
    assert (thinned["since"], thinned["until"]) == (0, 601 * 48)
    assert len(viewer.chunks) == 1
    table = viewer.table()
    assert table.num_rows < 12_000 < client.get(run)["rows"] == 601 * 48
    assert table["row"][0].as_py() == 0
    assert sum(word != "running" for word in table["status"].to_pylist()) == 48  # the last row of every lane


@pytest.mark.parametrize("origin", [None, ORIGIN, "same"])
def test_this_host_a_named_origin_and_a_script_may_watch(client: Client, origin: str | None) -> None:
    run = client.create(spec())
    origin = f"http://127.0.0.1:{client.port}" if origin == "same" else origin
    with client.watch(run, origin=origin) as viewer:
        assert viewer.until_type("state")["run"] == run


@pytest.mark.parametrize("origin", ["https://foe.example", "null", "http://127.0.0.1:1"])
def test_a_foreign_origin_is_refused_with_its_own_code(client: Client, origin: str) -> None:
    with client.watch(client.create(spec()), origin=origin) as viewer:
        assert closing_code(viewer.receive) == 4403


def test_an_unknown_run_closes_with_its_own_code(client: Client) -> None:
    with client.watch("0123456789ab") as viewer:
        assert closing_code(viewer.receive) == 4404


def test_deleting_a_run_closes_its_viewers(client: Client) -> None:
    run = client.create(spec())
    with client.watch(run) as viewer:
        viewer.until_rows(3)
        client.http.delete(f"/api/runs/{run}")
        assert closing_code(lambda: viewer.until_rows(10**9)) == 4404


def closing_code(receive: Callable[[], object]) -> int | None:
    with pytest.raises(ConnectionClosed) as closed:
        receive()
        receive()
    return closed.value.rcvd and closed.value.rcvd.code
