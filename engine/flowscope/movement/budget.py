"""What a minimizing movement certifies as it goes: the accounts of its outer steps, with the recursions that fill
them.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..flow import Linearization
from .conditions import Lamps
from .subproblem import Energy, Subproblem, norm, parts

LEDGER = (
    ("outer", "k, outer steps so far"),
    ("inner", "inner iterations so far; rejected trials are among them"),
    ("capped", "outer steps so far that ended at the cap of their stopping rule"),
    ("tau", "τ of the outer step under way, or of the last"),
    (
        "certificate",
        "‖dΦ‖_H/(μ + 1/τ) at the iterate, which bounds its distance from prox_{τE}(u^k); null before the first "
        "iteration",
    ),
    (
        "solver_part",
        "‖P dΦ‖_H/(μ + 1/τ) of the last outer step: what more inner iterations would remove; P within the cut "
        "of `rank`",
    ),
    ("network_part", "‖(I − P)dΦ‖_H/(μ + 1/τ): what the network's tangent space does not reach"),
    ("prox_error", "ε_k = ‖u^{k+1} − prox_{τE}(u^k)‖_H of the last outer step, by the exact prox"),
    ("budget", "B_k: B_{k+1} = ρB_k + certificate_k, ρ = 1/(1 + τμ), B_0 = 0"),
    (
        "budget_solver",
        "the solver's share of B_k: certificate_k is shared as ‖P dΦ‖² to ‖(I − P)dΦ‖², and shares add up like "
        "B_k itself",
    ),
    ("trajectory_error", "‖u^k − ū^k‖_H after the last outer step, ū^{k+1} = prox_{τE}(ū^k), ū^0 = u^0; at most B_k"),
    ("distance", "‖u^k − u*‖_H, u* the minimiser of E over all of H"),
    ("distance_bound", "Πρ·‖u^0 − u*‖_H + B_k"),
    (
        "neighbourhood",
        "δ(1 + τμ)/(τμ), δ the greatest certificate and τ the least so far: the distance that remains; null "
        "where μ = 0",
    ),
)
"""Name and meaning, in the order of `Ledger.row`."""
LAMPS = (
    (
        "interior",
        "1 where the reached component of {Φ ≤ Φ(u^k)} keeps off the rim of the ball ‖dθ‖ < R, 0 where it touches it",
    ),
    ("rim_distance", "least ‖F(θ) − u^k‖_H on the rim; above `sublevel_radius` it implies `interior` (ball test)"),
    ("rim_crude", "R(σ_min − L_J R/2), which `rim_distance` is not below (crude test)"),
    ("sublevel_radius", "2τ‖dE(u^k)‖_H/(1 + τμ), the farthest that a sublevel point can be from u^k"),
    (
        "geodesic_modulus",
        "μ_g, least eigenvalue of the Riemannian Hessian of Φ on the reached component; the data condition asks "
        "μ_g > 0",
    ),
    ("data_margin", "1 + 1/τ − κ‖y − u^k‖_H, which μ_g is not below"),
    ("bending", "κ, the greatest ‖II(ξ, ξ)‖_H of unit ξ on the reached component"),
    ("steepness", "L_g, greatest eigenvalue of the Riemannian Hessian of Φ there"),
    (
        "local_factor",
        "q = max|λ(G⁻¹S_N)|/m at the subproblem's minimiser, the factor of a full Gauss–Newton step in the limit",
    ),
)
"""The two conditions at the start of the outer step under way, where `radius` is not 0, in the order of
`localisation.Lamps`.
"""
COUNTS = ("outer", "inner", "capped", "interior")
NAMES = tuple(name for name, _ in (*LEDGER, *LAMPS))


@dataclass
class Ledger:
    """The accounts of b lanes: `row` (b, len(NAMES)) as recorded, the exact path ū (b, N), θ^k (b, p) and u^k (b, N)
    where the outer step under way began, u* (b, N), Πρ, δ, the least τ, ‖u⁰ − u*‖."""

    row: Tensor
    exact: Tensor
    anchor: Tensor
    centre: Tensor
    least: Tensor
    shrunk: Tensor
    delta: Tensor
    shortest: Tensor
    first: Tensor

    @classmethod
    def of(cls, energy: Energy, theta: Tensor, outputs: Tensor, tau: Tensor) -> "Ledger":
        """At θ⁰ (b, p) and u⁰ (b, N), before a first outer step of `tau` (b,)."""
        lanes = outputs.shape[0]
        row, zero = outputs.new_full((lanes, len(NAMES)), torch.nan), outputs.new_zeros(lanes)
        least = energy.minimiser(lanes)
        first = norm(energy.data, outputs - least)
        ledger = cls(
            row,
            outputs.clone(),
            theta.clone(),
            outputs.clone(),
            least,
            zero + 1.0,
            zero.clone(),
            torch.full_like(zero, torch.inf),
            first,
        )
        ledger._write(
            slice(None),
            outer=zero,
            inner=zero,
            capped=zero,
            budget=zero,
            budget_solver=zero,
            trajectory_error=zero,
            tau=tau,
        )
        ledger._write(slice(None), distance=first, distance_bound=first)
        return ledger

    def iterate(self, lanes: Tensor, bound: Tensor, tau: Tensor) -> None:
        """Enters one inner iteration of some lanes, where the certificate is `bound` (b,)."""
        self.row[lanes, NAMES.index("inner")] += 1.0
        self._write(lanes, certificate=bound, tau=tau)

    def close(self, lanes: Tensor, at: Linearization, problem: Subproblem, capped: Tensor) -> None:
        """Enters the end of an outer step of some lanes at u^{k+1}."""
        data, m, mu = at.data, problem.modulus, problem.energy.modulus
        slope = problem.slope(at.outputs)
        bound = norm(data, slope) / m
        tangent, normal = parts(at, slope)
        rate = 1.0 / (1.0 + problem.tau * mu)
        self.exact[lanes] = problem.energy.prox(self.exact[lanes], problem.tau)
        self.shrunk[lanes] *= rate
        self.delta[lanes] = torch.maximum(self.delta[lanes], bound)
        self.shortest[lanes] = torch.minimum(self.shortest[lanes], problem.tau)
        self.anchor[lanes], self.centre[lanes] = at.theta, at.outputs
        budget = rate * self._read(lanes, "budget") + bound
        squares = torch.stack((tangent, normal)).square()
        share = torch.where(squares.sum(0) > 0.0, squares[0] / squares.sum(0), 0.0)
        work = self.shortest[lanes] * mu
        self._write(
            lanes,
            outer=self._read(lanes, "outer") + 1.0,
            capped=self._read(lanes, "capped") + capped,
            solver_part=tangent / m,
            network_part=normal / m,
            prox_error=norm(data, at.outputs - problem.prox()),
            budget=budget,
            budget_solver=rate * self._read(lanes, "budget_solver") + share * bound,
            trajectory_error=norm(data, at.outputs - self.exact[lanes]),
            distance=norm(data, at.outputs - self.least[lanes]),
            distance_bound=self.shrunk[lanes] * self.first[lanes] + budget,
            neighbourhood=torch.where(mu > 0.0, self.delta[lanes] * (1.0 + work) / work, torch.nan),
        )

    def light(self, lane: int, lamps: Lamps) -> None:
        """Enters the conditions of the outer step that a lane begins."""
        self.row[lane, len(LEDGER) :] = self.row.new_tensor([float(value) for value in vars(lamps).values()])

    def noted(self) -> Tensor:
        """All that is recorded of the lanes as they stand, (b, len(NAMES) + 2N + p)."""
        return torch.cat((self.row, self.exact, self.centre, self.anchor), 1)

    def _read(self, lanes: Tensor, name: str) -> Tensor:
        return self.row[lanes, NAMES.index(name)]

    def _write(self, lanes: Tensor | slice, **values: Tensor) -> None:
        for name, value in values.items():
            self.row[lanes, NAMES.index(name)] = value
