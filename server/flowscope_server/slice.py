"""The plane of losses through an iterate, as JSON: computed in a thread from the log's own bytes."""

import asyncio
import json
import math

import flowscope as fs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch

from .arrow import batches
from .runs import Run


async def plane(run: Run, lane: int, frame: int) -> bytes:
    """The slice of a lane at a frame as JSON. Raises SpecError where there is none."""
    size = run.log.size
    return await asyncio.to_thread(_compute, run, size, lane, frame)


def _compute(run: Run, size: int, lane: int, frame: int) -> bytes:
    log = run.log
    table = (
        pa.Table.from_batches(batches(log.schema, log.span(len(log.schema), size))) if size > len(log.schema) else None
    )
    known = fs.facts(pa.ipc.read_schema(pa.BufferReader(log.schema)))
    if not any(each["lane"] == lane for each in known["lanes"]):
        raise fs.SpecError("lane", f"one of the run's {len(known['lanes'])} lanes", str(lane))
    if table is None:
        raise fs.SpecError("frame", "a run whose first row has come", "none yet")
    rows = table.filter((pc.field("lane") == lane) & (pc.field("frame") <= frame))
    if not rows.num_rows:
        raise fs.SpecError("frame", "0 or later", str(frame))
    if rows["theta"].null_count:
        raise fs.SpecError(
            "frame", "a run whose θ is recorded, which it is up to 16 parameters", f"{known['parameters']} parameters"
        )
    theta = rows["theta"].combine_chunks().flatten().to_numpy(zero_copy_only=False).reshape(rows.num_rows, -1)
    found = fs.loss_slice(run.spec, torch.from_numpy(np.array(theta)))
    answer = {
        "lane": lane,
        "frame": rows["frame"][-1].as_py(),
        "theta": found.theta.tolist(),
        "directions": found.directions.tolist(),
        "names": found.names,
        "reach": found.reach,
        "side": found.loss.shape[0],
        "loss": [loss if math.isfinite(loss) else None for loss in found.loss.flatten().tolist()],
    }
    return json.dumps(answer, ensure_ascii=False, allow_nan=False).encode()
