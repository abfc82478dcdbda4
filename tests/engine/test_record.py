"""What lanes that race have in common: hashes of starts and data, asserted before a race."""

from dataclasses import replace

import pytest
import torch
from flowscope import Run, SpecError, facts, parse_spec, preset
from flowscope.comparison.fingerprint import record, same_record
from flowscope.problem import LogCosh
from flowscope.run.spec import RunSpec

SPEC = preset("riemannian-flow").spec


def told(spec: RunSpec) -> dict[str, object]:
    return facts(Run(spec, device="cpu").schema)


def test_all_solvers_of_a_seed_share_start_and_data() -> None:
    both = SPEC.model_copy(update={"solvers": SPEC.solvers[:1]})
    same_record(told(SPEC), told(both))
    assert len(facts(Run(SPEC, device="cpu").schema)["record"]["starts"]) == len(SPEC.seeds)


@pytest.mark.parametrize(("field", "path"), [("start", "start"), ("problem", "problem")])
def test_another_start_or_other_data_are_told_apart(field: str, path: str) -> None:
    value = SPEC.model_dump(mode="json")
    if field == "start":
        value["start"] = {"kind": "point", "parameters": [1.13, 1.4400000001]}
    else:
        value["problem"]["offset"] = value["problem"].get("offset", 0.0) + 1e-12
    with pytest.raises(SpecError) as refused:
        same_record(told(SPEC), told(parse_spec(value)))
    assert refused.value.path == path


def test_the_hash_of_the_data_is_of_inputs_targets_and_loss() -> None:
    """Equal where all three are, whatever the network's start or the solvers; another where one differs."""
    data = SPEC.problem.data(SPEC.network)
    theta = torch.zeros(1, 2, dtype=torch.float64)

    def told(**changes: object) -> str:
        return record(replace(data, **changes), (0,), theta)["data"]

    assert told() == record(data, (0,), theta + 1.0)["data"]
    others = [told(loss=LogCosh()), told(inputs=data.inputs + 1e-12), told(targets=data.targets.flip(0))]
    assert len({told(), *others}) == 4


def test_a_lane_that_starts_elsewhere_is_refused() -> None:
    theta = torch.zeros(4, 2, dtype=torch.float64)
    data = SPEC.problem.data(SPEC.network)
    assert record(data, (0, 1), theta)["starts"].keys() == {"0", "1"}
    theta[3, 1] = 1e-300
    with pytest.raises(AssertionError, match="lane 3"):
        record(data, (0, 1), theta)
