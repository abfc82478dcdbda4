"""Specs: what is refused, and with which sentence."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from flowscope import PRESETS, RunSpec, SpecError, parse_spec, parse_spec_json, spec_schema

GOOD: dict[str, Any] = PRESETS[0].spec.model_dump(mode="json")


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    spec = copy.deepcopy(GOOD)
    change(spec)
    return spec


def put(path: str, value: object) -> Callable[[dict[str, Any]], object]:
    def change(spec: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        inner: Any = spec
        for part in parents:
            inner = inner[int(part) if part.isdigit() else part]
        inner[int(last) if last.isdigit() else last] = value

    return change


WRONG: dict[str, tuple[Callable[[dict[str, Any]], object], str, str, str]] = {
    "an unknown field": (put("colour", "red"), "colour", "no such field", "'red'"),
    "an unknown field within": (put("problem.noise", 0.1), "problem.noise", "no such field", "0.1"),
    "a wrong type": (put("horizon", "long"), "horizon", "a valid number", "'long'"),
    "a number as text": (put("interval", "0.05"), "interval", "a valid number", "'0.05'"),
    "a boolean as a number": (put("horizon", True), "horizon", "a valid number", "True"),
    "NaN in the data": (put("problem.inputs.1.0", float("nan")), "problem.inputs.1.0", "a finite number", "nan"),
    "infinity in the start": (put("start.parameters.0", float("inf")), "start.parameters.0", "a finite number", "inf"),
    "an enormous input": (
        put("problem.inputs.0.0", 1e300),
        "problem.inputs.0.0",
        "less than or equal to 1000000",
        "1e+300",
    ),
    "a ragged input": (put("problem.inputs.2", [1.0, 2.0]), "problem.inputs.2", "1 numbers", "2"),
    "inputs of another width": (
        put("problem.inputs", [[1.0, 2.0]] * 3),
        "problem.inputs.0",
        "1 numbers, the network's input width",
        "2",
    ),
    "no inputs": (put("problem.inputs", []), "problem.inputs", "at least 1 item", "[]"),
    "a start of the wrong length": (put("start.parameters", [1.0]), "start.parameters", "2 numbers", "1"),
    "a teacher of the wrong length": (put("problem.parameters", [1.0]), "problem.parameters", "2 numbers", "1"),
    "an offset without a normal": (
        put("problem.inputs", [[0.1], [0.2]]),
        "problem.offset",
        "0, since the manifold has a unit normal",
        "0.05",
    ),
    "10⁹ steps": (put("horizon", 1e6), "horizon", "at most 20000 frames", "2.5e+07"),
    "10⁹ steps of Euler": (
        put("solvers.0.integrator", {"kind": "euler", "dt": 60.0 / 1e9}),
        "solvers.0.integrator.dt",
        "at most 5000000 steps",
        "1e+09",
    ),
    "no solver": (put("solvers", []), "solvers", "at least 1 item", "[]"),
    "a lane without a flow": (lambda spec: spec["solvers"][1].pop("flow"), "solvers.1.flow", "a value", "nothing"),
    "a flow without a kind": (put("solvers.1.flow", {}), "solvers.1.flow.kind", "the name of a kind", "nothing"),
    "a flow of an unknown kind": (
        put("solvers.1.flow", {"kind": "newton"}),
        "solvers.1.flow.kind",
        "one of 'gradient'",
        "newton",
    ),
    "a flow that is a word": (put("solvers.1.flow", "newton"), "solvers.1.flow", "an object", "'newton'"),
    "a problem that is a number": (put("problem", 1), "problem", "an object", "1"),
    "damping of gradient flow": (
        put("solvers.0.flow.damping", {"kind": "constant"}),
        "solvers.0.flow.damping",
        "no such field",
        "",
    ),
    "damping out of range": (
        put("solvers.1.flow.damping.rho", 1.5),
        "solvers.1.flow.damping.rho",
        "less than or equal to 1",
        "1.5",
    ),
    "an optimizer of an unknown kind": (
        put("solvers.1", {"name": "x", "optimizer": {"kind": "adagrad"}}),
        "solvers.1.optimizer.kind",
        "one of 'gradient_descent'",
        "adagrad",
    ),
    "an optimizer with a flow": (
        put("solvers.1.optimizer", {"kind": "adam"}),
        "solvers.1.flow",
        "no such field",
        "",
    ),
    "an optimizer with a step of nothing": (
        put("solvers.1", {"name": "x", "optimizer": {"kind": "adam", "eta": 0.0}}),
        "solvers.1.optimizer.eta",
        "greater than 0",
        "0",
    ),
    "Muon without a weight matrix": (
        put("solvers.2", {"name": "x", "optimizer": {"kind": "muon"}}),
        "solvers.2.optimizer",
        "a method other than Muon, which acts on weight matrices and this network has none",
        "neuron",
    ),
    "SOAP without a weight matrix": (
        put("solvers.2", {"name": "x", "optimizer": {"kind": "soap"}}),
        "solvers.2.optimizer",
        "a method other than SOAP",
        "neuron",
    ),
    "10⁹ steps of an optimizer": (
        put("solvers.1", {"name": "x", "optimizer": {"kind": "adam", "eta": 6e-8}}),
        "solvers.1.optimizer.eta",
        "at most 5000000 steps",
        "1e+09",
    ),
    "a solver that is a word": (put("solvers.1", "newton"), "solvers.1", "an object", "'newton'"),
    "preconditioners too large": (
        lambda spec: spec.update(
            network={"kind": "mlp", "widths": [1, 4096, 128, 1]},
            problem={"kind": "points", "inputs": [[0.1]], "targets": [[0.0]]},
            start={"kind": "random"},
            solvers=[{"name": "x", "optimizer": {"kind": "soap"}}],
        ),
        "solvers.0.optimizer",
        "preconditioners of at most",
        "",
    ),
    "too many lanes": (put("seeds", list(range(90))), "seeds", "at most 64 items", ""),
    "a negative seed": (put("seeds", [-1]), "seeds.0", "greater than or equal to 0", "-1"),
    "a fraction of an evaluation": (put("evaluations", 10.5), "evaluations", "a valid integer", "10.5"),
    "a problem too large": (
        lambda spec: spec.update(
            network={"kind": "mlp", "widths": [1, 4096, 1]},
            problem={"kind": "points", "inputs": [[0.1]] * 4096, "targets": [[0.0]] * 4096},
            start={"kind": "random"},
        ),
        "problem.inputs",
        "a problem of at most",
        "",
    ),
    "a layer of no width": (
        lambda spec: spec.update(network={"kind": "mlp", "widths": [1, 0, 1]}),
        "network.widths.1",
        "a width between 1 and 4096",
        "0",
    ),
    "targets for other inputs": (
        put("problem", {"kind": "points", "inputs": [[0.1], [0.2], [0.3]], "targets": [[0.0]]}),
        "problem.targets",
        "3 rows",
        "1 rows",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_spec_is_refused_with_one_sentence(case: str) -> None:
    change, path, expected, came = WRONG[case]
    with pytest.raises(SpecError) as caught:
        parse_spec(changed(change))
    error = caught.value
    assert error.path == path
    assert expected in error.expected and came in error.came
    assert str(error) == f"{error.path}: expected {error.expected}, came {error.came}"
    assert "\n" not in str(error) and len(str(error)) < 300


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe", "[" * 100_000, "NaN", "[]", "null", '"spec"', "3"])
def test_what_is_no_spec_at_all_is_refused(text: str | bytes) -> None:
    with pytest.raises(SpecError, match=r"^spec: expected"):
        parse_spec_json(text)


def test_a_number_too_large_for_a_float_is_refused() -> None:
    with pytest.raises(SpecError, match=r"^horizon: expected"):
        parse_spec_json(json.dumps(GOOD).replace('"horizon": 60.0', '"horizon": 1' + "0" * 400))


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_specs_survive_a_round_trip(preset: Any) -> None:
    assert parse_spec_json(preset.spec.model_dump_json()) == preset.spec


def test_a_spec_is_a_frozen_value() -> None:
    assert hash(PRESETS[0].spec) == hash(RunSpec.model_validate(GOOD))


def test_every_field_of_the_schema_that_a_person_sets_is_described() -> None:
    schema = spec_schema()
    silent = {"kind", "title", "name", "flow", "integrator", "problem", "network", "start", "solvers", "interval"}
    for name, definition in schema["$defs"].items():
        for field, content in definition["properties"].items():
            assert field in silent or content.get("description"), f"{name}.{field}"
