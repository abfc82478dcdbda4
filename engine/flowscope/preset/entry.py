"""What a preset is, and the solvers that many presets share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ..flow import (
    AnyDamping,
    Constant,
    ExponentialDecay,
    Flow,
    GaussNewton,
    GeneralisedGaussNewton,
    Gradient,
    Hybrid,
    InitialEigenvalue,
    LossProportional,
    SmallestEigenvalue,
)
from ..integrator import AnyIntegrator, DormandPrince
from ..run.spec import Integration, RunSpec

Group = Literal["Cayci", "Chen", "Mechanisms", "Movements", "Methods", "Modules", "Data"]
Expected = Literal["holds", "does not apply"]


@dataclass(frozen=True)
class Slider:
    """One number of a preset's spec that a person moves: where it stands ("problem.distance"), what it is, and between
    which values.
    """

    path: str
    label: str
    low: float
    high: float
    logarithmic: bool = False


@dataclass(frozen=True)
class Preset:
    """A named spec, its place in the menu, what each prediction that speaks of it must say (id → verdict), and its
    slider if it has one.
    """

    name: str
    group: Group
    spec: RunSpec
    verdicts: Mapping[str, Expected]
    slider: Slider | None = None

    @property
    def title(self) -> str:
        """What the menu calls it."""
        return self.spec.title


def expected(holds: str, *, inapplicable: str = "") -> dict[str, Expected]:
    """Verdicts from ids, "P1 P2 T7", in the order of the list of predictions."""
    verdicts: dict[str, Expected] = {id: "holds" for id in holds.split()}
    verdicts.update({id: "does not apply" for id in inapplicable.split()})
    return dict(sorted(verdicts.items(), key=lambda item: place(item[0])))


def place(id: str) -> tuple[str, int]:
    """Where a prediction stands in the list: by its letter, then by its number."""
    return id[0], int(id[1:])


def follow(name: str, flow: Flow, integrator: AnyIntegrator | None = None) -> Integration:
    """A solver in continuous time; by Dormand–Prince unless said otherwise."""
    return Integration.model_validate({"name": name, "flow": flow, "integrator": integrator or DormandPrince()})


def damped(name: str, damping: AnyDamping) -> Integration:
    """Gauss–Newton under a damping."""
    return follow(name, GaussNewton(damping=damping))


UNDAMPED = GaussNewton(damping=Constant(rho=0.0))
GRADIENT = follow("Gradient flow", Gradient())
GAUSS_NEWTON = follow("Gauss–Newton", UNDAMPED)
GENERALISED = follow("Generalised Gauss–Newton", GeneralisedGaussNewton(damping=Constant(rho=0.0)))
ADAPTIVE = damped("Damped, adaptive ρ", SmallestEigenvalue(scale=1.0))
RACE = (GRADIENT, GAUSS_NEWTON, ADAPTIVE)
SCHEDULES = (
    GRADIENT,
    damped("Constant ρ = 0.1", Constant(rho=0.1)),
    damped("Constant ρ = 10⁻³", Constant(rho=1e-3)),
    ADAPTIVE,
    damped("ρ = λ₀/10", InitialEigenvalue(scale=0.1)),
    damped("ρ = e^{−2t}", ExponentialDecay(rate=2.0)),
    damped("ρ = L/L₀", LossProportional()),
    damped("Gradient flow to t = 3, then adaptive", Hybrid(switch=3.0)),
    GAUSS_NEWTON,
)
"""The rows of the theory page, 3.2."""
