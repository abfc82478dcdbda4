// Curves of a pair of paths: in the colours of both, broken where there is no value, with what they are and where they
// stand at their ends.

import { decimate } from "../canvas/decimate.mjs";

/**
 * @import { Layer } from "../canvas/layer.mjs"
 * @import { Ink, Point, Style } from "../types.d.ts"
 */

/**
 * A curve, how thick it is and what it is.
 *
 * @typedef {{ values: Float64Array, width: number, mark: string }} PartCurve
 */

const DASH = [7, 6];

/**
 * The numbers of an axis of angles up to `most` degrees that is `height` pixels long.
 *
 * @param {number} most
 * @param {number} height
 */
export function degrees(most, height) {
  return (height > 60 ? [0, most / 2, most] : [0, most]).map((value) => ({ value, text: `${value}°` }));
}

/**
 * `curves` [{values, width, mark}] over `time`, each in the colours of both paths, with what it is and its last value
 * as `text` says it.
 *
 * @param {Layer} layer
 * @param {Float64Array} time
 * @param {PartCurve[]} curves
 * @param {Style[]} styles
 * @param {{ x: (value: number) => number, y: (value: number) => number, top: number, bottom: number }} strip
 * @param {(value: number) => string} text
 * @param {Ink} ink
 */
export function drawCurves(layer, time, curves, styles, { x, y, top, bottom }, text, ink) {
  /** @type {(Point & { value: number, mark: string, at: number })[]} */
  const ends = [];
  const { context } = layer;
  context.save();
  context.beginPath();
  context.rect(0, top - 2, layer.width, bottom - top + 4);
  context.clip();
  for (const { values, width, mark } of curves) {
    let end = null;
    for (const [from, to] of pieces(values)) {
      const out = new Float32Array(2 * (to - from + 1));
      const points = decimate(time.subarray(from, to), values.subarray(from, to), to - from, x, y, out);
      if (points === 1) out.set([out[0] + 1, out[1]], 2 * points);
      layer.stroke(out, Math.max(points, 2), { color: styles[0].color, width, halo: ink.panel });
      if (styles[1].color !== styles[0].color)
        layer.stroke(out, Math.max(points, 2), { color: styles[1].color, width, dash: DASH });
      end = { x: out[2 * points - 2], y: out[2 * points - 1], value: values[to - 1] };
    }
    if (end) ends.push({ ...end, mark, at: end.y });
  }
  context.restore();
  ends.sort((a, b) => a.at - b.at);
  const row = 13 * layer.scale;
  for (const end of ends) end.at = Math.min(Math.max(end.at, top + row / 2), bottom); // below what is said of the strip
  if (ends.length === 2 && ends[1].at - ends[0].at < row) {
    const middle = Math.min(Math.max((ends[0].at + ends[1].at) / 2, top + row), bottom - row / 2);
    [ends[0].at, ends[1].at] = [middle - row / 2, middle + row / 2];
  }
  for (const end of ends) {
    if (end.y <= bottom + 2) layer.marker("circle", end.x, end.y, 2.6, ink.text, ink.panel);
    layer.words(`${end.mark}  ${text(end.value)}`, end.x + 8, end.at, {
      color: ink.text,
      size: 11,
      weight: 600,
      halo: ink.panel,
    });
  }
}

/**
 * The stretches [from, to) of values that are numbers.
 *
 * @param {Float64Array} values
 */
function pieces(values) {
  /** @type {[number, number][]} */
  const out = [];
  values.forEach((value, row) => {
    if (Number.isNaN(value)) return;
    const last = out.at(-1);
    if (last?.[1] === row) last[1] = row + 1;
    else out.push([row, row + 1]);
  });
  return out;
}
