// The columns that drawings take for granted: where a recording has one of them not, it is NaN in every row. Whatever
// else a recording has comes with its schema (docs/wire.md).

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
