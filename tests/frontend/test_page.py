"""The page builds from the contract, offline, and mounts on an app that has routes of its own."""

import ast
import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flowscope_ui
import httpx
import pytest
from fastapi import FastAPI
from flowscope_ui.language import FIRST, read_words
from flowscope_ui.page import ASSETS, index, modules

PACKAGE = Path(flowscope_ui.__file__).parent


class Client:
    """GETs from an ASGI app, one at a time."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    def get(self, path: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://page") as client:
                return await client.get(path)

        return asyncio.run(ask())


@pytest.fixture(scope="module")
def client() -> Client:
    app = FastAPI()

    @app.get("/api/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    flowscope_ui.mount(app)
    return Client(app)


def ids(node: Any) -> Iterator[Any]:
    if isinstance(node, list):
        for each in node:
            yield from ids(each)
    elif isinstance(node, dict):
        if "props" in node:
            yield node["props"].get("id")
        for each in node.values():
            yield from ids(each)


def test_the_layout_has_every_place_the_modules_draw_into(client: Client) -> None:
    layout = client.get("/en/_dash-layout").json()
    present = {each for each in ids(layout) if isinstance(each, str)}
    wanted = set()
    for module in modules():
        wanted |= set(re.findall(r'\b(?:place|say|title)\("([a-z-]+)"', (ASSETS / module).read_text(encoding="utf-8")))
    assert len(wanted) > 20
    assert wanted - present == set()


def test_every_icon_button_says_what_it_does(client: Client) -> None:
    def buttons(node: Any) -> Iterator[dict[str, Any]]:
        if isinstance(node, list):
            for each in node:
                yield from buttons(each)
        elif isinstance(node, dict):
            if node.get("type") in ("ActionIcon",):
                yield node["props"]
            for each in node.values():
                yield from buttons(each)

    found = list(buttons(client.get("/en/_dash-layout").json()))
    assert found
    assert all(props.get("aria-label") for props in found)


def test_the_document_names_no_other_host(client: Client) -> None:
    document = client.get("/").text
    assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]*', document) == []
    assert "https://" not in re.sub(r"<!--.*?-->", "", document)


def test_every_module_and_library_is_served(client: Client) -> None:
    document = client.get("/").text
    found = re.search(r'<script type="importmap">(.*?)</script>', document)
    assert found
    addresses = json.loads(found[1])["imports"].values()
    addresses = [*addresses, *re.findall(r'<script[^>]* src="(\./assets/[^"]+)"', document)]
    assert len(addresses) > 20
    for address in addresses:
        answer = client.get(address.removeprefix("."))
        assert answer.status_code == 200, address
        assert "javascript" in answer.headers["content-type"], address


def test_routes_of_the_app_come_first(client: Client) -> None:
    assert client.get("/api/health").json() == {"status": "ok"}


def test_what_a_spec_says_cannot_leave_its_script_tag() -> None:
    assert "</script><b>" not in index(boot={"presets": ["</script><b>"]})


def test_dash_opens_no_websocket(client: Client) -> None:
    found = re.search(r'<script id="_dash-config" type="application/json">(.*?)</script>', client.get("/").text)
    assert found
    assert "websocket" not in json.loads(found[1])


def test_the_page_knows_the_contract_and_nothing_of_engine_and_server() -> None:
    for source in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            assert not _roots(node) & {"torch", "flowscope", "flowscope_server", "pyarrow", "numpy"}, source


def _roots(node: ast.AST) -> set[str]:
    """The packages that a statement imports from."""
    if isinstance(node, ast.Import):
        return {alias.name.split(".")[0] for alias in node.names}
    return {(node.module or "").split(".")[0]} if isinstance(node, ast.ImportFrom) else set()


def test_every_sentence_that_the_page_asks_for_is_there() -> None:
    source = (ASSETS / "page.mjs").read_text(encoding="utf-8")
    for path in re.findall(r"\btext((?:\.[a-z_]+)+)", source):
        at: Any = read_words(FIRST)
        for name in path.strip(".").split("."):
            assert name in at, path
            at = at[name]
