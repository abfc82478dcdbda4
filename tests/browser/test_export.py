"""Everything that leaves the page, opened by somebody else's program and compared with the run."""

import base64
import csv
import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import flowscope as fs
import nbformat
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from flowscope_ui.layout import PANELS
from PIL import Image
from playwright.sync_api import BrowserContext, Page, Request

from .conftest import watched
from .scope import open_page, show, show_end, wait_state

SVG = "{http://www.w3.org/2000/svg}"
FRAMES = 101
Download = Callable[..., Path]


def brief() -> dict[str, Any]:
    """The first preset, short."""
    value = fs.PRESETS[0].spec.model_dump(mode="json")
    return {**value, "horizon": (FRAMES - 1) * value["interval"]}


def link(spec: dict[str, Any]) -> str:
    return "?spec=" + base64.urlsafe_b64encode(json.dumps(spec).encode()).decode().rstrip("=")


@pytest.fixture(scope="module")
def opened(context: BrowserContext, server: str) -> Iterator[Page]:
    """The page at the end of a short run, one for all tests that only ask it for files."""
    with watched(context, server, set()) as page:
        open_page(page, link(brief()) + "&speed=4")
        wait_state(page, "ended")
        yield page


@pytest.fixture(scope="module")
def deck(context: BrowserContext, server: str) -> Iterator[Page]:
    """The page with every panel, in which demonstrations are chosen."""
    with watched(context, server, set()) as page:
        open_page(page, f"?preset=conditions-near&panels={'.'.join(PANELS)}&speed=16")
        yield page


@pytest.fixture(scope="module")
def asked() -> list[str]:
    """What `poor` has asked for when it has opened."""
    return []


@pytest.fixture(scope="module")
def poor(context: BrowserContext, server: str, asked: list[str]) -> Iterator[Page]:
    """The page in a browser without a video encoder."""
    with watched(context, server, set()) as page:
        page.add_init_script("delete window.VideoEncoder")

        def hear(request: Request) -> None:
            asked.append(request.url)

        page.on("request", hear)
        open_page(page, link(brief()))
        page.remove_listener("request", hear)
        yield page


@pytest.fixture
def save(opened: Page, tmp_path: Path) -> Download:
    """Asks for a file by the menus, as a person does; of a panel, or of the run."""

    def ask(kind: str, panel: str = "") -> Path:
        if panel:
            opened.locator(f"button.save[data-panel={panel}]").click()
        else:
            opened.get_by_role("button", name="Export data, code or a film").click()
        with opened.expect_download() as got:
            opened.locator(f"[data-export={kind}]" + (f"[data-panel={panel}]" if panel else "")).click()
        path = tmp_path / got.value.suggested_filename
        got.value.save_as(path)
        opened.keyboard.press("Escape")
        opened.locator("[data-export=csv]").wait_for(state="hidden")
        return path

    return ask


@pytest.fixture(scope="module")
def table() -> pa.Table:
    """The engine's own rows."""
    return fs.run(fs.parse_spec(brief())).to_table()


@pytest.mark.parametrize("panel", ["stage", "loss", "eigenvalues", "rho"])
def test_a_panel_is_saved_as_png_svg_and_csv(opened: Page, save: Download, panel: str) -> None:
    place = opened.locator(f"#{panel}").bounding_box()
    assert place
    with Image.open(save("png", panel)) as picture:
        assert (
            picture.format == "PNG"
            and picture.width == 2 * round(place["width"])
            and picture.height > 2 * place["height"] + 80
        )
        assert len(picture.convert("RGB").resize((200, 150)).getcolors(30_000) or []) > 50
    root = ET.parse(save("svg", panel)).getroot()
    words = "".join(root.itertext())
    assert brief()["title"] in words and "t = 4.00" in words and "Dormand–Prince 5(4), rtol 1e-9" in words
    assert root.findtext(f"{SVG}desc", "").endswith(opened.url)
    assert (root.find(f"{SVG}image") is not None) == (panel == "stage")  # the sheet, and nothing else, is pixels
    curves = [
        line
        for line in root.iter(f"{SVG}path")
        if line.get("d", "").count("L") > 30 and line.get("stroke", "none") != "none"
    ]
    assert set(opened.evaluate(COLORS)) <= {line.get("stroke") for line in curves}


