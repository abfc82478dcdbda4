"""Flowscope's engine: gradient flows of neural networks, integrated exactly enough to hold theory against them."""

from .component import SpecError
from .frame import facts, frame_columns
from .integration import FRAMES_PER_CHUNK, Run
from .preset import PRESETS, Preset, preset
from .recording import Recording, ending, run
from .spec import RunSpec, parse_spec, parse_spec_json, spec_schema
from .status import Lane, Status

__all__ = [
    "FRAMES_PER_CHUNK",
    "PRESETS",
    "Lane",
    "Preset",
    "Recording",
    "Run",
    "RunSpec",
    "SpecError",
    "Status",
    "ending",
    "facts",
    "frame_columns",
    "parse_spec",
    "parse_spec_json",
    "preset",
    "run",
    "spec_schema",
]
