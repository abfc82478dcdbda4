// On the sheet, the sublevel set of the outer step under way: the component that the inner flow can reach, and where it touches the rim of its ball.

import * as THREE from "three";
import { contourLines } from "./contour.mjs";

const RIM = 240; // points of the rim
const OUTSIDE = -1e-9;
const known = new WeakMap(); // by lane: what was found for its outer step

/**
 * For squares {Φ ≤ Φ(u^k)} is the ball about u^k + c of radius ‖c‖, c = τ(y − u^k)/(1 + τ). Of the grid `theta`, `points` (rows × columns, even in
 * θ): the `lines` [[[column, row], …], …] around the component reached from `anchor` within ‖dθ‖ < `radius`, and its `rim` [{column, row, inside}, …].
 */
export function sublevelOn({ rows, columns, theta, points }, { anchor, centre, target, tau, radius }) {
  const way = target.map((y, axis) => (tau * (y - centre[axis])) / (1 + tau));
  const reach = Math.hypot(...way);
  const low = [theta[0], theta[1]];
  const step = [(theta[2 * columns * (rows - 1)] - low[0]) / (rows - 1), (theta[2 * (columns - 1) + 1] - low[1]) / (columns - 1)];
  const depth = Array.from({ length: rows * columns }, (_, k) => reach - Math.hypot(...way.map((c, axis) => points[3 * k + axis] - centre[axis] - c)));
  const near = (k) => Math.hypot(theta[2 * k] - anchor[0], theta[2 * k + 1] - anchor[1]) < radius;
  const inside = depth.map((value, k) => value >= 0 && near(k));
  const [i, j] = [0, 1].map((axis) => Math.round((anchor[axis] - low[axis]) / step[axis]));
  const edge = [];
  for (let row = i - 1; row <= i + 1; row += 1) for (let column = j - 1; column <= j + 1; column += 1) if (row >= 0 && column >= 0 && row < rows && column < columns && inside[row * columns + column]) edge.push(row * columns + column);
  const reached = new Set(edge);
  while (edge.length) {
    const cell = edge.pop();
    const column = cell % columns;
    for (const next of [cell - columns, cell + columns, column ? cell - 1 : -1, column < columns - 1 ? cell + 1 : -1]) {
      if (!inside[next] || reached.has(next)) continue;
      reached.add(next);
      edge.push(next);
    }
  }
  const field = depth.map((value, k) => (reached.has(k) ? value : Math.min(value, OUTSIDE)));
  const lines = reached.size ? contourLines(field, { rows, columns }, [0])[0].lines : [];
  const rim = Array.from({ length: RIM + 1 }, (_, k) => {
    const angle = (2 * Math.PI * k) / RIM;
    const [row, column] = [(anchor[0] + radius * Math.cos(angle) - low[0]) / step[0], (anchor[1] + radius * Math.sin(angle) - low[1]) / step[1]];
    if (!(row >= 0 && column >= 0 && row <= rows - 1 && column <= columns - 1)) return null;
    const touched = [-1, 0, 1].some((a) => [-1, 0, 1].some((b) => reached.has((Math.round(row) + a) * columns + Math.round(column) + b)));
    return { column, row, inside: touched && bilinear(depth, columns, rows, column, row) >= 0 };
  });
  return { lines, rim, area: reached.size * step[0] * step[1] };
}

/** The value of a row-major grid between its nodes. */
function bilinear(values, columns, rows, column, row, stride = 1, axis = 0) {
  const [i, j] = [Math.min(Math.floor(row), rows - 2), Math.min(Math.floor(column), columns - 2)];
  const [s, t] = [row - i, column - j];
  const at = (a, b) => values[stride * ((i + a) * columns + j + b) + axis];
  return (1 - s) * ((1 - t) * at(0, 0) + t * at(0, 1)) + s * ((1 - t) * at(1, 0) + t * at(1, 1));
}

/** Draws the set of every run that looks at its conditions, where its path ends; returns {lane, area, touches} of each, the area in θ. */
export function drawSublevels({ surface, positions, meta, view, layer, inks: ink }, runs, words) {
  if (!surface) return [];
  return runs.flatMap(({ lane, style, shown, trail }) => {
    const { radius } = meta.spec.solvers[lane.solver].optimizer ?? {};
    const row = trail.count - 1;
    if (!shown || !radius || row < 0 || !lane.columns.anchor) return [];
    const tau = lane.columns.tau.data[row];
    const key = `${lane.columns.outer.data[row]} ${tau} ${meta.target} ${surface.theta[0]}`;
    if (known.get(lane)?.key !== key) {
      const of = (name) => { const { data, width } = lane.columns[name]; return Array.from(data.subarray(row * width, (row + 1) * width)); };
      known.set(lane, { key, set: sublevelOn(surface, { anchor: of("anchor"), centre: of("centre"), target: meta.target, tau, radius }) });
    }
    const { lines, rim, area } = known.get(lane).set;
    const pixel = ({ column, row: at }) => view.pixel(new THREE.Vector3(...[0, 1, 2].map((axis) => bilinear(positions, surface.columns, surface.rows, column, at, 3, axis))));
    const path = (points, how) => {
      const out = new Float32Array(points.flatMap((point) => { const { x, y } = pixel(point); return [x, y]; }));
      layer.stroke(out, points.length, how);
    };
    for (const [inside, how] of [[false, { color: ink.dim, width: 1.2, dash: [3, 4] }], [true, { color: ink.bad, width: 3, halo: ink.panel }]]) for (const piece of pieces(rim, inside)) path(piece, how);
    for (const line of lines) path(line.map(([column, at]) => ({ column, row: at })), { color: style.color, width: 2, dash: [], halo: ink.panel });
    const touches = rim.some((point) => point?.inside);
    const place = rim.find((point) => point && point.inside === touches);
    if (place) layer.words(touches ? words.touches : words.rim, pixel(place).x + 8, pixel(place).y, { color: touches ? ink.bad : ink.dim, size: 11, weight: 600, halo: ink.panel });
    return [{ lane: lane.lane, area, touches }];
  });
}

/** The stretches of the rim that lie within the set, or outside. */
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
