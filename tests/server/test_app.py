"""Every route of docs/wire.md, asked over HTTP."""

import asyncio
import json
import os
from pathlib import Path

import flowscope as fs
import httpx
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from flowscope_server.app import create_app
from flowscope_server.runs import Runs, TooManyRuns

from .client import ORIGIN, Client, spec, undisturbed


def test_health_counts_workers_and_runs(client: Client) -> None:
    client.create(spec())
    assert client.http.get("/api/health").json() == {
        "status": "ok",
        "version": "0.1.0",
        "workers": {"alive": 2, "wanted": 2},
        "runs": 1,
    }


def test_presets_are_the_engine_s(client: Client) -> None:
    assert [item["name"] for item in client.http.get("/api/presets").json()] == [preset.name for preset in fs.PRESETS]


def test_the_schema_tells_of_specs_frames_statuses_and_speeds(client: Client) -> None:
    answer = client.http.get("/api/schema").json()
    assert answer["spec"] == fs.spec_schema()
    assert answer["frame"] == fs.frame_columns()
    assert answer["statuses"]["horizon"] == fs.Status.HORIZON.value
    assert answer["speed"] == {"min": 0.0625, "max": 64.0}


@pytest.mark.parametrize("preset", fs.PRESETS, ids=lambda preset: preset.name)
def test_every_preset_can_be_created(client: Client, preset: fs.Preset) -> None:
    answer = client.http.post("/api/runs", content=preset.spec.model_dump_json())
    client.made.append(answer.json()["id"])
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/runs/{answer.json()['id']}"


WRONG = [
    (b"", "spec"),
    (b"not json", "spec"),
    (b"\xff\xfe\x00", "spec"),
    (b"[]", "spec"),
    (b"null", "spec"),
    (b"{}", "problem"),
    (b"[" * 100_000, "spec"),
    (json.dumps(spec(surprise=1)).encode(), "surprise"),
    (json.dumps(spec(interval="fast")).encode(), "interval"),
    (json.dumps(spec(interval=True)).encode(), "interval"),
    (json.dumps(spec(interval=float("nan"))).encode(), "interval"),
    (json.dumps(spec(interval=-1.0)).encode(), "interval"),
    (json.dumps(spec(solvers=[])).encode(), "solvers"),
    (json.dumps(spec(network={"kind": "brain"})).encode(), "network.kind"),
]


@pytest.mark.parametrize(("body", "path"), WRONG)
def test_a_wrong_spec_is_refused_with_the_path_what_was_expected_and_what_came(
    client: Client, body: bytes, path: str
) -> None:
    answer = client.http.post("/api/runs", content=body)
    assert answer.status_code == 422
    value = answer.json()
    assert value["path"] == path
    assert value["detail"] == f"{path}: expected {value['expected']}, came {value['came']}"
    assert "\n" not in value["detail"]


def test_a_body_beyond_the_limit_is_refused_with_one_sentence(client: Client) -> None:
    answer = client.http.post("/api/runs", content=b" " * 1_000_001)
    assert answer.status_code == 413
    assert answer.json() == {"detail": "Expected a spec of at most 1000000 bytes, came a longer one."}


def test_a_run_tells_its_state_and_runs_are_listed_newest_first(client: Client) -> None:
    first, second = client.create(spec(title="one")), client.create(spec(title="two"))
    assert [(run["id"], run["title"]) for run in client.http.get("/api/runs").json()] == [
        (second, "two"),
        (first, "one"),
    ]
    client.until(lambda: bool(client.get(first)["lanes"]))  # a run is accepted before it is built
    run = client.get(first)
    assert set(run) == {
        "id",
        "title",
        "state",
        "made",
        "outputs",
        "parameters",
        "rows",
        "frames",
        "lanes",
        "spec",
        "data",
    }
    assert (run["frames"], run["spec"]) == (101, spec(title="one"))
    client.until(lambda: client.get(first)["state"] == "ended")  # though nobody watches
    assert [set(lane) for lane in run["lanes"]] == [{"lane", "name", "seed", "status", "sentence"}] * 3


