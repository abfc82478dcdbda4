"""The steps of every kind of discrete method, written out in NumPy from its docstring: what the engine's steps are held
against.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from .law import derivative, total
from .subject import Subject

Array = np.ndarray
Steps = Iterator[tuple[float, Array]]
"""Flow times and θ after each step, for ever."""


class Place:
    """What a method asks of a network: L, ∇L, J and the sizes of its weight matrices, by automatic differentiation."""

    def __init__(self, subject: Subject) -> None:
        self.subject, self.n, self.start = subject, subject.data.samples, subject.start.numpy()
        self.matrices = subject.network.matrices

    def loss(self, theta: Array) -> float:
        return float(total(self.subject.data, self.subject.forward(torch.from_numpy(theta)))) / self.n

    def slope(self, theta: Array) -> Array:
        """g' (N,)."""
        return derivative(self.subject.data, self.subject.forward(torch.from_numpy(theta)))

    def j(self, theta: Array) -> Array:
        return self.subject.jacobian(torch.from_numpy(theta))

    def gradient(self, theta: Array) -> Array:
        return self.j(theta).T @ self.slope(theta) / self.n


def first_order(
    rule: Callable[[Any, Place, dict[str, Array], Array, Array, int], Array],
) -> Callable[[Any, Place], Steps]:
    """The steps of a rule (method, place, memory, θ, ∇L, k) → θ."""

    def steps(method: Any, place: Place) -> Steps:
        theta, memory, k = place.start, {name: np.zeros_like(place.start) for name in "mvb"}, 0
        while True:
            k += 1
            theta = rule(method, place, memory, theta, place.gradient(theta), k)
            yield k * method.eta, theta

    return steps


def heavy_ball(method: Any, place: Place, memory: dict[str, Array], theta: Array, gradient: Array, k: int) -> Array:
    memory["b"] = method.momentum * memory["b"] + gradient
    return theta - method.eta * memory["b"]


def moments(method: Any, memory: dict[str, Array], gradient: Array, k: int) -> Array:
    """m̂/(√v̂ + ε)."""
    memory["m"] = method.first * memory["m"] + (1 - method.first) * gradient
    memory["v"] = method.second * memory["v"] + (1 - method.second) * gradient**2
    mean, square = memory["m"] / (1 - method.first**k), memory["v"] / (1 - method.second**k)
    return mean / (np.sqrt(square) + method.epsilon)


def adam(method: Any, place: Place, memory: dict[str, Array], theta: Array, gradient: Array, k: int) -> Array:
    decay = getattr(method, "decay", 0.0)
    return (1 - method.eta * decay) * theta - method.eta * moments(method, memory, gradient, k)


def newton_schulz(x: Array, rounds: int) -> Array:
    """Jordan's quintic on a matrix of Frobenius norm 1."""
    x = x / np.linalg.norm(x)
    for _ in range(rounds):
        gram = x @ x.T
        x = 3.4445 * x - 4.7750 * gram @ x + 2.0315 * gram @ gram @ x
    return x


def muon(method: Any, place: Place, memory: dict[str, Array], theta: Array, gradient: Array, k: int) -> Array:
    new = (1 - method.bias_eta * method.bias_decay) * theta - method.bias_eta * moments(method, memory, gradient, k)
    memory["b"] = method.momentum * memory["b"] + (1 - method.momentum) * gradient
    ahead = method.momentum * memory["b"] + (1 - method.momentum) * gradient if method.nesterov else memory["b"]
    for each in place.matrices:
        span, size = each.span, max(each.rows, each.columns)
        scale = max(1.0, each.rows / each.columns) ** 0.5 if method.scaling == "original" else 0.2 * size**0.5
        turned = newton_schulz(ahead[span].reshape(each.rows, each.columns), method.rounds)
        new[span] = (1 - method.eta * method.decay) * theta[span] - method.eta * scale * turned.flatten()
    return new


