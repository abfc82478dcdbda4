"""The edges of a run are told as they are: before its first frame, at its end, cut off, not here, without a damping."""

import math
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from .conftest import PATIENCE, watched
from .scope import arrange, open_page, pause, read, show_end, spare, wait_frame

TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="module")
def paused(context: BrowserContext, server: str) -> Iterator[Page]:
    """The page with a strip of steps, paused in the midst of a run."""
    with watched(context, server, set()) as page:
        open_page(page, "?panels=rho")
        wait_frame(page, 30)
        pause(page)
        yield page


def words(page: Page, panel: str, path: Path) -> str:
    """Everything that a panel writes, as its picture holds it."""
    page.locator(f"button.save[data-panel={panel}]").click()
    with page.expect_download() as got:
        page.locator(f"[data-export=svg][data-panel={panel}]").click()
    got.value.save_as(path)
    return " ".join(ET.parse(path).getroot().itertext())


def card(page: Page, name: str) -> str:
    return page.locator(".card", has=page.get_by_text(name, exact=True)).inner_text()


def test_a_method_without_a_damping_has_no_rho_on_its_card_in_its_terms_or_in_a_chart(
    opened: Page, tmp_path: Path
) -> None:
    page = opened
    arrange(page, "loss", "rho")
    show_end(page, "first-order")
    names = [solver["name"] for solver in read(page, "meta.spec.solvers")]
    assert names == ["Gradient descent", "Heavy ball", "Adam", "Levenberg–Marquardt"]
    page.wait_for_function("() => flowscope.still")
    for lane, name in enumerate(names):
        damped = name == "Levenberg–Marquardt"
        assert all(not math.isnan(rho) for rho in read(page, f"column({lane}, 'rho')")) == damped
        assert ("ρ" in card(page, name).split("steps")[0]) == damped
        assert (read(page, "drawn")["rho"][lane]["last"] is not None) == damped
        page.locator("#terms select").select_option(str(lane))
        page.evaluate(TWO_FRAMES)  # the terms follow the choice in the next one, or later on a slow machine
        terms = page.locator("#terms .terms", has_text="ρ") if damped else page.locator("#terms .terms")
        terms.wait_for()
        assert ("ρ" in terms.inner_text()) == damped
    assert "No solver that is shown has a damping" not in words(page, "rho", tmp_path / "rho.svg")
    page.keyboard.press("4")
    page.wait_for_function("() => flowscope.hidden.includes(3) && flowscope.still")
    said = words(page, "rho", tmp_path / "rho.svg")
    assert (
        "No solver that is shown has a damping" in said
        and "λ =" not in said.partition("step length")[0].split("Damping")[-1][20:]
    )
    page.keyboard.press("4")
    page.wait_for_function("() => !flowscope.hidden.length")


def test_there_is_no_strip_of_steps_before_the_first_step(paused: Page, tmp_path: Path) -> None:
    page = paused
    page.keyboard.press("End")
    page.wait_for_function("() => flowscope.frame >= 20 && flowscope.still")
    assert "step length" in words(page, "rho", tmp_path / "some.svg")
    page.keyboard.press("Home")
    page.wait_for_function("() => flowscope.frame === 0 && flowscope.still")
    assert "step length" not in words(page, "rho", tmp_path / "none.svg")


def test_before_the_first_frame_no_formula_stands_unfinished(page: Page) -> None:
    held: list[Route] = []
    page.route("**/api/runs", lambda route: held.append(route))
    page.goto("/?panels=loss.gradient.deviation.contraction")
    page.wait_for_function(
        "() => window.flowscope?.state === 'connecting' && document.getElementById('loss-panel').checkVisibility()"
    )
    expect(page.locator("#loss-title")).to_be_visible()
    assert "${" not in page.evaluate("() => document.body.innerText")
    for each in held:
        each.continue_()
    page.wait_for_function("() => flowscope.ready && document.getElementById('loss-formula').textContent.includes('L')")
    assert "${" not in page.evaluate("() => document.body.innerText")


