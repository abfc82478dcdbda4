"""Other runs behind the one that is shown: only on the same data, each named in the picture, each with a look of its
own.
"""

import json
import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path
from typing import Any

import flowscope as fs
from playwright.sync_api import Page, expect

from .scope import open_page, pause, read, wait_frame

SVG = "{http://www.w3.org/2000/svg}text"


def keep(page: Page, **changes: Any) -> str:
    """A run that the server keeps, of forty frames: the first preset with other fields."""
    spec = fs.preset("riemannian-flow").spec.model_dump(mode="json")
    spec |= {"horizon": 40 * spec["interval"]} | changes
    answer = page.request.post("/api/runs", data=json.dumps(spec), headers={"content-type": "application/json"})
    assert answer.status == 201, answer.text()
    return answer.json()["id"]


def told(page: Page, run: str) -> dict[str, Any]:
    return page.request.get(f"/api/runs/{run}").json()


def same_sizes_other_data() -> dict[str, Any]:
    """The problem of the first preset with its targets a little further off."""
    problem = fs.preset("riemannian-flow").spec.problem.model_dump(mode="json")
    return {**problem, "offset": problem.get("offset", 0.0) + 0.25}


def said(page: Page, panel: str, path: Path) -> list[str]:
    """The words in the picture of a panel."""
    page.locator(f"button.save[data-panel={panel}]").click()
    with page.expect_download() as got:
        page.locator(f"[data-export=svg][data-panel={panel}]").click()
    got.value.save_as(path)
    return ["".join(each.itertext()) for each in ET.parse(path).getroot().iter(SVG)]


def test_only_runs_on_the_same_data_are_offered_and_laid_over(page: Page) -> None:
    alike, elsewhere = (
        keep(page, title="the same data"),
        keep(page, title="other data", problem=same_sizes_other_data()),
    )
    open_page(page, f"?speed=16&over={elsewhere}")
    expect(page.locator("#note")).to_contain_text("“other data” is on other data")
    assert read(page, "overlays") == [] and elsewhere not in page.url
    page.wait_for_function("id => fetch(`/api/runs/${id}`).then((a) => a.json()).then(({ data }) => data)", arg=alike)
    assert told(page, alike)["data"] == told(page, read(page, "run"))["data"] != told(page, elsewhere)["data"]
    for size in ("outputs", "parameters"):
        assert told(page, elsewhere)[size] == told(page, alike)[size]
    page.locator("#shelf summary").click()
    offered = page.locator("#shelf label")
    expect(offered.filter(has_text="the same data").first).to_be_visible()
    assert offered.filter(has_text="other data").count() == 0


def test_every_overlay_is_named_in_the_picture_and_looks_like_no_other(page: Page, tmp_path: Path) -> None:
    runs = [keep(page, title=f"a kept run, {word}") for word in ("first", "second")]
    open_page(page, f"?speed=16&over={'.'.join(runs)}&panels=loss")
    wait_frame(page, 20)
    before = read(page, "session")
    page.keyboard.press("r")
    page.wait_for_function("old => flowscope.session !== old && flowscope.ready", arg=before)
    wait_frame(page, 20)
    pause(page)
    page.wait_for_function(
        "() => flowscope.overlays.map(({ lanes }) => lanes.length).join() === '3,3,3' && flowscope.still"
    )
    overlays = read(page, "overlays")
    assert [each["mark"] for each in overlays] == ["0", "A", "B"]
    looks = [json.dumps(lane, sort_keys=True) for each in overlays for lane in each["lanes"]]
    assert len(set(looks)) == len(looks) == 9
    live = page.evaluate("""async () => {
      const [palette, style] = await Promise.all([import('/assets/canvas/palette.mjs'),
        import('/assets/canvas/style.mjs')]);
      return style.stylesOf(flowscope.meta.spec.solvers, palette.currentScheme());
    }""")
    for each in overlays:  # a method keeps its style; the letter tells whose run it is
        assert each["lanes"] == [{**style, "mark": each["mark"]} for style in live]
    for panel in ("loss", "stage"):
        words = said(page, panel, tmp_path / f"{panel}.svg")
        for mark, name in (("A", "a kept run, first"), ("B", "a kept run, second"), ("0", "before: Gauss–Newton")):
            assert any(word.startswith(f"{mark}  {name[:12]}") for word in words), (panel, name, words)
            assert words.count(mark) >= 3, (panel, mark)


def test_letters_of_overlays_are_never_given_twice(page: Page) -> None:
    runs = [keep(page, title=f"letter {k}") for k in range(4)]
    open_page(page, "?panels=.")
    page.locator("#shelf summary").click()
    boxes = [page.locator(f"#shelf label:is([title='{run}'], [data-tip='{run}']) input") for run in runs]
    for box in boxes[:3]:
        box.check()
    boxes[1].uncheck()
    boxes[3].check()
    page.wait_for_function("() => flowscope.overlays.length === 3")
    marks = [each["mark"] for each in read(page, "overlays")]
    assert all(one != other for one, other in combinations(marks, 2)) and sorted(marks) == ["A", "B", "C"]