def test_every_panel_of_the_deck_is_saved_as_png_and_svg(deck: Page, tmp_path: Path) -> None:
    """Of a movement, which has something to draw in most of them."""
    page = deck
    show_end(page, "conditions-near")
    for panel in PANELS:
        title = page.locator(f"#{panel}-title").text_content() or ""
        for kind in ("png", "svg"):
            page.locator(f"button.save[data-panel={panel}]").click()
            with page.expect_download() as got:
                page.locator(f"[data-export={kind}][data-panel={panel}]").click()
            path = tmp_path / f"{panel}.{kind}"
            got.value.save_as(path)
        with Image.open(tmp_path / f"{panel}.png") as picture:
            assert len(picture.convert("RGB").resize((200, 150)).getcolors(30_000) or []) > 20, panel
        root = ET.parse(tmp_path / f"{panel}.svg").getroot()
        words = "".join(root.itertext())
        assert title in words and root.findtext(f"{SVG}desc", "").endswith(page.url), panel
        assert len(list(root.iter(f"{SVG}text"))) > 3, panel


COLORS = """async () => {
  const [palette, style] = await Promise.all([import('/assets/canvas/palette.mjs'),
    import('/assets/canvas/style.mjs')]);
  return [0, 1, 2].map((solver) => style.stylesOf(flowscope.meta.spec.solvers, palette.currentScheme())[solver].color);
}"""


