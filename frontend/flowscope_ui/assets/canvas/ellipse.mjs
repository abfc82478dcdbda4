// Unit balls of the metric JᵀJ in the parameter plane: {δ: ‖Jδ‖ ≤ ε} is long where J is weak.

/** @typedef {{ strong: number, weak: number, direction: [number, number] }} Axes */

const CORNERS = 48;

/**
 * Singular values (σ₁ ≥ σ₂) of J (N × 2, by rows, from `from` on) and the unit vector of σ₁ in the plane.
 *
 * @param {ArrayLike<number>} jacobian
 * @param {number} from
 * @param {number} outputs
 */
export function axesOf(jacobian, from, outputs) {
  let [a, b, d] = [0, 0, 0];
  for (let row = 0; row < outputs; row += 1) {
    const [x, y] = [jacobian[from + 2 * row], jacobian[from + 2 * row + 1]];
    a += x * x;
    b += x * y;
    d += y * y;
  }
  return axesOfMetric([
    [a, b],
    [b, d],
  ]);
}

/**
 * The same of a metric JᵀJ itself.
 *
 * @param {number[][]} metric
 * @returns {Axes}
 */
export function axesOfMetric([[a, b], [, d]]) {
  const angle = 0.5 * Math.atan2(2 * b, a - d);
  const half = Math.hypot((a - d) / 2, b);
  return {
    strong: Math.sqrt((a + d) / 2 + half),
    weak: Math.sqrt(Math.max(0, (a + d) / 2 - half)),
    direction: [Math.cos(angle), Math.sin(angle)],
  };
}

/**
 * The ball of radius ε around `centre` as pieces [[[x, y], …], …]; what is further than `reach` from the centre is left
 * out, so that a ball that is long because J hardly moves the outputs there stays open.
 *
 * @param {Axes} axes
 * @param {ArrayLike<number>} centre
 * @param {number} epsilon
 * @param {number} reach
 */
export function ball({ strong, weak, direction: [c, s] }, centre, epsilon, reach) {
  const [short, long] = [epsilon / strong, Math.min(epsilon / Math.max(weak, 1e-12), 1e3 * reach)];
  const most = long > reach ? Math.asin(Math.min(1, reach / long)) : Math.PI / 2;
  const side = (/** @type {number} */ sign) =>
    Array.from({ length: CORNERS + 1 }, (_, k) => {
      const angle = -most + (2 * most * k) / CORNERS;
      const [u, v] = [sign * short * Math.cos(angle), long * Math.sin(angle)];
      return [centre[0] + c * u - s * v, centre[1] + s * u + c * v];
    });
  return [side(1), side(-1)];
}
