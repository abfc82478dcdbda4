// @ts-nocheck
// Straight dashed lines behind the curves.

/** From (x0, y) to (x1, y). */
export function rule(layer, x0, x1, y, color, dash) {
  layer.stroke(new Float32Array([x0, y, x1, y]), 2, { color, dash, width: 1.2 });
}

/** From (x, y0) to (x, y1). */
export function plumb(layer, x, y0, y1, color, dash) {
  layer.stroke(new Float32Array([x, y0, x, y1]), 2, { color, dash, width: 1.4 });
}
