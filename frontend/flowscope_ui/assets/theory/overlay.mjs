// Theory's curves, drawn thin and dashed beside the measured ones: in the solver's colour while they apply, grey from
// the moment they do not.

import { styleOf } from "../canvas/style.mjs";
import { placeOf } from "../stream/clock.mjs";

/** @import { Layer } from "../canvas/layer.mjs" */
/** @import { Store } from "../stream/store.mjs" */
/** @import { ChartScales, Drawn, Look, Note, Point, Prediction, Words } from "../types.d.ts" */

const DASH = [5, 4];
const ALPHA = 0.62;
const SHARES = [0.6, 0.45, 0.75, 0.3, 0.9, 0.18]; // of the curve in sight: where its label may stand
const TRIVIAL = 0.5; // a bound that has not fallen below this share says nothing yet
// the share of the first loss down to which a tolerance is stated; below it an error of f weighs more
// (prediction/overlay.py)
const REACH = 1e-7;
const FADE = 9; // pixels of the side on which a bound lets the measured curve lie
const CROSS = 4.5; // half the size of the cross at which a curve stops applying

/**
 * Whether theory draws the loss of this lane itself.
 *
 * @param {Store} store
 * @param {{ lane: number }} lane
 */
export function predicted(store, { lane }) {
  return (store.overlays ?? []).some(
    (each) => each.form === "curve" && each.lane === lane && each.column === "loss" && each.sense === "equal",
  );
}

/**
 * What is told of lanes that are shown.
 *
 * @param {Store} store
 * @param {Look[]} looks
 * @param {Prediction["form"]} form
 */
export function shown(store, looks, form) {
  return (store.overlays ?? []).filter(
    (each) => each.form === form && looks.some(({ lane, shown: on }) => on && lane.lane === each.lane && lane.first),
  );
}

/**
 * The curves of these columns; a bound is left out where an equality says more or it says nothing, unless bounds are
 * what is asked for.
 *
 * @param {Store} store
 * @param {Look[]} looks
 * @param {{ columns: string[], bounds?: boolean }} what
 */
export function drawable(store, looks, { columns, bounds = false }) {
  const told = shown(store, looks, "curve").filter(({ column }) => columns.includes(column));
  return told.filter((each) => bounds || each.sense === "equal" || says(each, told));
}

/**
 * @param {Prediction} prediction
 * @param {Prediction[]} told
 */
function says({ lane, column, expected }, told) {
  if (column === "excess_loss") return true;
  return (
    (expected.at(-1) ?? 0) < TRIVIAL * (expected[0] ?? 0) &&
    !told.some((other) => other.lane === lane && other.sense === "equal" && other.until === null)
  );
}

/**
 * The time of a lane at a frame, in the units of the store; before its first row −1.
 *
 * @param {Store} store
 * @param {number} lane
 * @param {number} frame
 */
export function now(store, lane, frame) {
  const count = store.lanes[lane].upTo(frame);
  return count ? store.units.factor("time") * store.lanes[lane].last("time", count) * (1 + 1e-9) : -1;
}

/**
 * The same curves as rows of a table: name, seed, time, value.
 *
 * @param {Store} store
 * @param {Look[]} looks
 * @param {{ columns: string[], less: number }} what
 * @returns {(string | number)[][]}
 */
export function predictedRows(store, looks, { columns, less }) {
  return drawable(store, looks, { columns }).flatMap(({ id, lane, column, time, expected, applies }) => {
    const { name, seed } = store.lanes[lane];
    const lower = column === "loss" ? less : 0;
    return time.flatMap((t, k) => (applies[k] ? [[`${id} ${name}`, seed, t, (expected[k] ?? 0) - lower]] : []));
  });
}

/**
 * Strokes the curves of `columns`, those of the loss by `less` lowered; returns their labels for the panel's notes.
 *
 * @param {Drawn} drawing
 * @param {{ columns: string[], bounds?: boolean, less?: number }} what
 * @param {Words["panels"]["predictions"]} words
 */
export function drawPredictions({ layer, scales, frame, store, looks, ink }, { columns, bounds, less = 0 }, words) {
  const told = new Set();
  /** @type {Note[]} */
  const labels = [];
  for (const each of drawable(store, looks, { columns, bounds })) {
    const { color } = styleOf(store, store.lanes[each.lane], ink.scheme);
    const until = each.until ?? Infinity;
    const failed = until <= now(store, each.lane, frame);
    const lower = each.column === "loss" ? less : 0;
    const points = polyline(each, store, scales, lower, (k) => each.applies[k]);
    band(layer, each, store, scales, lower, color);
    layer.stroke(points, points.length / 2, { color, dash: DASH, width: 1.3, alpha: ALPHA });
    const after = failed ? polyline(each, store, scales, lower, (k) => each.time[k] >= until) : new Float32Array();
    if (failed) drawFailed(layer, points, after, ink.dim);
    const text = failed ? `${each.id} ${stopped(each, store, words)}` : `${each.id}: ${each.formula}`;
    if (points.length < 4 || told.has(text)) continue;
    told.add(text);
    const place = {
      text,
      color: failed ? ink.dim : color,
      anchors: anchors(after.length >= 4 ? after : points, scales),
    };
    labels.push({ key: `${each.id} ${each.lane}`, ...place, must: isDue(each, failed, bounds) });
  }
  return labels;
}

