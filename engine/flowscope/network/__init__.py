"""Networks: functions f of parameters θ and inputs, with their Jacobians."""

from typing import Annotated

from pydantic import Field

from .curve import Curve, Phase, Sheet, SineCurve
from .initialisation import Antisymmetric, AnyInitialisation, Glorot, He, Initialisation, LeCun, Orthogonal
from .jacobian import Dense, Jacobian, Layered
from .mlp import MLP
from .network import Network, centred
from .toy import Neuron, Pair, Product, ScaledNeuron, Toy, TwoTerm

__all__ = [
    "MLP",
    "Antisymmetric",
    "AnyInitialisation",
    "AnyNetwork",
    "Curve",
    "Dense",
    "Glorot",
    "He",
    "Initialisation",
    "Jacobian",
    "Layered",
    "LeCun",
    "Network",
    "Neuron",
    "Orthogonal",
    "Pair",
    "Phase",
    "Product",
    "ScaledNeuron",
    "Sheet",
    "SineCurve",
    "Toy",
    "TwoTerm",
    "centred",
]

AnyNetwork = Annotated[
    Neuron | ScaledNeuron | TwoTerm | Product | Pair | Sheet | Phase | SineCurve | MLP, Field(discriminator="kind")
]
