"""The presets: demonstrations that open with one click, in the order of the page's menu. The first is the default."""

from ..component import SpecError
from . import cayci, chen, comparison, dataset, mechanism, modular, movement
from .entry import Expected, Preset

GROUPS = (cayci, chen, mechanism, movement, comparison, modular, dataset)
PRESETS: tuple[Preset, ...] = tuple(preset for group in GROUPS for preset in group.PRESETS)


def preset(name: str) -> Preset:
    """The preset of that name. Raises SpecError for an unknown one."""
    for candidate in PRESETS:
        if candidate.name == name:
            return candidate
    raise SpecError("preset", f"one of {', '.join(p.name for p in PRESETS)}", name)


__all__ = ["PRESETS", "Expected", "Preset", "preset"]
