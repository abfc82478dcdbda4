"""The session around the drawing: address, form, restart, lost connections, other people's runs."""

import json
import urllib.request

from playwright.sync_api import Page, expect

from .scope import open_page, pause, points, read, wait_frame, wait_state


def ask(method: str, address: str) -> tuple[int, bytes]:
    with urllib.request.urlopen(urllib.request.Request(address, method=method)) as answer:
        return answer.status, answer.read()


def ids(server: str) -> list[str]:
    return [run["id"] for run in json.loads(ask("GET", f"{server}/api/runs")[1])]


def test_restart_begins_again_and_drops_the_old_run(page: Page, server: str) -> None:
    open_page(page)
    wait_frame(page, 60)
    old = read(page, "run")
    page.keyboard.press("r")
    page.wait_for_function("old => flowscope.run !== old && flowscope.ready && flowscope.frame >= 1", arg=old)
    assert read(page, "frame") < 60
    page.wait_for_function(
        "old => fetch(`/api/runs`).then(r => r.json()).then(runs => !runs.some(run => run.id === old))", arg=old
    )
    assert read(page, "run") in ids(server)


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


def test_choosing_a_demonstration_starts_it(page: Page) -> None:
    open_page(page)
    old = read(page, "run")
    page.get_by_role("textbox", name="Choose a demonstration").click()
    page.get_by_role("option", name="Four dampings of one flow").click()
    page.wait_for_function("old => flowscope.run !== old && flowscope.ready", arg=old)
    assert read(page, "meta.lanes.length") == 4
    assert "preset=dampings" in page.url


def test_a_network_is_shown_by_its_fit(page: Page) -> None:
    open_page(page, "?preset=network")
    wait_frame(page, 5)
    expect(page.locator("#stage-title")).to_have_text("Fit")
    assert all(points(page)["stage"])


def edit(page: Page) -> None:
    page.get_by_role("tab", name="Edit").click()
    page.locator(".editor").wait_for()


def test_the_form_starts_a_new_run_that_the_address_remembers(page: Page) -> None:
    open_page(page)
    old = read(page, "run")
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
    page.wait_for_function("old => flowscope.run !== old && flowscope.ready", arg=old)
    solver = read(page, "meta.spec.solvers[0]")
    assert solver["name"] == "Damped by e^{−t}"
    assert solver["flow"] == {"kind": "gauss_newton", "damping": {"kind": "exponential_decay", "rate": 2.0}}
    spec = read(page, "meta.spec")
    page.reload()
    page.wait_for_function("() => window.flowscope?.ready")
    assert read(page, "meta.spec") == spec


def test_an_optimizer_can_join_the_race(page: Page) -> None:
    open_page(page)
    page.get_by_role("tab", name="Edit").click()
    page.get_by_role("button", name="+ Optimizer").click()
    before = read(page, "run")
    page.get_by_role("button", name="Run", exact=True).last.click()
    page.wait_for_function("old => flowscope.run !== old && flowscope.ready && flowscope.frame >= 5", arg=before)
    assert read(page, "meta.lanes.length") == 4
    assert read(page, "meta.spec.solvers[3].optimizer.kind") == "gradient_descent"


def test_solvers_can_be_added_and_removed(page: Page) -> None:
    open_page(page)
    old = read(page, "run")
    edit(page)
    page.get_by_role("button", name="Solvers", exact=True).click()
    page.get_by_role("button", name="+ Flow").click()
    expect(page.locator(".item")).to_have_count(4)
    page.get_by_role("button", name="Solvers", exact=True).click()
    page.get_by_label("Remove this solver (1)").click()
    expect(page.locator(".item")).to_have_count(3)
    page.get_by_role("button", name="Run", exact=True).last.click()
    page.wait_for_function("old => flowscope.run !== old && flowscope.ready", arg=old)
    assert [solver["name"] for solver in read(page, "meta.spec.solvers")] == [
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


def test_a_lost_connection_is_resumed_without_gaps(page: Page) -> None:
    open_page(page)
    for _ in range(3):
        wait_frame(page, read(page, "frame") + 10)
        rows = read(page, "rows")
        page.evaluate("() => flowscope.cut()")
        page.wait_for_function("rows => flowscope.rows > rows + 60 && flowscope.state === 'running'", arg=rows)
    assert read(page, "gaps") == 0
    pause(page)
    frames = page.evaluate("() => flowscope.path(0).time.length")
    assert frames == read(page, "frame") + 1


def test_a_run_that_is_gone_says_so_and_can_be_started_anew(page: Page, server: str, expected: set[str]) -> None:
    expected.add(
        "Failed to load resource: the server responded with a status of 404 (Not Found)"
    )  # of what was being asked as it went
    open_page(page)
    old = read(page, "run")
    ask("DELETE", f"{server}/api/runs/{old}")
    wait_state(page, "gone")
    expect(page.locator("#note")).to_contain_text("Restart")
    page.keyboard.press("r")
    page.wait_for_function("old => flowscope.run !== old && flowscope.state === 'running'", arg=old)
    expect(page.locator("#note")).to_be_empty()


def test_a_second_page_watches_the_first_ones_run(page: Page) -> None:
    open_page(page)
    wait_frame(page, 20)
    run = read(page, "run")
    other = page.context.new_page()
    open_page(other, f"?run={run}")
    wait_frame(other, 30)
    assert read(other, "run") == run
    pause(page)
    wait_state(other, "paused")
    other.close()
    assert page.evaluate("run => fetch(`/api/runs/${run}`).then(r => r.status)", run) == 200


def test_the_speed_changes_while_it_runs(page: Page) -> None:
    open_page(page)
    page.locator("#speed").get_by_text("16", exact=True).click()
    page.wait_for_function("() => location.search.includes('speed=16')")
    wait_state(page, "ended")


def test_everything_fits_without_scrolling(page: Page) -> None:
    for width, height in ((1280, 720), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        open_page(page)
        size = page.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        assert size == [width, height]
        hidden = page.evaluate(
            "() => [...document.querySelectorAll('.watch')].map(each => each.scrollHeight - each.clientHeight)"
        )
        assert hidden == [0]


def test_a_link_is_copied(page: Page) -> None:
    open_page(page)
    page.get_by_role("button", name="Copy a link").click()
    expect(page.locator("#note")).to_contain_text("Link copied")
    assert page.evaluate("() => navigator.clipboard.readText()") == page.url


def test_no_control_is_without_a_name(page: Page) -> None:
    open_page(page)
    edit(page)
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('button, input:not([type=hidden]), select, textarea, [tabindex="0"]')]
        .filter(each => each.getClientRects().length && !each.closest('[aria-hidden=true]'))
        .filter(each => !(each.ariaLabel || each.title || each.textContent.trim()))
        .filter(each => !(each.labels?.length || each.getAttribute('aria-labelledby')))
        .map(each => each.outerHTML.slice(0, 200))"""
    )
    assert nameless == []
