// What each solver has spent, and its rank by every clock to reach a chosen loss.

import { along } from "../stream/clock.mjs";

/**
 * @import { Lane, Store } from "../stream/store.mjs"
 * @import { Clock, Counter } from "../types.d.ts"
 */

// a lane that stands so had not come to its end
const CUT = ["running", "horizon", "spent", "exhausted", "stalled", "stopped", "lost", "overstayed"];
const ROUNDING = 1e-14; // of the first loss: two losses that are nearer than this are equal
const SPREAD = 0.2; // of repeated timings: beyond it wall time says nothing

export const SPENT = /** @type {const} */ ([
  "step",
  "rejected",
  "evaluations.f",
  "evaluations.jacobian",
  "evaluations.jvp",
  "evaluations.vjp",
  "evaluations.solve",
  "flops",
  "wall_seconds",
]);

/**
 * The first of `count` rows at which a lane's excess loss (its loss, where no reference is known) is at most `share` of
 * the first; −1 before.
 *
 * @param {Lane} lane
 * @param {number} count
 * @param {number} share
 */
export function reached({ columns }, count, share) {
  const excess = columns.excess_loss.data;
  const { data } = Number.isNaN(excess[0]) ? columns.loss : columns.excess_loss;
  for (let k = 0; k < count; k += 1) if (data[k] <= share * data[0]) return k;
  return -1;
}

/**
 * Ranks from 1 by ascending cost; equal costs share a rank, NaN has none (0).
 *
 * @param {number[]} costs
 */
export function ranks(costs) {
  return costs.map((cost) => (Number.isNaN(cost) ? 0 : 1 + costs.filter((other) => other < cost).length));
}

/**
 * Per clock of `axes` the ranks of `lanes` with `counts` rows.
 *
 * @param {Lane[]} lanes
 * @param {number[]} counts
 * @param {number} share
 * @param {(Clock | Counter)[]} axes
 */
export function ranking(lanes, counts, share, axes) {
  const rows = lanes.map((lane, index) => reached(lane, counts[index], share));
  return axes.map((axis) =>
    ranks(rows.map((row, index) => (row < 0 ? NaN : along({ axis, factor: () => 1 }, lanes[index], row + 1)[row]))),
  );
}

/**
 * What a lane has spent at a row by the clock of `axis`.
 *
 * @param {Lane} lane
 * @param {number} row
 * @param {Clock | Counter} axis
 */
export function spentAt({ columns }, row, axis) {
  return (axis.columns ?? ["time"]).reduce((sum, name) => sum + columns[name].data[row], 0);
}

/**
 * By the clock of `axis`, `lanes` with `counts` rows where all of them have spent the same: {budget, losses, ranks}.
 * That is what every lane that goes on has spent, at most what is `declared`. A lane that came to its end before stands
 * where it is, and one that runs away comes last.
 *
 * @param {Lane[]} lanes
 * @param {number[]} counts
 * @param {Clock | Counter} axis
 * @param {number} [declared]
 */
export function standing(lanes, counts, axis, declared = Infinity) {
  const heads = lanes.map((lane, k) => spentAt(lane, counts[k] - 1, axis));
  const moving = lanes.map((lane, k) => counts[k] < lane.count || lane.status === "running");
  const limits =
    moving.includes(true) || Number.isFinite(declared) ? moving : lanes.map(({ status }) => CUT.includes(status));
  const asked = Math.min(declared, ...heads.filter((_, k) => limits[k]));
  const budget = Number.isFinite(asked) ? asked : Math.max(...heads);
  const losses = lanes.map((lane, k) => {
    // the step that reached the budget may have gone beyond it
    const whole = budget === declared && !moving[k] && lane.status === "spent";
    const loss = lane.columns.loss.data[whole ? counts[k] - 1 : lastWithin(lane, counts[k], axis, budget)];
    return Number.isNaN(loss) ? Infinity : loss;
  });
  const near = ROUNDING * Math.max(...lanes.map(({ columns }) => columns.loss.data[0]));
  return { budget, losses, ranks: losses.map((loss) => 1 + losses.filter((other) => other < loss - near).length) };
}

/**
 * The last of `count` rows at which a lane has spent at most `budget`.
 *
 * @param {Lane} lane
 * @param {number} count
 * @param {Clock | Counter} axis
 * @param {number} budget
 */
function lastWithin(lane, count, axis, budget) {
  let [low, high] = [0, count - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (spentAt(lane, middle, axis) <= budget) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * The pairs of lanes [a, b] whose order is not the same by every clock.
 *
 * @param {number[][]} table
 */
export function swaps(table) {
  /** @type {[number, number][]} */
  const pairs = [];
  for (let a = 0; a < table[0].length; a += 1) {
    for (let b = a + 1; b < table[0].length; b += 1) {
      const signs = table.map((row) => (row[a] && row[b] ? Math.sign(row[a] - row[b]) : 0));
      if (signs.includes(1) && signs.includes(-1)) pairs.push([a, b]);
    }
  }
  return pairs;
}

/**
 * Wall times of ended runs of one spec, of which repetitions are timings of the same work: the page runs it again on
 * restart.
 */
export class Timings {
  constructor() {
    /** @type {Map<string, number[][]>} */
    this.known = new Map();
    this.noted = new WeakSet();
  }

  /**
   * How many timings of this run's spec there are, and the widest (max − min)/median over its lanes.
   *
   * @param {Store} store
   */
  of(store) {
    const key = JSON.stringify(store.meta.spec);
    const all = this.known.get(key) ?? [];
    if (!this.noted.has(store) && store.lanes.every(({ status, count }) => count && status !== "running")) {
      this.noted.add(store);
      this.known.set(key, all);
      all.push(store.lanes.map((lane) => lane.last("wall_seconds", lane.count)));
    }
    return {
      count: all.length,
      spread: all.length > 1 ? spreadOf(all) : 0,
      silent: all.length > 1 && spreadOf(all) > SPREAD,
    };
  }
}

/** @param {number[][]} all */
function spreadOf(all) {
  return Math.max(
    ...all[0].map((_, lane) => {
      const sorted = all.map((each) => each[lane]).sort((a, b) => a - b);
      const middle = (sorted.length - 1) / 2;
      const median = (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
      return (sorted[sorted.length - 1] - sorted[0]) / median;
    }),
  );
}

/** @typedef {ReturnType<Timings["of"]>} Timing */

export const timings = new Timings();
