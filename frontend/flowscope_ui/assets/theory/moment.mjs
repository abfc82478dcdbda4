// Moments that theory knows before the run: a plumb line on the time axis with its value, and what was measured there
// once it is reached.

import { plumb } from "../canvas/rule.mjs";
import { styleOf } from "../canvas/style.mjs";
import { placeOf } from "../stream/clock.mjs";
import { now, shown, stopped } from "./overlay.mjs";

/** @import { Store } from "../stream/store.mjs" */
/** @import { Drawn, Note, Prediction, Words } from "../types.d.ts" */

const HEIGHTS = [0.08, 0.2, 0.34, 0.5, 0.66, 0.82]; // of the panel: where the label may stand

/**
 * The latest moment that lies within the run, which the time axis shows from the start.
 *
 * @param {Store} store
 */
export function furthest(store) {
  if (store.units.axis.columns) return 0; // where a moment will stand is not known before its lane is there
  const horizon = store.units.factor("time") * store.meta.spec.horizon;
  return Math.max(
    0,
    ...(store.overlays ?? [])
      .filter(({ form, time }) => form === "mark" && time[0] <= horizon)
      .map(({ time }) => time[0]),
  );
}

/**
 * Draws the moments of lanes that are shown; returns their labels for the panel's notes.
 *
 * @param {Drawn} drawing
 * @param {number} less
 * @param {Words["panels"]["predictions"]} words
 */
export function drawMarks({ layer, scales, frame, store, looks, ink }, less, words) {
  /** @type {Note[]} */
  const labels = [];
  for (const each of shown(store, looks, "mark")) {
    const [at, epsilon, x] = [
      each.time[0],
      each.expected[0] ?? NaN,
      scales.x(placeOf(store.units, store.lanes[each.lane], each.time[0])),
    ];
    if (!(x <= scales.right)) continue;
    const time = now(store, each.lane, frame);
    const failed = each.until !== null && each.until <= time;
    const color = failed ? ink.dim : styleOf(store, store.lanes[each.lane], ink.scheme).color;
    plumb(layer, x, scales.top, scales.bottom, color, [2, 4]);
    if (epsilon > less) layer.marker("circle", x, scales.y(epsilon - less), 3.4, color, ink.panel);
    const reached = at <= time && each.measured[0] !== null;
    const text = failed
      ? `${each.id} ${stopped(each, store, words)}`
      : `${each.id}: ${reached ? outcome(each, store, words) : moment(each, store)}`;
    labels.push({
      key: `${each.id} ${each.lane}`,
      text,
      color,
      anchors: HEIGHTS.map((share) => ({ x, y: scales.top + share * (scales.bottom - scales.top) })),
      must: true,
    });
  }
  return labels.filter(({ text }, k) => labels.findIndex((other) => other.text === text) === k);
}

/**
 * `t_ε = 4.61`.
 *
 * @param {Prediction} prediction
 * @param {Store} store
 */
export function moment({ time }, store) {
  return `${store.units.clock.letter}_{ε} = ${time[0].toPrecision(4)}`;
}

/**
 * `L(t_ε)/ε = 1.00000`.
 *
 * @param {Prediction} prediction
 * @param {Store} store
 * @param {Words["panels"]["predictions"]} words
 */
export function outcome({ measured, expected }, store, words) {
  const ratio = Number(measured[0]) / Number(expected[0]);
  return store.units.caption(words.reached).replace("{ratio}", ratio.toFixed(6));
}
