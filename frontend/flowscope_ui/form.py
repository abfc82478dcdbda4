"""The form of a spec, generated from its JSON schema: what has a schema and is not marked read-only has a control."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]
MISSING = object()


@dataclass(frozen=True)
class Field:
    """One control. `form` is how its text or number is read back: number, integer, text, csv, flag, choice, list or
    constant.
    """

    path: str
    title: str
    about: str
    form: str
    value: Any
    minimum: float | None = None
    maximum: float | None = None
    options: tuple[str, ...] = ()
    nullable: bool = False


@dataclass(frozen=True)
class Group:
    """An object: its fields in the order of the schema. `kinds` are the members of its family (one or none: no
    choice).
    """

    path: str
    title: str
    about: str
    kind: str | None
    kinds: tuple[tuple[str, str], ...]
    nodes: tuple["Node", ...]


@dataclass(frozen=True)
class Items:
    """A list of objects, such as the solvers."""

    path: str
    title: str
    about: str
    groups: tuple[Group, ...]


Node = Field | Group | Items


class Form:
    """Walks one schema document with a value beside it."""

    def __init__(self, document: Schema) -> None:
        self.document = document

    def build(self, value: Any) -> Group:
        """The form of a whole spec."""
        return self._group("", self.document, {}, value)

    def node(self, path: str, value: Any) -> Node:
        """The form of the part at `path` (dotted) whose value is `value`: what a choice of kind swaps in."""
        schema: Schema = self.document
        for part in path.split("."):
            schema = self._step(schema, part)
        return self._node(path, schema, value)

    def _step(self, schema: Schema, part: str) -> Schema:
        for member in self._members(schema):
            if part.isdigit() and "items" in member:
                return member["items"]
            if part in member.get("properties", {}):
                return member["properties"][part]
        raise KeyError(part)

    def _resolve(self, schema: Schema) -> Schema:
        if "$ref" not in schema:
            return schema
        target: Any = self.document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return {**self._resolve(target), **{key: value for key, value in schema.items() if key != "$ref"}}

    def _members(self, schema: Schema) -> list[Schema]:
        """The schemas a value may have, null left out."""
        schema = self._resolve(schema)
        members = schema.get("oneOf") or schema.get("anyOf") or schema.get("allOf")
        if not members:
            return [schema]
        return [member for each in members for member in self._members(each) if member.get("type") != "null"]

    def _nullable(self, schema: Schema) -> bool:
        return any(self._resolve(member).get("type") == "null" for member in self._resolve(schema).get("anyOf", []))

    def _node(self, path: str, schema: Schema, value: Any) -> Node:
        members = self._members(schema)
        if "properties" in members[0]:
            return self._group(path, members[0], schema, value)
        items = members[0].get("items")
        if isinstance(items, dict) and "properties" in self._members(items)[0]:
            values = value if isinstance(value, list) else []
            groups = tuple(
                self._group(f"{path}.{index}", self._members(items)[0], items, item)
                for index, item in enumerate(values)
            )
            return Items(path, _title(path, schema, members[0]), _about(schema, members[0]), groups)
        return self._field(path, schema, members, value)

    def _group(self, path: str, member: Schema, around: Schema, value: Any) -> Group:
        value = value if isinstance(value, dict) else {}
        members = self._members(around) if around else [member]
        kinds = tuple((kind, _words(each.get("title") or kind)) for each in members if (kind := _kind(each)))
        alike = [each for each in members if _kind(each) == value.get("kind")] or members[:1]
        member = max(
            alike, key=lambda each: len(value.keys() & each["properties"].keys())
        )  # a union without kinds goes by its fields
        nodes = tuple(
            self._node(f"{path}.{name}" if path else name, inner, value.get(name, self._default(inner)))
            for name, inner in member["properties"].items()
            if not (name == "kind" and len(kinds) > 1) and not inner.get("readOnly")
        )
        return Group(path, _title(path, around), _about(member, around), _kind(member), kinds, nodes)

    def _default(self, schema: Schema) -> Any:
        return schema["default"] if "default" in schema else self._resolve(schema).get("default", MISSING)

    def _field(self, path: str, schema: Schema, members: list[Schema], value: Any) -> Field:
        member = members[0]
        form, options = _form(member)
        shown = "" if value is MISSING or value is None else value
        if form == "list" and shown != "":
            shown = json.dumps(shown, ensure_ascii=False)
        if form == "constant":
            shown = member["const"]
        low = _bound(member, "minimum", "exclusiveMinimum")
        high = _bound(member, "maximum", "exclusiveMaximum")
        return Field(
            path,
            _title(path, schema, member),
            _about(schema, member),
            form,
            shown,
            low,
            high,
            options,
            self._nullable(schema),
        )


def read(entries: Iterator[tuple[str, str, bool, Any]]) -> dict[str, Any]:
    """A spec from controls (path, form, nullable, what is in it). What is empty is left out, or null where that is
    allowed.

    What cannot be read stays as it was typed: the server's sentence then names its path.
    """
    spec: dict[str, Any] = {}
    for path, form, nullable, typed in entries:
        value = parse(form, typed)
        if value is MISSING and not nullable:
            continue
        _put(spec, path.split("."), None if value is MISSING else value)
    return _lists(spec)


def parse(form: str, typed: Any) -> Any:
    """What a control holds, as a value of its form."""
    if typed is None or (isinstance(typed, str) and not typed.strip()):
        return MISSING
    try:
        if form == "list":
            text = typed.strip()
            return json.loads(text if text.startswith("[") else f"[{text}]")
        if form == "number":
            return float(typed)
        if form == "integer":
            return int(typed)
    except ValueError:
        return typed
    return typed


def _put(into: dict[str, Any], parts: list[str], value: Any) -> None:
    for part in parts[:-1]:
        into = into.setdefault(part, {})
    into[parts[-1]] = value


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _lists(item) for key, item in value.items()}
    if inner and all(key.isdigit() for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner


def _kind(schema: Schema) -> str | None:
    return schema.get("properties", {}).get("kind", {}).get("const")


def _form(member: Schema) -> tuple[str, tuple[str, ...]]:
    if "const" in member:
        return "constant", ()
    if "enum" in member:
        return "choice", tuple(member["enum"])
    if member.get("contentMediaType") == "text/csv":
        return "csv", ()
    return {"number": "number", "integer": "integer", "boolean": "flag", "array": "list"}.get(
        member.get("type", ""), "text"
    ), ()


def _bound(member: Schema, *names: str) -> float | None:
    return next((member[name] for name in names if name in member), None)


def _title(path: str, *schemas: Schema) -> str:
    own = next((schema["title"] for schema in schemas[:1] if "title" in schema), None)
    return own or path.rpartition(".")[2].replace("_", " ").capitalize()


def _about(*schemas: Schema) -> str:
    return next((schema["description"].splitlines()[0] for schema in schemas if schema.get("description")), "")


def _words(name: str) -> str:
    """`SmallestEigenvalue` → `Smallest eigenvalue`."""
    spaced = "".join(
        f" {letter.lower()}" if letter.isupper() and index else letter for index, letter in enumerate(name)
    )
    return spaced.replace("_", " ").capitalize()
