"""The session around the drawing: address, form, restart, lost connections, other people's runs."""

import json
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from .scope import open_page, pause, points, read, set_speed, show, spare, wait_frame, wait_state


def ask(method: str, address: str) -> tuple[int, bytes]:
    with urllib.request.urlopen(urllib.request.Request(address, method=method)) as answer:
        return answer.status, answer.read()


def ids(server: str) -> list[str]:
    return [run["id"] for run in json.loads(ask("GET", f"{server}/api/runs")[1])]


@pytest.fixture
def begun(opened: Page) -> Page:
    """That page at the start of a run of the first preset, with the cards beside it."""
    set_speed(opened, "1")
    opened.get_by_role("tab", name="Watch").click()
    show(opened, "riemannian-flow")
    return opened


def test_restart_shows_the_same_run_from_its_start(begun: Page, server: str) -> None:
    wait_frame(begun, 60)
    run, old = read(begun, "run"), read(begun, "session")
    begun.keyboard.press("r")
    begun.wait_for_function("old => flowscope.session !== old && flowscope.ready && flowscope.frame >= 1", arg=old)
    assert read(begun, "frame") < 60
    assert read(begun, "run") == run
    assert ids(server).count(run) == 1


def test_the_address_holds_what_was_chosen(page: Page) -> None:
    open_page(page, "?preset=dampings&hide=0-3&theme=dark&speed=2")
    assert read(page, "hidden") == [0, 3]
    assert read(page, "meta.lanes.length") == 4
    wait_frame(page, 10)
    assert page.locator("html").get_attribute("data-mantine-color-scheme") == "dark"
    assert [count > 0 for count in points(page)["loss"]] == [False, True, True, False]
    page.keyboard.press("t")
    page.keyboard.press("1")
    page.wait_for_function("() => location.search.includes('theme=light') && location.search.includes('hide=3')")
    address = page.url
    page.reload()
    page.wait_for_function("() => window.flowscope?.ready")
    assert page.url == address
    assert read(page, "hidden") == [3]
    assert page.locator("html").get_attribute("data-mantine-color-scheme") == "light"


def test_choosing_a_demonstration_starts_it(begun: Page) -> None:
    old = read(begun, "session")
    begun.get_by_role("textbox", name="Choose a demonstration").click()
    begun.get_by_role("option", name="Four dampings of one flow").click()
    begun.wait_for_function("old => flowscope.session !== old && flowscope.ready", arg=old)
    assert read(begun, "meta.lanes.length") == 4
    assert "preset=dampings" in begun.url


def test_a_network_is_shown_by_its_fit(opened: Page) -> None:
    show(opened, "network")
    wait_frame(opened, 5)
    expect(opened.locator("#stage-title")).to_have_text("Fit")
    assert all(points(opened)["stage"])


def edit(page: Page) -> None:
    page.get_by_role("tab", name="Edit").click()
    page.locator(".editor").wait_for()


def test_the_form_starts_a_new_run_that_the_address_remembers(begun: Page) -> None:
    page = begun
    old = read(page, "session")
    edit(page)
    page.get_by_role("button", name="Solvers", exact=True).click()
    first = page.locator(".item").first
    first.get_by_label("Name").fill("Damped by e^{−t}")
    first.get_by_role("textbox", name="Flow").click()
    page.get_by_role("listbox", name="Flow").get_by_role("option", name="Gauss–Newton").click()
    first.get_by_role("textbox", name="Damping").click()
    page.get_by_role("option", name="Exponential decay").click()
    first.get_by_label("Rate").fill("2")
    page.get_by_role("button", name="Run", exact=True).last.click()
    page.wait_for_function("old => flowscope.session !== old && flowscope.ready", arg=old)
    solver = read(page, "meta.spec.solvers[0]")
    assert solver["name"] == "Damped by e^{−t}"
    assert solver["flow"] == {"kind": "gauss_newton", "damping": {"kind": "exponential_decay", "rate": 2.0}}
    spec = read(page, "meta.spec")
    page.reload()
    page.wait_for_function("() => window.flowscope?.ready")
    assert read(page, "meta.spec") == spec


def test_an_optimizer_can_join_the_race(begun: Page) -> None:
    begun.get_by_role("tab", name="Edit").click()
    begun.get_by_role("button", name="+ Optimizer").click()
    before = read(begun, "session")
    begun.get_by_role("button", name="Run", exact=True).last.click()
    begun.wait_for_function("old => flowscope.session !== old && flowscope.ready && flowscope.frame >= 5", arg=before)
    assert read(begun, "meta.lanes.length") == 4
    assert read(begun, "meta.spec.solvers[3].optimizer.kind") == "gradient_descent"


