// The function that the network of each lane is, asked of the engine where the playhead is: one question at a time, the
// newest frame next.

/**
 * @import { Port } from "../stream/port.mjs"
 * @import { Store } from "../stream/store.mjs"
 * @import { Functions } from "../types.d.ts"
 */

const LEAST = 120; // ms between two questions while the playhead moves
const MOST = 1000;

export class Asked {
  /** @param {Port} port */
  constructor(port) {
    this.port = port;
    /** @type {Store | null} */
    this.store = null;
    /** @type {Functions | null} */
    this.found = null;
    /** @type {string | null} */
    this.asked = null;
    /** @type {string | undefined} */
    this.key = undefined; // of what is known
    this.refused = false;
    this.next = 0;
  }

  /**
   * What is known of `store`: {frame, lanes, shape, inputs, outputs}, or null.
   *
   * @param {Store} store
   */
  of(store) {
    return this.store === store ? this.found : null;
  }

  /**
   * Asks for `lanes` at `frame`, unless that is known, is being asked, or it is not time yet; `exact`: it is time.
   *
   * @param {Store} store
   * @param {number[]} lanes
   * @param {number} frame
   * @param {boolean} exact
   */
  follow(store, lanes, frame, exact = false) {
    if (this.store !== store) Object.assign(this, { store, found: null, asked: null, next: 0, refused: false });
    const key = `${lanes} ${frame}`;
    if (
      !lanes.length ||
      this.refused ||
      this.key === key ||
      (exact && this.asked === key) ||
      (this.asked && !exact) ||
      (!exact && performance.now() < this.next)
    )
      return;
    Object.assign(this, { key, asked: key });
    const begun = performance.now();
    this.port.function(lanes, frame).then((found) => {
      if (this.store !== store || this.asked !== key) return;
      this.asked = null;
      // as long as the answer took
      this.next = performance.now() + Math.min(MOST, Math.max(LEAST, performance.now() - begun));
      if (!("shape" in found)) this.refused = true;
      else this.found = found;
      this.port.news();
    });
  }
}
