// The panel of the loss: what theory says of it behind the curves, and the residual of its slopes below.

import { rule } from "../canvas/rule.mjs";
import { hasReference } from "../stream/convention.mjs";
import { drawMarks } from "../theory/moment.mjs";
import { drawPredictions, predicted, predictedRows } from "../theory/overlay.mjs";
import { SHARE, slopeStrip } from "../theory/slope.mjs";
import { tunesOf } from "../theory/tune.mjs";
import { Chart } from "./chart.mjs";
import { FLOOR, floorNote } from "./floor.mjs";

/** @import { Layer } from "../canvas/layer.mjs" */
/** @import { Lane, Store } from "../stream/store.mjs" */
/** @import { Align, ChartScales, Meta, Note, Setting, Words } from "../types.d.ts" */

/** @typedef {{ start: number, end: number }} Rate */

const APART = 1.6; // e-folds that a curve may be from its prediction

/** @param {Pick<Setting<"loss">, "place" | "text" | "words">} setting */
export function panel({ place, text: { panels }, words }) {
  const loss = { slopes: false, scale: /** @type {number | undefined} */ (undefined) };
  /** @type {Note[]} */
  let told = []; // the labels of the predictions as they were last drawn
  return new Chart(place, {
    name: "loss",
    low: 1e-4,
    high: 3,
    room: 3,
    floor: FLOOR,
    leaders: true,
    endings: words.endings,
    get strips() {
      return loss.slopes ? 1 - SHARE : undefined;
    },
    /** Whether the residual of the slopes is shown below. */
    choose: (layers) => {
      loss.slopes = layers.has("slope");
    },
    curves: (lane, store) => {
      const quantity = lossColumn(lane);
      const part = { offset: 0, width: 1, name: "" };
      const raw = quantity === "excess_loss" && (store.reference ?? 0) > FLOOR;
      return [
        { ...part, quantity, column: lane.columns[quantity], weight: 2.2 },
        ...(raw
          ? [{ ...part, quantity: "loss", column: lane.columns.loss, weight: 1.1, name: " (L)", faint: true }]
          : []),
      ];
    },
    facets: (drawing) => {
      if (!loss.slopes) return [];
      const strip = slopeStrip(drawing, lossColumns(drawing.store.meta), words, loss.scale);
      loss.scale = strip.exponent;
      return [strip];
    },
    backdrop: (drawing) => {
      const { layer, scales, frame, store, ink } = drawing;
      rule(layer, scales.left, scales.right, scales.y(FLOOR), ink.faint, [1, 3]);
      const less = bottom(store);
      told = [
        ...drawPredictions(drawing, { columns: lossColumns(store.meta), less }, panels.predictions),
        ...drawMarks(drawing, less, panels.predictions),
      ];
      const rate = exponentialRate(store, frame);
      if (rate) slope(layer, scales, rate, rate.holds ? ink.dim : ink.faint);
    },
    theory: (store, looks) => predictedRows(store, looks, { columns: lossColumns(store.meta), less: bottom(store) }),
    notes: ({ scales, frame, store }) => {
      const rate = exponentialRate(store, frame);
      const notes = [
        ...referenceNote(scales, store, words),
        ...floorNote(scales, words.floor),
        ...told,
        ...rawNote(scales, store, words.faint),
      ];
      if (rate)
        notes.push(
          rate.holds
            ? { text: rateCaption(store, words.rate, rate), ...besideSlope(scales, rate) }
            : {
                text: rateCaption(store, words.broken, rate),
                x: scales.left + 8,
                y: scales.bottom - 11,
                align: "left",
              },
        );
      return notes;
    },
  });
}

/**
 * What happened to L*: that a lane came below it, or that it is at infinity.
 *
 * @param {ChartScales} scales
 * @param {Store} store
 * @param {Words["panels"]["loss"]} words
 * @returns {Note[]}
 */
function referenceNote(scales, store, words) {
  const place = /** @type {const} */ ({ x: scales.left + 8, y: scales.bottom - 27, align: "left" });
  if (store.lowered !== undefined)
    return [
      { text: words.lowered.replace("{t}", (store.units.factor("time") * store.lowered).toPrecision(3)), ...place },
    ];
  return store.meta.infimum?.attained === false ? [{ text: words.unattained, ...place }] : [];
}

