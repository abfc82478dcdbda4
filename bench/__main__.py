"""Measures the engine beside plain PyTorch, interleaved in one process on one core, and writes the table as Markdown
and JSON.

Every figure is process CPU time; what counts is the ratio within one round, of which the median and the quartiles are
given. `--quick` takes two rounds of the light rows, prints them and writes nothing: it shows that the benchmark runs,
not how fast we are.
"""

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import flowscope as fs
import torch
from flowscope.flow import Constant, GaussNewton, Gradient, Linearization, SmallestEigenvalue
from flowscope.integrator import RK4, AnyIntegrator, Euler
from flowscope.network import MLP, Neuron
from flowscope.problem import Data, Teacher
from flowscope.run.spec import Random, Solver

from .naive import Loop, damped_step

ROUNDS, QUICK = 7, 2
PLACE = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Row:
    """One line of the table: milliseconds of ours and of the peer, and the ratio peer/ours over the rounds."""

    what: str
    peer: str
    ours_ms: float
    peer_ms: float
    ratio: float
    low: float
    high: float
    goal: float

    @property
    def met(self) -> bool:
        """Whether the median reaches the goal."""
        return self.ratio >= self.goal


def seconds(work: Callable[[], object], repeats: int) -> float:
    """CPU seconds of one call."""
    begun = time.process_time()
    for _ in range(repeats):
        work()
    return (time.process_time() - begun) / repeats


@dataclass(frozen=True)
class Pair:
    """What is measured beside what, how often each is called in a round, and how many of their calls one of ours stands
    for.
    """

    what: str
    peer: str
    ours: Callable[[], object]
    theirs: Callable[[], object]
    repeats: tuple[int, int]
    goal: float
    frames: int = 1


def race(pair: Pair, rounds: int) -> Row:
    """The two in turn, round by round."""
    pair.ours()
    pair.theirs()
    mine, other = [], []
    for _ in range(rounds):
        mine.append(seconds(pair.ours, pair.repeats[0]) / pair.frames)
        other.append(seconds(pair.theirs, pair.repeats[1]))
    ratios = [b / a for a, b in zip(mine, other, strict=True)]
    low, ratio, high = statistics.quantiles(ratios, n=4)
    return Row(
        pair.what, pair.peer, 1e3 * statistics.median(mine), 1e3 * statistics.median(other), ratio, low, high, pair.goal
    )


def stage(integrator: AnyIntegrator, name: str, stages: int) -> Pair:
    """4 solvers × 8 seeds of the n=3/p=2 stage, one frame a step, all probes and the record batch included."""
    flows = (
        Gradient(),
        GaussNewton(),
        GaussNewton(damping=Constant(rho=0.1)),
        GaussNewton(damping=SmallestEigenvalue()),
    )
    spec = fs.RunSpec(
        problem=Teacher(inputs=((-0.87,), (-0.34,), (1.75,)), parameters=(0.35, -0.86), offset=0.05),
        network=Neuron(),
        start=Random(scale=0.3),
        solvers=tuple(Solver(flow.kind, flow, integrator) for flow in flows),
        seeds=tuple(range(8)),
        horizon=400.0,
        interval=0.02,
    )
    run = fs.Run(spec)
    facts, data = fs.facts(run.schema), spec.problem.data(spec.network)
    starts = torch.tensor([start["theta"] for start in facts["start"]], dtype=torch.float64)
    best = torch.tensor(facts["best"]["outputs"], dtype=torch.float64)
    loop = Loop(data.inputs[:, 0], data.targets, starts, best, dt=0.02, stages=stages)
    frames = 64
    return Pair(name, "loop over lanes, torch.func.jacrev", lambda: run.chunk(frames), loop.frame, (2, 4), 40.0, frames)


def step(widths: tuple[int, ...], samples: int, repeats: tuple[int, int], goal: float) -> Pair:
    """One damped step (ρ = 1e-3) of one lane."""
    generator = torch.Generator().manual_seed(0)
    network = MLP(widths=widths)
    theta = network.draw(generator).unsqueeze(0)
    inputs = torch.randn(samples, widths[0], generator=generator, dtype=torch.float64)
    targets = torch.randn(samples, generator=generator, dtype=torch.float64)
    data, rho = Data(inputs, targets), torch.full((1,), 1e-3, dtype=torch.float64)

    @torch.inference_mode()
    def ours() -> torch.Tensor:
        return Linearization.of(network, data, theta).damped(rho)[0]

    def theirs() -> torch.Tensor:
        return damped_step(theta[0], inputs, targets, widths, 1e-3)

    error = float((ours() - theirs()).norm() / theirs().norm())
    assert error < 1e-9, f"the two steps differ by {error:.1e}"
    name = f"damped step, n={samples}, {list(widths)}, p={network.parameters} (difference {error:.0e})"
    return Pair(name, "dense J by torch.func vmap(grad)", ours, theirs, repeats, goal)


def pairs(quick: bool) -> Iterator[Pair]:
    """Everything that is measured; the light rows alone where it must be quick."""
    yield stage(Euler(dt=0.02), "stage, 4 solvers × 8 seeds, Euler, probes included, per frame", 1)
    if not quick:
        yield stage(RK4(dt=0.02), "stage, 4 solvers × 8 seeds, RK4, probes included, per frame", 4)
    yield step((2, 64, 64, 1), 64, (2, 1) if quick else (100, 30), 7.0)
    if not quick:
        yield step((2, 128, 128, 1), 1024, (2, 1), 10.0)


def told(rows: list[Row], machine: dict[str, object]) -> str:
    """The table in Markdown, and what it was measured on."""
    lines = [
        "| what | beside | ours, ms | theirs, ms | times faster (quartiles) | goal | |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        quartiles = f"**{row.ratio:.1f}** ({row.low:.1f} to {row.high:.1f})"
        verdict = "met" if row.met else "MISSED"
        figures = f"{row.ours_ms:.3f} | {row.peer_ms:.2f} | {quartiles}"
        lines.append(f"| {row.what} | {row.peer} | {figures} | ≥ {row.goal:g} | {verdict} |")
    shown = ", ".join(f"{key} {value}" for key, value in machine.items())
    return "\n".join([*lines, "", f"One core, CPU time, medians; {shown}.", ""])


def main() -> None:
    """Runs everything, prints the table and writes it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two rounds of the light rows; nothing is written")
    quick = parser.parse_args().quick
    torch.set_num_threads(1)
    rounds = QUICK if quick else ROUNDS
    rows = [race(pair, rounds) for pair in pairs(quick)]
    machine: dict[str, object] = {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "torch": version("torch"),
        "flowscope": version("flowscope"),
        "rounds": rounds,
    }
    text = told(rows, machine)
    print(text)
    if quick:
        return
    PLACE.mkdir(exist_ok=True)
    (PLACE / "latest.md").write_text(text, encoding="utf-8")
    whole = json.dumps({"machine": machine, "rows": [asdict(row) for row in rows]}, indent=1)
    (PLACE / "latest.json").write_text(whole, encoding="utf-8")


if __name__ == "__main__":
    main()
