// The columns of a frame that the page reads, by the names of docs/wire.md.

export const SCALARS = /** @type {const} */ ([
  "row",
  "frame",
  "step",
  "time",
  "loss",
  "excess_loss",
  "rho",
  "gradient_norm",
  "residual_norm",
  "rank",
  "sigma_min",
  "sigma_max",
  "stride",
  "rejected",
  "gain",
  "flops",
  "wall_seconds",
  "evaluations.f",
  "evaluations.jacobian",
  "evaluations.jvp",
  "evaluations.vjp",
  "evaluations.solve",
  "outside",
  "track_angle",
]);
/** Of runs with a minimizing movement; NaN in lanes of other solvers. */
export const CERTIFIED = /** @type {const} */ ([
  "outer",
  "inner",
  "capped",
  "tau",
  "certificate",
  "solver_part",
  "network_part",
  "prox_error",
  "budget",
  "budget_solver",
  "trajectory_error",
  "distance",
  "distance_bound",
  "neighbourhood",
  "interior",
  "rim_distance",
  "rim_crude",
  "sublevel_radius",
  "geodesic_modulus",
  "data_margin",
  "bending",
  "steepness",
  "local_factor",
]);
/** Of runs on latent diffusion. */
export const DIFFUSED = /** @type {const} */ (["validation_error", "sample_distance"]);
/** L* in force; recordings of 0.1.0 have none. */
export const REFERRED = /** @type {const} */ (["reference"]);
/** Groups of scalars that only some runs have. */
export const OPTIONAL = /** @type {const} */ ([CERTIFIED, DIFFUSED, REFERRED]);
/** Null where they would be long. */
export const LISTS = /** @type {const} */ ([
  "outputs",
  "theta",
  "eigenvalues",
  "velocity",
  "motion",
  "modes",
  "modes_start",
  "tracks",
  "jacobian",
  "centre",
  "anchor",
  "samples",
  "digits",
]);
