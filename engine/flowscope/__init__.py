"""Flowscope's engine: gradient flows of neural networks, integrated exactly enough to hold theory against them."""

from .component import SpecError
from .frame import frame_columns
from .preset import PRESETS, Preset, preset
from .recording import Recording, ending, run
from .run import FRAMES_PER_CHUNK, Run
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
    "frame_columns",
    "parse_spec",
    "parse_spec_json",
    "preset",
    "run",
    "spec_schema",
]
