"""What the benchmark is measured against: plain PyTorch, one lane after the other, with Jacobians from `torch.func`."""

from itertools import pairwise

import torch
from torch import Tensor

DAMPINGS = ("gradient", "gauss_newton", "constant", "smallest_eigenvalue")


def neuron(theta: Tensor, x: Tensor) -> Tensor:
    """tanh(w x + b), (n,)."""
    return torch.tanh(theta[0] * x + theta[1])


class Loop:
    """4 solvers × 8 seeds of the stage as a Python loop over lanes, with the readings that a frame holds."""

    def __init__(self, x: Tensor, y: Tensor, starts: Tensor, best: Tensor, *, dt: float, stages: int) -> None:
        self.x, self.y, self.best, self.dt, self.stages = x, y, best, dt, stages
        self.lanes = [(damping, theta.clone()) for damping in DAMPINGS for theta in starts]
        self.time = 0.0

    def frame(self) -> list[dict[str, object]]:
        """One step of every lane (Euler, or RK4 for four stages), and its reading."""
        rows = []
        for number, (damping, theta) in enumerate(self.lanes):
            first, row = self.velocity(damping, theta)
            rows.append({"lane": number, "time": self.time, "theta": theta.tolist(), **row})
            if self.stages == 1:
                new = theta + self.dt * first
            else:
                second, _ = self.velocity(damping, theta + self.dt / 2 * first)
                third, _ = self.velocity(damping, theta + self.dt / 2 * second)
                fourth, _ = self.velocity(damping, theta + self.dt * third)
                new = theta + self.dt / 6 * (first + 2 * second + 2 * third + fourth)
            self.lanes[number] = (damping, new)
        self.time += self.dt
        return rows

    def velocity(self, damping: str, theta: Tensor) -> tuple[Tensor, dict[str, object]]:
        """θ' and the reading at θ."""
        f, jacobian = neuron(theta, self.x), torch.func.jacrev(neuron)(theta, self.x)
        assert isinstance(jacobian, Tensor)
        residual, n = f - self.y, self.x.numel()
        gradient, sigma = jacobian.T @ residual / n, torch.linalg.svdvals(jacobian)
        rho = {
            "gradient": 1.0,
            "gauss_newton": 0.0,
            "constant": 0.1,
            "smallest_eigenvalue": min(1.0, float(sigma[-1]) ** 2 / n),
        }[damping]
        if rho == 0.0:
            step = torch.linalg.pinv(jacobian) @ residual
        elif rho == 1.0:
            step = gradient
        else:
            step = torch.linalg.solve(
                rho * torch.eye(2, dtype=theta.dtype) + (1 - rho) * jacobian.T @ jacobian / n, gradient
            )
        row: dict[str, object] = {
            "loss": float(residual @ residual) / (2 * n),
            "excess_loss": float((f - self.best) @ (residual + self.best - self.y)) / (2 * n),
            "rho": rho,
            "gradient_norm": float(gradient.norm()),
            "residual_norm": float(residual.norm()),
            "outputs": f.tolist(),
            "eigenvalues": (sigma**2 / n).tolist(),
            "rank": int((sigma > 1e-9 * sigma[0]).sum()),
            "sigma_min": float(sigma[-1]),
            "sigma_max": float(sigma[0]),
        }
        return -step, row


def network(theta: Tensor, x: Tensor, widths: tuple[int, ...]) -> Tensor:
    """A tanh MLP with one output on one input (d,), from flat parameters."""
    a, offset = x, 0
    for layer, (into, out) in enumerate(pairwise(widths)):
        weight, bias = (
            theta[offset : offset + out * into].view(out, into),
            theta[offset + out * into : offset + out * (into + 1)],
        )
        offset += out * (into + 1)
        a = weight @ a + bias
        a = torch.tanh(a) if layer < len(widths) - 2 else a
    return a[0]


def damped_step(theta: Tensor, inputs: Tensor, targets: Tensor, widths: tuple[int, ...], rho: float) -> Tensor:
    """(ρI + (1−ρ)G)⁻¹Jᵀr/n with a dense J from vmap(grad), solved in the smaller dimension by Cholesky."""
    gradient = torch.func.vmap(torch.func.grad_and_value(network), in_dims=(None, 0, None))
    jacobian, outputs = gradient(theta, inputs, widths)
    residual, n = outputs - targets, inputs.shape[0]
    if n <= theta.numel():
        matrix = rho * n * torch.eye(n, dtype=theta.dtype, device=theta.device) + (1 - rho) * jacobian @ jacobian.T
        return jacobian.T @ torch.cholesky_solve(residual[:, None], torch.linalg.cholesky(matrix))[:, 0]
    matrix = (
        rho * n * torch.eye(theta.numel(), dtype=theta.dtype, device=theta.device) + (1 - rho) * jacobian.T @ jacobian
    )
    return torch.cholesky_solve((jacobian.T @ residual)[:, None], torch.linalg.cholesky(matrix))[:, 0]
