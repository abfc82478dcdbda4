"""L* as a run goes on: lowered by a lane that comes below it, or not attained; and what a card advises at the end of a
lane.
"""

import json
from typing import Any

import flowscope as fs
import numpy as np
import pyarrow as pa
import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from .scope import open_page, read, wait_state

STORE = """async ({best, lanes, batches}) => {
  const [{ Store }, { SCALARS }] = await Promise.all([import('/assets/stream/store.mjs'),
    import('/assets/stream/columns.mjs')]);
  const told = Array.from({length: lanes}, (_, lane) => ({lane, solver: lane, name: '', seed: 0}));
  const store = new Store({best: {loss: best}, lanes: told});
  for (const rows of batches) {
    const column = name => Float64Array.from(rows, row => row[name] ?? NaN); // JSON has no NaN
    const scalars = Object.fromEntries(['lane', 'reference', ...SCALARS].map(name => [name, column(name)]));
    store.append({count: rows.length, status: () => 'running', scalars, lists: {}});
  }
  const plain = values => Array.from(values, each => Number.isNaN(each) ? null : each);
  const excess = store.lanes.map(lane => plain(lane.columns.excess_loss.view()));
  return {lowered: store.lowered ?? null, reference: store.reference, excess};
}"""


def rows_of(loss: np.ndarray, best: float) -> list[dict[str, Any]]:
    """Rows as the engine tells them, (frames, lanes) of losses: a frame with a loss below L* lowers it, and is null in
    that row.
    """
    rows = []
    for frame, losses in enumerate(loss):
        lowest = int(np.argmin(losses))
        own = losses[lowest] < best
        best = min(best, float(losses[lowest]))
        for lane, value in enumerate(losses):
            excess = None if own and lane == lowest else float(value) - best
            at = {"row": len(rows), "frame": frame, "lane": lane, "time": 0.1 * frame}
            rows.append({**at, "loss": float(value), "excess_loss": excess, "reference": best})
    return rows


@pytest.mark.parametrize("seed", range(6))
def test_every_row_is_measured_over_the_lowest_reference_and_the_row_that_is_it_is_null(
    page: Page, server: str, seed: int
) -> None:
    """Drawn losses that come below L* several times, in batches of any size: a row that was L* and is so no longer is
    measured again.
    """
    draw = np.random.default_rng(seed)
    loss = np.exp(-0.2 * np.arange(30))[:, None] * draw.uniform(0.2, 2.0, (30, 3))
    rows = rows_of(loss, best=float(np.median(loss)))
    cuts = sorted(draw.integers(0, len(rows), 4).tolist())
    page.goto("/api/health")
    batches = [rows[a:b] for a, b in zip([0, *cuts], [*cuts, len(rows)], strict=True)]
    found = page.evaluate(STORE, {"best": float(np.median(loss)), "lanes": 3, "batches": batches})
    least = float(loss.min())
    assert found["reference"] == least
    assert found["lowered"] == pytest.approx(0.1 * int(np.flatnonzero(loss.min(axis=1) < np.median(loss))[0]))
    for lane, excess in enumerate(found["excess"]):
        assert excess == [
            None if value == least else pytest.approx(value - least, rel=1e-9) for value in loss[:, lane].tolist()
        ]


def test_nothing_is_measured_anew_where_no_lane_comes_below(page: Page, server: str) -> None:
    loss = np.linspace(2.0, 1.0, 10)[:, None]
    rows = [{**row, "excess_loss": row["excess_loss"] * (1 + 1e-9)} for row in rows_of(loss, best=0.5)]
    page.goto("/api/health")
    found = page.evaluate(STORE, {"best": 0.5, "lanes": 1, "batches": [rows]})
    assert (found["lowered"], found["reference"]) == (None, 0.5)
    assert found["excess"][0] == [row["excess_loss"] for row in rows]


