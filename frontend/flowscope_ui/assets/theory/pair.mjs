// Two paths held against each other: where the second one is when the first is at a row, and the angle and distance
// between them there.

/** @import { Column, Lane } from "../stream/store.mjs" */

/** @typedef {(typeof PAIRINGS)[number]} Pairing */

export const PAIRINGS = /** @type {const} */ (["time", "loss", "nearest"]);
// of the greatest speed of a path so far: below it a direction is rounding, and the angle undefined
export const SLOWEST = 1e-9;

const PLACES = { time: atEqualTimes, loss: atEqualLosses, nearest: atNearestPoints };

/**
 * Lane `a` against lane `b`, over their first rows (`counts`): per row of `a`, `place` is where `b` is then, in rows
 * (7.5 is midway between two; NaN: nowhere), and {angle (degrees), distance} tell of f' and f in `outputs`, of θ' and θ
 * in `theta`, which is null where θ is not recorded.
 *
 * @param {Lane} a
 * @param {Lane} b
 * @param {number[]} counts
 * @param {Pairing} pairing
 */
export function separation(a, b, counts, pairing) {
  const place = PLACES[pairing](a, b, counts);
  return {
    place,
    outputs: between(a, b, counts, place, "outputs", "motion"),
    theta: between(a, b, counts, place, "theta", "velocity"),
  };
}

/**
 * @param {Lane} a
 * @param {Lane} b
 * @param {number[]} counts
 * @param {Float64Array} place
 * @param {"outputs" | "theta"} point
 * @param {"motion" | "velocity"} velocity
 */
function between(a, b, counts, place, point, velocity) {
  const [points, velocities] = [point, velocity].map((name) => [a, b].flatMap(({ columns }) => columns[name] ?? []));
  if (points.length < 2 || velocities.length < 2) return null;
  const [slowest, least] = velocities.map((column, k) => floors(column, counts[k]));
  const [angle, distance] = [new Float64Array(counts[0]), new Float64Array(counts[0])];
  const { width } = points[0];
  const [p, q] = [new Float64Array(width), new Float64Array(width)];
  const [u, v] = velocities.map((column) => new Float64Array(column.width));
  for (let row = 0; row < counts[0]; row += 1) {
    at(points[0], row, p);
    at(points[1], place[row], q);
    at(velocities[0], row, u);
    at(velocities[1], place[row], v);
    distance[row] = gap(p, q);
    angle[row] = norm(u) > slowest[row] && norm(v) > least[Math.floor(place[row])] ? angleOf(u, v) : NaN;
  }
  return { angle, distance };
}

/**
 * Degrees between two directions; exact for small angles too (Kahan).
 *
 * @param {Float64Array} u
 * @param {Float64Array} v
 */
export function angleOf(u, v) {
  const [nu, nv] = [norm(u), norm(v)];
  let [less, more] = [0, 0];
  for (let k = 0; k < u.length; k += 1) {
    const [x, y] = [u[k] / nu, v[k] / nv];
    less += (x - y) ** 2;
    more += (x + y) ** 2;
  }
  return Math.min(180, (360 / Math.PI) * Math.atan2(Math.sqrt(less), Math.sqrt(more)));
}

/**
 * Per row the speed below which a direction is rounding.
 *
 * @param {Column} column
 * @param {number} count
 */
function floors({ data, width }, count) {
  const out = new Float64Array(count);
  let greatest = 0;
  for (let row = 0; row < count; row += 1) {
    const speed = norm(data.subarray(row * width, (row + 1) * width));
    if (speed > greatest) greatest = speed;
    out[row] = SLOWEST * greatest;
  }
  return out;
}

/**
 * Where `b` is at the same flow time: between its rows; nowhere beyond them.
 *
 * @param {Lane} a
 * @param {Lane} b
 * @param {number[]} counts
 */
function atEqualTimes(a, b, [rows, count]) {
  const [mine, theirs] = [a.columns.time.data, b.columns.time.data];
  let next = 0;
  return Float64Array.from({ length: rows }, (_, row) => {
    while (next < count && theirs[next] < mine[row]) next += 1;
    if (next === count) return NaN;
    return theirs[next] === mine[row]
      ? next
      : next
        ? next - 1 + (mine[row] - theirs[next - 1]) / (theirs[next] - theirs[next - 1])
        : NaN;
  });
}

