"""Measured data: a data set of scikit-learn, own data as a table, and minibatches of another data set."""

from ..flow import Constant, GeneralisedGaussNewton
from ..network import MLP, Glorot
from ..optimizer import Adam, CumulativeGaussNewton, LevenbergMarquardt
from ..problem import Bundled, Softmax, Table
from ..run.spec import RunSpec, Solver
from .entry import GRADIENT, Preset, damped, expected, follow

GROWTH = """\
hours,celsius,density
0,18,0.32
2,18,0.43
4,18,0.54
6,18,0.71
8,18,0.89
10,18,1.05
14,18,1.40
18,18,1.56
0,24,0.06
2,24,0.10
4,24,0.21
6,24,0.44
8,24,0.77
10,24,1.15
14,24,1.68
18,24,1.91
0,30,0.03
2,30,-0.02
4,30,0.10
6,30,0.25
8,30,0.66
10,30,1.27
14,30,1.80
18,30,1.83
"""
"""A made-up table: how dense a culture is after so many hours at three temperatures."""


def _iris() -> RunSpec:
    return RunSpec(
        title="Iris: cross-entropy of three classes of flowers (our set-up)",
        problem=Bundled(dataset="iris", count=90, loss=Softmax()),
        network=MLP(widths=(4, 8, 3), initialisation=Glorot()),
        solvers=(
            GRADIENT,
            follow("Generalised Gauss–Newton, ρ = 0.01", GeneralisedGaussNewton(damping=Constant(rho=0.01))),
            Solver("Adam, η = 0.05", Adam(eta=0.05)),
        ),
        horizon=10.0,
        interval=0.2,
    )


def _minibatches() -> RunSpec:
    """With p = 25, t = 1 costs each about 2np(p + 3) flops: a step of Levenberg–Marquardt, 14 of Adam, 4
    minibatches.
    """
    return RunSpec(
        title="Minibatches: cumulative Gauss–Newton at the cost of Levenberg–Marquardt (our set-up)",
        problem=Bundled(dataset="diabetes", count=200),
        network=MLP(widths=(10, 2, 1)),
        solvers=(
            Solver("Cumulative Gauss–Newton, 4 minibatches", CumulativeGaussNewton(batches=4)),
            Solver("Levenberg–Marquardt", LevenbergMarquardt()),
            Solver("Adam", Adam(eta=1 / 14)),
        ),
        horizon=30.0,
        interval=0.25,
    )


def _own() -> RunSpec:
    return RunSpec(
        title="Own data: a table of three columns (our set-up)",
        problem=Table(csv=GROWTH),
        network=MLP(widths=(2, 6, 1)),
        solvers=(
            GRADIENT,
            damped("Constant ρ = 10⁻³", Constant(rho=1e-3)),
            Solver("Levenberg–Marquardt", LevenbergMarquardt()),
        ),
        horizon=20.0,
        interval=0.1,
    )


PRESETS: tuple[Preset, ...] = (
    Preset("iris", "Data", _iris(), expected("P4", inapplicable="P1 P9 P18 P19")),
    Preset("minibatches", "Data", _minibatches(), expected("P4", inapplicable="P12")),
    Preset("own-data", "Data", _own(), expected("P4 P9")),
)
