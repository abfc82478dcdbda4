// Ranks against the choice of clock, as lines from clock to clock.

/**
 * @import { Layer } from "../canvas/layer.mjs"
 * @import { Ink, Look } from "../types.d.ts"
 */

const SIZE = 10.8;
const LINE = 15;
const GAP = 8; // pixels between two names of clocks

/**
 * Draws `table`, per clock of `names` the ranks of `looks` (0: none), between `upper` and `foot`; every other name is a
 * line lower where they have no room beside each other.
 *
 * @param {object} drawing
 * @param {Layer} drawing.layer
 * @param {Ink} drawing.inks
 * @param {number[][]} drawing.table
 * @param {string[]} drawing.names
 * @param {Look[]} drawing.looks
 * @param {number} drawing.upper
 * @param {number} drawing.foot
 */
export function drawBump({ layer, inks, table, names, looks, upper, foot }) {
  const { scale, width } = layer;
  const wide = names.map((name) => layer.measure(name, SIZE));
  const step = (0.76 * width) / Math.max(1, names.length - 1);
  const crowded = names.some((_, k) => k && (wide[k - 1] + wide[k]) / 2 + GAP * scale > step);
  const drop = crowded ? LINE * scale : 0;
  const lower = foot - 14 * scale - drop;
  if (lower - upper < 24 * scale) return;
  /** @param {number} k */
  const x = (k) => 0.12 * width + k * step;
  /** @param {number} rank */
  const y = (rank) => upper + ((rank - 1) * (lower - upper)) / Math.max(1, looks.length - 1);
  names.forEach((name, k) => {
    layer.stroke(new Float32Array([x(k), upper, x(k), lower]), 2, { color: inks.grid, width: 1 });
    layer.words(name, x(k), lower + 13 * scale + (k % 2) * drop, { color: inks.dim, size: SIZE, align: "center" });
  });
  const seen = new Map();
  looks.forEach(({ style }, index) => {
    const points = names.flatMap((_, k) => {
      const rank = table[k][index];
      if (!rank) return [];
      const tied = seen.get(`${k} ${rank}`) ?? 0;
      seen.set(`${k} ${rank}`, tied + 1);
      return [x(k), y(rank) + 7 * scale * tied];
    });
    layer.stroke(new Float32Array(points), points.length / 2, { color: style.color, dash: style.dash, width: 2 });
    for (let k = 0; k < points.length; k += 2)
      layer.marker(style.marker, points[k], points[k + 1], 4, style.color, inks.panel);
  });
  for (let rank = 1; rank <= looks.length; rank += 1)
    layer.words(`${rank}`, 0.12 * width - 16, y(rank), { color: inks.dim, size: 10.8, align: "right" });
}
