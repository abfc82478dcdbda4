// What is drawn over the sheet: target, best point, start, paths with ticks of equal flow time, comet heads, names, the
// colour bar.

import { drawExit, endingOf, exitOf } from "./ending.mjs";
import { placeLabels } from "./label.mjs";

/** @import { Lane } from "../stream/store.mjs" */
/** @import { Box, Ink, Label, Marks, Memory, Meta, PathRun, Point, Sentences, Style } from "../types.d.ts" */
/** @import { Layer } from "./layer.mjs" */
/** @import { Trail } from "./trail.mjs" */

/** @typedef {{ endings?: Sentences, target?: string, best?: string, start?: string }} Names */
/** @typedef {{ name: string, color(share: number): { getHexString(): string }, ends: [number, string][] }} Tint */

const COMET = 46; // path points that glow behind a head
const BEHIND = 0.38; // opacity of what the sheet hides

/**
 * Cross at y, drop line to the ring at the best point, dot at each start. Returns their pixels.
 *
 * @param {Layer} layer
 * @param {(values: number[]) => Point} pixel
 * @param {Meta} meta
 * @param {Ink} ink
 * @returns {Marks}
 */
export function drawPlaces(layer, pixel, meta, ink) {
  const { context } = layer;
  const marks = {
    target: meta.target && pixel(meta.target),
    best: meta.best && pixel(/** @type {number[]} */ (meta.best.outputs)),
    start: meta.start.map((start) => pixel(/** @type {number[]} */ (start.outputs))),
  };
  context.save();
  if (marks.target && marks.best) {
    context.setLineDash([2, 3]);
    context.strokeStyle = ink.text;
    context.lineWidth = 1.2 * layer.scale;
    line(context, marks.target.x, marks.target.y, marks.best.x, marks.best.y);
  }
  context.restore();
  return marks;
}

/**
 * Paths, then marks, then heads, then names: what matters most is on top. The heads of `unnamed` runs have no names.
 *
 * @param {object} picture
 * @param {Layer} picture.layer
 * @param {PathRun[]} picture.runs
 * @param {Marks} picture.marks
 * @param {Box[]} picture.taken where no names may stand
 * @param {Names} picture.words
 * @param {Ink} picture.ink
 * @param {Memory} picture.memory where names stood last
 * @param {number} picture.every the flow time between ticks
 * @param {boolean} [picture.unnamed]
 */
export function drawTrails({ layer, runs, marks, taken, words, ink, memory, every, unnamed = false }) {
  const shown = runs.filter((run) => run.shown);
  for (const { trail, style, lane } of shown) {
    drawPath(layer, trail, style, { halo: ink.panel, alpha: faintness(lane) });
  }
  for (const { trail, style, lane } of shown) if (lane.first !== false) drawTicks(layer, trail, style, every, ink);
  for (const start of marks.start) dot(layer, start, 4, ink.panel, ink.text);
  for (const { trail, style, lane } of shown) {
    comet(layer, trail, style);
    const exit = exitOf(trail, layer);
    if (exit) drawExit(layer, exit, style.color, ink.panel);
    else
      layer.marker(
        style.marker,
        headOf(trail).x,
        headOf(trail).y,
        lane.seed === runs[0].lane.seed ? 5.5 : 3.5,
        style.color,
        ink.panel,
      );
  }
  if (marks.best) dot(layer, marks.best, 10, null, ink.text);
  if (marks.target) cross(layer, marks.target, 6, ink);
  drawNames({ layer, shown, marks, taken, words, ink, memory, unnamed });
}

/**
 * The head of a path that is shown.
 *
 * @param {Trail} trail
 */
function headOf(trail) {
  return /** @type {Point} */ (trail.head);
}

/**
 * What the sheet hides is thin and faint.
 *
 * @param {Layer} layer
 * @param {Trail} trail
 * @param {Style} style
 * @param {{ halo: string, alpha: number }} look
 */
function drawPath(layer, trail, { color, dash }, { halo, alpha }) {
  const pieces = trail.pieces().sort((a, b) => Number(b.hidden) - Number(a.hidden));
  for (const { from, to, hidden } of pieces) {
    const look = hidden ? { width: 2, alpha: BEHIND * alpha } : { width: 3, halo, alpha };
    layer.stroke(trail.pixels.subarray(2 * from), to - from + 1, { color, dash, ...look });
  }
}

/**
 * Lanes of further seeds are fainter than the first.
 *
 * @param {Lane} lane
 */
function faintness(lane) {
  return lane.first === false ? 0.45 : 1;
}

/**
 * @param {Layer} layer
 * @param {Trail} trail
 * @param {Style} style
 * @param {number} every
 * @param {Ink} ink
 */
function drawTicks({ context, scale }, trail, style, every, ink) {
  context.save();
  context.lineCap = "butt";
  for (const [width, color, half] of /** @type {[number, string, number][]} */ ([
    [3.6, ink.panel, 5.5],
    [1.6, style.color, 4.5],
  ])) {
    context.lineWidth = width * scale;
    context.strokeStyle = color;
    const reach = half * scale;
    for (const { x, y, nx, ny } of trail.ticks(every, 11))
      line(context, x - reach * nx, y - reach * ny, x + reach * nx, y + reach * ny);
  }
  context.restore();
}

