// Side by side: the stage in equal cells, one for each solver that is shown, all seen by the one camera.

import * as THREE from "three";
import { drawRings } from "../canvas/cursor.mjs";
import { exitOf } from "../canvas/ending.mjs";
import { drawGhostKey, drawGhostTrails } from "../canvas/haunt.mjs";
import { drawPlaces, drawTrails } from "../canvas/scene.mjs";
import { Trail } from "../canvas/trail.mjs";
import { drawSublevels } from "./sublevel.mjs";
import { drawCursor } from "./tangent_plane.mjs";

/**
 * @import { Layer } from "../canvas/layer.mjs"
 * @import { Column, Lane } from "../stream/store.mjs"
 * @import { Box, DrawnLane, Exit, Ink, Look, Memory, PathRun, Pointed } from "../types.d.ts"
 * @import { Stage } from "./stage.mjs"
 * @import { Touched } from "./sublevel.mjs"
 */

/**
 * A part of the stage, of one solver or (null) of all, with what it remembers of where names stood.
 *
 * @typedef {Box & { solver: number | null, memory: Memory }} Cell
 */
/**
 * Pixels of a point, and whether the sheet hides it.
 *
 * @typedef {[x: number, y: number, hidden: boolean]} Placed
 */
/**
 * Pixels of the places: target and best point where there are, and every start.
 *
 * @typedef {ReturnType<typeof drawPlaces>} Marks
 */
/**
 * How much of a lane is drawn, where its head is, in which cell, and where it leaves the picture.
 *
 * @typedef {DrawnLane & { cell: number | null, exit?: Exit | null }} DrawnRun
 */
/**
 * What is drawn in the cells.
 *
 * @typedef {object} Seen
 * @property {DrawnRun[]} drawn
 * @property {Marks | null} marks
 * @property {ReturnType<typeof drawCursor>} tangent
 * @property {Pointed[]} pointed
 * @property {Touched[]} sublevels
 */

const ASPECT = 1.3; // wished of a cell
const PATCH = 0.17; // half a side of a tangent patch, in the world, where the box is 2 wide

/**
 * Equal cells {x, y, width, height, solver} in a place of that many pixels; one for all solvers (null) where there are
 * not several to set apart.
 *
 * @param {(number | null)[]} solvers
 * @param {number} width
 * @param {number} height
 * @returns {Cell[]}
 */
export function cellsOf(solvers, width, height) {
  if (solvers.length < 2) return [{ x: 0, y: 0, width, height, solver: null, memory: new Map() }];
  const grids = solvers.map((_, k) => ({ columns: k + 1, rows: Math.ceil(solvers.length / (k + 1)) }));
  /** @param {{ columns: number, rows: number }} grid */
  const size = ({ columns, rows }) => Math.min(width / columns / ASPECT, height / rows);
  const { columns, rows } = grids.reduce((best, grid) => (size(grid) > size(best) ? grid : best));
  const [wide, tall] = [Math.floor(width / columns), Math.floor(height / rows)];
  return solvers.map((solver, k) => ({
    x: wide * (k % columns),
    y: tall * Math.floor(k / columns),
    width: wide,
    height: tall,
    solver,
    memory: new Map(),
  }));
}

/**
 * The cell that a pixel of the place lies in; beside all of them the first.
 *
 * @param {Cell[]} cells
 * @param {number} x
 * @param {number} y
 */
export function cellAt(cells, x, y) {
  return (
    cells.find((cell) => x >= cell.x && x < cell.x + cell.width && y >= cell.y && y < cell.y + cell.height) ?? cells[0]
  );
}

/**
 * The solvers that are shown, each of which may have its cell.
 *
 * @param {Look[]} looks
 */
export function apart(looks) {
  return [...new Set(looks.filter(({ shown }) => shown).map(({ lane }) => lane.solver))];
}

/**
 * Whether `cells` are those of `solvers`.
 *
 * @param {Cell[]} cells
 * @param {number[]} solvers
 */
export function isSplit(cells, solvers) {
  return `${cells.map(({ solver }) => solver ?? "all")}` === `${solvers.length > 1 ? solvers : "all"}`;
}

/**
 * The scene in every cell of a canvas of that height, as one camera sees it.
 *
 * @param {THREE.WebGLRenderer} renderer
 * @param {THREE.Scene} scene
 * @param {THREE.PerspectiveCamera | THREE.OrthographicCamera} camera
 * @param {Cell[]} cells
 * @param {number} tall
 */
export function renderCells(renderer, scene, camera, cells, tall) {
  renderer.setScissorTest(false);
  renderer.clear();
  renderer.setScissorTest(true);
  for (const { x, y, width, height } of cells) {
    /** @type {[number, number, number, number]} */
    const part = [x, tall - y - height, width, height]; // WebGL counts from below
    renderer.setViewport(...part);
    renderer.setScissor(...part);
    renderer.render(scene, camera);
  }
}

/**
 * The lanes of `looks` with their paths up to `frame`, as pixels.
 *
 * @param {Stage} stage
 * @param {number} frame
 * @param {Look[]} looks
 */
export function runsOf({ trails, sight, view }, frame, looks) {
  return looks.map(({ lane, style, shown, chosen }, k) => {
    trails[k] = trails[k]?.lane === lane ? trails[k] : new Trail(lane);
    const { outputs } = lane.columns;
    const count = outputs ? lane.upTo(frame) : 0;
    if (outputs && count) trails[k].update(count, view.version, (row, at) => sight.project(outputs.data, 3 * row, at));
    return { trail: trails[k], lane, style, chosen, shown: shown && count > 0 };
  });
}

