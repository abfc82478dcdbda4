"""The page builds from the contract, offline, and mounts on an app that has routes of its own."""

import ast
import asyncio
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
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


def components(node: Any) -> Iterator[dict[str, Any]]:
    """Every component of a layout, as Dash serves it."""
    if isinstance(node, list):
        for each in node:
            yield from components(each)
    elif isinstance(node, dict):
        if "props" in node:
            yield node
        for each in node.values():
            yield from components(each)


class Elements(HTMLParser):
    """Every element of a document: its tag and its attributes."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_page_has_every_place_the_modules_draw_into(client: Client) -> None:
    built = {each["props"].get("id") for each in components(client.get("/en/_dash-layout").json())}
    elements = Elements(client.get("/en/").text).found
    filled = {attributes["data-place"] for tag, attributes in elements if tag == "template"}
    assert filled <= {each for each in built if isinstance(each, str)}, "Dash leaves a place for each content"
    present = {each for each in built if isinstance(each, str)} | {attributes.get("id") for _, attributes in elements}
    wanted = set()
    for module in modules():
        wanted |= set(re.findall(r'\b(?:place|say|title)\("([a-z-]+)"', (ASSETS / module).read_text(encoding="utf-8")))
    assert len(wanted) > 20
    assert wanted - present == set()


def test_every_icon_button_says_what_it_does(client: Client) -> None:
    layout = components(client.get("/en/_dash-layout").json())
    built = [each["props"] for each in layout if each["type"] == "ActionIcon"]
    tools = [
        has for tag, has in Elements(client.get("/en/").text).found if tag == "button" and has.get("class") == "tool"
    ]
    assert len(built) == 2
    assert len(tools) == 13
    assert all(each.get("aria-label") for each in [*built, *tools])


def test_what_no_callback_changes_is_no_component(client: Client) -> None:
    """React looks at each of its components at every change: 523 of them took most of the time of opening a page."""
    assert len(list(components(client.get("/en/_dash-layout").json()))) < 140


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


def test_a_browser_keeps_a_file_whose_address_names_its_content(client: Client) -> None:
    [address] = re.findall(r'<script type="module" src="\.(/assets/[^"]+)"', client.get("/").text)
    assert client.get(address).headers["cache-control"] == "public, max-age=31536000, immutable"
    path, version = address.split("=")
    for other in (address.split("?")[0], f"{path}={version[::-1]}"):
        assert "cache-control" not in client.get(other).headers


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
