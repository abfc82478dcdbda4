// ρ set by hand: the scale of its sliders, and the marks where it took effect.

import { placeOf } from "../stream/clock.mjs";

/** @import { Store } from "../stream/store.mjs" */
/** @import { Drawn } from "../types.d.ts" */

const LEAST = -6; // decades: the slider goes from 10⁻⁶ to 1, and to 0 at its left end
export const STEPS = 300;
const APART = 1.5; // pixels between marks

/**
 * ρ at a position of the slider, 0 … STEPS + 1.
 *
 * @param {number} position
 */
export function rhoAt(position) {
  return position < 1 ? 0 : 10 ** (LEAST * (1 - (position - 1) / STEPS));
}

/**
 * The position of the slider that shows ρ.
 *
 * @param {number} rho
 */
export function positionOf(rho) {
  return rho > 0 ? Math.round(1 + STEPS * Math.max(0, 1 - Math.log10(rho) / LEAST)) : 0;
}

/**
 * What was set by hand for a solver, the newest last.
 *
 * @param {Store} store
 * @param {number} solver
 */
export function tunesOf(store, solver) {
  return [...store.tunes.values()].filter((each) => each.solver === solver);
}

/**
 * Strokes a tick on the time axis for every tune of a solver that is shown, through the whole panel where it is `tall`;
 * returns them.
 *
 * @param {Pick<Drawn, "layer" | "scales" | "store" | "looks">} drawing
 * @param {boolean} tall
 */
export function drawTunes({ layer, scales, store, looks }, tall) {
  const drawn = [];
  const top = tall ? scales.top : scales.bottom - 7;
  for (const { lane, style, shown } of looks) {
    if (!shown || lane.first === false) continue;
    let last = -Infinity;
    for (const { solver, frame, rho, time } of tunesOf(store, lane.solver)) {
      const x = scales.x(placeOf(store.units, lane, store.units.factor("time") * time));
      if (!(x >= scales.left && x <= scales.right) || x - last < APART) continue;
      last = x;
      layer.stroke(new Float32Array([x, scales.bottom, x, top]), 2, {
        color: style.color,
        width: tall ? 1.2 : 2,
        dash: tall ? [2, 3] : [],
      });
      if (tall) layer.marker(style.marker, x, scales.y(rho), 3.4, style.color, "transparent");
      drawn.push({ solver, frame, rho, x });
    }
  }
  return drawn;
}
