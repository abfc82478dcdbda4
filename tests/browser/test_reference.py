"""L* as a run goes on: lowered by a lane that comes below it, or not attained; and what a card advises at the end of a
lane.
"""

import json
from collections.abc import Iterator

import flowscope as fs
import numpy as np
import pyarrow as pa
import pytest
from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect

from .conftest import watched
from .scope import open_page, read, show_end, wait_state


@pytest.fixture(scope="module")
def opened(context: BrowserContext, server: str) -> Iterator[Page]:
    """One page in which the tests choose their demonstrations."""
    with watched(context, server, set()) as page:
        open_page(page, "?preset=escape&speed=16&panels=loss")
        yield page


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


def test_a_run_whose_infimum_is_at_infinity_says_so_and_ranks_no_lane_by_it(opened: Page) -> None:
    show_end(opened, "escape")
    assert read(opened, "meta.infimum.attained") is False
    assert "L* is not attained: the loss still falls on the way to infinity" in read(opened, "notes.loss")
    assert np.isnan(read(opened, "column(0, 'excess_loss')")).all()
    expect(opened.locator(".card .value").first).to_contain_text("L ")
    assert "*" not in opened.locator(".card .value").first.inner_text()


def test_a_lane_that_lost_rank_is_advised_what_its_own_method_can_take(opened: Page) -> None:
    """Two lanes end so, one without a damping and one whose ρ goes to 0: each card tells its own advice, from the
    metadata of the run.
    """
    show_end(opened, "pair-small")
    advice = [each["advice"]["rank_loss"] for each in read(opened, "meta.lanes")]
    endings = opened.locator(".card .ending")
    assert endings.nth(0).inner_text() == ""
    for lane in (1, 2):
        assert endings.nth(lane).inner_text().endswith(advice[lane])
    assert advice[1] != advice[2]
