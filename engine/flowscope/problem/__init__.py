"""Problems: inputs, targets and the loss that measures outputs against them."""

from typing import Annotated

from pydantic import Field

from .bundled import Bundled
from .latent_diffusion import LatentDiffusion
from .loss import AnyLoss, LogCosh, Logistic, Loss, Softmax, Squares
from .problem import Data, Given, Points, Problem, Teacher
from .synthetic import NearDuplicates, Ripple, Sphere, Wave
from .table import Table

__all__ = [
    "AnyLoss",
    "AnyProblem",
    "Bundled",
    "Data",
    "Given",
    "LatentDiffusion",
    "LogCosh",
    "Logistic",
    "Loss",
    "NearDuplicates",
    "Points",
    "Problem",
    "Ripple",
    "Softmax",
    "Sphere",
    "Squares",
    "Table",
    "Teacher",
    "Wave",
]

AnyProblem = Annotated[
    Points | Teacher | Wave | Ripple | Sphere | NearDuplicates | Bundled | Table | LatentDiffusion,
    Field(discriminator="kind"),
]
