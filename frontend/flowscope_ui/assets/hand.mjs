// A hand on the run: of what it wishes in a row only the newest is started, one at a time, and how long it waits is measured.

import { setProps } from "./dash.mjs";
import { Latest } from "./latest.mjs";

const WAITS = "flowscope:first-frame"; // the name of the measures, in the browser's own list

export class Hand {
  constructor(page) {
    Object.assign(this, { page, surface: null, wished: null });
    this.moves = new Latest(async ({ spec, at }) => {
      const sentence = await page.start(spec, { by: "hand" });
      if (!sentence) {
        this.wished = { at, session: page.session };
        await page.session.first;
      }
      if (this.resting && !this.moves.waiting) this.settle();
    });
  }

  /** Starts a run of `spec`, unless a newer wish comes first. */
  move(spec) {
    this.page.chosen.spec = spec;
    this.resting = false;
    this.moves.wish({ spec, at: performance.now() });
  }

  /** The hand has left: once the last wish runs, address and form follow. */
  rest() {
    this.resting = true;
    if (!this.moves.busy) this.settle();
  }

  settle() {
    const { page } = this;
    this.resting = false;
    page.ghosts.held = false;
    setProps("spec", { data: page.spec });
    page.remember();
  }

  /** Whether the surface at hand is that of a run: the same network and inputs, and it reaches as far as its start. */
  covers({ spec, inputs, start }) {
    const { surface } = this;
    const sizes = JSON.stringify([spec.network, inputs]);
    const same = sizes === this.sizes;
    this.sizes = sizes;
    if (!surface?.theta || !same) return false;
    const last = surface.theta.length - 2;
    return [0, 1].every((axis) => start.every(({ theta }) => theta[axis] >= surface.theta[axis] && theta[axis] <= surface.theta[last + axis]));
  }

  /** Called after every drawing: measures the wait for the first frame. */
  drawn(session) {
    if (session.drawn < 0) return;
    session.seen();
    if (this.wished?.session !== session) return;
    performance.measure(WAITS, { start: this.wished.at, end: performance.now() });
    this.wished = null;
  }
}
