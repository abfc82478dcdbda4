"""ρ dragged by hand: from the slider to the column, the marks, the other page, and nothing lost on the way."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from .scope import open_page, pause, read, wait_frame
from .test_modules import run as run  # a fixture

NEWTON = 1
"""Gauss–Newton at ρ = 0 in the default preset."""


def slider(page: Page) -> Locator:
    return page.get_by_role("slider", name="Set ρ by hand: Gauss–Newton")


def drag(page: Page, *shares: float) -> None:
    """The thumb taken from the left end to these shares of the slider's width."""
    box = slider(page).bounding_box()
    assert box
    at = [(box["x"] + 7 + share * (box["width"] - 14), box["y"] + box["height"] / 2) for share in (0.0, *shares)]
    page.mouse.move(*at[0])
    page.mouse.down()
    for x, y in at[1:]:
        page.mouse.move(x, y)
        page.wait_for_timeout(30)  # a hand is slower than a script
    page.mouse.up()


def wait_drawn(page: Page) -> dict[str, Any]:
    """Waits until the newest tune is drawn with ten frames after it."""
    page.wait_for_function("() => flowscope.tunes.length && flowscope.frame > flowscope.tunes.at(-1).frame + 10")
    return read(page, "tunes")[-1]


def test_dragging_the_slider_changes_the_column_from_a_frame_on_and_loses_no_row(page: Page) -> None:
    open_page(page)
    wait_frame(page, 20)
    drag(page, 0.3, 0.5, 0.7, 0.9)
    last = wait_drawn(page)
    path = page.evaluate("lane => flowscope.path(lane)", NEWTON)
    assert path["frame"] == list(range(len(path["frame"]))) and read(page, "gaps") == 0
    first = read(page, "tunes")[0]["frame"]
    assert set(path["rho"][: first + 1]) == {0.0}
    assert set(path["rho"][last["frame"] + 1 :]) == {last["rho"]}
    assert 0.05 < last["rho"] < 0.9
    other = page.evaluate("lane => flowscope.path(lane)", 0)
    assert set(other["rho"]) == {1.0}


def test_a_mark_stands_where_it_took_effect_in_every_chart(page: Page) -> None:
    open_page(page)
    wait_frame(page, 20)
    slider(page).fill("250")
    tune = wait_drawn(page)
    marks = read(page, "marks")
    for panel in ("loss", "rho"):
        (mark,) = marks[panel]
        assert (mark["frame"], mark["solver"], mark["rho"]) == (tune["frame"], NEWTON, tune["rho"])
    spec = page.evaluate(
        "run => fetch(`/api/runs/${run}`).then(r => r.json()).then(run => run.spec.tunes)", read(page, "run")
    )
    assert spec == [{"frame": tune["frame"], "solver": NEWTON, "rho": tune["rho"]}]


def test_what_is_ahead_of_the_drawing_is_said(page: Page) -> None:
    open_page(page)
    wait_frame(page, 20)
    pause(page)
    slider(page).fill("200")
    page.wait_for_function("() => flowscope.tunes.length === 1")
    tune = read(page, "tunes")[0]
    effect = page.locator(".card").nth(NEWTON).locator(".effect")
    if tune["frame"] > read(page, "frame"):
        expect(effect).to_have_text(f"takes effect at t = {tune['time']:.2f}")
    page.locator("#pause").click()
    wait_drawn(page)
    expect(effect).to_be_empty()


def test_a_second_page_may_tune_and_both_show_the_same_marks(page: Page) -> None:
    open_page(page)
    wait_frame(page, 10)
    other = page.context.new_page()
    open_page(other, f"?run={read(page, 'run')}")
    slider(other).fill("220")
    wait_drawn(page)
    wait_drawn(other)
    assert read(page, "tunes") == read(other, "tunes") != []
    other.close()


def test_a_solver_without_a_damping_has_no_slider(page: Page) -> None:
    open_page(page)
    assert [page.locator(".card").nth(k).locator(".slider").count() for k in range(3)] == [0, 1, 1]
    expect(slider(page)).to_have_attribute("aria-valuetext", "ρ = 0")


def test_a_refused_tune_is_said_and_nothing_stops(page: Page) -> None:
    open_page(page, "?speed=16")
    page.wait_for_function("() => flowscope.state === 'ended'")
    held = "(node) => { node.value = 100; node.dispatchEvent(new Event('input', { bubbles: true })); }"
    slider(page).evaluate(held)  # a hand that had hold of it when the run ended: it is disabled from then on
    expect(page.locator("#note")).to_contain_text("expected a run that goes on")
    assert read(page, "state") == "ended"


def test_the_slider_runs_from_zero_over_six_decades_to_one(run: Any) -> None:  # the fixture
    values = run("theory/tune", "return [0, 1, 51, 301].map(m.rhoAt)")
    assert values == pytest.approx([0.0, 1e-6, 1e-5, 1.0], rel=1e-12)
    there_and_back = "return Array.from({length: 302}, (_, k) => m.positionOf(m.rhoAt(k)))"
    assert run("theory/tune", there_and_back) == list(range(302))
    assert run("theory/tune", "return [1e-9, 0, 1].map(m.positionOf)") == [1, 0, 301]
