"""The battery: every part of Flowscope passes the referee of its family, and a wrong formula fails at its law."""

from collections.abc import Iterator
from itertools import count
from typing import Any, ClassVar, get_args

import flowscope as fs
import pytest
import torch
from flowscope.component import Component, Experiment, Objection
from flowscope.flow import AnyDamping, AnyFlow, Arithmetic, GaussNewton, Gradient, Linearization, PseudoInverse
from flowscope.flow.damping import Start
from flowscope.integrator import RK4, AnyIntegrator, DormandPrince, Euler, Path, Rosenbrock
from flowscope.integrator.path import Rows, Trial
from flowscope.network import MLP, AnyInitialisation, AnyNetwork, Dense, Neuron
from flowscope.network.activation import ACTIVATIONS
from flowscope.network.network import Cost
from flowscope.optimizer import GradientDescent
from flowscope.problem import AnyLoss, AnyProblem, LogCosh, Logistic, Points, Softmax, Squares, Table, Teacher, Wave
from flowscope.run.spec import AnyOptimizer
from torch import Tensor

from ..cases import NETWORKS

GIVEN: dict[type[Component], Component] = {
    Points: Points(inputs=((-1.0,), (0.5,)), targets=((0.2, 1.0), (0.1, -1.0))),
    Teacher: Teacher(inputs=((-1.0,), (0.5,), (2.0,)), parameters=(0.3,) * 4),
    Table: Table(csv="a,b,y\n1,2,3\n2,1,0.5\n0,0,1\n"),
}
"""Members that have no default for what they are given."""


def members(union: Any) -> tuple[type[Any], ...]:
    """The classes of a family."""
    return get_args(get_args(union)[0])


MEMBERS: dict[str, Component] = {
    member.__name__: GIVEN[member] if member in GIVEN else member()
    for family in (AnyFlow, AnyOptimizer, AnyDamping, AnyIntegrator, AnyNetwork, AnyLoss, AnyProblem)
    for member in members(family)
}
"""Every member of every family, as it is by default."""
SET: dict[str, Component] = {
    **{f"network {name}": network for name, network in NETWORKS.items()},
    **{f"MLP of {each.__name__}": MLP(widths=(2, 4, 1), initialisation=each()) for each in members(AnyInitialisation)},
    **{f"MLP of {name}": MLP(widths=(2, 4, 3, 2), activation=name) for name in ACTIVATIONS},
    "softmax of iris": fs.Bundled(loss=Softmax()),
    "log cosh of wine": fs.Bundled(dataset="wine", loss=LogCosh()),
    "logistic of breast cancer": fs.Bundled(dataset="breast_cancer", loss=Logistic()),
    "squares of linnerud": fs.Bundled(dataset="linnerud", count=20, loss=Squares()),
}
"""Members with settings that take another way through their formulas."""
PARTS = MEMBERS | SET


@pytest.mark.parametrize("name", PARTS)
def test_every_part_of_flowscope_passes_the_referee(name: str) -> None:
    assert fs.referee(PARTS[name]).fault == ""


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("beta", [1.0, 10.0])
def test_the_slope_of_an_activation_is_its_derivative(name: Any, beta: float) -> None:
    """By automatic differentiation, and a jump of the slope is where it says that it is not smooth."""
    activation = ACTIVATIONS[name]
    z = torch.linspace(-6.0, 6.0, 241, dtype=torch.float64)
    z = z[z != 0.0]
    wanted = torch.func.grad(lambda t: activation.value(t, beta).sum())(z)
    assert (activation.slope(z, activation.value(z, beta), beta) - wanted).abs().max() < 1e-14
    beside = torch.tensor([-1e-9, 1e-9], dtype=torch.float64)
    left, right = activation.slope(beside, activation.value(beside, beta), beta)
    assert (abs(float(right - left)) < 1e-6) == activation.is_smooth


class Uphill(Gradient):
    is_gradient: ClassVar[bool] = False

    @staticmethod
    def velocity(at: Linearization, rho: Tensor, start: Start) -> Tensor:
        return at.gradient


class Claiming(PseudoInverse):
    is_gradient: ClassVar[bool] = True


class Blended(Gradient):
    is_gradient: ClassVar[bool] = False

    @staticmethod
    def velocity(at: Linearization, rho: Tensor, start: Start) -> Tensor:
        return -at.gradient / at.gradient.norm()


class Narrow(Gradient):
    @staticmethod
    def velocity(at: Linearization, rho: Tensor, start: Start) -> Tensor:
        return -at.gradient.mean(1, keepdim=True)


class Free(Gradient):
    @staticmethod
    def tally() -> Tensor:
        return torch.tensor([0, 0, 0, 1, 0])


