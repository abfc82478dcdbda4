// Where rows, and what theory says of times, stand on the axis of a chart: by flow time, or by what the lane itself has
// spent.

/** @import { Lane, Store } from "./store.mjs" */
/** @import { Clock, Counter, Units } from "../types.d.ts" */

/** @typedef {Clock | Counter} Axis */
/** @typedef {{ axis: Axis, rate: number, epoch: number, filled: number, data: Float64Array<ArrayBuffer> }} Places */

const FIRST = 1024;
/** @type {WeakMap<Lane, Places>} */
const known = new WeakMap();

/**
 * A lane's places on an axis as far as known, with room for `count`; begun anew where axis or rows changed.
 *
 * @param {Lane} lane
 * @param {Axis} axis
 * @param {number} rate
 * @param {number} count
 */
function memoOf(lane, axis, rate, count) {
  let memo = known.get(lane);
  if (memo?.axis !== axis || memo.rate !== rate || memo.epoch !== lane.epoch)
    known.set(lane, (memo = { axis, rate, epoch: lane.epoch, filled: 0, data: new Float64Array(FIRST) }));
  if (count > memo.data.length) {
    const wider = new Float64Array(Math.max(count, 2 * memo.data.length));
    wider.set(memo.data);
    memo.data = wider;
  }
  return memo;
}

/**
 * The places of the first `count` rows of a lane on the axis of `units`; no copy where they are what is recorded.
 *
 * @param {Pick<Units, "axis" | "factor">} units
 * @param {Lane} lane
 * @param {number} count
 */
export function along(units, lane, count) {
  const { axis } = units;
  const rate = units.factor("time");
  if (!axis.columns && rate === 1) return lane.columns.time.view(count);
  if (axis.columns?.length === 1) return lane.columns[axis.columns[0]].view(count);
  const memo = memoOf(lane, axis, rate, count);
  const columns = (axis.columns ?? /** @type {const} */ (["time"])).map((name) => lane.columns[name].data);
  for (; memo.filled < count; memo.filled += 1) {
    let sum = 0;
    for (const data of columns) sum += data[memo.filled];
    memo.data[memo.filled] = axis.columns ? sum : rate * sum;
  }
  return memo.data.subarray(0, count);
}

/**
 * The place of a time, in the units of `units`, on a lane's axis: between its rows; beyond them NaN, since nothing is
 * extrapolated.
 *
 * @param {Units} units
 * @param {Lane} lane
 * @param {number} time
 */
export function placeOf(units, lane, time) {
  if (!units.axis.columns) return time;
  const times = lane.columns.time.view(lane.count);
  if (!lane.count || !(time >= times[0] && time <= times[lane.count - 1])) return NaN;
  const places = along(units, lane, lane.count);
  let low = 0;
  let high = lane.count - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (times[middle] <= time) low = middle;
    else high = middle;
  }
  const span = times[high] - times[low];
  return places[low] + (span > 0 ? ((time - times[low]) / span) * (places[high] - places[low]) : 0);
}

/**
 * Where the points of a curve stand: at the rows of its lane, or at flow times of its own.
 *
 * @param {Units} units
 * @param {Lane} lane
 * @param {{ time: number[] } | undefined} own
 * @param {number} count
 */
export function placesOf(units, lane, own, count) {
  if (!own) return along(units, lane, count);
  const rate = units.factor("time");
  return own.time.map((time) => placeOf(units, lane, rate * time));
}

/**
 * The time at a frame, by the store's clock.
 *
 * @param {Store} store
 * @param {number} frame
 */
export function timeAt(store, frame) {
  return (
    store.units.factor("time") *
    Math.max(
      0,
      ...store.lanes.map((lane) => {
        const count = lane.upTo(frame);
        return count ? lane.last("time", count) : 0;
      }),
    )
  );
}