/**
 * Whether a curve's name is drawn wherever there is room at all.
 *
 * @param {Prediction} prediction
 * @param {boolean} failed
 * @param {boolean | undefined} bounds
 */
function isDue({ sense }, failed, bounds) {
  return sense === "equal" || (!failed && Boolean(bounds));
}

/**
 * What a curve would have been `after` the moment from which it does not apply, and a cross at that moment.
 *
 * @param {Layer} layer
 * @param {Float32Array} points
 * @param {Float32Array} after
 * @param {string} color
 */
function drawFailed(layer, points, after, color) {
  layer.stroke(after, after.length / 2, { color, dash: DASH, width: 1.3, alpha: ALPHA });
  if (points.length) cross(layer, points[points.length - 2], points[points.length - 1], color);
}

/**
 * The shaded band in which the measured curve is admitted: around an equality as wide as its tolerance, at a bound its
 * admitted side.
 *
 * @param {Layer} layer
 * @param {Prediction} each
 * @param {Store} store
 * @param {ChartScales} scales
 * @param {number} less
 * @param {string} color
 */
function band(layer, each, store, scales, less, color) {
  const { expected, tolerance, sense, applies } = each;
  const allowed = (/** @type {number} */ k) =>
    tolerance * Math.max(1, Math.sqrt((REACH * Number(expected[0])) / Number(expected[k])));
  const edge = (/** @type {number} */ sign) =>
    polyline(
      {
        ...each,
        expected: expected.map((value, k) =>
          value === null ? null : value * (1 + sign * Math.min(0.999, allowed(k))),
        ),
      },
      store,
      scales,
      less,
      (k) => applies[k],
    );
  const upper = sense === "at least" ? edge(-1) : edge(1);
  const lower =
    sense === "equal"
      ? edge(-1)
      : upper.map((value, k) => (k % 2 ? value + (sense === "at most" ? FADE : -FADE) : value));
  if (upper.length < 4 || lower.length < 4) return;
  const { context } = layer;
  context.save();
  context.globalAlpha = 0.2;
  context.fillStyle = color;
  context.beginPath();
  for (let k = 0; k < upper.length; k += 2) context.lineTo(upper[k], upper[k + 1]);
  for (let k = lower.length - 2; k >= 0; k -= 2) context.lineTo(lower[k], lower[k + 1]);
  context.closePath();
  context.fill();
  context.restore();
}

/**
 * When it stopped applying, in words.
 *
 * @param {Prediction} prediction
 * @param {Store} store
 * @param {Words["panels"]["predictions"]} words
 */
export function stopped({ until }, store, words) {
  return store.units.caption(words.stopped).replace("{at}", Number(until).toPrecision(3));
}

/**
 * @param {Layer} layer
 * @param {number} x
 * @param {number} y
 * @param {string} color
 */
function cross(layer, x, y, color) {
  for (const side of [-CROSS, CROSS])
    layer.stroke(new Float32Array([x - CROSS, y - side, x + CROSS, y + side]), 2, { color, width: 2 });
}

/**
 * Its points in pixels, by the clock of its own lane: as far as that has come where the clock counts what is spent.
 *
 * @param {Prediction} prediction
 * @param {Store} store
 * @param {ChartScales} scales
 * @param {number} less
 * @param {(k: number) => boolean} kept
 */
function polyline({ lane, time, expected }, { units, lanes }, scales, less, kept) {
  /** @type {number[]} */
  const points = [];
  for (let k = 0; k < time.length; k += 1) {
    const x = scales.x(placeOf(units, lanes[lane], time[k]));
    const value = expected[k] ?? 0;
    if (kept(k) && value > less && !Number.isNaN(x)) points.push(x, scales.y(value - less));
  }
  return new Float32Array(points);
}

/**
 * Points on what is in sight of the curve, where its label may stand.
 *
 * @param {Float32Array} points
 * @param {ChartScales} scales
 * @returns {Point[]}
 */
function anchors(points, scales) {
  /** @type {number[]} */
  const seen = [];
  for (let k = 0; k + 3 < points.length; k += 2)
    if (points[k] <= scales.right && points[k + 1] <= scales.bottom) seen.push(k);
  if (!seen.length) return [];
  const [from, to] = [points[seen[0]], points[Math.min(seen[seen.length - 1] + 2, points.length - 2)]];
  return SHARES.map((share) => {
    const x = from + share * (to - from);
    const k = seen.findLast((each) => points[each] <= x) ?? seen[0];
    const part = points[k + 2] > points[k] ? (x - points[k]) / (points[k + 2] - points[k]) : 0;
    return { x, y: points[k + 1] + part * (points[k + 3] - points[k + 1]) };
  });
}
