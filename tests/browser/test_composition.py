"""Three modules wired on the page: what they promise together stands beside what they do."""

import math
from typing import Any

from playwright.sync_api import Page

from .scope import open_page, read


def composed(page: Page) -> dict[str, Any]:
    page.wait_for_function("() => flowscope.composed?.time")
    return read(page, "composed")


def settled(page: Page, condition: str) -> dict[str, Any]:
    page.wait_for_function(f"() => {{ const found = flowscope.composed; return found?.time && ({condition}); }}")
    return read(page, "composed")


def test_a_person_wires_three_modules_and_sees_the_promised_rate_beside_the_measured(page: Page) -> None:
    open_page(page, "?panels=composition")
    first = composed(page)
    assert 0.99 < first["predicted"] <= first["sampled"]["rate"] + 1e-12, "a series and feedback keep the least rate"
    panel = page.locator("#composition-panel")
    panel.get_by_role("combobox", name="3–1").select_option("y")
    joint = settled(page, "found.state.wires[2].form === 'y'")
    assert joint["predicted"] < first["predicted"] - 0.05, "a joint loss costs some of it"
    assert joint["predicted"] <= joint["seen"]["rate"] + 1e-6
    gain = panel.get_by_role("slider", name="3–1")
    gain.focus()
    gain.press("End")
    wild = settled(page, "found.state.wires[2].gain === 10")
    assert wild["predicted"] < 0 and wild["seen"]["rate"] < 0, "two of them run away together"
    page.wait_for_function(
        "() => document.querySelector('#composition-summary').textContent.includes('predicted: none (−')"
    )


def test_the_line_that_is_promised_lies_over_the_distance(page: Page) -> None:
    open_page(page, "?panels=composition&composition=0.5_1_2_0_s3_k6_y0.2")
    found = composed(page)
    assert found["state"]["rates"] == [0.5, 1, 2]
    for t, distance in zip(found["time"], found["distance"], strict=True):
        assert distance <= found["distance"][0] * math.exp(-found["predicted"] * t) * (1 + 1e-6)


def test_what_was_wired_is_in_the_address(page: Page) -> None:
    open_page(page, "?panels=composition")
    composed(page)
    panel = page.locator("#composition-panel")
    panel.get_by_role("combobox", name="1–2").select_option("k")
    panel.get_by_role("slider", name="λ₂").focus()
    page.keyboard.press("Home")
    page.wait_for_function(
        "() => new URLSearchParams(location.search).get('composition') === '1_0.1_1.5_0.5_k2_k4_n0.5'"
    )
    open_page(page, page.evaluate("location.search"))
    again = composed(page)
    assert again["rates"] == [1, 0.1, 1.5] and again["state"]["wires"][0] == {"form": "k", "gain": 2}


def test_an_assembly_that_cannot_be_read_is_told(page: Page) -> None:
    """What cannot be read is in `frontend/tests/opening.test.mjs`."""
    text = "1_2_99_0.5_s2_k4_n1"
    open_page(page, f"?panels=composition&composition={text}")
    page.wait_for_function("text => document.getElementById('note').textContent.includes(text)", arg=text)
    assert composed(page)["state"]["rates"] == [1, 2, 1.5]