class Lowered:
    """A stream whose L* stands higher than it is from its first row on, until lanes come below it; `times` are those at
    which they do.
    """

    def __init__(self, best: float) -> None:
        self.best, self.schema = best, b""
        self.times: list[float] = []

    def take(self, message: str | bytes) -> str | bytes:
        if isinstance(message, str):
            return message
        if not self.schema:
            self.schema = message
            schema = pa.ipc.open_stream(message).schema
            meta = json.loads((schema.metadata or {})[b"flowscope"])
            meta["best"]["loss"] = self.best
            return schema.with_metadata({b"flowscope": json.dumps(meta).encode()}).serialize().to_pybytes()
        batches = list(pa.ipc.open_stream(self.schema + message))
        return b"".join(self.changed(batch).serialize().to_pybytes() for batch in batches)

    def changed(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        loss, time = batch["loss"].to_numpy(), batch["time"].to_numpy()
        reference, excess = np.empty_like(loss), np.empty_like(loss)
        for row, value in enumerate(loss):
            own = value < self.best
            if own:
                self.best = float(value)
                self.times.append(float(time[row]))
            reference[row], excess[row] = self.best, np.nan if own else value - self.best
        names = batch.schema.names
        for name, values in (("reference", reference), ("excess_loss", excess)):
            batch = batch.set_column(names.index(name), batch.schema.field(name), pa.array(values, from_pandas=True))
        return batch


def test_the_chart_says_when_a_lane_lowered_the_reference(page: Page) -> None:
    """The stream of a run on its way to the page, with an L* that is half as much again as it is."""
    short = fs.preset("pair-well").spec.model_copy(update={"horizon": 0.02})
    stream = Lowered(1.5 * fs.run(short).to_table()["reference"][0].as_py())

    def pass_on(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda message: socket.send(stream.take(message)))

    page.route_web_socket("**/stream*", pass_on)
    open_page(page, "?preset=pair-well&speed=16&panels=loss")
    wait_state(page, "ended")
    page.wait_for_function("() => flowscope.still")
    assert 0.0 < stream.times[0] < stream.times[-1]
    assert read(page, "notes.loss")[0] == f"L* was lowered at t = {stream.times[0]:#.3g}: a lane came below it"
    excess = [read(page, f"column({lane}, 'excess_loss')") for lane in range(3)]
    loss = [read(page, f"column({lane}, 'loss')") for lane in range(3)]
    for lane in range(3):
        measured = [value - stream.best if value > stream.best else np.nan for value in loss[lane]]
        np.testing.assert_allclose(excess[lane], measured, rtol=1e-9)


def test_a_run_whose_infimum_is_at_infinity_says_so_and_ranks_no_lane_by_it(page: Page) -> None:
    open_page(page, "?preset=escape&speed=16&panels=loss")
    wait_state(page, "ended")
    page.wait_for_function("() => flowscope.still")
    assert read(page, "meta.infimum.attained") is False
    assert "L* is not attained: the loss still falls on the way to infinity" in read(page, "notes.loss")
    assert np.isnan(read(page, "column(0, 'excess_loss')")).all()
    expect(page.locator(".card .value").first).to_contain_text("L ")
    assert "*" not in page.locator(".card .value").first.inner_text()


def test_a_lane_that_lost_rank_is_advised_what_its_own_method_can_take(page: Page) -> None:
    """Two lanes end so, one without a damping and one whose ρ goes to 0: each card tells its own advice, from the
    metadata of the run.
    """
    open_page(page, "?preset=pair-small&speed=16&panels=loss")
    wait_state(page, "ended")
    page.wait_for_function("() => flowscope.still")
    advice = [each["advice"]["rank_loss"] for each in read(page, "meta.lanes")]
    endings = page.locator(".card .ending")
    assert endings.nth(0).inner_text() == ""
    for lane in (1, 2):
        assert endings.nth(lane).inner_text().endswith(advice[lane])
    assert advice[1] != advice[2]