class Endless(Gradient):
    @staticmethod
    def velocity(at: Linearization, rho: Tensor, start: Start) -> Tensor:
        return at.gradient / 0.0


class Restless(Gradient):
    is_gradient: ClassVar[bool] = False

    @staticmethod
    def velocity(at: Linearization, rho: Tensor, start: Start) -> Tensor:
        return -at.gradient * (1.0 + 1e-12 * torch.rand((), dtype=torch.float64))


class Deaf(GaussNewton):
    @staticmethod
    def velocity(at: Linearization, rho: Tensor, start: Start) -> Tensor:
        return -at.damped(torch.full_like(rho, 0.5))


class Hasty(GaussNewton):
    def rate(self, at: Linearization, rho: Tensor) -> Tensor:
        return at.eigenvalues / (rho.unsqueeze(1) + at.eigenvalues)


class Doubled(Gradient):
    def rate(self, at: Linearization, rho: Tensor) -> Tensor:
        return 2.0 * at.eigenvalues


class Lumped(Gradient):
    def rate(self, at: Linearization, rho: Tensor) -> Tensor:
        return at.eigenvalues[:, :1]


class Lofty(Gradient):
    @property
    def exponent(self) -> float:
        return 2.0


class Vague(fs.StraightLine):
    @property
    def exponent(self) -> float:
        return 2.0


class Stiffened(Arithmetic):
    is_relaxing: ClassVar[bool] = True


class Bold(GradientDescent):
    def move(self, k: Tensor, theta: Tensor, gradient: Tensor, state: Any, matrices: Any) -> tuple[Tensor, Any]:
        return theta + self.eta * gradient, state


class Beyond(fs.ExponentialDecay):
    def rho_at(self, at: Linearization, time: Tensor, start: Start) -> Tensor:
        return 1.0 - self.rate * time


class Slanted(Neuron):
    def evaluate(self, theta: Tensor, inputs: Tensor) -> tuple[Tensor, Dense]:
        outputs, jacobian = super().evaluate(theta, inputs)
        return outputs, Dense(jacobian.dense() * 1.001)


class Shifted(Neuron):
    def evaluate(self, theta: Tensor, inputs: Tensor) -> tuple[Tensor, Dense]:
        outputs, jacobian = super().evaluate(theta, inputs)
        return outputs + 1e-6, jacobian


class Mirrored(Dense):
    def vjp(self, v: Tensor) -> Tensor:
        return -super().vjp(v)


class Backward(Neuron):
    def evaluate(self, theta: Tensor, inputs: Tensor) -> tuple[Tensor, Dense]:
        outputs, jacobian = super().evaluate(theta, inputs)
        return outputs, Mirrored(jacobian.dense())


class Stalled(Dense):
    def jvp(self, u: Tensor) -> Tensor:
        return 0.0 * super().jvp(u)


class Halted(Neuron):
    def evaluate(self, theta: Tensor, inputs: Tensor) -> tuple[Tensor, Dense]:
        outputs, jacobian = super().evaluate(theta, inputs)
        return outputs, Stalled(jacobian.dense())


class Crowded(Neuron):
    def evaluate(self, theta: Tensor, inputs: Tensor) -> tuple[Tensor, Dense]:
        outputs, jacobian = super().evaluate(theta, inputs)
        return outputs + 1e-9 * (theta.shape[0] - 3), jacobian


class Forgetful(Neuron):
    def draw(self, generator: torch.Generator) -> Tensor:
        return torch.rand(2, dtype=torch.float64)


class Gratis(Neuron):
    def cost(self, samples: int) -> Cost:
        return Cost(0.0, 1.0, 1.0, 1.0, 1.0)


class Steep(Squares):
    def cotangent(self, f: Tensor, y: Tensor) -> Tensor:
        return 1.001 * (f - y)


class Flat(LogCosh):
    def second(self, f: Tensor, y: Tensor) -> Tensor:
        return 1.0 / torch.cosh(f - y)


class Redundant(Softmax):
    def root(self, f: Tensor, y: Tensor) -> Tensor:
        root = super().root(f, y)
        return torch.cat((root, torch.zeros_like(root[..., :1, :])), -2)


class Unlifted(LogCosh):
    def lifted(self, f: Tensor, y: Tensor) -> Tensor:
        return self.cotangent(f, y)


class Astray(Logistic):
    def minimiser(self, y: Tensor) -> Tensor:
        return y


class Convex(LogCosh):
    modulus: ClassVar[float] = 0.9


class Overflowing(LogCosh):
    def value(self, f: Tensor, y: Tensor) -> Tensor:
        return torch.log(torch.cosh(f - y)).sum((-2, -1))


