// @ts-nocheck
// What the colours of the sheet say: how well conditioned J is, or how the loss bends along the sheet.

import * as THREE from "three";

const LEAST = 1e-3; // conditioning below this has one colour
const BEND = 1; // curvatures beyond ±1 have one colour

/**
 * A tint of `surface`: `share(k)` in 0 … 1 of grid point k (NaN: unknown), `color(share)`, what stands at its `ends`
 * and its name in the words.
 */
export function tintOf(surface, ink, bent) {
  return bent ? bend(surface, ink) : conditioning(surface, ink);
}

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

/** Three inks as a ramp: 0 … 1 → THREE.Color; the grid's ink for NaN. */
function ramp(names, ink) {
  const stops = names.map((name) => new THREE.Color(ink[name]));
  const unknown = new THREE.Color(ink.faint);
  return (share) => {
    if (Number.isNaN(share)) return unknown;
    const at = 2 * Math.min(1, Math.max(0, share));
    return at < 1 ? stops[0].clone().lerp(stops[1], at) : stops[1].clone().lerp(stops[2], at - 1);
  };
}
