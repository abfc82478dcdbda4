"""Riemannian modules: networks composed of modules, whose metric travels back as the gradient does (2603.03610;
docs/modules.md).
"""

from . import contraction, coupling
from .assembly import Assembly, Composed, Well, Wire, composed
from .composition import Concatenation, FixedPoint, Series, Sum
from .descent import Descent, Step, full, layerwise
from .graph import Graph, Pass, layers
from .leaf import Bias, DenseLayer, Elementwise, Linear, Scale
from .local import LocalRates, local_rates
from .metric import Block, Choice, Form, chosen, flops, solve
from .multiplier import lagrangian, multipliers, states
from .output import OUTPUTS, Output, output_dual, output_factor
from .part import Leaf, Module
from .portrait import LayerPortrait, Portrait, portrait
from .pullback import Euclidean, Metric, Pullback
from .riccati import riccati

__all__ = [
    "OUTPUTS",
    "Assembly",
    "Bias",
    "Block",
    "Choice",
    "Composed",
    "Concatenation",
    "DenseLayer",
    "Descent",
    "Elementwise",
    "Euclidean",
    "FixedPoint",
    "Form",
    "Graph",
    "LayerPortrait",
    "Leaf",
    "Linear",
    "LocalRates",
    "Metric",
    "Module",
    "Output",
    "Pass",
    "Portrait",
    "Pullback",
    "Scale",
    "Series",
    "Step",
    "Sum",
    "Well",
    "Wire",
    "chosen",
    "composed",
    "contraction",
    "coupling",
    "flops",
    "full",
    "lagrangian",
    "layers",
    "layerwise",
    "local_rates",
    "multipliers",
    "output_dual",
    "output_factor",
    "portrait",
    "riccati",
    "solve",
    "states",
]
