// The tangent plane of the sheet at a point, and what a gradient becomes when only motion on the sheet is allowed. J
// comes from the engine.

const LOST = 1e-9; // σ_min/σ_max below which J spans no plane

/**
 * From J (3 × 2, by rows) and the outputs and target (3 each): orthonormal `tangents`, the `normal`, the way to the
 * target `full` = −r, its `projection` −P r onto the tangent plane, in outputs. Null where J has lost its rank.
 *
 * @param {ArrayLike<number>} jacobian
 * @param {ArrayLike<number>} outputs
 * @param {number[]} target
 */
export function tangentAt(jacobian, outputs, target) {
  const [first, second] = [0, 1].map((column) => [0, 1, 2].map((row) => jacobian[2 * row + column]));
  const [long, short] = norm(first) >= norm(second) ? [first, second] : [second, first];
  const u = scaled(long, 1 / norm(long));
  const rest = without(without(short, u), u);
  if (!(norm(rest) > LOST * norm(long))) return null;
  const v = scaled(rest, 1 / norm(rest));
  const full = target.map((value, axis) => value - outputs[axis]);
  const [a, b] = [dot(full, u), dot(full, v)];
  return {
    tangents: [u, v],
    normal: cross(u, v),
    full,
    projection: [0, 1, 2].map((axis) => a * u[axis] + b * v[axis]),
  };
}

/**
 * @param {number[]} a
 * @param {number[]} b
 */
function dot(a, b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** @param {number[]} a */
function norm(a) {
  return Math.hypot(...a);
}

/**
 * @param {number[]} a
 * @param {number} factor
 */
function scaled(a, factor) {
  return a.map((value) => factor * value);
}

/**
 * @param {number[]} a
 * @param {number[]} unit
 */
function without(a, unit) {
  const along = dot(a, unit);
  return a.map((value, axis) => value - along * unit[axis]);
}

/**
 * @param {number[]} a
 * @param {number[]} b
 */
function cross(a, b) {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}
