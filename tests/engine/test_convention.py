"""Conventions: one table of factors, held against ‖r‖² itself, and refuted when a factor is wrong."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from flowscope import (
    DECLARED,
    PRESETS,
    Convention,
    Preset,
    RunSpec,
    SpecError,
    convention,
    conventions,
    overlays,
    preset,
)
from flowscope.convention import CLOCKS, LOSSES
from flowscope.prediction import Frames

from ..cases import recorded

EVERY = [Convention(loss, clock) for loss in LOSSES for clock in CLOCKS]
ROUNDING = 1e-12


def recording(name: str) -> tuple[RunSpec, pa.Table]:
    return preset(name).spec, recorded(name).to_table()


def measured(frames: Frames, column: str, chosen: Convention) -> np.ndarray:
    """A column as the convention means it, without its factors: the loss from ‖r‖², the gradient from Jᵀr."""
    n, outputs = frames.spec.problem.samples, frames.outputs
    divisor = {"sum": 1, "mean": n, "outputs": outputs}[chosen.loss.name]
    if column == "loss":
        return frames["residual_norm"] ** 2 / (2 * divisor)
    if column in ("excess_loss", "gradient_norm"):
        return frames[column] * n / divisor
    return frames[column]


class Declared:
    """What overlays say of a recording as declared, and its lanes: read once for all conventions."""

    def __init__(self, name: str) -> None:
        self.spec, self.table = recording(name)
        self.overlays = overlays(self.table, self.spec)
        self.frames = {
            lane: Frames.of(self.table, self.spec, lane) for lane in {each["lane"] for each in self.overlays}
        }


def parted(declared: Declared, chosen: Convention, meant: Convention) -> float:
    """How far measured/expected under `chosen` is from the same ratio as declared, relative; `meant` says what measured
    means.
    """
    spec = declared.spec
    worst, n = 0.0, spec.problem.samples
    for plain, item in zip(declared.overlays, overlays(declared.table, spec, chosen), strict=True):
        assert (plain["id"], plain["lane"], plain["verdict"]) == (item["id"], item["lane"], item["verdict"])
        if item["form"] == "mark" or item["measured"] is not None:
            continue
        frames = declared.frames[item["lane"]]
        rows = {time: row for row, time in enumerate(frames["time"].tolist())}
        for k, time in enumerate(item["time"]):
            row = rows.get(plain["time"][k])
            before, after = plain["expected"][k], item["expected"][k]
            if row is None or not before or not after or frames["loss"][row] < 1e-30:
                continue
            values = [measured(frames, item["column"], each)[row] for each in (DECLARED, meant)]
            if not values[0]:
                assert not values[1]
                continue
            told = time / (n if meant.clock.name == "s" else 1)
            worst = max(worst, abs((values[1] / after) / (values[0] / before) - 1.0), abs(told - plain["time"][k]))
    return worst


@pytest.mark.parametrize("item", PRESETS, ids=lambda item: item.name)
def test_curves_and_measured_rows_keep_their_ratio_in_every_convention(item: Preset) -> None:
    declared = Declared(item.name)
    assert max(parted(declared, chosen, chosen) for chosen in EVERY) < ROUNDING * (1 + item.spec.horizon)


@pytest.mark.parametrize("part", ["loss", "clock"])
def test_a_wrong_factor_is_seen(part: str) -> None:
    declared = Declared("segment")
    meant = convention("sum", "s")
    assert parted(declared, meant, meant) < ROUNDING * 5
    wrong = replace(meant, **{part: replace(getattr(meant, part), samples=0)})
    assert parted(declared, wrong, meant) > 0.5


def test_chens_law_in_his_own_letters() -> None:
    """C(s) = C₀e^{−2s/N}, N his samples: 6, with two outputs each."""
    spec, table = recording("segment")
    drawn = overlays(table, spec, convention("mean", "s"))
    law = next(each for each in drawn if each["id"] == "P1")
    first = float(Frames.of(table, spec, law["lane"])["residual_norm"][0]) ** 2 / 12
    assert law["formula"] == "C_{0} e^{−2s/n}"
    assert law["expected"] == pytest.approx(first * np.exp(-2 * np.array(law["time"]) / 6), rel=1e-12)
    assert law["time"][-1] == pytest.approx(6 * spec.horizon)
    (mark,) = [each for each in drawn if each["id"] == "P3"]
    assert mark["time"] == pytest.approx([3 * np.log(1e4)], rel=1e-14) and mark["expected"] == pytest.approx(
        [1e-4 * first], rel=1e-12
    )
    assert mark["formula"] == "s_{ε} = (n/2) ln(C_{0}/ε)"


def test_two_outputs_a_sample_tell_the_two_denominators_apart() -> None:
    assert [Convention(loss).factor("loss", 6, 12) for loss in LOSSES] == [1.0, 6.0, 0.5]
    assert [Convention(clock=clock).factor("time", 6, 12) for clock in CLOCKS] == [1.0, 6.0]
    assert convention("sum", "s").factor("rho", 6, 12) == 1.0


def test_an_unknown_name_is_refused_and_the_declared_ones_come_first() -> None:
    with pytest.raises(SpecError, match="clock: expected one of t, s, came 'hours'"):
        convention("mean", "hours")
    table = conventions()
    assert (table["losses"][0]["name"], table["clocks"][0]["name"]) == (DECLARED.loss.name, DECLARED.clock.name)
    assert table["share"] in table["shares"]
