"""Riemannian modules: the metric's recursion and its inverse, layers against all, contraction and its composition: S1
to S5.
"""

from collections.abc import Callable
from itertools import accumulate, pairwise

import numpy as np
import torch
from torch import Tensor

from ..flow import Linearization
from ..module import contraction, coupling
from ..module.descent import layerwise
from ..module.graph import layers
from ..module.metric import Form, solve
from ..module.output import output_dual, output_factor
from ..module.pullback import Pullback
from ..network import MLP
from .claim import Outcome, Prediction, Tolerance
from .subject import Subject

SMALL, ROWS = 64, 64
"""Up to so many parameters p × p × p numbers are made, and up to so many rows one lane for each."""
MASSES = (1e-1, 1e-3)
SCALES, GAINS, AWAY, POINTS = (1.0, 0.1, 0.03), (1.0, 10.0, 100.0), 0.3, 6
"""ε of a series, gains of a feedback; how far, and how many, points about the start are looked at."""


def perceptron(subject: Subject) -> str | None:
    """Why there are no layers."""
    network = subject.spec.network
    return None if isinstance(network, MLP) else f"a network of layers is meant: here it is {network.kind}"


def small(subject: Subject) -> str | None:
    """Why matrices of p × p at many points are too much."""
    if subject.parameters > SMALL:
        return f"at most {SMALL} parameters are meant: here p = {subject.parameters}"
    return perceptron(subject)


def few(subject: Subject) -> str | None:
    """Why a lane for each row is too much."""
    return (
        f"at most {ROWS} outputs are meant: here N = {subject.outputs}"
        if subject.outputs > ROWS
        else perceptron(subject)
    )


def spans(subject: Subject) -> list[slice]:
    """Where θ holds each layer."""
    sizes = [each.rows * (each.columns + 1) for each in subject.network.matrices]
    return [slice(a, b) for a, b in pairwise((0, *accumulate(sizes)))]


def rooted(subject: Subject, theta: Tensor) -> np.ndarray:
    """L_oJ/√n (R, p) with L_o a root of g'', from the reference's J."""
    f, y = (subject.data.rows(each) for each in (subject.forward(theta).unsqueeze(0), subject.data.targets))
    root = output_factor("gauss_newton", subject.data.loss, f, y)[0]
    j = torch.from_numpy(subject.jacobian(theta)).unflatten(0, (subject.data.samples, -1))
    return (root @ j).flatten(0, 1).numpy()


def measure_recursion(subject: Subject) -> Outcome:
    """K_α of the modules, one pass back, beside L_oJ by automatic differentiation."""
    assert isinstance(subject.spec.network, MLP), "the objection was asked first"
    at = layers(subject.spec.network).forward(subject.start.unsqueeze(0), subject.data.inputs)
    rows = output_factor("gauss_newton", subject.data.loss, at.outputs, subject.data.rows(subject.data.targets))
    found = torch.cat([each.dense()[0] for each in at.factors(rows).values()], 1).numpy()
    worst = float(np.abs(found - rooted(subject, subject.start)).max())
    return Outcome(0.0, worst, worst, f"largest |K_α − L_oJ^(α)| over {len(at.graph.leaves)} layers")


def measure_inverse(subject: Subject) -> Outcome:
    """The step of all forms beside elimination on the p_α × p_α matrix of the reference, layer by layer."""
    assert isinstance(subject.spec.network, MLP), "the objection was asked first"
    k, data = rooted(subject, subject.start), subject.data
    at = layers(subject.spec.network).forward(subject.start.unsqueeze(0), data.inputs)
    y = data.rows(data.targets)
    rows, cotangent = output_factor("gauss_newton", data.loss, at.outputs, y), data.loss.cotangent(at.outputs, y)
    dual = output_dual(rows, cotangent)
    forms: tuple[Form, ...] = ("woodbury", "push_through", "khatri_rao")
    gradient = subject.jacobian(subject.start).T @ cotangent.flatten().numpy() / data.samples
    worst = 0.0
    for mass in MASSES:
        blocks = [(k[:, span], gradient[span]) for span in spans(subject)]
        exact = np.concatenate(
            [-np.linalg.solve(each.T @ each + mass * np.eye(each.shape[1]), g) for each, g in blocks]
        )
        for form in forms:
            found = layerwise(
                at, rows, cotangent / data.samples, torch.full((1, 1), mass, dtype=torch.float64), dual=dual, form=form
            )
            worst = max(worst, float(np.linalg.norm(found.direction[0].numpy() - exact) / np.linalg.norm(exact)))
    return Outcome(
        0.0, worst, worst, f"largest relative difference of {', '.join(forms)} from elimination at μ = 0.1 and 0.001"
    )


