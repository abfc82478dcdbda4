// Curves as pixels: first, least, greatest and last value of each pixel column, so that a spike of width 1 survives.

const DEEPER = 1e3; // a value that falls all the time is tried so far ahead

/**
 * Writes x₀, y₀, x₁, y₁, … into `out` (at least 2·count numbers) and returns how many points.
 * `xs` ascend; `toX` and `toY` map data to pixels, what maps to NaN is left out. `toY`, a logarithm, is asked of few values: it is monotone, and
 * a number from some value on.
 */
export function decimate(xs, ys, count, toX, toY, out) {
  let [points, column, inside] = [0, NaN, 0]; // `inside`: rows of this column so far
  let [least, greatest, newest] = [0, 0, 0]; // their rows, and when they came
  let [leastWhen, greatestWhen] = [0, 0];
  let mapped = Infinity; // the least value that is known to have a pixel
  const put = (row) => {
    out[2 * points] = toX(xs[row]);
    out[2 * points + 1] = toY(ys[row]);
    points += 1;
  };
  const flush = () => {
    const inner = leastWhen <= greatestWhen ? [[least, leastWhen], [greatest, greatestWhen]] : [[greatest, greatestWhen], [least, leastWhen]];
    for (const [row, when] of inner) if (when > 0 && when < inside - 1) put(row);
    if (inside > 1) put(newest);
  };
  for (let k = 0; k < count; k += 1) {
    const value = ys[k];
    if (!(value >= mapped)) {
      if (Number.isNaN(toY(value))) continue;
      mapped = value > 0 && !Number.isNaN(toY(value / DEEPER)) ? value / DEEPER : value;
    }
    const x = toX(xs[k]);
    if (Number.isNaN(x)) continue;
    if (Math.floor(x) !== column) {
      if (inside) flush();
      column = Math.floor(x);
      inside = 0;
      put(k);
    }
    if (inside === 0 || value < ys[least]) {
      least = k;
      leastWhen = inside;
    }
    if (inside === 0 || value > ys[greatest]) {
      greatest = k;
      greatestWhen = inside;
    }
    newest = k;
    inside += 1;
  }
  if (inside) flush();
  return points;
}

/** Every `width`-th of `count` rows of numbers, from `offset` on. */
export function strided(data, width, offset, count) {
  const out = new Float64Array(count);
  for (let k = 0; k < count; k += 1) out[k] = data[k * width + offset];
  return out;
}
