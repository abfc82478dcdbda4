"""The form on the screen: Mantine controls for the nodes of `form.py`, and the callbacks that swap, add, remove and
read.
"""

import copy
import math
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, MATCH, ClientsideFunction, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from . import drop
from .contract import Contract
from .form import Field, Form, Group, Items, Node, read

Text = dict[str, Any]
FIELDS = ({"type": "field", "path": ALL, "form": ALL, "nullable": ALL}, "value")
FLAGS = ({"type": "flag", "path": ALL, "form": ALL, "nullable": ALL}, "checked")
KINDS = ({"type": "kind", "path": ALL}, "value")
TINY = 1e-4


def register(page: Dash, contract: Contract, text: Text) -> None:
    """The form's callbacks: everything a person typed stays until another demonstration is chosen."""
    form = Form(contract.spec)
    drop.register(page)

    @page.callback(
        Output("form", "children"),
        Input("spec", "data"),
        Input("add", "n_clicks"),
        Input("add-optimizer", "n_clicks"),
        Input({"type": "remove", "path": ALL}, "n_clicks"),
        State(*FIELDS),
        State(*FLAGS),
        State(*KINDS),
        prevent_initial_call=True,
    )
    def render(spec: dict[str, Any], added: int, discrete: int, removed: list[int], *controls: Any) -> Any:
        if ctx.triggered_id == "spec":
            return editor(form.build(spec), text)
        source: Any = ctx.triggered_id
        if not (ctx.triggered and ctx.triggered[0]["value"]):  # a button that has just been drawn
            return no_update
        draft = _typed()
        solvers = draft["solvers"]
        if source == "add":
            solvers.append({**copy.deepcopy(solvers[-1]), "name": f"Solver {len(solvers) + 1}"})
        elif source == "add-optimizer":
            solvers.append({"name": f"Optimizer {len(solvers) + 1}", "optimizer": {}})
        elif len(solvers) > 1:
            del solvers[int(source["path"].rpartition(".")[2])]
        return editor(form.build(draft), text)

    @page.callback(
        Output({"type": "fields", "path": MATCH}, "children"),
        Input({"type": "kind", "path": MATCH}, "value"),
        State(*FIELDS),
        State(*FLAGS),
        prevent_initial_call=True,
    )
    def swap(kind: str, *controls: Any) -> list[Component]:
        value: Any = _typed()
        own: Any = ctx.triggered_id
        for part in own["path"].split("."):
            value = value[int(part)] if isinstance(value, list) else value.get(part, {})
        group = form.node(own["path"], {**value, "kind": kind})
        return _nodes(group.nodes, text) if isinstance(group, Group) else []

    @page.callback(
        Output({"type": "kind", "path": ALL}, "data"),
        Output({"type": "reason", "path": ALL}, "children"),
        Input(*KINDS),
        State({"type": "kind", "path": ALL}, "data"),
        State({"type": "reason", "path": ALL}, "id"),
    )
    def offer(kinds: list[str], data: list[Any], reasons: list[Any]) -> tuple[list[Any], list[str]]:
        chosen = {control["id"]["path"]: control.get("value") for control in ctx.inputs_list[0]}
        network = chosen.get("network") or ""
        offered = [
            available(options, contract, network) if path.endswith(".optimizer") else no_update
            for path, options in zip(chosen, data, strict=True)
        ]
        return offered, [reason(contract, network, text)] * len(reasons)

    @page.callback(
        Output("request", "data"),
        Input("run", "n_clicks"),
        State(*FIELDS),
        State(*FLAGS),
        State(*KINDS),
        prevent_initial_call=True,
    )
    def request(clicks: int, *controls: Any) -> Any:
        return {"spec": _typed(), "clicks": clicks}

    for name, source, prop in (
        ("start", "request", "data"),
        *((each, each, "value") for each in ("speed", "preset", "panels")),
    ):
        sink = Output("sink", "data", allow_duplicate=True)
        page.clientside_callback(
            ClientsideFunction("flowscope", name), sink, Input(source, prop), prevent_initial_call=True
        )


def _typed() -> dict[str, Any]:
    """The spec in the controls of the callback that is running."""
    entries: list[tuple[str, str, bool, Any]] = []
    for control in (item for group in ctx.states_list for item in (group if isinstance(group, list) else [group])):
        own = control["id"]
        if own["type"] == "kind":
            entries.append((f"{own['path']}.kind", "text", False, control.get("value")))
        else:
            entries.append((own["path"], own["form"], own["nullable"], control.get("value")))
    return read(iter(entries))


def available(options: list[dict[str, Any]], contract: Contract, network: str) -> list[dict[str, Any]]:
    """The options of a method, those that a network has nothing for disabled."""
    return [{**option, "disabled": network in contract.refusals.get(option["value"], {})} for option in options]


