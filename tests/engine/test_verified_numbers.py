"""Numbers that the theory page marks as verified, measured again on the presets: one row each (docs/verified_numbers.md
has all of them).

A row whose set-up is known repeats the page's number; where the page's random draw is not known, a row checks the claim
in our set-up.
"""

from collections.abc import Callable
from functools import cache
from math import exp, inf, log, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from flowscope import Status, preset
from flowscope.flow import GaussNewton, Linearization, SmallestEigenvalue
from flowscope.integrator import RK4, Euler
from flowscope.manifold.best_in_class import best_in_class
from flowscope.network import MLP, Antisymmetric, Pair
from flowscope.prediction import Frames, Subject
from flowscope.prediction.line import bend, lines
from flowscope.prediction.riemannian import curvature, gap_of
from flowscope.preset.comparison import MARQUARDT, adam, descend, newton
from flowscope.preset.entry import UNDAMPED
from flowscope.run.spec import AnySolver, Integration, RunSpec, Solver
from flowscope.status import Lane

Known = tuple[Frames, Lane]


@cache
def subject(name: str) -> Subject:
    return Subject(name, preset(name).spec)


def lane(name: str, number: int) -> Known:
    """The recording of a preset's solver."""
    return subject(name).lanes[preset(name).spec.solvers[number]]


def recorded(name: str, solver: Any, **changes: Any) -> Known:
    """One solver in a variant of a preset."""
    spec = preset(name).spec
    return Subject(name, spec).record(RunSpec.model_construct(**{**spec.__dict__, **changes}), solver)


variant: Callable[..., Known] = cache(recorded)


def slope(time: np.ndarray, values: np.ndarray, begin: float, end: float) -> float:
    """The exponent of a decay over a window of time."""
    window = (time >= begin) & (time <= end)
    return -float(np.polyfit(time[window], np.log(values[window]), 1)[0])


# 2.7: E(T) of one mode, L = L₀e^{−E}

Q = 0.01
CLOSED: dict[int, Callable[[float], float]] = {
    0: lambda t: 2 * Q * t,
    1: lambda t: 2 * Q * t / (0.1 + 0.9 * Q),
    2: lambda t: 2 * Q * t / (1e-3 + 0.999 * Q),
    3: lambda t: 2 * t / (2 - Q),
    4: lambda t: 2 * t / (1.1 - 0.1 * Q),
    5: lambda t: log(1 + Q * (exp(2 * t) - 1)),
    7: lambda t: 2 * Q * 3 + 2 * (t - 3) / (2 - Q),
    8: lambda t: 2 * t,
    9: lambda t: 2 * (t - (1 - Q) / Q * log(1 + Q * t)),
}


def exponent(number: int) -> float:
    """E(6), measured."""
    frames, _ = lane("one-mode", number)
    return -log(frames["loss"][600] / frames["loss"][0])


def waiting() -> float:
    """((1−q)/q)(l − 1) + ln l at t = 6 for ρ = L/L₀, which is −2t."""
    frames, _ = lane("one-mode", 6)
    share = float(frames["loss"][600] / frames["loss"][0])
    return (1 - Q) / Q * (share - 1) + log(share)


# 2.3, 2.4, 3.1: over-parametrised, our draw


def bent(name: str, number: int) -> float:
    """Largest distance of the output curve from the segment, over its length."""
    f = lane(name, number)[0]["outputs"]
    way = lane(name, 3)[0].target - f[0]
    along = (f - f[0]) @ way / (way @ way)
    return float(np.linalg.norm(f - f[0] - along[:, None] * way, axis=1).max() / np.linalg.norm(way))


def strayed(number: int) -> float:
    """Distance of the straight line from the segment, by RK4 steps."""
    solver, size = lines(subject("straight-line"))[number]
    return bend(subject("straight-line").lane(solver)[0], size)


def order(kind: type[Euler | RK4], sizes: tuple[float, float]) -> float:
    """Of max |ln(L/L₀) + 2t| to t = 5, over two step sizes."""
    made = [variant("segment", Solver("steps", UNDAMPED, kind(dt=h)), horizon=5.0, interval=0.5)[0] for h in sizes]
    worst = [float(np.abs(np.log(f["loss"] / f["loss"][0]) + 2 * f["time"]).max()) for f in made]
    return log(worst[0] / worst[1]) / log(sizes[0] / sizes[1])


