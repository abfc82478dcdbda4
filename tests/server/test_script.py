"""The script and the notebook of a run: they run, and their rows are the run's."""

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flowscope as fs
import matplotlib
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest

from .client import Client, spec, timeless

PICTURED = {"riemannian-flow": ["stage", "excess"], "network": ["fit", "excess"]}
"""Presets with a sheet and without, and the axes that their figures have."""


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Figures are drawn into files and closed."""
    matplotlib.use("Agg")
    yield
    plt.close("all")


def check(names: dict[str, Any], client: Client, run: str, picture: Path) -> None:
    """What a script left behind is the run: its rows, and the curves drawn."""
    recorded = client.recording(run)
    assert timeless(names["table"]).equals(recorded)
    lane = recorded.filter(np.array(recorded["lane"]) == 0)
    curve = names["excess"].get_lines()[0]
    column = "excess_loss" if names["best"] else "loss"
    assert np.array_equal(curve.get_xdata(), lane["time"]) and np.array_equal(curve.get_ydata(), lane[column])
    assert all(
        label.get_parse_math() for label in names["excess"].get_yticklabels()
    )  # powers of ten are formulas, names are not
    assert not any(label.get_parse_math() for label in names["excess"].get_legend().get_texts())
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("preset", PICTURED)
def test_the_script_rebuilds_the_run_and_its_figure(
    client: Client, preset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = client.create(spec(preset=preset))
    client.finish(run)
    answer = client.http.get(f"/api/runs/{run}/script")
    assert answer.headers["content-type"] == "text/x-python; charset=utf-8"
    path = tmp_path / "figure.py"
    path.write_text(answer.text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names = runpy.run_path(str(path))
    check(names, client, run, tmp_path / f"flowscope-{run}.png")
    assert all(name in names for name in PICTURED[preset])
    assert len(names["figure"].axes) == len(PICTURED[preset])


def test_theory_s_curves_are_in_the_figure(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = client.create(spec(preset="segment"))
    client.finish(run)
    (tmp_path / "figure.py").write_text(client.http.get(f"/api/runs/{run}/script").text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names = runpy.run_path(str(tmp_path / "figure.py"))
    told = [curve for curve in client.http.get(f"/api/runs/{run}/predictions").json() if curve["column"] == "loss"]
    dashed = [line for line in names["excess"].get_lines() if line.get_linestyle() == "--"]
    assert told and [line.get_label().split(":")[0] for line in dashed] == [curve["id"] for curve in told]


def test_the_figure_looks_as_the_page_does(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = client.create(spec(frames=5))
    client.finish(run)
    answer = client.http.get(f"/api/runs/{run}/script", params={"looks": "0072b2~_c87f00~9-4_008f68~3-3.2"})
    (tmp_path / "figure.py").write_text(answer.text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names = runpy.run_path(str(tmp_path / "figure.py"))
    for curves in (names["excess"].get_lines(), names["stage"].get_lines()):
        assert [line.get_color() for line in curves[:3]] == ["#0072b2", "#c87f00", "#008f68"]
        assert [line.get_linestyle() for line in curves[:3]] == ["-", "--", "--"]


@pytest.mark.parametrize("looks", ["0072b2~", "0072b2~_c87f00~9-4_x", "0072b2~_c87f00~9-4_008f68~']; import os"])
def test_looks_that_are_none_are_refused(client: Client, looks: str) -> None:
    run = client.create(spec(frames=5))
    client.finish(run)
    for kind in ("script", "notebook"):
        answer = client.http.get(f"/api/runs/{run}/{kind}", params={"looks": looks})
        assert answer.status_code == 422 and answer.json()["path"] == "looks"


def test_the_notebook_is_valid_and_its_cells_rebuild_the_run(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = client.create(spec())
    client.finish(run)
    answer = client.http.get(f"/api/runs/{run}/notebook")
    assert answer.headers["content-disposition"] == f'attachment; filename="flowscope-{run}.ipynb"'
    notebook = nbformat.reads(answer.text, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert notebook.nbformat == 4 and notebook.cells[0].source.startswith(f"# {fs.PRESETS[0].title}")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, cell.id, "exec"), names)
    check(names, client, run, tmp_path / f"flowscope-{run}.png")


def test_no_title_breaks_out_of_the_script(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    title = "it's '''quoted''' \\ and\nbroken $x$ é {spec}"
    run = client.create(spec(title=title, frames=5))
    client.finish(run)
    (tmp_path / "figure.py").write_text(client.http.get(f"/api/runs/{run}/script").text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert runpy.run_path(str(tmp_path / "figure.py"))["spec"].title == title


def test_an_unknown_run_has_neither(client: Client) -> None:
    assert {client.http.get(f"/api/runs/none/{kind}").status_code for kind in ("script", "notebook")} == {404}
