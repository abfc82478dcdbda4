"""A text area for comma-separated values, and the place beside it where a file can be dropped."""

import base64
import binascii
from typing import Any

import dash_mantine_components as dmc
from dash import MATCH, Dash, Input, Output, dcc, html, no_update
from dash.development.base_component import Component

FILE_BYTES = 10_000_000
"""Larger files are not taken; the server refuses far smaller ones with a sentence."""


def area(path: str, common: dict[str, Any], value: str, invitation: str) -> Component:
    """The controls of one field at `path`."""
    drop: Any = {"type": "drop", "path": path}
    text = dmc.Textarea(value=value, minRows=6, maxRows=14, autosize=True, spellCheck=False, className="csv", **common)
    return html.Div([text, dcc.Upload(invitation, id=drop, max_size=FILE_BYTES, className="drop")])


def register(page: Dash) -> None:
    """Puts what is in a dropped file into its text area. Bytes that are not UTF-8 are marked, so that the server names
    their line.
    """

    @page.callback(
        Output({"type": "field", "path": MATCH, "form": "csv", "nullable": False}, "value"),
        Input({"type": "drop", "path": MATCH}, "contents"),
        prevent_initial_call=True,
    )
    def take(contents: str | None) -> Any:
        return no_update if contents is None else decode(contents)


def decode(contents: str) -> str:
    """The text in a data URL, `data:…;base64,…`."""
    try:
        return base64.b64decode(contents.partition(",")[2]).decode("utf-8", errors="replace")
    except binascii.Error:
        return "\ufffd"
