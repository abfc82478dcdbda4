// Charts of a quantity that one prediction speaks of.

import { wrapped } from "../canvas/ruler.mjs";
import { drawPredictions } from "../theory/overlay.mjs";
import { Chart } from "./chart.mjs";

/** @import { Note, Panel, Setting } from "../types.d.ts" */

/**
 * A panel of one column with what theory says of it.
 *
 * @param {Setting<"gradient" | "deviation" | "contraction">} setting
 * @param {Pick<Panel, "name" | "low" | "high" | "floor"> & { column: string }} look
 * @param {Panel["curves"]} curves
 */
export function told({ place, text, words }, look, curves) {
  /** @type {Note[]} */
  let labels = [];
  return new Chart(place, {
    room: 1,
    floor: 1e-18,
    ...look,
    curves,
    backdrop: (drawing) => {
      labels = drawPredictions(drawing, { columns: [look.column], bounds: true }, text.panels.predictions);
    },
    notes: ({ layer, scales, store }) => {
      const { none } = /** @type {{ none?: string }} */ (words);
      if (!none || (store.overlays ?? []).some(({ column }) => column === look.column)) return labels;
      const lines = wrapped(layer, none, scales.right - scales.left - 12, 11);
      const middle = (scales.top + scales.bottom) / 2;
      return lines.map((line, k) => ({
        text: line,
        x: (scales.left + scales.right) / 2,
        y: middle + 15 * layer.scale * (k - (lines.length - 1) / 2),
        align: "center",
      }));
    },
  });
}

/**
 * Curves that the engine measures from several columns: they come with the prediction, up to the playhead.
 *
 * @param {string} quantity
 * @returns {Panel["curves"]}
 */
export function derived(quantity) {
  return (lane, store, count) => {
    const now = count ? lane.last("time", count) * (1 + 1e-12) : -1;
    const rate = store.units.factor("time");
    return (store.overlays ?? [])
      .filter((each) => each.column === quantity && each.lane === lane.lane)
      .map(({ time, measured }) => {
        const rows = [...time.keys()].filter((k) => measured[k] !== null && time[k] / rate <= now);
        return {
          quantity,
          column: { data: rows.map((k) => /** @type {number} */ (measured[k])) },
          own: { time: rows.map((k) => time[k] / rate) },
          offset: 0,
          width: 1,
          weight: 2.2,
          name: "",
        };
      });
  };
}
