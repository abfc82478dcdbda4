"""Writes the page's copy of the contract: GET /api/schema and GET /api/presets in one document."""

import json
from pathlib import Path

from flowscope_server import contract

PLACE = Path(__file__).parent.parent / "frontend/flowscope_ui/contract.json"


def text() -> str:
    """The document as it is committed."""
    return json.dumps({"schema": contract.schema(), "presets": contract.presets()}, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    PLACE.write_text(text(), encoding="utf-8")
