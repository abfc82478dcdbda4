// The panel of the gradient's norm.

import { curveOf } from "./curve.mjs";
import { told } from "./told.mjs";

/** @import { Setting } from "../types.d.ts" */

/** @param {Setting<"gradient">} setting */
export function panel(setting) {
  return told(setting, { name: "gradient", column: "gradient_norm", low: 1e-2, high: 3 }, curveOf("gradient_norm"));
}
