"""Units: measured curves, predictions, marks and words change together, and a factor that is wrong on one side is
seen.
"""

import math
import re
from collections.abc import Iterator

import pytest
from flowscope_ui.layout import SHOWN
from playwright.sync_api import BrowserContext, Page, expect

from .conftest import watched
from .scope import arrange, open_page, pixels, read, set_speed, show, unfold

AGREED = 1e-4
"""P1's tolerance: what the measured loss may depart from its law."""


@pytest.fixture(scope="module")
def opened(context: BrowserContext, server: str) -> Iterator[Page]:
    """The page at the greatest speed, one for the tests that choose only the run."""
    with watched(context, server, set()) as page:
        open_page(page, "?preset=segment&speed=16")
        yield page


def begin(page: Page, preset: str, speed: str = "16") -> None:
    """Begins a demonstration at a speed."""
    set_speed(page, speed)
    show(page, preset)


def settled(page: Page) -> None:
    """Waits until P1 was told over Gauss–Newton in the units shown."""
    page.wait_for_function(
        "() => flowscope.predictions.some(({id, points}) => id === 'P1' && points > 100) && flowscope.state === 'ended'"
        " && flowscope.settled"
    )


def formula(page: Page, name: str) -> str:
    return next(item["formula"] for item in read(page, "predictions") if item["id"] == name)


def test_changing_units_moves_curve_and_prediction_together(opened: Page) -> None:
    page = opened
    begin(page, "segment")
    settled(page)
    before = read(page, "units")
    first = pixels(page, "loss")
    assert 0 < read(page, "departure") < AGREED
    assert formula(page, "P1") == "L_{0} e^{−2t}"
    for unit, value in (("clock", "s"), ("loss", "outputs")):
        page.locator(f"#unit-{unit}").select_option(value)
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        settled(page)  # what was told in the units before is forgotten with the next frame
    assert read(page, "units") == {"loss": "outputs", "clock": "s"}
    assert 0 < read(page, "departure") < AGREED
    assert formula(page, "P1") == "C_{0} e^{−2s/n}"
    expect(page.locator("#loss-units")).to_have_text("C = ‖f − y‖²/2N")
    expect(page.locator("#clock")).to_have_text("s = 36.00")  # six samples, horizon 6
    expect(page.locator("#loss .xtitle")).to_contain_text("Chen's time")
    assert pixels(page, "loss") != first
    address = page.url
    assert "clock=s" in address and "loss=outputs" in address
    page.reload()
    page.wait_for_function("() => window.flowscope?.ready")
    assert page.url == address and read(page, "units") == {"loss": "outputs", "clock": "s"}
    for unit, value in before.items():
        page.locator(f"#unit-{unit}").select_option(value)


@pytest.mark.parametrize("part", ["losses", "clocks"])
def test_a_factor_that_is_wrong_on_the_page_parts_it_from_theory(page: Page, part: str) -> None:
    page.add_init_script(
        "const parse = JSON.parse; JSON.parse = (text, ...rest) => { const value = parse(text, ...rest);"
        f" if (value?.conventions?.{part}) value.conventions.{part}[1].samples = 0; return value; }};"
    )
    open_page(page, "?preset=segment&speed=16&loss=sum&clock=s")
    settled(page)
    assert read(page, "departure") > 0.1


def test_the_stopping_time_is_marked_in_advance_and_measured_when_it_is_reached(opened: Page) -> None:
    page = opened
    page.locator("#unit-share").select_option("0.01")
    begin(page, "segment", "0.5")
    line = page.locator("#predictions .prediction[data-id='P3']")
    expect(line.locator(".reason")).to_have_text(f"tε = {0.5 * math.log(100):.4g}")
    assert read(page, "predictions")[0]["until"] is None
    assert page.evaluate("() => Math.max(...flowscope.path(1).time)") < 2.3
    page.locator("#speed").get_by_text("16", exact=True).click()
    expect(line).to_have_attribute("data-verdict", "holds")
    expect(line.locator(".reason")).to_contain_text("= 1.00000")
    page.locator("#unit-share").select_option("0.0001")
    expect(line.locator(".reason")).to_contain_text("tε = 4.605")
    assert "share" not in page.url  # the default


def test_a_prediction_that_stops_applying_says_when_and_why(opened: Page) -> None:
    page = opened
    begin(page, "saddle")
    line = page.locator("#predictions .prediction[data-id='P1']")
    expect(line).to_have_attribute("data-verdict", "does-not-apply")
    expect(line.locator(".reason")).to_contain_text("stopped applying at t = 0.693: J lost its rank")


@pytest.mark.parametrize(
    ("preset", "panel", "name"),
    [("segment", "deviation", "P2"), ("contraction", "contraction", "P12"), ("segment", "gradient", "P14")],
)
def test_a_prediction_opens_the_panel_of_what_it_speaks_of(opened: Page, preset: str, panel: str, name: str) -> None:
    page = opened
    begin(page, preset)
    page.wait_for_function("() => flowscope.state === 'ended'")
    line = page.locator(f"#predictions .prediction[data-id='{name}']")
    expect(line).to_have_attribute("data-verdict", "holds")
    page.wait_for_function("() => flowscope.settled")
    line.click()
    expect(page.locator(f"#{panel}-panel")).to_be_visible()
    page.wait_for_function("panel => flowscope.drawn[panel]?.some(lane => lane.points)", arg=panel)
    assert re.search(rf"panels=[^&]*{panel}", page.url)


def test_a_press_on_a_prediction_outlasts_the_news_of_it(opened: Page) -> None:
    page = opened
    arrange(page, *SHOWN)
    begin(page, "segment", "0.5")
    line = page.locator("#predictions .prediction[data-id='P2']")
    expect(line.locator(".claim")).to_be_visible()
    line.hover()
    page.mouse.down()
    with page.expect_response("**/predictions?**"):
        pass
    page.wait_for_function("() => flowscope.rows > 0 && !document.querySelector('#deviation-panel:not([hidden])')")
    page.mouse.up()
    expect(page.locator("#deviation-panel")).to_be_visible()


def test_a_run_with_relu_carries_a_caution(opened: Page) -> None:
    page = opened
    show(page, "chattering")
    expect(page.locator("#caution")).to_contain_text("refining the step does not help")
    expect(page.locator("#caution a")).to_have_count(0)  # it is the preset that shows it
    show(page, "segment")
    expect(page.locator("#caution")).to_be_empty()


def test_methods_for_matrices_are_disabled_where_there_is_none(opened: Page) -> None:
    page = opened
    begin(page, "riemannian-flow")
    page.get_by_role("tab", name="Edit").click()
    page.locator(".editor").wait_for()
    page.get_by_role("button", name="+ Optimizer").click()
    expect(page.locator(".item")).to_have_count(4)  # the form is drawn anew
    page.get_by_role("button", name="Solvers", exact=True).click()
    expect(page.locator(".item .why")).to_contain_text("acts on weight matrices and this network has none")
    method = page.locator(".item").last.get_by_role("textbox", name="Optimizer", exact=True)
    unfold(page, method)
    for name in ("muon", "soap"):  # the list may have been scrolled out of sight
        expect(page.locator(f"[role=option][value={name}]")).to_have_attribute("data-combobox-disabled", "true")
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Watch").click()
