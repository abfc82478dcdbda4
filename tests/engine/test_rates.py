"""The rates that a flow states for the modes of K: its velocity has them at drawn points, a recording tells them."""

from collections.abc import Callable

import flowscope as fs
import numpy as np
import pytest
import torch
from flowscope.flow import Flow, Linearization
from flowscope.flow.damping import Start
from flowscope.network import MLP, Network
from flowscope.problem import Points
from flowscope.run.frame import facts

from ..cases import column, lane, mlp_spec, stage_spec, table

Formula = Callable[[np.ndarray, float], np.ndarray]
FORMULAS: dict[str, tuple[Flow, Formula]] = {
    "gradient": (fs.Gradient(), lambda λ, ρ: λ),
    "gauss_newton": (fs.GaussNewton(), lambda λ, ρ: np.ones_like(λ)),
    "damped": (fs.GaussNewton(damping=fs.Constant(rho=0.2)), lambda λ, ρ: λ / (0.2 + 0.8 * λ)),
    "moving ρ": (fs.GaussNewton(damping=fs.SmallestEigenvalue(scale=3.0)), lambda λ, ρ: λ / (ρ + (1 - ρ) * λ)),
    "generalised": (fs.GeneralisedGaussNewton(damping=fs.Constant(rho=0.4)), lambda λ, ρ: λ / (0.4 + 0.6 * λ)),
    "pullback": (fs.Pullback(), lambda λ, ρ: np.ones_like(λ)),
    "pushforward": (fs.Pushforward(), lambda λ, ρ: np.ones_like(λ)),
    "any_rank": (fs.PseudoInverse(), lambda λ, ρ: np.ones_like(λ)),
    "arithmetic": (fs.Arithmetic(tau=0.3), lambda λ, ρ: 0.7 * λ + 0.3),
    "harmonic": (fs.Harmonic(tau=0.3), lambda λ, ρ: λ / (0.7 + 0.3 * λ)),
}
"""Flows that state rates, and those as their docstrings have them: (λ, ρ) ↦ rate."""
NARROW, WIDE = MLP(widths=(2, 1)), MLP(widths=(2, 5, 1))
"""Of 3 and of 21 parameters: fewer and more than the outputs."""
DRAWS = 6


def drawn(network: Network, seed: int, samples: int = 5) -> Linearization:
    """A network at one drawn θ, over drawn samples."""
    generator = torch.Generator().manual_seed(seed)
    inputs, targets = (torch.randn(samples, width, generator=generator, dtype=torch.float64) for width in (2, 1))
    problem = Points(inputs=tuple(map(tuple, inputs.tolist())), targets=tuple(map(tuple, targets.tolist())))
    theta = torch.randn(1, network.parameters, generator=generator, dtype=torch.float64)
    return Linearization.of(network, problem.data(network), theta)


def projections(flow: Flow, at: Linearization) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """λ, vᵢᵀr and vᵢᵀJθ' (m,) by NumPy's SVD of J, and ρ."""
    start, time = Start.of(at), torch.zeros_like(at.loss)
    rho = flow.rho(at, time, start)
    j, r = at.jacobian.dense()[0].numpy(), at.residual[0].numpy()
    u, sigma, _ = np.linalg.svd(j, full_matrices=False)
    return sigma**2 / at.data.samples, u.T @ r, u.T @ j @ flow.velocity(at, rho, start)[0].numpy(), float(rho)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("seed", range(DRAWS))
def test_the_modes_fall_at_the_rates_of_the_formula(name: str, seed: int) -> None:
    flow, formula = FORMULAS[name]
    at = drawn(NARROW if name == "pushforward" or (name != "pullback" and seed % 2) else WIDE, seed)
    eigenvalues, along, moved, rho = projections(flow, at)
    stated = flow.rate(at, torch.tensor([rho], dtype=torch.float64))
    assert stated is not None and eigenvalues[0] > 2 * eigenvalues[-1], "λ that differ"
    expected = formula(eigenvalues, rho)
    assert np.abs(stated[0].numpy() / expected - 1).max() < 1e-9
    assert np.abs(moved + expected * along).max() < 1e-9 * np.abs(along).max()


