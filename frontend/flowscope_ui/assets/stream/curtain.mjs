// What of a run has arrived and is withheld: the rows beyond a frame, and the news of its end, until the curtain is
// lifted.

/** @import { Store } from "./store.mjs" */
/** @import { Batch, LaneState, Meta } from "../types.d.ts" */

export class Curtain {
  /**
   * `frameOf(meta)` is the last frame that is shown of a run; Infinity where nothing is withheld.
   *
   * @param {(meta: Meta) => number} frameOf
   */
  constructor(frameOf) {
    this.frameOf = frameOf;
    this.last = Infinity;
    /** @type {Batch[]} */
    this.held = [];
    /** @type {LaneState[] | null} */
    this.over = null;
  }

  /**
   * The stream begins, or goes on where the store stopped: what was withheld comes again.
   *
   * @param {Meta} meta
   */
  begin(meta) {
    Object.assign(this, { last: this.frameOf(meta), held: [], over: null });
  }

  /**
   * Hands a batch on to `store`, as far as it may be seen.
   *
   * @param {Store} store
   * @param {Batch} batch
   */
  take(store, batch) {
    if (this.held.length || !store.append(batch, this.last)) this.held.push(batch);
  }

  /**
   * Whether the end of the run, with its `lanes`, is withheld too.
   *
   * @param {LaneState[]} lanes
   */
  hides(lanes) {
    this.over = this.held.length ? lanes : null;
    return this.over !== null;
  }

  /**
   * Hands on everything, now and from now on; returns the lanes of a run whose end was withheld, else null.
   *
   * @param {Store | null} store
   */
  lift(store) {
    const { held, over } = this;
    Object.assign(this, { frameOf: () => Infinity, last: Infinity, held: [], over: null });
    for (const batch of held) store?.append(batch);
    if (store) store.silent = false;
    return over;
  }
}
