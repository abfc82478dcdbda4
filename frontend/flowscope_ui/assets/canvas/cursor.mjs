// One cursor on all panels: the clock under the pointer in one chart is marked in every chart and on every path, with
// values.

import { along } from "../stream/clock.mjs";
import { short } from "../text/format.mjs";
import { plumb } from "./rule.mjs";

/** @import { Lane } from "../stream/store.mjs" */
/** @import { Layer } from "./layer.mjs" */
/** @import { ChartPicture, ChartScales, Ink, LaneCurves, PathRun, Point, Pointed, Units } from "../types.d.ts" */

const RING = 6.5; // pixels
const LINE = 14;

/**
 * Tells `chart.onPoint` which place of its clock is under the pointer, and null when it leaves.
 *
 * @param {ChartPicture} chart
 */
export function followPointer(chart) {
  const { place } = chart;
  place.addEventListener("pointermove", ({ clientX }) => {
    if (!chart.meta) return;
    const { left, right, at } = chart.axes.scales();
    const x = clientX - place.getBoundingClientRect().left;
    chart.onPoint?.(x >= left && x <= right ? at(x) : null);
  });
  place.addEventListener("pointerleave", () => chart.onPoint?.(null));
}

/**
 * The last of the first `count` rows of a lane that its clock has at a place; −1 beyond them and without a cursor.
 *
 * @param {Units} units
 * @param {Lane} lane
 * @param {number} count
 * @param {number | null | undefined} cursor
 */
export function rowAt(units, lane, count, cursor) {
  if (cursor === null || cursor === undefined || !count) return -1;
  const places = along(units, lane, count);
  if (cursor > places[count - 1]) return -1;
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle] <= cursor) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * The line of the cursor in a chart, a ring on each lane's first curve, and their values; what was marked, {lane, row,
 * x, y, value}.
 *
 * @param {ChartPicture} chart
 * @param {LaneCurves[]} curves
 * @param {ChartScales} scales
 * @returns {Pointed[]}
 */
export function drawCursorLine({ layer, units, cursor, inks: ink, axes, place }, curves, scales) {
  if (cursor === null || cursor === undefined) return [];
  const x = scales.x(cursor);
  if (!(x >= scales.left && x <= scales.right)) return [];
  plumb(layer, x, scales.top, scales.bottom, ink.dim, []);
  const marked = curves
    .filter(({ shown, lane, parts }) => shown && lane.first !== false && parts[0]?.column && !parts[0].own)
    .flatMap(({ lane, style, count, parts: [part] }) => {
      const row = rowAt(units, lane, count, cursor);
      if (row < 0) return [];
      const value = units.factor(part.quantity) * part.column.data[row * part.width + part.offset];
      const y = scales.y(value);
      if (!Number.isNaN(y)) ring(layer, x, y, style.color, ink.panel, 4);
      return [{ lane: lane.lane, row, x, y, value, color: style.color }];
    });
  if (axes.plot.data.length && place.matches(":hover")) return marked; // Plotly says the values there
  const wide = Math.max(0, ...marked.map(({ value }) => layer.measure(short(value), 11, 640)));
  const align = x + wide + 10 < scales.right ? "left" : "right";
  marked.forEach(({ value, color }, k) =>
    layer.words(short(value), x + (align === "left" ? 7 : -7), scales.top + (k + 0.7) * LINE * layer.scale, {
      color,
      size: 11,
      weight: 640,
      align,
      halo: ink.panel,
    }),
  );
  return marked;
}

/**
 * Rings on paths where they are at the cursor: `pixel(lane, row)` is {x, y}. What was marked.
 *
 * @param {Layer} layer
 * @param {PathRun[]} runs
 * @param {Units} units
 * @param {number | null | undefined} cursor
 * @param {(lane: Lane, row: number) => Point} pixel
 * @param {Ink} ink
 * @returns {Pointed[]}
 */
export function drawRings(layer, runs, units, cursor, pixel, ink) {
  return runs
    .filter(({ shown }) => shown)
    .flatMap(({ lane, style, trail }) => {
      const row = rowAt(units, lane, trail.count, cursor);
      if (row < 0) return [];
      const { x, y } = pixel(lane, row);
      ring(layer, x, y, style.color, ink.panel, RING);
      return [{ lane: lane.lane, row, x, y }];
    });
}

/**
 * A ring with a rim that sets it off from what it lies on.
 *
 * @param {Layer} layer
 * @param {number} x
 * @param {number} y
 * @param {string} color
 * @param {string} rim
 * @param {number} radius
 */
export function ring({ context, scale }, x, y, color, rim, radius) {
  for (const [width, stroke] of /** @type {[number, string][]} */ ([
    [4.5, rim],
    [2.2, color],
  ])) {
    context.beginPath();
    context.arc(x, y, radius * scale, 0, 2 * Math.PI);
    context.lineWidth = width * scale;
    context.strokeStyle = stroke;
    context.stroke();
  }
}
