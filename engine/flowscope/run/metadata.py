"""What a recording tells of its run before its rows."""

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import Any

from torch import Tensor

from ..flow import Linearization
from ..manifold.best_in_class import InClass
from ..problem import Data
from ..status import Lane, Status
from .endings import advice
from .spec import Integration, RunSpec

INPUTS = 4096
"""At most this many numbers of input are told."""
OUTPUTS, PARAMETERS = 64, 16
"""Outputs and parameters are told one by one where there are at most so many."""
EIGENVECTORS = 3
"""At most this many eigenvectors of K at the first start are told."""


def metadata(
    spec: RunSpec,
    lanes: Sequence[Lane],
    data: Data,
    starts: Tensor,
    begun: Linearization,
    found: InClass | None,
    record: dict[str, Any],
    device: str,
) -> dict[str, Any]:
    """Of a run as it was asked for: its lanes, the starts (seeds, p) with what is known around them, what the search
    for the best in class found, and the hashes of what all lanes have in common.
    """
    outputs, parameters = data.targets.numel(), starts.shape[1]
    are_few, are_short = outputs <= OUTPUTS, parameters <= PARAMETERS
    return {
        "spec": spec.model_dump(mode="json", serialize_as_any=True),
        "lanes": [_lane(spec, lane) for lane in lanes],
        "record": record,
        "protocol": spec.protocol.sentence(spec.horizon),
        "loss": {"is_squares": data.is_squares, "link": data.loss.link},
        "is_layered": spec.network.is_layered,
        "samples": data.samples,
        "outputs": outputs,
        "parameters": parameters,
        "inputs": data.inputs.tolist() if data.inputs.numel() <= INPUTS else None,
        "target": data.targets.tolist() if are_few else None,
        "start": [
            {"theta": theta.tolist() if are_short else None, "outputs": f.tolist() if are_few else None}
            for theta, f in zip(starts, begun.outputs, strict=True)
        ],
        "eigenvectors": begun[:1].left[0][0].mT[:EIGENVECTORS].tolist() if are_few else None,
        "best": _best(found, are_few=are_few, are_short=are_short) if found and found.attained else None,
        "infimum": found and {"loss": found.loss, "attained": found.attained},
        "problem": spec.problem.facts() or None,
        "versions": {name: _version(name) for name in ("flowscope", "torch", "pyarrow")},
        "device": device,
    }


def _lane(spec: RunSpec, lane: Lane) -> dict[str, Any]:
    """A lane, whether its ρ can be set by hand, what theory says of its loss, and what its solver can do about each
    end that it may meet.
    """
    solver = spec.solvers[lane.solver]
    told = {status.word: advice(status, solver) for status in Status}
    return {
        "lane": lane.lane,
        "solver": lane.solver,
        "name": lane.name,
        "seed": lane.seed,
        "is_tunable": solver.method.is_tunable,
        "exponent": solver.exponent if isinstance(solver, Integration) else None,
        "advice": {word: sentence for word, sentence in told.items() if sentence},
    }


def _best(best: InClass, *, are_few: bool, are_short: bool) -> dict[str, Any]:
    return {
        "theta": best.theta.tolist() if best.theta is not None and are_short else None,
        "outputs": best.outputs.tolist() if are_few else None,
        "loss": best.loss,
    }


@cache
def _version(package: str) -> str:
    return version(package)  # reads files
