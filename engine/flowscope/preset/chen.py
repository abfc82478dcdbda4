"""Chen (2311.15487) and Chen and Munoz Ewald (2408.01517): over, under, borderline, the straight line and the
homotopies.

The papers have no experiments: sizes are those of the theory page, 4.4, data drawn once and written down.
"""

from math import cos, sin

from ..flow import Arithmetic, Harmonic, Homotopy, PseudoInverse, Pushforward, StraightLine
from ..integrator import RK4
from ..network import MLP
from ..problem import Points
from ..run.spec import AnySolver, RunSpec
from .entry import GAUSS_NEWTON, GRADIENT, Preset, Slider, expected, follow

SIX = (
    (0.07, 0.05, 0.46),
    (1.69, 1.46, 1.93),
    (-1.44, 0.73, -1.31),
    (-0.33, -0.15, -2.69),
    (1.74, -0.52, -0.28),
    (0.45, -1.67, -1.59),
)
"""Six inputs, drawn once from the standard normal."""
LABELS = ((-0.19, 0.28), (0.13, 0.33), (-0.08, -0.92), (-1.89, 1.01), (-0.69, 0.91), (0.11, 0.61))


def fitted(title: str, *solvers: AnySolver, horizon: float = 6.0, interval: float = 0.02) -> RunSpec:
    """Six samples, two outputs each, and 50 parameters (theory page, 4.4)."""
    return RunSpec(
        title=title,
        problem=Points(inputs=SIX, targets=LABELS),
        network=MLP(widths=(3, 8, 2)),
        solvers=solvers,
        seeds=(2,),
        horizon=horizon,
        interval=interval,
    )


def _under() -> RunSpec:
    """The same network on 30 samples, that is 60 outputs: smooth labels, centred and scaled by α = 30, so that J keeps
    its rank.
    """
    inputs = tuple((1.5 * cos(2.4 * i), 1.5 * sin(1.7 * i), 1.5 * cos(0.9 * i + 1.0)) for i in range(30))
    return RunSpec(
        title="More outputs than parameters: along the range of J (our set-up)",
        problem=Points(
            inputs=inputs, targets=tuple((0.8 * sin(1.1 * u) + 0.3 * v, cos(w) - 0.4 * u * v) for u, v, w in inputs)
        ),
        network=MLP(widths=(3, 8, 2), alpha=30.0, centre="start"),
        solvers=(GAUSS_NEWTON, follow("Pushforward", Pushforward()), follow("Pseudo-inverse", PseudoInverse())),
        seeds=(2,),
        horizon=8.0,
        interval=0.02,
    )


def _borderline() -> RunSpec:
    return RunSpec(
        title="As many parameters as outputs: one way to move (our set-up)",
        problem=Points(
            inputs=(
                (-0.71, 0.83),
                (-0.32, 0.25),
                (-0.25, 1.09),
                (-0.54, -0.81),
                (-0.82, -0.06),
                (1.38, 1.2),
                (0.73, -0.21),
                (1.1, -0.34),
                (0.42, 1.2),
            ),
            targets=(
                (-0.8001,),
                (-0.6162,),
                (-0.2839,),
                (-0.8845,),
                (-0.9243,),
                (1.72,),
                (1.016,),
                (1.5864,),
                (0.5999,),
            ),
        ),
        network=MLP(widths=(2, 2, 1)),
        solvers=(GRADIENT, GAUSS_NEWTON),
        seeds=(4,),
        horizon=6.0,
        interval=0.02,
    )


def _homotopy(title: str, kind: type[Homotopy]) -> RunSpec:
    members = (
        ("Gradient flow, τ = 0", 0.0),
        ("The τ of the slider", 0.5),
        ("τ = 0.9", 0.9),
        ("Adapted flow, τ = 1", 1.0),
    )
    return fitted(title, *(follow(name, kind(tau=tau)) for name, tau in members), horizon=8.0)


TAU = Slider("solvers.1.flow.tau", "τ", 0.0, 1.0)
LINE = tuple(
    follow(f"Straight line, {count} steps", StraightLine(), RK4(dt=1.0 / count)) for count in (10, 20, 40, 80, 160)
)

PRESETS = (
    Preset(
        "segment",
        "Chen",
        fitted("More parameters than outputs: straight to the labels (our set-up)", GRADIENT, GAUSS_NEWTON),
        expected("P1 P2 P3 P4 P7 P9 P11 P14 P15 P17", inapplicable="P5 P6 P8 P10 P12 P13 P16 P19 P20 P21"),
    ),
    Preset("under", "Chen", _under(), expected("P4 P6", inapplicable="P1 P17")),
    Preset(
        "borderline", "Chen", _borderline(), expected("P1 P2 P3 P4 P5 P9 P11 P15 S1 S2 S3 S4 S5", inapplicable="P17")
    ),
    Preset(
        "straight-line",
        "Chen",
        fitted(
            "The straight line on t from 0 to 1, by Runge–Kutta steps (our set-up)",
            *LINE,
            horizon=1.0,
            interval=0.00625,
        ),
        expected("P20"),
    ),
    Preset(
        "homotopy-arithmetic",
        "Chen",
        _homotopy("Arithmetic homotopy from gradient flow to the segment (our set-up)", Arithmetic),
        expected("P9"),
        TAU,
    ),
    Preset(
        "homotopy-harmonic",
        "Chen",
        _homotopy("Harmonic homotopy from gradient flow to the segment (our set-up)", Harmonic),
        expected("P9"),
        TAU,
    ),
)
