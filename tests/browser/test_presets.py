"""Every preset is shown by the page: each panel draws its lanes or says why it cannot, and the console stays silent."""

import json

import pytest
from flowscope_ui.layout import PANELS
from playwright.sync_api import ConsoleMessage, Page
from playwright.sync_api import TimeoutError as Late

from .conftest import DRIVER
from .scope import open_page

CHOOSE = "name => window.dash_clientside.set_props('preset', { value: name })"
MISSING = """panels => panels.filter((panel) => {
  const seen = flowscope.drawn[panel] ?? [];
  const drawn = seen.filter(({ points }) => points >= 1).length >= (panel === 'pair' ? Math.min(2,
    seen.length) : seen.length);
  return !document.getElementById(panel).dataset.empty && !(seen.length === flowscope.meta.lanes.length && drawn);
})"""
SHOWN = f"""({{ title, panels }}) => flowscope.ready && flowscope.meta.spec.title === title && flowscope.frame >= 1
  && ({MISSING})(panels).length === 0"""
PATIENCE = 30_000  # ms for one preset: a testbed trains its autoencoder first


@pytest.mark.long
def test_every_preset_is_shown_in_every_panel_without_a_complaint(page: Page) -> None:
    """One page walks through all; what goes wrong is told with the preset it went wrong at."""
    wrong: dict[str, list[str]] = {}
    at = [""]

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and DRIVER not in message.text:
            wrong.setdefault(at[0], []).append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: wrong.setdefault(at[0], []).append(str(error)))
    page.goto("/")
    boot = json.loads(page.locator("#boot").text_content() or "")
    assert len(boot["presets"]) > 40
    panels = [
        "stage",
        *(panel for panel in PANELS if panel != "composition"),
    ]  # which draws no run: test_composition.py
    open_page(page, f"?panels={'.'.join(PANELS)}&speed=16&preset={boot['presets'][-1]['name']}")
    for preset in boot["presets"]:
        at[0] = preset["name"]
        page.evaluate(CHOOSE, preset["name"])
        try:
            page.wait_for_function(
                SHOWN, arg={"title": preset["spec"]["title"], "panels": panels}, timeout=2 * PATIENCE
            )
        except Late:
            wrong.setdefault(at[0], []).append(f"not drawn: {page.evaluate(MISSING, panels)}")
    assert wrong == {}