def soap(method: Any, place: Place) -> Steps:
    """In the bases of the first gradient, which stand until they are refreshed: for fewer steps than `frequency`."""
    theta, memory = place.start, {"m": np.zeros_like(place.start), "v": np.zeros_like(place.start)}
    first = place.gradient(theta)
    bases = []
    for each in place.matrices:
        g = first[each.span].reshape(each.rows, each.columns)
        bases.append((np.linalg.eigh(g @ g.T)[1], np.linalg.eigh(g.T @ g)[1]))
    yield method.eta, theta

    def into(values: Array, back: bool = False) -> Array:
        out = values.copy()
        for each, (left, right) in zip(place.matrices, bases, strict=True):
            w = values[each.span].reshape(each.rows, each.columns)
            out[each.span] = (left @ w @ right.T if back else left.T @ w @ right).flatten()
        return out

    for j in range(1, method.frequency):
        gradient = place.gradient(theta)
        memory["m"] = method.first * memory["m"] + (1 - method.first) * gradient
        memory["v"] = method.second * memory["v"] + (1 - method.second) * into(gradient) ** 2
        direction = into(into(memory["m"]) / (np.sqrt(memory["v"]) + method.epsilon), back=True)
        size = method.eta * np.sqrt(1 - method.second**j) / (1 - method.first**j)
        theta = (1 - method.eta * method.decay) * (theta - size * direction)
        yield (j + 1) * method.eta, theta


def levenberg_marquardt(method: Any, place: Place) -> Steps:
    """Nielsen's rule; squares."""
    theta, size, nu, k = place.start, method.damping, 2.0, 0
    while True:
        j, gradient = place.j(theta), place.gradient(theta)
        h = -np.linalg.solve(j.T @ j / place.n + size * np.eye(theta.size), gradient)
        promised = 0.5 * h @ (size * h - gradient)
        if promised == 0.0:
            return  # at rest to the last digit
        ratio = (place.loss(theta) - place.loss(theta + h)) / promised
        if ratio > method.threshold:
            theta, k = theta + h, k + 1
            size, nu = size * max(1 / 3, 1 - (2 * ratio - 1) ** 3), 2.0
            yield float(k), theta
        else:
            size, nu = nu * size, 2 * nu


def damped_gauss_newton(method: Any, place: Place) -> Steps:
    """Squares, a constant ρ."""
    theta, time, rho = place.start, 0.0, method.damping.rho
    while True:
        j, eta = place.j(theta), method.eta
        h = np.linalg.solve(rho * np.eye(theta.size) + (1 - rho) * j.T @ j / place.n, place.gradient(theta))
        while place.loss(theta - eta * h) >= place.loss(theta):
            eta /= 2
        theta, time = theta - eta * h, time + eta
        yield time, theta


def cumulative_gauss_newton(method: Any, place: Place) -> Steps:
    """Without a ball; the order of the samples is torch's permutation of that seed."""
    generator, size = torch.Generator().manual_seed(method.seed), place.n // method.batches
    theta, matrix, k = place.start, method.damping * np.eye(place.start.size), 0
    while True:
        order = torch.randperm(place.n, generator=generator).numpy()
        for part in range(method.batches):
            chosen = order[part * size : (part + 1) * size]
            width = place.slope(theta).size // place.n
            entries = (chosen[:, None] * width + np.arange(width)).flatten()
            j, c = place.j(theta)[entries], place.slope(theta)[entries]
            matrix = matrix + method.growth * j.T @ j / size
            theta, k = theta - np.linalg.solve(matrix, j.T @ c / size), k + 1
            yield k / method.batches, theta


def riemannian_descent(method: Any, place: Place) -> Steps:
    """Squares, whose output metric is the identity, layer by layer or in full."""
    theta, k = place.start, 0
    layers = [each.rows * (each.columns + 1) for each in place.matrices] if method.metric == "layerwise" else []
    sizes = layers or [place.start.size]
    eta = method.eta or 1.0 / len(sizes)
    while True:
        j, gradient, ends, h = place.j(theta), place.gradient(theta), np.cumsum([0, *sizes]), np.zeros_like(theta)
        for low, high in pairwise(ends):
            block = j[:, low:high]
            h[low:high] = np.linalg.solve(
                block.T @ block / place.n + method.mass * np.eye(high - low), gradient[low:high]
            )
        theta, k = theta - eta * h, k + 1
        yield float(k), theta


STEPS: dict[str, Callable[[Any, Place], Steps]] = {
    "gradient_descent": first_order(lambda method, place, memory, theta, gradient, k: theta - method.eta * gradient),
    "heavy_ball": first_order(heavy_ball),
    "adam": first_order(adam),
    "adamw": first_order(adam),
    "muon": first_order(muon),
    "soap": soap,
    "levenberg_marquardt": levenberg_marquardt,
    "damped_gauss_newton": damped_gauss_newton,
    "cumulative_gauss_newton": cumulative_gauss_newton,
    "riemannian_descent": riemannian_descent,
}
