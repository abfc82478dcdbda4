"""The best in-class point against SciPy, and the surface it lies on."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from flowscope import PRESETS, Run, facts, global_optimum, parse_spec, preset
from flowscope.flow import Linearization
from flowscope.manifold.best_in_class import InClass, best_in_class
from flowscope.network import MLP, Network, Neuron, Pair, ScaledNeuron, TwoTerm
from flowscope.problem import Data, Logistic, Softmax, Squares
from flowscope.run.reference import Reference
from scipy.optimize import least_squares, minimize

from ..cases import START, column, mlp_spec, recorded, stage_spec


@pytest.mark.parametrize("offset", [0.05, -0.4, 0.25])
def test_the_best_point_is_scipys(offset: float) -> None:
    spec = stage_spec(offset=offset)
    data = spec.problem.data(spec.network)
    x, y = data.inputs[:, 0].numpy(), data.targets.numpy()
    best = best_in_class(spec.network, data, torch.tensor([START], dtype=torch.float64))
    candidates = [
        least_squares(lambda u: np.tanh(u[0] * x + u[1]) - y, start, method="lm", xtol=1e-15, ftol=1e-15, gtol=1e-15)
        for start in ([1.13, 1.44], [0.3, -0.9], [-1.0, 0.0], [2.0, -2.0])
    ]
    referee = min(candidates, key=lambda found: found.cost)
    assert best is not None and best.theta is not None
    assert best.loss == pytest.approx(referee.cost / 3, abs=1e-15)
    assert np.abs(best.theta.numpy() - referee.x).max() < 1e-7


def test_a_minimum_where_full_steps_hardly_contract_is_reached() -> None:
    """There the Riemannian Hessian has an eigenvalue of 1.99, so that an undamped Gauss–Newton step contracts by 0.99
    only.
    """
    network = Pair(alpha=4.0, second=0.3)
    inputs = torch.tensor([[-0.87], [-0.34], [1.75]], dtype=torch.float64)
    data = Data(inputs, torch.tensor([-0.262530819, 0.529353357, -1.346212207], dtype=torch.float64))
    best = best_in_class(network, data, torch.tensor([[0.3, 0.9]], dtype=torch.float64))
    assert best is not None and best.theta is not None
    at = Linearization.of(network, data, best.theta.unsqueeze(0))
    assert float(at.gradient.abs().max()) < 1e-8


def test_an_overparametrised_problem_refers_to_the_target_itself() -> None:
    spec = mlp_spec("gradient")
    data = spec.problem.data(spec.network)
    best = best_in_class(spec.network, data, spec.network.draw(torch.Generator().manual_seed(0)).unsqueeze(0))
    assert best is not None and best.loss == 0.0 and best.theta is None
    assert torch.equal(best.outputs, data.targets)


@pytest.mark.parametrize("seed", range(6))
def test_samples_of_one_input_that_disagree_leave_the_loss_of_their_mean_label(seed: int) -> None:
    """Beside a quasi-Newton search over one output for every distinct input, for losses on labels in (0, 1); the
    softmax of two classes.
    """
    draw = np.random.default_rng(seed)
    distinct = draw.normal(size=(int(draw.integers(2, 5)), 2))
    group = np.concatenate([np.arange(len(distinct)), draw.integers(0, len(distinct), int(draw.integers(1, 6)))])
    labels = draw.uniform(0.05, 0.95, len(group))
    for loss, width in ((Squares(), 1), (Logistic(), 1), (Softmax(), 2)):
        targets = torch.from_numpy(labels if width == 1 else np.stack([labels, 1.0 - labels], 1).ravel())
        data = Data(torch.from_numpy(distinct[group]), targets, loss)

        def value(outputs: np.ndarray, data: Data = data, width: int = width) -> float:
            spread = torch.from_numpy(outputs.reshape(-1, width)[group])
            return float(data.loss.value(spread, data.rows(data.targets))) / data.samples

        network = MLP(widths=(2, 8, width))
        best = best_in_class(network, data, network.draw(torch.Generator().manual_seed(0)).unsqueeze(0))
        assert best is not None
        np.testing.assert_allclose(best.loss, minimize(value, np.zeros(len(distinct) * width)).fun, rtol=1e-6)
        assert best.loss > 1e-6


def test_repeated_samples_that_agree_leave_no_loss() -> None:
    data = Data(
        torch.tensor([[0.3], [0.3], [1.0]], dtype=torch.float64), torch.tensor([0.7, 0.7, -0.2], dtype=torch.float64)
    )
    network = MLP(widths=(1, 4, 1))
    best = best_in_class(network, data, network.draw(torch.Generator().manual_seed(0)).unsqueeze(0))
    assert best is not None and best.loss < 1e-30


def test_the_stage_lies_on_the_manifold_and_covers_start_and_optimum() -> None:
    run = Run(PRESETS[0].spec)
    stage = run.stage()
    assert stage is not None
    shape = json.loads(stage.schema.metadata[b"stage"])
    theta, points = np.array(stage["theta"].to_pylist()), np.array(stage["point"].to_pylist())
    assert len(theta) == shape["rows"] * shape["columns"]
    x = PRESETS[0].spec.problem.data(PRESETS[0].spec.network).inputs[:, 0].numpy()
    assert np.abs(np.tanh(theta[:, :1] * x + theta[:, 1:]) - points).max() < 1e-15
    for landmark in (START, (0.35, -0.86)):
        assert (theta.min(0) < landmark).all() and (theta.max(0) > landmark).all()
    slope = 1 - points**2
    sigma = np.linalg.svd(np.stack([slope * x, slope], 2), compute_uv=False)
    assert np.abs(sigma[:, 1] / sigma[:, 0] - stage["conditioning"].to_numpy()).max() < 1e-12


def test_only_three_outputs_and_two_parameters_have_a_stage() -> None:
    assert Run(mlp_spec("gradient")).stage() is None


def against_minpack(seed: int) -> float:
    """L* of a drawn network with more outputs than parameters, over the best of 24 starts of MINPACK's
    Levenberg–Marquardt.
    """
    draw = np.random.default_rng(seed)
    width = int(draw.integers(1, 4))
    network, count = MLP(widths=(1, width, 1)), 3 * width + 1 + int(draw.integers(3, 12))
    inputs = torch.from_numpy(draw.normal(size=(count, 1)))
    data = Data(inputs, torch.from_numpy(draw.normal(size=count)))

    def residual(theta: np.ndarray) -> np.ndarray:
        return (network.forward(torch.from_numpy(theta)[None], inputs)[0] - data.targets).numpy()

    def jacobian(theta: np.ndarray) -> np.ndarray:
        return network.evaluate(torch.from_numpy(theta)[None], inputs)[1].dense()[0].numpy()

    starts = 2.0 * draw.normal(size=(24, network.parameters))
    found = [least_squares(residual, start, jac=jacobian, method="lm", max_nfev=400).cost / count for start in starts]  # pyright: ignore[reportArgumentType]  # its stubs know no callable
    best = best_in_class(network, data, torch.from_numpy(starts[:1]))
    assert best is not None
    return best.loss / min(found)


def test_the_best_of_drawn_networks_is_rarely_above_that_of_many_starts_of_minpack() -> None:
    """Noise on noise, with many minima and none certified: of eleven, eight at or below it, and none by more than three
    tenths above.
    """
    ratios = sorted(against_minpack(seed) for seed in range(11))
    assert ratios[7] <= 1.0 + 1e-6
    assert ratios[-1] <= 1.3


FAR = (39, 41, 67, 83, 117, 42, 58, 66, 74, 96, 106, 110, 134, 138)
"""Stages whose loss falls on far beyond |θ| = 3; of the last nine a search rests in a valley that runs to infinity."""


@pytest.mark.parametrize("seed", [*range(30), *FAR])
def test_the_best_of_a_drawn_stage_is_that_of_exhaustion_by_newton(seed: int) -> None:
    draw = np.random.default_rng(seed)
    network: Network = (Neuron(), Pair(alpha=4.0, second=0.3), TwoTerm(), ScaledNeuron())[seed % 4]
    data = Data(torch.from_numpy(draw.normal(size=(3, 1))), torch.from_numpy(draw.normal(scale=0.7, size=3)))
    ours, theirs = (
        best_in_class(network, data, torch.from_numpy(draw.normal(size=(1, 2)))),
        global_optimum(network, data),
    )
    assert ours is not None
    assert ours.loss <= theirs.loss * (1.0 + 1e-6) + 1e-15
    assert seed not in FAR[5:] or seed == 96 or not ours.attained


@pytest.mark.parametrize(("name", "most"), [("scaling-3", 0.000947), ("scaling-30", 0.0018312)])
def test_no_lane_of_a_preset_comes_below_its_reference(name: str, most: float) -> None:
    """`most`: what starts around the old optimum led to (α = 3), and what Gauss–Newton ends at (α = 30)."""
    frames = recorded(name).to_table()
    reference, loss = column(frames, "reference"), column(frames, "loss")
    assert reference.max() < most
    assert (loss >= reference).all()


@pytest.mark.parametrize(
    ("name", "attained"),
    [
        ("riemannian-flow", True),
        ("escape", False),
        ("conditions-far", False),
        ("conditions-adverse", False),
        ("minibatches", False),
    ],
)
def test_an_infimum_at_infinity_is_no_reference(name: str, attained: bool) -> None:
    frames = recorded(name).to_table()
    told = facts(frames.schema)
    assert told["infimum"]["attained"] is attained
    assert (column(frames, "loss") >= told["infimum"]["loss"] * (1.0 - 1e-12)).all()
    assert (told["best"] is not None) is attained
    assert (frames["excess_loss"].null_count == 0) is attained


def losses(seed: int) -> tuple[Linearization, tuple[torch.Tensor, ...]]:
    """Twelve rows of one drawn problem, three in each of four frames."""
    numbers = torch.Generator().manual_seed(seed)
    data = Data(
        torch.randn(3, 1, generator=numbers, dtype=torch.float64),
        torch.randn(3, generator=numbers, dtype=torch.float64),
    )
    at = Linearization.of(Neuron(), data, torch.randn(12, 2, generator=numbers, dtype=torch.float64))
    return at, torch.arange(12).split(3)


@pytest.mark.parametrize("seed", range(5))
def test_a_lane_below_the_reference_lowers_it_from_its_frame_on(seed: int) -> None:
    at, frames = losses(seed)
    first = float(at.loss.median())
    seen = Reference(InClass(None, at.outputs[0] + 1.0, first)).along(at, frames)
    least = first
    for rows in frames:
        lower = float(at.loss[rows].min()) < least
        least = min(least, float(at.loss[rows].min()))
        assert seen.loss[rows].tolist() == [least] * 3
        assert int(seen.own[rows].sum()) == int(lower)
        if lower:
            assert float(at.loss[rows][seen.own[rows]]) == least
    assert least == float(at.loss.min())


def test_how_frames_are_cut_does_not_change_what_the_reference_is_lowered_to() -> None:
    at, frames = losses(9)
    whole = Reference(InClass(None, at.outputs[0], float(at.loss.max()))).along(at, frames)
    parts, again = Reference(InClass(None, at.outputs[0], float(at.loss.max()))), torch.arange(6).split(3)
    halves = [parts.along(at[:6], again), parts.along(at[6:], again)]
    assert torch.equal(whole.loss, torch.cat([half.loss for half in halves]))
    assert torch.equal(whole.outputs, torch.cat([half.outputs for half in halves]))


def test_a_row_that_is_its_own_reference_has_no_excess_and_none_is_clamped() -> None:
    """A run whose reference is put too high on purpose: the lane that comes below it is null there, and nothing is
    0.
    """
    spec = stage_spec("gauss_newton", horizon=14.0, interval=0.5)
    run = Run(spec)
    best = run._landmark.best
    assert best is not None
    run._landmark.__dict__["reference"] = Reference(replace(best, loss=3.0 * best.loss))
    frames = pa.Table.from_batches(list(run), run.schema)
    excess, reference = column(frames, "excess_loss"), column(frames, "reference")
    assert reference[0] == 3.0 * best.loss
    assert (np.diff(reference) <= 0.0).all()
    assert reference[-1] == pytest.approx(best.loss, rel=1e-4)
    assert np.isnan(excess).sum() > 3
    assert not (excess == 0.0).any()


AFFINE = {"kind": "mlp", "widths": [1, 1]}
FOUR = ([1.0], [2.0], [3.0], [5.0])


@pytest.mark.parametrize("scale", [1e-8, 1e-6, 1e-3, 1.0, 1e3])
def test_an_affine_model_has_the_best_point_of_least_squares_at_any_scale_of_inputs(scale: float) -> None:
    """By hand: slope 1.5 per unit, residual sum of squares 21.1875 − 1.5·13.125 = 1.5, L* = 1.5/8; θ is up to 1.5e8."""
    inputs = [[scale * x for x in row] for row in FOUR]
    told = infimum({"kind": "points", "inputs": inputs, "targets": [[1.0], [2.0], [2.5], [7.0]]}, AFFINE, [0.0, 0.0])
    assert told["attained"] is True
    assert told["loss"] == pytest.approx(0.1875, rel=1e-9)


@pytest.mark.parametrize(
    ("inputs", "targets", "network", "theta"),
    [
        ([[1.37]], [[0.1]], {"kind": "neuron"}, [0.9, 0.7]),
        ([[1.0], [2.0], [3.0]], [[0.0]] * 3, AFFINE, [1.0, 1.0]),
        ([[-1.0], [0.3], [0.77]], [[0.0]] * 3, AFFINE, [1.0, 1.0]),
        ([[-1.0], [0.3], [0.77]], [[0.4]] * 3, {"kind": "neuron"}, [1.0, 1.0]),
    ],
)
def test_an_exact_fit_is_attained_whatever_its_last_bit(inputs: Any, targets: Any, network: Any, theta: Any) -> None:
    """One sample, labels of 0, labels that are all one: y has no spread by which to tell what is small."""
    told = infimum({"kind": "points", "inputs": inputs, "targets": targets}, network, theta)
    assert told["attained"] is True
    assert told["loss"] < 1e-30


def infimum(problem: Any, network: Any, theta: Any) -> dict[str, Any]:
    """What a run tells of its best in-class point before its first row."""
    solver = {"name": "flow", "flow": {"kind": "gradient"}}
    start = {"kind": "point", "parameters": theta}
    return facts(Run(parse_spec({"problem": problem, "network": network, "start": start, "solvers": [solver]})).schema)[
        "infimum"
    ]


@pytest.mark.parametrize(
    ("name", "attained"), [("pair", False), ("pair-ill", False), ("pair-well", True), ("one-mode", True)]
)
def test_a_loss_that_levels_off_on_one_side_has_no_best_point(name: str, attained: bool) -> None:
    """In pair the loss falls all the way to θ₂ = −∞, where J is lost in rounding; in one-mode it does not change with
    θ₁ at all.
    """
    assert facts(Run(preset(name).spec).schema)["infimum"]["attained"] is attained
