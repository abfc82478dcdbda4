"""Velocities and strides as columns: against a dense referee, and the same however frames are cut into chunks."""

import numpy as np
import pyarrow as pa
import pytest
import torch
from flowscope import Run, preset
from flowscope.run.spec import RunSpec


def rows(spec: RunSpec, frames: int = 4) -> pa.Table:
    run = Run(spec, device="cpu")
    batches = []
    while (batch := run.chunk(frames)) is not None:
        batches.append(batch)
    return pa.Table.from_batches(batches, run.schema)


def lane(table: pa.Table, solver: int, name: str) -> np.ndarray:
    rows = [row[name] for row in table.select(["solver", name]).to_pylist() if row["solver"] == solver]
    width = next((len(row) for row in rows if isinstance(row, list)), None)
    return np.array([np.full(width, np.nan) if row is None and width else row for row in rows], dtype=float)


def dense(spec: RunSpec, theta: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """f(θ) and J(θ) from `torch.func`, one θ at a time."""
    inputs = spec.problem.data(spec.network).inputs

    def outputs(each: torch.Tensor) -> torch.Tensor:
        return spec.network.evaluate(each.unsqueeze(0), inputs)[0][0]

    points = torch.from_numpy(theta)
    return torch.stack([outputs(each) for each in points]), torch.stack(
        [torch.func.jacrev(outputs)(each) for each in points]
    )


@pytest.fixture(scope="module")
def stage() -> tuple[RunSpec, pa.Table]:
    spec = preset("riemannian-flow").spec.model_copy(update={"horizon": 4.0})
    return spec, rows(spec)


def test_the_velocity_of_a_flow_is_its_vector_field(stage: tuple[RunSpec, pa.Table]) -> None:
    """θ' = −(ρI + (1−ρ)JᵀJ/n)⁻¹Jᵀr/n, solved densely; ρ from its own column. J has condition < 1e3 here, squared:
    1e-9.
    """
    spec, table = stage
    targets = spec.problem.data(spec.network).targets
    for solver in range(len(spec.solvers)):
        theta, rho = lane(table, solver, "theta"), torch.from_numpy(lane(table, solver, "rho"))
        f, jacobian = dense(spec, theta)
        n, identity = spec.problem.samples, torch.eye(theta.shape[1], dtype=torch.float64)
        gram = rho[:, None, None] * identity + (1 - rho)[:, None, None] * jacobian.mT @ jacobian / n
        field = -torch.linalg.solve(gram, jacobian.mT @ (f - targets).unsqueeze(2) / n)
        np.testing.assert_allclose(lane(table, solver, "velocity"), field.squeeze(2).numpy(), rtol=1e-9, atol=1e-13)
        motion = (jacobian @ field).squeeze(2).numpy()
        np.testing.assert_allclose(lane(table, solver, "motion"), motion, rtol=1e-9, atol=1e-13)


def test_the_velocity_of_a_discrete_method_is_its_step_over_its_time() -> None:
    """Gradient descent by η: θ' = −∇L at the iterate that the step left, and a stride is η times that."""
    spec = preset("first-order").spec.model_copy(update={"horizon": 3.0})
    table = rows(spec)
    eta = 0.1
    theta, velocity, stride = (lane(table, 0, name) for name in ("theta", "velocity", "stride"))
    assert np.isnan(velocity[0]).all() and np.isnan(stride[0])
    f, jacobian = dense(spec, theta[:-1])
    residual = (f - spec.problem.data(spec.network).targets).unsqueeze(2)
    downhill = -(jacobian.mT @ residual / spec.problem.samples).squeeze(2).numpy()
    np.testing.assert_allclose(velocity[1:], downhill, rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(stride[1:], eta * np.linalg.norm(downhill, axis=1), rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("name", ["segment", "first-order", "schedules", "under"])
def test_cutting_into_chunks_changes_no_velocity(name: str) -> None:
    spec = preset(name).spec
    spec = spec.model_copy(update={"horizon": min(spec.horizon, 8 * spec.interval)})
    assert rows(spec, 1).combine_chunks().equals(rows(spec, 64).combine_chunks())
