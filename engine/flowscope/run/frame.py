"""Frames as Arrow: the schema of a run, and columns made into record batches."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import BaseModel

from ..flow.vector_field import EVALUATIONS
from .column import PROBES, Probe, Shape, every_column

_TALLY = pa.struct([(name, pa.int64()) for name in EVALUATIONS])
_BEFORE = (
    ("row", pa.int64(), "position in the log, from 0"),
    ("frame", pa.int32(), "k, the frame at flow time k·interval"),
    ("lane", pa.int32(), "one solver at one seed"),
    ("solver", pa.int32(), "index into spec.solvers"),
    ("seed", pa.int32(), "seed of the start"),
    ("step", pa.int64(), "accepted integrator steps so far"),
    ("rejected", pa.int64(), "rejected trials so far; each moved nothing"),
    ("time", pa.float64(), "flow time"),
    ("status", pa.utf8(), "running, or how the lane ended"),
)
_AFTER = (
    ("gain", pa.float64(), "gain ratio of the last trial so far; null where a method has none"),
    ("evaluations", _TALLY, "evaluations spent by the solver so far; measuring is not counted"),
    ("flops", pa.float64(), "modelled flops of those evaluations"),
    ("wall_seconds", pa.float64(), "the solver's share of wall time so far; null without a clock"),
)


def schema(shape: Shape, metadata: Mapping[str, Any], probes: Iterable[Probe] = PROBES) -> pa.Schema:
    """The frame schema for these sizes and probes, with the run's facts under the metadata key `flowscope`."""
    fields = [pa.field(name, kind) for name, kind, _ in _BEFORE]
    fields += [probe.field(shape) for probe in probes]
    fields += [pa.field(name, kind) for name, kind, _ in _AFTER]
    return pa.schema(fields, metadata={"flowscope": json.dumps(metadata, ensure_ascii=False)})


def facts(schema: pa.Schema) -> dict[str, Any]:
    """What a schema's metadata says of its run: spec, lanes, target, start, best in-class point, versions, device."""
    return json.loads(schema.metadata[b"flowscope"])


def amended(schema: pa.Schema, spec: BaseModel) -> pa.Schema:
    """A run's schema with another spec in its facts."""
    told = facts(schema) | {"spec": spec.model_dump(mode="json", serialize_as_any=True)}
    return schema.with_metadata({"flowscope": json.dumps(told, ensure_ascii=False)})


def frame_columns() -> list[dict[str, str]]:
    """Name, type and meaning of every column."""
    probes = every_column()
    example = schema(Shape(outputs=3, parameters=2), {}, probes)
    about = {name: text for name, _, text in (*_BEFORE, *_AFTER)} | {probe.name: probe.about for probe in probes}
    return [{"name": item.name, "type": str(item.type), "about": about[item.name]} for item in example]


def batch(columns: Mapping[str, np.ndarray], schema: pa.Schema) -> pa.RecordBatch:
    """Columns, each (b,) or (b, width), as one record batch; NaN becomes null."""
    return pa.record_batch([_array(columns[item.name], item.type) for item in schema], schema=schema)


def _array(values: np.ndarray, kind: pa.DataType) -> pa.Array:
    if pa.types.is_struct(kind):
        return pa.StructArray.from_arrays(
            [pa.array(np.ascontiguousarray(column)) for column in values.T], fields=list(kind)
        )
    if pa.types.is_fixed_size_list(kind):
        missing = np.isnan(values).any(1)
        mask = pa.array(missing) if missing.any() else None
        return pa.FixedSizeListArray.from_arrays(_array(values.ravel(), kind.value_type), kind.list_size, mask=mask)
    if pa.types.is_string(kind):
        return pa.array(values.tolist(), kind)
    if pa.types.is_integer(kind) and values.dtype.kind == "f":
        return pa.array(np.nan_to_num(values).astype(np.int32), kind, mask=np.isnan(values))
    return pa.array(values, kind, from_pandas=True)
