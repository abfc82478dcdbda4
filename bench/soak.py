"""Streams to the page in a headless Chromium for ten minutes; measures heap and long tasks: `python -m bench.soak`.

Four solvers, 60 frames a second. WebGL's own drawing is left out, as in bench/page.py; `--gl` leaves it in. The heap is
read after a forced collection at minute 2 and at the end; a run that comes to its end is followed by the next one, as
on a page that is left open. Long tasks of those collections, which a page does not ask for, and of the next run's
opening, which is no streaming, are told apart. Tasks are longer where the machine is shared or slow: `stolen_percent`
of its processors' time was not there while it ran, and `loop_ms` is what a fixed loop takes in the page before it
streams, so that rows of different days can be told apart.
"""

import argparse
import json
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import flowscope as fs
from flowscope.flow import Constant, GaussNewton, Gradient, SmallestEigenvalue
from flowscope.run.spec import Solver
from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import FLAGS, chromium
from tests.browser.scope import NO_GL

from .page import opened, served

PLACE = Path(__file__).parent / "results"
OBSERVE = """
  window.tasks = [];
  const note = ({ startTime, duration }) => tasks.push([startTime, duration]);
  new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type: 'longtask' });
"""
LOOP = """() => {
  const once = () => {
    const begun = performance.now();
    let sum = 0;
    for (let k = 0; k < 2e7; k += 1) sum += (k * k) % 7;
    return sum && performance.now() - begun;
  };
  return Array.from({ length: 7 }, once).sort((a, b) => a - b)[3];
}"""
FLOWS = {
    "Gradient flow": Gradient(),
    "Gauss–Newton": GaussNewton(),
    "ρ = 0.1": GaussNewton(damping=Constant(rho=0.1)),
    "ρ = λ_min": GaussNewton(damping=SmallestEigenvalue()),
}
SETTLED = 2 / 10  # of the time: what comes before is the page filling up
LONG = 100.0  # ms


def processors() -> tuple[int, int]:
    """Ticks of all processors since the machine came up, and those of them that other machines took."""
    ticks = [int(each) for each in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(ticks), ticks[7]


@contextmanager
def aside(page: Page, spans: list[tuple[float, float]]) -> Generator[None, None, None]:
    """What happens meanwhile is none of the streaming."""
    begun = page.evaluate("() => performance.now()")
    yield
    page.wait_for_timeout(300)  # rows that have waited come at once
    spans.append((begun, page.evaluate("() => performance.now()")))


def main() -> None:
    """One row per call, appended to the table of the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--gl", action="store_true", help="draw WebGL in software")
    options = parser.parse_args()
    frames = 20_000
    solvers = tuple(Solver(name, flow) for name, flow in FLOWS.items())
    spec = fs.PRESETS[0].spec.model_copy(update={"solvers": solvers, "horizon": 60.0, "interval": 60.0 / frames})
    heaps: dict[str, float] = {}
    ticks, taken = processors()
    apart: dict[str, list[tuple[float, float]]] = {"collection": [], "opening": []}  # when, by the page's clock
    with served() as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        loop = page.evaluate(LOOP)
        if not options.gl:
            page.add_init_script(NO_GL)
        opened(page, address, spec)
        devtools = page.context.new_cdp_session(page)
        page.wait_for_timeout(5000)  # its own opening is no streaming
        page.evaluate(OBSERVE)
        begun, shown, runs = time.monotonic(), -page.evaluate("() => flowscope.head"), 1
        for name, share in (("early", SETTLED), ("late", 1.0)):
            while time.monotonic() - begun < 60 * options.minutes * share:
                page.wait_for_timeout(1000)
                if page.evaluate("() => flowscope.state") == "ended":
                    shown, runs = shown + page.evaluate("() => flowscope.head"), runs + 1
                    with aside(page, apart["opening"]):
                        page.keyboard.press("r")
                        page.wait_for_function(
                            "() => flowscope.ready && flowscope.frame >= 1 && flowscope.state !== 'ended'"
                        )
            with aside(page, apart["collection"]):
                devtools.send("HeapProfiler.collectGarbage")
            heaps[name] = devtools.send("Runtime.getHeapUsage")["usedSize"] / 1e6
        page.wait_for_timeout(1000)  # the last task is told after it
        tasks, shown = page.evaluate("() => tasks"), shown + page.evaluate("() => flowscope.head")
        gaps = page.evaluate("() => flowscope.gaps")
        browser.close()
    spent: dict[str, list[float]] = {kind: [0.0] for kind in ("streaming", *apart)}
    for start, duration in tasks:
        kind = next(
            (kind for kind, spans in apart.items() if any(a < start + duration and start < b for a, b in spans)),
            "streaming",
        )
        spent[kind].append(duration)
    row = {
        "webgl": "in software" if options.gl else "stubbed",
        "minutes": options.minutes,
        "frames": shown,
        "runs": runs,
        "gaps": gaps,
        "heap_early_mb": round(heaps["early"], 2),
        "heap_late_mb": round(heaps["late"], 2),
        "growth_percent": round(100 * (heaps["late"] / heaps["early"] - 1), 1),
        "tasks_over_100_ms": sum(task > LONG for task in spent["streaming"]),
        "longest_task_ms": round(max(spent["streaming"])),
        "longest_of_a_forced_collection_ms": round(max(spent["collection"])),
        "longest_of_the_next_opening_ms": round(max(spent["opening"])),
        "stolen_percent": round(100 * (processors()[1] - taken) / max(1, processors()[0] - ticks), 1),
        "loop_ms": round(loop),
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(row, indent=1))
    path = PLACE / "soak.json"
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    rows = [each for each in rows if each["webgl"] != row["webgl"]] + [row]
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
