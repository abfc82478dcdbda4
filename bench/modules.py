"""Measures what a layerwise metric costs as a network grows deeper, and writes the table as Markdown and JSON: ratios
only.

Memory is the most that torch holds at a time in one step, pass forward included, counted storage by storage; time is
CPU time, the median over the rounds, the peers in turn. `depth` hidden layers of one width; a sampled Fisher metric and
the exact one of squares.
"""

import json
import statistics
import time
import weakref
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from flowscope import module as m
from flowscope.network import Dense
from flowscope.problem import Squares
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

ROUNDS, PLACE = 5, Path(__file__).parent / "results"
WIDTH, SAMPLES, PROBES, DEPTHS = 48, 64, 2, (2, 4, 8, 16, 32)
"""A layer has 2,352 parameters, more than a p × p matrix is formed for."""


class Held(TorchDispatchMode):
    """Counts the bytes of the storages that live tensors share, and the most there were."""

    def __init__(self) -> None:
        super().__init__()
        self.most = self._now = 0
        self._owners: dict[int, int] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for each in tree_flatten(made)[0]:
            if isinstance(each, Tensor):
                self._note(each)
        return made

    def _note(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        place, size = storage.data_ptr(), storage.nbytes()
        if self._owners.get(place, 0) == 0:
            self._now += size
            self.most = max(self.most, self._now)
        self._owners[place] = self._owners.get(place, 0) + 1
        weakref.finalize(tensor, self._drop, place, size)

    def _drop(self, place: int, size: int) -> None:
        self._owners[place] -= 1
        if self._owners[place] == 0:
            self._now -= size


@dataclass(frozen=True)
class Row:
    """One line: a step at a depth, as multiples of the layerwise step at the least depth (memory) and at this depth
    (the others).
    """

    what: str
    depth: int
    parameters: int
    memory: float
    memory_beside: float
    time_beside: float


def network(depth: int) -> m.Graph:
    """`depth` hidden layers."""
    parts: list[m.Module] = []
    for _ in range(depth):
        parts += [m.DenseLayer(WIDTH, WIDTH), m.Elementwise(WIDTH)]
    return m.Graph(m.Series(*parts, m.DenseLayer(WIDTH, 1)))


def steps(depth: int) -> dict[str, Callable[[], Tensor]]:
    """The steps that are measured at a depth."""
    generator, graph = torch.Generator().manual_seed(0), network(depth)
    theta = graph.draw(generator).unsqueeze(0)
    inputs = torch.randn(SAMPLES, WIDTH, generator=generator, dtype=torch.float64)
    labels = torch.randn(SAMPLES, 1, generator=generator, dtype=torch.float64)
    uniform = torch.rand(SAMPLES, PROBES, 1, generator=generator, dtype=torch.float64)
    mass = torch.full((1, 1), 0.1, dtype=torch.float64)

    def at(metric: m.Output) -> tuple[m.Pass, Tensor, Tensor]:
        passed = graph.forward(theta, inputs)
        return (
            passed,
            m.output_factor(metric, Squares(), passed.outputs, labels, uniform=uniform),
            (passed.outputs - labels) / SAMPLES,
        )

    def fisher() -> Tensor:
        return m.layerwise(*at("sampled_fisher"), mass).direction

    def exact() -> Tensor:
        passed, rows, cotangent = at("gauss_newton")
        return m.layerwise(passed, rows, cotangent, mass, dual=m.output_dual(rows, cotangent * SAMPLES)).direction

    def full() -> Tensor:
        passed, rows, cotangent = at("gauss_newton")
        return m.full(passed, rows, cotangent, mass, dual=m.output_dual(rows, cotangent * SAMPLES))

    def gradient() -> Tensor:
        passed, _, cotangent = at("gauss_newton")
        return passed.gradient(cotangent)

    def arrays() -> Tensor:
        passed, rows, cotangent = at("gauss_newton")
        k = torch.cat([each.dense() for each in passed.factors(rows).values()], 2)
        return m.solve(Dense(k), passed.gradient(cotangent), mass)

    return {
        "layerwise, exact metric": exact,
        "layerwise, two Fisher probes": fisher,
        "full metric, Grams added": full,
        "full metric, K as an array": arrays,
        "gradient alone": gradient,
    }


def most(step: Callable[[], Tensor]) -> int:
    """The most bytes held in one step."""
    step()
    with Held() as held:
        step()
    return held.most


def seconds(work: dict[str, Callable[[], Tensor]]) -> dict[str, float]:
    """Median CPU seconds of each, in turn."""
    spent: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(ROUNDS):
        for name, step in work.items():
            begun = time.process_time()
            for _ in range(3):
                step()
            spent[name].append((time.process_time() - begun) / 3)
    return {name: statistics.median(each) for name, each in spent.items()}


def rows() -> list[Row]:
    """The table."""
    least: dict[str, int] = {}
    table = []
    for depth in DEPTHS:
        work = steps(depth)
        bytes_held, spent = {name: most(step) for name, step in work.items()}, seconds(work)
        first = "layerwise, exact metric"
        for name in work:
            least.setdefault(name, bytes_held[name])
            beside = bytes_held[name] / bytes_held[first], spent[name] / spent[first]
            table.append(Row(name, depth, network(depth).parameters, bytes_held[name] / least[name], *beside))
    return table


def markdown(table: list[Row]) -> str:
    """The table as it is committed."""
    lines = [
        "| one step | hidden layers | p | memory, × that of 2 layers | memory, × layerwise | CPU time, × layerwise |",
        "|---|---|---|---|---|---|",
    ]
    for row in table:
        lines.append(
            f"| {row.what} | {row.depth} | {row.parameters} | {row.memory:.2f} | {row.memory_beside:.2f} | "
            f"{row.time_beside:.2f} |"
        )
    lines += [
        "",
        f"n = {SAMPLES}, width {WIDTH}, one core, torch {torch.__version__}, {ROUNDS} rounds. Linear in depth is "
        "2, 4, 8, 16.",
    ]
    return "\n".join(lines) + "\n"


@torch.inference_mode()
def main() -> None:
    """Measures and writes."""
    torch.set_num_threads(1)
    table = rows()
    PLACE.mkdir(exist_ok=True)
    (PLACE / "modules.md").write_text(markdown(table), encoding="utf-8")
    (PLACE / "modules.json").write_text(json.dumps([asdict(row) for row in table], indent=1) + "\n", encoding="utf-8")
    print(markdown(table))


if __name__ == "__main__":
    main()
