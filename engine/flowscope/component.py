"""What every choosable part is made of: a frozen value whose fields are its form, its schema and its validation."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Protocol, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Strict, ValidationError
from pydantic_core import PydanticCustomError

Real = Annotated[float, Strict()]
Count = Annotated[int, Strict()]
Flag = Annotated[bool, Strict()]
UNION = "|"
"""Begins the tag of a union that has no `kind`; no field's name does, so error paths leave it out."""


def _unwrapped(schema: dict[str, Any]) -> None:
    """Makes the lines of a docstring the paragraphs that they are: the page breaks lines itself."""
    if text := schema.get("description"):
        schema["description"] = "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


Objection = tuple[str, str, object]
"""What a part finds wrong in a spec: the path, what is expected and what came. The path begins at the part, or at the
spec where its first character is /.
"""


class Experiment(Protocol):
    """What a part may read of the spec that it is in. The families of the parts are not known here."""

    @property
    def problem(self) -> Any: ...
    @property
    def network(self) -> Any: ...
    @property
    def solvers(self) -> tuple[Any, ...]: ...
    @property
    def seeds(self) -> tuple[int, ...]: ...
    @property
    def horizon(self) -> float: ...
    @property
    def frames(self) -> int: ...
    @property
    def outputs(self) -> int:
        """N = n·q."""
        ...


class Component(BaseModel):
    """A frozen value; unknown fields, non-finite numbers and wrong types are refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        ser_json_inf_nan="constants",
        json_schema_extra=_unwrapped,
    )

    def check(self, spec: Experiment) -> Iterator[Objection]:
        """What this part objects to in a spec whose fields are each valid.

        The first objection is told and no further one is asked for, so each may take for granted what was looked at
        before it.
        """
        yield from ()

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """Itself: a value needs no copy."""
        return self


def within(name: str, objections: Iterable[Objection]) -> Iterator[Objection]:
    """The objections of a part that is the field `name`."""
    for path, expected, came in objections:
        yield path if path.startswith("/") else f"{name}.{path}".removesuffix("."), expected, came


class SpecError(ValueError):
    """A wrong spec, as one sentence: the path, what was expected, what came."""

    def __init__(self, path: str, expected: str, came: str) -> None:
        self.path, self.expected, self.came = path or "spec", expected, came
        super().__init__(f"{self.path}: expected {expected}, came {came}")


Model = TypeVar("Model", bound=BaseModel)


def parse(model: type[Model], text: str | bytes) -> Model:
    """JSON text as a `model`. Raises SpecError for the first thing that is wrong with it."""
    try:
        value = json.loads(text)
    except ValueError as error:  # JSONDecodeError and UnicodeDecodeError
        raise SpecError("spec", "JSON", f"text that is not JSON ({error})") from None
    except RecursionError:
        raise SpecError("spec", "JSON", "text nested too deeply") from None
    return parse_value(model, value)


def parse_value(model: type[Model], value: object) -> Model:
    """A decoded JSON value as a `model`; raises as `parse`."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise _sentence(error, value) from None


def wrong(path: str, expected: str, came: object) -> PydanticCustomError:
    """The error a validator raises for a value at `path` (relative to the model being validated)."""
    return PydanticCustomError(
        "wrong", "expected {expected}", {"path": path, "expected": expected, "came": shown(came)}
    )


def shown(value: object) -> str:
    """`value` as a short quotation."""
    text = value if isinstance(value, str) and not value.startswith(("'", '"')) and " " in value else repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _sentence(error: ValidationError, value: object) -> SpecError:
    first = error.errors(include_url=False)[0]
    context: Mapping[str, Any] = first.get("ctx", {})
    path = _path(first["loc"], value)
    if first["type"] == "wrong":
        return SpecError(
            ".".join(part for part in (path, context["path"]) if part), context["expected"], context["came"]
        )
    if first["type"] == "extra_forbidden":
        return SpecError(path, "no such field", shown(first["input"]))
    if first["type"] == "missing":
        return SpecError(path, "a value", "nothing")
    if first["type"] == "union_tag_invalid":
        return SpecError(f"{path}.kind", f"one of {context['expected_tags']}", str(context["tag"]))
    if first["type"] == "union_tag_not_found":
        return SpecError(f"{path}.kind", "the name of a kind", "nothing")
    if first["type"] in ("model_attributes_type", "model_type", "dict_type"):
        return SpecError(path, "an object", shown(first["input"]))
    return SpecError(
        path, first["msg"].removeprefix("Input should be ").removeprefix("Value should "), shown(first["input"])
    )


def _path(location: tuple[int | str, ...], value: object) -> str:
    """`location` without the union tags that pydantic puts into it."""
    parts: list[str] = []
    for part in location:
        if str(part).startswith(UNION) or (
            isinstance(value, Mapping) and part not in value and part == value.get("kind")
        ):
            continue
        parts.append(str(part))
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
    return ".".join(parts)
