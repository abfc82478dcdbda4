"""Components of `dash.html` as HTML text: what no callback changes is part of the document, not of React's tree.

React looks at each of its components whenever any of them changes, so a page of hundreds is slow to build.
"""

from html import escape
from typing import Any

from dash import html
from dash.development.base_component import Component

NAMES = {"className": "class", "tabIndex": "tabindex"}
VOID = ("Br", "Hr", "Img", "Input")


def markup(node: Component | str | list[Any] | None) -> str:
    """The HTML of a component, of a text or of a list of both. Raises TypeError for a component that is no element."""
    if node is None:
        return ""
    if isinstance(node, list):
        return "".join(map(markup, node))
    if isinstance(node, str):
        return escape(node, quote=False)
    told: dict[str, Any] = node.to_plotly_json()
    if not isinstance(node, getattr(html, told["type"], ())):
        raise TypeError(f"{told['type']} is no element of HTML")
    tag, props = told["type"].lower(), dict(told["props"])
    children = props.pop("children", None)
    opened = f"<{tag}{''.join(_attribute(name, value) for name, value in props.items())}>"
    return opened if told["type"] in VOID else f"{opened}{markup(children)}</{tag}>"


def _attribute(name: str, value: Any) -> str:
    """` class="brand"`; nothing for what is not set."""
    if value is None or value is False:
        return ""
    return f' {NAMES.get(name, name)}="{"" if value is True else escape(str(value))}"'