class Midpoint(RK4):
    """Of order 2, which says that it is of order 4."""

    def advance(self, field: Any, rows: Rows, time: Tensor, size: Tensor, theta: Tensor, slope: Tensor) -> Tensor:
        middle = field(rows, time + 0.5 * size, theta + 0.5 * size.unsqueeze(1) * slope)
        return theta + size.unsqueeze(1) * middle


class Modest(RK4):
    order: ClassVar[int] = 3


class Chorded(RK4):
    def curve(self, theta: Tensor, slope: Tensor, new: Tensor, new_slope: Tensor, size: Tensor) -> Tensor:
        return torch.stack((theta, new - theta), 1)


class Overshooting(Euler):
    def step(self, field: Any, path: Path, rows: Rows) -> Trial:
        trial = super().step(field, path, rows)
        path.time[rows] += 1e-9
        return trial


class Sociable(Euler):
    def advance(self, field: Any, rows: Rows, time: Tensor, size: Tensor, theta: Tensor, slope: Tensor) -> Tensor:
        return theta + size.unsqueeze(1) * slope * (1.0 + 1e-6 * theta.shape[0])


class Lax(DormandPrince):
    def step(self, field: Any, path: Path, rows: Rows) -> Trial:
        return DormandPrince(rtol=0.1, atol=0.1).step(field, path, rows)


class Fickle:
    """A field whose matrix is there for the first of the stages alone."""

    def __init__(self, field: Any) -> None:
        self.field = field

    def __call__(self, *place: Any) -> Tensor:
        return self.field(*place)

    def relaxation(self, *place: Any) -> Any:
        solve, calls = self.field.relaxation(*place), count()
        return lambda b: b if next(calls) else solve(b)


class Leaning(Rosenbrock):
    """Of order 3 where the matrix is 0 alone."""

    def step(self, field: Any, path: Path, rows: Rows) -> Trial:
        return super().step(Fickle(field), path, rows)


class Short(Wave):
    def pair(self, network: Any) -> tuple[Tensor, Tensor]:
        inputs, targets = super().pair(network)
        return inputs[1:], targets[1:]


class Random(Wave):
    def pair(self, network: Any) -> tuple[Tensor, Tensor]:
        inputs, targets = super().pair(network)
        return inputs, torch.rand_like(targets)


WRONG: tuple[tuple[str, Component], ...] = (
    ("cost", Free()),
    ("finite", Endless()),
    ("lanes", Blended()),
    ("again", Restless()),
    ("descent", Uphill()),
    ("descent", Bold()),
    ("field", Narrow()),
    ("gradient", Claiming()),
    ("tunable", Deaf()),
    ("relaxing", Stiffened()),
    ("rate", Hasty(damping=fs.Constant(rho=0.3))),
    ("rate", Doubled()),
    ("rate", Lumped()),
    ("rate", Lofty()),
    ("rate", Vague()),
    ("ρ", Beyond()),
    ("start", Forgetful()),
    ("cost", Gratis()),
    ("outputs", Shifted()),
    ("derivative", Slanted()),
    ("differences", Halted()),
    ("products", Backward()),
    ("lanes", Crowded()),
    ("gradient", Steep()),
    ("curvature", Flat()),
    ("rank", Redundant()),
    ("lifted", Unlifted()),
    ("least", Astray()),
    ("modulus", Convex()),
    ("far", Overflowing()),
    ("order", Midpoint()),
    ("order", Modest()),
    ("order", Leaning()),
    ("between", Chorded()),
    ("horizon", Overshooting()),
    ("lanes", Sociable()),
    ("tolerance", Lax()),
    ("shape", Short()),
    ("again", Random()),
)
"""The law that a wrong part breaks, and that part."""


@pytest.mark.parametrize(
    ("law", "part"), WRONG, ids=lambda value: value if isinstance(value, str) else type(value).__name__
)
def test_a_wrong_part_fails_at_its_law(law: str, part: Component) -> None:
    assert fs.referee(part).fault.startswith(f"{law}: ")


class Wary(fs.Constant):
    def check(self, spec: Experiment) -> Iterator[Objection]:
        yield "", "a network of more parameters", spec.network.parameters


class Confused(fs.Constant):
    def check(self, spec: Experiment) -> Iterator[Objection]:
        raise KeyError(spec.network.kind)


def test_a_part_that_objects_to_every_bench_or_cannot_be_asked_is_not_refereed() -> None:
    objects = "expected a network of more parameters, came"
    assert fs.referee(Wary()).fault == f"bench: {objects} 19; {objects} 2"
    assert fs.referee(Confused()).fault == "check: expected objections or none, came KeyError: 'mlp'"


def test_every_law_has_a_part_that_breaks_it() -> None:
    laws = {check.name for part in PARTS.values() for check in fs.referee(part).checks}
    assert laws == {law for law, _ in WRONG}
