"""Pictures of the real page, every panel in both themes and three sizes: `python scripts/screenshot.py [NAME …]` serves
it and takes them.

All go to `build/screenshots`; those that README and docs show also to `docs/img`.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

SIZES = {"720": (1280, 720), "1080": (1920, 1080), "390": (390, 844)}
THEMES = ("dark", "light")
CHROMIUMS = ("chromium-headless-shell", "chromium", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--enable-unsafe-swiftshader"]
ROOT = Path(__file__).parent.parent
REACHED = "t => window.flowscope?.ready && (flowscope.state === 'ended' || flowscope.path(0).time.at(-1) >= t)"

SETTLED = "() => flowscope.state !== 'ended' || flowscope.still"
ANSWERED = 1500  # ms for what panels ask of the server where the drawing stands


@dataclass(frozen=True)
class View:
    """A state of the page: its address, the flow time at which it is taken, and the pictures of it that are kept
    (theme_size).
    """

    name: str
    query: str
    moment: float = 10.0
    kept: tuple[str, ...] = ()


VIEWS = (
    View("home", "", kept=("dark_1080", "light_390")),
    View("apart", "layers=side.spheres.sublevel.tangent&panels=pair.loss"),
    View("curvature", "preset=curvature&layers=curvature.spheres.tangent&panels=loss.gradient"),
    View("loss", "preset=schedules-mild&panels=loss&speed=4", 8.0),
    View("eigenvalues", "preset=network&panels=eigenvalues&speed=4", 8.0),
    View("rho", "preset=dampings&panels=rho.loss&speed=4", 8.0),
    View("gradient", "preset=local-minimum&panels=gradient.loss&speed=4", 8.0),
    View("deviation", "preset=segment&panels=deviation.loss&speed=4", 6.0),
    View("contraction", "preset=contraction&panels=contraction.loss&speed=4", 8.0),
    View("rank", "preset=saddle&panels=rank.loss", 0.69),
    View("ledger", "preset=best-step&panels=ledger.loss&speed=16&share=1e-6", 60.0, ("light_720",)),
    View("spectrum", "preset=schedules-mild&panels=spectrum.eigenvalues&speed=4", 8.0, ("dark_1080",)),
    View("modes", "preset=segment&panels=modes.eigenvalues", 3.0),
    View("plane", "panels=plane.loss", 10.0),
    View("pair", "panels=pair.loss", 10.0),
    View("budget", "preset=movement&panels=budget.loss", 4.0, ("dark_720",)),
    View("lamps", "preset=conditions-adverse&panels=lamps.budget&speed=0.5", 12.0),
    View("diffusion", "preset=diffusion&panels=diffusion.budget", 4.0, ("light_1080",)),
    View("modules", "preset=layerwise&panels=modules.loss&speed=4", 40.0, ("light_1080",)),
    View("composition", "preset=layerwise&panels=composition.modules&speed=4", 40.0, ("dark_1080",)),
    View("digits", "preset=digits&panels=loss.modules&clock=flops&speed=4", 60.0),
    View("projection", "preset=segment&panels=projection.loss", 4.0),
    View("lesson", "lesson=unfair-race&step=1", 3.0, ("light_1080",)),
    View("projector", "projector=1", 10.0),
    View("german", "lang=de", 10.0),
    View("french", "lang=fr", 10.0),
)


@contextmanager
def serving() -> Generator[str, None, None]:
    """The address of a server of our own."""
    with tempfile.TemporaryDirectory() as data:
        command = [
            sys.executable,
            "-c",
            "from flowscope_server.cli import main; main()",
            "serve",
            "--port",
            "0",
            "--data",
            data,
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            found = re.search(r"http://\S+", process.stdout.readline())
            try:
                if not found:
                    raise SystemExit("The server did not start.")
                yield found[0]
            finally:
                process.terminate()
                process.wait(timeout=20)


def take(browser: Browser, address: str, view: View, theme: str, size: str, out: Path) -> None:
    """One picture of the page as it stands at the view's moment; a size of a phone is taken from top to bottom."""
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(f"{address}/?theme={theme}&{view.query}".rstrip("&"))
    page.wait_for_function(REACHED, arg=view.moment, timeout=90_000)
    page.wait_for_function(SETTLED, timeout=90_000)
    page.wait_for_timeout(ANSWERED if page.evaluate("() => flowscope.state === 'ended'") else 0)
    name = f"{view.name}_{theme}_{size}.png"
    page.screenshot(path=out / name, full_page=width < 600)
    page.close()
    print(out / name)
    if f"{theme}_{size}" in view.kept:
        shutil.copy(out / name, ROOT / "docs/img" / name)


def main() -> None:
    """Reads the options and takes every picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="one of " + ", ".join(view.name for view in VIEWS))
    parser.add_argument("--out", type=Path, default=ROOT / "build/screenshots")
    parser.add_argument("--themes", nargs="+", choices=THEMES, default=THEMES)
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=tuple(SIZES))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    executable = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    with serving() as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, args=FLAGS)
        for view in VIEWS:
            if options.names and view.name not in options.names:
                continue
            for theme in options.themes:
                for size in options.sizes:
                    take(browser, address, view, theme, size, options.out)
        browser.close()


if __name__ == "__main__":
    main()
