"""What a choice is not good for, before a run: methods that a network has nothing for, activations that the theory
leaves out.
"""

from typing import get_args

from ..comparison.bench import objection
from ..network.activation import ACTIVATIONS
from ..problem import Points
from ..run.spec import AnyOptimizer, RunSpec

ROUGH = (
    "σ is not smooth: the outputs cross kinks at every step and slide along them (chattering), so that their "
    "mean velocity is not f' = −r. "
    "The loss stalls far above e^{−2t}, and refining the step does not help."
)
"""Theory page, 5.4: 168, 751 and 4260 crossings in 60, 240 and 960 steps, the loss at 1.2e-2 of the first each time."""
SHOWN_BY = "chattering"
"""The preset that shows it."""
ONE = Points(inputs=((0.0,),), targets=((0.0,),))
"""One sample, of which a method may ask for more."""


def cautions() -> dict[str, dict[str, str]]:
    """By activation: why the flow law fails, and the preset that shows it."""
    return {
        name: {"sentence": ROUGH, "preset": SHOWN_BY}
        for name, activation in ACTIVATIONS.items()
        if not activation.is_smooth
    }


def refusals() -> dict[str, dict[str, str]]:
    """By optimizer and network, as kinds: what is expected instead, where the one cannot work on the other."""
    networks = [network() for network in get_args(RunSpec.model_fields["network"].annotation)]
    refused: dict[str, dict[str, str]] = {}
    for optimizer in (member() for member in get_args(get_args(AnyOptimizer)[0])):
        found = {network.kind: fault[1] for network in networks if (fault := objection(optimizer, network, ONE))}
        if found:
            refused[optimizer.kind] = found
    return refused
