"""The page and the server as two processes on two ports, as docker-compose runs them."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from playwright.sync_api import BrowserContext, Page

from .scope import points, spare, wait_frame


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


@dataclass(frozen=True)
class Apart:
    """The port that a page is to have, and the address of a server that names a page there and no other."""

    port: int
    server: str


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    serve = "from flowscope_server.cli import main; main()"
    options = ["serve", "--port", "0", "--workers", "1", "--data", str(tmp_path_factory.mktemp("recordings"))]
    with process("-c", serve, *options, FLOWSCOPE_ORIGINS=f"http://127.0.0.1:{port}") as server:
        yield Apart(port, server)


@contextmanager
def looking(context: BrowserContext, server: str, port: int = 0) -> Generator[tuple[Page, str], None, None]:
    """A blank page, and the address of a process that serves the page for a server elsewhere."""
    with process("-m", "flowscope_ui", "--port", str(port), "--api", server) as address:
        page = spare(context.new_page())
        yield page, address
        page.close()


def test_the_page_draws_runs_of_a_server_elsewhere_that_names_it(context: BrowserContext, apart: Apart) -> None:
    with looking(context, apart.server, apart.port) as (page, address):
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        hosts: set[str] = set()
        page.on("request", lambda request: hosts.add("/".join(request.url.split("/")[:3])))
        page.goto(address)
        page.wait_for_function("() => window.flowscope?.ready && flowscope.frame >= 1")
        wait_frame(page, 20)
        assert all(count > 20 for lanes in points(page).values() for count in lanes)
    assert complaints == []
    assert {address, apart.server} == {host for host in hosts if host.startswith("http")}


def test_a_page_that_the_server_does_not_name_is_told_so(context: BrowserContext, apart: Apart) -> None:
    with looking(context, apart.server) as (page, address):
        page.goto(address)
        page.wait_for_function("() => document.getElementById('note')?.textContent.length > 10")
        assert not page.evaluate("() => Boolean(window.flowscope?.ready)")
