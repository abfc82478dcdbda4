// What a card says about a lane at a frame: its loss, what it has spent, how it ended.

import { hasReference } from "../stream/convention.mjs";
import { short } from "../text/format.mjs";
import { told } from "../text/language.mjs";

/**
 * @import { Lane, Store } from "../stream/store.mjs"
 * @import { MetaLane, Sentences } from "../types.d.ts"
 */

/**
 * What a card says of a lane.
 *
 * @typedef {{ loss: string, spent: string, sentence: string }} Reading
 */

const EXPECTED = new Set(["running", "converged", "horizon", "stopped", "spent"]); // ends that need no sentence

/**
 * Per solver, in `words`: its first lane's loss at `frame`, and how it ended once that is drawn.
 *
 * @param {Store} store
 * @param {number} frame
 * @param {Sentences} statuses
 * @param {{ clocks: { steps: string } }} words
 * @param {Sentences} catalogue
 */
export function cardReadings(store, frame, statuses, words, catalogue = {}) {
  return store.meta.spec.solvers.map((_, solver) => {
    const lane = /** @type {Lane} */ (store.lanes.find((each) => each.solver === solver));
    const count = lane?.upTo(frame) ?? 0;
    if (!count) return { loss: "\u00a0", spent: "\u00a0", sentence: "" };
    const excess = hasReference(store.meta);
    const column = excess ? "excess_loss" : "loss";
    const letters = store.units.caption(excess ? "${L} − ${L}* " : "${L} ");
    const loss = letters + short(store.units.factor(column) * lane.last(column, count));
    const ended = count === lane.count && lane.status !== "running";
    const rho = lane.last("rho", count);
    const expected = EXPECTED.has(lane.status);
    const damping = Number.isNaN(rho) ? "" : `ρ ${short(rho)} · `;
    const spent = `${damping}${lane.last("step", count)} ${words.clocks.steps}${ended && expected ? " ✓" : ""}`;
    if (!ended || expected) return { loss, spent, sentence: "" };
    return { loss, spent, sentence: ending(store.meta.lanes[lane.lane], lane.status, statuses, catalogue) };
  });
}

/**
 * What happened to a lane, and what its own method can do about it.
 *
 * @param {MetaLane} lane
 * @param {string} status
 * @param {Sentences} statuses
 * @param {Sentences} catalogue
 */
function ending({ advice }, status, statuses, catalogue) {
  return [statuses[status] ?? status, told(advice?.[status] ?? "", catalogue)].filter(Boolean).join(" ");
}
