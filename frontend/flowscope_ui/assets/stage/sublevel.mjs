// @ts-nocheck
// On the sheet, the sublevel set of the outer step under way: the component that the inner flow can reach, and where it
// touches the rim of its ball.

import * as THREE from "three";
import { contourLines } from "../canvas/contour.mjs";
import { placeLabels } from "../canvas/label.mjs";

const SIDE = 121; // nodes each way over the ball, as a run looks at it
const RIM = 240; // points of the rim
const OUTSIDE = -1e-9;
const known = new WeakMap(); // by lane: what was found for its outer step

/**
 * For squares {Φ ≤ Φ(u^k)} is the ball about u^k + c of radius ‖c‖, c = τ(y − u^k)/(1 + τ). On the sheet of the grid
 * `theta`, `points` (rows × columns, even in θ), looked at as finely as the engine does: the `lines` [[{column, row},
 * …], …] around the component reached from `anchor` within ‖dθ‖ < `radius`, its `rim` [{column, row, inside}, …], and
 * its `area` in θ.
 */
export function sublevelOn({ rows, columns, theta, points }, { anchor, centre, target, tau, radius }) {
  const way = target.map((y, axis) => (tau * (y - centre[axis])) / (1 + tau));
  const reach = Math.hypot(...way);
  const low = [theta[0], theta[1]];
  const step = [
    (theta[2 * columns * (rows - 1)] - low[0]) / (rows - 1),
    (theta[2 * (columns - 1) + 1] - low[1]) / (columns - 1),
  ];
  const place = (a, b) => ({
    row: (anchor[0] + radius * a - low[0]) / step[0],
    column: (anchor[1] + radius * b - low[1]) / step[1],
  });
  const isOn = ({ row, column }) => row >= 0 && column >= 0 && row <= rows - 1 && column <= columns - 1;
  const depthAt = ({ row, column }) =>
    reach - Math.hypot(...way.map((c, axis) => smooth(points, columns, rows, column, row, axis) - centre[axis] - c));
  const unit = (k) => (2 * k) / (SIDE - 1) - 1;
  const nodes = Array.from({ length: SIDE * SIDE }, (_, k) => place(unit(Math.floor(k / SIDE)), unit(k % SIDE)));
  const depth = nodes.map((node) => (isOn(node) ? depthAt(node) : -1));
  const inside = depth.map((value, k) => value >= 0 && Math.hypot(unit(Math.floor(k / SIDE)), unit(k % SIDE)) < 1);
  const reached = flooded(inside);
  const field = depth.map((value, k) => (reached.has(k) ? Math.max(value, 0) : Math.min(value, OUTSIDE)));
  const lines = contourLines(field, { rows: SIDE, columns: SIDE }, [0])[0].lines.map((line) =>
    line.map(([column, row]) => place(unit(row), unit(column))),
  );
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

/** The cells of a square grid that are connected with the middle one along the axes. */
function flooded(inside) {
  const middle = (SIDE * SIDE - 1) / 2;
  const [reached, edge] = [new Set([middle]), [middle]];
  while (edge.length) {
    const cell = edge.pop();
    const column = cell % SIDE;
    for (const next of [cell - SIDE, cell + SIDE, column ? cell - 1 : -1, column < SIDE - 1 ? cell + 1 : -1]) {
      if (!inside[next] || reached.has(next)) continue;
      reached.add(next);
      edge.push(next);
    }
  }
  return reached;
}

/** The value of a row-major grid between its nodes. */
function bilinear(values, columns, rows, column, row, stride = 1, axis = 0) {
  const [i, j] = [Math.min(Math.floor(row), rows - 2), Math.min(Math.floor(column), columns - 2)];
  const [s, t] = [row - i, column - j];
  const at = (a, b) => values[stride * ((i + a) * columns + j + b) + axis];
  return (1 - s) * ((1 - t) * at(0, 0) + t * at(0, 1)) + s * ((1 - t) * at(1, 0) + t * at(1, 1));
}

/** The weights of the four nodes around a share t of a cell: Lagrange's cubic. */
function weights(t) {
  return [
    (-t * (t - 1) * (t - 2)) / 6,
    ((t + 1) * (t - 1) * (t - 2)) / 2,
    (-(t + 1) * t * (t - 2)) / 2,
    ((t + 1) * t * (t - 1)) / 6,
  ];
}

/** One of three values per node between them, to fourth order: necks of a set are narrower than the cells. */
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

/** The sublevel set of the outer step of `row`, computed once a step. */
function setOf(surface, { target }, lane, row, radius) {
  const tau = lane.columns.tau.data[row];
  const key = `${lane.columns.outer.data[row]} ${tau} ${target} ${surface.theta[0]}`;
  if (known.get(lane)?.key !== key) {
    const of = (name) => {
      const { data, width } = lane.columns[name];
      return Array.from(data.subarray(row * width, (row + 1) * width));
    };
    const set = sublevelOn(surface, { anchor: of("anchor"), centre: of("centre"), target, tau, radius });
    known.set(lane, { key, set });
  }
  return known.get(lane).set;
}

/**
 * Draws the set of every run that looks at its conditions, where its path ends, and names its rim clear of what is
 * `taken`; returns {lane, area, touches} of each, the area in θ.
 */
export function drawSublevels(
  { surface, positions, meta, view, layer, inks: ink },
  runs,
  { words, taken, marks, memory },
) {
  if (!surface) return [];
  return runs.flatMap(({ lane, style, shown, trail }) => {
    const { radius } = meta.spec.solvers[lane.solver].optimizer ?? {};
    const row = trail.count - 1;
    if (!shown || !radius || row < 0 || !lane.columns.anchor) return [];
    const { lines, rim, area } = setOf(surface, meta, lane, row, radius);
    const pixel = ({ column, row: at }) =>
      view.pixel(
        new THREE.Vector3(
          ...[0, 1, 2].map((axis) => bilinear(positions, surface.columns, surface.rows, column, at, 3, axis)),
        ),
      );
    const path = (points, how) => {
      const out = new Float32Array(
        points.flatMap((point) => {
          const { x, y } = pixel(point);
          return [x, y];
        }),
      );
      layer.stroke(out, points.length, how);
    };
    for (const [inside, how] of [
      [false, { color: ink.dim, width: 1.2, dash: [3, 4] }],
      [true, { color: ink.bad, width: 3, halo: ink.panel }],
    ])
      for (const piece of pieces(rim, inside)) path(piece, how);
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

/** Names a rim beside a point of it, clear of places and of what is taken, which grows by it. */
function nameRim(layer, name, { taken, marks, memory }, ink) {
  const { scale } = layer;
  const label = { ...name, width: layer.measure(name.text, 11, 600) + 2, height: 15 * scale };
  const dots = [marks.target, marks.best, ...marks.start]
    .filter(Boolean)
    .map(({ x, y }) => ({ x: x - 9 * scale, y: y - 9 * scale, width: 18 * scale, height: 18 * scale }));
  const [{ x, y, far }] = placeLabels([label], [...taken, ...dots], layer, memory);
  if (far) layer.leader(label, x, y, label.width, label.color);
  layer.words(label.text, x, y, { color: label.color, size: 11, weight: 600, halo: ink.panel });
  taken.push({ x, y: y - label.height / 2, width: label.width, height: label.height });
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
