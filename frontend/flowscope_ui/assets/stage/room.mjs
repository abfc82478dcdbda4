// The box of a stage without a sheet: it grows to where the paths that are shown have been, and once the drawing stands
// it is that of its rows alone.

import { boxOf } from "./bounds.mjs";

/**
 * @import { Look } from "../types.d.ts"
 * @import { Stage } from "./stage.mjs"
 */

const AIR = 0.08; // of the width, beyond a path that has left

/**
 * Makes room on `stage` for the rows of `looks` up to `frame`; nothing where it has a sheet, or a box that a hand has
 * left.
 *
 * @param {Stage} stage
 * @param {Look[]} looks
 * @param {number} frame
 */
export function makeRoom(stage, looks, frame) {
  if (stage.surface || stage.kept) return;
  const { meta, bounds, reached = new Map() } = stage;
  const settling = stage.reached === null;
  const { low, high } = settling ? boxOf(meta, null) : { low: [...bounds.low], high: [...bounds.high] };
  for (const { lane, shown } of looks) {
    const { outputs } = lane.columns;
    const from = reached?.get(lane) ?? 0;
    if (shown && outputs) widen(low, high, outputs.data, 3 * from, 3 * lane.upTo(frame));
  }
  stage.reached = new Map(looks.map(({ lane, shown }) => [lane, shown ? lane.upTo(frame) : 0]));
  if ([0, 1, 2].every((axis) => low[axis] === bounds.low[axis] && high[axis] === bounds.high[axis])) return;
  const known = stage.reached;
  Object.assign(stage, { wanted: [...low, ...high] }).show(meta, null, stage.inks);
  Object.assign(stage, { kept: null, reached: known }); // no hand has left it so
}

/**
 * Takes the points of `data` between two places into the corners.
 *
 * @param {number[]} low
 * @param {number[]} high
 * @param {ArrayLike<number>} data
 * @param {number} from
 * @param {number} to
 */
function widen(low, high, data, from, to) {
  const wide = [0, 1, 2].map((axis) => high[axis] - low[axis]);
  for (let k = from; k < to; k += 1) {
    const axis = k % 3;
    if (data[k] < low[axis]) low[axis] = data[k] - AIR * wide[axis];
    if (data[k] > high[axis]) high[axis] = data[k] + AIR * wide[axis];
  }
}
