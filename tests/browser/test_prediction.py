"""Theory's curves on the page: drawn where they apply, with a lamp each, and gone with a hidden solver."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from .conftest import watched
from .scope import open_page, pause, read, set_speed, show, show_end

LINE = "#predictions .prediction[data-id='P1']"


@pytest.fixture(scope="module")
def opened(context: BrowserContext, server: str) -> Iterator[Page]:
    """One page in which the tests choose their demonstrations."""
    with watched(context, server, set()) as page:
        open_page(page, "?preset=segment")
        yield page


def told(page: Page) -> None:
    """Waits for P1 over Gauss–Newton, with points to draw."""
    page.wait_for_function(
        "() => flowscope.predictions.some(({id, lane, points}) => id === 'P1' && lane === 1 && points > 1)"
    )


def test_the_exponential_of_gauss_newton_is_drawn_and_its_lamp_says_holds(opened: Page) -> None:
    set_speed(opened, "2")
    show(opened, "segment")
    told(opened)
    opened.wait_for_function("() => flowscope.drawn.loss[1].points > 100")
    assert {
        (item["column"], item["verdict"], item["until"]) for item in read(opened, "predictions") if item["id"] == "P1"
    } == {("loss", "holds", None)}
    expect(opened.locator(f"{LINE} .lamp")).to_have_attribute("data-verdict", "holds")
    expect(opened.locator(f"{LINE} .verdict")).to_have_text("holds")
    assert "P1 1" in read(opened, "curves")
    title = opened.locator(LINE).get_attribute("title") or ""
    assert "Assumes rank J = N" in title and "Gauss–Newton: holds" in title
    hidden = opened.evaluate(
        "() => [...document.querySelectorAll('.watch')].map(each => each.scrollHeight - each.clientHeight)"
    )
    assert hidden == [0]


def test_a_hidden_solver_takes_its_prediction_along(opened: Page) -> None:
    set_speed(opened, "1")
    show(opened, "segment")
    told(opened)
    pause(opened)
    opened.wait_for_function("() => flowscope.curves.includes('P1 1')")
    opened.keyboard.press("2")
    opened.wait_for_function("() => !flowscope.curves.some(curve => curve.endsWith(' 1'))")
    opened.keyboard.press("2")
    opened.wait_for_function("() => flowscope.curves.includes('P1 1')")


def test_no_prediction_is_told_where_none_applies(page: Page) -> None:
    """The first answer, when nothing can be told yet, is the one that the page keeps getting, however slowly it
    opens.
    """
    answers: list[list[Any]] = []

    def first(route: Route) -> None:
        if not answers:
            answers.append(route.fetch().json())
        route.fulfill(json=answers[0])

    page.route(re.compile("/predictions"), first)
    with page.expect_response(re.compile("/predictions")):
        open_page(page)
    assert answers == [[]]
    expect(page.locator("#predictions .prediction")).to_have_count(0)


def test_a_statement_that_holds_for_a_lane_is_not_struck_out_for_another(opened: Page) -> None:
    """P9 bounds gradient flow to the end; Gauss–Newton lost the rank of J on the way, which is said beside it."""
    show_end(opened, "saddle")
    line = opened.locator(".prediction[data-id=P9]")
    expect(line).to_have_attribute("data-verdict", "holds")
    expect(line.locator(".reason")).to_contain_text("Gauss–Newton: stopped applying at t = 0.693")
