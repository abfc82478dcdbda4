// Words in a chart: names at the heads, the names of the curves at their ends, and the notes a panel adds.

import { endingOf } from "../canvas/ending.mjs";
import { placeBeside, placeLabels } from "../canvas/label.mjs";

/** @import { Store } from "../stream/store.mjs" */
/** @import { Box, ChartScales, LaneCurves, Note, Point } from "../types.d.ts" */
/** @import { Chart } from "./chart.mjs" */

const SIZE = 11.5;
const BROAD = 0.6; // of the plot: a longer name makes room for how its lane ended

/**
 * What the panel says about itself, and the names of several curves of one lane; returns the boxes they take.
 *
 * @param {Chart} chart
 * @param {ChartScales} scales
 * @param {number} frame
 * @param {Store} store
 * @returns {Box[]}
 */
export function drawNotes(chart, scales, frame, store) {
  const { layer, panel, inks } = chart;
  const notes = panel.notes?.({ layer, scales, frame, store }) ?? [];
  chart.notes = notes.map(({ text }) => text);
  const taken = notes
    .filter(({ anchors }) => !anchors)
    .map(({ text, x = 0, y = 0, align }) => {
      const width = layer.words(text, x, y, { color: inks.dim, size: 11, align, halo: inks.panel });
      return { x: align === "right" ? x - width : x, y: y - 7, width, height: 14 };
    });
  for (const note of notes.filter(({ anchors }) => anchors?.length))
    taken.push(...drawBeside(chart, scales, note, taken));
  for (const { text, x, y, color } of chart.ends) {
    const box = { x: x + 8, y: y - 6, width: 14, height: 12 };
    if (taken.some((other) => Math.abs(other.y - box.y) < 11 && Math.abs(other.x - box.x) < 14)) continue;
    layer.words(text, box.x, y, { color, size: SIZE, weight: 600, halo: inks.panel });
    taken.push(box);
  }
  return taken;
}

/**
 * Words beside a curve, clear of the measured ones; without room only those that must stand do. Returns the boxes they
 * take.
 *
 * @param {Chart} chart
 * @param {ChartScales} scales
 * @param {Note} note
 * @param {Box[]} taken
 * @returns {Box[]}
 */
function drawBeside({ layer, inks, beads, memory }, scales, { key, text, color, anchors = [], must }, taken) {
  const size = { width: layer.measure(text, 11, 560) + 2, height: 14 * layer.scale };
  const frame = { width: scales.right + 8, height: scales.bottom };
  const inside = anchors.map(({ x, y }) => ({ x: Math.max(x, scales.left), y }));
  const box = placeBeside(
    { key, anchors: inside, ...size },
    [...beads, ...taken, { x: 0, y: 0, width: scales.left, height: scales.bottom }],
    frame,
    memory,
  );
  const at =
    box ?? (must && { x: Math.max(scales.left + 6, anchors[0].x - size.width - 6), y: anchors[0].y + 3, ...size });
  if (!at) return [];
  layer.words(text, at.x, at.y + at.height / 2, { color: color ?? inks.dim, size: 11, weight: 560, halo: inks.panel });
  return [at];
}

/**
 * The lane's name at each head, clear of the others, of the curves and of `taken`.
 *
 * @param {Chart} chart
 * @param {ChartScales} scales
 * @param {(LaneCurves & { head: Point | null })[]} heads
 * @param {Box[]} taken
 */
export function drawNames(chart, scales, heads, taken) {
  const { layer, memory, inks, panel } = chart;
  const named = heads.flatMap(({ head, ...look }) => (head && look.lane.first !== false ? [{ ...look, head }] : []));
  const labels = named.map(({ head, lane, style, count }) => {
    const ending = endingOf(lane, count, panel.endings);
    const told = [lane.name, ending].filter(Boolean).join(": ");
    // its colour says whose
    const text = ending && layer.measure(told, SIZE, 600) > BROAD * (scales.right - scales.left) ? ending : told;
    return {
      key: lane.lane,
      text,
      color: style.color,
      x: head.x,
      y: head.y,
      width: layer.measure(text, SIZE, 600) + 2,
      height: (SIZE + 3) * layer.scale,
    };
  });
  const obstacles = [
    ...taken,
    ...chart.beads,
    ...named.map(({ head }) => ({ x: head.x - 5, y: head.y - 5, width: 10, height: 10 })),
  ];
  const frame = { width: scales.right + 10, height: scales.bottom + 2, scale: layer.scale };
  for (const { label, x, y, far, crowded } of placeLabels(labels, obstacles, frame, memory)) {
    if (crowded || (far && !panel.leaders)) continue; // the names stand in the panel that has leaders
    if (far) layer.leader(label, x, y, label.width, label.color);
    layer.words(label.text, x, y, { color: label.color, size: SIZE, weight: 600, halo: inks.panel });
  }
}
