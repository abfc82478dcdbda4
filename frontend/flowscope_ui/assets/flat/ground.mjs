// What lies under the paths in the plane of parameters: contours of the loss, spaced as powers of ten, and ellipses of
// the metric.

import { contourLines, logLevels } from "../canvas/contour.mjs";
import { axesOf, ball } from "../canvas/ellipse.mjs";

/**
 * @import { Layer } from "../canvas/layer.mjs"
 * @import { Box, Ink, Surface } from "../types.d.ts"
 * @import { FlatScales } from "./flat.mjs"
 */

/**
 * The lines of a level (log₁₀ of the loss), in coordinates.
 *
 * @typedef {{ level: number, lines: number[][][] }} Contour
 */

const APART = 36; // pixels between metric ellipses, at least
const RESOLVED = 0.015; // share of the grid that must lie below a contour for it to be drawn

/**
 * Contours of `loss` less its `least` value on a grid of `size` that `place` maps to the plane: [{level (log₁₀),
 * lines}].
 *
 * @param {Float64Array} loss
 * @param {number} least
 * @param {{ rows: number, columns: number }} size
 * @param {(place: number[]) => number[]} place
 */
export function contoursOf(loss, least, size, place) {
  // near a least value its root is what the grid interpolates well
  const values = loss.map((value) => Math.sqrt(Math.max(value - least, 0)));
  const floor = values.toSorted()[Math.ceil(RESOLVED * values.length)] ** 2;
  const levels = logLevels(
    values.map((value) => value * value),
    11,
    floor,
  );
  return contourLines(values, size, levels.map(Math.sqrt)).map(({ lines }, k) => ({
    level: Math.log10(levels[k]),
    lines: lines.map((line) => line.map(place)),
  }));
}

/**
 * Draws them; the boxes of their numbers join those that are `taken`.
 *
 * @param {Layer} layer
 * @param {Contour[]} contours
 * @param {FlatScales} scales
 * @param {Ink} ink
 * @param {Box[]} taken
 */
export function drawContours(layer, contours, scales, ink, taken) {
  const range = [contours[0]?.level ?? 0, contours.at(-1)?.level ?? 1];
  for (const { level, lines } of contours) {
    const color = shade((level - range[0]) / (range[1] - range[0] || 1), ink);
    const power = Math.abs(level - Math.round(level)) < 1e-6;
    for (const line of lines) layer.stroke(pixels(line, scales), line.length, { color, width: power ? 1.6 : 0.9 });
    if (power) number(layer, level, lines, scales, color, ink, taken);
  }
}

/**
 * The power of ten on the longest line of a level, where it is in sight.
 *
 * @param {Layer} layer
 * @param {number} level
 * @param {number[][][]} lines
 * @param {FlatScales} scales
 * @param {string} color
 * @param {Ink} ink
 * @param {Box[]} taken
 */
function number(layer, level, lines, scales, color, ink, taken) {
  const line = lines.reduce((long, each) => (each.length > long.length ? each : long), []);
  const seen = line
    .map(([x, y]) => [scales.x(x), scales.y(y)])
    .filter(([x, y]) => x > scales.left + 24 && x < scales.right - 24 && y > scales.top + 24 && y < scales.bottom - 12);
  if (seen.length < 12) return;
  /** @param {number[]} values */
  const free = ([x, y]) =>
    !taken.some((box) => x + 18 > box.x && x - 18 < box.x + box.width && y + 10 > box.y && y - 10 < box.y + box.height);
  const [x, y] = [3, 2, 5, 1.2].map((part) => seen[Math.floor(seen.length / part) - 1]).find(free) ?? [];
  if (x === undefined) return;
  taken.push({ x: x - 14, y: y - 8, width: 28, height: 16 });
  layer.words(`10^{${String(Math.round(level)).replace("-", "−")}}`, x, y, {
    color,
    size: 10,
    weight: 600,
    align: "center",
    halo: ink.panel,
  });
}

/**
 * Metric ellipses on as many points of the stage's grid as there is room for.
 *
 * @param {Layer} layer
 * @param {Surface} surface
 * @param {FlatScales} scales
 * @param {Ink} ink
 */
export function drawBalls(layer, { rows, columns, theta, jacobian }, scales, ink) {
  const cell = Math.min(Math.abs(theta[3] - theta[1]), Math.abs(theta[2 * columns] - theta[0]));
  const step = Math.max(1, Math.ceil(APART / (scales.unit * cell)));
  const places = [];
  for (let i = step >> 1; i < rows; i += step)
    for (let j = step >> 1; j < columns; j += step) places.push(i * columns + j);
  const axes = places.map((k) => axesOf(jacobian, 6 * k, 3));
  const reach = 0.6 * step * cell;
  const epsilon = 0.3 * reach * axes.map(({ strong }) => strong).sort((a, b) => a - b)[places.length >> 1];
  places.forEach((k, index) => {
    for (const piece of ball(axes[index], [theta[2 * k], theta[2 * k + 1]], epsilon, reach))
      layer.stroke(pixels(piece, scales), piece.length, { color: ink.text, width: 1, alpha: 0.5 });
  });
}

/**
 * Darker where the loss is low on light, lighter where it is low on dark.
 *
 * @param {number} share
 * @param {Ink} ink
 */
function shade(share, ink) {
  const [low, high] =
    ink.scheme === "dark"
      ? [
          [158, 214, 232],
          [64, 88, 136],
        ]
      : [
          [34, 62, 128],
          [150, 196, 196],
        ];
  return `rgb(${low.map((value, k) => Math.round(value + share * (high[k] - value)))})`;
}

/**
 * @param {number[][]} points
 * @param {FlatScales} scales
 */
function pixels(points, scales) {
  const out = new Float32Array(2 * points.length);
  points.forEach(([x, y], k) => {
    out.set([scales.x(x), scales.y(y)], 2 * k);
  });
  return out;
}
