"""What a run's network can do, as JSON: all over a box of its parameters, and as a function of its inputs where lanes
are at a frame.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock

import flowscope as fs
import pyarrow as pa
import pyarrow.compute as pc
import torch

from .arrow import batches
from .finite import encoded
from .runs import Run

DIGITS = 6
"""Significant digits of what is drawn only."""
HELD = 4_000_000
"""Numbers of θ that a walk keeps, so that a playhead may go back."""
WALKS = 8
"""Walks that are kept; the one that has rested longest goes first."""


@dataclass
class Walk:
    """The lanes of a run's seed, integrated anew together, as far as somebody has asked."""

    frames: Iterator[torch.Tensor]
    known: list[torch.Tensor] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def at(self, frame: int) -> torch.Tensor:
        """θ (solvers, p) at a frame; where every lane ended before it, at their last one."""
        with self.lock:
            while len(self.known) <= frame and (theta := next(self.frames, None)) is not None:
                self.known.append(theta)
            return self.known[min(frame, len(self.known) - 1)]


class Walks:
    """θ of lanes whose parameters are too many to be recorded; integrated once while a playhead goes on."""

    def __init__(self) -> None:
        self._walks: dict[tuple[str, int, int], Walk] = {}
        self._lock = Lock()

    def at(self, run: Run, seed: int, frame: int) -> torch.Tensor:
        """θ (solvers, p) of a seed's lanes at a frame. Raises SpecError where their paths are too long to be held."""
        held = (frame + 1) * len(run.spec.solvers) * run.spec.network.parameters
        if held > HELD:
            raise fs.SpecError("frame", f"paths of at most {HELD} numbers", str(held))
        key = (run.id, seed, len(run.spec.tunes))
        with self._lock:
            walk = self._walks.pop(key, None) or Walk(fs.paths(run.spec, seed))
            self._walks[key] = walk  # the newest is last
            while len(self._walks) > WALKS:
                del self._walks[next(iter(self._walks))]
        return walk.at(frame)


async def ground(run: Run, low: Sequence[float], high: Sequence[float]) -> bytes:
    """Outputs (up to three) and losses over a box of θ. Raises SpecError where there is none."""
    return await asyncio.to_thread(_ground, run, low, high)


async def function(run: Run, walks: Walks, lanes: Sequence[int], frame: int) -> bytes:
    """What the network of each of `lanes` is at a frame. Raises SpecError where that cannot be drawn."""
    return await asyncio.to_thread(_function, run, run.log.size, walks, lanes, frame)


def _ground(run: Run, low: Sequence[float], high: Sequence[float]) -> bytes:
    found = fs.ground(run.spec, low, high)
    outputs = found.outputs if found.outputs.shape[1] <= 3 else None
    answer = {
        "low": list(low),
        "high": list(high),
        "shape": list(found.shape),
        "loss": found.loss.tolist(),
        "outputs": outputs if outputs is None else _rounded(outputs),
    }
    return encoded(answer)


def _function(run: Run, size: int, walks: Walks, lanes: Sequence[int], frame: int) -> bytes:
    known = {each["lane"]: each for each in fs.facts(pa.ipc.read_schema(pa.BufferReader(run.log.schema)))["lanes"]}
    if not lanes or not all(lane in known for lane in lanes):
        raise fs.SpecError("lanes", f"some of the run's {len(known)} lanes", str(list(lanes)))
    theta = _recorded(run, size, lanes, frame)
    if theta is None:
        theta = torch.stack([walks.at(run, known[lane]["seed"], frame)[known[lane]["solver"]] for lane in lanes])
    found = fs.function(run.spec, theta)
    answer = {
        "frame": frame,
        "lanes": list(lanes),
        "shape": list(found.shape),
        "inputs": found.inputs.tolist(),
        "outputs": [_rounded(each) for each in found.outputs],
    }
    return encoded(answer)


def _recorded(run: Run, size: int, lanes: Sequence[int], frame: int) -> torch.Tensor | None:
    """θ (lanes, p) from the log: the last row of each lane up to a frame; None where θ is not recorded."""
    log = run.log
    if size <= len(log.schema):
        raise fs.SpecError("frame", "a run whose first row has come", "none yet")
    rows = pa.Table.from_batches(batches(log.schema, log.span(len(log.schema), size))).select(
        ["lane", "frame", "theta"]
    )
    if rows["theta"].null_count:
        return None
    rows = rows.filter(pc.field("frame") <= frame)
    last = [rows.filter(pc.field("lane") == lane)["theta"].to_pylist()[-1:] for lane in lanes]
    if not all(last):
        raise fs.SpecError("frame", "one that has come", str(frame))
    return torch.tensor(last, dtype=torch.float64).squeeze(1)


def _rounded(values: torch.Tensor) -> list[list[float]]:
    return [[float(f"{value:.{DIGITS}g}") for value in row] for row in values.tolist()]
