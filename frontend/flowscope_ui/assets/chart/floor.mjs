// Where rounding begins: below it an excess loss or an eigenvalue says nothing.

/** @import { ChartScales, Note } from "../types.d.ts" */

export const FLOOR = 1e-16; // of float64

/**
 * What lies below the floor is rounding: said where the floor is in sight.
 *
 * @param {ChartScales} scales
 * @param {string} text
 * @returns {Note[]}
 */
export function floorNote(scales, text) {
  if (scales.y(FLOOR) >= scales.bottom - 2) return [];
  return [{ text, x: 0.4 * scales.left + 0.6 * scales.right, y: scales.y(FLOOR) - 9, align: "center" }];
}
