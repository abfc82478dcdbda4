"""What stands on the page: header, rail, stage, three charts, footer. Everything that moves is drawn into these places by the modules."""

import re
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from .contract import Contract

Text = dict[str, Any]
PANELS = ("loss", "eigenvalues", "rho")
SPEEDS = (("0.25", "¼"), ("0.5", "½"), ("1", "1"), ("2", "2"), ("4", "4"), ("8", "8"), ("16", "16"))
ACTIONS = ("pause", "step", "restart", "link", "theme")
DARK = ("#eef2fb", "#c3ccdf", "#a0abc6", "#6c7896", "#27304a", "#222b44", "#182036", "#121829", "#0d1324", "#0b1020")
THEME: Any = {
    "fontFamily": "'Inter Variable', Inter, system-ui, sans-serif",
    "colors": {"dark": DARK},
    "primaryColor": "blue",
    "defaultRadius": "md",
}


def build(contract: Contract, text: Text) -> Component:
    """The whole page."""
    page = html.Div([_header(contract, text), _rail(text), _stage(text), _charts(text), _footer(text)], id="page", className="page")
    stores = [dcc.Store(id=name) for name in ("spec", "request", "sink")]
    return dmc.MantineProvider([page, *stores], id="mantine", defaultColorScheme="auto", theme=THEME)


def _extra(name: str, value: str) -> dict[str, Any]:
    """An attribute that is no Python name."""
    return {name: value}


def _header(contract: Contract, text: Text) -> Component:
    options: Any = [{"value": preset["name"], "label": preset["title"]} for preset in contract.presets]
    select = dmc.Select(
        id="preset",
        data=options,
        value=contract.presets[0]["name"],
        allowDeselect=False,
        variant="unstyled",
        className="preset",
        checkIconPosition="right",
        comboboxProps={"width": 420, "position": "bottom-start"},
        **_extra("aria-label", text["controls"]["preset"]),
    )
    brand = html.Div([html.Span(className="icon mark"), html.Span("Flowscope", className="name")], className="brand")
    clock = html.Div("t = 0.00", id="clock", className="pill clock", role="timer")
    word = html.Span(text["states"]["connecting"], id="state-word")
    badge = html.Div([html.Span(className="dot"), word], id="state", className="pill", role="status")
    actions = [_action(name, text) for name in ACTIONS]
    return html.Header([brand, select, html.Div(className="gap"), clock, badge, *actions], className="header")


def _action(name: str, text: Text) -> Component:
    label = text["controls"][name]
    button = dmc.ActionIcon(
        html.Span(className=f"icon {name}"), id=name, variant="default", size="34", radius="md", **_extra("aria-label", label)
    )
    return dmc.Tooltip(button, label=label, openDelay=300, withArrow=True)


def _rail(text: Text) -> Component:
    words = text["controls"]
    tabs = dmc.TabsList([dmc.TabsTab(words["watch"], value="watch"), dmc.TabsTab(words["edit"], value="edit")], grow=True)
    watch = dmc.TabsPanel(
        [html.Div(id="cards", className="cards"), html.Div(id="predictions", className="predictions"), _speed(text), _keys(text)],
        value="watch",
        className="watch",
    )
    buttons = html.Div(
        [
            dmc.Button(words["add"], id="add", variant="default", size="xs"),
            dmc.Button(words["add_optimizer"], id="add-optimizer", variant="default", size="xs"),
            dmc.Button(words["run"], id="run", size="xs", className="grow"),
        ],
        className="buttons",
    )
    complaint = html.Div(id="complaint", className="complaint", role="alert")
    edit = dmc.TabsPanel([html.Div(id="form", className="form"), complaint, buttons], value="edit", className="edit")
    return html.Nav([dmc.Tabs([tabs, watch, edit], value="watch", id="rail", keepMounted=True, className="tabs")], className="rail")


def _speed(text: Text) -> Component:
    data: Any = [{"value": value, "label": label} for value, label in SPEEDS]
    control = dmc.SegmentedControl(id="speed", data=data, value="1", size="xs", fullWidth=True)
    heading = html.H2(text["controls"]["speed_title"], id="speed-title")
    return html.Div(
        [heading, dmc.Tooltip(control, label=text["controls"]["speed"], openDelay=300, boxWrapperProps={"w": "100%"})], className="speed"
    )


def _keys(text: Text) -> Component:
    rows = [html.Div([html.Span(what), html.Kbd(key)]) for what, key in text["keys"]]
    return html.Div([html.H2(text["controls"]["keys"]), *rows], className="keys")


def _panel_head(name: str, words: Text, text: Text) -> Component:
    formula = html.Span(_marked(words["formula"]), className="formula", id=f"{name}-formula")
    units = html.Span(_marked(words["units"]), className="units")
    save = html.Button(html.Span(className="icon save"), className="save", title=text["controls"]["save"], **_extra("data-panel", name))
    return html.Div([html.H2(words["title"], id=f"{name}-title"), formula, units, save], className="head")


def _marked(formula: str) -> list[Component | str]:
    """`ρ<sub>t</sub>` as Dash components."""
    tags = {"sub": html.Sub, "sup": html.Sup}
    pieces = re.split(r"(<su[bp]>.*?</su[bp]>)", formula)
    return [tags[piece[1:4]](piece[5:-6]) if piece.startswith("<su") else piece for piece in pieces]


def _stage(text: Text) -> Component:
    caption = html.P(id="caption", className="caption")
    place = html.Div(id="stage", className="place", tabIndex=0, role="img", title="", **_extra("aria-label", text["stage"]["help"]))
    note = html.Div(id="note", className="note", role="status")
    return html.Section([_panel_head("stage", text["stage"], text), caption, place, note], className="panel stage")


def _charts(text: Text) -> Component:
    return html.Div([_chart(name, text["panels"][name], text) for name in PANELS], className="charts")


def _chart(name: str, words: Text, text: Text) -> Component:
    place = html.Div(id=name, className="place", role="img", **_extra("aria-label", words["title"]))
    return html.Section([_panel_head(name, words, text), place], className="panel")


def _footer(text: Text) -> Component:
    return html.Footer(
        [html.Span("", id="footer-rows"), html.Span(text["footer"]["clock"]), html.Span("", id="version")], className="footer"
    )
