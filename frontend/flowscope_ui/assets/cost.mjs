// What each solver has spent, and its rank by every clock to reach a chosen loss.

import { along } from "./clock.mjs";

const SPREAD = 0.2; // of repeated timings: beyond it wall time says nothing

export const SPENT = ["step", "rejected", "evaluations.f", "evaluations.jacobian", "evaluations.jvp", "evaluations.vjp", "evaluations.solve", "flops", "wall_seconds"];

/** The first of `count` rows at which a lane's excess loss (its loss, where no reference is known) is at most `share` of the first; −1 before. */
export function reached({ columns }, count, share) {
  const excess = columns.excess_loss.data;
  const { data } = Number.isNaN(excess[0]) ? columns.loss : columns.excess_loss;
  for (let k = 0; k < count; k += 1) if (data[k] <= share * data[0]) return k;
  return -1;
}

/** Ranks from 1 by ascending cost; equal costs share a rank, NaN has none (0). */
export function ranks(costs) {
  return costs.map((cost) => (Number.isNaN(cost) ? 0 : 1 + costs.filter((other) => other < cost).length));
}

/** Per clock of `axes` the ranks of `lanes` with `counts` rows. */
export function ranking(lanes, counts, share, axes) {
  const rows = lanes.map((lane, index) => reached(lane, counts[index], share));
  return axes.map((axis) => ranks(rows.map((row, index) => (row < 0 ? NaN : along({ axis, factor: () => 1 }, lanes[index], row + 1)[row]))));
}

/** The pairs of lanes [a, b] whose order is not the same by every clock. */
export function swaps(table) {
  const pairs = [];
  for (let a = 0; a < table[0].length; a += 1) {
    for (let b = a + 1; b < table[0].length; b += 1) {
      const signs = table.map((row) => (row[a] && row[b] ? Math.sign(row[a] - row[b]) : 0));
      if (signs.includes(1) && signs.includes(-1)) pairs.push([a, b]);
    }
  }
  return pairs;
}

/** Wall times of ended runs of one spec, of which repetitions are timings of the same work: the page runs it again on restart. */
export class Timings {
  constructor() {
    this.known = new Map();
    this.noted = new WeakSet();
  }

  /** How many timings of this run's spec there are, and the widest (max − min)/median over its lanes. */
  of(store) {
    const key = JSON.stringify(store.meta.spec);
    const all = this.known.get(key) ?? [];
    if (!this.noted.has(store) && store.lanes.every(({ status, count }) => count && status !== "running")) {
      this.noted.add(store);
      this.known.set(key, all);
      all.push(store.lanes.map((lane) => lane.last("wall_seconds", lane.count)));
    }
    return { count: all.length, spread: all.length > 1 ? spreadOf(all) : 0, silent: all.length > 1 && spreadOf(all) > SPREAD };
  }
}

function spreadOf(all) {
  return Math.max(...all[0].map((_, lane) => {
    const sorted = all.map((each) => each[lane]).sort((a, b) => a - b);
    const middle = (sorted.length - 1) / 2;
    const median = (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
    return (sorted.at(-1) - sorted[0]) / median;
  }));
}

export const timings = new Timings();
