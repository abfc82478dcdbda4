"""Predictions as curves: against closed forms, and violated where a column departs from them."""

import numpy as np
import pyarrow as pa
import pytest
from flowscope import Overlay, RunSpec, overlays, preset, run
from flowscope.flow import Constant, GaussNewton
from flowscope.problem import Points
from flowscope.run.spec import Integration, Solver

UNDAMPED = 1
"""The lane of Gauss–Newton at ρ = 0 in the preset `segment`."""


@pytest.fixture(scope="module")
def segment() -> tuple[RunSpec, pa.Table]:
    spec = preset("segment").spec
    return spec, run(spec).to_table()


def curve(drawn: list[Overlay], name: str, lane: int) -> Overlay:
    (found,) = [item for item in drawn if (item["id"], item["lane"]) == (name, lane)]
    return found


def scaled(table: pa.Table, column: str, factor: float, after: float) -> pa.Table:
    """The table with a column multiplied from a flow time on."""
    time, values = table["time"].to_numpy(), table[column].to_numpy()
    changed = np.where(time > after, factor * values, values)
    return table.set_column(table.schema.get_field_index(column), table.schema.field(column), pa.array(changed))


def test_the_loss_of_gauss_newton_is_expected_to_fall_as_exp_of_minus_2t_up_to_the_horizon(
    segment: tuple[RunSpec, pa.Table],
) -> None:
    spec, table = segment
    item = curve(overlays(table.slice(0, 200), spec), "P1", UNDAMPED)
    first = float(table["loss"].to_numpy()[0])
    assert len(item["time"]) == len(item["expected"]) == len(item["applies"]) <= 200
    assert item["time"][0] == 0.0 and item["time"][-1] == pytest.approx(spec.horizon, rel=1e-15)
    assert item["expected"] == pytest.approx(
        first * np.exp(-2.0 * np.array(item["time"])), rel=1e-14
    )  # rounding of exp
    assert all(item["applies"]) and (item["until"], item["why"], item["sense"], item["verdict"]) == (
        None,
        None,
        "equal",
        "holds",
    )


def test_only_the_lanes_it_speaks_about_get_a_curve(segment: tuple[RunSpec, pa.Table]) -> None:
    spec, table = segment
    said = {(item["id"], item["lane"]): item["sense"] for item in overlays(table, spec)}
    assert said == {
        ("P9", 0): "at most",
        ("P14", 0): "at least",
        ("P1", 1): "equal",
        ("P2", 1): "at most",
        ("P3", 1): "equal",
        ("P9", 1): "at most",
        ("P14", 1): "at least",
    }


@pytest.mark.parametrize(
    ("factor", "broken"),
    [(1.001, {"P1", "P3"}), (0.999, {"P1", "P3"}), (1.02, {"P1", "P3", "P9"}), (1 + 1e-6, set[str]())],
)
def test_a_loss_that_departs_is_a_violation_on_the_side_that_counts(
    segment: tuple[RunSpec, pa.Table], factor: float, broken: set[str]
) -> None:
    spec, table = segment
    drawn = overlays(scaled(table, "loss", factor, 1.0), spec)
    assert {item["id"] for item in drawn if item["lane"] == UNDAMPED and item["verdict"] == "violated"} == broken


def test_a_gradient_below_its_least_norm_is_a_violation(segment: tuple[RunSpec, pa.Table]) -> None:
    spec, table = segment
    for factor, verdict in ((1e-3, "violated"), (1e3, "holds")):
        assert curve(overlays(scaled(table, "gradient_norm", factor, 1.0), spec), "P14", UNDAMPED)["verdict"] == verdict


def test_a_rank_that_is_lost_ends_the_assumption_and_nothing_after_it_is_judged(
    segment: tuple[RunSpec, pa.Table],
) -> None:
    spec, table = segment
    missing = pa.array(np.where(table["time"].to_numpy() > 2.0, 2, table["rank"].to_numpy()).astype(np.int32))
    table = table.set_column(table.schema.get_field_index("rank"), table.schema.field("rank"), missing)
    item = curve(overlays(scaled(table, "loss", 50.0, 2.5), spec), "P1", UNDAMPED)
    assert item["verdict"] == "does not apply"
    assert item["until"] == pytest.approx(2.0 + spec.interval, abs=1e-9)  # the first row after it
    assert item["why"] is not None and "rank J fell from 12 to 2" in item["why"]


def test_repeated_inputs_settle_at_the_floor_of_their_mean_label() -> None:
    spec = preset("conflict").spec
    drawn = overlays(run(spec).to_table(), spec)
    item = curve(drawn, "P16", 3)
    floor = 2 * 0.6**2 / (2 * 4)  # two labels 0.9 and −0.3 at one input, n = 4
    first = item["expected"][0]
    assert first is not None
    assert item["expected"] == pytest.approx(floor + (first - floor) * np.exp(-2.0 * np.array(item["time"])), rel=1e-12)
    assert {each["verdict"] for each in drawn} == {"holds"}


