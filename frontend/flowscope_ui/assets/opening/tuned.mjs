// @ts-nocheck
// ρ set by hand, as a spec and the address tell it.

const RESTS = 300; // ms without a move after which a hand on a slider rests

/** A spec with ρ as it was set by hand. */
export const tuned = (spec, tunes) => (tunes?.length ? { ...spec, tunes } : spec);

/** Every ρ of a run that was set by hand, by anybody, in the order of a spec. */
export function tunesOf({ meta, tunes }) {
  const every = new Map(
    [...meta.spec.tunes, ...tunes.values()].map(({ frame, solver, rho }) => [
      `${frame} ${solver}`,
      { frame, solver, rho },
    ]),
  );
  return [...every.values()].sort((a, b) => a.frame - b.frame || a.solver - b.solver);
}

export class Tunes {
  constructor(page) {
    this.page = page;
  }

  /** Once the hand rests, the address of run `id` tells what it set. */
  hear(id) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const {
        page,
        page: { chosen, session },
      } = this;
      if (session.id !== id || !session.store || chosen.run) return;
      chosen.tunes = tunesOf(session.store);
      page.remember();
    }, RESTS);
  }
}
