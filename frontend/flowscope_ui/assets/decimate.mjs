// Curves as pixels: first, least, greatest and last value of each pixel column, so that a spike of width 1 survives.

/**
 * Writes x₀, y₀, x₁, y₁, … into `out` (at least 2·count numbers) and returns how many points.
 * `xs` ascend; `toX`, `toY` map data to pixels; what maps to NaN is left out.
 */
export function decimate(xs, ys, count, toX, toY, out) {
  let points = 0;
  let column = NaN;
  let at = 0;
  const low = [0, 0, 0];
  const high = [0, 0, 0];
  const last = [0, 0, 0];
  const put = (x, y) => {
    out[2 * points] = x;
    out[2 * points + 1] = y;
    points += 1;
  };
  const flush = () => {
    const inner = low[2] <= high[2] ? [low, high] : [high, low];
    for (const [x, y, when] of inner) if (when > 0 && when < last[2]) put(x, y);
    if (last[2] > 0) put(last[0], last[1]);
  };
  for (let k = 0; k < count; k += 1) {
    const y = toY(ys[k]);
    if (Number.isNaN(y)) continue;
    const x = toX(xs[k]);
    if (Number.isNaN(x)) continue;
    if (Math.floor(x) !== column) {
      if (points) flush();
      column = Math.floor(x);
      at = 0;
      put(x, y);
    }
    if (at === 0 || y < low[1]) keep(low, x, y, at);
    if (at === 0 || y > high[1]) keep(high, x, y, at);
    keep(last, x, y, at);
    at += 1;
  }
  if (points) flush();
  return points;
}

function keep(into, x, y, at) {
  into[0] = x;
  into[1] = y;
  into[2] = at;
}

/** Every `width`-th of `count` rows of numbers, from `offset` on. */
export function strided(data, width, offset, count) {
  const out = new Float64Array(count);
  for (let k = 0; k < count; k += 1) out[k] = data[k * width + offset];
  return out;
}
