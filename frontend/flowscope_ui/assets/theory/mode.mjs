// What is known of the modes of K at a row: their tracks, and what the rates that the engine states for them predict.

/** @import { Column, Lane } from "../stream/store.mjs" */

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
 * The share of each place in how fast the loss falls now, Σ 1; null where theory has no rates or modes are not
 * recorded.
 *
 * @param {Lane} lane
 * @param {number} row
 */
export function shares(lane, row) {
  const { modes, rates } = lane.columns;
  if (!modes || !rates) return null;
  const { width } = modes;
  const out = Array.from({ length: width }, (_, k) => rates.data[row * width + k] * modes.data[row * width + k] ** 2);
  const sum = out.reduce((a, b) => a + b, 0);
  return sum > 0 ? out.map((each) => each / sum) : null;
}

/**
 * ∫ rate dt of each track along the recorded path, by trapezoids; grows with the rows and begins anew where they were
 * thinned.
 */
export class Decay {
  /** @param {Lane} lane */
  constructor(lane) {
    this.lane = lane;
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
    const { time, rates } = this.lane.columns;
    if (!rates) return this.sum;
    for (; this.count < count; this.count += 1) {
      const row = this.count;
      const half = row ? (time.data[row] - time.data[row - 1]) / 2 : 0;
      for (let place = 0; place < this.sum.length; place += 1) {
        const track = trackAt(this.lane, row, place);
        const rate = rates.data[row * rates.width + place];
        this.sum[track] += half * (this.now[track] + rate);
        this.now[track] = rate;
      }
    }
    return this.sum;
  }
}