def smallest_rate(number: int) -> float:
    """Exponent of ‖g'‖ on the logistic preset, t from 4 to 8."""
    frames, _ = lane("logistic", number)
    f, data = torch.from_numpy(frames["outputs"]), subject("logistic").data
    return slope(frames["time"], np.linalg.norm((torch.sigmoid(f) - data.targets).numpy(), axis=1), 4.0, 8.0)


# 3.2: the three problems of Fig. 2

FIGURE = ("schedules-mild", "schedules-ill", "schedules-worst")


def tail(name: str, number: int) -> float:
    """Exponent of L over the second half, down to rounding."""
    frames, _ = lane(name, number)
    visible = frames["loss"] > 1e-20 * frames["loss"][0]
    return slope(frames["time"][visible], frames["loss"][visible], 6.0, 12.0)


# 3.3: steps


def ratio(name: str, solver: Integration, eta: float, least: float) -> float:
    """‖r_{k+1}‖/‖r_k‖ at the last step above a share of the first."""
    frames, _ = variant(name, solver, horizon=40 * eta, interval=eta)
    norm = frames["residual_norm"][frames["residual_norm"] > least * frames["residual_norm"][0]]
    return float(norm[-1] / norm[-2])


def marquardt(eta: float) -> float:
    """The measured ratio at ρ = λ_min over the predicted 1 − η/(2 − λ_min), λ_min at the end."""
    solver = Solver("steps", GaussNewton(damping=SmallestEigenvalue()), Euler(dt=eta))
    frames, _ = variant("schedules", solver, horizon=40 * eta, interval=eta)
    return ratio("schedules", solver, eta, 1e-9) / (1 - eta / (2 - float(frames["eigenvalues"][-1, -1])))


def curved_step() -> float:
    """The ratio of gaps of Gauss–Newton at η = 1 over (1 − μ)², μ the least Riemannian eigenvalue at the end."""
    spec = preset("pair-large").spec
    frames, _ = variant("pair-large", Solver("steps", UNDAMPED, Euler(dt=0.5)), horizon=20.0, interval=0.5)
    gap = gap_of(frames)
    gap = gap[gap > 1e-12 * gap[0]]
    mu = float(curvature(Subject("pair-large", spec), torch.from_numpy(frames["theta"][-1]))[0])
    return float(gap[-1] / gap[-2]) / (1 - 0.5 * mu) ** 2


# 3.4 and 4.1: three samples, two parameters


@cache
def scaled(alpha: float) -> Known:
    """The two neurons under another α."""
    network = Pair(alpha=alpha, second=1.0)
    return variant("pair-well", preset("pair-well").spec.solvers[1], network=network, horizon=20.0)


def escape(alpha: float) -> float:
    """When J loses rank."""
    frames, end = scaled(alpha)
    assert end.status is Status.RANK_LOSS and frames["theta"][-1, 0] > 20
    return end.time


def middle(alpha: float) -> float:
    """Exponent of the gap, t from 3 to 6."""
    frames, _ = scaled(alpha)
    return slope(frames["time"], gap_of(frames), 3.0, 6.0)


def curvature_at(alpha: float) -> float:
    """2μ_min at the end."""
    frames, _ = scaled(alpha)
    spec = preset("pair-well").spec.model_copy(update={"network": Pair(alpha=alpha, second=1.0)})
    return 2 * float(curvature(Subject("pair", spec), torch.from_numpy(frames["theta"][-1]))[0])


def gram(name: str, number: int) -> float:
    """An eigenvalue of JᵀJ at θ₀, the smaller first."""
    j = subject(name).jacobian(subject(name).start)
    return float(np.linalg.eigvalsh(j.T @ j)[number])


def arrival(name: str, number: int, horizon: float) -> float:
    """Flow time to a millionth of the first gap, the end being that of a longer run."""
    frames, _ = variant(name, preset(name).spec.solvers[number], horizon=horizon, interval=0.1)
    share = gap_of(frames) / gap_of(frames)[0]
    visible = share > 1e-9
    return float(np.interp(-log(1e-6), -np.log(share[visible]), frames["time"][visible]))


def end_loss(name: str, number: int = 1) -> float:
    """½‖r‖² at the end of Gauss–Newton."""
    return 3 * float(lane(name, number)[0]["loss"][-1])


def best() -> float:
    """The best in-class ½‖r‖² of the counter-demo."""
    s = subject("local-minimum")
    found = best_in_class(s.network, s.data, s.start.unsqueeze(0))
    assert found is not None
    return 3 * found.loss


