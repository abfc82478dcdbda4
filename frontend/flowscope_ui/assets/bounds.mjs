// What part of the space of outputs the stage shows.

import * as THREE from "three";

const REACH = 2.4; // times the reach of start, best point and target

/** The corners {low, high} around flat `points` and the `marks`, with a little air. */
export function boundsOf(points, marks) {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  const all = [points, ...marks];
  for (const values of all) {
    for (let k = 0; k < values.length; k += 1) {
      if (!Number.isFinite(values[k])) continue;
      low[k % 3] = Math.min(low[k % 3], values[k]);
      high[k % 3] = Math.max(high[k % 3], values[k]);
    }
  }
  return { low: low.map((value, axis) => value - 0.02 * (high[axis] - value || 1)), high: high.map((value, axis) => value + 0.02 * (value - low[axis] || 1)) };
}

/** `bounds` cut to a few times the reach of the marks, so that a sheet that goes far does not make the flows tiny. */
export function focus(bounds, marks) {
  const axes = [0, 1, 2];
  const middle = axes.map((axis) => (Math.min(...marks.map((mark) => mark[axis])) + Math.max(...marks.map((mark) => mark[axis]))) / 2);
  const reach = REACH * Math.max(...marks.map((mark) => Math.hypot(...axes.map((axis) => mark[axis] - middle[axis]))));
  if (!(reach > 0)) return { ...bounds, cut: false };
  const low = axes.map((axis) => Math.max(bounds.low[axis], middle[axis] - reach));
  const high = axes.map((axis) => Math.min(bounds.high[axis], middle[axis] + reach));
  return { low, high, cut: axes.some((axis) => low[axis] > bounds.low[axis] || high[axis] < bounds.high[axis]) };
}

/** Every fourth cell of the sheet as a triangle of world points. */
export function facets({ rows, columns, points }, toWorld) {
  const out = [];
  const at = (row, column) => new THREE.Vector3(...toWorld(points, 3 * (row * columns + column)));
  for (let row = 0; row + 1 < rows; row += 2) {
    for (let column = 0; column + 1 < columns; column += 2) out.push([at(row, column), at(row + 1, column), at(row, column + 1)]);
  }
  return out;
}
