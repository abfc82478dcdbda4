// Axes drawn on a canvas: powers of ten upwards, the clock along, and ranges that grow and never shrink.

import { shade } from "./shade.mjs";
import { niceTicks } from "./ticks.mjs";

/** @import { Layer } from "./layer.mjs" */
/** @import { Ink } from "../types.d.ts" */

/** @typedef {{ low: number, high: number, top: number, bottom: number }} Decades */

const SIZE = 10.5;
const GROWN = 0.64; // of the time axis: beyond it the axis grows

/**
 * "10^{−4}".
 *
 * @param {number} exponent
 */
export function power(exponent) {
  return `10^{${String(exponent).replace("-", "−")}}`;
}

/**
 * Whole exponents in [low, high], so many that each has `apart` of `height` pixels.
 *
 * @param {number} low
 * @param {number} high
 * @param {number} height
 * @param {number} [apart]
 */
export function exponents(low, high, height, apart = 22) {
  const step = Math.max(1, Math.ceil(((high - low) * apart) / Math.max(height, 1)));
  const out = [];
  for (let each = Math.ceil(low / step) * step; each <= high + 1e-9; each += step) out.push(each);
  return out;
}

/**
 * Pixels of a positive value on a logarithmic axis of the exponents [low, high] from `bottom` up to `top`.
 *
 * @param {Decades} axis
 * @returns {(value: number) => number}
 */
export function logarithmic({ low, high, top, bottom }) {
  return (value) => bottom - ((Math.max(low, Math.min(high, Math.log10(value))) - low) / (high - low)) * (bottom - top);
}

/**
 * Powers of ten left of `left` unless `first` is false, and their lines across to `right`.
 *
 * @param {Layer} layer
 * @param {Decades & { left: number, right: number, first?: boolean }} axis
 * @param {Ink} ink
 */
export function drawPowers(layer, { left, right, top, bottom, low, high, first = true }, ink) {
  const y = logarithmic({ low, high, top, bottom });
  for (const each of exponents(low, high, bottom - top)) {
    layer.stroke(new Float32Array([left, y(10 ** each), right, y(10 ** each)]), 2, { color: ink.grid, width: 1 });
    if (first) layer.words(power(each), left - 6, y(10 ** each) + 1, { color: ink.dim, size: SIZE, align: "right" });
  }
}

/**
 * The clock below `bottom`: ticks of [0, time], and `title` where there is room.
 *
 * @param {Layer} layer
 * @param {{ left: number, right: number, bottom: number, time: number, title: string, x(time: number): number }} axis
 * @param {Ink} ink
 */
export function drawClock(layer, { left, right, bottom, time, title, x }, ink) {
  for (const each of niceTicks(0, time, Math.max(2, (right - left) / 70))) {
    if (x(each) > right - 6 && each) continue;
    layer.stroke(new Float32Array([x(each), bottom, x(each), bottom + 3]), 2, { color: ink.faint, width: 1 });
    layer.words(String(each), x(each), bottom + 11 * layer.scale, { color: ink.dim, size: SIZE, align: "center" });
  }
  layer.words(title, (left + right) / 2, bottom + 25 * layer.scale, { color: ink.dim, size: SIZE, align: "center" });
}

/**
 * The end of a time axis that began at a fifth of `horizon` and has grown to hold `now`.
 *
 * @param {number | null | undefined} range
 * @param {number} now
 * @param {number} horizon
 */
export function grownTime(range, now, horizon) {
  let end = range || Math.min(horizon, Math.max(horizon / 5, 2));
  while (now > GROWN * end && end < horizon) end = Math.min(1.5 * end, horizon);
  return end;
}

/**
 * The longest beginning of `text` that is at most `width` wide, with an ellipsis where something is missing.
 *
 * @param {Layer} layer
 * @param {string} text
 * @param {number} width
 * @param {number} size
 * @param {number} [weight]
 */
export function shortened(layer, text, width, size, weight) {
  if (layer.measure(text, size, weight) <= width) return text;
  for (let length = text.length - 1; length > 1; length -= 1) {
    const candidate = `${text.slice(0, length).trimEnd()}…`;
    if (layer.measure(candidate, size, weight) <= width) return candidate;
  }
  return "";
}

/**
 * A sentence in lines that are at most `width` wide, but for a word that is wider.
 *
 * @param {Layer} layer
 * @param {string} sentence
 * @param {number} width
 * @param {number} size
 */
export function wrapped(layer, sentence, width, size) {
  const out = [""];
  for (const word of sentence.split(" ")) {
    const longer = `${out.at(-1)} ${word}`.trim();
    if (out.at(-1) && layer.measure(longer, size) > width) out.push(word);
    else out[out.length - 1] = longer;
  }
  return out;
}

/**
 * A box filled at an opacity.
 *
 * @param {Layer} layer
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 * @param {string} color
 * @param {number} alpha
 */
export function fill({ context }, x, y, width, height, color, alpha) {
  context.globalAlpha = alpha;
  context.fillStyle = color;
  context.fillRect(x, y, width, height);
  context.globalAlpha = 1;
}

/**
 * The bar of the colours of the exponents [low, high], with their powers of ten.
 *
 * @param {Layer} layer
 * @param {number[]} range
 * @param {{ left: number, top: number, bottom: number }} place
 * @param {Ink} ink
 */
export function drawShades(layer, [low, high], { left, top, bottom }, ink) {
  const width = 8 * layer.scale;
  const steps = Math.ceil(bottom - top);
  for (let k = 0; k < steps; k += 2) {
    layer.context.fillStyle = `rgb(${shade(10 ** (high - ((high - low) * k) / steps), low, high).join(" ")})`;
    layer.context.fillRect(left, top + k, width, Math.min(2, steps - k));
  }
  const y = logarithmic({ low, high, top, bottom });
  for (const each of exponents(low, high, bottom - top, 26))
    layer.words(power(each), left + width + 4, y(10 ** each) + 1, { color: ink.dim, size: 10 });
}
