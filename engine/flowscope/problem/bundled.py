"""Data sets of measured numbers: what the loss makes of their columns and classes, and those that come with
scikit-learn.
"""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any, Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor
from torch.nn import functional

from ..component import Count, Experiment, Flag, Objection, Real, wrong
from ..network import Network
from .problem import Problem

CODED = ("logistic", "softmax")
"""Losses whose targets are soft labels."""


class Dataset(Problem):
    """Inputs from columns of numbers; targets from columns of numbers, or from classes.

    Squares and log-cosh see columns standardised where `standardise` is on, two classes as −1 and 1 (one output) or k
    classes as unit vectors of R^k (k outputs). Logistic and softmax see soft labels (1 − s)·1[class] + s/k > 0, s the
    `smoothing` (Szegedy et al.
    1512.00567, section 7); from columns of numbers they see those numbers.
    """

    standardise: Flag = Field(
        default=True, description="each column minus its mean, over its standard deviation; constant ones become 0"
    )
    smoothing: Real = Field(
        default=0.1, gt=0, lt=1, description="s of the soft labels (1 − s)·1[class] + s/k of logistic and softmax"
    )

    @property
    @abstractmethod
    def classes(self) -> int | None:
        """k, None where the targets are numbers."""

    @property
    @abstractmethod
    def columns(self) -> int:
        """How many columns the targets are; 1 for classes."""

    @abstractmethod
    def read(self) -> tuple[Tensor, Tensor]:
        """Inputs (n, d) and targets (n, columns) as they were measured; classes as whole numbers from 0."""

    def pair(self, network: Network) -> tuple[Tensor, Tensor]:
        inputs, targets = self.read()
        if self.standardise:
            inputs = standardised(inputs)
        if self.classes:
            targets = self._coded(targets[:, 0].long(), self.classes, network.outputs)
        elif self.standardise and self.loss.kind not in CODED:
            targets = standardised(targets)
        return inputs, targets.flatten()

    @property
    def outputs(self) -> tuple[int, ...]:
        """How many outputs a network may have, the fewest first."""
        k, kind = self.classes, self.loss.kind
        if k is None or kind == "logistic":
            return (self.columns,)
        return (k,) if k > 2 or kind == "softmax" else (1, k)

    def check(self, spec: Experiment) -> Iterator[Objection]:
        yield from self._shape(spec)
        yield from super().check(spec)

    def _shape(self, spec: Experiment) -> Iterator[Objection]:
        """What does not fit the classes or the columns."""
        k, kind, outputs = self.classes, self.loss.kind, spec.network.outputs
        if kind == "logistic" and k not in (None, 2):
            yield "loss", f"softmax, squares or log_cosh, since there are {k} classes", kind
        if outputs not in self.outputs:
            what = "one for each target column" if k is None else f"for {k} classes under {kind}"
            yield "/network", f"{' or '.join(map(str, self.outputs))} outputs, {what}", outputs

    def _coded(self, labels: Tensor, classes: int, outputs: int) -> Tensor:
        """Labels (n,) as targets (n, outputs)."""
        units = functional.one_hot(labels, classes).to(torch.float64)
        if self.loss.kind in CODED:
            units = (1.0 - self.smoothing) * units + self.smoothing / classes
            return units[:, 1:] if outputs == 1 else units
        return 2.0 * units[:, 1:] - 1.0 if outputs == 1 else units


def standardised(columns: Tensor) -> Tensor:
    """(n, d) → (x − mean)/(standard deviation, with 1/n) column by column; a constant column becomes 0."""
    centred = columns - columns.mean(0)
    scale = centred.square().mean(0).sqrt()
    constant = columns.amax(0) == columns.amin(0)
    return torch.where(constant, 0.0, centred / torch.where(constant, 1.0, scale))


@dataclass(frozen=True)
class Facts:
    """What is known of a data set before it is read: n, d, target columns and classes."""

    samples: int
    width: int
    columns: int = 1
    classes: int | None = None


Name = Literal["iris", "wine", "breast_cancer", "digits", "diabetes", "linnerud"]
BUNDLED: dict[Name, Facts] = {
    "iris": Facts(150, 4, classes=3),
    "wine": Facts(178, 13, classes=3),
    "breast_cancer": Facts(569, 30, classes=2),
    "digits": Facts(1797, 64, classes=10),
    "diabetes": Facts(442, 10),
    "linnerud": Facts(20, 3, columns=3),
}


class Bundled(Dataset):
    """A data set that comes with scikit-learn, `count` samples of it drawn without repetition by `seed`."""

    kind: Literal["bundled"] = "bundled"
    dataset: Name = Field(
        default="iris", description="iris, wine, breast_cancer, digits: classes; diabetes, linnerud: numbers"
    )
    count: Count = Field(default=100, ge=1, le=1797, description="n, how many of its samples")
    seed: Count = Field(default=0, ge=0, lt=2**31, description="seed of which samples, and of their order")

    @model_validator(mode="after")
    def _enough(self) -> "Bundled":
        if self.count > (most := BUNDLED[self.dataset].samples):
            raise wrong("count", f"at most {most}, the samples of {self.dataset}", self.count)
        return self

    @property
    def shape(self) -> tuple[int, int]:
        return self.count, BUNDLED[self.dataset].width

    @property
    def classes(self) -> int | None:
        return BUNDLED[self.dataset].classes

    @property
    def columns(self) -> int:
        return BUNDLED[self.dataset].columns

    def read(self) -> tuple[Tensor, Tensor]:
        inputs, targets = read_bundled(self.dataset)
        kept = torch.randperm(inputs.shape[0], generator=torch.Generator().manual_seed(self.seed))[: self.count]
        return inputs[kept], targets[kept]

    def check(self, spec: Experiment) -> Iterator[Objection]:
        """Nothing is read: targets made of classes fit their loss, and numbers fit no loss of labels."""
        if self.classes is None and self.loss.kind in CODED:
            expected = f"squares or log_cosh, since the targets of {self.dataset} are numbers"
            yield "loss", expected, self.loss.kind
        yield from self._shape(spec)


@lru_cache(maxsize=len(BUNDLED))
def read_bundled(dataset: Name) -> tuple[Tensor, Tensor]:
    """All inputs (n, d) and targets (n, columns); scikit-learn is imported here, since that takes as long as all the
    rest.
    """
    sets: Any = import_module("sklearn.datasets")
    inputs, targets = getattr(sets, f"load_{dataset}")(return_X_y=True)
    return torch.tensor(inputs, dtype=torch.float64), torch.tensor(targets, dtype=torch.float64).reshape(
        len(inputs), -1
    )
