"""What stands over a run is true of it: title, caption, names of solvers and sliders follow what a hand or the form has
changed.
"""

import json
from typing import Any
from urllib.request import Request, urlopen

import flowscope as fs
import pytest
from playwright.sync_api import Page, expect

from .scope import open_page, read, wait_frame, wait_state


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


def claims(page: Page) -> set[str]:
    return set(
        page.evaluate("() => Object.values(JSON.parse(document.getElementById('boot').textContent).text.captions)")
    )


def post(server: str, spec: fs.RunSpec) -> str:
    """The id of a run that another client has started."""
    body = json.dumps(spec.model_dump(mode="json")).encode()
    with urlopen(Request(f"{server}/api/runs", body, {"content-type": "application/json"})) as answer:
        return json.load(answer)["id"]


@pytest.fixture
def module(page: Page, server: str) -> Any:
    page.goto("/api/health")
    return lambda name, body, arg=None: page.evaluate(
        f"async arg => {{ const m = await import('/assets/{name}.mjs'); {body} }}", arg
    )


def test_every_preset_bears_its_own_title_and_one_that_was_changed_anywhere_does_not(module: Any) -> None:
    """Each preset as the server tells it, and with each of its solvers, its horizon and its start changed."""
    presets = [
        {"name": each.name, "title": each.title, "spec": each.spec.model_dump(mode="json")} for each in fs.PRESETS
    ]
    body = """
    return arg.flatMap(({name, spec}) => {
        const as = (change) => m.identityOf({...structuredClone(spec), ...change}, false, arg,
          null).preset?.name ?? null;
        const lost = structuredClone(spec.solvers);
        lost[0].name += "!";
        const more = [...spec.solvers, spec.solvers[0]];
        const changed = [{horizon: 2 * spec.horizon}, {seeds: [99]}, {solvers: lost}, {solvers: more}].map(as);
        changed.push(m.identityOf(spec, true, arg, null).preset);
        return as({}) === name && changed.every(each => each === null) ? [] : [name];
    });"""
    assert module("opening/title", body, presets) == []


def test_a_slider_of_the_preset_takes_its_claim_away_and_says_what_was_changed(page: Page) -> None:
    open_page(page, "?preset=pair&speed=16")
    wait_title(page, fs.preset("pair").title)
    assert page.locator("#caption").inner_text() in claims(page)
    page.locator("#slider-range").evaluate("range => { range.value = 200; range.dispatchEvent(new Event('input')); }")
    page.locator("#slider-range").dispatch_event("change")
    wait_title(page, "Fig. 1, s = 0.3: two neurons on one sheet, edited")
    expect(page.locator("#caption")).to_have_text("Edited: network second 0.3 → 0.224.")


def test_an_edited_demonstration_is_chosen_anew_from_the_menu(page: Page) -> None:
    """Its own entry brings it back as it was."""
    open_page(page, "?preset=pair&speed=16")
    page.evaluate("() => flowscope.again({ horizon: 3 })")
    wait_title(page, "Fig. 1, s = 0.3: two neurons on one sheet, edited")
    page.locator(".preset input").click()
    page.get_by_role("option", name=fs.preset("pair").title, exact=True).click()
    wait_title(page, fs.preset("pair").title)
    page.wait_for_function("() => flowscope.ready && flowscope.meta?.spec.horizon === 12")
    assert page.locator("#caption").inner_text() in claims(page)


def test_rho_set_by_hand_takes_the_claim_away(page: Page) -> None:
    open_page(page, "?preset=dampings&speed=0.25")
    wait_title(page, fs.preset("dampings").title)
    slid = (
        "range => { range.value = range.max; for (const each of ['input', 'change']) range.dispatchEvent(new "
        "Event(each)); }"
    )
    page.locator("#cards [data-solver='0'] input[type=range]").first.evaluate(slid)
    wait_title(page, f"{fs.preset('dampings').title}, edited")
    expect(page.locator("#caption")).to_have_text("Edited: ρ set by hand.")


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
    assert page.locator("#caption").inner_text() in claims(page)


def test_the_slider_follows_a_hand_that_changes_what_it_moves(page: Page) -> None:
    """After the target was taken by hand there is no distance to a sheet of a teacher; after the start was, the slider
    keeps that start.
    """
    open_page(page, "?preset=riemannian-flow&speed=16")
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


