// @ts-nocheck
// Curves as pixels: first, least, greatest and last value of each pixel column, so that a spike of width 1 survives.

const DEEPER = 1e3; // a value that falls all the time is tried so far ahead
const FIRST = 1024;

/** A curve whose rows come one after the other: those that are in are not looked at again. */
export class Decimation {
  /** Points go into `out`, x₀, y₀, x₁, y₁, …; without one it grows as they come. */
  constructor(out = null) {
    Object.assign(this, { out: out ?? new Float32Array(FIRST), grows: !out, count: 0, points: 0 });
    Object.assign(this, { column: NaN, inside: 0 }); // of the pixel column under way: `inside` rows so far
    // their rows, and when they came
    Object.assign(this, { least: 0, greatest: 0, newest: 0, leastWhen: 0, greatestWhen: 0 });
    this.mapped = Infinity; // the least value that is known to have a pixel
  }

  /**
   * Takes rows up to `count` in and returns how many points all of them are: row k stands at `xs[k]`, `data[k·width +
   * offset]`. `xs` ascend; `toX` and `toY`, always the same, map data to pixels, what maps to NaN is left out. `toY`, a
   * logarithm, is asked of few values: it is monotone, and a number from some value on.
   */
  extend(xs, { data, width = 1, offset = 0 }, count, toX, toY) {
    const value = (row) => data[row * width + offset];
    for (let k = this.count; k < count; k += 1) this.take(k, xs, value, toX, toY);
    this.count = Math.max(this.count, count);
    const kept = this.points;
    if (this.inside) this.flush(xs, value, toX, toY); // more rows may fall into this column
    const points = this.points;
    this.points = kept;
    return points;
  }

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

/** Writes all of `count` rows into `out` (at least 2·count numbers) and returns how many points. */
export function decimate(xs, ys, count, toX, toY, out) {
  return new Decimation(out).extend(xs, { data: ys }, count, toX, toY);
}

/** {curve, points} of a curve that comes anew: its Decimation, and how many points it has. */
export function whole(xs, source, count, toX, toY) {
  const curve = new Decimation();
  const points = curve.extend(xs, source, count, toX, toY);
  return { curve, points };
}

/**
 * {curve, points} of a curve of `lane`, of which rows were taken in before under the same `key` and `mark`; `mark`
 * names all that pixels depend on.
 */
export function thinned(lane, key, mark, xs, source, count, toX, toY) {
  lane.thinned ??= new Map();
  const full = `${mark} ${lane.epoch}`;
  let memo = lane.thinned.get(key);
  if (memo?.mark !== full || memo.curve.count > count)
    lane.thinned.set(key, (memo = { mark: full, curve: new Decimation() }));
  const points = memo.curve.extend(xs, source, count, toX, toY);
  return { curve: memo.curve, points };
}
