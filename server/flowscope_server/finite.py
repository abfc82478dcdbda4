"""Values as JSON has them: null where a number is not finite."""

import json
import math


def encoded(value: object) -> bytes:
    """`value`, of dicts, lists, tuples and scalars, as JSON."""
    return json.dumps(_finite(value), ensure_ascii=False, allow_nan=False).encode()


def _finite(value: object) -> object:
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
