"""What stands on the page: header, rail, stage, a deck of panels, footer. The modules draw into these places what
moves.

Dash builds the places and the controls that it hears (`build`); the document holds what stands in the other places
(`contents`), which the page puts there once they are built.
"""

import re
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from .contract import Contract
from .language import LANGUAGES
from .manifest import read_panels
from .markup import markup

Text = dict[str, Any]
MANIFEST = read_panels()
PANELS = tuple(panel["name"] for panel in MANIFEST)
"""The deck in its order."""
SHOWN = tuple(panel["name"] for panel in MANIFEST if panel.get("shown"))
"""What of it is open unless the address says otherwise."""
SPEEDS = (("0.25", "¼"), ("0.5", "½"), ("1", "1"), ("2", "2"), ("4", "4"), ("8", "8"), ("16", "16"))
FILM_SECONDS = ("5", "10", "20", "40")
ACTIONS = ("restart", "link", "projector", "theme")
PLAY = ("back", "pause", "step", "live")
SAVES = ("png", "svg", "curves")
AFTER = ("from", "to", "loop", "ghosts", "branch")
"""The buttons of the transport bar, before and after its range."""
DARK = ("#eef2fb", "#c3ccdf", "#a0abc6", "#6c7896", "#27304a", "#222b44", "#182036", "#121829", "#0d1324", "#0b1020")
THEME: Any = {
    "fontFamily": "'Inter Variable', Inter, system-ui, sans-serif",
    "colors": {"dark": DARK},
    "primaryColor": "blue",
    "primaryShade": 8,
    "respectReducedMotion": True,
    "defaultRadius": "md",
}


def build(contract: Contract, text: Text, lessons: list[dict[str, Any]]) -> Component:
    """The whole page, in the language of `text`."""
    page = html.Div(
        [
            _header(contract, text, lessons),
            html.Main(
                [
                    html.Section(id="stage-panel", className="panel stage"),
                    html.Div(id="transport", className="transport", role="group", **_label(text["transport"]["title"])),
                    html.Div(id="deck", className="deck"),
                ]
            ),
            _rail(text),
            html.Footer(id="footer", className="footer"),
            html.Div(id="saves", className="saves", role="menu", **_label(text["controls"]["save"])),
        ],
        id="page",
        className="page",
    )
    stores = [dcc.Store(id=name) for name in ("spec", "request", "sink")]
    return dmc.MantineProvider([page, *stores], id="mantine", defaultColorScheme="auto", theme=THEME)


def contents(contract: Contract, text: Text) -> dict[str, str]:
    """What stands in the places that Dash leaves empty: the id of each, and its HTML."""
    places = {
        "actions": [_action(name, text) for name in ACTIONS],
        "stage-panel": _stage(text),
        "transport": _transport(text),
        "deck": [_panel(name, text["panels"][name], text) for name in PANELS],
        "units": _units(contract, text),
        "keys": _keys(text),
        "footer": _footer(text),
        "saves": _saves(text),
    }
    return {place: markup(inside) for place, inside in places.items()}


def _label(label: str) -> dict[str, Any]:
    return _extra(aria_label=label)


def _extra(**attributes: str) -> dict[str, Any]:
    """Attributes with a hyphen where Python has an underscore."""
    return {name.replace("_", "-"): value for name, value in attributes.items()}


def _header(contract: Contract, text: Text, lessons: list[dict[str, Any]]) -> Component:
    groups = {preset["group"]: [] for preset in contract.presets}
    for preset in contract.presets:
        groups[preset["group"]].append({"value": preset["name"], "label": preset["title"]})
    options: Any = [{"group": group, "items": items} for group, items in groups.items()]
    select = dmc.Select(
        id="preset",
        data=options,
        value=None,
        placeholder="",
        allowDeselect=False,
        variant="unstyled",
        className="preset",
        checkIconPosition="right",
        comboboxProps={"width": 420, "position": "bottom-start"},
        **_extra(aria_label=text["controls"]["preset"]),
    )
    brand = html.Div([html.Span(className="icon mark"), html.H1("Flowscope", className="name")], className="brand")
    clock = html.Div("t = 0.00", id="clock", className="pill clock", role="timer")
    word = html.Span(text["states"]["connecting"], id="state-word")
    badge = html.Div([html.Span(className="dot"), word], id="state", className="pill", role="status")
    actions = html.Div(id="actions", className="actions")
    locked = html.Div(id="locked", className="pill locked", role="note", title="")
    menus = [_lessons(lessons, text), html.Div(className="gap"), locked, clock, badge, _panels(text), _exports(text)]
    learnt = html.Div(id="lesson-name", className="lesson-name")  # in place of a title that may tell the answer
    return html.Header([brand, select, learnt, *menus, actions, _languages(text)], className="header")


def _languages(text: Text) -> Component:
    """The choice of a language; `language.mjs` opens the page in it."""
    label = text["controls"]["language"]
    options = [html.Option(name, value=value, lang=value) for value, name in LANGUAGES.items()]
    return html.Select(options, id="language", className="language", title=label, **_extra(aria_label=label))


