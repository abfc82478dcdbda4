"""In which units a loss and a clock are told. One table: the overlays use it here, the page through the contract.

A recording is in the declared units, L = g(f)/n (‖r‖²/(2n) for squares) and the flow time t. Every other choice
multiplies by a power of the n samples and the N = n·q outputs. Chen's clock is s = nt: he writes N for the number of
samples, C for L, and t = s/N (theory page, 1B).
"""

from dataclasses import asdict, dataclass
from string import Template
from typing import Any, TypeVar

from .component import SpecError, shown

SCALED = ("loss", "excess_loss", "gradient_norm")
"""The columns that a factor of the loss multiplies."""
SHARES = (1e-2, 1e-4, 1e-6, 1e-8)
"""The ε, as shares of the first loss, whose time can be asked for in advance."""
SHARE = 1e-4
"""The ε that is meant unless one is chosen."""


@dataclass(frozen=True)
class Scale:
    """A choice of unit: the declared value times n^samples · N^outputs."""

    name: str
    samples: int
    outputs: int

    def factor(self, samples: int, outputs: int) -> float:
        """What a declared value is multiplied by, at n samples and N outputs."""
        return float(samples) ** self.samples * float(outputs) ** self.outputs


@dataclass(frozen=True)
class Norm(Scale):
    """A normalisation of the loss: its definition for squares and in general, and what divides J^T r in its
    gradient.
    """

    squares: str
    general: str
    per: str


@dataclass(frozen=True)
class Clock(Scale):
    """A clock: the letter of its time, t and t/2 in it, the letter its author gives the loss, and the title of the
    axis.
    """

    letter: str
    time: str
    half: str
    loss: str
    title: str


LOSSES = (
    Norm("mean", 0, 0, "‖f − y‖²/2n", "g(f)/n", "/n"),
    Norm("sum", 1, 0, "½‖f − y‖²", "g(f)", ""),
    Norm("outputs", 1, -1, "‖f − y‖²/2N", "g(f)/N", "/N"),
)
"""The normalisations of the loss, the declared one first."""
CLOCKS = (
    Clock("t", 0, 0, "t", "t", "½", "L", "flow time t"),
    Clock("s", 1, 0, "s", "s/n", "(n/2)", "C", "Chen's time s = nt (n samples)"),
)
"""The clocks, the declared one first."""


@dataclass(frozen=True)
class Counter:
    """A clock that counts what a solver has spent: the sum of these columns."""

    name: str
    columns: tuple[str, ...]
    letter: str
    title: str


COUNTERS = (
    Counter("steps", ("step",), "k", "accepted steps k"),
    Counter(
        "jacobian",
        ("evaluations.jacobian", "evaluations.jvp", "evaluations.vjp"),
        "J",
        "evaluations of J, J·v and Jᵀ·v",
    ),
    Counter("flops", ("flops",), "flops", "modelled flops"),
    Counter("wall", ("wall_seconds",), "s_{wall}", "solver-only wall time, s; steps taken together share it equally"),
)
"""The clocks that a lane has for itself. Theory speaks of time, so its curves reach them through the lane's own rows.
"""


@dataclass(frozen=True)
class Convention:
    """A normalisation of the loss with a clock."""

    loss: Norm = LOSSES[0]
    clock: Clock = CLOCKS[0]

    def factor(self, column: str, samples: int, outputs: int) -> float:
        """What the declared values of a column are multiplied by."""
        if column == "time":
            return self.clock.factor(samples, outputs)
        return self.loss.factor(samples, outputs) if column in SCALED else 1.0

    def caption(self, formula: str, **symbols: str) -> str:
        """A formula with the letters of this convention for ${L}, ${t} (the flow time), ${time} (the clock), ${half}
        and ${per}.
        """
        clock, per = self.clock, self.loss.per
        return Template(formula).substitute(
            L=clock.loss, t=clock.time, time=clock.letter, half=clock.half, per=per, **symbols
        )


DECLARED = Convention()
"""The convention of recordings."""


Choice = TypeVar("Choice", bound=Scale)


def convention(loss: str, clock: str) -> Convention:
    """The convention of these names. Raises SpecError for an unknown one."""
    return Convention(_named("loss", LOSSES, loss), _named("clock", CLOCKS, clock))


def conventions() -> dict[str, Any]:
    """The table as the page reads it."""
    return {
        "losses": [asdict(item) for item in LOSSES],
        "clocks": [asdict(item) for item in CLOCKS],
        "counters": [asdict(item) for item in COUNTERS],
        "scaled": list(SCALED),
        "shares": list(SHARES),
        "share": SHARE,
    }


def _named(path: str, choices: tuple[Choice, ...], name: str) -> Choice:
    found = next((item for item in choices if item.name == name), None)
    if found is None:
        raise SpecError(path, f"one of {', '.join(item.name for item in choices)}", shown(name))
    return found


__all__ = [
    "CLOCKS",
    "COUNTERS",
    "DECLARED",
    "LOSSES",
    "SCALED",
    "SHARE",
    "SHARES",
    "Clock",
    "Convention",
    "Counter",
    "Norm",
    "Scale",
    "convention",
    "conventions",
]
