"""Riemannian modules: networks composed of modules, whose metric travels back as the gradient does (2603.03610; docs/modules.md)."""

from .composition import Concatenation, FixedPoint, Series, Sum
from .descent import Descent, Step, full, layerwise
from .graph import Graph, Pass, layers
from .leaf import Bias, DenseLayer, Elementwise, Linear, Scale
from .metric import Block, Choice, Form, chosen, flops, solve
from .output import OUTPUTS, Output, output_dual, output_factor
from .part import Leaf, Module
from .riccati import riccati

__all__ = [
    "OUTPUTS",
    "Bias",
    "Block",
    "Choice",
    "Concatenation",
    "DenseLayer",
    "Descent",
    "Elementwise",
    "FixedPoint",
    "Form",
    "Graph",
    "Leaf",
    "Linear",
    "Module",
    "Output",
    "Pass",
    "Scale",
    "Series",
    "Step",
    "Sum",
    "chosen",
    "flops",
    "full",
    "layers",
    "layerwise",
    "output_dual",
    "output_factor",
    "riccati",
    "solve",
]