def _lessons(lessons: list[dict[str, Any]], text: Text) -> Component:
    """The menu of lessons; `classroom.mjs` hears its clicks."""
    button = dmc.Button(text["controls"]["lessons"], id="lessons-menu", variant="default", size="xs")
    items = [
        dmc.MenuItem(f"{number}. {each['title']}", **_extra(data_lesson=each["name"]))
        for number, each in enumerate(lessons, 1)
    ]
    return dmc.Menu(
        [dmc.MenuTarget(button), dmc.MenuDropdown(items)], position="bottom-start", shadow="md", menuItemTabIndex=0
    )


def _panels(text: Text) -> Component:
    """The menu that opens and closes panels of the deck."""
    label = text["controls"]["panels"]
    icon = html.Span(className="icon panels")
    button = dmc.ActionIcon(
        icon, id="panels-menu", variant="default", size="34", radius="md", **_extra(aria_label=label)
    )
    boxes = [dmc.Checkbox(label=text["panels"][name]["title"], value=name, size="xs") for name in PANELS]
    group = dmc.CheckboxGroup(dmc.Stack(boxes, gap=8), id="panels", value=list(SHOWN))
    return dmc.Popover(
        [dmc.PopoverTarget(button), dmc.PopoverDropdown(group)],
        position="bottom-end",
        shadow="md",
        keepMounted=True,
        trapFocus=True,
        returnFocus=True,
    )


def _exports(text: Text) -> Component:
    """The menu of files that leave the page: rows, code, films."""
    words, label = text["exports"], text["controls"]["export"]
    icon = html.Span(className="icon export")
    button = dmc.ActionIcon(
        icon, id="export-menu", variant="default", size="34", radius="md", **_extra(aria_label=label)
    )
    rows = [("data", ("csv", "parquet", "arrow")), ("code", ("script", "notebook")), ("film", ("gif", "mp4"))]
    parts = {
        title: html.Div([html.H2(words[title]), html.Div([_file(kind, words) for kind in kinds], className="files")])
        for title, kinds in rows
    }
    length = dmc.SegmentedControl(
        id="film-seconds", data=[f"{seconds} s" for seconds in FILM_SECONDS], value="10 s", size="xs", fullWidth=True
    )
    progress = html.Div([html.Span(id="film-progress", role="status"), _file("cancel", words)], className="progress")
    film = html.Div([parts.pop("film"), length, progress], id="film", className="film")
    return dmc.Popover(
        [
            dmc.PopoverTarget(button),
            dmc.PopoverDropdown(html.Div([*parts.values(), film], className="exports")),
        ],
        position="bottom-end",
        shadow="md",
        keepMounted=True,
        trapFocus=True,
        returnFocus=True,
        width=286,
    )


def _file(kind: str, words: Text) -> Component:
    return dmc.Button(words[kind], variant="default", size="compact-xs", **_extra(data_export=kind))


def _action(name: str, text: Text) -> Component:
    label = text["controls"][name]
    icon = html.Span(className=f"icon {name}")
    return html.Button(icon, id=name, className="tool", **_label(label))


