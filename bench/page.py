"""Measures the page in a headless Chromium before a real server: scrubbing over 10,000 frames, and a hand's wait for
the first new frame.

WebGL's own drawing is left out of the scrubbing (a machine without a GPU draws it in software, which would hide
everything else); the hand's waits are given with it and without. Every table names the load of the machine, since these
are wall-clock times.
"""

import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import flowscope as fs
import numpy as np
from flowscope.network import MLP
from flowscope.problem import Points
from flowscope.run.spec import Random
from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import FLAGS, chromium
from tests.browser.scope import NO_GL

PLACE = Path(__file__).parent / "results"
FRAMES = 10_000
DRAGS = 12
PAUSE = 400  # ms between the moves of a hand, so that each starts a run of its own
MEASURES = "() => performance.getEntriesByName('flowscope:first-frame').map(each => each.duration)"
SCRUB = """seconds => new Promise(done => {
  const range = document.querySelector('#scrub input'), head = flowscope.head, spans = [];
  let last = performance.now(), k = 0;
  const end = last + 1000 * seconds;
  const go = now => {
    spans.push(now - last); last = now; k += 1;
    range.value = Math.round(head / 2 * (1 - Math.cos(0.021 * k)));
    range.dispatchEvent(new Event('input'));
    now < end ? requestAnimationFrame(go) : done(spans.slice(3));
  };
  requestAnimationFrame(go);
})"""


@contextmanager
def served() -> Generator[str, None, None]:
    """The address of a server of one worker."""
    with tempfile.TemporaryDirectory() as data:
        command = [
            sys.executable,
            "-c",
            "from flowscope_server.cli import main; main()",
            "serve",
            "--port",
            "0",
            "--workers",
            "1",
        ]
        with subprocess.Popen([*command, "--data", data], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found
            yield found[0]
            process.terminate()


def opened(page: Page, address: str, spec: fs.RunSpec, query: str = "") -> None:
    """The page on a run of this spec."""
    run = page.request.post(f"{address}/api/runs", data=spec.model_dump(mode="json")).json()["id"]
    page.goto(f"{address}/?run={run}{query}")
    page.wait_for_function("() => window.flowscope?.ready && flowscope.frame >= 1", timeout=60_000)


def scrub(page: Page, address: str) -> dict[str, Any]:
    """Frames a second while the cursor sweeps over all frames of the default preset."""
    spec = fs.PRESETS[0].spec.model_copy(update={"horizon": 20.0, "interval": 20.0 / FRAMES})
    opened(page, address, spec)
    page.locator("label", has_text=re.compile("^16$")).first.click()
    page.wait_for_function(f"() => flowscope.head >= {FRAMES}", timeout=580_000)
    spans = page.evaluate(SCRUB, 8)
    return {
        "what": f"scrubbing over {FRAMES} frames, 3 solvers, 4 panels (frames a second)",
        "unit": "1/s",
        "median": 1000 / statistics.median(spans),
        "worst": 1000 / float(np.quantile(spans, 0.95)),
        "mean": 1000 / statistics.mean(spans),
        "count": len(spans),
        "goal": ">= 30",
    }


def waits(page: Page, what: str, goal: int) -> dict[str, Any]:
    """What the page has measured since it was last asked."""
    times = page.evaluate(MEASURES)
    page.evaluate("() => performance.clearMeasures()")
    return {
        "what": what,
        "unit": "ms",
        "median": statistics.median(times),
        "worst": max(times),
        "mean": statistics.mean(times),
        "count": len(times),
        "goal": f"<= {goal}",
    }


def drag(page: Page, address: str, mark: str, step: tuple[int, int]) -> dict[str, Any]:
    """Start or target of the default preset, moved by a pointer."""
    opened(page, address, fs.PRESETS[0].spec)
    page.wait_for_timeout(1500)
    box = page.locator("#stage").bounding_box()
    place = page.evaluate("mark => [flowscope.places[mark]].flat()[0]", mark)
    assert box
    x, y = box["x"] + place["x"], box["y"] + place["y"]
    page.mouse.move(x, y)
    page.mouse.down()
    for _ in range(DRAGS):
        x, y = x + step[0], y + step[1]
        page.mouse.move(x, y)
        page.wait_for_timeout(PAUSE)
    page.mouse.up()
    page.wait_for_timeout(PAUSE)
    return waits(page, f"{mark} dragged on the stage, n = 3, p = 2: to the first new frame", 100)


def network(page: Page, address: str) -> dict[str, Any]:
    """A network restarted from other scales of its start."""
    x = np.linspace(-1, 1, 64)
    points = Points(inputs=tuple((float(v),) for v in x), targets=tuple((float(np.sin(5 * v)),) for v in x))
    spec = fs.preset("network").spec.model_copy(
        update={"problem": points, "network": MLP(widths=(1, 64, 64, 1)), "start": Random()}
    )
    opened(page, address, spec)
    page.wait_for_timeout(1500)
    for k in range(DRAGS):
        page.evaluate("scale => flowscope.again({ start: { kind: 'random', scale } })", 1 + 0.01 * k)
        page.wait_for_timeout(2 * PAUSE)
    page.evaluate("() => flowscope.rest()")
    return waits(page, "network 1-64-64-1 on 64 samples, restarted by hand: to the first new frame", 200)


def main() -> None:
    """All tables, as Markdown and JSON."""
    rows = []
    moves = [lambda p, a: drag(p, a, "start", (-12, 5)), lambda p, a: drag(p, a, "target", (-4, -5)), network]
    work = [(each, stubbed) for stubbed in (True, False) for each in moves] + [(scrub, True)]
    with served() as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=FLAGS)
        for each, stubbed in work:
            page = browser.new_page(viewport={"width": 1280, "height": 720})
            if stubbed:
                page.add_init_script(NO_GL)
            row = each(page, address)
            rows.append(
                {**row, "what": row["what"] + (", WebGL stubbed" if stubbed else ""), "load": os.getloadavg()[0]}
            )
            print(rows[-1], flush=True)
            page.close()
        browser.close()
    about = {"machine": f"{platform.machine()}, {os.cpu_count()} cores, no GPU", "python": platform.python_version()}
    PLACE.mkdir(exist_ok=True)
    (PLACE / "page.json").write_text(json.dumps({**about, "rows": rows}, indent=2) + "\n")
    head = "| what | unit | median | worst (p95 of the scrub) | mean | count | goal | load average |\n"
    head += "|---|---|---|---|---|---|---|---|\n"
    lines = []
    for row in rows:
        numbers = " | ".join(f"{row[name]:.0f}" for name in ("median", "worst", "mean", "count"))
        lines.append(f"| {row['what']} | {row['unit']} | {numbers} | {row['goal']} | {row['load']:.1f} |")
    (PLACE / "page.md").write_text(
        f"# The page under a hand\n\n{about['machine']}.\n\n{head}" + "\n".join(lines) + "\n"
    )


if __name__ == "__main__":
    main()
