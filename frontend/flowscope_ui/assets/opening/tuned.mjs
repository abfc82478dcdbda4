// ρ set by hand, as a spec and the address tell it.

/**
 * @import { Session } from "../stream/session.mjs"
 * @import { Store } from "../stream/store.mjs"
 * @import { Page, Spec, Tune } from "../types.d.ts"
 */

const RESTS = 300; // ms without a move after which a hand on a slider rests

/**
 * A spec with ρ as it was set by hand.
 *
 * @param {Spec} spec
 * @param {Tune[] | undefined} tunes
 */
export const tuned = (spec, tunes) => (tunes?.length ? { ...spec, tunes } : spec);

/**
 * Every ρ of a run that was set by hand, by anybody, in the order of a spec.
 *
 * @param {Store} store
 */
export function tunesOf({ meta, tunes }) {
  const every = new Map(
    [...(meta.spec.tunes ?? []), ...tunes.values()].map(({ frame, solver, rho }) => [
      `${frame} ${solver}`,
      { frame, solver, rho },
    ]),
  );
  return [...every.values()].sort((a, b) => a.frame - b.frame || a.solver - b.solver);
}

export class Tunes {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    /** @type {number | undefined} */
    this.timer = undefined;
  }

  /**
   * Once the hand rests, the address of the run tells what it set.
   *
   * @param {Session} session
   */
  hear(session) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const {
        page,
        page: { chosen },
      } = this;
      if (session !== page.session || !session.store || chosen.run) return;
      chosen.tunes = tunesOf(session.store);
      page.remember();
    }, RESTS);
  }
}
