"""Comparisons on the page: the protocol is printed and exported, a race shows its progress, several seeds are drawn as
bands.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import flowscope as fs
import numpy as np
import pyarrow.parquet
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .conftest import PATIENCE, watched
from .scope import open_page, read, show, show_end


@pytest.fixture(scope="module")
def opened(context: BrowserContext, server: str, admitted: set[str]) -> Iterator[Page]:
    """One page in which the tests of this file choose their comparisons."""
    with watched(context, server, admitted) as page:
        open_page(page, "?preset=same-step&speed=16&panels=loss")
        yield page


def printed(preset: str) -> str:
    spec = fs.preset(preset).spec
    return spec.protocol.sentence(spec.horizon)


def choose(page: Page, kind: str, **fields: str) -> None:
    """Fills the form of the protocol, as a person does."""
    form = page.locator("#protocol")
    if form.get_attribute("open") is None:
        form.locator("summary").click()
    form.get_by_label("Protocol", exact=True).select_option(kind)
    for label, value in fields.items():
        form.get_by_label(label).fill(value)
    form.locator(".race").click()


def test_the_page_prints_the_engine_s_own_sentence_of_every_preset(opened: Page) -> None:
    show(opened, "best-step")
    told = opened.evaluate(
        """async () => {
          const boot = JSON.parse(document.getElementById('boot').textContent);
          const { protocolSentence } = await import('/assets/text/protocol.mjs');
          return boot.presets.map(({ name, spec }) => [name, protocolSentence({ spec }, boot.text.protocol)]);
        }"""
    )
    assert dict(told) == {preset.name: printed(preset.name) for preset in fs.PRESETS}
    expect(opened.locator("#protocol-line")).to_have_text(printed("best-step"))


@pytest.fixture
def saved(opened: Page, tmp_path: Path) -> Callable[..., bytes]:
    def save(kind: str, panel: str = "") -> bytes:
        if panel:
            opened.locator(f"button.save[data-panel={panel}]").click()
        else:
            opened.get_by_role("button", name="Export data, code or a film").click()
        with opened.expect_download() as got:
            opened.locator(f"[data-export={kind}]" + (f"[data-panel={panel}]" if panel else "")).click()
        got.value.save_as(tmp_path / kind)
        opened.keyboard.press("Escape")
        opened.locator("[data-export=csv]").wait_for(state="hidden")
        return (tmp_path / kind).read_bytes()

    return save


def test_the_protocol_stands_in_every_export(opened: Page, saved: Callable[..., bytes], tmp_path: Path) -> None:
    """PNG, GIF and MP4 carry the caption of the SVG, which the same function writes."""
    show_end(opened, "equal-cost")
    sentence = printed("equal-cost")
    for kind in ("csv", "script", "notebook"):
        assert sentence in saved(kind).decode(), kind
    assert sentence in saved("curves", "loss").decode()
    assert sentence in saved("svg", "stage").decode()
    saved("parquet")
    assert fs.facts(pyarrow.parquet.read_schema(tmp_path / "parquet"))["protocol"] == sentence
    lines = opened.evaluate(
        """async () => {
          const boot = JSON.parse(document.getElementById('boot').textContent);
          const { captionLines } = await import('/assets/export/caption.mjs');
          return captionLines({ meta: flowscope.meta, time: 1, units: '', text: boot.text, link: '' });
        }"""
    )
    assert sentence in lines


def test_a_grid_is_tried_and_raced_from_the_page(opened: Page) -> None:
    show(opened, "same-step")
    old = read(opened, "session")
    choose(opened, "best_step", **{"grid of η": "0.25, 0.45, 0.65", "goal": "1e-3", "steps of each try": "60"})
    opened.wait_for_function("old => flowscope.session !== old && flowscope.ready", arg=old, timeout=2 * PATIENCE)
    expect(opened.locator("#protocol-line")).to_contain_text("Each at its best η of 0.25, 0.45, 0.65 on ½‖r‖²")
    spec = read(opened, "meta.spec")
    asked = fs.BestStep(grid=(0.25, 0.45, 0.65), scale="half", goal=1e-3, steps=60)
    assert spec == fs.race(fs.preset("same-step").spec, asked).model_dump(mode="json")
    assert fs.parse_spec(spec).protocol == asked
    old = read(opened, "session")
    choose(opened, "equal_cost", budget="40")
    opened.wait_for_function("old => flowscope.session !== old && flowscope.ready", arg=old, timeout=2 * PATIENCE)
    assert read(opened, "units")["clock"] == "jacobian"
    assert "clock=jacobian" in opened.url


def test_a_grid_tells_how_far_it_is_and_is_cancelled(opened: Page) -> None:
    show(opened, "same-step")
    run = read(opened, "run")
    choose(opened, "best_step", **{"grid of η": "0.001, 0.002, 0.004", "goal": "1e-200", "steps of each try": "10000"})
    told = opened.locator("#protocol [role=status]")
    expect(told).to_contain_text("% of the grid, about", timeout=2 * PATIENCE)
    opened.locator("#protocol .race").click()
    expect(told).to_have_text("cancelled")
    assert read(opened, "run") == run


def test_what_a_protocol_cannot_be_is_told_in_the_server_s_words(opened: Page, expected: set[str]) -> None:
    expected |= {
        f"Failed to load resource: the server responded with a status of 422 (Unprocessable {word})"
        for word in ("Entity", "Content")
    }
    show(opened, "same-step")
    choose(opened, "best_step", **{"grid of η": "0.3, 0.2"})
    expect(opened.locator("#protocol [role=status]")).to_contain_text(
        "protocol.grid: expected step sizes from small to large"
    )


def quantiles(preset: str, column: str, shares: tuple[float, float, float]) -> Any:
    table = fs.run(fs.preset(preset).spec).to_table()
    seeds = len(fs.preset(preset).spec.seeds)
    rows = [np.array(table.filter(np.array(table["lane"]) == lane)[column]) for lane in range(3 * seeds)]
    return [
        [np.quantile(np.array(rows[s * seeds : (s + 1) * seeds]), share, axis=0) for share in shares] for s in range(3)
    ]


def test_bands_over_seeds_are_numpy_s_quantiles_of_the_rows(opened: Page) -> None:
    show_end(opened, "seeds")
    expect(opened.locator("#protocol-line")).to_contain_text("Median and quartiles of 12 seeds.")
    expect(opened.locator("#protocol")).to_contain_text("one start (0: " + read(opened, "meta.record.starts")["0"])
    least = None
    for band, shares in (("quartiles", (0.25, 0.5, 0.75)), ("range", (0.0, 0.5, 1.0))):
        opened.locator("#unit-band").select_option(band)
        opened.wait_for_function(
            "least => { const { low } = flowscope.bands('loss')[0]; return low.length === 241 && low[9] !== least; }",
            arg=least,
        )
        least = opened.evaluate("() => flowscope.bands('loss')[0].low[9]")
        for found, expected in zip(
            read(opened, "bands('loss')"), quantiles("seeds", "excess_loss", shares), strict=True
        ):
            for name, values in zip(("low", "median", "high"), expected, strict=True):
                np.testing.assert_allclose(found[name], values, rtol=1e-12, atol=0)
    assert "band=range" in opened.url
    banded = opened.evaluate("() => document.querySelector('canvas[data-layer=loss]').toDataURL()")
    opened.locator("#unit-band").select_option("seeds")
    expect(opened.locator("#protocol-line")).not_to_contain_text("12 seeds")
    opened.wait_for_function("old => document.querySelector('canvas[data-layer=loss]').toDataURL() !== old", arg=banded)
    opened.locator("#unit-band").select_option("quartiles")


def test_a_band_that_there_is_not_is_named_when_a_link_asks_for_it(page: Page) -> None:
    open_page(page, "?preset=seeds&band=median")
    expect(page.locator("#note")).to_contain_text("the band “median”")
