"""What lanes that race have in common by construction, as hashes: the start w₀ of each seed, and the data with their
loss.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from ..component import SpecError
from ..problem import Data


def digest(*tensors: Tensor, told: str = "") -> str:
    """SHA-256 of a text and of the shapes and bytes of tensors, the first 16 hex digits."""
    total = hashlib.sha256(told.encode())
    for tensor in tensors:
        total.update(f"{tuple(tensor.shape)}".encode())
        total.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return total.hexdigest()[:16]


def record(data: Data, seeds: tuple[int, ...], theta: Tensor) -> dict[str, Any]:
    """`{"data", "starts": {seed: hash}}` of lanes at rest in θ (B, p), solver-major; the data are inputs, targets and
    the loss.

    Asserts that the lanes of a seed agree.
    """
    hashes = [digest(each) for each in theta]
    for lane, each in enumerate(hashes):
        assert each == hashes[lane % len(seeds)], f"lane {lane} does not start where its seed does"
    compared = digest(data.inputs, data.targets, told=data.loss.model_dump_json())
    return {"data": compared, "starts": {str(seed): hashes[i] for i, seed in enumerate(seeds)}}


def same_record(first: Mapping[str, Any], second: Mapping[str, Any]) -> None:
    """Holds the metadata of two recordings against each other before their lanes race. Raises SpecError where they
    differ.
    """
    one, other = first["record"], second["record"]
    if one["data"] != other["data"]:
        raise SpecError("problem", f"the data {one['data']}", other["data"])
    if one["starts"] != other["starts"]:
        raise SpecError("start", f"the starts {one['starts']}", str(other["starts"]))
