"""What stands over a run is true of it: title, caption, names of solvers and sliders follow what a hand or the form has
changed.
"""

import json
from collections.abc import Iterator
from urllib.request import Request, urlopen

import flowscope as fs
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .conftest import watched
from .scope import open_page, read, set_speed, show, wait_frame, wait_state


@pytest.fixture(scope="module")
def opened(context: BrowserContext, server: str) -> Iterator[Page]:
    """One page in which demonstrations are chosen and edited."""
    with watched(context, server, set()) as page:
        open_page(page, "?preset=same-step&speed=16&panels=loss")
        yield page


def title(page: Page) -> str:
    """What the head of the page calls the run."""
    return page.evaluate(
        "() => { const head = document.querySelector('.preset input'); return head.value || head.placeholder; }"
    )


def wait_title(page: Page, words: str) -> None:
    held = (
        "words => { const head = document.querySelector('.preset input'); return (head.value || head.placeholder) "
        "=== words; }"
    )
    page.wait_for_function(held, arg=words)


def expect_claim(page: Page) -> None:
    """The caption is that of a demonstration; it comes a moment after the run that it is about."""
    claimed = (
        "() => Object.values(JSON.parse(document.getElementById('boot').textContent).text.captions)"
        ".includes(document.getElementById('caption').innerText)"
    )
    page.wait_for_function(claimed)


def post(server: str, spec: fs.RunSpec) -> str:
    """The id of a run that another client has started."""
    body = json.dumps(spec.model_dump(mode="json")).encode()
    with urlopen(Request(f"{server}/api/runs", body, {"content-type": "application/json"})) as answer:
        return json.load(answer)["id"]


def test_a_slider_of_the_preset_takes_its_claim_away_and_says_what_was_changed(opened: Page) -> None:
    show(opened, "pair")
    wait_title(opened, fs.preset("pair").title)
    expect_claim(opened)
    opened.locator("#slider-range").evaluate("range => { range.value = 200; range.dispatchEvent(new Event('input')); }")
    opened.locator("#slider-range").dispatch_event("change")
    wait_title(opened, "Fig. 1, s = 0.3: two neurons on one sheet, edited")
    expect(opened.locator("#caption")).to_have_text("Edited: network second 0.3 → 0.224.")


def test_an_edited_demonstration_is_chosen_anew_from_the_menu(opened: Page) -> None:
    """Its own entry brings it back as it was."""
    show(opened, "pair")
    opened.evaluate("() => flowscope.again({ horizon: 3 })")
    wait_title(opened, "Fig. 1, s = 0.3: two neurons on one sheet, edited")
    opened.locator(".preset input").click()
    opened.get_by_role("option", name=fs.preset("pair").title, exact=True).click()
    wait_title(opened, fs.preset("pair").title)
    opened.wait_for_function("() => flowscope.ready && flowscope.meta?.spec.horizon === 12")
    expect_claim(opened)


def test_rho_set_by_hand_takes_the_claim_away(opened: Page) -> None:
    set_speed(opened, "0.25")
    show(opened, "dampings")
    wait_title(opened, fs.preset("dampings").title)
    slid = (
        "range => { range.value = range.max; for (const each of ['input', 'change']) range.dispatchEvent(new "
        "Event(each)); }"
    )
    opened.locator("#cards [data-solver='0'] input[type=range]").first.evaluate(slid)
    wait_title(opened, f"{fs.preset('dampings').title}, edited")
    expect(opened.locator("#caption")).to_have_text("Edited: ρ set by hand.")


def test_a_run_of_another_client_bears_its_own_title(page: Page, server: str) -> None:
    own = fs.RunSpec.model_validate({**dict(fs.preset("dampings").spec), "title": "Mine", "horizon": 2.0})
    open_page(page, f"?run={post(server, own)}")
    wait_title(page, "Mine")
    assert page.locator("#caption").inner_text() == ""
    open_page(page, f"?run={post(server, own.model_copy(update={'title': ''}))}")
    wait_frame(page, 5)
    assert title(page) == ""
    open_page(page, f"?run={post(server, fs.preset('curvature').spec)}")
    wait_title(page, fs.preset("curvature").title)
    expect_claim(page)


def test_the_slider_follows_a_hand_that_changes_what_it_moves(opened: Page) -> None:
    """After the target was taken by hand there is no distance to a sheet of a teacher; after the start was, the slider
    keeps that start.
    """
    page = opened
    set_speed(page, "16")
    show(page, "riemannian-flow")
    page.evaluate("() => flowscope.again({ start: { kind: 'point', parameters: [0.5, 0.5] } })")
    page.wait_for_function("() => flowscope.meta?.spec.start.parameters[0] === 0.5 && flowscope.ready")
    page.locator("#slider-range").evaluate("range => { range.value = 300; range.dispatchEvent(new Event('input')); }")
    page.locator("#slider-range").dispatch_event("change")
    page.wait_for_function("() => flowscope.meta?.spec.problem.offset === 0.5 && flowscope.ready")
    assert read(page, "meta.spec.start.parameters") == [0.5, 0.5]
    assert page.locator("#slider output").inner_text() == "0.5"
    target = {"kind": "points", "inputs": [[-0.87], [-0.34], [1.75]], "targets": [[0.1], [0.2], [0.3]]}
    page.evaluate("problem => flowscope.again({ problem })", target)
    page.wait_for_function("() => flowscope.meta?.spec.problem.kind === 'points' && flowscope.ready")
    expect(page.locator("#slider")).to_be_empty()


def test_a_step_that_is_typed_in_the_form_changes_the_name_that_quotes_it(opened: Page) -> None:
    set_speed(opened, "16")
    show(opened, "step-size")
    opened.get_by_role("tab", name="Edit").click()
    opened.get_by_role("button", name="Solvers", exact=True).click()
    steps = opened.get_by_label("Dt")
    for value, quoted in (("0.25", "0.25"), ("0.125", "0.125")):  # twice: the name in the form stays what it was
        steps.first.fill(value)
        opened.locator("#run").click()
        opened.wait_for_function(
            "value => flowscope.ready && flowscope.meta?.spec.solvers[2].integrator.dt === value", arg=float(value)
        )
        assert read(opened, "meta.spec.solvers[2].name") == f"Gauss–Newton, η = {quoted}"
    wait_state(opened, "ended")
    expect(opened.locator("#cards [data-solver='2']")).to_contain_text("euler, dt 0.125")
    opened.get_by_role("tab", name="Watch").click()


def test_a_card_tells_a_step_of_gradient_descent_on_both_losses(opened: Page) -> None:
    show(opened, "same-step")
    expect(opened.locator("#cards [data-solver='0'] .method")).to_have_text("gradient descent, η 1.35 (0.45 on ½‖r‖²)")
