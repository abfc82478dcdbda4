"""How the referee compares: what came with what it should be."""

from collections.abc import Callable

import torch
from torch import Tensor

Laws = dict[str, Callable[[], str]]
"""By name, what finds the fault of a part as a clause; empty where there is none."""
EXACT = 1e-9
"""Relative distance within which two ways to the same number agree: rounding of a solve on these benches, with three
digits to spare.
"""


def apart(came: Tensor, wanted: Tensor, what: str, *, most: float = EXACT) -> str:
    """The fault where two tensors are further apart than `most`, relative to what is wanted, or have not one shape."""
    if came.shape != wanted.shape or came.dtype != wanted.dtype:
        return f"expected {what}, {tuple(wanted.shape)} of {wanted.dtype}, came {tuple(came.shape)} of {came.dtype}"
    distance = float((came - wanted).norm() / wanted.norm().clamp_min(1e-300))
    return (
        "" if distance <= most else f"expected {what}, came a relative distance of {distance:.2e}"
    )  # NaN is no agreement


def off(came: Tensor, wanted: Tensor, what: str, *, most: float) -> str:
    """The fault where an entry of two tensors differs by more than `most`."""
    if came.shape != wanted.shape:
        return f"expected {what}, {tuple(wanted.shape)}, came {tuple(came.shape)}"
    distance = float((came - wanted).abs().max())
    return "" if distance <= most else f"expected {what}, came a distance of {distance:.2e}"


def first(*faults: str) -> str:
    """The first fault that is one."""
    return next(filter(None, faults), "")


def finite(*tensors: Tensor) -> bool:
    """Whether all numbers are finite."""
    return all(bool(torch.isfinite(tensor).all()) for tensor in tensors)
