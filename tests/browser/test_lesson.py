"""The lessons on the page: every step is walked, the run waits for a prediction, and the answer is read from the
run.
"""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flowscope_ui import read_contract
from flowscope_ui.lesson import read_lessons
from playwright.sync_api import BrowserContext, Page, expect

from .conftest import PATIENCE, watched
from .scope import open_page, read

LESSONS = read_lessons()
NUMBERS = {lesson["name"]: number for number, lesson in enumerate(LESSONS, 1)}
PRESETS = {preset["name"]: preset for preset in read_contract().presets}
SEEN = """() => ({
  text: document.body.innerText,
  values: [...document.querySelectorAll('input')].filter((each) => each.checkVisibility()).map(({ value }) =>
    value).join(' '),
  last: Math.max(...flowscope.meta.lanes.map(({ lane }) => flowscope.column(lane, 'frame').at(-1))),
  head: flowscope.head,
  frame: flowscope.frame,
  range: Number(document.querySelector('input.scrub').max),
  theory: flowscope.predictions.length + document.querySelectorAll('#predictions .prediction').length,
  ghosts: Object.values(flowscope.ghosts).reduce((sum, each) => sum + each, 0),
})"""
"""What the page draws and says: visible words and values, the last row that anything drawn can come from, theory, other
runs.
"""
STEPS = [(lesson["name"], number, step) for lesson in LESSONS for number, step in enumerate(lesson["steps"], 1)]


@pytest.fixture(scope="module")
def classroom(context: BrowserContext, server: str) -> Iterator[Page]:
    """A page in a lesson, one for all tests that turn to the step they are about."""
    with watched(context, server, set()) as page:
        open_page(page, f"?lesson={LESSONS[0]['name']}&step=1&speed=16")
        yield page


def turn(page: Page, name: str, number: int) -> None:
    """Begins a step as a person does, by the next page or by the menu, at the greatest speed, and waits until its run
    waits.
    """
    if not re.search(rf"lesson={name}&step={number - 1}\b", page.url):
        menu = page.get_by_role("button", name="Lessons")
        menu.click()
        with another_run(page):
            page.get_by_role("menuitem", name=f"{NUMBERS[name]}. ").click()
        expect(menu).to_be_focused()
        menu.blur()  # which the space bar would open again
        for _ in range(1, number):
            next_step(page)
    else:
        next_step(page)
    hasten(page)
    expect(page.locator(".lesson .hint")).to_contain_text("The run waits", timeout=PATIENCE)


def hasten(page: Page) -> None:
    """Has the run of a step, which has a speed of its own, go at the greatest."""
    page.evaluate("window.dash_clientside.set_props('speed', { value: '16' })")


def next_step(page: Page) -> None:
    with another_run(page):
        page.keyboard.press("PageDown")


@contextmanager
def another_run(page: Page) -> Generator[None]:
    """Waits at its end until the page shows another run than at its beginning."""
    before = read(page, "session")
    yield
    page.wait_for_function("before => flowscope.ready && flowscope.session !== before", arg=before)


def test_there_are_five_lessons() -> None:
    assert [lesson["name"] for lesson in LESSONS] == ["unfair-race", "slow-modes", "rank-loss", "knee", "theorem"]


def title_of(step: dict[str, Any]) -> str:
    return PRESETS[step["preset"]]["title"] if "preset" in step else step["spec"]["title"]


def captions() -> dict[str, str]:
    path = Path(__file__).parents[2] / "frontend/flowscope_ui/words/en/page.json"
    return json.loads(path.read_text(encoding="utf-8"))["captions"]