def test_the_recording_of_an_ended_run_is_the_run(client: Client) -> None:
    run = client.create(spec())
    client.finish(run)
    answer = client.http.get(f"/api/runs/{run}/recording")
    assert answer.headers["content-type"] == "application/vnd.apache.arrow.stream"
    assert answer.content.endswith(b"\xff\xff\xff\xff\x00\x00\x00\x00")
    assert client.recording(run).equals(undisturbed(spec()))
    assert {lane["status"] for lane in client.get(run)["lanes"]} == {"horizon"}


def test_recordings_of_equal_specs_are_equal_batch_by_batch(client: Client) -> None:
    chunks = []
    for _ in range(2):
        run = client.create(spec(preset="step-size"))
        client.finish(run)
        with pa.ipc.open_stream(client.http.get(f"/api/runs/{run}/recording").content) as reader:
            chunks.append([batch.drop_columns(["wall_seconds"]).serialize().to_pybytes() for batch in reader])
        client.http.delete(f"/api/runs/{run}")
    assert chunks[0] == chunks[1]


def test_a_recording_is_readable_while_its_run_goes_on(client: Client) -> None:
    run = client.create(spec(frames=1001))
    with client.watch(run) as viewer:
        viewer.until_rows(30)
    with pa.ipc.open_stream(client.http.get(f"/api/runs/{run}/recording").content) as reader:
        rows = reader.read_all()["row"].to_pylist()
    assert rows == list(range(len(rows))) and len(rows) >= 30


def test_the_stage_is_an_arrow_stream_of_a_grid(client: Client) -> None:
    with pa.ipc.open_stream(client.http.get(f"/api/runs/{client.create(spec())}/stage").content) as reader:
        table = reader.read_all()
    grid = json.loads(table.schema.metadata[b"stage"])
    assert table.num_rows == grid["rows"] * grid["columns"]
    assert table.column_names == ["theta", "point", "jacobian", "conditioning", "curvature"]


def test_a_run_without_a_stage_says_why(client: Client) -> None:
    answer = client.http.get(f"/api/runs/{client.create(spec(preset='network'))}/stage")
    assert answer.status_code == 404
    assert "3 outputs and 2 parameters" in answer.json()["detail"]


def test_a_deleted_run_and_its_recording_are_gone(client: Client) -> None:
    run = client.create(spec())
    found = client.house.runs.get(run)
    assert found and found.log.path.exists()
    assert client.http.delete(f"/api/runs/{run}").status_code == 204
    assert not found.log.path.exists() and found.stage is None
    for path in (f"/api/runs/{run}", f"/api/runs/{run}/recording", f"/api/runs/{run}/stage"):
        assert client.http.get(path).status_code == 404
    assert client.http.delete(f"/api/runs/{run}").status_code == 404


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/api", "/api/", "/api/typo", "/api/runs/x/y/z", "/api/docs", "/api/runs/"])
def test_anything_else_under_api_is_a_404_with_one_sentence(client: Client, method: str, path: str) -> None:
    answer = client.http.request(method, path)
    assert answer.status_code == 404
    assert answer.json() == {"detail": f"There is no {method} {path} here: docs/wire.md lists what there is."}


def test_a_named_origin_may_read_and_a_foreign_one_may_not(client: Client) -> None:
    assert client.http.get("/api/health", headers={"origin": ORIGIN}).headers["access-control-allow-origin"] == ORIGIN
    assert (
        "access-control-allow-origin"
        not in client.http.get("/api/health", headers={"origin": "https://foe.example"}).headers
    )


