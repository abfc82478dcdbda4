"""How a lane ends: values that are sentences, each with what to do."""

from dataclasses import dataclass
from enum import Enum


class Status(Enum):
    """What a lane is doing or how it ended; the value is the sentence a person reads."""

    RUNNING = "The flow is running."
    HORIZON = "The flow reached the end of its time horizon."
    RANK_LOSS = "J lost rank (σ_min/σ_max fell below 1e-9), so the flow is not defined further: turn on damping (ρ > 0) or start elsewhere."
    DIVERGED = "The method diverged: take a smaller step, an adaptive integrator, or more damping."
    ESCAPED = "The flow leaves every bounded set in finite time (the step size went to zero): turn on damping or scale the outputs up."
    SPENT = "The budget of the protocol is spent: all solvers of this race may spend as much."
    EXHAUSTED = "The evaluation budget is spent: raise `evaluations`, loosen the tolerance, or shorten the horizon."
    STALLED = (
        "The steps are so short that the evaluation budget would end far before the horizon: "
        "choose Rosenbrock for a stiff flow, raise ρ, or loosen the tolerance."
    )
    STOPPED = "The run was stopped by a person."
    LOST = "The worker that computed this run died twice: make the problem smaller, or look at the server's log."
    OVERSTAYED = "The run used up its computing time: shorten the horizon or make the problem smaller."

    @property
    def word(self) -> str:
        """The name on the wire."""
        return self.name.lower()

    @property
    def is_early(self) -> bool:
        """Whether a lane that stands so ended before its horizon."""
        return self not in (Status.RUNNING, Status.HORIZON)

    @property
    def is_answer(self) -> bool:
        """Whether a lane that ended so ended well."""
        return self in (Status.HORIZON, Status.SPENT, Status.STOPPED)


@dataclass(frozen=True)
class Lane:
    """One solver at one seed, and how it stands."""

    lane: int
    solver: int
    name: str
    seed: int
    status: Status = Status.RUNNING
    time: float = 0.0

    @property
    def sentence(self) -> str:
        """The status with the flow time at which the lane ended."""
        return self.status.value if self.status is Status.RUNNING else f"t = {self.time:.6g}: {self.status.value}"
