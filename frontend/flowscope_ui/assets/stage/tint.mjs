// What the colours of the sheet say: how well conditioned J is, or how the loss bends along the sheet.

import * as THREE from "three";

/** @import { Ink, Surface } from "../types.d.ts" */

/**
 * What the colours of the sheet say.
 *
 * @typedef {object} Tint
 * @property {"conditioning" | "curvature"} name
 * @property {(share: number) => THREE.Color} color
 * @property {[number, string][]} ends
 * @property {(k: number) => number} share
 */

const LEAST = 1e-3; // conditioning below this has one colour
const BEND = 1; // curvatures beyond ±1 have one colour

/**
 * A tint of `surface`: `share(k)` in 0 … 1 of grid point k (NaN: unknown), `color(share)`, what stands at its `ends`
 * and its name in the words.
 *
 * @param {Surface} surface
 * @param {Ink} ink
 * @param {boolean} bent
 * @returns {Tint}
 */
export function tintOf(surface, ink, bent) {
  return bent ? bend(surface, ink) : conditioning(surface, ink);
}

/**
 * @param {Surface} surface
 * @param {Ink} ink
 * @returns {Tint}
 */
function conditioning({ conditioning: values }, ink) {
  const known = values.filter(Number.isFinite);
  const high = Math.log10(known.reduce((a, b) => Math.max(a, b), LEAST));
  const low = Math.min(
    Math.log10(
      Math.max(
        LEAST,
        known.reduce((a, b) => Math.min(a, b), 1),
      ),
    ),
    high - 0.5,
  );
  /** @param {number} value */
  const digits = (value) => Number((10 ** value).toPrecision(1)).toString();
  return {
    name: "conditioning",
    color: ramp(["sheet-low", "sheet-mid", "sheet-high"], ink),
    ends: [
      [0, digits(low)],
      [1, digits(high)],
    ],
    share: (k) => (Math.log10(Math.max(values[k], 1e-12)) - low) / (high - low),
  };
}

/**
 * @param {Surface} surface
 * @param {Ink} ink
 * @returns {Tint}
 */
function bend({ curvature: values }, ink) {
  return {
    name: "curvature",
    color: ramp(["bend-low", "bend-mid", "bend-high"], ink),
    ends: [
      [0, `≤ −${BEND}`],
      [0.5, "0"],
      [1, `≥ ${BEND}`],
    ],
    share: (k) => (values[k] / BEND + 1) / 2,
  };
}

/**
 * Three inks as a ramp: 0 … 1 → THREE.Color; the grid's ink for NaN.
 *
 * @param {("sheet-low" | "sheet-mid" | "sheet-high" | "bend-low" | "bend-mid" | "bend-high")[]} names
 * @param {Ink} ink
 * @returns {(share: number) => THREE.Color}
 */
function ramp(names, ink) {
  const stops = names.map((name) => new THREE.Color(ink[name]));
  const unknown = new THREE.Color(ink.faint);
  return (share) => {
    if (Number.isNaN(share)) return unknown;
    const at = 2 * Math.min(1, Math.max(0, share));
    return at < 1 ? stops[0].clone().lerp(stops[1], at) : stops[1].clone().lerp(stops[2], at - 1);
  };
}