def test_a_server_that_names_no_origin_admits_none(tmp_path: Path) -> None:
    """Asked without its workers, which have no part in that."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(data=tmp_path))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
            return await http.get("/api/presets", headers={"origin": ORIGIN})

    answer = asyncio.run(ask())
    assert answer.status_code == 200 and "access-control-allow-origin" not in answer.headers


def test_more_runs_than_a_server_keeps_alive_are_refused_with_one_sentence(tmp_path: Path) -> None:
    runs, value = Runs(tmp_path, live=2), fs.parse_spec(spec())
    other, third = (value.model_copy(update={"title": title}) for title in ("other", "third"))
    (first, _), _ = runs.want(value), runs.want(other)
    with pytest.raises(TooManyRuns, match="at most 2 runs alive"):
        runs.want(third)
    assert runs.want(value) == (first, False)
    first.end()
    assert runs.want(third)[1]
    runs.close()


def test_the_newest_recordings_are_kept_and_never_those_of_live_runs_removed(tmp_path: Path) -> None:
    (tmp_path / "0123456789ab.arrows").touch()
    (tmp_path / "0123456789ab.stage").touch()
    runs, value = Runs(tmp_path, recordings=2), fs.parse_spec(spec())
    made = [runs.want(value.model_copy(update={"title": title}))[0] for title in ("live", "ended")]
    live, ended = made
    ended.end()
    for path in tmp_path.glob("*.arrows"):  # a disk's clock may not tell them apart
        os.utime(path, (0, 0))
    made += [runs.want(value.model_copy(update={"title": title}))[0] for title in ("third", "fourth")]
    assert [run in list(runs) for run in made] == [True, False, True, True]
    assert {path.stem for path in tmp_path.iterdir()} == {live.id, made[2].id, made[3].id}
    runs.close()


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_foreign_page_may_not_change_runs(client: Client, method: str) -> None:
    path = "/api/runs" if method == "POST" else "/api/runs/0123456789ab"
    answer = client.http.request(method, path, headers={"Origin": "http://elsewhere.example"}, content=b"{}")
    assert answer.status_code == 403
    assert "elsewhere.example" in answer.json()["detail"]


def test_predictions_are_the_engine_s_over_the_rows_so_far(client: Client) -> None:
    value = spec(preset="segment", frames=41)
    run = client.create(value)
    client.finish(run)
    answer = client.http.get(f"/api/runs/{run}/predictions")
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/json"
    parsed = fs.parse_spec(value)
    assert answer.json() == fs.overlays(fs.run(parsed).to_table(), parsed)
    assert {item["verdict"] for item in answer.json() if item["id"] == "P1"} == {"holds"}
    other = client.http.get(f"/api/runs/{run}/predictions?loss=sum&clock=s&share=1e-6")
    assert other.json() == fs.overlays(fs.run(parsed).to_table(), parsed, fs.convention("sum", "s"), 1e-6)
    early = client.http.get(f"/api/runs/{run}/predictions?frame=12").json()
    whole = fs.run(parsed).to_table()
    assert early == fs.overlays(whole.filter(pc.field("frame") <= 12), parsed) != answer.json()
    wrong = (
        ("clock=hours", "clock: expected one of t, s, came 'hours'"),
        ("share=0.3", "share: expected one of 0.01,"),
    )
    for query, sentence in (*wrong, ("frame=last", "frame: expected a whole number, came 'last'")):
        refused = client.http.get(f"/api/runs/{run}/predictions?{query}")
        assert refused.status_code == 422 and refused.json()["detail"].startswith(sentence)


def test_predictions_of_a_run_that_goes_on_grow_with_it_and_unknown_runs_have_none(client: Client) -> None:
    run = client.create(spec(preset="segment", frames=2001))
    with client.watch(run) as viewer:
        viewer.until_rows(40)
    client.until(lambda: client.left(run))  # so that it stands
    item = next(each for each in client.http.get(f"/api/runs/{run}/predictions").json() if each["id"] == "P9")
    assert 0 < item["time"][-1] < client.get(run)["spec"]["horizon"]
    assert client.http.get("/api/runs/none/predictions").status_code == 404
