"""The cost ledger: counts from the wire, ranks by every clock, and a sentence where they disagree."""

from typing import Any

import pytest
from playwright.sync_api import Page


@pytest.fixture
def module(page: Page, server: str) -> Any:
    page.goto("/api/health")
    return lambda body: page.evaluate(f"async () => {{ const m = await import('/assets/cost.mjs'); {body} }}")


LANES = """
    const column = values => ({data: Float64Array.from(values), view(n = values.length) { return this.data.subarray(0, n); }});
    const lane = (loss, step, flops) => {
        const columns = {excess_loss: column(loss), loss: column(loss), time: column([0, 1, 2]), step: column(step), flops: column(flops)};
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
    assert steps == [0, 2, 3, 1]  # 5 steps of Levenberg–Marquardt, 11 of Gauss–Newton, 119 of Adam to 1e-8; gradient descent needs 289
