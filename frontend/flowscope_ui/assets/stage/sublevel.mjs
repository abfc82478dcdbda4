// On the sheet, the sublevel set of the outer step under way: the component that the inner flow can reach, and where it
// touches the rim of its ball.

import * as THREE from "three";
import { contourLines } from "../canvas/contour.mjs";
import { placeLabels } from "../canvas/label.mjs";

/**
 * @import { Layer } from "../canvas/layer.mjs"
 * @import { Column, Lane } from "../stream/store.mjs"
 * @import { Box, Ink, Memory, PathRun, Surface, Words } from "../types.d.ts"
 * @import { Marks } from "./cell.mjs"
 * @import { Stage } from "./stage.mjs"
 */

/**
 * A place on a grid, between its nodes.
 *
 * @typedef {{ row: number, column: number }} GridPlace
 */
/** @typedef {GridPlace & { inside: boolean }} RimPlace */
/**
 * What stands on the picture that names keep clear of, and what they are.
 *
 * @typedef {object} Around
 * @property {Words["stage"]["sublevel"]} words
 * @property {Box[]} taken
 * @property {Marks} marks
 * @property {Memory} memory
 */
/**
 * The set of a lane: its area in θ, and whether it touches its rim.
 *
 * @typedef {{ lane: number, area: number, touches: boolean }} Touched
 */

const SIDE = 121; // nodes each way over the ball, as a run looks at it
const RIM = 240; // points of the rim
const OUTSIDE = -1e-9;
/** @type {WeakMap<Lane, { key: string, set: ReturnType<typeof sublevelOn> }>} */
const known = new WeakMap(); // by lane: what was found for its outer step

/**
 * For squares {Φ ≤ Φ(u^k)} is the ball about u^k + c of radius ‖c‖, c = τ(y − u^k)/(1 + τ). On the sheet of the grid
 * `theta`, `points` (rows × columns, even in θ), looked at as finely as the engine does: the `lines` [[{column, row},
 * …], …] around the component reached from `anchor` within ‖dθ‖ < `radius`, its `rim` [{column, row, inside}, …], and
 * its `area` in θ.
 *
 * @param {Pick<Surface, "rows" | "columns"> & { theta: ArrayLike<number>, points: ArrayLike<number> }} sheet
 * @param {{ anchor: number[], centre: number[], target: number[], tau: number, radius: number }} step
 */
export function sublevelOn({ rows, columns, theta, points }, { anchor, centre, target, tau, radius }) {
  const way = target.map((y, axis) => (tau * (y - centre[axis])) / (1 + tau));
  const reach = Math.hypot(...way);
  const low = [theta[0], theta[1]];
  const step = [
    (theta[2 * columns * (rows - 1)] - low[0]) / (rows - 1),
    (theta[2 * (columns - 1) + 1] - low[1]) / (columns - 1),
  ];
  /**
   * @param {number} a
   * @param {number} b
   */
  const place = (a, b) => ({
    row: (anchor[0] + radius * a - low[0]) / step[0],
    column: (anchor[1] + radius * b - low[1]) / step[1],
  });
  /** @param {GridPlace} place */
  const isOn = ({ row, column }) => row >= 0 && column >= 0 && row <= rows - 1 && column <= columns - 1;
  /** @param {GridPlace} place */
  const depthAt = ({ row, column }) =>
    reach - Math.hypot(...way.map((c, axis) => smooth(points, columns, rows, column, row, axis) - centre[axis] - c));
  /** @param {number} k */
  const unit = (k) => (2 * k) / (SIDE - 1) - 1;
  const nodes = Array.from({ length: SIDE * SIDE }, (_, k) => place(unit(Math.floor(k / SIDE)), unit(k % SIDE)));
  const depth = nodes.map((node) => (isOn(node) ? depthAt(node) : -1));
  const inside = depth.map((value, k) => value >= 0 && Math.hypot(unit(Math.floor(k / SIDE)), unit(k % SIDE)) < 1);
  const reached = flooded(inside);
  const field = depth.map((value, k) => (reached.has(k) ? Math.max(value, 0) : Math.min(value, OUTSIDE)));
  const lines = contourLines(field, { rows: SIDE, columns: SIDE }, [0])[0].lines.map((line) =>
    line.map(([column, row]) => place(unit(row), unit(column))),
  );
  /**
   * @param {number} a
   * @param {number} b
   */
  const near = (a, b) =>
    [-1, 0, 1].some((i) =>
      [-1, 0, 1].some((j) =>
        reached.has((Math.round(((a + 1) * (SIDE - 1)) / 2) + i) * SIDE + Math.round(((b + 1) * (SIDE - 1)) / 2) + j),
      ),
    );
  const rim = Array.from({ length: RIM + 1 }, (_, k) => {
    const [a, b] = [Math.cos((2 * Math.PI * k) / RIM), Math.sin((2 * Math.PI * k) / RIM)];
    const at = place(a, b);
    return isOn(at) ? { ...at, inside: near(a, b) && depthAt(at) >= 0 } : null;
  });
  return { lines, rim, area: reached.size * ((2 * radius) / (SIDE - 1)) ** 2 };
}

