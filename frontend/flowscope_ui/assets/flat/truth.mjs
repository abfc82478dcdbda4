// What the fit draws in its axes: outputs over their targets, on the diagonal where they agree, for data of more inputs
// than can be drawn; and the axes.

import { niceTicks } from "../canvas/ticks.mjs";

/**
 * @import { Layer } from "../canvas/layer.mjs"
 * @import { Ink, Style } from "../types.d.ts"
 * @import { Axes } from "./fit.mjs"
 */

/**
 * Edges, in pixels.
 *
 * @typedef {{ left: number, right: number, top: number, bottom: number }} Room
 */
/**
 * The outputs of a lane at the samples.
 *
 * @typedef {{ style: Style, values: number[] }} Truth
 */

const MOST = 400; // samples that are marked

/**
 * Draws `curves` (each {style, values}) over `targets`; returns where the last sample of each is.
 *
 * @param {Layer} layer
 * @param {Ink} inks
 * @param {Axes} scales
 * @param {number[]} targets
 * @param {Truth[]} curves
 */
export function drawTruth(layer, inks, scales, targets, curves) {
  const [low, high] = scales.range;
  layer.stroke(new Float32Array([scales.x(low), scales.y(low), scales.x(high), scales.y(high)]), 2, {
    color: inks.dim,
    width: 1.2,
    dash: [4, 4],
  });
  const step = Math.max(1, Math.ceil(targets.length / MOST));
  for (const { style, values } of curves) {
    for (let k = 0; k < targets.length; k += step) {
      if (Number.isFinite(values[k]))
        layer.marker(style.marker, scales.x(targets[k]), scales.y(values[k]), 3.4, style.color, inks.panel);
    }
  }
}

/**
 * A target.
 *
 * @param {Layer} layer
 * @param {Ink} inks
 * @param {number} x
 * @param {number} y
 */
export function drawCross(layer, inks, x, y) {
  for (const sign of [1, -1])
    layer.stroke(new Float32Array([x - 4, y - sign * 4, x + 4, y + sign * 4]), 2, { color: inks.text, width: 1.6 });
}

/**
 * Grid, numbers and `names` of the axes of `scales`, between the edges of a room.
 *
 * @param {Layer} layer
 * @param {Ink} inks
 * @param {Room} room
 * @param {Axes} axes
 * @param {string[]} names
 */
export function drawAxes(layer, inks, { left, right, top, bottom }, { x, y, ends, range }, names) {
  const { scale } = layer;
  /** @param {number[]} points */
  const rule = (points) => layer.stroke(new Float32Array(points), 2, { color: inks.grid, width: 1 });
  /** @param {number} value */
  const text = (value) => String(value).replace("-", "−");
  for (const value of niceTicks(...ends, 6)) {
    rule([x(value), top, x(value), bottom]);
    layer.words(text(value), x(value), bottom + 14 * scale, { color: inks.dim, size: 11.5, align: "center" });
  }
  for (const value of niceTicks(...range, 6)) {
    rule([left, y(value), right, y(value)]);
    layer.words(text(value), left - 8, y(value), { color: inks.dim, size: 11.5, align: "right" });
  }
  layer.words(names[0], (left + right) / 2, bottom + 34 * scale, {
    color: inks.text,
    size: 13,
    weight: 600,
    align: "center",
  });
  layer.words(names[1], 14, top, { color: inks.text, size: 13, weight: 600, halo: inks.panel });
}