/**
 * The columns that theory's curves over the loss may speak of.
 *
 * @param {Meta} meta
 */
function lossColumns(meta) {
  return hasReference(meta) ? ["loss", "excess_loss"] : ["loss"];
}

/**
 * L* in force, in units of the loss; 0 where none is known.
 *
 * @param {Store} store
 */
function bottom(store) {
  return store.units.factor("loss") * (store.reference ?? 0);
}

/**
 * What the faint curves are, beside where they come to rest.
 *
 * @param {ChartScales} scales
 * @param {Store} store
 * @param {string} text
 * @returns {Note[]}
 */
function rawNote(scales, store, text) {
  const best = bottom(store);
  if (!(best > FLOOR)) return [];
  const anchors = [0.5, 0.35, 0.2, 0.65].map((share) => ({
    x: scales.left + share * (scales.right - scales.left),
    y: scales.y(best),
  }));
  return [{ key: "raw", text: store.units.caption(text).replace("{best}", best.toPrecision(3)), anchors }];
}

/** @param {Lane} lane */
function lossColumn(lane) {
  const { excess_loss: excess } = lane.columns;
  return excess.count && Number.isNaN(excess.data[0]) ? "loss" : "excess_loss";
}

/**
 * L − L* of the first lane that has an exponent κ by theory, e^{−κt} where the best point is the one it reaches and no
 * hand is on it: its start, and whether that holds so far. Nothing while the run is silent.
 *
 * @param {Store} store
 * @param {number} frame
 * @returns {Rate & { exponent: number, holds: boolean } | null}
 */
function exponentialRate(store, frame) {
  const lane = store.lanes.find(({ exponent }) => exponent !== null);
  const count = lane?.upTo(frame) ?? 0;
  if (
    !lane ||
    lane.exponent === null ||
    !count ||
    store.silent ||
    store.units.axis.columns ||
    !hasReference(store.meta) ||
    predicted(store, lane) ||
    tunesOf(store, lane.solver).length
  )
    return null;
  const { exponent } = lane;
  const first = lane.columns.excess_loss.data[0];
  const reached = Math.max(lane.last("excess_loss", count), FLOOR);
  const fallen = Math.max(first * Math.exp(-exponent * lane.last("time", count)), FLOOR);
  const start = store.units.factor("excess_loss") * first;
  const end = (store.units.factor("time") * Math.log(start / FLOOR)) / exponent;
  const holds = lane.status !== "rank_loss" && Math.abs(Math.log(reached / fallen)) < APART;
  return { start, end, exponent, holds };
}

/**
 * @param {Store} store
 * @param {string} text
 * @param {{ exponent: number }} rate
 */
function rateCaption(store, text, { exponent }) {
  return store.units.caption(text).replace("{exponent}", String(Number(exponent.toPrecision(3))));
}

/**
 * Straight on an axis of time, bent on one of its logarithm.
 *
 * @param {Layer} layer
 * @param {ChartScales} scales
 * @param {Rate} rate
 * @param {string} color
 */
function slope(layer, scales, { start, end }, color) {
  const times = scales.log ? Array.from({ length: 120 }, (_, k) => end * 10 ** (-6 * (1 - k / 119))) : [0, end];
  const points = times.flatMap((time) => [scales.x(time), scales.y(start * (FLOOR / start) ** (time / end))]);
  layer.stroke(new Float32Array(points), times.length, { color, dash: [4, 4], width: 1.2 });
}

/**
 * Left of the slope, near where it leaves the picture.
 *
 * @param {ChartScales} scales
 * @param {Rate} rate
 * @returns {{ x: number, y: number, align: Align }}
 */
function besideSlope(scales, { start, end }) {
  if (scales.log) return { x: scales.left + 8, y: scales.bottom - 11, align: "left" };
  const [x0, y0, x1, y1] = [scales.x(0), scales.y(start), scales.x(end), scales.y(FLOOR)];
  const share = 0.62 * Math.min(1, (scales.bottom - y0) / (y1 - y0), (scales.right - x0) / (x1 - x0));
  return { x: x0 + share * (x1 - x0) - 8, y: y0 + share * (y1 - y0) + 9, align: "right" };
}