def local(begin: float, end: float) -> float:
    """Exponent of the gap to the local minimum."""
    frames, _ = lane("local-minimum", 1)
    return slope(frames["time"], gap_of(frames), begin, end)


def local_curvature() -> float:
    """2μ_min of the Riemannian Hessian there."""
    return 2 * float(curvature(subject("local-minimum"), torch.from_numpy(lane("local-minimum", 1)[0]["theta"][-1]))[0])


# 4.3, 5 and the referees' toy


def turn() -> float:
    """The least ‖J‖ of Gauss–Newton past the saddle."""
    frames, _ = variant("past-saddle", preset("past-saddle").spec.solvers[1], horizon=1.0, interval=1e-3)
    return float(frames["sigma_max"].min())


def antisymmetric(outer: bool) -> float:
    """The rank of J by W alone, or by W and c, of six neurons in duplicated pairs on forty inputs."""
    network = MLP(widths=(4, 6, 1), initialisation=Antisymmetric())
    data = preset("scaling-1").spec.problem.data(network)
    j = Linearization.of(network, data, network.draw(torch.Generator().manual_seed(0)).unsqueeze(0)).jacobian.dense()[0]
    columns = [*range(24), *(range(30, 36) if outer else ())]
    return float(torch.linalg.matrix_rank(j[:, columns], rtol=1e-9))


def steps(solver: AnySolver, eta: float, count: int) -> float:
    """Evaluations of f when the excess ½‖r‖² is first below 1e-8, the start's among them; infinite where the method
    breaks off.
    """
    frames, end = variant("same-step", solver, horizon=eta * count, interval=eta)
    below = np.flatnonzero(3 * frames["excess_loss"] < 1e-8)
    assert below.size or end.status in (Status.DIVERGED, Status.RANK_LOSS)
    return float(frames["step"][below[0]]) + 1 if below.size else inf


def raced(kind: Callable[[float], AnySolver], eta: float, count: int) -> float:
    solver = kind(eta)
    return steps(solver, 3 * eta if kind is descend else eta, count)