def test_a_run_that_is_not_here_is_told_in_a_sentence_and_restart_starts_another(
    page: Page, expected: set[str]
) -> None:
    expected.add("Failed to load resource: the server responded with a status of 404 (Not Found)")
    page.goto("/?run=gone&preset=saddle")
    wait_state_word(page, "gone")
    expect(page.locator("#note")).to_contain_text("This server has no run “gone”")
    expect(page.locator("#note")).to_contain_text("Restart (R) starts “A saddle on the way")
    page.keyboard.press("r")
    page.wait_for_function("() => flowscope.ready && flowscope.frame >= 1")
    assert read(page, "meta.spec.title").startswith("A saddle on the way") and "run=" not in page.url
    expect(page.locator("#note")).to_be_empty()


def wait_state_word(page: Page, word: str) -> None:
    """Waits for the badge, which tells of a page without a run too."""
    expect(page.locator("#state-word")).to_have_text(word)


@contextmanager
def serving(data: Path, port: str = "0") -> Generator[str, None, None]:
    """A server of its own, killed at the end as a machine that fails would."""
    options = ["--port", port, "--workers", "1", "--data", str(data)]
    command = [sys.executable, "-c", "from flowscope_server.cli import main; main()", "serve", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout
            yield re.findall(r"http://\S+", process.stdout.readline())[0]
        finally:
            process.terminate()
            process.wait(timeout=20)


def test_a_run_that_a_restart_of_the_server_cut_off_says_so(context: BrowserContext, tmp_path: Path) -> None:
    """It has not ended: no badge, card or term says that it has, and restart computes it anew."""
    other = spare(context.new_page())
    with serving(tmp_path) as address:
        other.goto(f"{address}/?preset=network&speed=0.5")  # which takes seconds to compute
        other.wait_for_function("() => window.flowscope?.ready && flowscope.head >= 4")
        run = read(other, "run")
    other.goto("about:blank")
    with serving(tmp_path) as address:
        other.goto(f"{address}/?run={run}&speed=16")
        other.wait_for_function("() => window.flowscope?.state === 'cut'", timeout=PATIENCE)
        horizon = read(other, "meta.spec.horizon / flowscope.meta.spec.interval")
        assert 0 < read(other, "head") < horizon
        expect(other.locator("#state-word")).to_have_text("cut off")
        expect(other.locator("#note")).to_contain_text("cut off before its end")
        expect(other.locator(".card .ending").first).to_contain_text("cut off before its end")
        expect(other.locator("#terms .terms")).to_contain_text("cut off here")
        said = other.evaluate("() => document.body.innerText")
        assert "this is the last frame" not in said and "ended" not in said and "✓" not in said
        before = read(other, "session")
        other.keyboard.press("r")
        other.wait_for_function(
            "before => flowscope.ready && flowscope.session !== before && flowscope.frame > 1", arg=before
        )
    other.close()


def test_a_slider_of_rho_tells_no_value_that_was_not_run(opened: Page) -> None:
    page = opened
    show_end(page, "saddle")
    slider = page.get_by_role("slider", name="Set ρ by hand: Gauss–Newton")
    expect(slider).to_be_disabled()
    expect(page.locator(".tuner").first).to_have_attribute("title", re.compile("The run has ended"))
    assert slider.input_value() == "0"
    move = "(node) => { node.value = 250; node.dispatchEvent(new Event('input', { bubbles: true })); }"
    slider.evaluate(move)  # a hand that had hold of it when the run ended
    assert slider.input_value() == "250"
    expect(slider).to_have_value("0")
    expect(page.locator(".tuner output").first).to_have_text("0")
    page.keyboard.press("r")
    page.wait_for_function("() => flowscope.ready && flowscope.state === 'running'")
    expect(slider).to_be_enabled()


@pytest.mark.parametrize(("key", "there"), [("Home", "flowscope.frame === 0"), ("End", "flowscope.frame >= 30")])
def test_a_run_that_goes_on_does_not_say_that_this_is_its_last_frame(paused: Page, key: str, there: str) -> None:
    page = paused
    page.keyboard.press(key)
    page.wait_for_function(f"() => {there} && flowscope.still")
    assert "last frame" not in page.locator("#terms").inner_text()
