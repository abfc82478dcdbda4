// Strips under a chart that share its clock: each has a frame, a name, an axis of its own, and what is drawn in it.

import { rule } from "./rule.mjs";
import { clamped, facets } from "./scale.mjs";

/** @import { Layer } from "./layer.mjs" */
/** @import { Drawn, Edges, Facet, Ink } from "../types.d.ts" */

const GAP = 15; // pixels over each, for its name
const LOW = 14; // pixels: a lower one shows nothing

/**
 * Whether `count` strips have room between `bottom` and `base`.
 *
 * @param {{ layer: Layer, scales: { bottom: number, base: number } }} drawing
 * @param {number} count
 */
export function fits({ layer, scales }, count) {
  return (scales.base - scales.bottom) / count - GAP * layer.scale >= LOW;
}

/**
 * Draws strips between `scales.bottom` and `scales.base`, where they have room; returns how many marks they have.
 *
 * @param {Pick<Drawn, "layer" | "scales" | "ink">} drawing
 * @param {Facet[]} strips
 */
export function drawFacets({ layer, scales, ink }, strips) {
  const gap = (strips[0]?.gap ?? GAP) * layer.scale;
  const { left, right, bottom: over, base } = scales;
  const boxes = facets(
    { left, right, top: over + gap, bottom: base },
    strips.map(() => 1 / strips.length),
    gap,
  );
  if (!strips.length || boxes[0].bottom - boxes[0].top < LOW) return 0;
  return strips.reduce((marks, strip, k) => marks + drawFacet(layer, strip, boxes[k], ink), 0);
}

/**
 * @param {Layer} layer
 * @param {Facet} strip
 * @param {Edges} box
 * @param {Ink} ink
 */
function drawFacet(layer, { title, axis, numbers, baseline, gap = GAP, draw, mark }, box, ink) {
  const y = clamped(axis, box);
  for (const edge of [box.top, box.bottom]) rule(layer, box.left, box.right, edge, ink.grid, []);
  if (baseline !== undefined) rule(layer, box.left, box.right, y(baseline), ink.faint, [1, 3]);
  layer.words(title, box.left + 4, box.top - Math.floor(gap / 2) * layer.scale, {
    color: ink.dim,
    size: 10,
    weight: 560,
  });
  for (const { value, text, shift = 0 } of numbers)
    layer.words(text, box.left - 6, y(value) + shift, { color: ink.dim, size: 9.5, align: "right" });
  within(layer, box, () => draw(y, box));
  return mark?.(y, box) ?? 0;
}

/**
 * Draws with what leaves the box cut off, but for `beyond` pixels on its right.
 *
 * @param {Layer} layer
 * @param {Edges} edges
 * @param {() => void} draw
 * @param {number} [beyond]
 */
export function within({ context }, { left, right, top, bottom }, draw, beyond = 0) {
  context.save();
  context.beginPath();
  context.rect(left, top - 2, right - left + beyond, bottom - top + 4);
  context.clip();
  draw();
  context.restore();
}
