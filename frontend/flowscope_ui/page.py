"""Mounts the page on a FastAPI app: Dash for the layout, once in every language, one ES module for what moves."""

import hashlib
import json
import logging
import os
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from dash import Dash
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import Headers, QueryParams
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from .contract import Contract, read_contract
from .editor import register
from .language import FIRST, LANGUAGES, chosen, read_formulas, read_words, translated, translated_lessons
from .layout import MANIFEST, SPEEDS, build, contents
from .lesson import read_lessons

ASSETS = Path(__file__).parent / "assets"
BOOT = ("presets", "statuses", "conventions", "cautions", "extensions")
SCRIPTS = ("vendor/arrow/Arrow.es2015.min.js", "vendor/plotly/plotly-basic.min.js")
LIBRARIES: dict[str, str] = json.loads((Path(__file__).parent / "libraries.json").read_text(encoding="utf-8"))
"""The page's libraries by the names under which modules import them."""

INDEX = """<!DOCTYPE html>
<html lang="@language@">
  <head>
    {%metas%}
    <title>{%title%}</title>
    {%favicon%}
    {%css%}
    <script type="importmap">@imports@</script>
    <script type="application/json" id="boot">@boot@</script>
    @scripts@
    <script type="module" src="@entry@"></script>
  </head>
  <body>
    {%app_entry%}
    @contents@
    <footer>
      {%config%}
      {%scripts%}
      {%renderer%}
    </footer>
  </body>
</html>"""


def mount(app: FastAPI, *, api: str = "", contract: Contract | None = None) -> dict[str, Dash]:
    """Mounts the page on `app`; its scripts talk to `api` (empty: the same origin). Returns the Dash app of each
    language.

    Each has its own layout and callbacks under `/en/`, `/de/`, …; `/` is the one that the address or the browser asks
    for. Mount it last: Dash answers every GET that no earlier route takes.
    """
    contract, lessons = contract or read_contract(), read_lessons()
    app.mount("/assets", Assets(directory=ASSETS))
    pages = {
        language: _page(app, language, api, contract, lessons) for language in reversed(LANGUAGES)
    }  # the last one answers the rest
    app.add_middleware(InLanguage)
    return pages


def _page(app: FastAPI, language: str, api: str, contract: Contract, lessons: list[dict[str, Any]]) -> Dash:
    text = read_words(language)
    contract, lessons = translated(contract, text["engine"]), translated_lessons(lessons, language)
    text["extensions"] = {
        each["kind"]: f" ({text['controls']['refereed' if not each['fault'] else 'unrefereed'].format(**each)})"
        for each in contract.extensions
    }
    server: Any = app  # Dash takes a FastAPI app, its annotation does not say so
    told = {
        "panels": MANIFEST,
        "speeds": [float(value) for value, _ in SPEEDS],
        "lessons": lessons,
        "languages": [*LANGUAGES],
    }
    boot = {
        "api": api.rstrip("/"),
        "text": text,
        "formulas": read_formulas(),
        **told,
        **{name: getattr(contract, name) for name in BOOT},
    }
    page = Dash(
        __name__,
        server=server,
        title="Flowscope",
        update_title="",
        url_base_pathname=f"/{language}/",
        serve_locally=True,
        assets_folder=str(ASSETS),
        assets_ignore=r".*\.m?js$",
        assets_path_ignore=["vendor"],
        index_string=index(boot=boot, contents=contents(contract, text), language=language),
        suppress_callback_exceptions=True,
        on_error=_log_and_raise,
    )
    page.backend.websocket_capability = False  # 4.4.1 opens its websocket even when no callback uses it
    page.layout = build(contract, text, lessons)
    register(page, contract, text)
    return page


class Assets(StaticFiles):
    """A file whose address names its content is kept by the browser for good: no later opening asks for it again."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        if QueryParams(scope["query_string"]).get("v") == _version(Path(full_path), stat_result.st_mtime_ns):
            response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


class InLanguage:
    """Answers `/` with the page in the language of `lang=` in the address, else of the browser."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/":
            asked = QueryParams(scope["query_string"]).get("lang")
            scope = {**scope, "path": f"/{chosen(asked, Headers(scope=scope).get('accept-language', ''))}/"}
        await self.app(scope, receive, send)


def index(*, boot: dict[str, Any], contents: dict[str, str] | None = None, language: str = FIRST) -> str:
    """The document: every module and library under the hash of its content, so that a browser never mixes two
    versions.
    """
    imports = {f"./assets/{path}": _address(path) for path in modules()}
    libraries = {name: _address(path) for name, path in LIBRARIES.items()}
    scripts = "\n    ".join(f'<script defer src="{_address(path)}"></script>' for path in SCRIPTS)
    parts = {
        "@language@": language,
        "@imports@": json.dumps({"imports": imports | libraries}),
        "@boot@": json.dumps(boot, ensure_ascii=False).replace("<", "\\u003c"),
        "@scripts@": scripts,
        "@entry@": _address("page.mjs"),
        "@contents@": "\n    ".join(
            f'<template data-place="{place}">{inside}</template>' for place, inside in (contents or {}).items()
        ),
    }
    document = INDEX
    for mark, value in parts.items():
        document = document.replace(mark, value)
    return document


def modules() -> list[str]:
    """Every module of the page, by its path in `assets`."""
    paths = (path.relative_to(ASSETS) for path in ASSETS.rglob("*.mjs"))
    return sorted(path.as_posix() for path in paths if path.parts[0] != "vendor")


def _address(path: str) -> str:
    file = ASSETS / path
    return f"./assets/{path}?v={_version(file, file.stat().st_mtime_ns)}"


@cache
def _version(file: Path, written: int) -> str:
    """What names the content of a file that was `written` then, in ns; read once, as many browsers ask for it."""
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


def _log_and_raise(error: Exception) -> NoReturn:
    logging.getLogger(__name__).error("a callback of the page failed", exc_info=error)
    raise error
