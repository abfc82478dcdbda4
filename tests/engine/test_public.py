"""What `import flowscope` offers: every part that a spec is composed of, each with a docstring, in one sorted list."""

from collections.abc import Iterator
from typing import Any, get_args

import flowscope as fs
import pytest
from flowscope.component import Component
from pydantic import BaseModel


def parts(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[type[BaseModel]]:
    """A model and the models of its fields, and theirs."""
    if model in seen:
        return
    seen.add(model)
    yield model
    for field in model.model_fields.values():
        for each in leaves(field.annotation):
            if isinstance(each, type) and issubclass(each, BaseModel):
                yield from parts(each, seen)


def leaves(annotation: Any) -> Iterator[Any]:
    """The types that an annotation is made of."""
    inner = get_args(annotation)
    yield annotation
    for each in inner:
        yield from leaves(each)


CONCRETE = [model for model in parts(fs.RunSpec, set()) if "kind" in model.model_fields]


def test_the_list_is_sorted_and_holds_what_it_names() -> None:
    def rank(name: str) -> tuple[int, str]:
        return (0 if name.isupper() else 1 if name[0].isupper() else 2), name

    assert sorted(fs.__all__, key=rank) == fs.__all__
    assert len(set(fs.__all__)) == len(fs.__all__)
    assert all(hasattr(fs, name) for name in fs.__all__)


@pytest.mark.parametrize("part", CONCRETE, ids=lambda part: part.__name__)
def test_every_part_of_a_spec_is_exported_with_a_docstring(part: type[Component]) -> None:
    if part.__name__ != "UndecayedAdamW":  # AdamW as an inner solver, where a decay would pull towards 0
        assert getattr(fs, part.__name__, None) is part
    assert part.__doc__ and part.__doc__ != BaseModel.__doc__


def test_there_are_many_parts() -> None:
    assert len(CONCRETE) > 70


def test_everything_that_can_be_called_has_a_docstring() -> None:
    bare = [name for name in fs.__all__ if callable(getattr(fs, name)) and not getattr(fs, name).__doc__]
    assert bare == []


def test_a_solver_is_its_name_its_method_and_for_a_flow_its_integrator() -> None:
    """Each as the spec that it is in JSON."""
    adam, fine, coarse = (
        fs.Solver("Adam", fs.Adam(eta=0.01)),
        fs.Solver("Gradient flow", fs.Gradient()),
        fs.Solver("Euler", fs.GaussNewton(), fs.Euler(dt=0.5)),
    )
    assert adam == fs.Iteration.model_validate({"name": "Adam", "optimizer": {"kind": "adam", "eta": 0.01}})
    assert fine == fs.Integration(name="Gradient flow", flow=fs.Gradient(), integrator=fs.DormandPrince())
    assert coarse.model_dump(mode="json")["integrator"] == {"kind": "euler", "dt": 0.5}
    optimizer: Any = fs.Adam()
    with pytest.raises(fs.SpecError, match="integrator: expected none, since Adam is a discrete method, came euler"):
        fs.Solver("Adam", optimizer, fs.Euler())
