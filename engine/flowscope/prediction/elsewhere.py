"""A statement that few presets show is judged at other starts of theirs too, so that no single friendly instance
carries it.
"""

from collections.abc import Iterator

import torch

from ..preset import PRESETS, Preset
from ..run.spec import Point, RunSpec
from .claim import Prediction, Row
from .subject import Subject

LEAST = 3
"""Instances on which every statement is judged, presets or other starts of them."""
TRIES = 12
"""Starts that are drawn at most for one statement in one preset: not every one meets the assumption."""
SPREAD = 0.1
"""Standard deviation of a start that is drawn beside a given point, as a share of the point's largest parameter."""


def wanted(prediction: Prediction) -> dict[str, int]:
    """In how many other starts of a preset (its name) a statement is judged."""
    shown = [item.name for item in PRESETS if item.verdicts.get(prediction.id) == "holds"]
    lacking = max(0, LEAST - len(shown))
    return {name: len(range(k, lacking, len(shown))) for k, name in enumerate(shown)}


def moved(spec: RunSpec, seed: int) -> RunSpec:
    """The spec from another start: of another seed where it is random, drawn beside the point where it is one."""
    if not isinstance(spec.start, Point):
        return spec.model_copy(update={"seeds": (spec.seeds[0] + seed,)})
    theta = torch.tensor(spec.start.parameters, dtype=torch.float64)
    draw = torch.randn(theta.shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    beside = theta + SPREAD * theta.abs().max() * draw
    return spec.model_copy(update={"start": Point(parameters=tuple(beside.tolist()))})


def rows(item: Preset, predictions: tuple[Prediction, ...]) -> Iterator[Row]:
    """The rows of statements at other starts of a preset, those that meet the assumption; "name, start k" is where."""
    subjects: dict[int, Subject] = {}
    for prediction in predictions:
        left = wanted(prediction).get(item.name, 0)
        for seed in range(1, TRIES + 1):
            if not left:
                break
            subject = subjects.setdefault(seed, Subject(f"{item.name}, start {seed}", moved(item.spec, seed)))
            if prediction.inapplicable(subject) is None:
                left -= 1
                yield prediction.judge(subject)
