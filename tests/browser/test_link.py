"""Links: the whole state, what they cannot restore, specs too long for them, locks, and specs as files."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import flowscope as fs
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .conftest import PATIENCE, watched
from .scope import open_page, read, show

REFUSED = {
    "Failed to load resource: the server responded with a status of 422 (Unprocessable Entity)",
    "Failed to load resource: the server responded with a status of 422 (Unprocessable Content)",
}


@pytest.fixture(scope="module")
def opened(context: BrowserContext, server: str) -> Iterator[Page]:
    with watched(context, server, set()) as page:
        open_page(page, "?preset=dampings")
        yield page


@pytest.fixture(scope="module")
def vain(context: BrowserContext, server: str) -> Iterator[Page]:
    """The page of a link that names several things in vain."""
    with watched(context, server, set()) as page:
        open_page(page, "?preset=riemannian-flow&layers=zzz.spheres&lesson=nope&step=-1&tunes=1_2")
        yield page


def copied(page: Page) -> str:
    page.get_by_role("button", name="Copy a link").click()
    page.wait_for_function("() => document.getElementById('note').textContent.startsWith('Link copied')")
    return page.evaluate("() => navigator.clipboard.readText()")


def test_a_link_is_versioned(opened: Page) -> None:
    assert "v=1" in copied(opened)


def test_a_link_says_what_it_could_not_restore(page: Page) -> None:
    open_page(page, "?v=7&preset=nowhere&panels=loss.gone&speed=3&lock=edit.moon&spec=%25&zoom=2&lesson=none&hide=x")
    note = page.locator("#note")
    for what in (
        "version 7",
        "“nowhere”",
        "the panel “gone”",
        "speed “3”",
        "lock “moon”",
        "its spec",
        "entry “zoom”",
        "lesson “none”",
        "“x”",
    ):
        expect(note).to_contain_text(what)
    assert note.inner_text().count(".") == 1
    assert list(read(page, "drawn")) == ["stage", "loss"]
    expect(page.locator("#locked")).to_have_text("Locked view")


@pytest.mark.parametrize("said", ["the layer “zzz”", "step “-1” of the lesson", "ρ as it was set by hand (“1_2”)"])
def test_what_a_link_names_in_vain_is_told_and_leaves_the_address(vain: Page, said: str) -> None:
    expect(vain.locator("#note")).to_contain_text(said)
    assert not any(each in vain.url for each in ("zzz", "step=", "tunes="))


def test_an_id_that_looks_like_a_path_is_no_run(page: Page, expected: set[str]) -> None:
    expected.add("Failed to load resource: the server responded with a status of 404 (Not Found)")
    page.goto("/?run=../../etc/passwd")
    expect(page.locator("#note")).to_contain_text("This server has no run “../../etc/passwd”")


def test_a_link_brings_back_what_was_set_by_hand(page: Page) -> None:
    open_page(page, "?theme=light")
    page.wait_for_function("() => flowscope.frame >= 10")
    page.locator(".tuner input").nth(1).focus()
    page.keyboard.press("End")
    page.wait_for_function("() => location.search.includes('tunes=')")
    link = copied(page)
    title = page.locator("#preset").get_attribute("placeholder")
    open_page(page, link.partition("/?")[2] and f"?{link.partition('/?')[2]}")
    (tune,) = read(page, "meta.spec.tunes")
    assert (tune["solver"], tune["rho"]) == (2, 1.0)
    assert page.locator("#preset").get_attribute("placeholder") == title


def test_what_is_set_by_hand_in_vain_leaves_the_preset(page: Page, expected: set[str]) -> None:
    expected |= REFUSED
    open_page(page, "?tunes=100_9_0.5")
    expect(page.locator("#note")).to_have_text("tunes.0.solver: expected one of the 3 solvers, counted from 0, came 9")
    assert "tunes=" not in page.url


def test_a_spec_that_the_engine_refuses_is_told_in_its_words(page: Page, expected: set[str]) -> None:
    expected |= REFUSED
    spec = {**fs.PRESETS[0].spec.model_dump(mode="json"), "sorcery": 1}
    open_page(page, "?spec=" + base64.urlsafe_b64encode(json.dumps(spec).encode()).decode().rstrip("="))
    expect(page.locator("#note")).to_have_text("sorcery: expected no such field, came 1")


def test_a_spec_too_long_for_an_address_is_told_by_its_run(opened: Page, tmp_path: Path) -> None:
    page = opened
    show(page, "own-data")
    rows = "".join(f"{i},{i * i % 7},{i % 11},{i % 3}\n" for i in range(700))
    spec = read(page, "meta.spec")
    spec["problem"]["csv"] = "x1,x2,x3,y\n" + rows
    spec["solvers"], spec["horizon"], spec["interval"] = spec["solvers"][:1], 0.1, 0.05
    spec["network"]["widths"][0] = 3
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(spec), encoding="utf-8")
    old = read(page, "session")
    page.get_by_role("tab", name="Edit").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Open a spec file").click()
    chooser.value.set_files(str(file))
    page.wait_for_function("old => flowscope.session !== old && flowscope.ready", arg=old)
    link = copied(page)
    assert f"run={read(page, 'run')}" in link
    assert "spec=" not in link
    expect(page.locator("#note")).to_contain_text("as long as the server keeps it")
    with page.expect_download() as saved:
        page.locator("#note button").click()
    assert json.loads(saved.value.path().read_text(encoding="utf-8")) == spec
    run = read(page, "run")
    page.goto("about:blank")  # leaving the page leaves the run
    page.goto(link)
    page.wait_for_function("() => window.flowscope?.ready")
    assert read(page, "run") == run
    assert read(page, "meta.samples") == 700


def drop(page: Page, name: str, text: str) -> None:
    page.evaluate(
        """([name, text]) => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([text], name));
          document.getElementById('stage').dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true,
            cancelable: true }));
        }""",
        [name, text],
    )


def test_a_dropped_spec_is_run_and_what_is_none_is_told(opened: Page) -> None:
    page = opened
    show(page, "dampings")
    spec = {**read(page, "meta.spec"), "title": "Dropped"}
    drop(page, "notes.txt", "no spec")
    expect(page.locator("#note")).to_have_text("notes.txt: expected a spec in JSON, came something else.")
    drop(page, "spec.json", json.dumps(spec))
    page.wait_for_function("() => flowscope.ready && flowscope.meta.spec.title === 'Dropped'")
    assert "spec=" in page.url


def test_a_locked_view_hides_its_controls_and_stays_locked_in_its_links(page: Page) -> None:
    open_page(page, "?preset=dampings&lock=edit.preset.panels.solvers")
    for gone in (page.locator("#edit-tab"), page.locator("#panels-menu"), page.locator(".switch").first):
        expect(gone).to_be_hidden()
    expect(page.get_by_role("textbox", name="Choose a demonstration")).to_be_disabled()
    expect(page.locator("#locked")).to_have_attribute(
        "title",
        "Whoever made this link has locked: the choice of a demonstration, editing, the panels, showing and "
        "hiding solvers.",
    )
    page.keyboard.press("1")
    assert read(page, "hidden") == []
    run = read(page, "run")
    drop(page, "spec.json", json.dumps({**read(page, "meta.spec"), "title": "Smuggled"}))
    assert read(page, "run") == run
    link = copied(page)
    assert "lock=edit.preset.panels.solvers" in link
    page.goto(link)
    page.wait_for_function("() => window.flowscope?.ready")
    expect(page.locator("#edit-tab")).to_be_hidden()


def test_lock_all_leaves_watching(page: Page) -> None:
    open_page(page, "?lesson=rank-loss&step=1&lock=all")
    for gone in ("#edit-tab", "#panels-menu", "#lessons-menu", ".units-choice", ".speed", ".leave"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.locator(".lesson .hint")).to_contain_text("The run waits", timeout=PATIENCE)
    page.keyboard.press("b")
    expect(page.locator(".answer")).to_contain_text("As you predicted.", timeout=PATIENCE)
    page.get_by_role("button", name="Next step").click()
    page.wait_for_function("() => location.search.includes('step=2') && location.search.includes('lock=all')")
    page.wait_for_function("() => flowscope.ready && flowscope.meta.spec.title.startsWith('Past the saddle')")


def test_the_address_round_trips_and_a_broken_one_opens_the_default(page: Page, server: str) -> None:
    page.goto("/api/health")  # a document of the server without the page in it
    found = page.evaluate("""async () => {
      const m = await import('/assets/stream/address.mjs');
      const spec = {title: 'ρ → 0', solvers: [{name: 'α'}]};
      m.writeAddress({preset: 'pair', spec, hide: new Set([2, 0]), theme: 'dark', speed: 4});
      const back = m.readAddress();
      return [back.preset, back.spec, [...back.hide], back.theme, back.speed, m.readAddress('?spec=%%%&speed=2')];
    }""")
    spec = {"title": "ρ → 0", "solvers": [{"name": "α"}]}
    assert found == ["pair", spec, [0, 2], "dark", 4, {"lost": [["spec", "%%%"]], "speed": 2}]
