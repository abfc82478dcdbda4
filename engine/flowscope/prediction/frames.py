"""The rows of one lane of a recording, as numpy columns with the sizes a prediction needs."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute

from ..flow import Constant, Flow, GaussNewton, PseudoInverse, Pullback, Pushforward
from ..integrator import Euler
from ..network import MLP
from ..network.activation import ACTIVATIONS
from ..problem import Squares
from ..run.frame import facts
from ..run.spec import AnySolver, Integration, RunSpec
from ..run.tune import Tune

UNDAMPED = GaussNewton(damping=Constant(rho=0.0))
"""Gauss–Newton at ρ = 0."""
RTOL = 1e-9
"""The relative tolerance of a step at which the predictions state theirs."""


def continuous(solver: AnySolver) -> Flow | None:
    """The flow of a solver that follows one in continuous time; None for a discrete method or Euler steps."""
    return solver.flow if isinstance(solver, Integration) and not isinstance(solver.integrator, Euler) else None


@dataclass(frozen=True)
class Frames:
    """`columns` by name, (rows,) or (rows, width), NaN where null; the run's `spec` and the lane's `solver`; `target`
    (N,).

    `best` is θ (p,) of the best in-class point, if known; `tunes` are those of the solver's ρ.
    """

    columns: dict[str, np.ndarray]
    spec: RunSpec
    solver: AnySolver
    target: np.ndarray
    parameters: int
    best: np.ndarray | None
    tunes: tuple[Tune, ...] = ()

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    @property
    def outputs(self) -> int:
        """N = n·q."""
        return self.target.size

    @property
    def full_rank(self) -> np.ndarray:
        """Whether J had rank N at each row and every row before it."""
        return np.logical_and.accumulate(self["rank"] == self.outputs)

    @property
    def flow(self) -> Flow | None:
        """The flow that the lane follows in continuous time; None for a discrete method or Euler steps."""
        return continuous(self.solver)

    @property
    def is_undamped(self) -> bool:
        """Whether the lane follows θ' = −J⁺r in continuous time, r being the derivative of the loss: of squares."""
        if not isinstance(self.spec.problem.loss, Squares):
            return False
        return self.flow == UNDAMPED or isinstance(self.flow, Pullback | Pushforward | PseudoInverse)

    @property
    def is_smooth(self) -> bool:
        """Whether the network is smooth in θ; ReLU is not."""
        network = self.spec.network
        return not isinstance(network, MLP) or ACTIVATIONS[network.activation].is_smooth

    @property
    def untouched(self) -> np.ndarray:
        """Whether ρ had not been set by hand before each row."""
        return self["frame"] <= (self.tunes[0].frame if self.tunes else np.inf)

    @property
    def rho_after(self) -> np.ndarray:
        """ρ just after each row: where it was set by hand at a row, that row still shows the one before."""
        rho, frame = self["rho"].copy(), self["frame"]
        for tune in self.tunes:
            rho[frame == tune.frame] = tune.rho
        return rho

    @property
    def coarseness(self) -> float:
        """How much coarser than 1e-9 a step's relative tolerance is, for which the predictions state theirs; at least
        1.
        """
        return max(1.0, getattr(getattr(self.solver, "integrator", None), "rtol", RTOL) / RTOL)

    @classmethod
    def of(cls, table: pa.Table, spec: RunSpec, lane: int) -> "Frames":
        """The rows of a lane. The spec is the run's, as its schema holds it."""
        rows = table.filter(pyarrow.compute.call_function("equal", [table["lane"], pa.scalar(lane, pa.int32())]))
        numeric = [f.name for f in table.schema if f.type not in (pa.utf8(),) and not pa.types.is_struct(f.type)]
        known = facts(table.schema)
        target = (
            np.array(known["target"], dtype=float)
            if known["target"] is not None
            else spec.problem.data(spec.network).targets.numpy()
        )
        solver = known["lanes"][lane]["solver"]
        tunes = tuple(tune for tune in spec.tunes if tune.solver == solver)
        theta = (known["best"] or {}).get("theta")
        best = None if theta is None else np.array(theta)
        columns = {name: _array(rows[name]) for name in numeric}
        return cls(columns, spec, spec.solvers[solver], target, known["parameters"], best, tunes)


def _array(column: pa.ChunkedArray) -> np.ndarray:
    if not pa.types.is_fixed_size_list(column.type):
        return column.to_numpy().astype(float)
    width = column.type.list_size
    if not column.null_count:
        return (
            np.concatenate([chunk.flatten().to_numpy() for chunk in column.chunks] or [np.empty(0)])
            .astype(float)
            .reshape(-1, width)
        )
    flat = [np.nan] * width
    return np.array([flat if row is None else row for row in column.to_pylist()], dtype=float).reshape(-1, width)