def measure_overshoot(subject: Subject) -> Outcome:
    """The spectrum of (blockdiag G + μI)⁻¹G over five starts: that of K(blockdiag + μI)⁻¹Kᵀ, column by column from the
    engine's solve.
    """
    count, greatest = len(spans(subject)), -np.inf
    for seed in range(5):
        theta = subject.network.draw(torch.Generator().manual_seed(seed))
        at = Linearization.of(subject.network, subject.data, theta.unsqueeze(0))
        factors, _ = Pullback(scope="layerwise").factors(at)
        unit = torch.eye(factors[0].shape[1], dtype=torch.float64)
        for mass in (1e-1, 1e-3, 1e-6):
            total = torch.zeros_like(unit)
            for factor in factors:
                k = factor.dense()[0]
                column = torch.full((1, 1), mass, dtype=torch.float64)
                total += (
                    torch.cat([solve(factor, k[[row]], column, dual=unit[[row]]) for row in range(len(unit))]) @ k.T
                )
            greatest = max(greatest, float(torch.linalg.eigvalsh(0.5 * (total + total.mT))[-1]))
    why = f"greatest eigenvalue against L = {count}, five starts, μ down to 1e-6; above by"
    return Outcome(count, greatest, max(greatest - count, 0.0), why)


def loss_of(subject: Subject, samples: slice = slice(None)) -> Callable[[Tensor], Tensor]:
    """L (…) of θ (p,), of some samples alone."""
    data = subject.data
    y = data.rows(data.targets)[samples]

    def loss(theta: Tensor) -> Tensor:
        f = data.rows(subject.forward(theta))[samples]
        return data.loss.value(f, y) / y.shape[0]

    return loss


def measure_identity(subject: Subject) -> Outcome:
    """M' + AᵀM + MA of the engine's natural gradient flow by differences, beside −2 Hess_M L by automatic
    differentiation.
    """
    worst, scale = 0.0, 0.0
    for metric in (Pullback("identity", "full", 0.1), Pullback("identity", "layerwise", 0.1)):
        blocks = [slice(None)] if metric.scope == "full" else spans(subject)

        def matrix(theta: Tensor, blocks: list[slice] = blocks) -> Tensor:
            j = contraction.derivative(subject.forward, theta)
            whole = torch.block_diag(*(j[:, span].T @ j[:, span] for span in blocks)) / subject.data.samples
            return whole + 0.1 * torch.eye(theta.numel(), dtype=theta.dtype)

        def velocity(theta: Tensor, metric: Pullback = metric) -> Tensor:
            return -metric.natural(Linearization.of(subject.network, subject.data, theta))

        def own(theta: Tensor, metric: Pullback = metric) -> Tensor:
            return metric.matrix(Linearization.of(subject.network, subject.data, theta))

        left = contraction.metric_change(velocity, own, subject.start)
        right = -2.0 * contraction.riemannian_hessian(loss_of(subject), matrix, subject.start)
        scale = max(scale, float(right.norm()))
        worst = max(worst, float((left - right).norm() / right.norm()))
    return Outcome(
        0.0, worst, worst, f"‖M' + AᵀM + MA + 2Hess_M L‖ relative to ‖2Hess_M L‖ = {scale:.3g}, full and layerwise"
    )


def deep(subject: Subject) -> str | None:
    """Why there are no two layers to compose."""
    return small(subject) or (None if len(spans(subject)) > 1 else "two layers or more are meant: here there is one")


