// The stage of a run with two parameters and no sheet in three outputs: the plane of parameters, with contours of the
// loss.

import { later } from "../stream/later.mjs";
import { Terrain } from "./plane.mjs";

/**
 * @import { Port } from "../stream/port.mjs"
 * @import { Store } from "../stream/store.mjs"
 * @import { Ink, Look, Meta } from "../types.d.ts"
 * @import { TerrainWords } from "./plane.mjs"
 */

export class Landscape extends Terrain {
  /**
   * @param {HTMLElement} place
   * @param {TerrainWords} words
   * @param {Port} port
   */
  constructor(place, words, port) {
    super(place, "landscape", words, port);
  }

  /**
   * A new run. Returns whether it can be drawn here: two parameters on the wire.
   *
   * @param {Meta} meta
   * @param {unknown} _
   * @param {Ink} ink
   */
  show(meta, _, ink) {
    if (meta.parameters !== 2 || !meta.start[0].theta || meta.target?.length === 3) return false;
    return Boolean(this.open(meta, ink));
  }

  /**
   * Another run of the same sizes, in the same ranges, over the ground that is there until its own is known.
   *
   * @param {Meta} meta
   */
  again(meta) {
    const { low, high, first, ground } = this;
    this.open(meta, this.inks);
    Object.assign(this, { low, high, first, ground });
    this.moved();
  }

  /** @param {boolean} hidden */
  hide(hidden) {
    this.layer.canvas.hidden = hidden;
    if (hidden) Object.assign(this, { meta: later, store: null }); // an answer that comes later is nobody's
  }

  /**
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  draw(store, frame, looks) {
    if (this.meta) super.draw(store, frame, looks);
  }

  settle() {
    if (this.meta) super.settle();
  }
}
