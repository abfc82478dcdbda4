// The tangent plane at a head, drawn: a patch, the way to the target and its projection as arrows with names.

import { tangentAt } from "../theory/tangent.mjs";

/**
 * @import { Layer } from "../canvas/layer.mjs"
 * @import { Box, Ink, Meta, PathRun, Point, Style, Words } from "../types.d.ts"
 */

/**
 * The tangent plane at the head of a run.
 *
 * @typedef {NonNullable<ReturnType<typeof cursor>>} Cursor
 */

/** @typedef {Words["stage"]["arrows"]} Names */

const AXES = [0, 1, 2];

/**
 * The head of the chosen run, else of the first that is shown: {run, row, outputs, tangents, normal, full, projection},
 * or null where there is none.
 *
 * @param {PathRun[]} runs
 * @param {number[]} target
 */
function cursor(runs, target) {
  const run = [...runs.filter(({ chosen }) => chosen), ...runs].find(
    ({ shown, lane }) => shown && lane.columns.jacobian,
  );
  const { outputs, jacobian } = run?.lane.columns ?? {};
  const head = run?.trail.head;
  if (!run || !head || !outputs || !jacobian) return null;
  const row = run.trail.count - 1;
  const point = outputs.data.subarray(3 * row, 3 * row + 3);
  const found = tangentAt(jacobian.data.subarray(6 * row, 6 * row + 6), point, target);
  return found && { run, head, row, outputs: point, ...found };
}

/**
 * Draws tangent plane and arrows at the cursor and adds the boxes of their names to `taken`; {lane, row, normal, full,
 * projection}, or null.
 *
 * @param {object} drawing
 * @param {Layer} drawing.layer
 * @param {PathRun[]} drawing.runs
 * @param {Meta} drawing.meta
 * @param {number} drawing.half
 * @param {(values: ArrayLike<number>) => Point} drawing.pixel
 * @param {Box[]} drawing.taken
 * @param {Names} drawing.words
 * @param {Ink} drawing.ink
 */
export function drawCursor({ layer, runs, meta, half, pixel, taken, words, ink }) {
  const { loss, target } = meta;
  const at = target && loss?.is_squares ? cursor(runs, target) : null;
  if (!at) return null;
  taken.push(...drawTangent(layer, outline(at, half, pixel), at.run.style, words, ink));
  const { run, row, normal, full, projection } = at;
  return { lane: run.lane.lane, row, normal, full, projection };
}

/**
 * Pixels of a cursor: a patch of half side `half` (in outputs) and the tips of the arrows.
 *
 * @param {Cursor} cursor
 * @param {number} half
 * @param {(values: ArrayLike<number>) => Point} pixel
 */
function outline({ head, outputs, tangents: [u, v], full, projection }, half, pixel) {
  /**
   * @param {number[]} first
   * @param {number} a
   * @param {number[]} second
   * @param {number} b
   */
  const away = (first, a, second, b) => pixel(AXES.map((axis) => outputs[axis] + a * first[axis] + b * second[axis]));
  const patch = [
    [1, 1],
    [1, -1],
    [-1, -1],
    [-1, 1],
  ].map(([a, b]) => away(u, a * half, v, b * half));
  return { head, patch, full: away(full, 1, v, 0), projection: away(projection, 1, v, 0) };
}

/**
 * The tangent plane at a head as a patch of corners `patch`, −r as the arrow to `full` and −P r as the arrow to
 * `projection`, all pixels; returns the boxes their names take.
 *
 * @param {Layer} layer
 * @param {ReturnType<typeof outline>} outlined
 * @param {Style} style
 * @param {Names} words
 * @param {Ink} ink
 */
function drawTangent(layer, { head, patch, full, projection }, style, words, ink) {
  const { context } = layer;
  context.save();
  context.beginPath();
  for (const { x, y } of patch) context.lineTo(x, y);
  context.closePath();
  context.fillStyle = style.color;
  context.globalAlpha = 0.2;
  context.fill();
  context.globalAlpha = 0.9;
  context.strokeStyle = style.color;
  context.lineWidth = 1.2;
  context.stroke();
  context.restore();
  layer.stroke(new Float32Array([projection.x, projection.y, full.x, full.y]), 2, {
    color: ink.text,
    dash: [1.5, 3],
    width: 1.3,
  });
  arrow(layer, head, full, { color: ink.text, width: 2, halo: ink.panel });
  arrow(layer, head, projection, { color: style.color, width: 3.2, halo: ink.panel });
  return [
    name(layer, words.full, head, full, projection, ink.text, ink),
    name(layer, words.projection, head, projection, full, style.color, ink),
  ].filter((box) => box !== null);
}

/**
 * @param {Layer} layer
 * @param {Point} from
 * @param {Point} to
 * @param {{ color: string, width: number, halo: string }} look
 */
function arrow(layer, from, to, look) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy);
  if (length < 3) return;
  const [ux, uy] = [dx / length, dy / length];
  const tip = Math.min(10 * layer.scale, 0.5 * length);
  const [bx, by] = [to.x - tip * ux, to.y - tip * uy];
  layer.stroke(new Float32Array([from.x, from.y, bx, by]), 2, look);
  layer.stroke(
    new Float32Array([
      bx - 0.42 * tip * uy,
      by + 0.42 * tip * ux,
      to.x,
      to.y,
      bx + 0.42 * tip * uy,
      by - 0.42 * tip * ux,
      bx - 0.42 * tip * uy,
      by + 0.42 * tip * ux,
    ]),
    4,
    { ...look, halo: null, width: 1.6 },
  );
  const { context } = layer;
  context.beginPath();
  context.moveTo(to.x, to.y);
  context.lineTo(bx - 0.42 * tip * uy, by + 0.42 * tip * ux);
  context.lineTo(bx + 0.42 * tip * uy, by - 0.42 * tip * ux);
  context.closePath();
  context.fillStyle = look.color;
  context.fill();
}

/**
 * The name of an arrow beside its middle, on the side away from `other`.
 *
 * @param {Layer} layer
 * @param {string} text
 * @param {Point} from
 * @param {Point} to
 * @param {Point} other
 * @param {string} color
 * @param {Ink} ink
 */
function name(layer, text, from, to, other, color, ink) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy);
  if (length < 40) return null;
  const side = dx * (other.y - from.y) - dy * (other.x - from.x) > 0 ? 1 : -1;
  const width = layer.measure(text, 12, 650);
  const [x, y] = [
    from.x + 0.55 * dx + (side * dy * (8 + width / 2)) / length,
    from.y + 0.55 * dy - (side * dx * 12) / length,
  ];
  layer.words(text, x, y, { color, size: 12, weight: 650, align: "center", halo: ink.panel });
  return { x: x - width / 2 - 2, y: y - 9, width: width + 4, height: 18 };
}
