// Straight dashed lines behind the curves.

/** @import { Layer } from "./layer.mjs" */

/**
 * From (x0, y) to (x1, y).
 *
 * @param {Layer} layer
 * @param {number} x0
 * @param {number} x1
 * @param {number} y
 * @param {string} color
 * @param {number[]} dash
 */
export function rule(layer, x0, x1, y, color, dash) {
  layer.stroke(new Float32Array([x0, y, x1, y]), 2, { color, dash, width: 1.2 });
}

/**
 * From (x, y0) to (x, y1).
 *
 * @param {Layer} layer
 * @param {number} x
 * @param {number} y0
 * @param {number} y1
 * @param {string} color
 * @param {number[]} dash
 */
export function plumb(layer, x, y0, y1, color, dash) {
  layer.stroke(new Float32Array([x, y0, x, y1]), 2, { color, dash, width: 1.4 });
}
