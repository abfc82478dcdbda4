"""Own data on the page: a file is dropped, run, and what is wrong with it is the server's sentence."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, FilePayload, Page, expect

from .conftest import watched
from .scope import open_page, read

GOOD = "x1,x2,y\n" + "".join(f"{i},{i * i % 7},{i % 3}\n" for i in range(9))


REFUSALS = {
    f"Failed to load resource: the server responded with a status of 422 (Unprocessable {word})"
    for word in ("Entity", "Content")
}


@pytest.fixture(scope="module")
def refused(context: BrowserContext, server: str) -> Iterator[Page]:
    """One page for the tables that the server refuses."""
    with watched(context, server, REFUSALS) as page:
        open_page(page, "?preset=own-data")
        yield page


def choose(page: Page, text: bytes) -> None:
    page.locator(".drop input[type=file]").set_input_files(FilePayload(name="my.csv", mimeType="text/csv", buffer=text))


def test_a_dropped_table_runs_with_its_flags(page: Page) -> None:
    open_page(page, "?preset=own-data")
    old = read(page, "session")
    page.get_by_role("tab", name="Edit").click()
    area = page.locator(".csv textarea").first
    expect(area).to_have_value(read(page, "meta.spec.problem.csv"))
    choose(page, GOOD.encode())
    expect(area).to_have_value(GOOD)
    page.get_by_label("Standardise").uncheck()
    page.get_by_role("button", name="Run", exact=True).last.click()
    page.wait_for_function("old => flowscope.session !== old && flowscope.ready", arg=old)
    assert read(page, "meta.spec.problem") | {"csv": "", "loss": ""} == {
        "kind": "table",
        "loss": "",
        "csv": "",
        "targets": [],
        "labels": False,
        "standardise": False,
        "smoothing": 0.1,
    }
    assert read(page, "meta.samples") == 9


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            GOOD.replace("8,1,2", "8,abc,2").encode(),
            "problem.csv line 10, column \"x2\": expected a finite number, came 'abc'",
        ),
        (
            "x1,x2,y\n1,2,stra\xdfe\n".encode("latin-1"),
            "problem.csv line 2: expected text in UTF-8, came 'stra\ufffde'",
        ),
    ],
)
def test_what_is_wrong_with_a_table_is_told_under_the_form(refused: Page, text: bytes, sentence: str) -> None:
    refused.get_by_role("tab", name="Edit").click()
    choose(refused, text)
    expect(refused.locator(".csv textarea").first).to_have_value(text.decode("utf-8", "replace"))
    refused.get_by_role("button", name="Run", exact=True).last.click()
    expect(refused.locator("#complaint")).to_have_text(sentence)
