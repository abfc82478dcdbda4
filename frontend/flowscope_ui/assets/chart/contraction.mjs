// The panel of the residual's contraction in a step.

import { derived, told } from "./told.mjs";

/** @import { Setting } from "../types.d.ts" */

/** @param {Setting<"contraction">} setting */
export function panel(setting) {
  return told(setting, { name: "contraction", column: "contraction", low: 5e-2, high: 1.2 }, derived("contraction"));
}
