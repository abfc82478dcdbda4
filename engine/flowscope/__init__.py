"""Flowscope's engine: gradient flows of neural networks, integrated exactly enough to hold theory against them."""

import os

# MKL reads this when torch is loaded: no bit of a run may hang on where a chunk lies in memory or on how many lanes it holds.
os.environ.setdefault("MKL_CBWR", "AUTO")

from . import module, stability
from .action import Action, action, actions, recorded_actions
from .caution import cautions, refusals
from .component import SpecError
from .convention import DECLARED, SHARE, SHARES, Convention, convention, conventions
from .endings import advised
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
from .ground import Function, Ground, function, ground, path_of
from .integration import FRAMES_PER_CHUNK, Run
from .layers import Layers, layers_at
from .localisation import Lamps, Sublevel, lamps, sublevel
from .module.assembly import parse_assembly
from .own import on_table
from .prediction import PREDICTIONS, Overlay, Prediction, Row, check, overlays
from .preset import PRESETS, Preset, preset
from .protocol import AnyProtocol, BestStep, EqualCost, EqualTime, SameStep
from .race import parse_protocol, race
from .recording import WRITERS, Recording, ending, run, writer
from .referee import Report, referee, verdicts
from .show import show
from .slice import Slice, loss_slice
from .spec import RunSpec, parse_spec, parse_spec_json, spec_schema
from .status import Lane, Status
from .tune import Tune

__all__ = [
    "DECLARED",
    "FRAMES_PER_CHUNK",
    "PREDICTIONS",
    "PRESETS",
    "SHARE",
    "SHARES",
    "WRITERS",
    "Action",
    "AnyProtocol",
    "BestStep",
    "Convention",
    "EqualCost",
    "EqualTime",
    "Function",
    "Geodesic",
    "Ground",
    "Lamps",
    "Lane",
    "Layers",
    "Overlay",
    "Prediction",
    "Preset",
    "Recording",
    "Report",
    "Row",
    "Run",
    "RunSpec",
    "SameStep",
    "Slice",
    "SpecError",
    "Status",
    "Sublevel",
    "Tune",
    "action",
    "actions",
    "advised",
    "cautions",
    "check",
    "christoffel",
    "convention",
    "conventions",
    "ending",
    "exponential_map",
    "facts",
    "frame_columns",
    "function",
    "gauss_curvature",
    "geodesic",
    "global_optimum",
    "ground",
    "hessian_eigenvalues",
    "lamps",
    "layers_at",
    "loss_slice",
    "metric_tensor",
    "module",
    "nearest_point",
    "on_table",
    "overlays",
    "parse_assembly",
    "parse_protocol",
    "parse_spec",
    "parse_spec_json",
    "path_of",
    "preset",
    "race",
    "recorded_actions",
    "referee",
    "refusals",
    "retraction",
    "run",
    "second_derivative",
    "second_fundamental_form",
    "sectional_curvature",
    "show",
    "spec_schema",
    "stability",
    "sublevel",
    "verdicts",
    "writer",
]