def test_solvers_can_be_added_and_removed(begun: Page) -> None:
    old = read(begun, "session")
    edit(begun)
    begun.get_by_role("button", name="Solvers", exact=True).click()
    begun.get_by_role("button", name="+ Flow").click()
    expect(begun.locator(".item")).to_have_count(4)
    begun.get_by_role("button", name="Solvers", exact=True).click()
    begun.get_by_label("Remove this solver (1)").click()
    expect(begun.locator(".item")).to_have_count(3)
    begun.get_by_role("button", name="Run", exact=True).last.click()
    begun.wait_for_function("old => flowscope.session !== old && flowscope.ready", arg=old)
    assert [solver["name"] for solver in read(begun, "meta.spec.solvers")] == [
        "Gauss–Newton",
        "Damped, adaptive ρ",
        "Solver 4",
    ]


def test_a_refused_spec_says_why_and_loses_nothing(page: Page, expected: set[str]) -> None:
    expected.add("Failed to load resource: the server responded with a status of 422 (Unprocessable Entity)")
    open_page(page)
    old, frame = read(page, "run"), read(page, "frame")
    edit(page)
    inputs = page.get_by_label("Inputs")
    inputs.fill("[[1, 2], [3]]")
    page.get_by_role("button", name="Run", exact=True).last.click()
    expect(page.locator("#complaint")).to_contain_text("problem.inputs.1")
    expect(inputs).to_have_value("[[1, 2], [3]]")
    wait_frame(page, frame + 20)
    assert read(page, "run") == old


def test_a_lost_connection_is_resumed_without_gaps(begun: Page) -> None:
    for _ in range(3):
        wait_frame(begun, read(begun, "frame") + 10)
        rows = read(begun, "rows")
        begun.evaluate("() => flowscope.cut()")
        begun.wait_for_function("rows => flowscope.rows > rows + 60 && flowscope.state === 'running'", arg=rows)
    assert read(begun, "gaps") == 0
    pause(begun)
    frames = begun.evaluate("() => flowscope.path(0).time.length")
    assert frames == read(begun, "frame") + 1


def test_a_run_that_is_gone_says_so_and_can_be_started_anew(begun: Page, server: str, expected: set[str]) -> None:
    expected.add(
        "Failed to load resource: the server responded with a status of 404 (Not Found)"
    )  # of what was being asked as it went
    page = begun
    old = read(page, "session")
    ask("DELETE", f"{server}/api/runs/{read(page, 'run')}")
    wait_state(page, "gone")
    expect(page.locator("#note")).to_contain_text("Restart")
    page.keyboard.press("r")
    page.wait_for_function("old => flowscope.session !== old && flowscope.state === 'running'", arg=old)
    expect(page.locator("#note")).to_be_empty()


def test_a_second_page_watches_the_same_run_and_each_pauses_for_itself(begun: Page) -> None:
    wait_frame(begun, 20)
    run = read(begun, "run")
    other = spare(begun.context.new_page())
    open_page(other, f"?run={run}")
    wait_frame(other, 30)
    assert read(other, "run") == run
    pause(begun)
    wait_frame(other, read(other, "frame") + 40)
    assert (read(begun, "state"), read(other, "state")) == ("paused", "running")
    other.close()
    assert begun.evaluate("run => fetch(`/api/runs/${run}`).then(r => r.status)", run) == 200


def test_the_speed_changes_while_it_runs(begun: Page) -> None:
    begun.locator("#speed").get_by_text("16", exact=True).click()
    begun.wait_for_function("() => location.search.includes('speed=16')")
    wait_state(begun, "ended")


def test_everything_fits_without_scrolling(begun: Page) -> None:
    for width, height in ((1920, 1080), (1280, 720)):  # the last is the size of every test
        begun.set_viewport_size({"width": width, "height": height})
        show(begun, "riemannian-flow")
        size = begun.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        assert size == [width, height]
        hidden = begun.evaluate(
            "() => [...document.querySelectorAll('.watch')].map(each => each.scrollHeight - each.clientHeight)"
        )
        assert hidden == [0]


def test_a_link_is_copied(begun: Page) -> None:
    begun.get_by_role("button", name="Copy a link").click()
    expect(begun.locator("#note")).to_contain_text("Link copied")
    assert begun.evaluate("() => navigator.clipboard.readText()") == begun.url


def test_no_control_is_without_a_name(begun: Page) -> None:
    edit(begun)
    nameless = begun.evaluate(
        """() => [...document.querySelectorAll('button, input:not([type=hidden]), select, textarea, [tabindex="0"]')]
        .filter(each => each.getClientRects().length && !each.closest('[aria-hidden=true]'))
        .filter(each => !(each.ariaLabel || each.title || each.textContent.trim()))
        .filter(each => !(each.labels?.length || each.getAttribute('aria-labelledby')))
        .map(each => each.outerHTML.slice(0, 200))"""
    )
    assert nameless == []
