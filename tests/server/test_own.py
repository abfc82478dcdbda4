"""`flowscope run --csv`: a person's own data, headless."""

from pathlib import Path

import pyarrow.parquet
import pytest

from .test_cli import run

TABLE = "x1,x2,y\n" + "".join(f"{i},{i * i % 7},{i % 3}\n" for i in range(12))


def test_own_data_run_with_the_network_of_the_preset(tmp_path: Path) -> None:
    (tmp_path / "my.csv").write_text(TABLE)
    result = run("run", "--csv", tmp_path / "my.csv", "--out", tmp_path / "out.parquet")
    assert result.exit_code == 0, result.output
    assert pyarrow.parquet.read_table(tmp_path / "out.parquet").num_rows > 0


def test_classes_and_targets_are_named(tmp_path: Path) -> None:
    (tmp_path / "my.csv").write_text(TABLE)
    result = run(
        "run", "iris", "--csv", tmp_path / "my.csv", "--target", "y", "--labels", "--out", tmp_path / "out.parquet"
    )
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("arguments", "data", "sentence"),
    [
        (
            ["--csv", "my.csv"],
            TABLE.replace("3,2", "3,abc").encode(),
            "my.csv line 5, column \"x2\": expected a finite number, came 'abc'",
        ),
        (
            ["--csv", "my.csv"],
            "x,y\n1,stra\xdfe\n".encode("latin-1"),
            "my.csv line 2: expected text in UTF-8, came 'stra\ufffde'",
        ),
        (["--csv", "my.csv"], b"", "my.csv: expected a line of names and lines of numbers, came an empty text"),
        (["--csv", "my.csv", "--target", "z"], TABLE.encode(), "targets.0: expected one of x1, x2, y, came 'z'"),
        (
            ["riemannian-flow", "--csv", "my.csv"],
            TABLE.encode(),
            "network: expected an mlp, whose widths can follow a table, came 'neuron'",
        ),
        (["--csv", "missing.csv"], b"", "missing.csv: No such file or directory"),
        ([], b"", "spec: expected a preset, a file, - or --csv, came nothing"),
    ],
)
def test_what_is_wrong_with_own_data_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], data: bytes, sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my.csv").write_bytes(data)
    result = run("run", *arguments, "--out", "out.csv")
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"{sentence}\n")
