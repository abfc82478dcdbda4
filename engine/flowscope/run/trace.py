"""What lanes did while they stepped through a block of frames, and which of their states belongs to which frame."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..flow import VectorField
from ..integrator import Path
from ..integrator.path import Rows

ROOM = 1 << 22
"""Numbers that a trace may hold, about: 32 MiB."""
SPARE = 16
"""Entries that a trace may hold beyond four for each frame."""


class State(NamedTuple):
    """Where b lanes are, and what they have spent by then.

    Their last steps, as in `Path`: `begin` and `end` (b,), `curve` (b, 5, p), `theta` (b, p); the counts `steps` and
    `rejected`, the `gain` ratio, the `calls` (b,) and the `surplus` (b, 5) of a `VectorField`; the wall time in
    `seconds` (b,); ρ of optimizers before and after the last step, `held` (b, 2), and likewise what movements certify,
    the `ledger` (b, 2, columns), without columns where a run has no movement.
    """

    begin: Tensor
    end: Tensor
    curve: Tensor
    theta: Tensor
    steps: Tensor
    rejected: Tensor
    gain: Tensor
    calls: Tensor
    surplus: Tensor
    seconds: Tensor
    held: Tensor
    ledger: Tensor

    @classmethod
    def joined(cls, states: list["State"]) -> "State":
        """Several, one after the other."""
        return states[0] if len(states) == 1 else cls(*(torch.cat(parts) for parts in zip(*states, strict=True)))

    def at(self, rows: Rows) -> "State":
        """A copy of some of these."""
        return State(*(part.clone() if isinstance(rows, slice) else part[rows] for part in self))


class Trace:
    """The states of all lanes after each trial in a block of frames at flow times `times` (F,).

    A lane makes a trial for a frame only while it is behind that frame. So the state of a lane at a frame is the one
    after the last trial that began before the frame's time. `now` holds the states of all lanes, which steps change in
    place.
    """

    def __init__(self, now: State, times: np.ndarray) -> None:
        self._now, self._times = now, times
        self._entries: list[tuple[Tensor, Tensor, State]] = []
        if times.size > 1:
            lanes = torch.arange(now.end.numel(), device=now.end.device)
            self.enter(slice(None), lanes, torch.full_like(now.end, -torch.inf))

    def enter(self, rows: Rows, lanes: Tensor, before: Tensor) -> None:
        """Notes the states of `lanes` (b,), which are `rows` of all, after a trial that began at the flow times
        `before` (b,).
        """
        if self._times.size == 1:
            return  # only how it ends is asked for
        self._entries.append((lanes, before, self._now.at(rows)))
        if len(self._entries) > 4 * self._times.size + SPARE:
            lanes, before, state, found = self._read()
            kept = torch.from_numpy(np.unique(found)).to(lanes.device)
            self._entries = [(lanes[kept], before[kept], state.at(kept))]

    def read(self) -> tuple[State, np.ndarray]:
        """States, and which of them (F, B) every lane has at every frame; at the last frame that is its last one."""
        return (self._now, np.arange(self._now.end.numel())[None]) if self._times.size == 1 else self._read()[2:]

    def _read(self) -> tuple[Tensor, Tensor, State, np.ndarray]:
        lanes = torch.cat([lanes for lanes, _, _ in self._entries])
        before = torch.cat([before for _, before, _ in self._entries])
        lane, begun = lanes.cpu().numpy(), before.cpu().numpy()
        order, count = np.argsort(lane, kind="stable"), self._now.end.numel()
        mine = np.split(order, np.searchsorted(lane[order], np.arange(1, count)))
        found = np.stack([each[np.searchsorted(begun[each], self._times) - 1] for each in mine], 1)
        state = State.joined([state for _, _, state in self._entries])
        return lanes, before, state, found


def state_of(field: VectorField, path: Path, seconds: Tensor) -> State:
    """The states of all lanes of a field on a path, not copied."""
    steps = path.begin, path.time, path.curve, path.theta, path.steps, path.rejected, path.gain
    ledger = path.curve.new_empty(path.curve.shape[0], 2, 0) if field.ledger is None else field.ledger
    return State(*steps, field.calls, field.surplus, seconds, field.held, ledger)


def frames_within(now: State, wanted: int) -> int:
    """How many frames of `wanted` a trace of these states has room for, at least one."""
    return max(1, min(wanted, (ROOM // sum(part.numel() for part in now) - SPARE) // 4))