Row = tuple[str, str, float, float, Callable[[], float]]
ROWS: list[Row] = [
    *(
        (
            "2.7",
            f"E(6), {preset('one-mode').spec.solvers[k].name}",
            closed(6.0),
            1e-6 * closed(6.0),
            lambda k=k: exponent(k),
        )
        for k, closed in CLOSED.items()
    ),
    ("2.7", "implicit law of ρ = L/L₀ at t = 6", -12.0, 1e-5, waiting),
    *(("3.4", f"escape at α = {a}", t, 1e-3, lambda a=a: escape(a)) for a, t in ((0.5, 1.106), (1.0, 3.710))),
    *(
        ("3.4", f"exponent on [3, 6] at α = {a}", e, 2e-3, lambda a=a: middle(a))
        for a, e in ((2.0, 1.577), (4.0, 1.845), (8.0, 1.945), (16.0, 1.990), (32.0, 2.004), (128.0, 2.004))
    ),
    *(
        ("3.4", f"2μ at the end at α = {a}", m, 1e-3, lambda a=a: curvature_at(a))
        for a, m in ((2.0, 1.562), (4.0, 1.829), (8.0, 1.919), (16.0, 1.960), (32.0, 1.980), (128.0, 1.995))
    ),
    *(
        ("4.1", f"eigenvalue {k} of JᵀJ at θ₀, {name}", value, 0.004 * value, lambda name=name, k=k: gram(name, k))
        for name, pair in (("pair-well", (1.51, 21.8)), ("pair", (0.181, 16.4)), ("pair-ill", (0.0207, 15.9)))
        for k, value in enumerate(pair)
    ),
    *(
        ("4.1", f"time of Gauss–Newton by SciPy, {name}", time, 0.03, lambda name=name: arrival(name, 1, 24.0))
        for name, time in (("pair-well", 7.36), ("pair", 7.32), ("pair-ill", 7.29))
    ),
    *(
        (
            "4.1",
            f"time of gradient flow by SciPy, {name}",
            time,
            0.03,
            lambda name=name, end=1.7 * time: arrival(name, 0, end),
        )
        for name, time in (("pair-well", 4.50), ("pair", 29.02), ("pair-ill", 121.04))
    ),
    *(
        ("4.1", f"½‖r‖² at the end, {name}", loss, 1e-6, lambda name=name: end_loss(name))
        for name, loss in (("pair-well", 0.284205), ("pair", 0.290123), ("pair-ill", 0.294509))
    ),
    ("4.1", "½‖r‖² of the local minimum", 0.0482, 5e-5, lambda: end_loss("local-minimum")),
    ("4.1", "best in-class ½‖r‖²", 0.0117, 5e-5, best),
    ("4.1", "w₁ of the local minimum", 2.573, 5e-4, lambda: float(lane("local-minimum", 1)[0]["theta"][-1, 0])),
    ("4.1", "w₂ of the local minimum", 1.614, 5e-4, lambda: float(lane("local-minimum", 1)[0]["theta"][-1, 1])),
    ("4.1", "exponent of the gap on [4, 10]", 1.280, 1e-3, lambda: local(4.0, 10.0)),
    ("4.1", "2μ_min at the local minimum", 1.2800, 5e-4, local_curvature),
    ("3.3", "tail ratio of Gauss–Newton, η = 0.1", 0.900, 1e-3, lambda: ratio("segment", newton(0.1), 0.1, 1e-6)),
    ("3.3", "tail ratio of Gauss–Newton, η = 0.25", 0.750, 1e-3, lambda: ratio("segment", newton(0.25), 0.25, 1e-9)),
    ("3.3", "tail ratio of Gauss–Newton, η = 0.5", 0.500, 1e-3, lambda: ratio("segment", newton(0.5), 0.5, 1e-9)),
    ("3.3", "tail ratio of Gauss–Newton, η = 0.9", 0.100, 1e-3, lambda: ratio("segment", newton(0.9), 0.9, 1e-9)),
    *(
        ("3.3", f"ρ = λ_min, η = {eta}: ratio over 1 − η/(2 − λ)", 1.0, 1e-3, lambda eta=eta: marquardt(eta))
        for eta in (0.5, 1.0)
    ),
    ("3.4", "steps of ½, α = 32: ratio of gaps over (1 − μ/2)²", 1.0, 0.01, curved_step),
    ("2.4", "exponent of ‖g'‖, generalised Gauss–Newton", 1.0, 1e-4, lambda: smallest_rate(2)),
    ("5.3", "end of Gauss–Newton at the saddle", log(2), 1e-4, lambda: lane("saddle", 1)[1].time),
    ("5.3", "least ‖J‖ past the saddle", 0.1418, 1e-4, turn),
    ("5.2", "end of Gauss–Newton for the label 2", 0.69314718, 1e-8, lambda: lane("escape", 1)[1].time),
    ("5.5", "rank of J of duplicated neurons, W alone", 12.0, 0.0, lambda: antisymmetric(False)),
    ("5.5", "rank of J of duplicated neurons, W and c", 15.0, 0.0, lambda: antisymmetric(True)),
    *(
        (
            "R1",
            f"evaluations of f, {kind.__name__} at η = {eta}",
            count,
            0.0,
            lambda kind=kind, eta=eta, most=most: raced(kind, eta, most),
        )
        for kind, eta, count, most in (
            (descend, 0.1, 1438.0, 1500),
            (newton, 0.1, 82.0, 100),
            (adam, 0.1, 148.0, 200),
            (descend, 0.45, 316.0, 400),
            (newton, 0.45, 17.0, 40),
            (adam, 0.45, 135.0, 200),
            (descend, 1.0, inf, 100),
            (newton, 1.0, inf, 100),
            (descend, 0.49, 290.0, 400),
            (newton, 0.65, 12.0, 40),
        )
    ),
    ("R1", "accepted steps of Levenberg–Marquardt", 5.0, 0.0, lambda: steps(MARQUARDT, 1.0, 20) - 1),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]}")
def test_a_number_of_the_theory_page_is_measured_again(row: Row) -> None:
    _, quantity, value, tolerance, measure = row
    measured = measure()
    assert measured == value or abs(measured - value) <= tolerance, (
        f"{quantity}: {measured!r}, not {value!r} ± {tolerance:g}"
    )


def test_every_row_stands_in_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs/verified_numbers.md").read_text(encoding="utf-8")
    for section, quantity, *_ in ROWS:
        assert f"| {section} | {quantity} |" in page, quantity


def test_a_straight_line_bends_with_the_fourth_power_of_its_step() -> None:
    """2.3: 7.9e-4 to 4.9e-9 from 10 to 160 steps, at another draw."""
    bends = np.array([strayed(number) for number in range(5)])
    assert np.log2(bends[:-1] / bends[1:]) == pytest.approx([4.0] * 4, abs=0.6)
    assert bends[0] < 1e-3 and bends[-1] < 1e-8


