"""The lessons of the page: one JSON file each in `lessons/`, in the order of their file names."""

import json
from importlib.resources import files
from typing import Any


def read_lessons() -> list[dict[str, Any]]:
    """`{"name", "title", "steps"}` each; `1_unfair_race.json` is the lesson `unfair-race`. docs/lessons.md tells what a
    step holds.
    """
    found = files(__package__ or "flowscope_ui") / "lessons"
    sources = sorted((each for each in found.iterdir() if each.name.endswith(".json")), key=lambda each: each.name)
    return [{"name": name(each.name), **json.loads(each.read_text(encoding="utf-8"))} for each in sources]


def name(file: str) -> str:
    """`1_unfair_race.json` → `unfair-race`."""
    return file.removesuffix(".json").partition("_")[2].replace("_", "-")
