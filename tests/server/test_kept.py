"""Recordings that outlive their server, and runs that outlive the viewer who began them."""

import asyncio
import os
from pathlib import Path

import flowscope as fs
from flowscope_server.runs import Runs

from .client import Client, running, slow, spec, undisturbed


def test_a_recording_is_listed_and_played_by_the_next_server(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        ended, cut = client.create(spec(title="ended")), client.create(spec(title="cut", preset="network", frames=501))
        client.finish(ended)
        with client.watch(cut) as viewer:
            viewer.until_rows(30)
        before = client.get(ended)
    with running(tmp_path) as client:
        runs = {run["id"]: run for run in client.http.get("/api/runs").json()}
        assert set(runs) == {ended, cut}
        assert {**runs[ended], "made": 0, "lanes": 0} == {**before, "made": 0, "lanes": 0}
        assert {lane["status"] for lane in runs[ended]["lanes"]} == {"horizon"}
        assert {lane["status"] for lane in runs[cut]["lanes"]} == {"lost"} and runs[cut]["rows"] >= 30
        assert client.recording(ended).equals(undisturbed(spec(title="ended")))
        with client.watch(ended) as viewer:
            viewer.until_rows(before["rows"])


def test_what_is_no_recording_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "0123456789ab.arrows").write_bytes(b"no stream")
    (tmp_path / "0123456789ac.arrows").touch()
    (tmp_path / "other.arrows").touch()
    runs = Runs(tmp_path)
    assert runs.all() == [] and runs.get("0123456789ab") is None and runs.get("../x") is None


def test_a_run_that_somebody_else_watches_is_not_deleted_by_the_viewer_who_leaves(client: Client) -> None:
    run = client.create(slow())
    with client.watch(run) as other:
        other.until_rows(3)
        answer = client.http.delete(f"/api/runs/{run}", params={"viewer": "me"})
        assert answer.status_code == 409 and "somebody else watches it" in answer.json()["detail"]
        other.until_rows(30)
    client.until(lambda: client.http.delete(f"/api/runs/{run}", params={"viewer": "me"}).status_code == 204)
    assert client.http.get(f"/api/runs/{run}").status_code == 404


def test_a_run_that_was_lost_is_made_anew_by_whoever_asks_for_it(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        run = client.create(slow(frames=401))
        with client.watch(run) as viewer:
            viewer.until_rows(9)
    with running(tmp_path) as client:
        assert client.get(run)["state"] == "ended"
        answer = client.http.post("/api/runs", json=slow(frames=401))
        assert (answer.status_code, answer.json()["id"]) == (201, run)
        with client.watch(run) as viewer:
            assert {lane["status"] for lane in viewer.until_type("ended")["lanes"]} == {"horizon"}
        assert viewer.table().equals(undisturbed(slow(frames=401)))


def test_what_is_watched_is_never_pruned(tmp_path: Path) -> None:
    class Somebody:
        wake, name, place = asyncio.Event(), "", (0.0, 0.0, 0.0)

    runs = Runs(tmp_path, recordings=1)
    values = [fs.parse_spec(spec(title=title)) for title in ("watched", "left", "ended", "new")]
    watched, left, ended = (runs.want(value)[0] for value in values[:3])
    watched.end()
    watched.watch(Somebody())
    left.watch(somebody := Somebody())
    left.unwatch(somebody)
    ended.end()
    for path in tmp_path.glob("*.arrows"):
        os.utime(path, (0, 0))
    new, _ = runs.want(values[3])
    assert list(runs) == [new, watched]
    runs.close()