/**
 * Where the heads of `looks` are at `frame`: x₀, y₀, …
 *
 * @param {Stage} stage
 * @param {number} frame
 * @param {Look[]} looks
 */
export function headsOf({ sight }, frame, looks) {
  /** @type {Placed} */
  const at = [0, 0, false];
  return looks
    .filter(({ lane, shown }) => shown && lane.upTo(frame))
    .flatMap(({ lane }) => {
      const { outputs } = lane.columns;
      if (!outputs) return [];
      sight.project(outputs.data, 3 * (lane.upTo(frame) - 1), at);
      return [at[0], at[1]];
    });
}

/**
 * Draws in every cell what moves there: {drawn, marks, tangent, pointed, sublevels}, the first per run and in pixels of
 * the stage, the others in pixels of a cell.
 *
 * @param {Stage} stage
 * @param {PathRun[]} runs
 */
export function drawCells(stage, runs) {
  const { layer, cells } = stage;
  /** @type {Seen} */
  const seen = {
    drawn: runs.map(() => ({ points: 0, last: null, cell: null })),
    marks: null,
    tangent: null,
    pointed: [],
    sublevels: [],
  };
  for (const cell of cells) {
    const own = runs.filter(({ lane }) => cell.solver === null || lane.solver === cell.solver);
    layer.within(cell, () => {
      const { marks, tangent, pointed, sublevels } = drawCell(stage, cell, own);
      seen.pointed.push(...pointed);
      seen.sublevels.push(...sublevels);
      if (tangent && (!seen.tangent || own.some(({ chosen }) => chosen))) seen.tangent = tangent;
      seen.marks = marks;
    });
    runs.forEach(({ trail, shown }, k) => {
      if (shown && trail.head && own.includes(runs[k]))
        seen.drawn[k] = {
          points: trail.count,
          last: { x: trail.head.x + cell.x, y: trail.head.y + cell.y },
          cell: cell.solver,
          exit: exitOf(trail, cell),
        };
    });
  }
  seams(layer, cells, stage.inks);
  return seen;
}

/**
 * @param {Stage} stage
 * @param {Cell} cell
 * @param {PathRun[]} runs
 */
function drawCell(stage, cell, runs) {
  const { layer, inks: ink, box, words, meta, view, layers } = stage;
  /** @param {ArrayLike<number>} values */
  const pixel = (values) => view.pixel(new THREE.Vector3(...stage.toWorld(values, 0)));
  const taken = box.label(layer, (point) => view.pixel(point), ink);
  const alone = cell.solver !== null;
  if (alone && runs[0]) taken.push(heading(layer, runs[0], ink));
  drawGhostTrails(stage, cell.solver);
  const room = { right: cell.width - 12, top: 8, left: 0.3 * cell.width };
  taken.push(
    ...drawGhostKey(
      layer,
      stage.ghosts.filter(({ lane }) => !alone || lane.solver === cell.solver),
      room,
      ink,
    ),
  );
  if (layers.has("shadows"))
    stage.shadows.draw(
      layer,
      runs,
      box.walls.filter(({ lines }) => lines.visible),
      stage.sight,
    );
  const marks = drawPlaces(layer, pixel, meta, ink);
  const sublevels = layers.has("sublevel")
    ? drawSublevels(stage, runs, { words: words.sublevel, taken, marks, memory: cell.memory })
    : [];
  const tangent = layers.has("tangent")
    ? drawCursor({ layer, runs, meta, half: PATCH / stage.scale, pixel, taken, words: words.arrows, ink })
    : null;
  drawTrails({ layer, runs, marks, taken, words, ink, memory: cell.memory, every: stage.every, unnamed: alone });
  const pointed = drawRings(layer, runs, stage.units, stage.cursor, (lane, row) => pixel(rowOf(lane, row)), ink);
  return { marks, tangent, pointed, sublevels };
}

/**
 * The three outputs of a lane in a row.
 *
 * @param {Lane} lane
 * @param {number} row
 */
function rowOf(lane, row) {
  return /** @type {Column} */ (lane.columns.outputs).data.subarray(3 * row, 3 * row + 3);
}

/**
 * The solver of a cell, above its picture; returns the box that its name takes.
 *
 * @param {Layer} layer
 * @param {PathRun} run
 * @param {Ink} ink
 */
function heading(layer, { lane, style }, ink) {
  const [x, y] = [14, 14 * layer.scale];
  layer.marker(style.marker, x + 5, y, 4.5, style.color, ink.panel);
  const width = layer.words(lane.name, x + 17, y, { color: style.color, size: 12.5, weight: 640, halo: ink.panel });
  return { x, y: y - 9, width: width + 20, height: 18 };
}

/**
 * Lines between cells.
 *
 * @param {Layer} layer
 * @param {Cell[]} cells
 * @param {Ink} ink
 */
function seams(layer, cells, ink) {
  /** @param {number[]} points */
  const line = (points) => layer.stroke(new Float32Array(points), 2, { color: ink.grid, width: 1 });
  for (const { x, y, width, height } of cells) {
    if (x) line([x, y + 8, x, y + height - 8]);
    if (y) line([x + 8, y, x + width - 8, y]);
  }
}
