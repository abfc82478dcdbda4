// The panel of the greatest eigenvalues of K.

import { rule } from "../canvas/rule.mjs";
import { Chart } from "./chart.mjs";
import { FLOOR, floorNote } from "./floor.mjs";

/** @import { Setting } from "../types.d.ts" */

const SHOWN = 4;

/** @param {Setting<"eigenvalues">} setting */
export function panel({ place, words }) {
  return new Chart(place, {
    name: "eigenvalues",
    low: 1e-3,
    high: 10,
    room: 1,
    floor: FLOOR,
    backdrop: ({ layer, scales, ink }) => rule(layer, scales.left, scales.right, scales.y(FLOOR), ink.faint, [1, 3]),
    notes: ({ scales }) => floorNote(scales, words.floor),
    curves: (lane) => {
      const column = lane.columns.eigenvalues;
      if (!column) return [];
      return Array.from({ length: Math.min(column.width, SHOWN) }, (_, k) => ({
        quantity: "eigenvalues",
        column,
        offset: k,
        width: column.width,
        weight: k ? 1.4 : 2.2,
        name: ` λ${"₁₂₃₄"[k]}`,
        end: `λ_${k + 1}`,
      }));
    },
  });
}