/**
 * The cells of a square grid that are connected with the middle one along the axes.
 *
 * @param {boolean[]} inside
 */
function flooded(inside) {
  const middle = (SIDE * SIDE - 1) / 2;
  const [reached, edge] = [new Set([middle]), [middle]];
  while (edge.length) {
    const cell = Number(edge.pop());
    const column = cell % SIDE;
    for (const next of [cell - SIDE, cell + SIDE, column ? cell - 1 : -1, column < SIDE - 1 ? cell + 1 : -1]) {
      if (!inside[next] || reached.has(next)) continue;
      reached.add(next);
      edge.push(next);
    }
  }
  return reached;
}

/**
 * The value of a row-major grid between its nodes.
 *
 * @param {ArrayLike<number>} values
 * @param {number} columns
 * @param {number} rows
 * @param {number} column
 * @param {number} row
 * @param {number} stride
 * @param {number} axis
 */
function bilinear(values, columns, rows, column, row, stride = 1, axis = 0) {
  const [i, j] = [Math.min(Math.floor(row), rows - 2), Math.min(Math.floor(column), columns - 2)];
  const [s, t] = [row - i, column - j];
  /**
   * @param {number} a
   * @param {number} b
   */
  const at = (a, b) => values[stride * ((i + a) * columns + j + b) + axis];
  return (1 - s) * ((1 - t) * at(0, 0) + t * at(0, 1)) + s * ((1 - t) * at(1, 0) + t * at(1, 1));
}

/**
 * The weights of the four nodes around a share t of a cell: Lagrange's cubic.
 *
 * @param {number} t
 */
function weights(t) {
  return [
    (-t * (t - 1) * (t - 2)) / 6,
    ((t + 1) * (t - 1) * (t - 2)) / 2,
    (-(t + 1) * t * (t - 2)) / 2,
    ((t + 1) * t * (t - 1)) / 6,
  ];
}

/**
 * One of three values per node between them, to fourth order: necks of a set are narrower than the cells.
 *
 * @param {ArrayLike<number>} values
 * @param {number} columns
 * @param {number} rows
 * @param {number} column
 * @param {number} row
 * @param {number} axis
 */
function smooth(values, columns, rows, column, row, axis) {
  const [i, j] = [
    Math.min(Math.max(Math.floor(row), 1), rows - 3),
    Math.min(Math.max(Math.floor(column), 1), columns - 3),
  ];
  const [down, across] = [weights(row - i), weights(column - j)];
  let sum = 0;
  for (let a = 0; a < 4; a += 1)
    for (let b = 0; b < 4; b += 1) sum += down[a] * across[b] * values[3 * ((i + a - 1) * columns + j + b - 1) + axis];
  return sum;
}

/**
 * The sublevel set of the outer step of `row`, computed once a step.
 *
 * @param {Surface} surface
 * @param {number[]} target
 * @param {Lane} lane
 * @param {number} row
 * @param {number} radius
 */
