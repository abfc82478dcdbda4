"""Flowscope's engine: gradient flows of neural networks, integrated exactly enough to hold theory against them."""

from .component import SpecError
from .frame import facts, frame_columns
from .geodesic import Geodesic, exponential_map, geodesic, nearest_point, retraction
from .geometry import (
    christoffel,
    gauss_curvature,
    hessian_eigenvalues,
    metric_tensor,
    second_derivative,
    second_fundamental_form,
    sectional_curvature,
)
from .global_optimum import global_optimum
from .integration import FRAMES_PER_CHUNK, Run
from .prediction import PREDICTIONS, Overlay, Prediction, Row, check, overlays
from .preset import PRESETS, Preset, preset
from .recording import Recording, ending, run
from .spec import RunSpec, parse_spec, parse_spec_json, spec_schema
from .status import Lane, Status

__all__ = [
    "FRAMES_PER_CHUNK",
    "PREDICTIONS",
    "PRESETS",
    "Geodesic",
    "Lane",
    "Overlay",
    "Prediction",
    "Preset",
    "Recording",
    "Row",
    "Run",
    "RunSpec",
    "SpecError",
    "Status",
    "check",
    "christoffel",
    "ending",
    "exponential_map",
    "facts",
    "frame_columns",
    "gauss_curvature",
    "geodesic",
    "global_optimum",
    "hessian_eigenvalues",
    "metric_tensor",
    "nearest_point",
    "overlays",
    "parse_spec",
    "parse_spec_json",
    "preset",
    "retraction",
    "run",
    "second_derivative",
    "second_fundamental_form",
    "sectional_curvature",
    "spec_schema",
]
