"""The cost ledger: counts from the wire, ranks by every clock and at equal cost, a sentence where they disagree, and
why a flow is dear.
"""

from typing import Any

import flowscope as fs
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from .scope import open_page, read, wait_state


@pytest.fixture
def module(page: Page, server: str) -> Any:
    page.goto("/api/health")
    return lambda body: page.evaluate(f"async () => {{ const m = await import('/assets/panels/cost.mjs'); {body} }}")


LANES = """
    const column = values => ({data: Float64Array.from(values), view(n = values.length) { return this.data.subarray(0,
      n); }});
    const lane = (loss, step, flops) => {
        const columns = {excess_loss: column(loss), loss: column(loss), time: column([0, 1, 2]), step: column(step),
          flops: column(flops)};
        return {count: 3, epoch: 0, columns};
    };
    const [one, two] = [lane([1, 0.5, 0.01], [0, 1, 2], [5, 50, 100]), lane([1, 0.01, 0.001], [0, 4, 8], [5, 10, 20])];
    const lanes = [one, two, lane([1, 0.9, 0.8], [0, 1, 2], [1, 2, 3])];
    const axes = [{name: "t"}, {name: "steps", columns: ["step"]}, {name: "flops", columns: ["flops"]}];
"""


def test_ranks_are_by_cost_of_the_first_row_that_is_low_enough(module: Any) -> None:
    body = LANES + "const table = m.ranking(lanes, [3, 3, 3], 0.01, axes); return [table, m.swaps(table)];"
    table, swaps = module(body)
    assert table == [[2, 1, 0], [1, 2, 0], [2, 1, 0]]  # the third never arrives: no rank
    assert swaps == [[0, 1]]


def test_equal_costs_share_a_rank_and_no_order_is_turned(module: Any) -> None:
    assert module("return [m.ranks([3, 1, 3, NaN]), m.swaps([[1, 1], [1, 2]])];") == [[2, 1, 2, 0], []]


def test_wall_time_falls_silent_where_repeated_timings_part(module: Any) -> None:
    body = """
    const lane = wall => ({status: "horizon", count: 1, last: () => wall});
    const store = (...walls) => ({meta: {spec: {title: "one"}}, lanes: walls.map(lane)});
    const timings = new m.Timings(), seen = [];
    for (const each of [store(1, 2), store(1.1, 2.1), store(1.05, 2.6)]) {
        timings.of(each);
        const {count, silent} = timings.of(each);
        seen.push([count, silent]);
    }
    return seen;"""
    assert module(body) == [[1, False], [2, False], [3, True]]


def test_the_panel_shows_what_the_wire_counts_and_says_whether_the_order_turns(page: Page) -> None:
    page.goto("/?preset=best-step&speed=16&panels=ledger&share=1e-6")
    page.wait_for_function("() => window.flowscope?.ready && flowscope.state === 'ended'")
    ledger = page.evaluate("() => flowscope.ledger")
    assert [len(row) for row in ledger["table"]] == [4] * len(ledger["axes"])
    turned = bool(ledger["swapped"])
    assert ("depends on the clock" in ledger["sentence"]) == turned
    steps = ledger["table"][ledger["axes"].index("steps")]
    assert steps == [
        0,
        2,
        3,
        1,
    ]  # 5 steps of Levenberg–Marquardt, 11 of Gauss–Newton, 119 of Adam to 1e-8; gradient descent needs 289


STAND = """
    const column = values => ({data: Float64Array.from(values)});
    const stand = (drawn, axis, declared) => m.standing(drawn.map(([loss, cost, status]) => {
        const columns = {loss: column(loss), cost: column(cost)};
        return {count: loss.length, status, columns};
    }), drawn.map(each => each[3] ?? each[0].length), {columns: ["cost"]}, declared);
"""


@pytest.mark.parametrize("seed", range(8))
def test_lanes_are_ranked_by_the_loss_where_all_have_spent_the_same(module: Any, seed: int) -> None:
    """Drawn lanes, some of which have come to their end before the others have spent as much."""
    draw = np.random.default_rng(seed)
    lanes, heads = [], []
    for _ in range(6):
        rows = int(draw.integers(2, 12))
        cost = np.cumsum(draw.uniform(0.1, 40.0, rows))
        loss = 10.0 ** draw.uniform(-12, 2, rows)
        status = str(draw.choice(["horizon", "rank_loss", "escaped"]))
        lanes.append((loss, cost, status))
        heads += [cost[-1]] if status == "horizon" else []
    budget = min(heads) if heads else max(cost[-1] for _, cost, _ in lanes)
    losses = [loss[max(np.searchsorted(cost, budget, "right") - 1, 0)] for loss, cost, _ in lanes]
    near = 1e-14 * max(loss[0] for loss, _, _ in lanes)
    drawn = [[loss.tolist(), cost.tolist(), status] for loss, cost, status in lanes]
    found = module(f"{STAND} return stand({drawn});")
    assert (found["budget"], found["losses"]) == (budget, losses)
    assert found["ranks"] == [1 + sum(other < loss - near for other in losses) for loss in losses]