def test_a_number_that_a_name_quotes_follows_its_setting(module: Any) -> None:
    """Every number of every solver of every preset, changed by 30 %: no name still quotes what is gone."""
    body = """
    const visit = (value, path, out = []) => {
        if (typeof value === "number") out.push(path);
        else if (value && typeof value === "object") for (const [name, each] of Object.entries(value)) visit(each,
          [...path, name], out);
        return out;
    };
    return arg.flatMap(({solvers, samples}) => solvers.flatMap(solver => visit(solver, []).map(path => {
        const after = structuredClone(solver);
        const last = path.slice(0, -1).reduce((place, part) => place[part], after);
        last[path.at(-1)] *= 1.3;
        return [solver.name, path.join("."), last[path.at(-1)], m.renamed(solver, after, samples, {})];
    })));"""
    presets = [
        {"solvers": each.spec.model_dump(mode="json")["solvers"], "samples": each.spec.problem.samples}
        for each in fs.PRESETS
    ]
    told = {(name, path): (value, after) for name, path, value, after in module("opening/name", body, presets)}
    assert told["Constant ρ = 10⁻³", "flow.damping.rho"][1] == "Constant ρ = 0.0013"
    assert told["Gradient descent, η = 0.45 on ½‖r‖²", "optimizer.eta"][1] == "Gradient descent, η = 0.585 on ½‖r‖²"
    assert told["Gauss–Newton, η = ½", "integrator.dt"][1] == "Gauss–Newton, η = 0.65"
    assert told["ρ = e^{−2t}", "flow.damping.rate"][1] == "ρ = e^{−2.6t}"
    assert told["SOAP, η = 3e−3", "optimizer.inner.optimizer.eta"][1] == "SOAP, η = 0.0039"
    assert told["Straight line, 10 steps", "integrator.dt"][1] != "Straight line, 10 steps"
    quoting = {"eta": "η = ", "tau": "τ = ", "rho": "ρ = "}
    for (name, path), (value, after) in told.items():
        letter = quoting.get(path.rpartition(".")[2])
        if letter and letter in name and value and "½‖" not in name and "λ" not in name:
            assert f"{letter}{value:g}" in after.replace("−", "-"), (name, path)


def test_a_name_says_the_method_that_it_now_is(module: Any) -> None:
    body = """
    const before = {name: "Damped, adaptive ρ", flow: {kind: "gauss_newton", damping: {kind: "smallest_eigenvalue",
      scale: 1}}};
    const constant = {...before, flow: {kind: "gauss_newton", damping: {kind: "constant", rho: 0.5}}};
    const adam = {name: "Damped, adaptive ρ", optimizer: {kind: "adam", eta: 0.1}};
    const own = {...adam, name: "My own"};
    return [constant, adam, own, before].map(after => m.followed({solvers: [after]}, {solvers: [before]}, 3,
      {}).solvers[0].name);"""
    assert module("opening/name", body) == ["Gauss newton, Constant", "Adam", "My own", "Damped, adaptive ρ"]


def test_a_step_that_is_typed_in_the_form_changes_the_name_that_quotes_it(page: Page) -> None:
    open_page(page, "?preset=step-size&speed=16&panels=loss")
    page.get_by_role("tab", name="Edit").click()
    page.get_by_role("button", name="Solvers", exact=True).click()
    steps = page.get_by_label("Dt")
    for value, quoted in (("0.25", "0.25"), ("0.125", "0.125")):  # twice: the name in the form stays what it was
        steps.first.fill(value)
        page.locator("#run").click()
        page.wait_for_function(
            "value => flowscope.ready && flowscope.meta?.spec.solvers[2].integrator.dt === value", arg=float(value)
        )
        assert read(page, "meta.spec.solvers[2].name") == f"Gauss–Newton, η = {quoted}"
    wait_state(page, "ended")
    expect(page.locator("#cards [data-solver='2']")).to_contain_text("euler, dt 0.125")


def test_a_card_tells_a_step_of_gradient_descent_on_both_losses(page: Page) -> None:
    open_page(page, "?preset=same-step&speed=16")
    expect(page.locator("#cards [data-solver='0'] .method")).to_have_text("gradient descent, η 1.35 (0.45 on ½‖r‖²)")
