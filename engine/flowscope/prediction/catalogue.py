"""The one list of predictions, in the order of their ids."""

from ..preset.entry import place
from . import adapted, holonomy, line, loss_law, minimum, modular, projection, rate, riemannian, twin
from .claim import Prediction

FAMILIES = (adapted, minimum, holonomy, projection, riemannian, rate, loss_law, line, modular, twin)
PREDICTIONS: tuple[Prediction, ...] = tuple(sorted((p for family in FAMILIES for p in family.PREDICTIONS), key=lambda p: place(p.id)))