/**
 * Where the loss of `b` first was as low, evenly in its logarithm between rows; nowhere where it has not been, or began
 * lower.
 *
 * @param {Lane} a
 * @param {Lane} b
 * @param {number[]} counts
 */
function atEqualLosses(a, b, [rows, count]) {
  const loss = b.columns.loss.data;
  const lowest = new Float64Array(count);
  for (let row = 0; row < count; row += 1) lowest[row] = row ? Math.min(lowest[row - 1], loss[row]) : loss[row];
  return Float64Array.from({ length: rows }, (_, row) => {
    const level = a.columns.loss.data[row];
    const next = first(count, (k) => lowest[k] <= level);
    if (next === count) return NaN;
    if (next === 0) return loss[0] === level ? 0 : NaN;
    return next - 1 + Math.log(loss[next - 1] / level) / Math.log(loss[next - 1] / loss[next]);
  });
}

/**
 * The nearest point of the path of `b` so far, on the chords between its rows: in outputs, else nowhere. Exact: what is
 * passed over is too far along the path to be nearer.
 *
 * @param {Lane} a
 * @param {Lane} b
 * @param {number[]} counts
 */
function atNearestPoints(a, b, [rows, count]) {
  const [mine, theirs] = [a.columns.outputs, b.columns.outputs];
  if (!mine || !theirs || !count) return new Float64Array(rows).fill(NaN);
  const { width, data } = theirs;
  const vertex = (/** @type {number} */ k) => data.subarray(k * width, (k + 1) * width);
  const along = new Float64Array(count); // length of the path up to a row
  for (let k = 1; k < count; k += 1) along[k] = along[k - 1] + gap(vertex(k - 1), vertex(k));
  let place = 0;
  const point = new Float64Array(width);
  return Float64Array.from({ length: rows }, (_, row) => {
    const from = mine.data.subarray(row * width, (row + 1) * width);
    at(theirs, place, point);
    let best = gap(from, point); // the nearest of the row before is a good first guess
    for (let k = 0; k < count;) {
      const distance = gap(from, vertex(k));
      if (distance < best) [best, place] = [distance, k];
      if (k + 1 < count) {
        const share = shareOf(from, vertex(k), vertex(k + 1));
        at(theirs, k + share, point);
        const near = share > 0 && share < 1 ? gap(from, point) : Infinity;
        if (near < best) [best, place] = [near, k + share];
      }
      const reach = along[k] + distance - best;
      k = Math.max(k + 1, first(count, (j) => along[j] > reach) - 1);
    }
    return place;
  });
}

/**
 * Where the foot of the perpendicular from a point to a chord lies along it.
 *
 * @param {ArrayLike<number>} from
 * @param {ArrayLike<number>} start
 * @param {ArrayLike<number>} end
 */
function shareOf(from, start, end) {
  let [dot, square] = [0, 0];
  for (let k = 0; k < from.length; k += 1) {
    dot += (from[k] - start[k]) * (end[k] - start[k]);
    square += (end[k] - start[k]) ** 2;
  }
  return square > 0 ? Math.min(1, Math.max(0, dot / square)) : 0;
}

/**
 * The first of 0 … count − 1 for which `test` holds, once it does for all that follow; `count` where it never does.
 *
 * @param {number} count
 * @param {(k: number) => boolean} test
 */
function first(count, test) {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (test(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Puts a column at a place between rows into `out`; NaN where there is none.
 *
 * @param {Column} column
 * @param {number} place
 * @param {Float64Array} out
 */
function at({ data, width }, place, out) {
  const row = Math.floor(place);
  const share = place - row;
  for (let k = 0; k < width; k += 1) {
    const before = data[row * width + k];
    out[k] = share > 0 ? before + share * (data[(row + 1) * width + k] - before) : before;
  }
}

/** @param {Float64Array} values */
function norm(values) {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}

/**
 * @param {Float64Array} p
 * @param {Float64Array} q
 */
function gap(p, q) {
  let sum = 0;
  for (let k = 0; k < p.length; k += 1) sum += (p[k] - q[k]) ** 2;
  return Math.sqrt(sum);
}