def nothing_is_told(page: Page, name: str, step: dict[str, Any]) -> None:
    """No row beyond the pause, no title, caption or caution, no theory and no other run is drawn or said, whatever a
    hand tries.
    """
    for key in ("v", "End", "Space", "ArrowRight"):
        page.keyboard.press(key)
    page.wait_for_function("() => flowscope.state === 'paused' && flowscope.still")
    seen = page.evaluate(SEEN)
    assert {seen[each] for each in ("last", "head", "frame", "range")} == {
        round(step["pause"] / read(page, "meta.spec.interval"))
    }
    assert seen["theory"] == seen["ghosts"] == 0
    told = f"{seen['text']} {seen['values']} {page.url}"
    assert step["title"] in told  # it is the page's text that is read
    for word in (title_of(step), captions().get(title_of(step), title_of(step)), step.get("preset", name)):
        assert word not in told, word
    assert not page.locator(".caution").is_visible() and not page.locator("#preset").is_visible()


def everything_is_told(page: Page, step: dict[str, Any]) -> None:
    """Rows beyond the pause, the title, and theory where it has something to say."""
    page.wait_for_function("() => flowscope.settled", timeout=PATIENCE)
    assert read(page, "head") > round(step["pause"] / read(page, "meta.spec.interval"))
    expect(page.locator("#preset")).to_have_value(title_of(step))
    assert page.locator("#predictions .prediction").count() == len({each["id"] for each in read(page, "predictions")})


@pytest.mark.parametrize(
    ("name", "number", "step"), STEPS, ids=lambda each: "" if isinstance(each, dict) else str(each)
)
def test_a_step_waits_for_a_prediction_tells_nothing_before_it_and_answers_it(
    name: str, number: int, step: dict[str, Any], classroom: Page
) -> None:
    page, answer = classroom, classroom.locator(".lesson .answer")
    turn(page, name, number)
    assert read(page, "state") == "paused"
    assert read(page, "frame") == round(step["pause"] / read(page, "meta.spec.interval"))
    expect(answer).to_be_empty()
    nothing_is_told(page, name, step)
    page.locator(".option").first.click()
    expect(answer).not_to_be_empty(timeout=PATIENCE)
    assert page.locator(".option[data-verdict=right]").count() == 1
    everything_is_told(page, step)
    sentence = answer.inner_text()
    assert re.search(r"\d", sentence)
    assert not re.search(r"\{[a-z]+\}|NaN|undefined", sentence)
    right = page.locator(".option").first.get_attribute("data-verdict") == "right"
    assert sentence.startswith("As you predicted." if right else "Not as predicted.")


def test_theory_and_caution_come_with_the_answer(classroom: Page) -> None:
    """Of the theorem's own run; and of a network with kinks, where it is silent."""
    page = classroom
    for step, selector in ((1, "#predictions .prediction"), (4, ".caution")):
        turn(page, "theorem", step)
        expect(page.locator(selector).first).to_be_hidden()
        page.keyboard.press("a")
        expect(page.locator(selector).first).to_be_visible(timeout=PATIENCE)


def test_the_run_before_is_out_of_sight_until_the_same_question_is_answered_again(classroom: Page) -> None:
    page = classroom
    turn(page, "knee", 1)
    for again in (False, True):
        expect(page.locator(".lesson .hint")).to_contain_text("The run waits", timeout=PATIENCE)
        expect(page.locator(".answer")).to_be_empty()
        assert page.evaluate(SEEN)["ghosts"] == 0
        page.keyboard.press("a")
        if not again:
            expect(page.locator(".answer")).not_to_be_empty(timeout=PATIENCE)
            with another_run(page):
                page.keyboard.press("r")
    page.wait_for_function("() => Object.values(flowscope.ghosts).some((points) => points > 0)")