def test_a_coarser_integrator_is_allowed_as_much_more() -> None:
    spec = preset("segment").spec
    coarse = Integration.model_validate(
        {
            "name": "coarse",
            "flow": GaussNewton(damping=Constant(rho=0.0)),
            "integrator": {"kind": "dormand_prince", "rtol": 1e-7},
        }
    )
    spec = spec.model_copy(update={"solvers": (coarse,), "horizon": 1.0})
    item = curve(overlays(run(spec).to_table(), spec), "P1", 0)
    assert item["tolerance"] == pytest.approx(1e-2) and item["verdict"] == "holds"


def test_an_under_parametrised_run_gets_no_curve() -> None:
    spec = preset("riemannian-flow").spec.model_copy(update={"horizon": 1.0})
    assert isinstance(spec.problem, Points) or spec.network.parameters == 2
    assert overlays(run(spec).to_table(), spec) == []


def test_the_stopping_time_is_known_from_the_first_row_and_measured_once_it_is_reached(
    segment: tuple[RunSpec, pa.Table],
) -> None:
    spec, table = segment
    first = table.slice(0, 12)
    for share in (1e-2, 1e-4):  # a share of 1e-6 lies beyond the horizon
        before, after = (curve(overlays(rows, spec, share=share), "P3", UNDAMPED) for rows in (first, table))
        assert before["time"] == after["time"] == pytest.approx([0.5 * np.log(1 / share)], rel=1e-14)
        assert (before["form"], before["verdict"], before["measured"]) == ("mark", "not reached", [None])
        assert after["measured"] is not None and after["measured"][0] == pytest.approx(after["expected"][0], rel=1e-5)
        assert after["verdict"] == "holds"


def test_a_stopping_time_beyond_the_loss_of_rank_stops_applying() -> None:
    spec = preset("saddle").spec
    table = run(spec).to_table()
    item = curve(overlays(table, spec), "P3", 1)
    assert (item["verdict"], item["measured"], item["until"]) == (
        "does not apply",
        [None],
        pytest.approx(np.log(2), abs=1e-7),
    )
    assert item["why"] is not None and "J lost its rank" in item["why"]
    assert curve(overlays(table, spec, share=0.3), "P3", 1)["verdict"] == "holds"  # reached at t = 0.60


def test_the_deviation_from_the_segment_stays_below_its_tolerance(segment: tuple[RunSpec, pa.Table]) -> None:
    spec, table = segment
    item = curve(overlays(table, spec), "P2", UNDAMPED)
    assert item["verdict"] == "holds" and item["expected"][0] == 1e-6
    assert item["measured"] is not None and 0 < max(value or 0.0 for value in item["measured"]) < 1e-6
    outputs = table["outputs"].combine_chunks()
    moved = pa.FixedSizeListArray.from_arrays(
        pa.array(outputs.flatten().to_numpy() + 1e-3 * (np.arange(len(outputs)) > 500).repeat(12)), 12
    )
    bent = table.set_column(table.schema.get_field_index("outputs"), table.schema.field("outputs"), moved)
    assert curve(overlays(bent, spec), "P2", UNDAMPED)["verdict"] == "violated"


def test_each_step_contracts_by_one_minus_eta() -> None:
    spec = preset("contraction").spec
    table = run(spec).to_table()
    drawn = [item for item in overlays(table, spec) if item["id"] == "P12"]
    assert len(drawn) == len(spec.solvers) and {item["verdict"] for item in drawn} == {"holds"}
    for item in drawn:
        (expected,) = set(item["expected"])
        assert expected is not None and item["measured"] == pytest.approx([expected] * len(item["time"]), rel=1e-2)
        assert item["formula"] == f"|1 − η| = {expected:.3g}"
    halved = scaled(table, "residual_norm", 0.5, 7.0)
    assert "violated" in {item["verdict"] for item in overlays(halved, spec) if item["id"] == "P12"}


def test_the_tail_of_a_gap_is_bounded_by_the_least_curvature_at_the_best_point() -> None:
    spec = preset("curvature").spec
    table = run(spec).to_table()
    (item,) = [each for each in overlays(table, spec) if each["id"] == "P13"]
    assert item["verdict"] == "holds" and item["formula"] == "tail ≤ e^{−2μt}, μ = 0.784"
    value = np.array([each or np.nan for each in item["expected"]])
    rate = -np.diff(np.log(value)) / np.diff(item["time"])
    assert rate == pytest.approx(2 * 0.7837971, rel=1e-5)
    slow = scaled(table, "excess_loss", 1.5, 10.0)
    assert curve(overlays(slow, spec), "P13", item["lane"])["verdict"] == "violated"


def test_the_law_is_not_told_of_relu() -> None:
    chattering = preset("chattering").spec
    spec = chattering.model_copy(
        update={
            "solvers": (Solver("GN", GaussNewton(damping=Constant(rho=0.0))),),
            "horizon": 0.2,
            "evaluations": 2000,
        }
    )
    assert not {item["id"] for item in overlays(run(spec).to_table(), spec)} & {"P1", "P2", "P3"}
