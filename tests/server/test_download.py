"""A recording in every format, compared with the engine's own rows."""

import io
import json

import flowscope as fs
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from flowscope_server import download

from .client import Client, spec, timeless, undisturbed


@pytest.fixture
def run(client: Client) -> str:
    run = client.create(spec())
    client.finish(run)
    return run


def fetch(client: Client, run: str, form: str) -> bytes:
    answer = client.http.get(f"/api/runs/{run}/recording", params={"format": form})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == download.MEDIA[form]
    assert answer.headers["content-disposition"] == f'attachment; filename="flowscope-{run}.{form}"'
    return answer.content


def test_parquet_and_arrow_are_the_engine_s_rows_with_the_spec(client: Client, run: str) -> None:
    with pa.ipc.open_stream(fetch(client, run, "arrow")) as reader:
        arrow = reader.read_all()
    parquet = pyarrow.parquet.read_table(io.BytesIO(fetch(client, run, "parquet")))
    for table in (arrow, parquet):
        assert fs.facts(table.schema)["spec"] == spec()
        assert timeless(table).equals(undisturbed(spec()))


def test_csv_has_the_spec_in_its_first_line_and_the_rows_below(client: Client, run: str) -> None:
    data = fetch(client, run, "csv")
    first, _, _ = data.partition(b"\n")
    assert json.loads(first.removeprefix(b"# flowscope: "))["spec"] == spec()
    back = pyarrow.csv.read_csv(io.BytesIO(data), read_options=pyarrow.csv.ReadOptions(skip_rows=1))
    table = undisturbed(spec())
    assert back["excess_loss"].to_pylist() == table["excess_loss"].to_pylist()
    outputs = np.stack([back[f"outputs.{i}"].to_numpy() for i in range(3)], axis=1)
    assert np.array_equal(outputs, np.array(table["outputs"].to_pylist()))


def test_rows_of_many_blocks_come_in_as_many_row_groups(
    client: Client, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "BLOCK_ROWS", 50)
    found = client.house.runs.get(run)
    assert found
    blocks = list(download.converted(found.log, found.log.rows, "parquet"))
    file = pyarrow.parquet.ParquetFile(io.BytesIO(b"".join(blocks)))
    assert file.num_row_groups == len(blocks) - 1 > 5
    assert max(len(block) for block in blocks) < len(b"".join(blocks)) / 3  # no block holds the whole
    assert timeless(file.read()).equals(undisturbed(spec()))


def test_a_run_that_goes_on_is_given_as_far_as_it_is(client: Client) -> None:
    run = client.create(spec(frames=1001))
    with client.watch(run) as viewer:
        viewer.until_rows(30)
    rows = pyarrow.parquet.read_table(io.BytesIO(fetch(client, run, "parquet")))["row"].to_pylist()
    assert rows == list(range(len(rows))) and len(rows) >= 30


def test_an_unknown_format_is_refused_with_one_sentence(client: Client, run: str) -> None:
    answer = client.http.get(f"/api/runs/{run}/recording", params={"format": "xlsx"})
    assert answer.status_code == 422
    assert answer.json()["detail"] == "format: expected one of arrow, parquet, csv, came xlsx"
