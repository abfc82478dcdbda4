"""The real page in a real Chromium before the real server: one server and one browser for the whole folder."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from .coverage import counted
from .scope import open_page, rest, spare

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-unsafe-swiftshader",
    "--process-per-site",  # all pages of a profile are of one process
]
CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
DRIVER = "GL Driver Message"  # software WebGL talks about its own speed
PATIENCE = 30_000  # ms


def chromium() -> str | None:
    """A Chromium to drive: the one that is named, else Debian's or any on the path, those without windows first."""
    named = os.environ.get("FLOWSCOPE_CHROMIUM")
    return named or next(filter(None, map(shutil.which, CHROMIUMS)), None)


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `flowscope serve` on a free port."""
    data: Path = tmp_path_factory.mktemp("recordings")
    options = ["--port", "0", "--workers", "1", "--data", str(data)]
    command = [sys.executable, "-c", "from flowscope_server.cli import main; main()", "serve", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout
            line = process.stdout.readline()
            found = re.search(r"http://\S+", line)
            assert found, f"the server said {line!r}"
            yield found[0]
        finally:
            process.terminate()
            process.wait(timeout=20)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    executable = chromium()
    if executable is None:
        pytest.skip("there is no Chromium here: install one or name it in FLOWSCOPE_CHROMIUM")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def context(browser: Browser, server: str) -> Iterator[BrowserContext]:
    """One profile for all pages. A page that stays open keeps the one process of all, so that each script is loaded and
    compiled once.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 720}, base_url=server)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.set_default_timeout(PATIENCE)
    context.new_page().goto("/assets/favicon.svg")
    yield context
    context.close()


@pytest.fixture(scope="module")
def admitted() -> set[str]:
    """Lines of the console that the shared page of a file may write now."""
    return set()


@pytest.fixture
def expected(admitted: set[str]) -> Iterator[set[str]]:
    """Lines of the console that a test provokes, in a page of its own or in the shared one."""
    yield admitted
    admitted.clear()


@pytest.fixture
def page(request: pytest.FixtureRequest, context: BrowserContext, server: str, expected: set[str]) -> Iterator[Page]:
    """A blank page of 1280 × 720 that fails its test on any complaint in the console and on any request to another
    host.

    Drawing in software takes the processors' time. So WebGL draws nothing unless the test is marked `gl`, since few
    tests look at the sheet; and the screen is slow unless it is marked `smooth`, since few look at each frame.
    """
    marks = {name: bool(request.node.get_closest_marker(name)) for name in ("gl", "smooth")}
    with watched(context, server, expected, **marks) as page:
        yield page


@pytest.fixture(scope="module")
def opened(context: BrowserContext, server: str, admitted: set[str]) -> Iterator[Page]:
    """The page as it opens by itself, one for all tests of a file that neither open nor leave one; a file that needs
    another has its own.
    """
    with watched(context, server, admitted) as page:
        open_page(page)
        yield page


@contextmanager
def watched(
    context: BrowserContext, server: str, expected: set[str], *, gl: bool = False, smooth: bool = False
) -> Generator[Page]:
    """The same for as long as the caller needs it: for the tests of a file that look at one page and change nothing."""
    complaints: list[str] = []
    foreign: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and DRIVER not in message.text and message.text not in expected:
            complaints.append(message.text)

    def watch(asked: Request) -> None:
        if not asked.url.startswith((server, "data:", "blob:")):
            foreign.append(asked.url)

    for each in context.pages:  # which wait for a test of theirs
        rest(each)
    page = spare(context.new_page(), gl=gl, smooth=smooth)
    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", watch)
    with counted(page):
        yield page
    page.close()
    assert complaints == []
    assert foreign == []
