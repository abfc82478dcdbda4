// @ts-nocheck
// The stage of a run with two parameters and no sheet in three outputs: the plane of parameters, with contours of the
// loss.

import { Plane } from "./plane.mjs";

export class Landscape extends Plane {
  constructor(place, words) {
    super(place, "landscape", words);
  }

  /** A new run. Returns whether it can be drawn here: two parameters on the wire. */
  show(meta, _, ink) {
    if (meta.parameters !== 2 || !meta.start[0].theta || meta.target?.length === 3) return false;
    return super.show({ meta }, ink);
  }

  /** Another run of the same sizes, in the same ranges, over the ground that is there until its own is known. */
  again(meta) {
    const { low, high, first, ground } = this;
    super.show({ meta }, this.inks);
    Object.assign(this, { low, high, first, ground });
    this.moved();
  }

  hide(hidden) {
    this.layer.canvas.hidden = hidden;
    if (hidden) this.meta = undefined;
  }

  draw(store, frame, looks) {
    if (this.meta) super.draw(store, frame, looks);
  }

  settle() {
    if (this.meta) super.settle();
  }
}
