"""Columns come with a recording's schema: one with a column less or more opens, and what it has is there."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest
from flowscope_ui.language import LANGUAGES, read_words
from flowscope_ui.layout import PANELS
from playwright.sync_api import BrowserContext, Page, WebSocketRoute

from .conftest import watched
from .scope import arrange, open_page, read, vary, wait_state


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


@pytest.fixture(scope="module")
def missing_now() -> set[str]:
    """What the streams of `opened` leave out from now on."""
    return set()


@pytest.fixture(scope="module")
def opened(context: BrowserContext, server: str, missing_now: set[str]) -> Iterator[Page]:
    """The page whose runs, of 300 frames, come without `missing_now`."""

    def pass_on(socket: WebSocketRoute) -> None:
        server, stream = socket.connect_to_server(), Otherwise(tuple(missing_now))
        server.on_message(lambda message: socket.send(stream.take(message)))

    with watched(context, server, set()) as page:
        page.route_web_socket("**/stream*", pass_on)
        open_page(page, "?speed=16&panels=loss.eigenvalues.rho.rank.ledger.residual")
        vary(page, horizon=300 * read(page, "meta.spec.interval"))
        yield page


@pytest.mark.parametrize("missing", [(), ("rho",), ("gain", "rejected", "stride"), ("sigma_min", "rank", "outside")])
def test_a_recording_with_other_columns_opens_with_what_it_has(
    opened: Page, missing_now: set[str], missing: tuple[str, ...]
) -> None:
    page = opened
    missing_now.clear()
    missing_now.update(missing)
    arrange(page, "loss", "eigenvalues", "rho", "rank", "ledger", "residual")
    vary(page)
    wait_state(page, "ended")
    page.wait_for_function("() => flowscope.still")
    assert read(page, "column(0, 'loss').length") == read(page, "column(0, 'surprise').length") > 100
    assert read(page, "column(0, 'surprise')[3]") % 1 == 0.5
    assert read(page, "column(0, 'pair').slice(0, 4)") == [1.0, 2.0, 1.0, 2.0]
    for name in missing:
        assert np.isnan(read(page, f"column(0, '{name}')")).all()
    assert all(count > 0 for count in (lane["points"] for lane in read(page, "drawn.loss")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_panel_whose_columns_were_not_recorded_says_so_and_draws_nothing(page: Page, language: str) -> None:
    def pass_on(socket: WebSocketRoute) -> None:
        server, stream = socket.connect_to_server(), Otherwise(("sigma_min", "rho"))
        server.on_message(lambda message: socket.send(stream.take(message)))

    page.route_web_socket("**/stream*", pass_on)
    open_page(page, f"?preset=saddle&lang={language}&speed=16&panels=loss.rho.rank.budget")
    wait_state(page, "ended")
    page.wait_for_function("() => flowscope.still")
    said = "id => getComputedStyle(document.getElementById(id), '::before').content"
    sentence = read_words(language)["notes"]["unrecorded"]
    for panel, column in (("rank", "sigma_min"), ("rho", "rho")):
        assert sentence.format(columns=column) in page.evaluate(said, panel)
        assert page.locator(f"#{panel}-summary").text_content() == sentence.format(columns=column)
        assert not page.locator(f"#{panel} canvas").is_visible()
    assert set(read(page, "drawn")) == {"stage", "loss", "budget"}
    assert read_words(language)["panels"]["budget"]["none"] in page.evaluate(said, "budget")  # it knows why
    assert all(lane["points"] > 0 for lane in read(page, "drawn.loss"))


def test_what_every_run_records_is_enough_for_every_panel(opened: Page, missing_now: set[str]) -> None:
    page = opened
    missing_now.clear()
    arrange(page, *PANELS)
    vary(page)
    assert read(page, "drawn").keys() == {"stage", *PANELS}
    assert page.locator(".place[data-missing]:not([data-missing=''])").count() == 0
