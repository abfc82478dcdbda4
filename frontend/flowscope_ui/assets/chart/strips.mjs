// Under ρ, on the same axis: the gain ratio with its threshold, and the length of the steps; rejected trials as hollow
// ticks.

import { thinned } from "../canvas/decimate.mjs";
import { rule } from "../canvas/rule.mjs";
import { along } from "../stream/clock.mjs";

/** @import { Layer } from "../canvas/layer.mjs" */
/** @import { Store } from "../stream/store.mjs" */
/** @import { ChartScales, Drawn, Ink, Look, Note, Scalar, Style, Words } from "../types.d.ts" */

/** @typedef {ReturnType<typeof rowsOf>} Rows */

export const SHARE = 0.5; // of the plot's height that ρ keeps
const GAINS = [-0.5, 1.5]; // the gain ratio is drawn between these; what lies beyond stands at the edge
const APART = 6; // pixels between ticks
const HEADED = 0.75; // of the time axis: names of heads beyond it, where a run ends, need the right edge
const BESIDE = 11; // pixels that a number of λ keeps from the line of ρ = 1
const LOW = 14; // pixels: a lower strip shows nothing
const LEAST = 1e-12; // of the longest step: below it nothing moves

/**
 * Draws the strips between `scales.bottom` and `scales.base`, that of the gain where a lane has one and there is room
 * for two; returns how many ticks there are.
 *
 * @param {Drawn} drawing
 * @param {Words["panels"]["rho"]} words
 */
export function drawStrips({ layer, scales, store, frame, looks, ink }, words) {
  const shown = looks
    .filter(({ shown: on, lane }) => on && lane.first && lane.upTo(frame))
    .map((look) => rowsOf(look, store, frame));
  const gap = 15 * layer.scale;
  const room = (/** @type {number} */ strips) => (scales.base - scales.bottom) / strips - gap;
  // else the steps have all the room
  const gaining = shown.some(({ threshold }) => threshold !== undefined) && room(2) >= LOW;
  const height = room(gaining ? 2 : 1);
  if (height < LOW || !shown.some(({ strides }) => strides.some((value) => value > 0))) return 0;
  const gain = gaining ? gains({ layer, scales, ink }, shown, scales.bottom + gap, height, words) : null;
  const step = strip(
    layer,
    scales,
    scales.base - height,
    height,
    ink,
    gaining ? words.stride : `${words.stride}; ${words.hollow}`,
  );
  const [low, high] = decades(shown);
  const length = (/** @type {number} */ value) =>
    value >= low ? step.top + (height * Math.log(high / value)) / Math.log(high / low) : NaN;
  for (const value of [low, high])
    layer.words(
      `10^{${Math.round(Math.log10(value))}}`.replace("-", "−"),
      scales.left - 6,
      length(value) + (value === low ? -3 : 5),
      { color: ink.dim, size: 9.5, align: "right" },
    );
  let ticks = 0;
  for (const each of shown) {
    const { style, places, count, strides, rejected, threshold } = each;
    curve(layer, scales, each, "stride", strides, length, { ...step, mark: `${low} ${high}` });
    ticks += rejections(layer, scales, places, rejected, count, style, gain && threshold !== undefined ? gain : step);
  }
  return ticks;
}

/**
 * The strip of the gain ratio with the thresholds of its lanes.
 *
 * @param {Pick<Drawn, "layer" | "scales" | "ink">} drawing
 * @param {Rows[]} shown
 * @param {number} top
 * @param {number} height
 * @param {Words["panels"]["rho"]} words
 */
function gains({ layer, scales, ink }, shown, top, height, words) {
  const place = strip(layer, scales, top, height, ink, `${words.gain}; ${words.hollow}`);
  const [low, high] = GAINS;
  const ratio = (/** @type {number} */ value) =>
    Number.isNaN(value) ? NaN : top + (height * (high - Math.min(Math.max(value, low), high))) / (high - low);
  for (const value of [0, 1])
    layer.words(String(value), scales.left - 6, ratio(value), { color: ink.dim, size: 9.5, align: "right" });
  for (const each of shown) curve(layer, scales, each, "gain", each.gains, ratio, { ...place, mark: "" });
  for (const threshold of new Set(shown.flatMap((each) => each.threshold ?? []))) {
    rule(layer, scales.left, scales.right, ratio(threshold), ink.dim, [3, 3]);
    layer.words(words.threshold.replace("{value}", String(threshold)), scales.right - 4, ratio(threshold) - 7, {
      color: ink.dim,
      size: 10,
      align: "right",
      halo: ink.panel,
    });
  }
  return place;
}

/**
 * @param {Look} look
 * @param {Store} store
 * @param {number} frame
 */
function rowsOf({ lane, style }, store, frame) {
  const count = lane.upTo(frame);
  const { optimizer } = store.meta.spec.solvers[lane.solver];
  const view = (/** @type {Scalar} */ name) => lane.columns[name].view(count);
  return {
    lane,
    style,
    count,
    clock: `${store.units.axis.name} ${store.units.factor("time")}`,
    places: along(store.units, lane, count),
    gains: view("gain"),
    strides: view("stride"),
    rejected: view("rejected"),
    threshold: optimizer?.threshold,
  };
}

