// Branching: the same problem again, from where a solver is at a frame.

/**
 * @import { Session } from "../stream/session.mjs"
 * @import { Lane } from "../stream/store.mjs"
 */

/**
 * The spec of a run that starts where `lane` is at the playhead, with the solvers that are not in `hide`, for what is
 * left of the horizon.
 *
 * @param {Session} session
 * @param {Lane} lane
 * @param {Set<number>} hide
 */
export function branchOf({ store, tunes, playhead }, lane, hide) {
  const { spec } = store.meta;
  const count = lane.upTo(playhead.frame);
  const parent = {
    ...spec,
    tunes: [...tunes.values()]
      .map(({ frame, solver, rho }) => ({ frame, solver, rho }))
      .sort((a, b) => a.frame - b.frame || a.solver - b.solver),
  };
  const shown = spec.solvers.filter((_, solver) => !hide.has(solver));
  return {
    ...spec,
    start: { kind: "branch", parent, solver: lane.solver, seed: lane.seed, frame: lane.last("frame", count) },
    solvers: shown.length ? shown : spec.solvers,
    seeds: [lane.seed],
    tunes: [],
    horizon: Math.max(spec.interval, spec.horizon - lane.last("time", count)),
  };
}
