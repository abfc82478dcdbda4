"""The one list of predictions, in the order of their ids."""

from . import adapted, holonomy, line, loss_law, minimum, projection, rate, riemannian
from .claim import Prediction

PREDICTIONS: tuple[Prediction, ...] = tuple(
    sorted(
        (p for module in (adapted, minimum, holonomy, projection, riemannian, rate, loss_law, line) for p in module.PREDICTIONS),
        key=lambda p: int(p.id[1:]),
    )
)
