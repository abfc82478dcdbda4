"""The page and the server as two processes on two ports, as docker-compose runs them."""

import os
import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser

from .conftest import PATIENCE
from .scope import points, wait_frame


@contextmanager
def process(*command: str, **environment: str) -> Generator[str, None, None]:
    """A process of ours, and the address that it prints."""
    with subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}
    ) as running:
        try:
            assert running.stdout
            found = re.search(r"http://\S+", running.stdout.readline())
            assert found
            yield found[0]
        finally:
            running.terminate()
            running.wait(timeout=20)


def test_the_page_draws_runs_of_a_server_elsewhere_that_names_it(browser: Browser, tmp_path: Path) -> None:
    serve = [
        "-c",
        "from flowscope_server.cli import main; main()",
        "serve",
        "--port",
        "0",
        "--workers",
        "1",
        "--data",
        str(tmp_path),
    ]
    with process("-m", "flowscope_ui", "--port", "0", "--api", "http://127.0.0.1:1") as elsewhere:
        # a page that is up already tells the origin to admit; it is started again with the server's address
        origin = elsewhere
    port = origin.rsplit(":", 1)[1]
    with (
        process(*serve, FLOWSCOPE_ORIGINS=origin) as server,
        process("-m", "flowscope_ui", "--port", port, "--api", server) as page_address,
    ):
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.set_default_timeout(PATIENCE)
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        hosts: set[str] = set()
        page.on("request", lambda request: hosts.add("/".join(request.url.split("/")[:3])))
        page.goto(page_address)
        page.wait_for_function("() => window.flowscope?.ready && flowscope.frame >= 1")
        wait_frame(page, 20)
        assert all(count > 20 for lanes in points(page).values() for count in lanes)
        page.close()
    assert complaints == []
    assert {page_address, server} == {host for host in hosts if host.startswith("http")}


def test_a_page_that_the_server_does_not_name_is_told_so(browser: Browser, tmp_path: Path) -> None:
    serve = [
        "-c",
        "from flowscope_server.cli import main; main()",
        "serve",
        "--port",
        "0",
        "--workers",
        "1",
        "--data",
        str(tmp_path),
    ]
    with process(*serve) as server, process("-m", "flowscope_ui", "--port", "0", "--api", server) as page_address:
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.set_default_timeout(PATIENCE)
        page.goto(page_address)
        page.wait_for_function("() => document.getElementById('note')?.textContent.length > 10")
        assert not page.evaluate("() => Boolean(window.flowscope?.ready)")
        page.close()
