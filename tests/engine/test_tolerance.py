"""The tolerance of an adaptive integrator is fine enough for a picture: half of it moves no path by as much as a line
is wide.
"""

import flowscope as fs
import numpy as np
import pytest
from flowscope.integrator import DormandPrince, Euler, Rosenbrock
from flowscope.run.spec import Integration

WIDTH = 3.0
"""Pixels of a path (assets/scene.mjs), at its thinnest."""
SCENE = 1920.0
"""Pixels in which all that a lane's outputs pass through is seen at most, on a screen of 1920 × 1080."""


def paths(spec: fs.RunSpec) -> dict[str, np.ndarray]:
    """The outputs (frames, N) of every lane."""
    recording = fs.run(spec)
    table = recording.to_table()
    lanes = np.array(table["lane"])
    return {lane.name: np.array(table.filter(lanes == lane.lane)["outputs"].to_pylist()) for lane in recording.lanes}


def moved(spec: fs.RunSpec, other: fs.RunSpec) -> dict[str, float]:
    """How far, in pixels, lanes move between two specs, at the same frame."""
    before, after = paths(spec), paths(other)
    shown = {}
    for name, path in before.items():
        frames = min(len(path), len(after[name]))
        span = np.ptp(path, axis=0).max()
        shown[name] = float(np.linalg.norm(path[:frames] - after[name][:frames], axis=1).max() * SCENE / span)
    return shown


def halved(solver: Integration) -> Integration | None:
    """The solver at half its tolerance; None where its steps have a fixed size."""
    integrator = solver.integrator
    if not isinstance(integrator, DormandPrince | Rosenbrock):
        return None
    finer = integrator.model_copy(update={"rtol": integrator.rtol / 2, "atol": integrator.atol / 2})
    return solver.model_copy(update={"integrator": finer})


@pytest.mark.parametrize("name", ["riemannian-flow", "dampings", "pair-ill", "stiff"])
def test_half_the_tolerance_moves_no_path_by_a_line_s_width(name: str) -> None:
    spec = fs.preset(name).spec
    pairs = [(solver, halved(solver)) for solver in spec.solvers if isinstance(solver, Integration)]
    adaptive = [(solver, finer) for solver, finer in pairs if finer]
    assert adaptive
    before, after = zip(*adaptive, strict=True)
    shown = moved(spec.model_copy(update={"solvers": before}), spec.model_copy(update={"solvers": after}))
    assert len(shown) == len(adaptive)
    assert max(shown.values()) < WIDTH


def test_half_the_step_of_a_coarse_euler_moves_the_path_by_many() -> None:
    """Which is why Euler's steps are a lesson here, and never an integrator that is chosen for a person."""
    spec = fs.preset("dampings").spec
    coarse, fine = (
        spec.model_copy(update={"solvers": (spec.solvers[0].model_copy(update={"integrator": Euler(dt=dt)}),)})
        for dt in (0.5, 0.25)
    )
    assert max(moved(coarse, fine).values()) > 10 * WIDTH
