// What stands in the node of a module: the unit ball of a metric of two outputs, or a spectrum.

import { axesOfMetric, ball } from "../canvas/ellipse.mjs";
import { fill } from "../canvas/ruler.mjs";

/**
 * @import { Layer } from "../canvas/layer.mjs"
 * @import { Edges } from "../types.d.ts"
 */

const MOST = 5; // decades of a spectrum that are drawn
const LONGEST = 6; // times the short axis: a ball that is longer stays open

/**
 * The unit ball of a 2 × 2 metric, as large as fits.
 *
 * @param {Layer} layer
 * @param {number[][]} metric
 * @param {Edges} edges
 * @param {string} color
 */
export function drawBall(layer, metric, { left, right, top, bottom }, color) {
  const axes = axesOfMetric(metric);
  const reach = Math.min(1 / Math.max(axes.weak, 1e-12), LONGEST / axes.strong);
  const size = (0.46 * Math.min(right - left, bottom - top)) / reach;
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  for (const piece of ball(axes, [0, 0], 1, reach))
    layer.stroke(new Float32Array(piece.flatMap(([u, v]) => [x + size * u, y - size * v])), piece.length, {
      color,
      width: 2,
    });
}

/**
 * σ of K as bars over five decades below the greatest.
 *
 * @param {Layer} layer
 * @param {(number | null)[]} sigma
 * @param {Edges} edges
 * @param {string} color
 */
export function drawBars(layer, sigma, { left, right, top, bottom }, color) {
  const shown = sigma.slice(0, Math.max(1, Math.floor((right - left) / 3)));
  const step = (right - left) / shown.length;
  shown.forEach((value, k) => {
    const share = value && value > 0 ? Math.max(0, 1 + Math.log10(value / Number(sigma[0])) / MOST) : 0;
    fill(
      layer,
      left + k * step,
      bottom - share * (bottom - top),
      Math.max(1, 0.75 * step),
      share * (bottom - top),
      color,
      0.85,
    );
  });
}
