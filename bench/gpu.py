"""Measures the engine on a GPU beside one CPU core of the same machine, in float64, and writes the table as Markdown
and JSON.

Wall time, since a GPU's work is not in the process's CPU time; every call ends with a synchronisation. Medians over the
rounds, the two devices in turn. A difference is that of the two steps in function space, ‖J(a − b)‖/‖J b‖.
"""

import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import flowscope as fs
import numpy as np
import torch
from flowscope.flow import Constant, GaussNewton, Gradient, Linearization, SmallestEigenvalue
from flowscope.integrator import RK4
from flowscope.module.pullback import Pullback
from flowscope.network import MLP
from flowscope.problem import Data, Points
from flowscope.run.spec import Random, Solver

from .naive import damped_step

ROUNDS = 5
PLACE = Path(__file__).parent / "results"
DENSE_LIMIT = 1 << 32
"""Entries of J above which the dense peer does not fit beside what it makes on the way."""


@dataclass(frozen=True)
class Row:
    """One line: milliseconds on the GPU, on one CPU core and of dense `torch.func` on the GPU (None where not run), and
    the difference.
    """

    what: str
    gpu_ms: float
    cpu_ms: float | None
    dense_ms: float | None
    difference: float | None


def median(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Median wall milliseconds of one call, after one that is not counted."""
    spent = []
    for _ in range(rounds + 1):
        torch.cuda.synchronize()
        begun = time.perf_counter()
        work()
        torch.cuda.synchronize()
        spent.append(1e3 * (time.perf_counter() - begun))
    return statistics.median(spent[1:])


@torch.inference_mode()
def step(widths: tuple[int, ...], samples: int, *, cpu: bool) -> Row:
    """One damped step (ρ = 1e-3) of one lane."""
    generator = torch.Generator().manual_seed(0)
    network = MLP(widths=widths)
    theta = network.draw(generator).unsqueeze(0)
    inputs = torch.randn(samples, widths[0], generator=generator, dtype=torch.float64)
    targets = torch.randn(samples, generator=generator, dtype=torch.float64)
    data, rho = Data(inputs, targets), torch.full((1,), 1e-3, dtype=torch.float64)
    there, theta_there, rho_there = data.to("cuda"), theta.cuda(), rho.cuda()

    def damped(on: Data, at: torch.Tensor, damping: torch.Tensor) -> tuple[torch.Tensor, Linearization]:
        linearization = Linearization.of(network, on, at)
        return linearization.damped(damping), linearization

    gpu_ms = median(lambda: damped(there, theta_there, rho_there))
    cpu_ms = difference = dense_ms = None
    if cpu:
        cpu_ms = median(lambda: damped(data, theta, rho), 3)
        (mine, _), (theirs, at) = damped(there, theta_there, rho_there), damped(data, theta, rho)
        wrong, right = at.jacobian.jvp(mine.cpu() - theirs), at.jacobian.jvp(theirs)
        difference = float(wrong.norm() / right.norm())
    if samples * network.parameters < DENSE_LIMIT:
        with torch.inference_mode(False):
            arguments = theta_there[0].clone(), inputs.cuda(), targets.cuda(), widths, 1e-3
            dense_ms = median(lambda: damped_step(*arguments), 3)
    name = f"damped step, n={samples}, {list(widths)}, p={network.parameters}"
    return Row(name, gpu_ms, cpu_ms, dense_ms, difference)


@torch.inference_mode()
def layers(widths: tuple[int, ...], samples: int) -> Row:
    """One layerwise natural gradient (μ = 0.1, the Gauss–Newton metric of squares) of one lane, pass forward and J
    included.
    """
    generator = torch.Generator().manual_seed(0)
    network, metric = MLP(widths=widths), Pullback("gauss_newton", "layerwise", 0.1)
    theta = network.draw(generator).unsqueeze(0)
    inputs = torch.randn(samples, widths[0], generator=generator, dtype=torch.float64)
    data = Data(inputs, torch.randn(samples, generator=generator, dtype=torch.float64))
    there, theta_there = data.to("cuda"), theta.cuda()
    gpu_ms = median(lambda: metric.natural(Linearization.of(network, there, theta_there)))
    cpu_ms = median(lambda: metric.natural(Linearization.of(network, data, theta)), 3)
    mine, at = metric.natural(Linearization.of(network, there, theta_there)), Linearization.of(network, data, theta)
    right = metric.natural(at)
    difference = float(at.jacobian.jvp(mine.cpu() - right).norm() / at.jacobian.jvp(right).norm())
    return Row(f"layerwise step, n={samples}, {list(widths)}, p={network.parameters}", gpu_ms, cpu_ms, None, difference)


def race(widths: tuple[int, ...], samples: int, frames: int) -> Row:
    """4 solvers × 8 seeds of a network by RK4, all probes and the record batch included, per frame of one step."""
    x = np.linspace(-1.0, 1.0, samples)
    flows = (
        Gradient(),
        GaussNewton(damping=Constant(rho=0.1)),
        GaussNewton(damping=Constant(rho=1e-3)),
        GaussNewton(damping=SmallestEigenvalue()),
    )
    spec = fs.RunSpec(
        problem=Points(inputs=tuple((float(v),) for v in x), targets=tuple((float(np.sin(3 * v)),) for v in x)),
        network=MLP(widths=widths),
        start=Random(),
        solvers=tuple(Solver(f"{number}", flow, RK4(dt=0.01)) for number, flow in enumerate(flows)),
        seeds=tuple(range(8)),
        horizon=100.0,
        interval=0.01,
    )
    spent = {}
    for device in ("cuda", "cpu"):
        run = fs.Run(spec, device=device)
        spent[device] = median(lambda run=run: run.chunk(frames), 3) / frames
    outputs, parameters = samples, spec.network.parameters
    return Row(
        f"32 lanes, RK4, n={outputs}, {list(widths)}, n·p={outputs * parameters}, per frame",
        spent["cuda"],
        spent["cpu"],
        None,
        None,
    )


def cell(value: float | None, form: str) -> str:
    """A figure, or a dash where none was taken."""
    return "–" if value is None else format(value, form)


def main() -> None:
    """Runs everything, prints the table and writes it."""
    if not torch.cuda.is_available():
        raise SystemExit("bench.gpu: expected a CUDA device, found none.")
    torch.set_num_threads(1)
    rows = [
        race((1, 8, 8, 1), 16, 32),
        race((1, 16, 16, 1), 32, 16),
        race((1, 32, 32, 1), 64, 8),
        race((1, 64, 64, 1), 64, 8),
        race((1, 64, 64, 1), 256, 4),
        step((2, 64, 64, 1), 64, cpu=True),
        step((2, 128, 128, 1), 1024, cpu=True),
        step((2, 256, 256, 1), 2048, cpu=True),
        step((2, 256, 256, 1), 4096, cpu=True),
        step((2, 700, 700, 700, 1), 10_000, cpu=False),
        layers((2, 64, 64, 64, 1), 256),
        layers((2, 256, 256, 256, 1), 1024),
        layers((2, 256, 256, 256, 256, 256, 256, 1), 2048),
    ]
    lines = [
        "| what | GPU, ms | one CPU core, ms | CPU/GPU | dense torch.func on the GPU, ms | difference |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        ratio = None if row.cpu_ms is None else row.cpu_ms / row.gpu_ms
        cells = (
            f"{row.gpu_ms:.2f}",
            cell(row.cpu_ms, ".2f"),
            cell(ratio, ".1f"),
            cell(row.dense_ms, ".2f"),
            cell(row.difference, ".0e"),
        )
        lines.append(f"| {row.what} | " + " | ".join(cells) + " |")
    machine = {
        "gpu": torch.cuda.get_device_name(),
        "cores": os.cpu_count(),
        "torch": torch.__version__,
        "rounds": ROUNDS,
    }
    text = "\n".join(
        [
            *lines,
            "",
            "Float64, wall time, medians; " + ", ".join(f"{key} {value}" for key, value in machine.items()) + ".",
            "",
        ]
    )
    PLACE.mkdir(exist_ok=True)
    (PLACE / "gpu.md").write_text(text, encoding="utf-8")
    (PLACE / "gpu.json").write_text(
        json.dumps({"machine": machine, "rows": [asdict(row) for row in rows]}, indent=1), encoding="utf-8"
    )
    print(text)


if __name__ == "__main__":
    main()