def reason(contract: Contract, network: str, text: Text) -> str:
    """Why some methods are disabled, in the engine's own words; empty where none is."""
    told = [told_of[network] for told_of in contract.refusals.values() if network in told_of]
    return " ".join(text["controls"]["refused"].format(expected=expected) for expected in told)


def editor(group: Group, text: Text) -> list[Component]:
    """The whole form: one section per part of the spec, the loose fields under the last."""
    parts = [node for node in group.nodes if not isinstance(node, Field)]
    loose = [node for node in group.nodes if isinstance(node, Field)]
    sections = [_section(part.path, _told(part.title, text), _node(part, text)) for part in parts]
    sections.append(_section("run", text["controls"]["run_section"], _nodes(tuple(loose), text)))
    return [
        dmc.Accordion(
            sections, multiple=True, variant="filled", chevronPosition="left", value=["problem"], className="editor"
        )
    ]


def _section(path: str, title: str, children: list[Component]) -> Component:
    return dmc.AccordionItem([dmc.AccordionControl(title), dmc.AccordionPanel(children)], value=path)


def _told(sentence: str, text: Text) -> str:
    """A sentence of the engine in the language of the page."""
    return text["engine"].get(sentence, sentence)


def _nodes(nodes: tuple[Node, ...], text: Text) -> list[Component]:
    return [component for node in nodes for component in _node(node, text)]


def _node(node: Node, text: Text) -> list[Component]:
    if isinstance(node, Field):
        return [_control(node, text)]
    if isinstance(node, Items):
        return [_item(group, text, index) for index, group in enumerate(node.groups)]
    return [html.Div(_family(node, text), className="family" if "." in node.path else None)]


def _item(group: Group, text: Text, index: int) -> Component:
    label = text["controls"]["remove"]
    identity: Any = {"type": "remove", "path": group.path}
    extra: dict[str, Any] = {"aria-label": f"{label} ({index + 1})"}
    remove = html.Button("×", id=identity, className="remove", title=label, **extra)
    return html.Div([remove, *_nodes(group.nodes, text)], className="item")


def _family(group: Group, text: Text) -> list[Component]:
    fields = html.Div(_nodes(group.nodes, text), id={"type": "fields", "path": group.path}, className="fields")
    if len(group.kinds) < 2:
        return [fields]
    words = text["kinds"]
    told = text.get("extensions", {})
    options: Any = [
        {"value": kind, "label": words.get(kind, _told(title, text)) + told.get(kind, "")}
        for kind, title in group.kinds
    ]
    select = dmc.Select(
        id={"type": "kind", "path": group.path},
        label=_told(group.title, text),
        data=options,
        value=group.kind,
        allowDeselect=False,
        size="xs",
        checkIconPosition="right",
        comboboxProps={"width": 240, "position": "bottom-start"},
    )
    if not group.path.endswith(".optimizer"):
        return [select, fields]
    return [select, html.Div(id={"type": "reason", "path": group.path}, className="why"), fields]


def _control(field: Field, text: Text) -> Component:
    identity: Any = {"type": "field", "path": field.path, "form": field.form, "nullable": field.nullable}
    if field.form == "constant":
        return dcc.Input(id=identity, type="hidden", value=field.value)
    common: dict[str, Any] = {"id": identity, "label": _told(field.title, text), "size": "xs"}
    if field.form == "flag":
        common["id"] = {**identity, "type": "flag"}
        control = dmc.Checkbox(checked=bool(field.value), **common)
    elif field.form == "csv":
        control = drop.area(field.path, common, str(field.value), text["controls"]["drop"])
    elif field.form == "choice":
        control = dmc.Select(data=list(field.options), value=field.value, allowDeselect=field.nullable, **common)
    elif field.form in ("number", "integer") and not _tiny(field.value):
        control = _number(field, common)
    else:  # lists as JSON; numbers such as 1e-12, which a NumberInput would spell out
        control = dmc.TextInput(value=str(field.value), **common)
    if not field.about:
        return control
    return html.Div(control, title=_told(field.about, text))


def _number(field: Field, common: dict[str, Any]) -> Component:
    value = field.value if isinstance(field.value, int | float) else None
    step = 1.0 if field.form == "integer" else 10.0 ** (math.floor(math.log10(abs(value))) - 1) if value else 0.1
    return dmc.NumberInput(
        value=field.value,
        min=field.minimum,
        max=field.maximum,
        step=step,
        allowDecimal=field.form == "number",
        decimalScale=12,
        clampBehavior="none",
        **common,
    )


def _tiny(value: Any) -> bool:
    return isinstance(value, float) and 0 < abs(value) < TINY
