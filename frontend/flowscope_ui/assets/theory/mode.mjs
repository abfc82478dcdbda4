// What is known of the modes of K at a row: their tracks, the rate at which a flow empties each, and what that
// predicts.

/** @import { Column, Lane } from "../stream/store.mjs" */
/** @import { Meta, Solver } from "../types.d.ts" */

/** @typedef {(value: number, rho: number) => number} Rate */

/** @type {Record<string, Rate>} */
const RATES = {
  gradient: (value) => value,
  gauss_newton: (value, rho) => value / (rho + (1 - rho) * value),
  pullback: () => 1,
  pushforward: () => 1,
  any_rank: (value) => (value > 0 ? 1 : 0),
};

/**
 * (λ, ρ) ↦ the rate at which `solver` empties a mode of a linear network under squares; null where theory has none.
 *
 * @param {Solver} solver
 * @param {Meta} meta
 * @returns {Rate | null}
 */
export function rateOf(solver, meta) {
  const squares = (meta.spec.problem.loss?.kind ?? "squares") === "squares";
  return (squares && solver.flow && RATES[solver.flow.kind]) || null;
}

/**
 * How many eigenvalues lane `lane` records.
 *
 * @param {Lane} lane
 */
export function modeCount(lane) {
  return lane.columns.eigenvalues?.width ?? 0;
}

/**
 * The track of place `place` in `row`; the place itself where modes are not followed.
 *
 * @param {Lane} lane
 * @param {number} row
 * @param {number} place
 */
export function trackAt(lane, row, place) {
  const { tracks } = lane.columns;
  return tracks ? tracks.data[row * tracks.width + place] : place;
}

/**
 * λ_max/λ_min of `row`.
 *
 * @param {Lane} lane
 * @param {number} row
 */
export function condition(lane, row) {
  const { data, width } = /** @type {Column} */ (lane.columns.eigenvalues);
  return data[row * width] / data[row * width + width - 1];
}

/**
 * The share of each place in how fast the loss falls now, Σ 1; null where theory has no rate or modes are not recorded.
 *
 * @param {Lane} lane
 * @param {number} row
 * @param {Rate | null} rate
 */
export function shares(lane, row, rate) {
  const { modes, eigenvalues, rho } = lane.columns;
  if (!modes || !eigenvalues || !rate) return null;
  const { width } = modes;
  const out = Array.from(
    { length: width },
    (_, k) => rate(eigenvalues.data[row * width + k], rho.data[row]) * modes.data[row * width + k] ** 2,
  );
  const sum = out.reduce((a, b) => a + b, 0);
  return sum > 0 ? out.map((each) => each / sum) : null;
}

/**
 * ∫ rate dt of each track along the recorded path, by trapezoids; grows with the rows and begins anew where they were
 * thinned.
 */
export class Decay {
  /**
   * @param {Lane} lane
   * @param {Rate} rate
   */
  constructor(lane, rate) {
    this.lane = lane;
    this.rate = rate;
    this.sum = new Float64Array(modeCount(lane));
    this.now = new Float64Array(modeCount(lane));
    this.count = 0;
    this.epoch = lane.epoch;
  }

  begin() {
    Object.assign(this, { count: 0, epoch: this.lane.epoch });
    this.sum.fill(0);
  }

  /**
   * ∫ rate dt (m) by track over the first `count` rows.
   *
   * @param {number} count
   */
  upTo(count) {
    if (count < this.count || this.epoch !== this.lane.epoch) this.begin();
    const { time, rho, eigenvalues } = this.lane.columns;
    if (!eigenvalues) return this.sum;
    for (; this.count < count; this.count += 1) {
      const row = this.count;
      const half = row ? (time.data[row] - time.data[row - 1]) / 2 : 0;
      for (let place = 0; place < this.sum.length; place += 1) {
        const track = trackAt(this.lane, row, place);
        const rate = this.rate(eigenvalues.data[row * eigenvalues.width + place], rho.data[row]);
        this.sum[track] += half * (this.now[track] + rate);
        this.now[track] = rate;
      }
    }
    return this.sum;
  }
}
