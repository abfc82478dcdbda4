// Several seeds of one solver as one curve: the median at every frame, and a band about it.

import { along } from "../stream/clock.mjs";
import { decimate } from "./decimate.mjs";
import { Beads } from "./label.mjs";

/** @import { Lane, Store } from "../stream/store.mjs" */
/** @import { Layer } from "./layer.mjs" */
/** @import { ChartPicture, ChartScales, Curve, LaneCurves, Point, Style, Units } from "../types.d.ts" */

/** @typedef {Record<"places" | "low" | "median" | "high", number[]> & { mark: string, filled: number }} Band */

/** @type {WeakMap<Lane, Map<string, Band>>} */
const known = new WeakMap();
/** @type {Record<string, [number, number]>} */
export const EDGES = { quartiles: [0.25, 0.75], range: [0, 1] }; // "seeds" draws every seed for itself

/**
 * The quantile q of ascending numbers, interpolated linearly, as numpy's.
 *
 * @param {ArrayLike<number>} sorted
 * @param {number} q
 */
export function quantile(sorted, q) {
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

/**
 * Whether `store` is drawn in bands in these units.
 *
 * @param {Store} store
 * @param {Units} units
 */
export function banded(store, units) {
  return store.meta.spec.seeds.length > 1 && units.band in EDGES;
}

/**
 * Over the first rows that all `lanes` of a solver have, up to `frame`: {count, places, median, low, high}, as
 * recorded, of one of the curves of each, `parts`; places are medians too, where each lane has its own clock. Rows that
 * are known are not computed again.
 *
 * @param {Lane[]} lanes
 * @param {Curve[]} parts
 * @param {Units} units
 * @param {number} frame
 * @param {string} key
 */
function bandOf(lanes, parts, units, frame, key) {
  const count = Math.min(...lanes.map((lane) => lane.upTo(frame)));
  const [lead] = lanes;
  const mark = `${units.band} ${units.axis.name} ${lanes.map(({ epoch }) => epoch)}`;
  const bands = known.get(lead) ?? new Map();
  known.set(lead, bands);
  /** @type {Band | undefined} */
  let memo = bands.get(key);
  if (memo?.mark !== mark) bands.set(key, (memo = { mark, filled: 0, places: [], low: [], median: [], high: [] }));
  const [from, to] = EDGES[units.band];
  const clocks = lanes.map((lane) => along(units, lane, count));
  for (; memo.filled < count; memo.filled += 1) {
    const row = memo.filled;
    const values = parts.map(({ column, width, offset }) => column.data[row * width + offset]).sort((a, b) => a - b);
    memo.low.push(quantile(values, from));
    memo.median.push(quantile(values, 0.5));
    memo.high.push(quantile(values, to));
    memo.places.push(
      quantile(
        clocks.map((places) => places[row]).sort((a, b) => a - b),
        0.5,
      ),
    );
  }
  return { ...memo, count };
}

/**
 * The bands of a solver whose first lane is `lane`, as they were drawn last, by chart and curve.
 *
 * @param {Lane} lane
 */
export function bandsOf(lane) {
  return known.get(lane);
}

/**
 * Draws the seeds of a solver, of which `curve` is the first, as bands of a chart; returns the head of the first.
 *
 * @param {ChartPicture} chart
 * @param {LaneCurves} own
 * @param {LaneCurves[]} curves
 * @param {number} frame
 * @param {ChartScales} scales
 * @returns {Point | null}
 */
export function drawBands(chart, { lane: { solver }, style, parts }, curves, frame, scales) {
  /** @type {Point | null} */
  let head = null;
  const mine = curves.filter(({ lane, count }) => lane.solver === solver && count);
  parts.forEach((part, index) => {
    if (part.own || part.faint) return;
    const band = bandOf(
      mine.map(({ lane }) => lane),
      mine.map((each) => each.parts[index]),
      chart.units,
      frame,
      `${chart.panel.name} ${index}`,
    );
    const factor = chart.units.factor(part.quantity);
    const drawn = drawBand(
      chart.layer,
      band,
      { style, weight: part.weight, halo: part.weight > 1.5 ? chart.inks.panel : null },
      scales.x,
      (value) => scales.y(factor * value),
    );
    if (!drawn) return;
    chart.beads.push(...new Beads(9).along(drawn.points, drawn.points.length / 2));
    if (part.end && parts.length > 1) chart.ends.push({ ...drawn.head, text: part.end, color: style.color });
    head ??= drawn.head;
  });
  return head;
}

/**
 * Fills the band and strokes the median over it; returns the head of the median.
 *
 * @param {Layer} layer
 * @param {Band & { count: number }} band
 * @param {{ style: Style, weight: number, halo: string | null }} look
 * @param {(value: number) => number} toX
 * @param {(value: number) => number} toY
 */
function drawBand(layer, { count, places, low, median, high }, { style, weight, halo }, toX, toY) {
  const [upper, lower, middle] = [high, low, median].map((values) => {
    const out = new Float32Array(2 * count);
    return out.subarray(0, 2 * decimate(places, values, count, toX, toY, out));
  });
  const { context } = layer;
  if (upper.length && lower.length) {
    context.save();
    context.globalAlpha = 0.22;
    context.fillStyle = style.color;
    context.beginPath();
    for (let k = 0; k < upper.length; k += 2) context.lineTo(upper[k], upper[k + 1]);
    for (let k = lower.length - 2; k >= 0; k -= 2) context.lineTo(lower[k], lower[k + 1]);
    context.fill();
    context.restore();
  }
  layer.stroke(middle, middle.length / 2, { color: style.color, dash: style.dash, width: weight, halo });
  return middle.length
    ? { points: middle, head: { x: middle[middle.length - 2], y: middle[middle.length - 1] } }
    : null;
}
