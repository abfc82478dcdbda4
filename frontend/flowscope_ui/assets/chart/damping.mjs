// The charts of the damping and of the quantities that one prediction speaks of.

import { rule } from "../canvas/rule.mjs";
import { wrapped } from "../canvas/ruler.mjs";
import { drawPredictions } from "../theory/overlay.mjs";
import { drawStrips, isDamped, lambdas, SHARE } from "./strips.mjs";

/** @import { Note, Panel, Words } from "../types.d.ts" */

/**
 * The panels in their order; `words` are the sentences of all panels.
 *
 * @param {Words["panels"]} words
 * @returns {Panel[]}
 */
export function measures(words) {
  /** @type {Note[]} */
  let numbers = []; // of λ, where the strip of ρ was last drawn
  let damped = true; // whether any lane shown has a ρ
  return [
    {
      name: "rho",
      low: 1e-2,
      high: 3,
      room: 1,
      zero: true,
      strips: SHARE,
      curves: (lane) => [{ quantity: "rho", column: lane.columns.rho, offset: 0, width: 1, weight: 2.2, name: "" }],
      backdrop: ({ layer, scales, ink }) => rule(layer, scales.left, scales.right, scales.zero, ink.faint, [1, 3]),
      under: (drawing, range) => {
        numbers = lambdas(drawing, range);
        damped =
          drawing.looks.some((look) => isDamped(look, drawing.frame)) ||
          !drawing.looks.some(({ lane }) => lane.upTo(drawing.frame));
        return drawStrips(drawing, words.rho);
      },
      notes: ({ scales }) =>
        /** @type {Note[]} */ ([
          { text: "0", x: scales.left - 6, y: scales.zero, align: "right" },
          ...(damped
            ? numbers
            : [
                {
                  text: words.rho.none,
                  x: (scales.left + scales.right) / 2,
                  y: (scales.top + scales.bottom) / 2,
                  align: "center",
                },
              ]),
        ]),
    },
    told(words, { name: "gradient", column: "gradient_norm", low: 1e-2, high: 3 }, (lane) => [
      { quantity: "gradient_norm", column: lane.columns.gradient_norm, offset: 0, width: 1, weight: 2.2, name: "" },
    ]),
    told(words, { name: "deviation", column: "deviation", low: 1e-10, high: 1e-5, floor: 1e-13 }, derived("deviation")),
    told(words, { name: "contraction", column: "contraction", low: 5e-2, high: 1.2 }, derived("contraction")),
  ];
}

/**
 * A panel of one column with what theory says of it.
 *
 * @param {Words["panels"]} words
 * @param {Pick<Panel, "name" | "low" | "high" | "floor"> & { column: string }} look
 * @param {Panel["curves"]} curves
 * @returns {Panel}
 */
function told(words, look, curves) {
  /** @type {Note[]} */
  let labels = [];
  return {
    room: 1,
    floor: 1e-18,
    ...look,
    curves,
    backdrop: (drawing) => {
      labels = drawPredictions(drawing, { columns: [look.column], bounds: true }, words.predictions);
    },
    notes: ({ layer, scales, store }) => {
      const { none } = /** @type {{ none?: string }} */ (words[/** @type {keyof Words["panels"]} */ (look.name)]);
      if (!none || (store.overlays ?? []).some(({ column }) => column === look.column)) return labels;
      const lines = wrapped(layer, none, scales.right - scales.left - 12, 11);
      const middle = (scales.top + scales.bottom) / 2;
      return lines.map((text, k) => ({
        text,
        x: (scales.left + scales.right) / 2,
        y: middle + 15 * layer.scale * (k - (lines.length - 1) / 2),
        align: "center",
      }));
    },
  };
}

/**
 * Curves that the engine measures from several columns: they come with the prediction, up to the playhead.
 *
 * @param {string} quantity
 * @returns {Panel["curves"]}
 */
function derived(quantity) {
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
