// Under ρ, on the same axis: the gain ratio with its threshold, and the length of the steps; rejected trials as hollow
// ticks.

import { thinned } from "../canvas/decimate.mjs";
import { fits } from "../canvas/facet.mjs";
import { rule } from "../canvas/rule.mjs";
import { power } from "../canvas/scale.mjs";
import { along } from "../stream/clock.mjs";

/** @import { Layer } from "../canvas/layer.mjs" */
/** @import { Store } from "../stream/store.mjs" */
/** @import { ChartScales, Drawn, Facet, Look, Note, Scalar, Words } from "../types.d.ts" */

/** @typedef {ReturnType<typeof rowsOf>} Rows */

export const SHARE = 0.5; // of the plot's height that ρ keeps
const GAINS = [-0.5, 1.5]; // the gain ratio is drawn between these; what lies beyond stands at the edge
const APART = 6; // pixels between ticks
const HEADED = 0.75; // of the time axis: names of heads beyond it, where a run ends, need the right edge
const BESIDE = 11; // pixels that a number of λ keeps from the line of ρ = 1
const LEAST = 1e-12; // of the longest step: below it nothing moves

/**
 * The strips: that of the gain where a lane has one and there is room for two, and that of the steps where any moves.
 *
 * @param {Drawn} drawing
 * @param {Words["panels"]["rho"]} words
 * @returns {Facet[]}
 */
export function strips(drawing, words) {
  const { looks, store, frame } = drawing;
  const shown = looks
    .filter(({ shown: on, lane }) => on && lane.first && lane.upTo(frame))
    .map((look) => rowsOf(look, store, frame));
  if (!shown.some(({ strides }) => strides.some((value) => value > 0))) return [];
  // else the steps have all the room
  const gaining = shown.some(({ threshold }) => threshold !== undefined) && fits(drawing, 2);
  const own = (/** @type {Rows} */ { threshold }) => gaining && threshold !== undefined;
  const lengths = stepStrip(
    drawing,
    shown,
    shown.filter((each) => !own(each)),
    gaining ? words.stride : `${words.stride}; ${words.hollow}`,
  );
  return gaining ? [gainStrip(drawing, shown, shown.filter(own), words), lengths] : [lengths];
}

/**
 * The lengths of the steps, with ticks of the trials that lanes of `rejecting` rejected.
 *
 * @param {Drawn} drawing
 * @param {Rows[]} shown
 * @param {Rows[]} rejecting
 * @param {string} title
 * @returns {Facet}
 */
function stepStrip({ layer, scales }, shown, rejecting, title) {
  const [low, high] = decades(shown);
  return {
    title,
    axis: { kind: "log", low, high },
    numbers: [
      { value: 10 ** low, text: power(low), shift: -3 },
      { value: 10 ** high, text: power(high), shift: 5 },
    ],
    draw: (y, edges) => {
      const length = (/** @type {number} */ value) => (value >= 10 ** low ? y(value) : NaN);
      for (const each of shown)
        curve(layer, scales, each, "stride", each.strides, length, { ...edges, mark: `${low} ${high}` });
    },
    mark: (_, edges) => rejections(layer, scales, rejecting, edges),
  };
}

/**
 * The gain ratio with the thresholds of its lanes.
 *
 * @param {Drawn} drawing
 * @param {Rows[]} shown
 * @param {Rows[]} rejecting
 * @param {Words["panels"]["rho"]} words
 * @returns {Facet}
 */
function gainStrip({ layer, scales, ink }, shown, rejecting, words) {
  const [low, high] = GAINS;
  return {
    title: `${words.gain}; ${words.hollow}`,
    axis: { kind: "linear", low, high },
    numbers: [0, 1].map((value) => ({ value, text: String(value) })),
    draw: (y, edges) => {
      for (const each of shown) curve(layer, scales, each, "gain", each.gains, y, { ...edges, mark: "" });
    },
    mark: (y, edges) => {
      for (const threshold of new Set(shown.flatMap((each) => each.threshold ?? []))) {
        rule(layer, scales.left, scales.right, y(threshold), ink.dim, [3, 3]);
        layer.words(words.threshold.replace("{value}", String(threshold)), scales.right - 4, y(threshold) - 7, {
          color: ink.dim,
          size: 10,
          align: "right",
          halo: ink.panel,
        });
      }
      return rejections(layer, scales, rejecting, edges);
    },
  };
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
 * Whole decades around the lengths of all steps, as exponents.
 *
 * @param {Rows[]} shown
 */
function decades(shown) {
  let high = 0;
  for (const { strides } of shown) for (let k = 0; k < strides.length; k += 1) if (strides[k] > high) high = strides[k];
  let low = Infinity;
  for (const { strides } of shown)
    for (let k = 0; k < strides.length; k += 1) if (strides[k] > LEAST * high && strides[k] < low) low = strides[k];
  return high ? [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high) + 1e-9)] : [-1, 0];
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
  layer.stroke(out, points, { color: style.color, dash: style.dash, width: 1.6 });
}

/**
 * A hollow tick at every row before which a trial was rejected; returns how many.
 *
 * @param {Layer} layer
 * @param {ChartScales} scales
 * @param {Rows[]} shown
 * @param {{ top: number }} place
 */
function rejections(layer, scales, shown, { top }) {
  let ticks = 0;
  for (const { places, rejected, count, style } of shown) {
    let last = -Infinity;
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
  for (let exponent = 1; exponent >= Math.log10(range.low); exponent -= 1) {
    const y = scales.y(10 ** exponent / (1 + 10 ** exponent));
    // beside the number 1 and its line, and not on it
    const amid = exponent >= 0 && Math.abs(y - scales.y(1)) < BESIDE * layer.scale;
    if (amid || y - last < 16 * layer.scale || y < scales.top + 4 || y > scales.bottom - 12) continue;
    last = y;
    notes.push({ text: `λ = ${power(exponent)}`, y, ...aside });
  }
  return notes;
}
