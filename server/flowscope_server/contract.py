"""What the server tells about itself and the engine: the same documents over HTTP and on the command line."""

from dataclasses import asdict
from functools import cache
from typing import Any

import flowscope as fs

from .pace import SPEED_MAX, SPEED_MIN


@cache
def presets() -> list[dict[str, Any]]:
    """The presets, the default first."""
    return [
        {
            "name": preset.name,
            "group": preset.group,
            "title": preset.title,
            "verdicts": dict(preset.verdicts),
            "slider": asdict(preset.slider) if preset.slider else None,
            "spec": preset.spec.model_dump(mode="json"),
        }
        for preset in fs.PRESETS
    ]


@cache
def schema() -> dict[str, Any]:
    """What a spec may hold and what a frame does."""
    statuses = {status.word: status.value for status in fs.Status}
    speed = {"min": SPEED_MIN, "max": SPEED_MAX}
    return {
        "spec": fs.spec_schema(),
        "frame": fs.frame_columns(),
        "statuses": statuses,
        "advice": fs.advised(),
        "conventions": fs.conventions(),
        "cautions": fs.cautions(),
        "refusals": fs.refusals(),
        "extensions": fs.verdicts(),
        "speed": speed,
    }
