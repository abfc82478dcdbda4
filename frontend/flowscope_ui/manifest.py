"""The panels of the deck in the order of the page, as `panels.json` registers them: Python builds their places, and the
page loads their modules.
"""

import json
from importlib.resources import files
from typing import Any

Panel = dict[str, Any]
"""A panel's `name`; the `module` of the page that exports it; whether it is `shown` unless an address says otherwise;
the `columns` that it needs; the `predictions` that it draws, by their columns; and whether `some` runs alone have those
columns, so that the panel itself says why there are none.
"""


def read_panels() -> list[Panel]:
    """Every panel of the deck."""
    return json.loads((files(__package__ or "flowscope_ui") / "panels.json").read_text(encoding="utf-8"))
