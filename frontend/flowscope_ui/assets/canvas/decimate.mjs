// Curves as pixels: first, least, greatest and last value of each pixel column, so that a spike of width 1 survives.

/** @import { Lane } from "../stream/store.mjs" */
/** @import { Beads } from "./label.mjs" */
/** @import { Source } from "../types.d.ts" */

const DEEPER = 1e3; // a value that falls all the time is tried so far ahead
const FIRST = 1024;
/** @type {WeakMap<Lane, Map<string, { mark: string, curve: Decimation }>>} */
const known = new WeakMap();

/** A curve whose rows come one after the other: those that are in are not looked at again. */
export class Decimation {
  /**
   * Points go into `out`, x₀, y₀, x₁, y₁, …; without one it grows as they come.
   *
   * @param {Float32Array | null} [out]
   */
  constructor(out = null) {
    this.out = out ?? new Float32Array(FIRST);
    this.grows = !out;
    this.count = 0;
    this.points = 0;
    this.column = NaN; // the pixel column under way
    this.inside = 0; // rows of it so far
    // their rows, and when they came
    this.least = 0;
    this.greatest = 0;
    this.newest = 0;
    this.leastWhen = 0;
    this.greatestWhen = 0;
    /** @type {Beads | undefined} */
    this.beads = undefined; // along it, for names to keep clear of
    this.mapped = Infinity; // the least value that is known to have a pixel
  }

  /**
   * Takes rows up to `count` in and returns how many points all of them are: row k stands at `xs[k]`, `data[k·width +
   * offset]`. `xs` ascend; `toX` and `toY`, always the same, map data to pixels, what maps to NaN is left out. `toY`, a
   * logarithm, is asked of few values: it is monotone, and a number from some value on.
   *
   * @param {ArrayLike<number>} xs
   * @param {Source} source
   * @param {number} count
   * @param {(value: number) => number} toX
   * @param {(value: number) => number} toY
   */
  extend(xs, { data, width = 1, offset = 0 }, count, toX, toY) {
    const value = (/** @type {number} */ row) => data[row * width + offset];
    for (let k = this.count; k < count; k += 1) this.take(k, xs, value, toX, toY);
    this.count = Math.max(this.count, count);
    const kept = this.points;
    if (this.inside) this.flush(xs, value, toX, toY); // more rows may fall into this column
    const points = this.points;
    this.points = kept;
    return points;
  }

  /**
   * @param {number} k
   * @param {ArrayLike<number>} xs
   * @param {(row: number) => number} value
   * @param {(value: number) => number} toX
   * @param {(value: number) => number} toY
   */
  take(k, xs, value, toX, toY) {
    const y = value(k);
    if (!(y >= this.mapped)) {
      if (Number.isNaN(toY(y))) return;
      this.mapped = y > 0 && !Number.isNaN(toY(y / DEEPER)) ? y / DEEPER : y;
    }
    const x = toX(xs[k]);
    if (Number.isNaN(x)) return;
    if (Math.floor(x) !== this.column) {
      if (this.inside) this.flush(xs, value, toX, toY);
      Object.assign(this, { column: Math.floor(x), inside: 0 });
      this.put(x, toY(y));
    }
    if (this.inside === 0 || y < value(this.least)) [this.least, this.leastWhen] = [k, this.inside];
    if (this.inside === 0 || y > value(this.greatest)) [this.greatest, this.greatestWhen] = [k, this.inside];
    this.newest = k;
    this.inside += 1;
  }

  /**
   * @param {ArrayLike<number>} xs
   * @param {(row: number) => number} value
   * @param {(value: number) => number} toX
   * @param {(value: number) => number} toY
   */
  flush(xs, value, toX, toY) {
    const { least, leastWhen, greatest, greatestWhen, newest, inside } = this;
    const inner =
      leastWhen <= greatestWhen
        ? [
            [least, leastWhen],
            [greatest, greatestWhen],
          ]
        : [
            [greatest, greatestWhen],
            [least, leastWhen],
          ];
    for (const [row, when] of inner) if (when > 0 && when < inside - 1) this.put(toX(xs[row]), toY(value(row)));
    if (inside > 1) this.put(toX(xs[newest]), toY(value(newest)));
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  put(x, y) {
    if (this.grows && 2 * this.points + 2 > this.out.length) {
      const wider = new Float32Array(2 * this.out.length);
      wider.set(this.out);
      this.out = wider;
    }
    this.out[2 * this.points] = x;
    this.out[2 * this.points + 1] = y;
    this.points += 1;
  }
}

/**
 * Writes all of `count` rows into `out` (at least 2·count numbers) and returns how many points.
 *
 * @param {ArrayLike<number>} xs
 * @param {ArrayLike<number>} ys
 * @param {number} count
 * @param {(value: number) => number} toX
 * @param {(value: number) => number} toY
 * @param {Float32Array} out
 */
export function decimate(xs, ys, count, toX, toY, out) {
  return new Decimation(out).extend(xs, { data: ys }, count, toX, toY);
}

/**
 * {curve, points} of a curve that comes anew: its Decimation, and how many points it has.
 *
 * @param {ArrayLike<number>} xs
 * @param {Source} source
 * @param {number} count
 * @param {(value: number) => number} toX
 * @param {(value: number) => number} toY
 */
export function whole(xs, source, count, toX, toY) {
  const curve = new Decimation();
  const points = curve.extend(xs, source, count, toX, toY);
  return { curve, points };
}

/**
 * {curve, points} of a curve of `lane`, of which rows were taken in before under the same `key` and `mark`; `mark`
 * names all that pixels depend on.
 *
 * @param {Lane} lane
 * @param {string} key
 * @param {string} mark
 * @param {ArrayLike<number>} xs
 * @param {Source} source
 * @param {number} count
 * @param {(value: number) => number} toX
 * @param {(value: number) => number} toY
 */
export function thinned(lane, key, mark, xs, source, count, toX, toY) {
  const curves = known.get(lane) ?? new Map();
  known.set(lane, curves);
  const full = `${mark} ${lane.epoch}`;
  let memo = curves.get(key);
  if (memo?.mark !== full || memo.curve.count > count)
    curves.set(key, (memo = { mark: full, curve: new Decimation() }));
  const points = memo.curve.extend(xs, source, count, toX, toY);
  return { curve: memo.curve, points };
}
