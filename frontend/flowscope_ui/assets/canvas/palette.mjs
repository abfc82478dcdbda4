// The inks of the theme as it is, and the shapes of markers.

/** @import { Ink, Scheme } from "../types.d.ts" */

/** @type {Record<string, [number, number]>} */
const SIDES = {
  triangle: [3, -90],
  down: [3, 90],
  left: [3, 180],
  right: [3, 0],
  square: [4, -45],
  diamond: [4, 0],
  pentagon: [5, -90],
  hexagon: [6, 0],
};
/** @type {Record<string, number>} */
const POINTS = { cross: 4, star: 5 };
const ARM = 0.42; // of a plus, half its width

/**
 * "dark" or "light", as the page is now.
 *
 * @returns {Scheme}
 */
export function currentScheme() {
  return document.documentElement.getAttribute("data-mantine-color-scheme") === "dark" ? "dark" : "light";
}

const INKS = [
  "text",
  "dim",
  "faint",
  "grid",
  "panel",
  "accent",
  "warn",
  "bad",
  "live",
  "sheet-low",
  "sheet-mid",
  "sheet-high",
  "sheet-line",
  "sphere",
  "bend-low",
  "bend-mid",
  "bend-high",
];
/** @type {Partial<Record<Scheme, Ink>>} */
const known = {};

/**
 * The inks of the drawings, from the style sheet's variables: read once in each scheme, since reading makes the browser
 * lay out the page.
 *
 * @returns {Ink}
 */
export function currentInk() {
  const scheme = currentScheme();
  return (known[scheme] ??= readInk(scheme));
}

/** @param {Scheme} scheme */
function readInk(scheme) {
  const style = getComputedStyle(/** @type {HTMLElement} */ (document.getElementById("page")));
  const inks = Object.fromEntries(INKS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  return /** @type {Ink} */ (/** @type {unknown} */ ({ scheme, ...inks }));
}

/**
 * Paints a marker of radius r around (x, y): full, "-open" (hollow), "-eye" (full, with a hole) or "-ring" (hollow,
 * with a dot), on the colour `rim`, of which an `edge` sets it off. An outline is made anew for each paint, since a
 * recorded one is painted once.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {string} marker
 * @param {number} x
 * @param {number} y
 * @param {number} r
 * @param {string} color
 * @param {string} rim
 * @param {string} [edge]
 */
export function paintMarker(context, marker, x, y, r, color, rim, edge = rim) {
  const [shape, fill] = marker.split("-");
  const hollow = fill === "open" || fill === "ring";
  const stroked = (/** @type {string} */ ink, /** @type {number} */ width) => {
    Object.assign(context, { strokeStyle: ink, lineWidth: width });
    markerPath(context, shape, x, y, r);
    context.stroke();
  };
  /**
   * @param {string} ink
   * @param {string} outline
   * @param {number} size
   */
  const filled = (ink, outline, size) => {
    context.fillStyle = ink;
    markerPath(context, outline, x, y, size);
    context.fill();
  };
  context.setLineDash([]);
  stroked(edge, hollow ? 5 : 3.5);
  filled(hollow ? rim : color, shape, r);
  if (hollow) stroked(color, 1.8);
  if (fill === "eye" || fill === "ring") filled(fill === "eye" ? rim : color, "circle", 0.42 * r);
}

/**
 * The outline of a shape of radius r around (x, y) as a path on `context`.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {string} shape
 * @param {number} x
 * @param {number} y
 * @param {number} r
 */
function markerPath(context, shape, x, y, r) {
  context.beginPath();
  const corners = cornersOf(shape, r);
  if (!corners.length) return context.arc(x, y, r, 0, 2 * Math.PI);
  for (const [dx, dy] of corners) context.lineTo(x + dx, y + dy);
  context.closePath();
}

/**
 * @param {string} shape
 * @param {number} r
 * @returns {number[][]}
 */
function cornersOf(shape, r) {
  if (shape === "plus") return plus(1.2 * r, ARM * r);
  const corner = (/** @type {number} */ reach, /** @type {number} */ angle) => [
    reach * Math.cos(angle),
    reach * Math.sin(angle),
  ];
  /**
   * @param {number} count
   * @param {number} turn
   * @param {(k: number) => number} reach
   */
  const round = (count, turn, reach) =>
    Array.from({ length: count }, (_, k) => corner(reach(k), turn + (2 * Math.PI * k) / count));
  if (POINTS[shape]) return round(2 * POINTS[shape], -Math.PI / 2, (k) => (k % 2 ? 0.45 : 1.4) * r);
  const [sides, turn] = SIDES[shape] ?? [0, 0];
  return round(sides, (turn * Math.PI) / 180, () => r * (sides === 3 ? 1.35 : 1.18));
}

/**
 * @param {number} far
 * @param {number} near
 */
function plus(far, near) {
  const arm = [
    [near, far],
    [near, near],
    [far, near],
    [far, -near],
    [near, -near],
    [near, -far],
  ];
  return [...arm, ...arm.map(([x, y]) => [-x, -y])];
}
