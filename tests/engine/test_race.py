"""Protocols: what they allow, what they print, the grid of a best step, and budgets that end a lane."""

from itertools import product
from typing import Any

import flowscope as fs
import numpy as np
import pytest
from flowscope.analysis.race import tried
from flowscope.preset.comparison import GRID

BEST = fs.preset("best-step").spec
COST = fs.preset("equal-cost").spec


def rows(recording: fs.Recording, lane: int) -> Any:
    table = recording.to_table()
    return table.filter(np.array(table["lane"]) == lane)


@pytest.mark.parametrize("preset", fs.PRESETS, ids=lambda preset: preset.name)
def test_every_recording_carries_its_protocol(preset: fs.Preset) -> None:
    told = preset.spec.protocol.sentence(preset.spec.horizon)
    assert told.endswith(".") and f"t = {preset.spec.horizon:g}" in told
    if preset.name == "best-step":
        assert fs.facts(fs.Run(preset.spec).schema)["protocol"] == told
        assert all(f"{eta:g}" in told for eta in GRID)


def test_the_grid_finds_the_steps_of_the_preset() -> None:
    """From other steps, the best of the printed grid are those that `best-step` races with."""
    told: list[tuple[int, int]] = []
    other = fs.race(BEST, fs.SameStep(eta=0.1, scale="half"))
    assert [path for path in other.solvers if path in BEST.solvers] == [
        BEST.solvers[3]
    ]  # Levenberg–Marquardt has no step size
    assert isinstance(BEST.protocol, fs.BestStep)
    again = fs.race(other, BEST.protocol, progress=lambda done, total: told.append((done, total)))
    assert again == BEST  # the names too, which quote the steps
    assert told == sorted(told) and {total for _, total in told} == {1200}


@pytest.mark.parametrize("eta", [0.2, 5e-5, 1.0])
def test_a_name_that_quotes_a_step_quotes_the_one_that_a_race_gives(eta: float) -> None:
    told = f"{eta:g}".replace("e-0", "e−")
    raced = fs.race(fs.preset("same-step").spec, fs.SameStep(eta=eta, scale="half"))
    names = [f"Gradient descent, η = {told} on ½‖r‖²", f"Gauss–Newton, η = {told}", f"Adam, η = {told}"]
    assert [solver.name for solver in raced.solvers] == names
    layers = fs.race(fs.preset("layerwise").spec, fs.SameStep(eta=eta))
    assert [solver.name for solver in layers.solvers[2:]] == [f"Layerwise, η = {told}"] * 2 + [f"Full, η = {told}"]
    assert [solver.name for solver in layers.solvers[:2]] == [
        solver.name for solver in fs.preset("layerwise").spec.solvers[:2]
    ]


def test_the_grid_counts_the_steps_that_a_recording_shows() -> None:
    """The batched counts at every η, beside a run of that η alone."""
    assert isinstance(BEST.protocol, fs.BestStep)
    protocol = BEST.protocol.model_copy(update={"grid": (0.25, 0.45, 0.55), "goal": 1e-4, "steps": 60})
    for index, (k, eta) in product((0, 1, 2), enumerate(protocol.grid)):
        counts, _ = tried(BEST, index, protocol)
        own = protocol.own(eta, BEST.solvers[index], 3)
        alone = fs.race(
            BEST.model_copy(update={"solvers": BEST.solvers[index : index + 1]}), fs.SameStep(eta=eta, scale="half")
        )
        spec = fs.RunSpec.model_validate({**dict(alone), "horizon": 60 * own, "interval": own})
        frames = rows(fs.run(spec), 0)
        excess = np.array(frames["excess_loss"])
        below = np.flatnonzero(excess <= 1e-4 * excess[0])
        assert counts[k, 0] == (frames["step"][int(below[0])].as_py() if below.size else np.inf)


def test_the_best_of_several_seeds_is_the_best_by_their_median() -> None:
    changes = {"start": {"kind": "random", "scale": 0.5}, "seeds": (1, 2, 3), "protocol": fs.EqualTime()}
    spec = fs.RunSpec.model_validate({**dict(BEST), **changes})
    protocol = fs.BestStep(grid=(0.05, 0.2, 0.4), scale="half", goal=1e-3, steps=200)
    counts, ends = tried(spec, 2, protocol)
    assert counts.shape == ends.shape == (3, 3)
    chosen = fs.race(spec, protocol).solvers[2].model_dump()["optimizer"]["eta"]
    assert chosen == protocol.grid[int(np.argmin(np.median(counts, 1)))]


@pytest.mark.parametrize(
    ("protocol", "path"),
    [
        (fs.SameStep(eta=0.45), "solvers.0.optimizer.eta"),  # 0.49 on ½‖r‖² is another step
        (fs.BestStep(grid=(0.1, 0.2)), "solvers.0.optimizer.eta"),
    ],
)
def test_a_protocol_that_the_steps_do_not_keep_is_refused(protocol: fs.AnyProtocol, path: str) -> None:
    with pytest.raises(fs.SpecError) as refused:
        fs.parse_spec({**BEST.model_dump(mode="json"), "protocol": protocol.model_dump(mode="json")})
    assert refused.value.path == path


@pytest.mark.parametrize(
    "value", [{"kind": "best_step", "grid": [0.2, 0.1]}, {"kind": "equal_cost", "clock": "wall"}, {"kind": "gift"}]
)
def test_what_is_no_protocol_is_refused_by_its_path(value: dict[str, Any]) -> None:
    with pytest.raises(fs.SpecError) as refused:
        fs.parse_protocol(value)
    assert refused.value.path.startswith("protocol.")


@pytest.mark.parametrize(("clock", "budget"), [("steps", 7.0), ("jacobian", 60.0), ("flops", 3000.0)])
def test_at_equal_cost_each_ends_with_the_step_that_reaches_the_budget(clock: str, budget: float) -> None:
    recording = fs.run(fs.race(COST, fs.parse_protocol({"kind": "equal_cost", "clock": clock, "budget": budget})))
    parts = {"steps": ("step",), "flops": ("flops",)}.get(clock, ("jacobian", "jvp", "vjp"))
    ended = [lane for lane in recording.lanes if lane.status is fs.Status.SPENT]
    assert len(ended) >= 3
    for lane in ended:
        frames = rows(recording, lane.lane)
        count = sorted(
            {
                sum(row[part] if part in row else row["evaluations"][part] for part in parts)
                for row in frames.select(["step", "flops", "evaluations"]).to_pylist()
            }
        )
        assert count[-1] >= budget > count[-2]  # a frame is no longer than a step of these methods
        assert lane.status.is_answer
