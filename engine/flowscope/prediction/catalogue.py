"""The one list of predictions, in the order of their ids."""

from ..preset.entry import place
from . import (
    adapted,
    conditions,
    holonomy,
    inner,
    line,
    loss_law,
    minimum,
    modular,
    movement,
    projection,
    rate,
    riemannian,
    twin,
)
from .claim import Prediction

FAMILIES = (
    adapted,
    minimum,
    holonomy,
    projection,
    riemannian,
    rate,
    loss_law,
    line,
    movement,
    inner,
    conditions,
    modular,
    twin,
)
PREDICTIONS: tuple[Prediction, ...] = tuple(
    sorted((p for family in FAMILIES for p in family.PREDICTIONS), key=lambda p: place(p.id))
)
