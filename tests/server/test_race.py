"""Races over HTTP: the lines that come, what is refused, and that going away cancels the grid."""

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import flowscope as fs
import pytest

from .client import Client

BEST = fs.preset("best-step").spec.model_dump(mode="json")
LONG = {**BEST["protocol"], "goal": 1e-200, "steps": 10_000}


def test_a_race_tells_how_far_it_is_and_ends_with_the_spec(client: Client) -> None:
    other = fs.race(fs.parse_spec(BEST), fs.SameStep(eta=0.1, scale="half")).model_dump(mode="json")
    with client.http.stream("POST", "/api/races", json={"spec": other, "protocol": BEST["protocol"]}) as answer:
        assert answer.status_code == 200
        lines = [json.loads(line) for line in answer.iter_lines()]
    assert [
        line["optimizer"]["eta"] if "optimizer" in line else line["integrator"]["dt"]
        for line in lines[-1]["spec"]["solvers"][:3]
    ] == [
        pytest.approx(3 * 0.49),
        0.65,
        0.25,
    ]
    done = [line["done"] / line["total"] for line in lines[:-1]]
    assert done == sorted(done) and len(done) >= 3
    assert fs.parse_spec(lines[-1]["spec"]).protocol == fs.parse_protocol(BEST["protocol"])


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"spec": BEST, "protocol": {"kind": "best_step", "grid": [1.0]}}, "protocol.grid"),
        ({"spec": {**BEST, "horizon": -1.0}, "protocol": BEST["protocol"]}, "horizon"),
        ({"spec": BEST}, "race"),
        ([], "race"),
    ],
)
def test_what_is_no_race_is_refused_in_a_sentence(client: Client, body: Any, path: str) -> None:
    answer = client.http.post("/api/races", json=body)
    assert (answer.status_code, answer.json()["path"]) == (422, path)


def grids() -> list[str]:
    """The processes of this one that try grids."""
    mine = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == os.getpid() and b"flowscope_server.grid" in (process / "cmdline").read_bytes():
                mine.append(process.name)
    return mine


def test_going_away_cancels_the_grid(client: Client) -> None:
    with client.http.stream("POST", "/api/races", json={"spec": BEST, "protocol": LONG}) as answer:
        lines = answer.iter_lines()
        next(lines)
        assert len(grids()) == 1
    client.until(lambda: not grids())