@pytest.mark.parametrize("name", ["gauss_newton", "any_rank", "arithmetic"])
def test_a_lost_direction_keeps_its_residual(name: str) -> None:
    """Two equal samples leave K with an eigenvalue 0, which the flow drops: theory must not empty that mode."""
    flow = FORMULAS[name][0]
    inputs = torch.tensor([[0.3, 1.0], [0.3, 1.0], [-1.0, 0.2]], dtype=torch.float64)
    problem = Points(inputs=tuple(map(tuple, inputs.tolist())), targets=((0.5,), (-0.1,), (1.0,)))
    theta = torch.randn(1, WIDE.parameters, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    at = Linearization.of(WIDE, problem.data(WIDE), theta)
    eigenvalues, along, moved, rho = projections(flow, at)
    stated = flow.rate(at, torch.tensor([rho], dtype=torch.float64))
    assert stated is not None and eigenvalues[-1] < 1e-25 and abs(along[-1]) > 0.1
    assert abs(float(stated[0, -1])) < 1e-12 and abs(moved[-1]) < 1e-9
    assert float(stated[0, 0]) > 0.1


def test_a_recording_tells_the_rates_of_each_lane_at_its_own_rho() -> None:
    spec = stage_spec("gradient", "smallest_eigenvalue", horizon=1.0)
    frames = table(spec.model_copy(update={"solvers": (*spec.solvers, fs.Solver("Adam", fs.Adam(eta=0.01)))}))
    plain, damped, adam = (lane(frames, number) for number in range(3))
    assert np.array_equal(column(plain, "rates"), column(plain, "eigenvalues"))
    λ, ρ = column(damped, "eigenvalues"), column(damped, "rho")[:, None]
    assert np.ptp(ρ) > 1e-3 and np.abs(column(damped, "rates") / (λ / (ρ + (1 - ρ) * λ)) - 1).max() < 1e-12
    assert adam["rates"].null_count == adam.num_rows


def test_a_recording_tells_at_which_exponent_theory_has_the_loss_fall() -> None:
    """Of Gauss–Newton at ρ = 0 in continuous time, 2: over-parametrised, that is what its loss does."""
    undamped, small = FORMULAS["gauss_newton"][0], fs.GaussNewton(damping=fs.Constant(rho=1e-9))
    solvers = (
        fs.Solver("Gauss–Newton", undamped),
        fs.Solver("fixed steps", undamped, fs.RK4(dt=0.01)),
        fs.Solver("Euler", undamped, fs.Euler(dt=0.1)),
        fs.Solver("damped", small),
        fs.Solver("adaptive", fs.GaussNewton(damping=fs.SmallestEigenvalue())),
        fs.Solver("gradient", fs.Gradient()),
        fs.Solver("Adam", fs.Adam(eta=0.01)),
    )
    spec = mlp_spec("gradient", widths=(1, 8, 1), samples=3, horizon=1.0).model_copy(update={"solvers": solvers})
    frames = table(spec)
    assert [each["exponent"] for each in facts(frames.schema)["lanes"]] == [2.0, 2.0, None, None, None, None, None]
    loss, time = (column(lane(frames, 0), name) for name in ("loss", "time"))
    assert np.abs(np.log(loss / loss[0]) / time.clip(1e-9) + 2.0)[1:].max() < 1e-6


def test_nothing_is_recorded_where_theory_is_silent() -> None:
    """Discrete methods, flows without rates, and losses other than squares."""
    plain = mlp_spec("gradient", widths=(1, 4, 1), samples=3, horizon=0.2)
    others = (fs.Solver("Adam", fs.Adam(eta=0.01)), fs.Solver("line", fs.StraightLine()))
    problem = plain.problem.model_copy(update={"loss": fs.LogCosh()})
    for changes in ({"solvers": others}, {"problem": problem}):
        assert "rates" not in table(plain.model_copy(update=changes)).column_names
    frames = table(plain)
    assert "rates" in frames.column_names and facts(frames.schema)["samples"] == 3
