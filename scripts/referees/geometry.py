"""Metric, Christoffel symbols and geodesics of w₂tanh(w₁x) + ½tanh(w₁w₂x + 0.3) by geomstats' PullbackMetric, as
JSON.
"""

import json
import os
from importlib.metadata import version
from typing import Any

os.environ["GEOMSTATS_BACKEND"] = "autograd"
import geomstats.backend as gs
from geomstats.geometry.base import ImmersedSet
from geomstats.geometry.euclidean import Euclidean
from geomstats.geometry.pullback_metric import PullbackMetric
from geomstats.numerics.geodesic import ExpODESolver
from geomstats.numerics.ivp import ScipySolveIVP

X = gs.array([-1.0, 0.5, 1.5])


class Surface(ImmersedSet):
    def __init__(self) -> None:
        super().__init__(dim=2, equip=False)

    def immersion(self, point: Any) -> Any:
        first, second = point[..., 0:1], point[..., 1:2]
        return second * gs.tanh(first * X) + 0.5 * gs.tanh(first * second * X + 0.3)

    def _define_embedding_space(self) -> Euclidean:
        return Euclidean(3)


surface = Surface()
surface.equip_with_metric(PullbackMetric)
surface.metric.exp_solver = ExpODESolver(surface, integrator=ScipySolveIVP(method="DOP853", rtol=1e-12, atol=1e-14))
places = [[1.5, 0.5], [1.0, 1.0], [0.7, -0.4]]
velocities = [[-0.3, 0.1], [0.3, -0.2], [0.1, 0.25]]
times = [0.0, 0.25, 0.5, 0.75, 1.0]


def way(place: list[float], velocity: list[float]) -> list[list[float]]:
    along = surface.metric.geodesic(initial_point=gs.array(place), initial_tangent_vec=gs.array(velocity))
    return along(gs.array(times)).tolist()


print(
    json.dumps(
        {
            "versions": {name: version(name) for name in ("geomstats", "numpy", "autograd", "scipy")},
            "theta": places,
            "metric": [surface.metric.metric_matrix(gs.array(place)).tolist() for place in places],
            "christoffel": [surface.metric.christoffels(gs.array(place)).tolist() for place in places],
            "velocity": velocities,
            "times": times,
            "geodesic": [way(place, velocity) for place, velocity in zip(places, velocities, strict=True)],
        },
        indent=1,
    )
)