def _rail(text: Text) -> Component:
    words = text["controls"]
    tabs = dmc.TabsList(
        [dmc.TabsTab(words["watch"], value="watch"), dmc.TabsTab(words["edit"], value="edit", id="edit-tab")], grow=True
    )
    watch = dmc.TabsPanel(
        [
            html.Div(id="caution", className="caution-place", role="note"),
            html.Div(id="cards", className="cards"),
            html.Div(id="slider"),
            html.Div(id="predictions", className="predictions"),
            html.Details(id="shelf", className="shelf"),
            html.Details(id="protocol", className="shelf protocol"),
            html.Div(id="units", className="units-choice"),
            _speed(text),
            html.Div(id="keys", className="keys"),
        ],
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
    files = [
        dmc.Button(words[name], id=name, variant="subtle", size="compact-xs") for name in ("spec-save", "spec-open")
    ]
    file = html.Div(files, className="buttons file")
    complaint = html.Div(id="complaint", className="complaint", role="alert")
    edit = dmc.TabsPanel(
        [html.Div(id="form", className="form"), complaint, buttons, file], value="edit", className="edit"
    )
    whole = dmc.Tabs([tabs, watch, edit], value="watch", id="rail", keepMounted=True, className="tabs")
    return html.Aside([whole], className="rail", **_extra(aria_label=words["rail"]))


def _speed(text: Text) -> Component:
    data: Any = [{"value": value, "label": label} for value, label in SPEEDS]
    control = dmc.SegmentedControl(id="speed", data=data, value="1", size="xs", fullWidth=True)
    heading = html.H2(text["controls"]["speed_title"], id="speed-title")
    return html.Div([heading, html.Div(control)], className="speed")


def _units(contract: Contract, text: Text) -> list[Component]:
    """In which convention the page tells losses and times, and which ε its stopping time is for."""
    words, table = text["controls"], contract.conventions
    clocks = (*table["clocks"], *table["counters"])
    selects = [
        _select("unit-loss", [(item["name"], item["squares"]) for item in table["losses"]], words["loss"]),
        _select(
            "unit-clock",
            [(item["name"], words["clocks"].get(item["name"], item["letter"])) for item in clocks],
            words["clock"],
        ),
        _select("unit-band", list(words["bands"].items()), words["band"]),
        _select("unit-share", [(f"{share:g}", f"ε = {_power(share)}") for share in table["shares"]], words["share"]),
    ]
    return [html.H2(words["units"]), html.Div(selects, className="selects")]


def _select(name: str, options: list[tuple[str, str]], label: str) -> Component:
    """A native choice, which the modules read and set."""
    return html.Select(
        [html.Option(words, value=value) for value, words in options],
        id=name,
        title=label,
        **_extra(aria_label=label),
    )


def _power(share: float) -> str:
    """`1e-04` → `1e−4`."""
    digits, power = f"{share:.0e}".split("e")
    return f"{digits}e{int(power)}".replace("-", "−")


def _keys(text: Text) -> list[Component]:
    rows = [html.Div([html.Span(what), html.Kbd(key)]) for what, key in text["keys"]]
    return [html.H2(text["controls"]["keys"]), *rows]


def _panel_head(name: str, words: Text, text: Text) -> Component:
    known = (
        "" if "${" in words["formula"] else words["formula"]
    )  # one with letters of a unit is told with the first run
    formula = html.Span(_marked(known), className="formula", id=f"{name}-formula")
    units = html.Span(_marked(words["units"]), className="units", id=f"{name}-units")
    layers = [
        html.Button(
            each["title"], title=each["help"], className="toggle", **_extra(data_layer=layer, aria_pressed="false")
        )
        for layer, each in (words.get("layers", {}) if name != "stage" else {}).items()
    ]
    return html.Div(
        [html.H2(words["title"], id=f"{name}-title"), formula, *layers, units, _save(name, text)], className="head"
    )


def _save(name: str, text: Text) -> Component:
    """The button that opens the menu of a panel's files."""
    label = text["controls"]["save"]
    named = _extra(data_panel=name, aria_label=label, aria_haspopup="menu")
    return html.Button(html.Span(className="icon save"), className="save", title=label, **named)


def _saves(text: Text) -> list[Component]:
    """The files of a panel; `saves.mjs` opens the one menu for whichever panel is asked."""
    return [html.Button(text["exports"][kind], role="menuitem", **_extra(data_export=kind)) for kind in SAVES]


def _marked(formula: str) -> list[Component | str]:
    """`ρ<sub>t</sub>` as Dash components."""
    tags = {"sub": html.Sub, "sup": html.Sup}
    pieces = re.split(r"(<su[bp]>.*?</su[bp]>)", formula)
    return [tags[piece[1:4]](piece[5:-6]) if piece.startswith("<su") else piece for piece in pieces]


def _stage(text: Text) -> list[Component]:
    caption = html.P(id="caption", className="caption")
    named: Any = {"aria-label": text["stage"]["help"], "aria-describedby": "stage-summary"}
    place = html.Div(id="stage", className="place", tabIndex=0, role="figure", title="", **named)
    note = html.Div(id="note", className="note", role="status")
    lesson = html.Div(id="lesson", className="lesson", hidden=True)
    head = _panel_head("stage", text["stage"], text)
    return [head, _layers(text["stage"]), caption, lesson, place, _summary("stage"), note]


def _layers(words: Text) -> Component:
    """What the stage shows beside sheet and paths, and from where."""
    layers = [
        html.Button(each["title"], title=each["help"], **_extra(data_layer=name, aria_pressed="false"))
        for name, each in words["layers"].items()
    ]
    faces = [
        html.Button(each["title"], title=each["help"], **{"data-face": name}) for name, each in words["faces"].items()
    ]
    return html.Div([*layers, html.Div(faces, className="faces")], id="layers", className="layers", role="toolbar")


def _panel(name: str, words: Text, text: Text) -> Component:
    named: Any = {"aria-label": words["title"], "aria-describedby": f"{name}-summary"}
    place = html.Div(id=name, className="place", role="figure", **named)
    printed = [html.P(id="protocol-line", className="protocol-line")] if name == "loss" else []
    inside = [_panel_head(name, words, text), *printed, place, _summary(name)]
    return html.Section(inside, id=f"{name}-panel", className="panel", hidden=name not in SHOWN)


def _summary(name: str) -> Component:
    """What a panel shows, in words for readers; `summary.mjs` says it."""
    return html.P(id=f"{name}-summary", className="unseen")


def _transport(text: Text) -> list[Component]:
    """The bar under stage and deck: every frame that was recorded, in reach."""
    play, after = (html.Div([_action(name, text) for name in names], className="buttons") for names in (PLAY, AFTER))
    scrub = html.Div(id="scrub", className="scrub-place")
    bar = html.Div([play, scrub, html.Div(id="scrub-time", className="scrub-time")], className="bar")
    return [bar, after, html.Div(id="terms", className="terms")]


def _footer(text: Text) -> list[Component]:
    return [html.Span(id="footer-rows"), html.Span(text["footer"]["clock"]), html.Span(id="version")]
