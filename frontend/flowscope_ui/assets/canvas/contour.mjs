// Lines of equal value on a grid, and the levels at which they are drawn.

import { contours } from "d3-contour";

/** @typedef {[number, number]} Pair */

/**
 * Lines where the row-major `values` of a `rows` × `columns` grid pass each of `levels`: [{level, lines, areas}],
 * points as [column, row] in units of the grid. Lines end at the edge of the grid; areas (where the value is at least
 * the level) go along it.
 *
 * @param {ArrayLike<number>} values
 * @param {{ rows: number, columns: number }} grid
 * @param {number[]} levels
 * @returns {{ level: number, lines: Pair[][], areas: Pair[][][] }[]}
 */
export function contourLines(values, { rows, columns }, levels) {
  const make = contours().size([columns, rows]);
  return levels.map((level) => {
    /** @type {Pair[][][]} */
    const coordinates = make.contour(values, level).coordinates;
    const areas = coordinates.map((rings) =>
      rings.map((ring) => ring.map(([x, y]) => /** @type {Pair} */ ([clamp(x - 0.5, columns), clamp(y - 0.5, rows)]))),
    );
    const lines = coordinates.flat().flatMap((ring) => inner(ring, columns, rows));
    return { level, lines, areas };
  });
}

/**
 * Levels from the least to the greatest positive of `values`: powers of ten with as many steps between as make about
 * `wanted`.
 *
 * @param {Iterable<number>} values
 * @param {number} [wanted]
 * @param {number} [floor]
 */
export function logLevels(values, wanted = 14, floor = 1e-16) {
  let [low, high] = [Infinity, 0];
  for (const value of values)
    if (value > floor && Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
  if (!(high > low)) return [];
  const decades = Math.log10(high / low);
  const steps = [[1], [1, 3], [1, 2, 5]].find((each) => decades * each.length >= wanted) ?? [1, 2, 5];
  const skip = Math.max(1, Math.round(decades / wanted));
  const levels = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1) {
    if (power % skip) continue;
    for (const step of steps) levels.push(Number(`${step}e${power}`));
  }
  return levels.filter((level) => level > low && level < high);
}

/**
 * @param {number} value
 * @param {number} count
 */
function clamp(value, count) {
  return Math.min(count - 1, Math.max(0, value));
}

/**
 * The pieces of a closed ring that do not run along the edge of the grid.
 *
 * @param {Pair[]} ring
 * @param {number} columns
 * @param {number} rows
 * @returns {Pair[][]}
 */
function inner(ring, columns, rows) {
  const edge = (/** @type {Pair} */ [x, y]) => x === 0 || y === 0 || x === columns || y === rows;
  const open = ring.slice(0, -1);
  const first = open.findIndex(edge);
  if (first < 0) return [ring.map(([x, y]) => [x - 0.5, y - 0.5])];
  /** @type {Pair[][]} */
  const pieces = [];
  /** @type {Pair[]} */
  let piece = [];
  for (const point of [...open.slice(first), ...open.slice(0, first + 1)]) {
    if (!edge(point)) piece.push([point[0] - 0.5, point[1] - 0.5]);
    else if (piece.length) {
      pieces.push(piece);
      piece = [];
    }
  }
  return pieces.filter((each) => each.length > 1);
}
