"""Comparisons on the page: the protocol is printed and exported, a race shows its progress, several seeds are drawn as
bands.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import flowscope as fs
import numpy as np
import pyarrow.parquet
import pytest
from playwright.sync_api import Page, expect

from .conftest import PATIENCE
from .scope import open_page, read, wait_state


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


def test_the_page_prints_the_engine_s_own_sentence_of_every_preset(page: Page) -> None:
    open_page(page, "?preset=best-step&speed=16")
    told = page.evaluate(
        """async () => {
          const boot = JSON.parse(document.getElementById('boot').textContent);
          const { protocolSentence } = await import('/assets/text/protocol.mjs');
          return boot.presets.map(({ name, spec }) => [name, protocolSentence({ spec }, boot.text.protocol)]);
        }"""
    )
    assert dict(told) == {preset.name: printed(preset.name) for preset in fs.PRESETS}
    expect(page.locator("#protocol-line")).to_have_text(printed("best-step"))


@pytest.fixture
def saved(page: Page, tmp_path: Path) -> Callable[..., bytes]:
    def save(kind: str, panel: str = "") -> bytes:
        if panel:
            page.locator(f"button.save[data-panel={panel}]").click()
        else:
            page.get_by_role("button", name="Export data, code or a film").click()
        with page.expect_download() as got:
            page.locator(f"[data-export={kind}]" + (f"[data-panel={panel}]" if panel else "")).click()
        got.value.save_as(tmp_path / kind)
        page.keyboard.press("Escape")
        page.locator("[data-export=csv]").wait_for(state="hidden")
        return (tmp_path / kind).read_bytes()

    return save


def test_the_protocol_stands_in_every_export(page: Page, saved: Callable[..., bytes], tmp_path: Path) -> None:
    """PNG, GIF and MP4 carry the caption of the SVG, which the same function writes."""
    open_page(page, "?preset=equal-cost&speed=16")
    wait_state(page, "ended")
    sentence = printed("equal-cost")
    for kind in ("csv", "script", "notebook"):
        assert sentence in saved(kind).decode(), kind
    assert sentence in saved("curves", "loss").decode()
    assert sentence in saved("svg", "stage").decode()
    saved("parquet")
    assert fs.facts(pyarrow.parquet.read_schema(tmp_path / "parquet"))["protocol"] == sentence
    lines = page.evaluate(
        """async () => {
          const boot = JSON.parse(document.getElementById('boot').textContent);
          const { captionLines } = await import('/assets/export/caption.mjs');
          return captionLines({ meta: flowscope.meta, time: 1, units: '', text: boot.text, link: '' });
        }"""
    )
    assert sentence in lines


def test_a_grid_is_tried_and_raced_from_the_page(page: Page) -> None:
    open_page(page, "?preset=same-step&speed=16&panels=loss")
    old = read(page, "run")
    choose(page, "best_step", **{"grid of η": "0.25, 0.45, 0.65", "goal": "1e-3", "steps of each try": "60"})
    page.wait_for_function("old => flowscope.run !== old && flowscope.ready", arg=old, timeout=2 * PATIENCE)
    expect(page.locator("#protocol-line")).to_contain_text("Each at its best η of 0.25, 0.45, 0.65 on ½‖r‖²")
    spec = read(page, "meta.spec")
    asked = fs.BestStep(grid=(0.25, 0.45, 0.65), scale="half", goal=1e-3, steps=60)
    assert spec == fs.race(fs.preset("same-step").spec, asked).model_dump(mode="json")
    assert fs.parse_spec(spec).protocol == asked
    old = read(page, "run")
    choose(page, "equal_cost", budget="40")
    page.wait_for_function("old => flowscope.run !== old && flowscope.ready", arg=old, timeout=2 * PATIENCE)
    assert read(page, "units")["clock"] == "jacobian"
    assert "clock=jacobian" in page.url


def test_a_grid_tells_how_far_it_is_and_is_cancelled(page: Page) -> None:
    open_page(page, "?preset=same-step&speed=16&panels=loss")
    run = read(page, "run")
    choose(page, "best_step", **{"grid of η": "0.001, 0.002, 0.004", "goal": "1e-200", "steps of each try": "10000"})
    told = page.locator("#protocol [role=status]")
    expect(told).to_contain_text("% of the grid, about", timeout=2 * PATIENCE)
    page.locator("#protocol .race").click()
    expect(told).to_have_text("cancelled")
    assert read(page, "run") == run


def test_what_a_protocol_cannot_be_is_told_in_the_server_s_words(page: Page, expected: set[str]) -> None:
    expected |= {
        f"Failed to load resource: the server responded with a status of 422 (Unprocessable {word})"
        for word in ("Entity", "Content")
    }
    open_page(page, "?preset=same-step&speed=16&panels=loss")
    choose(page, "best_step", **{"grid of η": "0.3, 0.2"})
    expect(page.locator("#protocol [role=status]")).to_contain_text(
        "protocol.grid: expected step sizes from small to large"
    )


def quantiles(preset: str, column: str, shares: tuple[float, float, float]) -> Any:
    table = fs.run(fs.preset(preset).spec).to_table()
    seeds = len(fs.preset(preset).spec.seeds)
    rows = [np.array(table.filter(np.array(table["lane"]) == lane)[column]) for lane in range(3 * seeds)]
    return [
        [np.quantile(np.array(rows[s * seeds : (s + 1) * seeds]), share, axis=0) for share in shares] for s in range(3)
    ]


def test_bands_over_seeds_are_numpy_s_quantiles_of_the_rows(page: Page) -> None:
    open_page(page, "?preset=seeds&speed=16&panels=loss")
    wait_state(page, "ended")
    expect(page.locator("#protocol-line")).to_contain_text("Median and quartiles of 12 seeds.")
    expect(page.locator("#protocol")).to_contain_text("one start (0: " + read(page, "meta.record.starts")["0"])
    for band, shares in (("quartiles", (0.25, 0.5, 0.75)), ("range", (0.0, 0.5, 1.0))):
        page.locator("#unit-band").select_option(band)
        page.wait_for_function("() => flowscope.bands('loss')[0].low.length === 241")
        for found, expected in zip(read(page, "bands('loss')"), quantiles("seeds", "excess_loss", shares), strict=True):
            for name, values in zip(("low", "median", "high"), expected, strict=True):
                np.testing.assert_allclose(found[name], values, rtol=1e-12, atol=0)
    assert "band=range" in page.url
    banded = page.evaluate("() => document.querySelector('canvas[data-layer=loss]').toDataURL()")
    page.locator("#unit-band").select_option("seeds")
    expect(page.locator("#protocol-line")).not_to_contain_text("12 seeds")
    page.wait_for_function("old => document.querySelector('canvas[data-layer=loss]').toDataURL() !== old", arg=banded)
    open_page(page, "?preset=seeds&band=median")
    expect(page.locator("#note")).to_contain_text("the band “median”")
