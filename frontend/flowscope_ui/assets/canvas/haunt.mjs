// How other runs look behind the one that is shown: their methods' styles, faint, each with a letter of its own along
// every line and its name.

import { along, placeOf } from "../stream/clock.mjs";
import { shortened } from "./ruler.mjs";
import { styleOf } from "./style.mjs";
import { Trail } from "./trail.mjs";

/** @import { Lane } from "../stream/store.mjs" */
/** @import { Layer } from "./layer.mjs" */
/** @import { Box, ChartPicture, ChartScales, Ghost, GhostLane, Ink, Panel, Scheme, Units } from "../types.d.ts" */

/**
 * A stage as far as its ghosts need it.
 *
 * @typedef {object} Haunted
 * @property {GhostLane[]} ghosts
 * @property {WeakMap<Lane, Trail>} haunts
 * @property {Layer} layer
 * @property {{ project(values: ArrayLike<number>, k: number, at: [number, number, boolean]): void }} sight
 * @property {{ version: number }} view
 */

const FAINT = 0.3;
const MARKS = 3; // letters along a line
const SIZE = 10;

/**
 * What a view draws of a ghost {store, since, mark, name}: its lanes with their styles, from flow time `since` of the
 * run on.
 *
 * @param {Ghost} ghost
 * @param {Scheme} scheme
 * @returns {GhostLane[]}
 */
export function haunting({ store, since, mark, name }, scheme) {
  const lanes = store.lanes.filter(({ first, count }) => first && count);
  return lanes.map((lane) => ({ lane, store, since, mark, name, style: styleOf(store, lane, scheme) }));
}

/**
 * The curves of a chart's ghosts, kept as pixels while scales and rows are the same.
 *
 * @param {ChartPicture} chart
 * @param {ChartScales} scales
 */
export function drawGhosts(chart, scales) {
  const { panel, layer, units } = chart;
  for (const ghost of chart.ghosts) {
    const { lane, store, since, style } = ghost;
    const key = [
      scales.x(0),
      scales.x(1),
      scales.y(1e-6),
      scales.y(1),
      lane.count,
      since,
      units.axis.name,
      units.loss.name,
    ].join(" ");
    let known = chart.haunts.get(lane);
    if (known?.key !== key)
      chart.haunts.set(lane, (known = { key, curves: curvesOf({ panel, lane, store, since, units, scales }) }));
    for (const points of known.curves) {
      layer.stroke(points, points.length / 2, { color: style.color, dash: style.dash, width: 1.4, alpha: FAINT });
      drawMarks(layer, points, points.length / 2, ghost, scales);
    }
  }
}

/**
 * The paths of a stage's ghosts, those of one solver where it is not null.
 *
 * @param {Haunted} stage
 * @param {number | null} solver
 */
export function drawGhostTrails({ ghosts, haunts, layer, sight, view }, solver) {
  for (const ghost of ghosts) {
    const { lane, style } = ghost;
    if (solver !== null && lane.solver !== solver) continue;
    const trail = haunts.get(lane) ?? new Trail(lane);
    haunts.set(lane, trail);
    const { outputs } = lane.columns;
    if (outputs?.width === 3)
      trail.update(lane.count, view.version, (row, at) => sight.project(outputs.data, 3 * row, at));
    layer.stroke(trail.pixels, trail.kept, { color: style.color, dash: style.dash, width: 2, alpha: FAINT });
    drawMarks(layer, trail.pixels, trail.kept, ghost);
  }
}

/**
 * The letter of an overlay, a few times along its line: those of several stand in different places.
 *
 * @param {Layer} layer
 * @param {ArrayLike<number>} points
 * @param {number} count
 * @param {GhostLane} ghost
 * @param {ChartScales} [scales]
 */
function drawMarks(layer, points, count, { mark, style }, scales) {
  const shift = (Number(mark.codePointAt(0)) % 7) / 7;
  for (let k = 0; k < MARKS; k += 1) {
    const at = Math.min(count - 1, Math.floor(((k + 0.25 + 0.5 * shift) / MARKS) * count));
    const [x, y] = [points[2 * at], points[2 * at + 1]];
    const seen = !scales || (x >= scales.left && x <= scales.right && y >= scales.top && y <= scales.bottom);
    if (count > 1 && seen)
      layer.words(mark, x, y, { color: style.color, size: SIZE, weight: 700, align: "center", halo: null });
  }
}

/**
 * Names the overlays, a line for each, from (right, top) down and no wider than to `left`; returns the boxes that they
 * take.
 *
 * @param {Layer} layer
 * @param {GhostLane[]} ghosts
 * @param {{ left: number, right: number, top: number }} place
 * @param {Ink} ink
 * @returns {Box[]}
 */
export function drawGhostKey(layer, ghosts, { left, right, top }, ink) {
  const named = new Map(ghosts.map(({ mark, name }) => [mark, name]));
  return [...named].map(([mark, name], k) => {
    const text = shortened(layer, `${mark}  ${name}`, right - left, SIZE, 600);
    const y = top + (k + 0.5) * 1.35 * SIZE * layer.scale;
    const wide = layer.words(text, right, y, {
      color: ink.dim,
      size: SIZE,
      weight: 600,
      align: "right",
      halo: ink.panel,
    });
    return { x: right - wide, y: y - 7 * layer.scale, width: wide, height: 14 * layer.scale };
  });
}

/** @param {Pick<GhostLane, "lane" | "store" | "since"> & { panel: Panel, units: Units, scales: ChartScales }} ghost */
function curvesOf({ panel, lane, store, since, units, scales }) {
  return panel
    .curves(lane, store, lane.count)
    .filter(({ own, column }) => !own && column)
    .map(({ quantity, column, offset, width }) => {
      const factor = units.factor(quantity);
      const places = along(units, lane, lane.count);
      const from = since ? placeOf(units, lane, units.factor("time") * since) : 0;
      const every = Math.max(1, Math.floor(lane.count / 2000));
      const points = [];
      for (let k = 0; k < lane.count; k += every) {
        const x = scales.x(places[k] - from);
        const y = scales.y(factor * column.data[k * width + offset]);
        if (!Number.isNaN(y)) points.push(x, y);
      }
      return new Float32Array(points);
    });
}
