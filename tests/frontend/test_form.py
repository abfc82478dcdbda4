"""The form is the schema: every preset survives it, every family becomes a choice, every bound reaches its control."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flowscope_ui import read_contract
from flowscope_ui.form import Field, Form, Group, Items, Node, parse, read

CONTRACT = read_contract()
FORM = Form(CONTRACT.spec)
PRESETS = {preset["name"]: preset["spec"] for preset in CONTRACT.presets}
DEFAULT = CONTRACT.presets[0]["spec"]


def entries(node: Node) -> Iterator[tuple[str, str, bool, Any]]:
    """What the page would read from the controls of a node that nobody touched."""
    if isinstance(node, Field):
        yield node.path, node.form, node.nullable, node.value
    elif isinstance(node, Items):
        for group in node.groups:
            yield from entries(group)
    else:
        if len(node.kinds) > 1:
            yield f"{node.path}.kind", "text", False, node.kind
        for inner in node.nodes:
            yield from entries(inner)


def fields(node: Node) -> dict[str, Field]:
    if isinstance(node, Field):
        return {node.path: node}
    inner = node.groups if isinstance(node, Items) else node.nodes
    return {path: field for each in inner for path, field in fields(each).items()}


def groups(node: Node) -> dict[str, Group]:
    if isinstance(node, Field):
        return {}
    inner = node.groups if isinstance(node, Items) else node.nodes
    own = {node.path: node} if isinstance(node, Group) else {}
    return own | {path: group for each in inner for path, group in groups(each).items()}


def typed(spec: dict[str, Any]) -> dict[str, Any]:
    """What a person types of a spec; tunes are made by hand while a run goes on."""
    return {name: value for name, value in spec.items() if name != "tunes"}


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_survives_the_form(name: str) -> None:
    assert read(entries(FORM.build(PRESETS[name]))) == typed(PRESETS[name])


def test_a_family_becomes_a_choice_of_its_kinds() -> None:
    found = groups(FORM.build(DEFAULT))
    for path in ("problem", "network", "solvers.1.flow", "solvers.1.flow.damping", "solvers.0.integrator"):
        kinds = [kind for kind, _ in found[path].kinds]
        assert found[path].kind in kinds
        assert len(kinds) == len(set(kinds)) >= 2, path


def families() -> Iterator[tuple[str, str]]:
    for path, group in groups(FORM.build(DEFAULT)).items():
        for kind, _ in group.kinds:
            yield path, kind


@pytest.mark.parametrize(("path", "kind"), list(families()))
def test_choosing_a_kind_shows_its_own_fields(path: str, kind: str) -> None:
    group = FORM.node(path, {"kind": kind})
    assert isinstance(group, Group)
    assert group.kind == kind
    assert all(name.startswith(f"{path}.") for name in fields(group))


ITERATION = {"name": "Adam", "optimizer": {"kind": "adam", "eta": 0.1, "first": 0.9, "second": 0.99, "epsilon": 1e-8}}


def test_a_solver_with_an_optimizer_is_shown_as_one_and_survives_the_form() -> None:
    """A solver has no kind: which of the two it is shows in its fields."""
    spec = {**DEFAULT, "solvers": [*DEFAULT["solvers"], ITERATION]}
    form = FORM.build(spec)
    assert read(entries(form)) == typed(spec)
    last = f"solvers.{len(DEFAULT['solvers'])}"
    assert {path for path in groups(form) if path.startswith(f"{last}.")} == {f"{last}.optimizer"}
    assert fields(form)[f"{last}.optimizer.eta"].about


def test_choosing_another_optimizer_shows_its_own_fields() -> None:
    group = FORM.node("solvers.0.optimizer", {"kind": "soap"})
    assert isinstance(group, Group)
    assert group.kind == "soap" and len(group.kinds) == 11
    assert "solvers.0.optimizer.frequency" in fields(group)


def test_a_shared_field_keeps_its_value_when_the_kind_changes() -> None:
    group = FORM.node("problem", {**DEFAULT["problem"], "kind": "points"})
    assert json.loads(fields(group)["problem.inputs"].value) == DEFAULT["problem"]["inputs"]
    assert fields(group)["problem.targets"].value == ""


def test_bounds_and_descriptions_reach_the_controls() -> None:
    rho = fields(FORM.build(DEFAULT))["solvers.1.flow.damping.rho"]
    assert (rho.minimum, rho.maximum, rho.form) == (0, 1, "number")
    assert rho.about


def test_every_field_has_a_title() -> None:
    assert all(field.title for field in fields(FORM.build(DEFAULT)).values())


def test_what_is_empty_is_left_out_or_null_where_that_is_allowed() -> None:
    assert read(iter([("a.b", "number", False, ""), ("a.c", "list", True, ""), ("a.d", "integer", False, 3)])) == {
        "a": {"c": None, "d": 3}
    }


@pytest.mark.parametrize(
    ("form", "typed", "value"),
    [
        ("list", "0.35, -0.86", [0.35, -0.86]),
        ("list", "[[1], [2]]", [[1], [2]]),
        ("list", "one, two", "one, two"),
        ("number", "1e-12", 1e-12),
        ("number", "soon", "soon"),
        ("integer", 7, 7),
        ("flag", False, False),
        ("text", "ρ = e^{−t}", "ρ = e^{−t}"),
    ],
)
def test_a_control_is_read_as_its_form_and_kept_as_typed_when_it_cannot_be(
    form: str, typed: object, value: object
) -> None:
    assert parse(form, typed) == value


def test_more_than_ten_solvers_keep_their_order() -> None:
    rows = [(f"solvers.{index}.name", "text", False, str(index)) for index in range(12)]
    assert [solver["name"] for solver in read(iter(rows))["solvers"]] == [str(index) for index in range(12)]