def test_a_declared_budget_is_the_budget_and_a_lane_that_ran_away_comes_last(module: Any) -> None:
    """The step that reaches the budget may go beyond it; a lane at its horizon stands there; one that goes on bounds
    the budget.
    """
    told = "return [f.budget, f.losses.slice(0, 2), f.ranks];"
    ended = "[[1, 0.1], [0, 70], 'spent'], [[1, 0.3], [0, 20], 'horizon'], [[1, NaN], [0, 5], 'diverged']"
    assert module(f"{STAND} const f = stand([{ended}], null, 60); {told}") == [60, [0.1, 0.3], [1, 2, 3]]
    going = "[[1, 0.1, 0.01], [0, 70, 90], 'spent', 2], [[1, 0.3, 0.2], [0, 20, 60], 'horizon', 2]"
    assert module(f"{STAND} const f = stand([{going}], null, 60); {told}") == [20, [1, 0.3], [2, 1]]


def test_losses_that_differ_by_rounding_share_a_rank(module: Any) -> None:
    assert module(
        f"{STAND} return stand([[[1, 1e-17], [0, 9], 'horizon'], [[1, 2e-16], [0, 9], 'horizon']], null).ranks;"
    ) == [1, 1]


def recorded(spec: fs.RunSpec) -> list[float]:
    """The loss at the end of each solver of a race, from the engine."""
    rows = sorted(fs.run(spec).to_table().to_pylist(), key=lambda row: row["frame"])
    return [loss for _, loss in sorted({row["solver"]: row["loss"] for row in rows}.items())]


def test_at_equal_cost_there_is_always_a_ranking_by_the_loss_at_the_budget(page: Page) -> None:
    """Share 1e-8 of the excess loss, which most have not reached at 60 evaluations."""
    open_page(page, "?preset=equal-cost&speed=16&panels=ledger&share=1e-8")
    wait_state(page, "ended")
    page.wait_for_function("() => flowscope.still")
    ledger = read(page, "ledger")
    assert ledger["standing"]["budget"] == 60
    np.testing.assert_allclose(ledger["standing"]["losses"], recorded(fs.preset("equal-cost").spec), rtol=1e-9)
    assert ledger["standing"]["ranks"] == [4, 1, 3, 1]
    assert ledger["table"][ledger["axes"].index("jacobian")] == [4, 1, 3, 1]
    assert "at 60 J evaluations" in ledger["sentence"]


def test_a_run_of_which_nobody_has_arrived_is_ranked_all_the_same(page: Page) -> None:
    open_page(page, "?preset=pair-ill&speed=16&panels=ledger&share=1e-8")
    wait_state(page, "ended")
    page.wait_for_function("() => flowscope.still")
    ledger = read(page, "ledger")
    assert ledger["equal"]
    assert all(sorted(ranks)[0] == 1 and min(ranks) > 0 for ranks in ledger["table"])


def test_why_a_flow_is_dear_is_counted_and_euler_is_one_click_away(page: Page) -> None:
    open_page(page, "?preset=pair&speed=16&panels=ledger")
    wait_state(page, "ended")
    dear = page.locator(".dear")
    expect(dear).to_contain_text("rtol 1e−9")
    spent = [
        sum(read(page, f"column({k}, 'evaluations.{part}')")[-1] for part in ("jacobian", "jvp", "vjp"))
        for k in range(3)
    ]
    low, high = (float(f"{each / 12.0:.2g}") for each in (min(spent), max(spent)))
    expect(dear).to_contain_text(f"{low:g}–{high:g} J evaluations a unit of flow time")
    old = read(page, "run")
    dear.get_by_role("button", name="Integrate by Euler").click()
    page.wait_for_function("old => flowscope.run !== old && flowscope.ready && flowscope.state === 'ended'", arg=old)
    spec = fs.parse_spec(read(page, "meta.spec"))
    assert [solver["integrator"]["kind"] for solver in read(page, "meta.spec.solvers")] == ["euler"] * 3
    names = [solver.name.partition(", Euler η = ")[0] for solver in spec.solvers]
    assert names == [solver.name for solver in fs.preset("pair").spec.solvers]
    assert {read(page, f"column({k}, 'time')")[-1] for k in range(3)} == {12.0}  # no step was too long
    expect(dear).to_be_hidden()
    assert (
        sum(read(page, f"column(0, 'evaluations.{part}')")[-1] for part in ("jacobian", "jvp", "vjp")) < 0.5 * spent[0]
    )


def test_levenberg_marquardt_takes_the_place_of_the_flows_under_the_same_protocol(page: Page) -> None:
    spec = fs.preset("pair").spec.model_copy(update={"protocol": fs.EqualCost(clock="jacobian", budget=100.0)})
    open_page(page, "?preset=pair&speed=16&panels=ledger")
    page.evaluate("spec => flowscope.again(spec)", spec.model_dump(mode="json"))
    page.wait_for_function(
        "() => flowscope.ready && flowscope.meta.spec.protocol.kind === 'equal_cost' && flowscope.state === 'ended'"
    )
    old = read(page, "run")
    page.locator(".dear").get_by_role("button", name="Use Levenberg–Marquardt").click()
    page.wait_for_function("old => flowscope.run !== old && flowscope.ready && flowscope.state === 'ended'", arg=old)
    raced = fs.parse_spec(read(page, "meta.spec"))
    assert [solver.name for solver in raced.solvers] == ["Gradient flow", "Levenberg–Marquardt"]
    assert raced.protocol == spec.protocol
    page.wait_for_function("() => flowscope.still")
    assert read(page, "ledger")["standing"]["ranks"] == [2, 1]
