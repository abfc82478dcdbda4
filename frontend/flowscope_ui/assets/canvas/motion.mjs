// Whether a view would look as it does already: over a long run a frame moves its heads by a small part of a pixel.

const PART = 0.25; // of a pixel
const LATEST = 250; // ms after which a view is drawn all the same: what it tells beside its curves may have changed

export class Motion {
  constructor() {
    /** @type {WeakMap<object, { heads: number[], at: number }>} */
    this.known = new WeakMap();
  }

  /**
   * Whether `view`, whose heads at the frame to come are at `heads` (x₀, y₀, …), stands where it was drawn last.
   *
   * @param {object} view
   * @param {number[]} heads
   * @param {number} now
   */
  rests(view, heads, now) {
    const last = this.known.get(view);
    return (
      last !== undefined &&
      now - last.at < LATEST &&
      last.heads.length === heads.length &&
      heads.every(
        (each, k) => Math.abs(each - last.heads[k]) < PART || (Number.isNaN(each) && Number.isNaN(last.heads[k])),
      )
    );
  }

  /**
   * It is drawn there at time `now` (ms).
   *
   * @param {object} view
   * @param {number[]} heads
   * @param {number} now
   */
  note(view, heads, now) {
    this.known.set(view, { heads, at: now });
  }
}