def rows_of(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    notes = [line for line in lines if line.startswith("# ")]
    return notes, list(csv.DictReader(lines[len(notes) :]))


def test_a_panel_s_curves_are_the_run_s_rows(opened: Page, save: Download, table: pa.Table) -> None:
    lane = table.filter(np.array(table["lane"]) == 1)
    notes, rows = rows_of(save("curves", "loss"))
    assert notes[0].startswith("# Excess loss") and notes[-1].endswith(opened.url.replace("_", "%5F"))
    mine = [row for row in rows if row["curve"] == "Gauss–Newton"]
    assert [float(row["t"]) for row in mine] == lane["time"].to_pylist()
    assert [float(row["loss"]) for row in mine] == lane["excess_loss"].to_pylist()
    _, rows = rows_of(save("curves", "stage"))
    outputs = [[float(row[f"f{i}"]) for i in (1, 2, 3)] for row in rows if row["curve"] == "Gauss–Newton"]
    assert outputs == lane["outputs"].to_pylist()
    _, rows = rows_of(save("curves", "eigenvalues"))
    assert {row["curve"] for row in rows} >= {"Gauss–Newton λ₁", "Gauss–Newton λ₂"}


def test_a_stage_without_a_sheet_is_saved_with_theory_beside_the_loss(deck: Page, tmp_path: Path) -> None:
    page = deck
    show(page, "segment")
    page.wait_for_function("() => flowscope.curves.length > 0")
    paths = []
    for kind, panel in (("svg", "stage"), ("curves", "stage"), ("curves", "loss")):
        page.locator(f"button.save[data-panel={panel}]").click()
        with page.expect_download() as got:
            page.locator(f"[data-export={kind}][data-panel={panel}]").click()
        paths.append(tmp_path / f"{kind}-{panel}")
        got.value.save_as(paths[-1])
    assert len(list(ET.parse(paths[0]).getroot().iter(f"{SVG}path"))) > 10
    assert rows_of(paths[1])[1][-1]["curve"] == "target y"
    assert any(row["curve"].startswith("P") for row in rows_of(paths[2])[1])


def test_the_rows_of_the_run_are_the_engine_s(save: Download, table: pa.Table) -> None:
    plain = table.drop_columns(["wall_seconds"]).replace_schema_metadata(None).combine_chunks()
    parquet = pyarrow.parquet.read_table(save("parquet"))
    with pa.ipc.open_stream(save("arrow")) as reader:
        arrow = reader.read_all()
    for back in (parquet, arrow):
        assert fs.facts(back.schema)["spec"] == brief()
        assert back.drop_columns(["wall_seconds"]).replace_schema_metadata(None).combine_chunks().equals(plain)
    text = save("csv").read_bytes()
    back = pyarrow.csv.read_csv(io.BytesIO(text), read_options=pyarrow.csv.ReadOptions(skip_rows=1))
    assert back["excess_loss"].to_pylist() == table["excess_loss"].to_pylist()


def test_the_script_and_the_notebook_hold_the_run_s_spec(save: Download, table: pa.Table) -> None:
    """That their numbers are the run's is shown in tests/server/test_script.py, with the same texts."""
    script = save("script").read_text(encoding="utf-8")
    notebook = nbformat.read(save("notebook"), as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell in script for cell in code)
    names: dict[str, Any] = {}
    for cell in code[:2]:
        exec(compile(cell, "cell", "exec"), names)
    assert names["table"]["excess_loss"].equals(table["excess_loss"])


def choose_length(page: Page, label: str) -> None:
    page.get_by_role("button", name="Export data, code or a film").click()
    page.locator("#film-seconds").get_by_text(label, exact=True).click()
    page.keyboard.press("Escape")
    page.locator("#film-seconds").wait_for(state="hidden")  # a press on a menu that closes is none


def test_a_gif_shows_the_run_from_its_start_to_its_end(opened: Page, save: Download) -> None:
    choose_length(opened, "5 s")
    with Image.open(save("gif")) as film:
        assert film.size == (960, 540) and film.info["loop"] == 0
        frames = getattr(film, "n_frames")  # noqa: B009
        assert 55 <= frames <= 63
        stills = []
        seconds = 0.0
        for k in range(frames):
            film.seek(k)
            seconds += film.info["duration"] / 1000
            if k in (0, frames // 2, frames - 1):
                stills.append(np.asarray(film.convert("RGB"), dtype=float))
    assert 5.5 <= seconds <= 7.0  # and 1.5 s at the end
    assert all(np.abs(a - b).mean() > 0.3 for a, b in pairwise(stills))


PLAY = """async ([data, wanted]) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const src = URL.createObjectURL(new Blob([bytes], { type: 'video/mp4' }));
  const video = Object.assign(document.createElement('video'), { muted: true, src });
  await new Promise((resolve, reject) => { video.onloadeddata = resolve;
  video.onerror = () => reject(new Error(video.error.message)); });
  const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const stills = [];
  for (const time of wanted) {
    video.currentTime = time;
    await new Promise((resolve) => { video.onseeked = resolve; });
    context.drawImage(video, 0, 0, 64, 36);
    stills.push(Array.from(context.getImageData(0, 0, 64, 36).data));
  }
  return { width: video.videoWidth, height: video.videoHeight, duration: video.duration, stills };
}"""


def test_an_mp4_plays_in_a_browser(opened: Page, save: Download) -> None:
    choose_length(opened, "5 s")
    data = save("mp4").read_bytes()
    assert data[4:8] == b"ftyp"
    told = opened.evaluate(PLAY, [base64.b64encode(data).decode(), [0.0, 2.5, 4.9]])
    assert (told["width"], told["height"]) == (1280, 720)
    assert told["duration"] == pytest.approx(5.0, abs=0.05)
    first, middle, last = (np.array(still, dtype=float) for still in told["stills"])
    assert np.abs(first - middle).mean() > 0.2 and np.abs(first - last).mean() > 0.2


def test_a_film_can_be_cancelled_and_says_how_far_it_is(opened: Page) -> None:
    plots = opened.locator(".plot").count()
    choose_length(opened, "40 s")
    opened.get_by_role("button", name="Export data, code or a film").click()
    opened.locator("[data-export=gif]").click()
    opened.wait_for_function(
        "() => /^\\d+ %, about \\d+ s left$/.test(document.getElementById('film-progress').textContent)"
    )
    opened.locator("[data-export=cancel]").click()
    opened.wait_for_function("() => document.getElementById('film-progress').textContent === ''")
    assert opened.locator(".plot").count() == plots  # the booth is gone


def test_a_browser_without_a_video_encoder_says_so(poor: Page) -> None:
    page = poor
    page.get_by_role("button", name="Export data, code or a film").click()
    page.locator("[data-export=mp4]").click()
    page.wait_for_function("() => document.getElementById('film-progress').textContent.includes('no video encoder')")


def test_libraries_for_exports_are_loaded_only_when_used(poor: Page, asked: list[str]) -> None:
    assert any("page.mjs" in url for url in asked)
    assert not [
        url
        for url in asked
        if any(name in url for name in ("svgcanvas", "gifenc", "mediabunny", "film.mjs", "picture.mjs"))
    ]
