"""Flowscope's engine: gradient flows of neural networks, integrated exactly enough to hold theory against them."""

import os

# MKL reads this when torch is loaded: no bit of a run may hang on where a chunk lies in memory or on how many lanes it holds.
os.environ.setdefault("MKL_CBWR", "AUTO")

from . import module
from .analysis import stability
from .analysis.action import Action, action, actions, recorded_actions
from .analysis.caution import cautions, refusals
from .analysis.ground import Function, Ground, function, ground, path_of
from .analysis.layers import Layers, layers_at
from .analysis.loss_plane import Slice, loss_slice
from .analysis.own import on_table
from .analysis.race import parse_protocol, race
from .analysis.show import show
from .comparison.protocol import AnyProtocol, BestStep, EqualCost, EqualTime, SameStep
from .comparison.referee import Report, referee, verdicts
from .component import SpecError
from .convention import DECLARED, SHARE, SHARES, Convention, convention, conventions
from .manifold.geodesic import Geodesic, exponential_map, geodesic, nearest_point, retraction
from .manifold.geometry import (
    christoffel,
    gauss_curvature,
    hessian_eigenvalues,
    metric_tensor,
    second_derivative,
    second_fundamental_form,
    sectional_curvature,
)
from .manifold.global_optimum import global_optimum
from .module.assembly import parse_assembly
from .movement.conditions import Lamps, Sublevel, lamps, sublevel
from .prediction import PREDICTIONS, Overlay, Prediction, Row, check, overlays
from .preset import PRESETS, Preset, preset
from .run.endings import advised
from .run.frame import facts, frame_columns
from .run.recording import WRITERS, Recording, ending, run, writer
from .run.run import FRAMES_PER_CHUNK, Run
from .run.spec import RunSpec, parse_spec, parse_spec_json, spec_schema
from .run.tune import Tune
from .status import Lane, Status

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
