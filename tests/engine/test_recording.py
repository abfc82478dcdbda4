"""Recordings: every ending holds the same numbers."""

import json
from pathlib import Path

import flowscope as fs
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from ..cases import recorded, stage_spec


@pytest.fixture(scope="module")
def recording() -> fs.Recording:
    return fs.run(stage_spec("gradient", "gauss_newton", horizon=2.0))


def test_parquet_and_arrow_hold_the_table(recording: fs.Recording, tmp_path: Path) -> None:
    recording.write(tmp_path / "a.parquet")
    recording.write(tmp_path / "a.arrow")
    with pa.ipc.open_stream(tmp_path / "a.arrow") as reader:
        assert reader.read_all().equals(recording.to_table(), check_metadata=True)
    assert pyarrow.parquet.read_table(tmp_path / "a.parquet").equals(recording.to_table())


def test_csv_spreads_lists_and_structs_over_columns(recording: fs.Recording, tmp_path: Path) -> None:
    recording.write(tmp_path / "a.csv")
    back = pyarrow.csv.read_csv(tmp_path / "a.csv", read_options=pyarrow.csv.ReadOptions(skip_rows=1))
    table = recording.to_table()
    assert {"outputs.0", "outputs.2", "theta.1", "eigenvalues.1", "evaluations.jacobian"} <= set(back.column_names)
    assert np.array_equal(back["outputs.1"].to_numpy(), np.array(table["outputs"].to_pylist())[:, 1])
    assert back["evaluations.f"].to_pylist() == [row["f"] for row in table["evaluations"].to_pylist()]


def test_every_ending_says_what_was_run(recording: fs.Recording, tmp_path: Path) -> None:
    facts = fs.facts(recording.to_table().schema)
    for ending in fs.WRITERS:
        recording.write(tmp_path / f"a{ending}")
    with (tmp_path / "a.csv").open(encoding="utf-8") as file:
        assert json.loads(file.readline().removeprefix("# flowscope: ")) == facts
    assert fs.facts(pyarrow.parquet.read_schema(tmp_path / "a.parquet")) == facts
    with pa.ipc.open_stream(tmp_path / "a.arrow") as reader:
        assert fs.facts(reader.schema) == facts


def test_another_ending_is_refused(recording: fs.Recording, tmp_path: Path) -> None:
    with pytest.raises(fs.SpecError, match=r"a file ending in one of \.parquet, \.arrow, \.csv, came \.xlsx"):
        recording.write(tmp_path / "a.xlsx")


def test_progress_is_told_up_to_the_last_frame() -> None:
    seen: list[tuple[int, int]] = []
    fs.run(stage_spec("gradient", horizon=5.0), progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (101, 101) and seen == sorted(seen)


def test_the_metadata_says_what_was_run(recording: fs.Recording) -> None:
    facts = fs.facts(recording.to_table().schema)
    assert fs.parse_spec(facts["spec"]) == stage_spec("gradient", "gauss_newton", horizon=2.0)
    assert [lane["name"] for lane in facts["lanes"]] == ["gradient", "gauss_newton"]
    assert facts["start"][0]["theta"] == [1.13, 1.44] and facts["samples"] == 3 and facts["parameters"] == 2
    assert np.abs(np.array(facts["best"]["theta"]) - [0.35, -0.86]).max() < 1e-8
    assert set(facts["versions"]) == {"flowscope", "torch", "pyarrow"} and facts["device"] == "cpu"


def test_every_public_name_exists_and_is_documented() -> None:
    for name in fs.__all__:
        assert getattr(fs, name).__doc__ or isinstance(getattr(fs, name), int | tuple | dict), name


UNDAMPED = ("gradient_descent", "heavy_ball", "adam", "adamw", "muon", "soap", "minimizing_movement")


def undamped(spec: fs.RunSpec) -> list[int]:
    """The solvers whose method has no damping."""
    kinds = [getattr(solver.method, "kind", "") for solver in spec.solvers]
    return [index for index, kind in enumerate(kinds) if kind in UNDAMPED]


@pytest.mark.parametrize("preset", fs.PRESETS, ids=lambda preset: preset.name)
def test_presets_run_and_every_lane_ends(preset: fs.Preset) -> None:
    recording = recorded(preset.name)
    frames = recording.to_table()
    assert all(lane.status is not fs.Status.RUNNING for lane in recording.lanes)
    for name in ("loss", "gradient_norm", "sigma_max"):
        assert np.isfinite(frames[name].to_numpy()).all()
    rho, solver = frames["rho"].to_numpy(), frames["solver"].to_numpy()
    for index, each in enumerate(
        preset.spec.solvers
    ):  # null in every row of a method without damping, in none of another
        told = np.isfinite(rho[solver == index])
        assert not told.any() if index in undamped(preset.spec) else told.all(), each.name
    assert preset.spec.title == preset.title
