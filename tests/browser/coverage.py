"""Which lines of the page's modules ran, as V8 counts them. `make coverage` names a folder for the counts."""

import json
import os
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from flowscope_ui.page import ASSETS
from playwright.sync_api import Page

FOLDER = os.environ.get("FLOWSCOPE_COVERAGE", "")


@contextmanager
def counted(page: Page) -> Generator[None]:
    """Counts what runs in a page until it is closed; nothing where no folder is named."""
    if not FOLDER:
        yield
        return
    session = page.context.new_cdp_session(page)
    session.send("Profiler.enable")
    session.send("Profiler.startPreciseCoverage", {"callCount": True, "detailed": True})
    yield
    scripts = session.send("Profiler.takePreciseCoverage")["result"]
    own = [{**script, "url": address} for script in scripts if (address := file_of(script["url"]))]
    folder = Path(FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"coverage-{uuid.uuid4()}.json").write_text(json.dumps({"result": own}), encoding="utf-8")


def file_of(url: str) -> str:
    """The file behind an address of one of our modules; "" for any other."""
    _, found, path = url.partition("/assets/")
    path = path.split("?")[0]
    return (ASSETS / path).as_uri() if found and path.endswith(".mjs") and not path.startswith("vendor/") else ""
