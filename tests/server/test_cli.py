"""The command line: what it prints, writes and exits with."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import flowscope as fs
import httpx
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from click.testing import CliRunner, Result
from flowscope.flow import Linearization
from flowscope_server.cli import main

from .client import SECONDS, Client, spec, timeless, undisturbed


def run(*arguments: str | Path, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)


def written(path: Path) -> pa.Table:
    if path.suffix == ".parquet":
        return pyarrow.parquet.read_table(path)
    if path.suffix == ".csv":
        return pyarrow.csv.read_csv(path, read_options=pyarrow.csv.ReadOptions(skip_rows=1))
    with pa.ipc.open_stream(path) as reader:
        return reader.read_all()


@pytest.mark.parametrize("ending", [".parquet", ".arrow", ".csv"])
def test_a_run_is_written_in_the_format_its_ending_names(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(spec()))
    result = run("run", path, "--out", tmp_path / f"out{ending}")
    assert result.exit_code == 0, result.output
    assert (
        result.stdout.splitlines()[0]
        == f"{fs.PRESETS[0].spec.solvers[0].name}, seed 0: t = 4: {fs.Status.HORIZON.value}"
    )
    assert len(result.stdout.splitlines()) == 3 and result.stderr == ""
    table = written(tmp_path / f"out{ending}")
    assert table["loss"].to_pylist() == undisturbed(spec())["loss"].to_pylist()
    if ending != ".csv":
        assert timeless(table).equals(undisturbed(spec()))


def test_a_spec_may_come_on_standard_input(tmp_path: Path) -> None:
    assert run("run", "-", "--out", tmp_path / "out.arrow", stdin=json.dumps(spec())).exit_code == 0
    assert written(tmp_path / "out.arrow").num_rows == 303


def test_a_preset_runs_by_name_and_a_lane_without_an_answer_is_exit_1(tmp_path: Path) -> None:
    result = run("run", "step-size", "--out", tmp_path / "out.parquet")
    assert result.exit_code == 1
    assert "J lost rank" in result.stdout or "diverged" in result.stdout


def test_a_lane_that_climbed_or_rests_is_told_so_and_is_exit_1(tmp_path: Path) -> None:
    """A flow through samples that change the rank of J, its loss five thousand times the start's; and a step lost in
    rounding.
    """
    steps = {"integrator": {"kind": "rk4", "dt": 0.01}}
    climbing = {
        "problem": {"kind": "wave", "count": 20},
        "network": {"kind": "mlp", "widths": [1, 4, 1]},
        "solvers": [{"name": "any", "flow": {"kind": "any_rank"}, **steps}],
        "horizon": 5.0,
        "interval": 0.5,
    }
    resting = {
        "problem": {"kind": "points", "inputs": [[1.0]], "targets": [[-0.5]]},
        "network": {"kind": "neuron"},
        "start": {"kind": "point", "parameters": [8.0, 8.0]},
        "solvers": [{"name": "flow", "flow": {"kind": "gradient"}}],
        "horizon": 1e-3,
        "interval": 1e-4,
    }
    for wanted, status in ((climbing, fs.Status.CLIMBED), (resting, fs.Status.RESTED)):
        result = run("run", "-", "--out", tmp_path / "out.arrow", stdin=json.dumps(wanted))
        assert result.exit_code == 1
        assert status.value in result.stdout


WRONG = [
    (["-", "--out", "out.txt"], "{}", ["out.txt", ".parquet, .arrow, .csv"]),
    (["-", "--out", "out"], "{}", ["out: expected a file ending in one of"]),
    (
        ["-", "--out", "nowhere/out.csv"],
        "{}",
        ["nowhere/out.csv: expected a file in a directory that exists, came nowhere"],
    ),
    (["-", "--out", "out.csv"], "{}", ["standard input: problem: expected a value, came nothing"]),
    (["-", "--out", "out.csv"], "nonsense", ["standard input: spec: expected JSON"]),
    (
        ["-", "--out", "out.csv"],
        json.dumps(spec(interval="fast")),
        ["standard input: interval: expected", "came 'fast'"],
    ),
    (["bad.json", "--out", "out.csv"], None, ["bad.json: interval: expected", "came 'fast'"]),
    (["missing.json", "--out", "out.csv"], None, ["missing.json: expected a file, came none of that name"]),
    (["no-such-preset", "--out", "out.csv"], None, ["preset: expected one of riemannian-flow", "came no-such-preset"]),
]


@pytest.mark.parametrize(("arguments", "stdin", "parts"), WRONG)
def test_what_is_wrong_is_one_sentence_and_exit_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], stdin: str | None, parts: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.json").write_text(json.dumps(spec(interval="fast")))
    result = run("run", *arguments, stdin=stdin)
    assert result.exit_code == 2
    assert result.stdout == "" and len(result.stderr.splitlines()) == 1
    assert all(part in result.stderr for part in parts), result.stderr


def test_presets_and_schema_are_what_the_server_answers(client: Client) -> None:
    assert json.loads(run("presets", "--json").stdout) == client.http.get("/api/presets").json()
    assert json.loads(run("schema").stdout) == client.http.get("/api/schema").json()


def test_presets_are_listed_one_a_line() -> None:
    assert [line.split()[0] for line in run("presets").stdout.splitlines()] == [preset.name for preset in fs.PRESETS]


def test_check_tells_what_theory_says_of_a_preset() -> None:
    result = run("check", "borderline", "--json")
    rows = json.loads(result.stdout)
    assert result.exit_code == 0 and {row["preset"] for row in rows} == {
        "borderline",
        "borderline, start 1",
        "borderline, start 2",
    }
    assert {row["id"]: row["verdict"] for row in rows}.items() >= {
        "P1": "holds",
        "P5": "holds",
        "P17": "does not apply",
    }.items()
    unknown = run("check", "no-such-preset")
    assert unknown.exit_code == 2 and len(unknown.stderr.splitlines()) == 1 and "came no-such-preset" in unknown.stderr


def test_a_violated_prediction_is_exit_1(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Linearization.damped
    monkeypatch.setattr(Linearization, "damped", lambda at, rho: 1.01 * right(at, rho))
    result = run("check", "borderline")
    assert result.exit_code == 1 and "violated" in result.stdout


def test_the_version_is_told() -> None:
    assert run("--version").stdout == "flowscope, version 0.1.0\n"


def test_a_port_in_use_is_one_sentence_and_exit_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run("serve", "--port", str(taken.getsockname()[1]))
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1 and "expected an address that is free" in result.stderr


def serve(tmp_path: Path) -> "subprocess.Popen[str]":
    program = "from flowscope_server.cli import main; main()"
    command = [sys.executable, "-c", program, "serve", "--port", "0", "--data", str(tmp_path), "--workers", "1"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_serve_says_where_it_is_serves_the_page_and_ends_cleanly(tmp_path: Path) -> None:
    with serve(tmp_path) as process:
        assert process.stdout and process.stderr
        line = process.stdout.readline()
        address = line.removeprefix("Flowscope is at ").split(" ")[0]
        assert line == f"Flowscope is at {address} (Ctrl-C to stop)\n"
        assert httpx.get(f"{address}/api/health").json()["workers"] == {"alive": 1, "wanted": 1}
        assert "text/html" in httpx.get(address).headers["content-type"]
        assert httpx.get(f"{address}/api/typo").status_code == 404
        workers = children(process.pid)
        process.send_signal(signal.SIGINT)
        assert (process.stdout.read(), process.stderr.read()) == ("", "")
    assert process.returncode == 0
    assert len(workers) == 1 and not Path(f"/proc/{workers[0]}").exists()


def test_workers_do_not_outlive_a_server_that_is_killed(tmp_path: Path) -> None:
    with serve(tmp_path) as process:
        assert process.stdout and process.stderr
        process.stdout.readline()
        (worker,) = children(process.pid)
        ended = os.pidfd_open(worker)  # readable once the worker has ended
        process.kill()
        assert select.select([ended], [], [], SECONDS)[0]
        os.close(ended)
