"""Columns come with a recording's schema: one with a column less or more opens, and what it has is there."""

import numpy as np
import pyarrow as pa
import pytest
from playwright.sync_api import Page, WebSocketRoute

from .scope import open_page, read, wait_state


class Otherwise:
    """A stream without the columns `missing`, and with a number and a list of two that the page does not know."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        self.missing, self.schema = missing, b""

    def take(self, message: str | bytes) -> str | bytes:
        if isinstance(message, str):
            return message
        if not self.schema:
            self.schema = message
            return self.changed(pa.ipc.open_stream(message).schema.empty_table()).schema.serialize().to_pybytes()
        batches = self.changed(pa.Table.from_batches(pa.ipc.open_stream(self.schema + message))).to_batches()
        return b"".join(batch.serialize().to_pybytes() for batch in batches)

    def changed(self, table: pa.Table) -> pa.Table:
        count = table.num_rows
        table = table.drop_columns([name for name in self.missing if name in table.column_names])
        table = table.append_column("surprise", pa.array(np.arange(count) + 0.5, pa.float64()))
        return table.append_column("pair", pa.array([[1.0, 2.0]] * count, pa.list_(pa.float64(), 2)))


@pytest.mark.parametrize("missing", [(), ("rho",), ("gain", "rejected", "stride"), ("sigma_min", "rank", "outside")])
def test_a_recording_with_other_columns_opens_with_what_it_has(page: Page, missing: tuple[str, ...]) -> None:
    def pass_on(socket: WebSocketRoute) -> None:
        server, stream = socket.connect_to_server(), Otherwise(missing)
        server.on_message(lambda message: socket.send(stream.take(message)))

    page.route_web_socket("**/stream*", pass_on)
    open_page(page, "?speed=16&panels=loss.eigenvalues.rho.rank.ledger.residual")
    wait_state(page, "ended")
    page.wait_for_function("() => flowscope.still")
    assert read(page, "column(0, 'loss').length") == read(page, "column(0, 'surprise').length") > 100
    assert read(page, "column(0, 'surprise')[3]") % 1 == 0.5
    assert read(page, "column(0, 'pair').slice(0, 4)") == [1.0, 2.0, 1.0, 2.0]
    for name in missing:
        assert np.isnan(read(page, f"column(0, '{name}')")).all()
    assert all(count > 0 for count in (lane["points"] for lane in read(page, "drawn.loss")))