function setOf(surface, target, lane, row, radius) {
  const tau = lane.columns.tau.data[row];
  const key = `${lane.columns.outer.data[row]} ${tau} ${target} ${surface.theta[0]}`;
  let found = known.get(lane);
  if (found?.key !== key) {
    /** @param {"anchor" | "centre"} name */
    const of = (name) => {
      const { data, width } = /** @type {Column} */ (lane.columns[name]);
      return Array.from(data.subarray(row * width, (row + 1) * width));
    };
    const set = sublevelOn(surface, { anchor: of("anchor"), centre: of("centre"), target, tau, radius });
    found = { key, set };
    known.set(lane, found);
  }
  return found.set;
}

/**
 * Draws the set of every run that looks at its conditions, where its path ends, and names its rim clear of what is
 * `taken`; returns {lane, area, touches} of each, the area in θ.
 *
 * @param {Stage} stage
 * @param {PathRun[]} runs
 * @param {Around} around
 */
export function drawSublevels(
  { surface, positions, meta, view, layer, inks: ink },
  runs,
  { words, taken, marks, memory },
) {
  const { target } = meta;
  if (!surface || !positions || !target) return [];
  return runs.flatMap(({ lane, style, shown, trail }) => {
    const { radius } = meta.spec.solvers[lane.solver].optimizer ?? {};
    const row = trail.count - 1;
    if (!shown || !radius || row < 0 || !lane.columns.anchor) return [];
    const { lines, rim, area } = setOf(surface, target, lane, row, radius);
    /** @param {GridPlace} place */
    const pixel = ({ column, row: at }) =>
      view.pixel(
        new THREE.Vector3(
          ...[0, 1, 2].map((axis) => bilinear(positions, surface.columns, surface.rows, column, at, 3, axis)),
        ),
      );
    /**
     * @param {GridPlace[]} points
     * @param {Parameters<Layer["stroke"]>[2]} how
     */
    const path = (points, how) => {
      const out = new Float32Array(
        points.flatMap((point) => {
          const { x, y } = pixel(point);
          return [x, y];
        }),
      );
      layer.stroke(out, points.length, how);
    };
    for (const piece of pieces(rim, false)) path(piece, { color: ink.dim, width: 1.2, dash: [3, 4] });
    for (const piece of pieces(rim, true)) path(piece, { color: ink.bad, width: 3, halo: ink.panel });
    for (const line of lines) path(line, { color: style.color, width: 2, dash: [], halo: ink.panel });
    const touches = rim.some((point) => point?.inside);
    const place = rim.find((point) => point && point.inside === touches);
    if (place)
      nameRim(
        layer,
        {
          key: `rim${lane.lane}`,
          text: touches ? words.touches : words.rim,
          ...pixel(place),
          color: touches ? ink.bad : ink.dim,
        },
        { taken, marks, memory },
        ink,
      );
    return [{ lane: lane.lane, area, touches }];
  });
}

/**
 * Names a rim beside a point of it, clear of places and of what is taken, which grows by it.
 *
 * @param {Layer} layer
 * @param {{ key: string, text: string, x: number, y: number, color: string }} name
 * @param {Omit<Around, "words">} around
 * @param {Ink} ink
 */
function nameRim(layer, name, { taken, marks, memory }, ink) {
  const { scale } = layer;
  const label = { ...name, width: layer.measure(name.text, 11, 600) + 2, height: 15 * scale };
  const dots = [marks.target, marks.best, ...marks.start]
    .filter((mark) => mark !== null && mark !== undefined)
    .map(({ x, y }) => ({ x: x - 9 * scale, y: y - 9 * scale, width: 18 * scale, height: 18 * scale }));
  const [{ x, y, far }] = placeLabels([label], [...taken, ...dots], layer, memory);
  if (far) layer.leader(label, x, y, label.width, label.color);
  layer.words(label.text, x, y, { color: label.color, size: 11, weight: 600, halo: ink.panel });
  taken.push({ x, y: y - label.height / 2, width: label.width, height: label.height });
}

/**
 * The stretches of the rim that lie within the set, or outside.
 *
 * @param {(RimPlace | null)[]} rim
 * @param {boolean} inside
 */
function pieces(rim, inside) {
  const out = [];
  let piece = [];
  for (const point of [...rim, null]) {
    if (point && point.inside === inside) piece.push(point);
    else {
      if (point && piece.length) piece.push(point); // up to where it turns
      if (piece.length > 1) out.push(piece);
      piece = [];
    }
  }
  return out;
}
