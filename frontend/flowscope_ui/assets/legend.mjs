// Words in a chart: names at the heads, the names of the curves at their ends, and the notes a panel adds.

import { placeLabels } from "./label.mjs";

const SIZE = 11.5;

/** What the panel says about itself, and the names of several curves of one lane; returns the boxes they take. */
export function drawNotes(chart, scales, frame, store) {
  const { layer, panel, inks } = chart;
  const taken = (panel.notes?.({ scales, frame, store }) ?? []).map(({ text, x, y, align }) => {
    const width = layer.words(text, x, y, { color: inks.dim, size: 11, align, halo: inks.panel });
    return { x: align === "right" ? x - width : x, y: y - 7, width, height: 14 };
  });
  for (const { text, x, y, color } of chart.ends) {
    const box = { x: x + 8, y: y - 6, width: 14, height: 12 };
    if (taken.some((other) => Math.abs(other.y - box.y) < 11 && Math.abs(other.x - box.x) < 14)) continue;
    layer.words(text, box.x, y, { color, size: SIZE, weight: 600, halo: inks.panel });
    taken.push(box);
  }
  return taken;
}

/** The lane's name at each head, clear of the others, of the curves and of `taken`. */
export function drawNames(chart, scales, heads, taken) {
  const { layer, memory, inks, panel } = chart;
  const named = heads.filter(({ head, lane }) => head && lane.first !== false);
  const labels = named.map(({ head, lane, style }) => ({
    key: lane.lane, text: lane.name, color: style.color, x: head.x, y: head.y, width: layer.measure(lane.name, SIZE, 600) + 2, height: (SIZE + 3) * layer.scale,
  }));
  const obstacles = [...taken, ...chart.beads, ...named.map(({ head }) => ({ x: head.x - 5, y: head.y - 5, width: 10, height: 10 }))];
  const frame = { width: scales.right + 10, height: scales.bottom + 2 };
  for (const { label, x, y, far } of placeLabels(labels, obstacles, frame, memory)) {
    if (far && !panel.leaders) continue; // the names stand in the panel that has leaders
    if (far) layer.leader(label, x, y, label.width, label.color);
    layer.words(label.text, x, y, { color: label.color, size: SIZE, weight: 600, halo: inks.panel });
  }
}
