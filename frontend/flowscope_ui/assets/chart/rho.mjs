// The panel of the damping ρ, over the lengths of the steps and the gain ratio.

import { rule } from "../canvas/rule.mjs";
import { Chart } from "./chart.mjs";
import { curveOf } from "./curve.mjs";
import { isDamped, lambdas, SHARE, strips } from "./strips.mjs";

/** @import { Note, Setting } from "../types.d.ts" */

/** @param {Setting<"rho">} setting */
export function panel({ place, words }) {
  /** @type {Note[]} */
  let numbers = []; // of λ, where the strip of ρ was last drawn
  let damped = true; // whether any lane shown has a ρ
  return new Chart(place, {
    name: "rho",
    low: 1e-2,
    high: 3,
    room: 1,
    zero: true,
    strips: SHARE,
    tuned: true,
    curves: curveOf("rho"),
    backdrop: ({ layer, scales, ink }) => rule(layer, scales.left, scales.right, scales.zero, ink.faint, [1, 3]),
    facets: (drawing, range) => {
      numbers = lambdas(drawing, range);
      damped =
        drawing.looks.some((look) => isDamped(look, drawing.frame)) ||
        !drawing.looks.some(({ lane }) => lane.upTo(drawing.frame));
      return strips(drawing, words);
    },
    notes: ({ scales }) =>
      /** @type {Note[]} */ ([
        { text: "0", x: scales.left - 6, y: scales.zero, align: "right" },
        ...(damped
          ? numbers
          : [
              {
                text: words.none,
                x: (scales.left + scales.right) / 2,
                y: (scales.top + scales.bottom) / 2,
                align: "center",
              },
            ]),
      ]),
  });
}
