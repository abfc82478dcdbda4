"""ρ set by hand while a run goes on: entries of the spec, so that a run stays a function of it."""

from bisect import bisect_left
from collections.abc import Iterator

from pydantic import Field

from ..component import Component, Count, Experiment, Objection, Real

TUNES = 4096


class Tune(Component):
    """ρ of a solver is constant from the flow time of `frame` on; the row of that frame is the last one before it."""

    frame: Count = Field(ge=0, description="frame at whose flow time it takes effect")
    solver: Count = Field(ge=0, description="which of the solvers")
    rho: Real = Field(ge=0, le=1, description="ρ: 1 is gradient flow, 0 Gauss–Newton")

    @property
    def place(self) -> tuple[int, int]:
        """What tunes are ordered by; at one place there is one."""
        return self.frame, self.solver

    def check(self, spec: Experiment) -> Iterator[Objection]:
        if self.solver >= len(spec.solvers):
            yield "solver", f"one of the {len(spec.solvers)} solvers, counted from 0", self.solver
        if not (solver := spec.solvers[self.solver]).method.is_tunable:
            yield "solver", "a solver with a damping", solver.name
        if self.frame > spec.frames - 2:
            yield "frame", f"a frame before the last, {spec.frames - 1}", self.frame


def entered(tunes: tuple[Tune, ...], tune: Tune) -> tuple[Tune, ...]:
    """`tunes` and one more at its place, where it replaces what was there."""
    at = bisect_left(tunes, tune.place, key=lambda each: each.place)
    return (*tunes[:at], tune, *tunes[at + (at < len(tunes) and tunes[at].place == tune.place) :])


def at_frame(tunes: tuple[Tune, ...], frame: int) -> tuple[Tune, ...]:
    """Those that take effect at a frame."""
    first, last = (bisect_left(tunes, end, key=lambda each: each.frame) for end in (frame, frame + 1))
    return tunes[first:last]
