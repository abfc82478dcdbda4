"""The lessons on the page: every step is walked, the run waits for a prediction, and the answer is read from the run."""

import re

import pytest
from flowscope_ui.lesson import read_lessons
from playwright.sync_api import Page, expect

from .conftest import PATIENCE
from .scope import open_page, read, wait_state

LESSONS = read_lessons()
STEPS = [(lesson["name"], number, step) for lesson in LESSONS for number, step in enumerate(lesson["steps"], 1)]


def test_there_are_five_lessons() -> None:
    assert [lesson["name"] for lesson in LESSONS] == ["unfair-race", "slow-modes", "rank-loss", "knee", "theorem"]


@pytest.mark.parametrize(("name", "number", "step"), STEPS, ids=lambda each: "" if isinstance(each, dict) else str(each))
def test_a_step_waits_for_a_prediction_and_answers_it(name: str, number: int, step: dict, page: Page) -> None:
    open_page(page, f"?lesson={name}&step={number}")
    hint, answer = page.locator(".lesson .hint"), page.locator(".lesson .answer")
    expect(hint).to_contain_text("The run waits", timeout=PATIENCE)
    assert read(page, "state") == "paused"
    assert read(page, "frame") == round(step["pause"] / read(page, "meta.spec.interval"))
    expect(answer).to_be_empty()
    page.locator("#speed").get_by_text("16", exact=True).click()
    page.locator(".option").first.click()
    expect(answer).not_to_be_empty(timeout=PATIENCE)
    assert page.locator(".option[data-verdict=right]").count() == 1
    sentence = answer.inner_text()
    assert re.search(r"\d", sentence)
    assert not re.search(r"\{[a-z]+\}|NaN|undefined", sentence)
    right = page.locator(".option").first.get_attribute("data-verdict") == "right"
    assert sentence.startswith("As you predicted." if right else "Not as predicted.")


def test_the_answer_is_measured_and_not_written_down(page: Page) -> None:
    """The same measure of three runs: three numbers, three options that are right."""
    open_page(page, "?lesson=knee&step=1")
    body = """async () => {
      const { measure, right, told } = await import('/assets/measured.mjs');
      const time = Float64Array.from({ length: 101 }, (_, k) => k / 10);
      const column = (data) => ({ width: 1, data, view: (n) => data.subarray(0, n) });
      const columns = (rate) => ({ time: column(time), loss: column(time.map((t) => Math.exp(-rate * t))) });
      const store = (rate) => ({ lanes: [{ solver: 0, upTo: () => 101, columns: columns(rate) }], meta: { spec: { solvers: [0] } } });
      const asked = { kind: 'rate', solver: 0, column: 'loss', from: 2, to: 9 };
      const ask = (rate) => measure(store(rate), 100, asked);
      const options = [{ from: 1.5 }, { from: 0.5, to: 1.5 }, { to: 0.5 }];
      return [1.9, 0.9, 0.2].map((rate) => [told(ask(rate), {}), right(options, ask(rate))]);
    }"""
    assert page.evaluate(body) == [["1.90", 0], ["0.900", 1], ["0.200", 2]]


def test_a_lesson_is_walked_by_keys_and_left(page: Page) -> None:
    open_page(page)
    page.get_by_role("button", name="Lessons").click()
    page.get_by_role("menuitem", name="3. Rank loss").click()
    expect(page.locator(".lesson-head b")).to_have_text("A straight way through a wall")
    page.wait_for_function("() => location.search.includes('lesson=rank-loss') && location.search.includes('step=1')")
    page.keyboard.press("PageDown")
    expect(page.locator(".lesson-head b")).to_have_text("A hair beside it")
    page.wait_for_function("() => flowscope.ready && flowscope.meta.spec.title.startsWith('Past the saddle')")
    expect(page.locator(".lesson .hint")).to_contain_text("The run waits", timeout=PATIENCE)
    page.keyboard.press("c")
    expect(page.locator(".option[data-verdict=right]")).to_have_count(1, timeout=PATIENCE)
    expect(page.locator(".answer")).to_contain_text("As you predicted.", timeout=PATIENCE)
    page.keyboard.press("PageUp")
    expect(page.locator(".lesson-head b")).to_have_text("A straight way through a wall")
    page.get_by_role("button", name="Leave the lesson").click()
    expect(page.locator("#lesson")).to_be_hidden()
    assert "lesson" not in page.url


def test_a_run_begun_again_asks_again(page: Page) -> None:
    open_page(page, "?lesson=rank-loss&step=1")
    wait_state(page, "paused")
    page.keyboard.press("b")
    expect(page.locator(".answer")).not_to_be_empty(timeout=PATIENCE)
    page.keyboard.press("r")
    expect(page.locator(".lesson .hint")).to_contain_text("The run waits", timeout=PATIENCE)
    expect(page.locator(".answer")).to_be_empty()
