// The ladder of eigenvalues now, a column per solver: ghosts at t = 0, thick by share of the loss's decrease, the line
// at ρ.

import { drawAxis, fill } from "../canvas/ruler.mjs";
import { clamped } from "../canvas/scale.mjs";
import { shares } from "../theory/mode.mjs";

/**
 * @import { Layer } from "../canvas/layer.mjs"
 * @import { Column, Lane } from "../stream/store.mjs"
 * @import { Axis, Edges, Ink, Style } from "../types.d.ts"
 */

/**
 * A lane up to a row, and the row under the cursor or −1.
 *
 * @typedef {{ lane: Lane, style: Style, count: number, pointed: number }} Rung
 */
/** @typedef {Edges & { axis: Axis, chosen: number }} LadderBox */

/**
 * Draws `rungs` ({lane, style, count, pointed}: the row under the cursor, or −1) into `box` (its edges, the logarithmic
 * `axis`, the solver `chosen`). Returns the columns as [{x0, x1, solver}].
 *
 * @param {Layer} layer
 * @param {Rung[]} rungs
 * @param {LadderBox} box
 * @param {Ink} ink
 */
export function drawLadder(layer, rungs, box, ink) {
  drawAxis(layer, box, box.axis, ink);
  layer.words("λ_i", box.left + 2, box.top - 12 * layer.scale, { color: ink.dim, size: 11.5 });
  const y = clamped(box.axis, box);
  const step = (box.right - box.left) / rungs.length;
  return rungs.map(({ lane, style, count, pointed }, index) => {
    const [x0, x1] = [box.left + index * step, box.left + (index + 1) * step];
    if (lane.solver === box.chosen && rungs.length > 1)
      fill(layer, x0 + 1, box.top - 3, step - 2, box.bottom - box.top + 26, ink.text, 0.07);
    drawDamping(layer, lane.last("rho", count), { x0, x1, y, top: box.top, color: style.color }, ink);
    drawRungs(layer, { lane, style, count, pointed }, { x0: x0 + 0.12 * step, x1: x1 - 0.12 * step, y }, ink);
    layer.marker(style.marker, (x0 + x1) / 2, box.bottom + 13 * layer.scale, 4, style.color, ink.panel);
    return { x0, x1, solver: lane.solver };
  });
}

/**
 * @param {Layer} layer
 * @param {Rung} rung
 * @param {{ x0: number, x1: number, y: (value: number) => number }} scale
 * @param {Ink} ink
 */
function drawRungs(layer, { lane, style, count, pointed }, { x0, x1, y }, ink) {
  const share = shares(lane, count - 1);
  const { data, width } = /** @type {Column} */ (lane.columns.eigenvalues);
  for (let place = 0; place < width; place += 1) {
    const now = y(data[(count - 1) * width + place]);
    rule(layer, x0, x1, y(data[place]), { color: ink.dim, width: 1, dash: [2, 3], alpha: 0.75 });
    rule(layer, x0, x1, now, { color: style.color, width: 1.6, alpha: 0.75 });
    if (pointed >= 0)
      rule(layer, x0, x1, y(data[pointed * width + place]), { color: ink.text, width: 1.3, dash: [1.5, 2.5] });
    if (share) fill(layer, x0, now - 3, share[place] * (x1 - x0), 6, style.color, 1);
  }
}

/**
 * The line at ρ: modes far above it are emptied as by Gauss–Newton, far below as by gradient flow.
 *
 * @param {Layer} layer
 * @param {number} rho
 * @param {{ x0: number, x1: number, y: (value: number) => number, top: number, color: string }} strip
 * @param {Ink} ink
 */
function drawDamping(layer, rho, { x0, x1, y, top, color }, ink) {
  if (!(rho > 0 && rho < 1)) return;
  fill(layer, x0, top, x1 - x0, y(rho) - top, color, 0.1);
  rule(layer, x0, x1, y(rho), { color: ink.text, width: 1.4, dash: [5, 3] });
  layer.words("ρ", x1 - 3, y(rho) - 7, { color: ink.text, size: 11, weight: 650, align: "right", halo: ink.panel });
}

/**
 * @param {Layer} layer
 * @param {number} x0
 * @param {number} x1
 * @param {number} y
 * @param {Parameters<Layer["stroke"]>[2]} how
 */
function rule(layer, x0, x1, y, how) {
  layer.stroke(new Float32Array([x0, y, x1, y]), 2, how);
}
