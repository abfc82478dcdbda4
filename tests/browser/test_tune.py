"""ρ dragged by hand: from the slider to the column, the marks, the other page, and nothing lost on the way."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from .scope import open_page, pause, read, set_speed, show, spare, wait_frame, wait_state

NEWTON = 1
"""Gauss–Newton at ρ = 0 in the default preset."""


@pytest.fixture
def begun(opened: Page) -> Page:
    """That page at the start of a run of the first preset, of which nobody has set a ρ."""
    set_speed(opened, "1")
    show(opened, "riemannian-flow")
    return opened


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


def test_dragging_the_slider_changes_the_column_from_a_frame_on_and_loses_no_row(begun: Page) -> None:
    wait_frame(begun, 20)
    drag(begun, 0.3, 0.5, 0.7, 0.9)
    last = wait_drawn(begun)
    path = begun.evaluate("lane => flowscope.path(lane)", NEWTON)
    assert path["frame"] == list(range(len(path["frame"]))) and read(begun, "gaps") == 0
    first = read(begun, "tunes")[0]["frame"]
    assert set(path["rho"][: first + 1]) == {0.0}
    assert set(path["rho"][last["frame"] + 1 :]) == {last["rho"]}
    assert 0.05 < last["rho"] < 0.9
    other = begun.evaluate("lane => flowscope.path(lane)", 0)
    assert set(other["rho"]) == {1.0}


def test_a_mark_stands_where_it_took_effect_in_every_chart(begun: Page) -> None:
    wait_frame(begun, 20)
    slider(begun).fill("250")
    tune = wait_drawn(begun)
    marks = read(begun, "marks")
    for panel in ("loss", "rho"):
        (mark,) = marks[panel]
        assert (mark["frame"], mark["solver"], mark["rho"]) == (tune["frame"], NEWTON, tune["rho"])
    spec = begun.evaluate(
        "run => fetch(`/api/runs/${run}`).then(r => r.json()).then(run => run.spec.tunes)", read(begun, "run")
    )
    assert spec == [{"frame": tune["frame"], "solver": NEWTON, "rho": tune["rho"]}]


def test_what_is_ahead_of_the_drawing_is_said(begun: Page) -> None:
    wait_frame(begun, 20)
    pause(begun)
    slider(begun).fill("200")
    begun.wait_for_function("() => flowscope.tunes.length === 1")
    tune = read(begun, "tunes")[0]
    effect = begun.locator(".card").nth(NEWTON).locator(".effect")
    if tune["frame"] > read(begun, "frame"):
        expect(effect).to_have_text(f"takes effect at t = {tune['time']:.2f}")
    begun.locator("#pause").click()
    wait_drawn(begun)
    expect(effect).to_be_empty()


def test_a_page_that_tunes_goes_on_with_a_run_of_its_own(begun: Page) -> None:
    wait_frame(begun, 10)
    run = read(begun, "run")
    other = spare(begun.context.new_page())
    open_page(other)
    assert read(other, "run") == run
    slider(other).fill("220")
    tune = wait_drawn(other)
    assert read(other, "run") != run == read(begun, "run")
    wait_frame(begun, tune["frame"] + 10)
    assert read(begun, "tunes") == []
    rho = begun.evaluate("lane => flowscope.path(lane).rho", NEWTON)
    assert set(rho) == {0.0}
    other.close()


def test_a_solver_without_a_damping_has_no_slider(begun: Page) -> None:
    assert [begun.locator(".card").nth(k).locator(".slider").count() for k in range(3)] == [0, 1, 1]
    expect(slider(begun)).to_have_attribute("aria-valuetext", "ρ = 0")


def test_a_refused_tune_is_said_and_nothing_stops(begun: Page) -> None:
    set_speed(begun, "16")
    wait_state(begun, "ended")
    held = "(node) => { node.value = 100; node.dispatchEvent(new Event('input', { bubbles: true })); }"
    slider(begun).evaluate(held)  # a hand that had hold of it when the run ended: it is disabled from then on
    expect(begun.locator("#note")).to_contain_text("expected a run that goes on")
    assert read(begun, "state") == "ended"
