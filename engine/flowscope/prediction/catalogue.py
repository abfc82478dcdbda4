"""The one list of predictions, in the order of their ids."""

from . import adapted, conditions, holonomy, inner, line, loss_law, minimum, movement, projection, rate, riemannian
from .claim import Prediction

MODULES = (adapted, minimum, holonomy, projection, riemannian, rate, loss_law, line, movement, inner, conditions)
PREDICTIONS: tuple[Prediction, ...] = tuple(
    sorted(
        (p for module in MODULES for p in module.PREDICTIONS),
        key=lambda p: (p.id[0], int(p.id[1:])),
    )
)
