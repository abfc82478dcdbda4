// A hand on the run: of what it wishes in a row only the newest is started, one at a time, and how long it waits is
// measured.

import { Latest } from "../stream/latest.mjs";
import { withValue } from "./slider.mjs";

/**
 * @import { Session } from "../stream/session.mjs"
 * @import { Store } from "../stream/store.mjs"
 * @import { Meta, Page, Spec, Surface } from "../types.d.ts"
 */

const QUICK = 500; // ms between two moves of a hand that is on its way
const WAITS = "flowscope:first-frame"; // the name of the measures, in the browser's own list

export class Hand {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    /** @type {Surface | null} */
    this.surface = null;
    /** @type {{ at: number, session: Session | null } | null} */
    this.wished = null;
    this.movedAt = -Infinity;
    this.asking = false;
    this.resting = false;
    /** @type {string | undefined} */
    this.sizes = undefined; // what the surface is of
    /** @type {Latest<{ spec: Spec, at: number }>} */
    this.moves = new Latest(async ({ spec, at }) => {
      this.asking = true;
      const sentence = await page.start(spec, { by: "hand" }).finally(() => {
        this.asking = false;
      });
      if (!sentence) {
        this.wished = { at, session: page.session };
        await page.session?.first;
      }
      if (this.resting && !this.moves.waiting) this.settle();
    });
  }

  /**
   * Starts a run of `spec`, unless a newer wish comes first.
   *
   * @param {Spec} spec
   */
  move(spec) {
    this.page.chosen.spec = spec;
    this.resting = false;
    this.movedAt = performance.now();
    this.moves.wish({ spec, at: this.movedAt });
  }

  /**
   * Starts a run in which a solver takes another step η; a name that tells η tells the new one.
   *
   * @param {number} solver
   * @param {number} eta
   */
  setStepSize(solver, eta) {
    const { page } = this;
    const spec = /** @type {Spec} */ (page.spec);
    this.move(page.opening.followed(withValue(spec, `solvers.${solver}.optimizer.eta`, eta), spec));
  }

  /**
   * Whether it is on its way at `now`: then nobody waits for what theory says of where it has been.
   *
   * @param {number} now
   */
  isQuick(now) {
    return now - this.movedAt < QUICK;
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
    if (page.spec) page.opening.form(page.spec);
    page.remember();
    this.renew();
  }

  /**
   * The sheet of a run lies around its own start and target, and its curvature is that about this target: where the
   * hand has left others, it is asked for once more.
   */
  async renew() {
    const {
      page: { api, scope, session },
      surface,
    } = this;
    if (!surface || !session || surface.run === session.id) return;
    const fresh = await api.stage(session.id);
    if (!fresh || session !== this.page.session) return;
    this.surface = Object.assign(fresh, { run: session.id });
    /** @type {Store} */ (session.store).surface = this.surface;
    scope.resurface(fresh);
  }

  /**
   * Whether the surface at hand, or that there is none, is that of a run: the same network and inputs, and it reaches
   * as far as its start.
   *
   * @param {Meta} meta
   */
  covers({ spec, inputs, start, target }) {
    const { surface, page } = this;
    const sizes = JSON.stringify([spec.network, inputs, page.scope.layers?.has("curvature") && target]);
    const same = sizes === this.sizes;
    this.sizes = sizes;
    if (!surface || !same) return same;
    const last = surface.theta.length - 2;
    return [0, 1].every((axis) =>
      start.every(({ theta }) => {
        const value = theta?.[axis] ?? NaN;
        return value >= surface.theta[axis] && value <= surface.theta[last + axis];
      }),
    );
  }

  /**
   * Called after every drawing: measures the wait for the first frame.
   *
   * @param {Session} session
   */
  drawn(session) {
    if ((session.drawn ?? 0) < 0) return;
    session.seen();
    if (this.wished?.session !== session) return;
    performance.measure(WAITS, { start: this.wished.at, end: performance.now() });
    this.wished = null;
  }
}
