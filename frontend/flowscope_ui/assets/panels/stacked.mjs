// What an error budget is drawn with: areas that add up, ticks of outer and inner steps, names that keep clear of each
// other.

import { ring } from "../canvas/cursor.mjs";
import { whole } from "../canvas/decimate.mjs";
import { plumb } from "../canvas/rule.mjs";
import { short } from "../text/format.mjs";

/**
 * @import { Layer } from "../canvas/layer.mjs"
 * @import { Ink } from "../types.d.ts"
 */

const NICE = [1, 2, 5];
const TICK = { outer: 9, inner: 4 };
const APART = 3; // pixels between ticks of inner iterations
const ROW = 13;

/**
 * The least of 1, 2, 5 times a power of ten that holds a value.
 *
 * @param {number} value
 */
export function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * (NICE.find((each) => each * power >= value) ?? 10);
}

/**
 * The numbers of an axis from 0 to `most`.
 *
 * @param {number} most
 */
export function amounts(most) {
  return (most ? [0, most / 2, most] : [0]).map((value) => ({ value, text: short(value) }));
}

/**
 * @param {Layer} layer
 * @param {ArrayLike<number>} places
 * @param {ArrayLike<number>} values
 * @param {(value: number) => number} x
 * @param {(value: number) => number} y
 * @param {Parameters<Layer["stroke"]>[2]} how
 */
export function drawCurve(layer, places, values, x, y, how) {
  const { out, points } = pixels(places, values, x, y);
  if (points) layer.stroke(out, points, how);
}

/**
 * The area between the curves `above` and `below`, or under the first alone.
 *
 * @param {Layer} layer
 * @param {ArrayLike<number>} places
 * @param {ArrayLike<number>[]} curves
 * @param {(value: number) => number} x
 * @param {(value: number) => number} y
 * @param {{ color: string, alpha: number }} look
 */
export function drawArea({ context }, places, [above, below], x, y, { color, alpha }) {
  /** @param {ArrayLike<number>} values */
  const edge = (values) => {
    const { out, points } = pixels(places, values, x, y);
    return Array.from({ length: points }, (_, k) => [out[2 * k], out[2 * k + 1]]);
  };
  const upper = edge(above);
  if (!upper.length) return;
  const lower = below
    ? edge(below)
    : [
        [upper[0][0], y(0)],
        [upper[upper.length - 1][0], y(0)],
      ];
  context.save();
  Object.assign(context, { globalAlpha: alpha, fillStyle: color });
  context.beginPath();
  for (const [px, py] of [...upper, ...lower.reverse()]) context.lineTo(px, py);
  context.fill();
  context.restore();
}

/**
 * @param {ArrayLike<number>} places
 * @param {ArrayLike<number>} values
 * @param {(value: number) => number} x
 * @param {(value: number) => number} y
 */
function pixels(places, values, x, y) {
  const {
    curve: { out },
    points,
  } = whole(places, { data: values }, values.length, x, y);
  return { out, points };
}

/**
 * At every level a tick where an outer step ends, and between them short ones of inner iterations.
 *
 * @param {Layer} layer
 * @param {{ outer: ArrayLike<number>, inner: ArrayLike<number>, places: ArrayLike<number> }} told
 * @param {(value: number) => number} x
 * @param {number[]} levels
 * @param {Ink} ink
 */
export function drawTicks(layer, { outer, inner, places }, x, levels, ink) {
  let last = -Infinity;
  for (let row = 1; row < places.length; row += 1) {
    const kind = outer[row] > outer[row - 1] ? "outer" : inner[row] > inner[row - 1] ? "inner" : null;
    const at = x(places[row]);
    if (!kind || (kind === "inner" && at - last < APART)) continue;
    last = at;
    for (const y of levels)
      plumb(layer, at, y, y - TICK[kind] * layer.scale, kind === "outer" ? ink.dim : ink.faint, []);
  }
}

/**
 * [[words, level, value, colour], …] right of where the curves end, none over another nor out of the box: of more than
 * it has room for, the first.
 *
 * @param {Layer} layer
 * @param {{ top: number, bottom: number, x: number }} box
 * @param {[string, number, number, string][]} entries
 * @param {Ink} ink
 */
export function drawNames(layer, { top, bottom, x }, entries, ink) {
  const row = ROW * layer.scale;
  const placed = entries
    .filter(([, level, value]) => Number.isFinite(level) && Number.isFinite(value))
    .slice(0, Math.max(1, Math.floor((bottom - top) / row)))
    .map(([text, level, value, color]) => ({ text, value, color, at: Math.max(level, top + row / 2) }))
    .sort((a, b) => a.at - b.at);
  placed.forEach((each, k) => {
    if (k) each.at = Math.max(each.at, placed[k - 1].at + row);
  });
  let most = bottom - row / 2;
  for (const each of [...placed].reverse()) {
    each.at = Math.min(each.at, most);
    most = each.at - row;
  }
  for (const { text, at, value, color } of placed)
    layer.words(`${text} ${short(value)}`, x + 8, at, { color, size: 10.5, weight: 600, halo: ink.panel });
}

/**
 * The line of the cursor with rings on `marks` [[y, colour], …], and that the first of what is said is at most the
 * second.
 *
 * @param {Layer} layer
 * @param {{ at: number, top: number, bottom: number, said: number[] }} cursor
 * @param {[number, string][]} marks
 * @param {Ink} ink
 */
export function drawCursor(layer, { at, top, bottom, said }, marks, ink) {
  plumb(layer, at, top, bottom, ink.dim, []);
  for (const [y, color] of marks) if (!Number.isNaN(y)) ring(layer, at, y, color, ink.panel, 4);
  const text = said.map(short).join(" ≤ ");
  const left = at + layer.measure(text, 11, 640) + 12 < layer.width;
  layer.words(text, at + (left ? 7 : -7), top + 7 * layer.scale, {
    color: ink.text,
    size: 11,
    weight: 640,
    align: left ? "left" : "right",
    halo: ink.panel,
  });
}
