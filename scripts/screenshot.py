"""Screenshots of the real page: `python scripts/screenshot.py --out docs/img` starts a server, lets a run play, and takes the pictures."""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

SIZES = ((1280, 720), (1920, 1080))
THEMES = ("dark", "light")
MOMENT = 10.0  # flow time: the damped flows have arrived, gradient flow has not
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--enable-unsafe-swiftshader"]


@contextmanager
def serving() -> Iterator[str]:
    """The address of a server of our own."""
    with tempfile.TemporaryDirectory() as data:
        command = [sys.executable, "-c", "from flowscope_server.cli import main; main()", "serve", "--port", "0", "--data", data]
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


def take(browser: Browser, address: str, out: Path, *, query: str, size: tuple[int, int], moment: float) -> None:
    """One picture of the page as it stands, paused, at flow time `moment`."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.goto(f"{address}/{query}")
    page.wait_for_function("t => window.flowscope?.ready && flowscope.path(0).time.at(-1) >= t", arg=moment, timeout=60_000)
    page.screenshot(path=out)
    page.close()
    print(out)


def main() -> None:
    """Reads the options and takes every picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/img"))
    parser.add_argument("--preset", default="", help="a preset other than the default")
    parser.add_argument("--moment", type=float, default=MOMENT)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    with serving() as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, args=FLAGS)
        for theme in THEMES:
            for size in SIZES:
                name = f"{options.preset + '_' if options.preset else ''}{theme}_{size[1]}.png"
                query = f"?theme={theme}" + (f"&preset={options.preset}" if options.preset else "")
                take(browser, address, options.out / name, query=query, size=size, moment=options.moment)
        browser.close()


if __name__ == "__main__":
    main()
