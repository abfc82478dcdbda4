"""The action of a path in a metric: what any lane spends beyond the Riemannian gradient flow that would lose as
much.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from ..alone import alone
from ..flow import Linearization
from ..module.pullback import Metric
from ..network import Network, centred
from ..problem import Data
from ..run.run import BLOCK, Run
from ..run.spec import RunSpec
from ..status import Lane


@dataclass(frozen=True)
class Action:
    """Of one lane, at each of T frames: flow `time`, the `action` S so far, the `drop` L(0) − L(t), `gap` and `least`,
    all (T,).

    S = ∫½|θ'|²_M + ½|∇L|²_{M⁻¹} dt = drop + ½∫|θ' + M⁻¹∇L|²_M dt, so S ≥ drop, with equality on Riemannian gradient
    flow alone (De Giorgi; Onsager, Machlup; the idea that descent paths are least in an action is that of 2603.03610,
    its own functional is not known to us). `gap` is the second integral by itself. Both are by the midpoint rule on the
    polyline through the frames: they agree with S − drop up to the rule's error, O(interval²). `least`
    ∫|θ'|_M|∇L|_{M⁻¹} dt is S of the same path at its best speed, the least over all clocks: drop ≤ least ≤ S, and drop
    = least on the paths of Riemannian gradient flow, however fast they are run through.
    """

    time: np.ndarray
    action: np.ndarray
    drop: np.ndarray
    gap: np.ndarray
    least: np.ndarray

    @property
    def detour(self) -> np.ndarray:
        """least − drop at each frame: what the path alone costs, no clock in it; never below 0 but for the rule's
        error.
        """
        return self.least - self.drop

    @property
    def excess(self) -> np.ndarray:
        """S − drop at each frame; never below 0 but for the rule's error."""
        return self.action - self.drop


def action(network: Network, data: Data, time: Tensor, theta: Tensor, metric: Metric) -> Action:
    """The action of a path θ (T, p) at flow times (T,), T ≥ 2. A frame that took no time adds nothing."""
    spent = time.diff()
    middle = Linearization.of(network, data, 0.5 * (theta[1:] + theta[:-1]))
    lasting = torch.where(spent > 0.0, spent, torch.ones_like(spent))
    velocity = theta.diff(dim=0) / lasting.unsqueeze(1)
    natural = metric.natural(middle)
    kinetic = 0.5 * metric.square(middle, velocity)
    force = 0.5 * (natural * middle.gradient).sum(1)
    gap = 0.5 * metric.square(middle, velocity + natural)
    least = 2.0 * (kinetic * force).sqrt()
    loss = Linearization.of(network, data, theta).loss
    drop = (loss[0] - loss).numpy()
    return Action(time.numpy(), _summed(spent * (kinetic + force)), drop, _summed(spent * gap), _summed(spent * least))


def _summed(values: Tensor) -> np.ndarray:
    return torch.cat((values.new_zeros(1), values.cumsum(0))).numpy()


@alone()
def actions(spec: RunSpec, metric: Metric) -> list[tuple[Lane, Action]]:
    """The action of every lane of a run in a metric, frame by frame; the run is integrated anew and nothing is measured
    but this.
    """
    run = Run(spec, device="cpu")
    frames = list(run.walk(BLOCK))
    found = []
    for lane in run.lanes:
        mine = [(time[lanes == lane.lane], theta[lanes == lane.lane]) for lanes, time, theta in frames]
        time, theta = (torch.cat(parts) for parts in zip(*mine, strict=True))
        if time.numel() > 1:
            found.append((lane, action(run.network, spec.problem.data(spec.network), time, theta, metric)))
    return found


def recorded_actions(table: pa.Table, spec: RunSpec, metric: Metric) -> list[tuple[int, Action]]:
    """The same from a recording, whole or so far, by lane; nothing where θ is not recorded (p > 16). Nothing is
    integrated.
    """
    data, found = spec.problem.data(spec.network), []
    if "theta" not in table.column_names or table["theta"].null_count:
        return []
    network = centred(spec.network, spec.root(spec.seeds[0]), data.inputs) if spec.network.is_centred else spec.network
    lanes, times = (table[name].to_numpy() for name in ("lane", "time"))
    paths = torch.tensor(np.array(table["theta"].to_pylist()), dtype=torch.float64)
    for lane in np.unique(lanes):
        mine = np.flatnonzero(lanes == lane)
        if mine.size > 1:
            found.append((int(lane), action(network, data, torch.from_numpy(times[mine]), paths[mine], metric)))
    return found
