"""How a lane ends: values that are sentences. What to do about an end depends on the method and is told beside it
(`run/endings.py`).
"""

from dataclasses import dataclass
from enum import Enum


class Status(Enum):
    """What a lane is doing or how it ended; the value is the sentence a person reads."""

    RUNNING = "The flow is running."
    CONVERGED = (
        "It converged: no step that J can make lowers the loss any more, to a millionth of the slope at the start."
    )
    HORIZON = "It is out of time: it still moved when it reached the horizon."
    RESTED = "It rests where the loss is not critical: its steps move no parameter any more, though ∇L is not 0."
    CLIMBED = "The loss ended above its start, though this method promises descent."
    RANK_LOSS = "J lost rank, so the flow is not defined further."
    DIVERGED = "The method diverged."
    ESCAPED = "The flow leaves every bounded set in finite time."
    SPENT = "The budget of the protocol is spent: all solvers of this race may spend as much."
    EXHAUSTED = "The evaluation budget is spent."
    STALLED = "The steps are so short that it would not reach its horizon."
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
        return self not in (Status.RUNNING, *AT_HORIZON)

    @property
    def is_answer(self) -> bool:
        """Whether a lane that ended so ended well."""
        return self in (Status.CONVERGED, Status.HORIZON, Status.SPENT, Status.STOPPED)


AT_HORIZON = (Status.CONVERGED, Status.HORIZON, Status.RESTED, Status.CLIMBED)
"""How a lane can stand that went through to its horizon."""


@dataclass(frozen=True)
class Lane:
    """One solver at one seed, and how it stands: `slope` is ‖∇L‖ where it ended, `advice` what its method can do about
    that.
    """

    lane: int
    solver: int
    name: str
    seed: int
    status: Status = Status.RUNNING
    time: float = 0.0
    slope: float | None = None
    advice: str = ""

    @property
    def sentence(self) -> str:
        """The status with the flow time at which the lane ended, ‖∇L‖ there where it converged or rests, and what to
        do.
        """
        if self.status is Status.RUNNING:
            return self.status.value
        told = self.slope is not None and self.status in (Status.CONVERGED, Status.RESTED)
        parts = [f"t = {self.time:.6g}: {self.status.value}", f"‖∇L‖ = {self.slope:.2g}." if told else "", self.advice]
        return " ".join(part for part in parts if part)
