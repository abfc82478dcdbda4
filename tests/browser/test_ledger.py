"""The cost ledger: counts from the wire, ranks by every clock and at equal cost, a sentence where they disagree, and
why a flow is dear.
"""

from collections.abc import Iterator

import flowscope as fs
import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .conftest import watched
from .scope import open_page, read, show, wait_state


@pytest.fixture(scope="module")
def opened(context: BrowserContext, server: str) -> Iterator[Page]:
    """The page with the ledger at the greatest speed, one for all tests, which choose the run."""
    with watched(context, server, set()) as page:
        open_page(page, "?preset=pair&speed=16&panels=ledger")
        yield page


def ended(page: Page, preset: str, share: str) -> None:
    """Runs a preset to its end and asks for the time to a share of the excess loss."""
    show(page, preset)
    page.locator("#unit-share").select_option(share)
    wait_state(page, "ended")


def test_the_panel_shows_what_the_wire_counts_and_says_whether_the_order_turns(opened: Page) -> None:
    page = opened
    ended(page, "best-step", "1e-06")
    page.wait_for_function("() => flowscope.still")
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


def recorded(spec: fs.RunSpec) -> list[float]:
    """The loss at the end of each solver of a race, from the engine."""
    rows = sorted(fs.run(spec).to_table().to_pylist(), key=lambda row: row["frame"])
    return [loss for _, loss in sorted({row["solver"]: row["loss"] for row in rows}.items())]


def test_at_equal_cost_there_is_always_a_ranking_by_the_loss_at_the_budget(opened: Page) -> None:
    """Share 1e-8 of the excess loss, which most have not reached at 60 evaluations."""
    page = opened
    ended(page, "equal-cost", "1e-08")
    page.wait_for_function("() => flowscope.still")
    ledger = read(page, "ledger")
    assert ledger["standing"]["budget"] == 60
    np.testing.assert_allclose(ledger["standing"]["losses"], recorded(fs.preset("equal-cost").spec), rtol=1e-9)
    assert ledger["standing"]["ranks"] == [4, 1, 3, 1]
    assert ledger["table"][ledger["axes"].index("jacobian")] == [4, 1, 3, 1]
    assert "at 60 J evaluations" in ledger["sentence"]


def test_a_run_of_which_nobody_has_arrived_is_ranked_all_the_same(opened: Page) -> None:
    page = opened
    ended(page, "pair-ill", "1e-08")
    page.wait_for_function("() => flowscope.still")
    ledger = read(page, "ledger")
    assert ledger["equal"]
    assert all(sorted(ranks)[0] == 1 and min(ranks) > 0 for ranks in ledger["table"])


def test_why_a_flow_is_dear_is_counted_and_euler_is_one_click_away(opened: Page) -> None:
    page = opened
    ended(page, "pair", "0.0001")
    dear = page.locator(".dear")
    expect(dear).to_contain_text("rtol 1e−9")
    spent = [
        sum(read(page, f"column({k}, 'evaluations.{part}')")[-1] for part in ("jacobian", "jvp", "vjp"))
        for k in range(3)
    ]
    low, high = (float(f"{each / 12.0:.2g}") for each in (min(spent), max(spent)))
    expect(dear).to_contain_text(f"{low:g}–{high:g} J evaluations a unit of flow time")
    old = read(page, "session")
    dear.get_by_role("button", name="Integrate by Euler").click()
    page.wait_for_function(
        "old => flowscope.session !== old && flowscope.ready && flowscope.state === 'ended'", arg=old
    )
    spec = fs.parse_spec(read(page, "meta.spec"))
    assert [solver["integrator"]["kind"] for solver in read(page, "meta.spec.solvers")] == ["euler"] * 3
    names = [solver.name.partition(", Euler η = ")[0] for solver in spec.solvers]
    assert names == [solver.name for solver in fs.preset("pair").spec.solvers]
    assert {read(page, f"column({k}, 'time')")[-1] for k in range(3)} == {12.0}  # no step was too long
    expect(dear).to_be_hidden()
    assert (
        sum(read(page, f"column(0, 'evaluations.{part}')")[-1] for part in ("jacobian", "jvp", "vjp")) < 0.5 * spent[0]
    )


def test_levenberg_marquardt_takes_the_place_of_the_flows_under_the_same_protocol(opened: Page) -> None:
    page = opened
    spec = fs.preset("pair").spec.model_copy(update={"protocol": fs.EqualCost(clock="jacobian", budget=100.0)})
    show(page, "pair")
    page.evaluate("spec => flowscope.again(spec)", spec.model_dump(mode="json"))
    page.wait_for_function(
        "() => flowscope.ready && flowscope.meta.spec.protocol.kind === 'equal_cost' && flowscope.state === 'ended'"
    )
    old = read(page, "session")
    page.locator(".dear").get_by_role("button", name="Use Levenberg–Marquardt").click()
    page.wait_for_function(
        "old => flowscope.session !== old && flowscope.ready && flowscope.state === 'ended'", arg=old
    )
    raced = fs.parse_spec(read(page, "meta.spec"))
    assert [solver.name for solver in raced.solvers] == ["Gradient flow", "Levenberg–Marquardt"]
    assert raced.protocol == spec.protocol
    page.wait_for_function("() => flowscope.still")
    assert read(page, "ledger")["standing"]["ranks"] == [2, 1]
