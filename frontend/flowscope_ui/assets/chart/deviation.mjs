// The panel of the deviation from an exact law.

import { derived, told } from "./told.mjs";

/** @import { Setting } from "../types.d.ts" */

/** @param {Setting<"deviation">} setting */
export function panel(setting) {
  return told(
    setting,
    { name: "deviation", column: "deviation", low: 1e-10, high: 1e-5, floor: 1e-13 },
    derived("deviation"),
  );
}
