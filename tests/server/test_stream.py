"""Watching a run over a websocket."""

import json
from collections.abc import Callable

import pyarrow as pa
import pytest
from websockets.exceptions import ConnectionClosed

from .client import ORIGIN, Client, slow, spec, undisturbed


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
    assert "ended" in [text.get("state") for text in viewer.texts]


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
    with client.watch(run, speed=4) as first:
        first.until_rows(50)
    with client.watch(run, first.rows, speed=64) as second:
        second.until_type("ended")
    assert pa.concat_tables([first.table(), second.table()]).combine_chunks().equals(undisturbed(spec(frames=201)))


@pytest.mark.parametrize("offset", ["-1", "x", "1e3"])
def test_a_wrong_offset_is_answered_and_the_stream_begins_at_the_start(client: Client, offset: str) -> None:
    with client.watch(client.create(spec()), offset) as viewer:
        assert offset in viewer.until_type("error")["message"]
        viewer.until_rows(9)
    assert viewer.table()["row"][0].as_py() == 0


def test_pause_holds_this_viewer_and_each_step_gives_it_one_frame(client: Client) -> None:
    run = client.create(spec(frames=301))
    client.finish(run)
    with client.watch(run, speed=1) as viewer:
        viewer.until_rows(30)
        viewer.say("pause")
        viewer.until(lambda text: text.get("state") == "paused")
        rows = viewer.rows
        assert rows < 301 * 3
        for step in (1, 2, 3):
            viewer.say("step")
            viewer.until_rows(rows + 3 * step)
            assert viewer.rows == rows + 3 * step
        viewer.say("step")
        viewer.say("step")
        viewer.until_rows(rows + 15)
        viewer.say("resume")
        assert viewer.until_type("state")["state"] == "running"
        assert viewer.rows == rows + 15
        viewer.say("speed", value=64)
        assert viewer.until(lambda text: text["type"] == "state" and text["speed"] == 64)["state"] == "running"
        viewer.until_type("ended")
        assert viewer.texts[-2]["state"] == "ended"
    assert viewer.table().equals(undisturbed(spec(frames=301)))


def test_a_step_means_nothing_while_it_plays(client: Client) -> None:
    with client.watch(client.create(spec()), speed=8) as viewer:
        for _ in range(20):
            viewer.say("step")
        viewer.until_type("ended")
    assert viewer.table().equals(undisturbed(spec()))


def test_a_viewer_s_pace_is_nobody_else_s(client: Client) -> None:
    """Two at other paces and one without: each gets every row once."""
    run = client.create(spec())
    with client.watch(run, speed=16) as one, client.watch(run, speed=64) as two, client.watch(run) as three:
        one.say("speed", value=8)
        one.say("pause")
        assert one.until(lambda text: text.get("state") == "paused")["speed"] == 8
        for viewer in (two, three):
            viewer.until_type("ended")
            assert {text["state"] for text in viewer.texts if text["type"] == "state"} <= {"running", "ended"}
        one.say("resume")
        one.until_type("ended")
    for viewer in (one, two, three):
        assert viewer.table().equals(undisturbed(spec()))


@pytest.mark.parametrize(("address", "state", "speed"), [("2", "running", 2.0), ("4&paused=1", "paused", 4.0)])
def test_a_stream_begins_at_the_pace_that_its_address_names(
    client: Client, address: str, state: str, speed: float
) -> None:
    with client.watch(client.create(spec()), speed=address) as viewer:
        found = viewer.until(lambda text: text["type"] == "state" and text["speed"] == speed)
        assert found["state"] == state
        viewer.say("speed", value=64)
        viewer.say("resume")
        viewer.until_type("ended")
    assert viewer.table().equals(undisturbed(spec()))


def test_a_wrong_speed_is_answered_and_the_stream_goes_at_speed_one(client: Client) -> None:
    with client.watch(client.create(spec()), speed="fast") as viewer:
        assert 'came "fast"' in viewer.until_type("error")["message"]
        viewer.say("speed", value=64)
        viewer.until_type("ended")
    assert viewer.table().equals(undisturbed(spec()))


@pytest.mark.parametrize("kind", ["pause", "resume", "step"])
def test_a_stream_without_a_pace_says_so_and_goes_on(client: Client, kind: str) -> None:
    with client.watch(client.create(spec())) as viewer:
        viewer.say(kind)
        assert viewer.until_type("error")["message"] == "This stream has no pace: name a speed in its address."
        viewer.until(lambda text: text["type"] == "ended" or text.get("state") == "ended")


def test_a_run_that_everybody_left_is_computed_no_further_until_somebody_comes_back(client: Client) -> None:
    value, other = slow(), slow(title="as long")
    run = client.create(value)
    with client.watch(run) as first:
        first.until_rows(5)
    client.until(lambda: client.left(run))
    client.finish(client.create(other))
    assert client.get(run)["state"] == "running" and client.get(run)["rows"] < 121
    assert run not in [each["id"] for each in client.http.get("/api/runs").json()], "nothing for a list of recordings"
    with client.watch(run, first.rows) as second:
        second.until_type("ended")
    assert pa.concat_tables([first.table(), second.table()]).combine_chunks().equals(undisturbed(value))


def test_equal_specs_are_one_run_however_they_are_written(client: Client) -> None:
    value = spec()
    run = client.create(value)
    default = {name: each for name, each in value.items() if name not in ("evaluations", "tunes", "protocol")}
    default["solvers"] = [{**solver, "name": solver["name"]} for solver in value["solvers"]]
    answer = client.http.post("/api/runs", json={**default, "horizon": float(value["horizon"])})
    assert (answer.status_code, answer.json()) == (200, {"id": run})
    assert answer.headers["location"] == f"/api/runs/{run}"
    for other in (spec(frames=102), spec(seeds=[1]), spec(title="another"), spec(evaluations=999_999)):
        assert client.create(other) != run
    assert sum(each["id"] == run for each in client.http.get("/api/runs").json()) == 1


@pytest.mark.parametrize(
    "garbage", ["", "nonsense", "{}", '{"type": "speed", "value": NaN}', "[" * 4000, "x" * 5000, b"\x00\x01", b""]
)
def test_garbage_is_answered_by_an_error_and_the_session_goes_on(client: Client, garbage: str | bytes) -> None:
    with client.watch(client.create(spec())) as viewer:
        viewer.connection.send(garbage)
        assert viewer.until_type("error")["message"].endswith(".")
        viewer.until_type("ended")
    assert viewer.table().equals(undisturbed(spec()))


def test_acknowledging_nonsense_changes_nothing(client: Client) -> None:
    with client.watch(client.create(spec())) as viewer:
        for offset in (10**9, 0, 2**53):
            viewer.say("ack", offset=offset)
        viewer.until_type("ended")
    assert viewer.table().equals(undisturbed(spec()))


def test_a_viewer_that_never_acknowledges_is_cut_off_at_its_window_and_holds_up_nobody(client: Client) -> None:
    value = spec(frames=1501)
    run = client.create(value)
    with client.watch(run, speed=16, acknowledges=False) as silent, client.watch(run) as other:
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
