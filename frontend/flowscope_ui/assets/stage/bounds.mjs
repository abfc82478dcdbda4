// What part of the space of outputs the stage shows, and from where it is seen best.

import * as THREE from "three";

/** @import { Meta, Surface } from "../types.d.ts" */

/**
 * Corners in outputs, and whether they leave some of the sheet out.
 *
 * @typedef {{ low: number[], high: number[], cut: boolean }} Bounds
 */
/**
 * From the outputs at `k` of `values` to the world.
 *
 * @typedef {(values: ArrayLike<number>, k: number) => [number, number, number]} ToWorld
 */

const REACH = 2.4; // times the reach of start, best point and target
const ELEVATION = 0.47; // radians above the floor, at first
const AZIMUTHS = Array.from({ length: 24 }, (_, k) => (k * Math.PI) / 12);

/**
 * The corners {low, high} around flat `points` and the `marks`, with a little air.
 *
 * @param {ArrayLike<number>} points
 * @param {number[][]} marks
 */
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
  return {
    low: low.map((value, axis) => value - 0.02 * (high[axis] - value || 1)),
    high: high.map((value, axis) => value + 0.02 * (value - low[axis] || 1)),
  };
}

/**
 * `bounds` cut to a few times the reach of the marks, so that a sheet that goes far does not make the flows tiny.
 *
 * @param {{ low: number[], high: number[] }} bounds
 * @param {number[][]} marks
 */
export function focus(bounds, marks) {
  const axes = [0, 1, 2];
  const middle = axes.map(
    (axis) => (Math.min(...marks.map((mark) => mark[axis])) + Math.max(...marks.map((mark) => mark[axis]))) / 2,
  );
  const reach = REACH * Math.max(...marks.map((mark) => Math.hypot(...axes.map((axis) => mark[axis] - middle[axis]))));
  if (!(reach > 0)) return { ...bounds, cut: false };
  const low = axes.map((axis) => Math.max(bounds.low[axis], middle[axis] - reach));
  const high = axes.map((axis) => Math.min(bounds.high[axis], middle[axis] + reach));
  return { low, high, cut: axes.some((axis) => low[axis] > bounds.low[axis] || high[axis] < bounds.high[axis]) };
}

/**
 * The box of a run on its sheet, or on its marks alone. `corners` [...low, ...high] are those of a box that stays as it
 * is.
 *
 * @param {Meta} meta
 * @param {Surface | null} surface
 * @param {number[] | null} [corners]
 */
export function boxOf(meta, surface, corners = null) {
  const marks = /** @type {number[][]} */ (
    [meta.target, meta.best?.outputs, ...meta.start.map((start) => start.outputs)].filter(Boolean)
  );
  const whole = boundsOf(surface ? surface.points : marks.flat(), marks);
  if (!corners) return focus(whole, marks);
  const [low, high] = [corners.slice(0, 3), corners.slice(3)];
  return { low, high, cut: low.some((value, axis) => value > whole.low[axis] || high[axis] < whole.high[axis]) };
}

/**
 * How outputs in a box lie in the world, of two units at its longest: {scale, toWorld(values, k), toOutputs(point)}.
 *
 * @param {{ low: number[], high: number[] }} bounds
 * @returns {{ scale: number, toWorld: ToWorld, toOutputs: (point: THREE.Vector3) => number[] }}
 */
export function worldOf({ low, high }) {
  const scale = 2 / Math.max(...high.map((value, axis) => value - low[axis]));
  const [a, b, c] = high.map((value, axis) => (value + low[axis]) / 2);
  return {
    scale,
    toWorld: (values, k) => [scale * (values[k] - a), scale * (values[k + 2] - c), -scale * (values[k + 1] - b)],
    toOutputs: ({ x, y, z }) => [x / scale + a, b - z / scale, y / scale + c],
  };
}

/**
 * Every fourth cell of the sheet as a triangle of world points.
 *
 * @param {Surface} surface
 * @param {ToWorld} toWorld
 */
export function facets({ rows, columns, points }, toWorld) {
  const out = [];
  /**
   * @param {number} row
   * @param {number} column
   */
  const at = (row, column) => new THREE.Vector3(...toWorld(points, 3 * (row * columns + column)));
  for (let row = 0; row + 1 < rows; row += 2) {
    for (let column = 0; column + 1 < columns; column += 2)
      out.push([at(row, column), at(row + 1, column), at(row, column + 1)]);
  }
  return out;
}

/**
 * The direction to look from that shows most of the sheet, with the way from start to best point across the picture.
 *
 * @param {THREE.Vector3[][]} triangles
 * @param {THREE.Vector3} from
 * @param {THREE.Vector3} to
 */
export function broadest(triangles, from, to) {
  const way = to.clone().sub(from);
  const normals = triangles.map(([a, b, c]) => b.clone().sub(a).cross(c.clone().sub(a)));
  const scores = AZIMUTHS.map((azimuth) => {
    const direction = new THREE.Vector3().setFromSphericalCoords(1, Math.PI / 2 - ELEVATION, azimuth);
    const area =
      normals.reduce((sum, normal) => sum + Math.abs(normal.dot(direction)), 0) /
      (normals.reduce((sum, normal) => sum + normal.length(), 0) || 1);
    const across = way.length() ? way.clone().cross(direction).length() / way.length() : 1;
    return { direction, score: area + 0.7 * across };
  });
  return scores.reduce((best, each) => (each.score > best.score + 1e-9 ? each : best)).direction;
}

/**
 * Directions to look from, by the unit normal y − f* at the best point: down it, or along the sheet.
 *
 * @type {Record<string, (normal: THREE.Vector3) => THREE.Vector3>}
 */
export const FACES = {
  normal: (normal) => normal,
  edge: (normal) => {
    const across = new THREE.Vector3(0, 1, 0).cross(normal);
    return across.length() > 1e-6 ? across.normalize() : new THREE.Vector3(1, 0, 0);
  },
};
