"""Components of `dash.html` as HTML."""

from html.parser import HTMLParser
from typing import Any

import dash_mantine_components as dmc
import pytest
from dash import html
from flowscope_ui.markup import markup

AMISS = "</button><script>alert('\"&')</script>"
EXTRA: Any = {"data-panel": AMISS, "aria-label": 'a "quoted" <name>'}


class Reader(HTMLParser):
    """What a parser reads of a text: the elements with their attributes, and the words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_a_parser_reads_the_words_and_attributes_that_were_given() -> None:
    text = markup([html.Button(["a < b & ", html.Sub("t")], className="tool", id="x", **EXTRA), "tail"])
    read = Reader(text)
    assert read.elements == [("button", {"class": "tool", "id": "x", **EXTRA}), ("sub", {})]
    assert "".join(read.words) == "a < b & ttail"
    assert markup(html.P(AMISS)).count("<") == 2, "nothing leaves its element"


def test_flags_stand_without_a_value_and_what_is_not_set_not_at_all() -> None:
    assert markup(html.Section(hidden=True, tabIndex=0)) == '<section hidden="" tabindex="0"></section>'
    assert markup(html.Section(hidden=False)) == "<section></section>"
    assert markup(html.Br()) == "<br>"
    assert markup(None) == ""


def test_a_component_that_is_no_element_is_refused() -> None:
    with pytest.raises(TypeError, match="Button is no element of HTML"):
        markup(html.Div(dmc.Button("run")))