@pytest.mark.smooth
def test_the_next_step_of_a_lesson_hides_the_run_of_the_last_one_at_once(page: Page) -> None:
    """The same run with another solver in sight: what it did stands recorded, and is not drawn."""
    open_page(page, "?lesson=knee&step=1&speed=16")
    expect(page.locator(".lesson .hint")).to_contain_text("The run waits", timeout=PATIENCE)
    page.keyboard.press("a")
    expect(page.locator(".answer")).not_to_be_empty(timeout=PATIENCE)
    watched = """() => new Promise((resolve) => {
      const before = flowscope.session;
      const page = document.getElementById('page');
      const seen = [];
      const look = () => {
        const shown = document.getElementById('loss').checkVisibility({ visibilityProperty: true });
        if (flowscope.session === before || !flowscope.ready) seen.push(shown);
        else if (flowscope.frame >= 0) return resolve(seen);
        requestAnimationFrame(look);
      };
      document.querySelector('.lesson-head button[title^=Next]').click();
      requestAnimationFrame(look);
    })"""
    seen = page.evaluate(watched)
    assert seen and not any(seen)
    expect(page.locator("#loss")).to_be_visible()


def test_pictures_made_before_the_answer_have_the_title_of_the_step(classroom: Page, tmp_path: Path) -> None:
    page = classroom
    turn(page, "theorem", 4)
    page.locator("button.save[data-panel=loss]").click()
    with page.expect_download() as got:
        page.locator("[data-export=svg][data-panel=loss]").click()
    got.value.save_as(tmp_path / "loss.svg")
    text = "".join(ET.parse(tmp_path / "loss.svg").getroot().itertext())
    assert "Kinks. " in text and "finer step" not in text


def test_the_line_of_the_known_rate_comes_with_the_answer(classroom: Page, tmp_path: Path) -> None:
    """It is drawn to the end of the run, and is the answer to this question."""
    page = classroom
    turn(page, "slow-modes", 2)
    page.wait_for_function("() => flowscope.still")
    for answered in (False, True):
        page.locator("button.save[data-panel=loss]").click()
        with page.expect_download() as got:
            page.locator("[data-export=svg][data-panel=loss]").click()
        got.value.save_as(tmp_path / f"{answered}.svg")
        drawn = ET.parse(tmp_path / f"{answered}.svg").getroot().iter("{http://www.w3.org/2000/svg}text")
        said = ["".join(each.itertext()) for each in drawn]
        assert any("−2t" in each for each in said) == answered
        page.keyboard.press("a")
        expect(page.locator(".answer")).not_to_be_empty(timeout=PATIENCE)
        page.wait_for_function("() => flowscope.settled")


def test_a_lesson_is_walked_by_keys_and_left(classroom: Page) -> None:
    page = classroom
    if page.locator("#lesson").is_visible():
        page.get_by_role("button", name="Leave the lesson").click()
    page.get_by_role("button", name="Lessons").click()
    page.get_by_role("menuitem", name="3. Rank loss").click()
    expect(page.locator(".lesson-head b")).to_have_text("A straight way")
    page.wait_for_function("() => location.search.includes('lesson=rank-loss') && location.search.includes('step=1')")
    page.keyboard.press("PageDown")
    expect(page.locator(".lesson-head b")).to_have_text("A hair beside it")
    page.wait_for_function("() => flowscope.ready && flowscope.meta.spec.title.startsWith('Past the saddle')")
    hasten(page)
    expect(page.locator(".lesson .hint")).to_contain_text("The run waits", timeout=PATIENCE)
    page.keyboard.press("c")
    expect(page.locator(".option[data-verdict=right]")).to_have_count(1, timeout=PATIENCE)
    expect(page.locator(".answer")).to_contain_text("As you predicted.", timeout=PATIENCE)
    page.keyboard.press("PageUp")
    expect(page.locator(".lesson-head b")).to_have_text("A straight way")
    page.get_by_role("button", name="Leave the lesson").click()
    expect(page.locator("#lesson")).to_be_hidden()
    assert "lesson" not in page.url


def test_a_run_begun_again_asks_again(classroom: Page) -> None:
    page = classroom
    turn(page, "rank-loss", 1)
    page.keyboard.press("b")
    expect(page.locator(".answer")).not_to_be_empty(timeout=PATIENCE)
    page.keyboard.press("r")
    expect(page.locator(".lesson .hint")).to_contain_text("The run waits", timeout=PATIENCE)
    expect(page.locator(".answer")).to_be_empty()