@pytest.mark.parametrize("name", ["homotopy-arithmetic", "homotopy-harmonic"])
def test_a_homotopy_straightens_to_the_segment(name: str) -> None:
    """2.3: .273, .244, .132, 0 and .272, .144, .036, 0 for τ = 0, .5, .9, 1, at another draw."""
    bends = [bent(name, number) for number in range(4)]
    assert bends[0] > bends[1] > bends[2] > 1e-3 and bends[3] < 1e-6


def test_only_the_loss_s_curvature_makes_the_rate_one() -> None:
    """2.4: 1.0000 against .179."""
    assert smallest_rate(1) < 0.5


@pytest.mark.parametrize(("kind", "sizes", "expected"), [(Euler, (1 / 48, 1 / 96), 1.0), (RK4, (1 / 12, 1 / 24), 4.0)])
def test_the_rate_law_is_approached_at_the_order_of_the_steps(
    kind: type[Euler | RK4], sizes: tuple[float, float], expected: float
) -> None:
    """3.1."""
    assert order(kind, sizes) == pytest.approx(expected, abs=0.15 * expected)


@pytest.mark.parametrize(("name", "least"), list(zip(FIGURE, (1.4e-3, 7.9e-5, 3.3e-6), strict=True)))
def test_the_schedules_of_figure_2(name: str, least: float) -> None:
    """3.2: what does not depend on λ₀, and what waits."""
    assert float(lane(name, 0)[0]["eigenvalues"][0, -1]) == pytest.approx(least, rel=0.03)
    assert tail(name, 8) == pytest.approx(2.0, abs=1e-3)
    assert tail(name, 5) == pytest.approx(2.0, abs=0.01)
    assert tail(name, 3) >= 1.0 and tail(name, 7) >= 1.0
    assert tail(name, 4) >= 2 / 1.1
    assert tail(name, 0) < 0.1 and tail(name, 6) < 0.1
    frames, _ = lane(name, 7)
    early, _ = lane(name, 0)
    same = frames["time"] < 3.0
    assert np.abs(np.log(frames["loss"][same] / early["loss"][same])).max() < 1e-6


def test_constant_dampings_and_gradient_flow_slow_down_with_the_least_eigenvalue() -> None:
    """3.2."""
    for number in (0, 1, 2):
        first, second, third = (tail(name, number) for name in FIGURE)
        assert first > second > third


def test_output_scaling_trades_fit_for_rate() -> None:
    """3.4, 4.3: escape at small α, exponent → 2 and a rising loss at the end with large α."""
    ends = {
        alpha: variant(f"scaling-{alpha}", preset(f"scaling-{alpha}").spec.solvers[1]) for alpha in (1, 10, 30, 1000)
    }
    lost = [ends[alpha][1].time for alpha in (1, 10)]
    assert all(ends[alpha][1].status is Status.RANK_LOSS for alpha in (1, 10)) and lost == sorted(lost)
    risks = [float(ends[alpha][0]["loss"][-1]) for alpha in (30, 1000)]
    assert risks == sorted(risks)
    frames = ends[1000][0]
    assert slope(frames["time"], gap_of(frames), 3.0, 6.0) == pytest.approx(2.0, abs=0.005)


@pytest.mark.parametrize("alpha", [2.0, 8.0, 128.0])
def test_the_gap_keeps_its_bound(alpha: float) -> None:
    """3.4: gap ≤ gap₀e^{−2μt}, μ the least curvature on the path, which is positive from the start on."""
    frames, _ = scaled(alpha)
    spec = preset("pair-well").spec.model_copy(update={"network": Pair(alpha=alpha, second=1.0)})
    s, every = Subject("pair", spec), slice(0, 600, 20)
    mu = min(float(curvature(s, torch.from_numpy(theta))[0]) for theta in frames["theta"][every])
    gap, time = gap_of(frames)[every], frames["time"][every]
    assert mu > 0 and (gap <= gap[0] * np.exp(-2 * mu * time) * (1 + 1e-9) + 1e-13 * gap[0]).all()


def test_past_the_saddle_the_law_holds_to_1e_9() -> None:
    """5.3, on the outputs; ln L errs by twice that over the share of r that is left."""
    frames, _ = lane("past-saddle", 1)
    way = frames.target + np.exp(-frames["time"])[:, None] * (frames["outputs"][0] - frames.target)
    assert np.abs(frames["outputs"] - way).max() < 2.5e-8
    assert sqrt(1.01**2 - 1) == pytest.approx(0.1418, abs=1e-4)
