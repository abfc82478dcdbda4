"""`flowscope.show` in a kernel of its own: the page is there, and its server ends with the kernel."""

import base64
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from urllib.parse import parse_qs, urlsplit

import flowscope as fs
import httpx
import pytest
from flowscope.analysis.show import GROUP

from .client import SECONDS

KERNEL = """
import flowscope as fs
import sys

first = fs.show(fs.PRESETS[0].spec)
second = fs.show(fs.PRESETS[1].spec, height=500)
print(first.url, second.url, first._repr_html_().replace(chr(10), " "), sep="\\n", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def kernel() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", KERNEL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def answers(address: str) -> bool:
    try:
        return httpx.get(address).status_code == 200
    except httpx.HTTPError:
        return False


def test_the_page_answers_and_its_server_ends_with_the_kernel(kernel: subprocess.Popen[str]) -> None:
    assert kernel.stdout
    first, second, frame = (kernel.stdout.readline().strip() for _ in range(3))
    assert urlsplit(first).netloc == urlsplit(second).netloc  # one server for both
    (text,) = parse_qs(urlsplit(first).query)["spec"]
    assert fs.parse_spec(json.loads(base64.urlsafe_b64decode(text + "=="))) == fs.PRESETS[0].spec
    assert frame.startswith(f'<iframe src="{first}"') and "height: 720px" in frame
    assert answers(first)
    kernel.kill()
    deadline = time.monotonic() + SECONDS
    while answers(first):
        assert time.monotonic() < deadline, "the server outlived its kernel"


def test_a_server_that_is_named_is_used() -> None:
    page = fs.show(fs.PRESETS[0].spec, server="http://127.0.0.1:9/")
    assert page.url.startswith("http://127.0.0.1:9/?spec=")


def test_without_a_package_that_shows_pages_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("flowscope.analysis.show"), "entry_points", lambda group: [])
    with pytest.raises(
        RuntimeError, match=f"expected a package that shows pages .entry point group '{GROUP}'., came none"
    ):
        fs.show(fs.PRESETS[0].spec)
