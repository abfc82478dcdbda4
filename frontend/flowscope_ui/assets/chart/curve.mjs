// The curves of charts.

/** @import { Panel } from "../types.d.ts" */

/**
 * One curve per lane: a number that a recording has in every row.
 *
 * @param {string} name
 * @returns {Panel["curves"]}
 */
export function curveOf(name) {
  return (lane) => {
    const column = lane.known(name);
    return column ? [{ quantity: name, column, offset: 0, width: 1, weight: 2.2, name: "" }] : [];
  };
}
