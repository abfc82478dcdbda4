// Axes drawn on a canvas: numbers upwards, the clock along; and words that keep to a width.

import { across, clamped, exponents, power, ticks } from "./scale.mjs";
import { shade } from "./shade.mjs";
import { niceTicks } from "./ticks.mjs";

/** @import { Layer } from "./layer.mjs" */
/** @import { Axis, Edges, Ink, Tick } from "../types.d.ts" */

const SIZE = 10.5;

/**
 * Numbers of an axis left of `left` unless `first` is false, and their lines across to `right`.
 *
 * @param {Layer} layer
 * @param {Edges & { first?: boolean }} box
 * @param {Axis} axis
 * @param {Ink} ink
 * @param {Tick[]} [numbers]
 */
export function drawAxis(layer, { left, right, top, bottom, first = true }, axis, ink, numbers) {
  const y = clamped(axis, { top, bottom });
  const sink = axis.kind === "linear" ? 0 : 1; // pixels: a power of ten reaches higher
  for (const { value, text } of numbers ?? ticks(axis, bottom - top)) {
    layer.stroke(new Float32Array([left, y(value), right, y(value)]), 2, { color: ink.grid, width: 1 });
    if (first) layer.words(text, left - 6, y(value) + sink, { color: ink.dim, size: SIZE, align: "right" });
  }
}

/**
 * What margins leave of a layer, `foot` pixels more at its foot.
 *
 * @param {Layer} layer
 * @param {{ left: number, right: number, top: number, foot: number }} margins at scale 1
 * @param {number} [foot]
 */
export function inset({ width, height, scale }, margins, foot = 0) {
  const { left, right, top } = margins;
  return {
    left: left * scale,
    right: width - right * scale,
    top: top * scale,
    bottom: height - margins.foot * scale - foot,
  };
}

/**
 * The clock below `bottom`: ticks of [0, time], and `title` where there is room.
 *
 * @param {Layer} layer
 * @param {{ left: number, right: number, bottom: number, time: number, title: string }} axis
 * @param {Ink} ink
 */
export function drawClock(layer, { left, right, bottom, time, title }, ink) {
  const x = across({ left, right }, time);
  for (const each of niceTicks(0, time, Math.max(2, (right - left) / 70))) {
    if (x(each) > right - 6 && each) continue;
    layer.stroke(new Float32Array([x(each), bottom, x(each), bottom + 3]), 2, { color: ink.faint, width: 1 });
    layer.words(String(each), x(each), bottom + 11 * layer.scale, { color: ink.dim, size: SIZE, align: "center" });
  }
  layer.words(title, (left + right) / 2, bottom + 25 * layer.scale, { color: ink.dim, size: SIZE, align: "center" });
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
  const y = clamped({ kind: "log", low, high }, { top, bottom });
  for (const each of exponents(low, high, bottom - top, 26))
    layer.words(power(each), left + width + 4, y(10 ** each) + 1, { color: ink.dim, size: 10 });
}
