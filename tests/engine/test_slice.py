"""The recorded Jacobian, the stage's, and the slices of the loss, against `torch.func` and the forward map."""

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import torch
from flowscope import Run, RunSpec, SpecError, facts, loss_slice, parse_spec, preset, run
from torch import Tensor

from ..cases import dense, mlp_spec, stage_spec


def column(rows: pa.Table | pa.RecordBatch, name: str) -> Tensor:
    return torch.tensor(rows[name].to_pylist(), dtype=torch.float64)


def test_the_recorded_jacobian_is_the_derivative_to_1e_9() -> None:
    spec = stage_spec("gradient", "gauss_newton", horizon=2.0)
    table = run(spec).to_table()
    inputs = spec.problem.data(spec.network).inputs
    assert table.num_rows > 50
    for theta, slopes in zip(column(table, "theta"), column(table, "jacobian"), strict=True):
        assert (slopes.view(3, 2) - dense(spec.network, theta, inputs)[1]).abs().max() < 1e-9


def test_the_stage_has_the_jacobian_of_every_point_of_its_grid() -> None:
    spec = stage_spec("gradient")
    stage = Run(spec).stage()
    assert stage is not None
    inputs = spec.problem.data(spec.network).inputs
    for theta, slopes in list(zip(column(stage, "theta"), column(stage, "jacobian"), strict=True))[::53]:
        assert (slopes.view(3, 2) - dense(spec.network, theta, inputs)[1]).abs().max() < 1e-9


def test_a_large_jacobian_is_not_recorded() -> None:
    table = run(mlp_spec("gradient", horizon=0.3)).to_table()
    assert table["jacobian"].null_count == table.num_rows


def test_the_metadata_tell_the_eigenvectors_of_the_kernel_at_the_start() -> None:
    known = Run(preset("borderline").spec)
    vectors = torch.tensor(facts(known.schema)["eigenvectors"], dtype=torch.float64)
    spec = known.spec
    theta = spec.root(spec.seeds[0])
    jacobian = dense(spec.network, theta, spec.problem.data(spec.network).inputs)[1]
    values = torch.linalg.eigvalsh(jacobian @ jacobian.mT).flip(0)
    assert vectors.shape == (3, 9)
    assert (vectors @ vectors.mT - torch.eye(3)).abs().max() < 1e-12
    assert (vectors @ (jacobian @ jacobian.mT) - values[:3, None] * vectors).abs().max() < 1e-10 * values[0]


def path(spec: RunSpec, rows: int) -> Tensor:
    table = run(spec).to_table()
    return column(table.filter(pc.field("lane") == 0), "theta")[:rows]


@pytest.mark.parametrize("name", ["borderline", "saddle", "riemannian-flow"])
def test_a_slice_is_the_exact_loss_on_the_plane_of_its_two_directions(name: str) -> None:
    spec = preset(name).spec
    iterates = path(spec, 40)
    found = loss_slice(spec, iterates)
    first, second = found.directions
    assert (found.directions @ found.directions.mT - torch.eye(2)).abs().max() < 1e-12
    step = iterates[-1] - iterates[-2]
    assert float(first @ step) == pytest.approx(float(step.norm()), rel=1e-12)
    data = spec.problem.data(spec.network)
    axis = torch.linspace(-found.reach, found.reach, len(found.loss), dtype=torch.float64)
    for row, col in ((0, 0), (3, 50), (30, 30), (60, 11)):
        theta = found.theta + axis[col] * first + axis[row] * second
        residual = spec.network.forward(theta.unsqueeze(0), data.inputs)[0] - data.targets
        assert float(found.loss[row, col]) == pytest.approx(
            float(residual.square().sum()) / (2 * data.samples), rel=1e-12
        )


def test_the_second_direction_is_where_j_is_weakest() -> None:
    """Of all unit directions orthogonal to the step, J moves the outputs least along d₂ wherever v_min is orthogonal to
    the step.
    """
    spec = preset("borderline").spec
    iterates = path(spec, 40)
    found = loss_slice(spec, iterates)
    jacobian = dense(spec.network, iterates[-1], spec.problem.data(spec.network).inputs)[1]
    v = torch.linalg.svd(jacobian)[2][-1]
    rest = v - (v @ found.directions[0]) * found.directions[0]
    assert (found.directions[1] - rest / rest.norm()).abs().max() < 1e-9 or (
        found.directions[1] + rest / rest.norm()
    ).abs().max() < 1e-9


def test_the_first_frame_goes_down_the_gradient() -> None:
    spec = preset("riemannian-flow").spec
    iterates = path(spec, 1)
    found = loss_slice(spec, iterates)
    data = spec.problem.data(spec.network)
    outputs, jacobian = dense(spec.network, iterates[0], data.inputs)
    gradient = jacobian.mT @ (outputs - data.targets)
    assert found.names[0] == "−∇L"
    assert (found.directions[0] + gradient / gradient.norm()).abs().max() < 1e-12


def test_a_start_at_rest_has_no_slice() -> None:
    value = preset("saddle").spec.model_dump(mode="json")
    value["start"] = {"kind": "point", "parameters": [0.0, 0.0]}
    spec = parse_spec(value)
    with pytest.raises(SpecError, match="where ∇L is not 0"):
        loss_slice(spec, torch.zeros(1, 2, dtype=torch.float64))
