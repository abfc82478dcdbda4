// The declared linear map that shows paths in R^N as paths in a plane, and how much of each path it keeps. Pure;
// nothing is fitted to a path.

/** @typedef {{ origin: number[], axes: number[][], mode: number }} Plan */

const PARALLEL = 1e-6; // an axis with less than this share outside the axes before it adds nothing
const PAIRED = 24; // rows of a path whose distances are compared
const RETAINED = 0.8;
const SHRUNK = 0.3;

/**
 * Two orthonormal axes in R^N around the outputs at the `start`: the direction to the `target`, then the first of
 * `eigenvectors` (of the kernel at the start) that is not parallel to it, without what lies along it. {origin, axes,
 * mode: which eigenvector, from 0}, or null where N < 2.
 *
 * @param {number[]} start
 * @param {number[]} target
 * @param {number[][]} eigenvectors
 * @returns {Plan | null}
 */
export function declaredMap(start, target, eigenvectors) {
  const way = target.map((value, k) => value - start[k]);
  const first = norm(way) > 0 ? scaled(way, 1 / norm(way)) : eigenvectors[0];
  for (let mode = 0; mode < eigenvectors.length; mode += 1) {
    const rest = without(without(eigenvectors[mode], first), first);
    if (norm(rest) > PARALLEL) return { origin: start, axes: [first, scaled(rest, 1 / norm(rest))], mode };
  }
  return null;
}

/**
 * The coordinates of the outputs in `data` from `from` on into `at`.
 *
 * @param {Plan} map
 * @param {ArrayLike<number>} data
 * @param {number} from
 * @param {number[]} at
 */
export function mapped({ origin, axes }, data, from, at) {
  let [x, y] = [0, 0];
  for (let k = 0; k < origin.length; k += 1) {
    const change = data[from + k] - origin[k];
    x += axes[0][k] * change;
    y += axes[1][k] * change;
  }
  at[0] = x;
  at[1] = y;
}

/** What the map keeps of one path, row after row. */
export class Keeping {
  /** @param {Plan} map */
  constructor(map) {
    this.map = map;
    this.sum = new Float64Array(map.origin.length);
    this.at = [0, 0];
    this.flat = [0, 0];
    this.count = 0;
    this.whole = 0;
    this.seen = 0;
    this.measured = 0;
    this.shrunk = 0;
  }

  /**
   * Takes in rows up to `count` of `data`.
   *
   * @param {ArrayLike<number>} data
   * @param {number} count
   */
  follow(data, count) {
    const { map, sum, at, flat } = this;
    const width = sum.length;
    for (; this.count < count; this.count += 1) {
      const from = this.count * width;
      for (let k = 0; k < width; k += 1) {
        const change = data[from + k] - map.origin[k];
        sum[k] += change;
        this.whole += change * change;
      }
      mapped(map, data, from, at);
      for (const axis of [0, 1]) {
        flat[axis] += at[axis];
        this.seen += at[axis] * at[axis];
      }
    }
    if (this.count <= 1.05 * this.measured) return;
    this.measured = this.count;
    this.shrunk = shrinkage(map, data, count);
  }

  /** The share of the path's variance that lies in the plane; 1 for a path that has not moved. */
  get retained() {
    const n = Math.max(1, this.count);
    const whole = this.whole - this.sum.reduce((total, value) => total + value * value, 0) / n;
    return whole > 1e-18 * this.whole ? (this.seen - (this.flat[0] ** 2 + this.flat[1] ** 2) / n) / whole : 1;
  }

  /** Whether a shape in the plane says little about the path. */
  get misleads() {
    return this.retained < RETAINED || this.shrunk > SHRUNK;
  }
}

/**
 * By how much distances between rows of a path shrink in the plane, on average over pairs: 0 … 1.
 *
 * @param {Plan} map
 * @param {ArrayLike<number>} data
 * @param {number} count
 */
export function shrinkage(map, data, count) {
  const width = map.origin.length;
  const rows = Array.from({ length: Math.min(PAIRED, count) }, (_, k, wanted = Math.min(PAIRED, count)) =>
    Math.round((k * (count - 1)) / Math.max(1, wanted - 1)),
  );
  const flat = rows.map((row) => {
    const at = [0, 0];
    mapped(map, data, row * width, at);
    return at;
  });
  let [before, after] = [0, 0];
  for (let i = 0; i < rows.length; i += 1) {
    for (let j = 0; j < i; j += 1) {
      let square = 0;
      for (let k = 0; k < width; k += 1) square += (data[rows[i] * width + k] - data[rows[j] * width + k]) ** 2;
      before += Math.sqrt(square);
      after += Math.hypot(flat[i][0] - flat[j][0], flat[i][1] - flat[j][1]);
    }
  }
  return before > 0 ? 1 - after / before : 0;
}

/** @param {number[]} vector */
function norm(vector) {
  return Math.hypot(...vector);
}

/**
 * @param {number[]} vector
 * @param {number} factor
 */
function scaled(vector, factor) {
  return vector.map((value) => factor * value);
}

/**
 * @param {number[]} vector
 * @param {number[]} unit
 */
function without(vector, unit) {
  const along = vector.reduce((sum, value, k) => sum + value * unit[k], 0);
  return vector.map((value, k) => value - along * unit[k]);
}
