// @ts-nocheck
// The tangent plane at a head, drawn: a patch, the way to the target and its projection as arrows with names.

import { tangentAt } from "../theory/tangent.mjs";

const AXES = [0, 1, 2];

/**
 * The head of the chosen run, else of the first that is shown: {run, row, outputs, tangents, normal, full, projection},
 * or null where there is none.
 */
function cursor(runs, target) {
  const run = [...runs.filter(({ chosen }) => chosen), ...runs].find(
    ({ shown, lane }) => shown && lane.columns.jacobian,
  );
  if (!run) return null;
  const { outputs, jacobian } = run.lane.columns;
  const row = run.trail.count - 1;
  const point = outputs.data.subarray(3 * row, 3 * row + 3);
  const found = tangentAt(jacobian.data.subarray(6 * row, 6 * row + 6), point, target);
  return found && { run, row, outputs: point, ...found };
}

/**
 * Draws tangent plane and arrows at the cursor and adds the boxes of their names to `taken`; {lane, row, normal, full,
 * projection}, or null.
 */
export function drawCursor({ layer, runs, meta, half, pixel, taken, words, ink }) {
  const at = meta.spec.problem.loss.kind === "squares" ? cursor(runs, meta.target) : null;
  if (!at) return null;
  taken.push(...drawTangent(layer, outline(at, half, pixel), at.run.style, words, ink));
  const { run, row, normal, full, projection } = at;
  return { lane: run.lane.lane, row, normal, full, projection };
}

/** Pixels of a cursor: a patch of half side `half` (in outputs) and the tips of the arrows. */
function outline({ run, outputs, tangents: [u, v], full, projection }, half, pixel) {
  const away = (first, a, second, b) => pixel(AXES.map((axis) => outputs[axis] + a * first[axis] + b * second[axis]));
  const patch = [
    [1, 1],
    [1, -1],
    [-1, -1],
    [-1, 1],
  ].map(([a, b]) => away(u, a * half, v, b * half));
  return { head: run.trail.head, patch, full: away(full, 1, v, 0), projection: away(projection, 1, v, 0) };
}

/**
 * The tangent plane at a head as a patch of corners `patch`, −r as the arrow to `full` and −P r as the arrow to
 * `projection`, all pixels; returns the boxes their names take.
 */
function drawTangent(layer, { head, patch, full, projection }, style, words, ink) {
  const { context } = layer;
  context.save();
  context.beginPath();
  for (const { x, y } of patch) context.lineTo(x, y);
  context.closePath();
  context.fillStyle = style.color;
  context.globalAlpha = 0.2;
  context.fill();
  context.globalAlpha = 0.9;
  context.strokeStyle = style.color;
  context.lineWidth = 1.2;
  context.stroke();
  context.restore();
  layer.stroke(new Float32Array([projection.x, projection.y, full.x, full.y]), 2, {
    color: ink.text,
    dash: [1.5, 3],
    width: 1.3,
  });
  arrow(layer, head, full, { color: ink.text, width: 2, halo: ink.panel });
  arrow(layer, head, projection, { color: style.color, width: 3.2, halo: ink.panel });
  return [
    name(layer, words.full, head, full, projection, ink.text, ink),
    name(layer, words.projection, head, projection, full, style.color, ink),
  ].filter(Boolean);
}

function arrow(layer, from, to, look) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy);
  if (length < 3) return;
  const [ux, uy] = [dx / length, dy / length];
  const tip = Math.min(10 * layer.scale, 0.5 * length);
  const [bx, by] = [to.x - tip * ux, to.y - tip * uy];
  layer.stroke(new Float32Array([from.x, from.y, bx, by]), 2, look);
  layer.stroke(
    new Float32Array([
      bx - 0.42 * tip * uy,
      by + 0.42 * tip * ux,
      to.x,
      to.y,
      bx + 0.42 * tip * uy,
      by - 0.42 * tip * ux,
      bx - 0.42 * tip * uy,
      by + 0.42 * tip * ux,
    ]),
    4,
    { ...look, halo: null, width: 1.6 },
  );
  const { context } = layer;
  context.beginPath();
  context.moveTo(to.x, to.y);
  context.lineTo(bx - 0.42 * tip * uy, by + 0.42 * tip * ux);
  context.lineTo(bx + 0.42 * tip * uy, by - 0.42 * tip * ux);
  context.closePath();
  context.fillStyle = look.color;
  context.fill();
}

/** The name of an arrow beside its middle, on the side away from `other`. */
function name(layer, text, from, to, other, color, ink) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy);
  if (length < 40) return null;
  const side = dx * (other.y - from.y) - dy * (other.x - from.x) > 0 ? 1 : -1;
  const width = layer.measure(text, 12, 650);
  const [x, y] = [
    from.x + 0.55 * dx + (side * dy * (8 + width / 2)) / length,
    from.y + 0.55 * dy - (side * dx * 12) / length,
  ];
  layer.words(text, x, y, { color, size: 12, weight: 650, align: "center", halo: ink.panel });
  return { x: x - width / 2 - 2, y: y - 9, width: width + 4, height: 18 };
}