class Layers:
    """The layers of a subject as modules that descend a loss with a ridge, which makes each contract; rates over points
    about the start.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject, self.start = subject, subject.start
        generator = torch.Generator().manual_seed(0)
        away = torch.randn(POINTS, subject.parameters, generator=generator, dtype=torch.float64)
        self.points = self.start + AWAY * away / away.norm(dim=1, keepdim=True)
        self.hessians = torch.stack([self.hessian(point) for point in self.points])
        self.ridge = 1.5 * float(torch.linalg.eigvalsh(self.hessians).abs().max())
        self.first, self.second = spans(subject)[:2]
        self.gain = self.hessian(self.start)[self.first, self.second]

    def hessian(self, theta: Tensor, samples: slice = slice(None)) -> Tensor:
        loss = loss_of(self.subject, samples)
        return contraction.derivative(lambda x: contraction.derivative(loss, x), theta)

    def force(self, samples: slice = slice(None)) -> contraction.VectorField:
        """θ' = −∇L − rθ of some samples."""
        loss = loss_of(self.subject, samples)
        return lambda theta: -contraction.derivative(loss, theta) - self.ridge * theta

    def alone(self, span: slice) -> contraction.VectorField:
        """w' of one layer, the others standing at the start."""
        whole = self.force()

        def field(w: Tensor) -> Tensor:
            return whole(torch.cat((self.start[: span.start], w, self.start[span.stop :])))[span]

        return field

    def rate(self, field: contraction.VectorField, span: slice = slice(None), frame: Tensor | None = None) -> float:
        """Estimated, over the points' share of the state."""
        points = self.points[:, span]
        constant = torch.eye(points.shape[1], dtype=torch.float64) if frame is None else frame
        return contraction.sampled_rate(field, lambda x: constant, points).rate

    def compositions(self) -> dict[str, list[tuple[float, float]]]:
        """(predicted, measured) of each way to compose."""
        one, two = self.alone(self.first), self.alone(self.second)
        slow, fast = self.rate(one, self.first), self.rate(two, self.second)
        both, norm = slice(0, self.second.stop), float(torch.linalg.matrix_norm(self.gain, 2))
        halves = [self.force(slice(start, None, 2)) for start in (0, 1)]
        shares = [self.rate(half) for half in halves]
        table = {
            "parallel": [(coupling.parallel_rate(shares, (0.5, 0.5)), self.rate(coupling.parallel(halves, (0.5, 0.5))))]
        }
        width = self.first.stop
        table["series"] = []
        for scale in SCALES:
            frame = torch.diag(torch.tensor([1.0] * width + [scale] * (self.second.stop - width), dtype=torch.float64))
            found = self.rate(coupling.series(one, two, self.gain.mT), both, frame)
            table["series"].append((coupling.series_rate(slow, fast, norm, scale), found))
        skew = [self.rate(coupling.feedback(one, two, gain * self.gain), both) for gain in GAINS]
        table["skew"] = [(coupling.skew_rate(slow, fast), found) for found in skew]
        return table | self._joint()

    def _joint(self) -> dict[str, list[tuple[float, float]]]:
        """Layers that are trained together: two, the others standing still, and all; rates and couplings are the worst
        of all points.
        """
        ends = [0, *(span.stop for span in spans(self.subject))]
        forces = [-each - self.ridge * torch.eye(len(each), dtype=torch.float64) for each in self.hessians]
        parts = [coupling.block_rates(each, ends) for each in forces]
        rates = [min(each) for each in zip(*(rates for rates, _ in parts), strict=True)]
        norms = torch.stack([norm for _, norm in parts]).amax(0)
        two = min(float(contraction.rate(each[: ends[2], : ends[2]])) for each in forces)
        every = min(float(contraction.rate(each)) for each in forces)
        return {
            "symmetric": [(coupling.symmetric_rate(rates[0], rates[1], float(norms[0, 1])), two)],
            "all layers": [(coupling.network_rate(rates, norms), every)],
        }


def measure_composition(subject: Subject) -> Outcome:
    """Every rule is a lower bound, and that of skew feedback an equality."""
    table = Layers(subject).compositions()
    short = max(max(predicted - measured for predicted, measured in pairs) for pairs in table.values())
    off = max(abs(predicted - measured) for predicted, measured in table["skew"])
    told = ", ".join(f"{name} {pairs[-1][1]:.4g} ≥ {pairs[-1][0]:.4g}" for name, pairs in table.items())
    predicted, measured = table["symmetric"][0]
    return Outcome(
        predicted,
        measured,
        max(short, off, 0.0),
        f"rates (estimated at {POINTS} points) beside rules: {told}; short by",
    )


PREDICTIONS = (
    Prediction(
        "S1",
        "the metric travels back as the gradient does: L_{α−1} = L_αA_α, K_α = L_αB_α gives L_oJ layer by layer",
        "a network of layers",
        Tolerance(1e-12, "the theory page's: rounding of one product for each layer"),
        perceptron,
        measure_recursion,
        any_loss=True,
    ),
    Prediction(
        "S2",
        "Woodbury's identity, its push-through form and the Khatri–Rao Gram give (K_αᵀK_α + μI)⁻¹g_α",
        "a network of layers; double precision",
        Tolerance(1e-10, "the theory page's: the difference loses ‖K‖²/μ ulp, 1e4 · 2e-16 at μ = 0.001"),
        perceptron,
        measure_inverse,
        any_loss=True,
    ),
    Prediction(
        "S3",
        "(blockdiag G + μI)⁻¹G has its spectrum in [0, L], L the layers: a layerwise step of 1/L never "
        "overshoots the quadratic model",
        "a network of layers",
        Tolerance(
            1e-8,
            "the theory page's: rounding of a solve at μ = 1e-6, where the greatest eigenvalue is within 1e-5 of L",
        ),
        few,
        measure_overshoot,
        any_loss=True,
    ),
    Prediction(
        "S4",
        "natural gradient flow contracts in its own metric as its loss is geodesically convex: M' + AᵀM + MA = "
        "−2 Hess_M L",
        "a smooth network of layers, small enough for p³ numbers",
        Tolerance(1e-6, "the theory page's: central differences by 1e-5, O(1e-10) and rounding of 1e-16 over 1e-5"),
        small,
        measure_identity,
    ),
    Prediction(
        "S5",
        "rates compose: a sum adds them, a series and skew feedback keep the least, symmetric coupling takes "
        "its norm, N modules −λ_max(C)",
        "two layers or more; a ridge under which each contracts",
        Tolerance(1e-10, "rounding of eigenvalues of a coupling a hundred times as strong as that of the layers"),
        deep,
        measure_composition,
        any_loss=True,
    ),
)
