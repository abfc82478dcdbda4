"""A run that branches from another: it starts where the parent's lane was, whatever the network, and a chain of them
does too.
"""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from flowscope import Run, RunSpec, SpecError, Tune, parse_spec, preset
from flowscope.network import MLP
from flowscope.run.spec import Branch

from ..cases import column, lane, mlp_spec, stage_spec, table

NAMES = ("gradient", "constant", "smallest_eigenvalue")
STAGE = stage_spec(*NAMES, horizon=4.0)


def branched(parent: RunSpec, solver: int, frame: int, **changes: Any) -> RunSpec:
    start = Branch(parent=parent, solver=solver, seed=parent.seeds[0], frame=frame)
    return RunSpec.model_validate({**parent.model_dump(), "tunes": (), "start": start.model_dump(), **changes})


def outputs(spec: RunSpec, which: int) -> np.ndarray:
    return np.stack(lane(table(spec), which)["outputs"].to_pylist())


@pytest.mark.parametrize("solver", range(3))
@pytest.mark.parametrize("frame", [0, 1, 17, STAGE.frames - 1])
def test_it_starts_where_the_parents_lane_was(solver: int, frame: int) -> None:
    there = outputs(STAGE, solver)[frame]
    np.testing.assert_allclose(outputs(branched(STAGE, solver, frame), 0)[0], there, rtol=0, atol=1e-13)


def test_it_starts_so_where_parameters_are_not_recorded() -> None:
    parent = mlp_spec(*NAMES, horizon=1.0, interval=0.05)
    assert parent.network.parameters > 16
    there = outputs(parent, 1)[9]
    np.testing.assert_allclose(outputs(branched(parent, 1, 9), 2)[0], there, rtol=0, atol=1e-12)


def test_the_same_solver_goes_on_as_its_parent_did() -> None:
    ahead = outputs(STAGE, 1)
    np.testing.assert_allclose(outputs(branched(STAGE, 1, 20), 1)[:40], ahead[20:60], rtol=0, atol=1e-6)  # other steps


def test_a_parent_whose_rho_was_set_by_hand_is_followed_so() -> None:
    tuned = STAGE.tuned(Tune(frame=5, solver=1, rho=0.9))
    there = outputs(tuned, 1)[30]
    assert np.abs(there - outputs(STAGE, 1)[30]).max() > 1e-3
    np.testing.assert_allclose(outputs(branched(tuned, 1, 30), 0)[0], there, rtol=0, atol=1e-13)


def test_a_centred_network_stays_centred_where_it_was() -> None:
    spec = mlp_spec(*NAMES, network=MLP(widths=(1, 8, 8, 1), centre="start"))
    there = outputs(spec, 0)[3]
    assert np.abs(there).max() > 1e-6
    np.testing.assert_allclose(outputs(branched(spec, 0, 3), 0)[0], there, rtol=0, atol=1e-12)


def test_equal_branches_give_equal_bytes() -> None:
    spec = branched(branched(STAGE, 0, 7), 1, 11)
    one, other = (pa.Table.from_batches(list(Run(each))) for each in (spec, parse_spec(spec.model_dump(mode="json"))))
    assert one.equals(other) and one.schema.metadata == other.schema.metadata


def test_a_chain_is_no_longer_than_four() -> None:
    spec = STAGE
    for _ in range(4):
        spec = branched(spec, 0, 1)
    assert column(table(spec), "time")[0] == 0.0
    with pytest.raises(ValueError, match="a chain of at most 4 branches"):
        branched(spec, 0, 1)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"solver": 3}, "start.solver: expected one of the parent's 3 solvers, counted from 0, came 3"),
        ({"seed": 9}, "start.seed: expected one of the parent's seeds (0,), came 9"),
        (
            {"frame": 10_000},
            f"start.frame: expected one of the parent's frames, at most {STAGE.frames - 1}, came 10000",
        ),
    ],
)
def test_what_the_parent_has_not_is_refused(change: dict[str, Any], sentence: str) -> None:
    value = branched(STAGE, 0, 1).model_dump(mode="json")
    value["start"] |= change
    with pytest.raises(SpecError) as error:
        parse_spec(value)
    assert str(error.value) == sentence


def test_another_network_is_refused() -> None:
    value = branched(STAGE, 0, 1).model_dump(mode="json")
    value["network"] = {"kind": "scaled_neuron"}
    with pytest.raises(SpecError, match=r"start\.parent\.network: expected this run's network"):
        parse_spec(value)


def test_what_is_wrong_with_the_parent_is_told_by_its_path() -> None:
    value = branched(STAGE, 0, 1).model_dump(mode="json")
    value["start"]["parent"]["solvers"][0]["flow"]["kind"] = "nothing"
    with pytest.raises(SpecError, match=r"start\.parent\.solvers\.0\.flow\.kind"):
        parse_spec(value)


def test_a_lane_that_ended_before_the_frame_is_no_place_to_branch() -> None:
    parent = preset("saddle").spec.model_copy(update={"seeds": (0,)})
    frames = table(parent)
    ended = [
        index
        for index in range(len(parent.solvers))
        if lane(frames, index)["status"].to_pylist()[-1] not in ("horizon", "running")
    ]
    assert ended
    with pytest.raises(SpecError, match=r"start\.frame: expected a frame that the parent reached before t = "):
        Run(branched(parent, ended[0], parent.frames - 1))