/**
 * @param {Layer} layer
 * @param {Trail} trail
 * @param {Style} style
 */
function comet(layer, trail, style) {
  const from = Math.max(0, trail.kept - COMET);
  for (const [share, width, alpha] of [
    [1, 5, 0.25],
    [0.5, 7, 0.28],
  ]) {
    const start = Math.round(trail.kept - share * (trail.kept - from));
    layer.stroke(trail.pixels.subarray(2 * start), trail.kept - start, { color: style.color, width, alpha });
  }
}

/**
 * @param {object} picture
 * @param {Layer} picture.layer
 * @param {PathRun[]} picture.shown
 * @param {Marks} picture.marks
 * @param {Box[]} picture.taken
 * @param {Names} picture.words
 * @param {Ink} picture.ink
 * @param {Memory} picture.memory
 * @param {boolean} picture.unnamed
 */
function drawNames({ layer, shown, marks, taken, words, ink, memory, unnamed }) {
  const { scale } = layer;
  const around = (/** @type {Point} */ point, /** @type {number} */ r) => ({
    x: point.x - r,
    y: point.y - r,
    width: 2 * r,
    height: 2 * r,
  });
  /**
   * @param {string} key
   * @param {string | undefined} text
   * @param {Point} point
   * @param {string} color
   * @returns {Label}
   */
  const label = (key, text = "", point, color, size = 12.5) => ({
    key,
    text,
    color,
    size,
    x: point.x,
    y: point.y,
    width: text ? layer.measure(text, size, 600) + 2 : 0,
    height: (size + 4) * scale,
  });
  /** @type {Label[]} */
  const labels = [];
  for (const { lane, style, trail } of shown.filter(({ lane: each }) => each.first !== false)) {
    const said = [unnamed ? "" : lane.name, endingOf(lane, trail.count, words.endings)].filter(Boolean).join(": ");
    labels.push(label(`lane${lane.lane}`, said, exitOf(trail, layer) ?? headOf(trail), style.color));
  }
  if (marks.target) labels.push(label("target", words.target, marks.target, ink.text));
  if (marks.best) labels.push(label("best", words.best, marks.best, ink.text));
  marks.start.slice(0, 1).forEach((start) => labels.push(label("start", words.start, start, ink.text)));
  const told = labels.filter(({ text }) => text);
  const obstacles = [
    ...taken,
    ...shown.map(({ trail }) => around(headOf(trail), 7 * scale)),
    ...marks.start.map((start) => around(start, 6 * scale)),
  ];
  if (marks.best) obstacles.push(around(marks.best, 9 * scale));
  if (marks.target) obstacles.push(around(marks.target, 8 * scale));
  for (const { trail } of shown) obstacles.push(...trail.beads.along(trail.pixels, trail.kept, trail.kept - 1));
  for (const { label: own, x, y, far } of placeLabels(told, obstacles, layer, memory)) {
    if (far) layer.leader(own, x, y, own.width, own.color);
    layer.words(own.text, x, y, { color: own.color, size: own.size, weight: 600, halo: ink.panel });
  }
}

/**
 * The colours of the sheet with their numbers, and how far apart the ticks are.
 *
 * @param {Layer} layer
 * @param {Tint} tint
 * @param {Ink} ink
 * @param {{ bars: Sentences, ticks: string }} words
 * @param {number} every
 */
export function drawBar(layer, tint, ink, words, every) {
  const { context, width, height, scale } = layer;
  const [x, y, w] = [width - 154, height - 26 * scale, 140];
  for (let k = 0; k < w; k += 2) {
    context.fillStyle = `#${tint.color(k / w).getHexString()}`;
    context.fillRect(x + k, y, 2.5, 6 * scale);
  }
  layer.words(words.bars[tint.name], x + w, y - 11 * scale, { color: ink.dim, size: 11, align: "right" });
  for (const [share, text] of tint.ends)
    layer.words(text, x + share * w, y + 15 * scale, {
      color: ink.dim,
      size: 10.5,
      align: /** @type {const} */ (["left", "center", "right"])[Math.round(2 * share)],
    });
  layer.words(words.ticks.replace("{t}", String(every)), 14, height - 12 * scale, { color: ink.dim, size: 11 });
}

/**
 * @param {Layer} layer
 * @param {Point} at
 * @param {number} size
 * @param {Ink} ink
 */
function cross({ context, scale }, { x, y }, size, ink) {
  const r = size * scale;
  for (const [width, color] of /** @type {[number, string][]} */ ([
    [5, ink.panel],
    [2.2, ink.text],
  ])) {
    context.lineWidth = width * scale;
    context.strokeStyle = color;
    line(context, x - r, y - r, x + r, y + r);
    line(context, x - r, y + r, x + r, y - r);
  }
}

/**
 * @param {Layer} layer
 * @param {Point} at
 * @param {number} r
 * @param {string | null} fill
 * @param {string} stroke
 */
function dot({ context, scale }, { x, y }, r, fill, stroke) {
  context.beginPath();
  context.arc(x, y, r * scale, 0, 2 * Math.PI);
  context.lineWidth = 1.8 * scale;
  context.strokeStyle = stroke;
  if (fill) {
    context.fillStyle = fill;
    context.fill();
  }
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x0
 * @param {number} y0
 * @param {number} x1
 * @param {number} y1
 */
function line(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}