/**
 * The frame of a strip and its name.
 *
 * @param {Layer} layer
 * @param {ChartScales} scales
 * @param {number} top
 * @param {number} height
 * @param {Ink} ink
 * @param {string} name
 */
function strip(layer, scales, top, height, ink, name) {
  for (const y of [top, top + height]) rule(layer, scales.left, scales.right, y, ink.grid, []);
  layer.words(name, scales.left + 4, top - 7 * layer.scale, { color: ink.dim, size: 10, weight: 560 });
  return { top, bottom: top + height };
}

/**
 * Whole decades around the lengths of all steps.
 *
 * @param {Rows[]} shown
 */
function decades(shown) {
  let high = 0;
  for (const { strides } of shown) for (let k = 0; k < strides.length; k += 1) if (strides[k] > high) high = strides[k];
  let low = Infinity;
  for (const { strides } of shown)
    for (let k = 0; k < strides.length; k += 1) if (strides[k] > LEAST * high && strides[k] < low) low = strides[k];
  return high ? [10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(high) + 1e-9)] : [0.1, 1];
}

/**
 * @param {Layer} layer
 * @param {ChartScales} scales
 * @param {Rows} rows
 * @param {string} name
 * @param {Float64Array} values
 * @param {(value: number) => number} toY
 * @param {{ top: number, bottom: number, mark: string }} place
 */
function curve(layer, scales, { lane, style, clock, places, count }, name, values, toY, { top, bottom, mark }) {
  const {
    curve: { out },
    points,
  } = thinned(
    lane,
    `strip ${name}`,
    `${scales.mark} ${clock} ${top} ${bottom} ${mark}`,
    places,
    { data: values },
    count,
    scales.x,
    toY,
  );
  const { context } = layer;
  context.save();
  context.beginPath();
  context.rect(scales.left, top - 2, scales.right - scales.left, bottom - top + 4);
  context.clip();
  layer.stroke(out, points, { color: style.color, dash: style.dash, width: 1.6 });
  context.restore();
}

/**
 * A hollow tick at every row before which a trial was rejected.
 *
 * @param {Layer} layer
 * @param {ChartScales} scales
 * @param {ArrayLike<number>} places
 * @param {Float64Array} rejected
 * @param {number} count
 * @param {Style} style
 * @param {{ top: number }} place
 */
function rejections(layer, scales, places, rejected, count, style, { top }) {
  let [ticks, last] = [0, -Infinity];
  for (let k = 1; k < count; k += 1) {
    if (!(rejected[k] > rejected[k - 1])) continue;
    const x = scales.x(places[k]);
    if (x - last < APART || x < scales.left || x > scales.right) continue;
    last = x;
    ticks += 1;
    const { context } = layer;
    context.save();
    context.strokeStyle = style.color;
    context.lineWidth = 1.4 * layer.scale;
    context.strokeRect(x - 2, top - 1, 4, 7);
    context.restore();
  }
  return ticks;
}

/**
 * Whether a lane that is shown has a damping at `frame`.
 *
 * @param {Look} look
 * @param {number} frame
 */
export function isDamped({ lane, shown }, frame) {
  const count = lane.upTo(frame);
  return shown && count > 0 && !Number.isNaN(lane.last("rho", count));
}

/**
 * Numbers of λ = ρ/(1 − ρ) beside the strip of ρ, at round λ, as notes of which names keep clear: on the right until
 * heads come near.
 *
 * @param {Drawn} drawing
 * @param {{ low: number }} range
 */
export function lambdas({ layer, scales, store, frame, looks }, range) {
  const heads = looks
    .filter(({ lane, shown }) => shown && lane.upTo(frame))
    .map(({ lane }) => scales.x(along(store.units, lane, lane.upTo(frame)).at(-1) ?? NaN));
  /** @type {Pick<Note, "x" | "align">} */
  const aside =
    Math.max(...heads) > scales.left + HEADED * (scales.right - scales.left)
      ? { x: scales.left + 4, align: "left" }
      : { x: scales.right - 2, align: "right" };
  /** @type {Note[]} */
  const notes = [];
  if (!looks.some((look) => isDamped(look, frame))) return notes;
  let last = -Infinity;
  for (let power = 1; power >= Math.log10(range.low); power -= 1) {
    const y = scales.y(10 ** power / (1 + 10 ** power));
    // beside the number 1 and its line, and not on it
    const amid = power >= 0 && Math.abs(y - scales.y(1)) < BESIDE * layer.scale;
    if (amid || y - last < 16 * layer.scale || y < scales.top + 4 || y > scales.bottom - 12) continue;
    last = y;
    notes.push({ text: `λ = 10^{${power}}`.replace("-", "−"), y, ...aside });
  }
  return notes;
}
