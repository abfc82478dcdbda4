"""The layers of a lane at a frame, as JSON: computed in a thread, by integrating that lane anew up to there."""

import asyncio

import flowscope as fs
import pyarrow as pa

from .finite import encoded
from .runs import Run

SIGMAS = 64
"""So many of a layer's singular values go to a page."""


async def layers(run: Run, lane: int, frame: int) -> bytes:
    """The layers of a lane at a frame as JSON, null where a number is not finite. Raises SpecError where there are
    none.
    """
    return await asyncio.to_thread(_compute, run, lane, frame)


def _compute(run: Run, lane: int, frame: int) -> bytes:
    lanes = fs.facts(pa.ipc.read_schema(pa.BufferReader(run.log.schema)))["lanes"]
    own = next((each for each in lanes if each["lane"] == lane), None)
    if own is None:
        raise fs.SpecError("lane", f"one of the run's {len(lanes)} lanes", str(lane))
    found = fs.layers_at(run.spec, own["solver"], own["seed"], frame)
    seen = found.portrait
    rates = found.rates.alone if found.rates else [None] * len(seen.layers)
    answer = {
        "lane": lane,
        "frame": frame,
        "widths": found.widths,
        "metric": {"output": found.metric.output, "mass": found.metric.mass},
        "eta": found.eta,
        "overshoot": seen.overshoot,
        "cosine": seen.cosine,
        "stretch": seen.stretch,
        "rates": found.rates and {"predicted": found.rates.predicted, "measured": found.rates.measured},
        "action": found.action
        and {name: float(getattr(found.action, name)[-1]) for name in ("action", "least", "drop")},
        "coupling": seen.coupling.tolist(),
        "layers": [
            {
                "sigma": layer.sigma[:SIGMAS].tolist(),
                "condition": layer.condition,
                "metric": layer.metric.tolist() if layer.metric.shape[0] == 2 else None,
                "multiplier_norm": layer.multiplier_norm,
                "gradient_norm": layer.gradient_norm,
                "step_norm": layer.step_norm,
                "single": single,
                "rate": rate,
            }
            for layer, single, rate in zip(seen.layers, found.single, rates, strict=True)
        ],
    }
    return encoded(answer)
