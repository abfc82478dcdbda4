"""Problems: what they draw, and that λ_min follows the distance of near-duplicates."""

import numpy as np
import pytest
import torch
from flowscope import SpecError, parse_spec
from flowscope.flow import Linearization
from flowscope.network import MLP, Neuron
from flowscope.problem import NearDuplicates, Ripple, Sphere, Teacher, Wave
from flowscope.problem.problem import unit_normal
from flowscope.problem.synthetic import Drawn

from ..cases import INPUTS, TEACHER, mlp_spec

DRAWN = (Wave(count=9, noise=0.1), Ripple(side=4, noise=0.1), Sphere(count=12), NearDuplicates(pairs=4))


@pytest.mark.parametrize("problem", DRAWN, ids=lambda problem: problem.kind)
def test_one_seed_gives_one_set(problem: Drawn) -> None:
    network = MLP(widths=(problem.width, 3, 1))
    first, again, other = (p.data(network) for p in (problem, problem, problem.model_copy(update={"seed": 1})))
    assert first.inputs.shape == (problem.samples, problem.width) and first.targets.shape == (problem.samples,)
    assert torch.equal(first.targets, again.targets) and not torch.equal(first.targets, other.targets)


def test_near_duplicates_are_as_far_apart_as_said() -> None:
    inputs = NearDuplicates(pairs=6, distance=0.03).data(MLP(widths=(5, 3, 1))).inputs.numpy()
    assert np.abs(np.linalg.norm(inputs, axis=1) - 1).max() < 1e-14
    assert np.abs(np.linalg.norm(inputs[:6] - inputs[6:], axis=1) - 0.03).max() < 1e-14


def test_the_least_eigenvalue_falls_with_the_square_of_the_distance() -> None:
    network = MLP(widths=(5, 200, 1))
    theta = network.draw(torch.Generator().manual_seed(0)).unsqueeze(0)
    least = [
        float(Linearization.of(network, NearDuplicates(distance=d).data(network), theta).smallest_eigenvalue)
        for d in (0.1, 0.01, 0.001)
    ]
    assert np.log10(least[0] / least[1]) == pytest.approx(2, abs=0.1)
    assert np.log10(least[1] / least[2]) == pytest.approx(2, abs=0.1)


def test_inputs_on_the_sphere_are_on_the_sphere() -> None:
    problem = Sphere(count=200, noise=0.0)
    data = problem.data(MLP(widths=(4, 3, 1)))
    x = data.inputs.numpy()
    assert np.abs(np.linalg.norm(x, axis=1) - 1).max() < 1e-14
    assert np.abs(np.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2] - data.targets.numpy()).max() < 1e-14


def test_the_offset_is_along_the_oriented_unit_normal() -> None:
    data, zero = (Teacher(inputs=INPUTS, parameters=TEACHER, offset=offset).data(Neuron()) for offset in (0.05, 0.0))
    x = np.array(INPUTS)[:, 0]
    slope = 1 - np.tanh(TEACHER[0] * x + TEACHER[1]) ** 2
    normal = np.cross(slope * x, slope)
    assert np.abs((data.targets - zero.targets).numpy() - 0.05 * normal / np.linalg.norm(normal)).max() < 1e-15
    assert float(torch.linalg.vector_norm(unit_normal(torch.tensor(np.stack([slope * x, slope], 1))))) == pytest.approx(
        1
    )


def test_a_drawn_problem_wants_one_output() -> None:
    spec = mlp_spec("gradient").model_dump(mode="json") | {
        "problem": {"kind": "wave"},
        "network": {"kind": "mlp", "widths": [1, 4, 2]},
    }
    with pytest.raises(SpecError, match=r"^network: expected one output"):
        parse_spec(spec)


def test_a_drawn_problem_of_another_width_is_refused_at_the_network() -> None:
    spec = mlp_spec("gradient").model_dump(mode="json") | {"problem": {"kind": "sphere"}}
    with pytest.raises(SpecError, match=r"^network: expected inputs of width 4, came 1"):
        parse_spec(spec)
