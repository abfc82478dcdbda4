// Strokes, names, contours: what a canvas is given.

import assert from "node:assert/strict";
import { test } from "node:test";

import { contourLines, logLevels } from "#page/canvas/contour.mjs";
import { decimate, Decimation, whole } from "#page/canvas/decimate.mjs";
import { axesOf, ball } from "#page/canvas/ellipse.mjs";
import { exitOf } from "#page/canvas/ending.mjs";
import { Beads, placeLabels } from "#page/canvas/label.mjs";
import { Motion } from "#page/canvas/motion.mjs";

import { close, drawing } from "./drawn.mjs";

test("a spike of width one survives decimation", () => {
  const n = 100000;
  const xs = Float64Array.from({ length: n }, (_, k) => k);
  const ys = new Float64Array(n).fill(1);
  [ys[54321], ys[54322]] = [7, -5];
  const out = new Float32Array(2 * n);
  const points = decimate(
    xs,
    ys,
    n,
    (x) => x / 250,
    (y) => y,
    out,
  );
  const drawn = Array.from({ length: points }, (_, k) => out[2 * k + 1]);
  assert.ok(points <= 4 * 401);
  assert.deepEqual([Math.max(...drawn), Math.min(...drawn)], [7, -5]);
  close([out[0], out[2 * points - 2]], [0, 99999 / 250], 1e-3);
});

test("few points are drawn as they are", () => {
  const out = new Float32Array(8);
  const points = decimate(
    [0, 1, 2, 3],
    [4, 5, NaN, 7],
    4,
    (x) => 10 * x,
    (y) => y,
    out,
  );
  assert.deepEqual([points, ...out], [3, 0, 4, 10, 5, 30, 7, 0, 0]);
});

test("a curve that grows is the curve that came at once", () => {
  // 400 random curves with gaps, zeros and spikes, whose rows come in pieces of random length
  const random = drawing(1);
  const toY = (value) => (value > 1e-3 ? -Math.log10(value) : NaN);
  for (let trial = 0; trial < 400; trial += 1) {
    const [n, share] = [1 + Math.floor(300 * random()), 0.05 + random()];
    const xs = Float64Array.from({ length: n }, (_, k) => k);
    const toX = (x) => share * x;
    const drawn = () => {
      const u = random();
      if (u < 0.1) return NaN;
      return u < 0.2 ? 0 : 10 ** (5 * random() - 4);
    };
    const source = { data: Float64Array.from({ length: 2 * n }, drawn), width: 2, offset: 1 };
    const once = whole(xs, source, n, toX, toY);
    const grown = new Decimation();
    let [points, count] = [0, 0];
    while (count < n) {
      count = Math.min(n, count + 1 + Math.floor(20 * random()));
      points = grown.extend(xs, source, count, toX, toY);
    }
    assert.equal(points, once.points, `trial ${trial}`);
    assert.deepEqual(grown.out.subarray(0, 2 * points), once.curve.out.subarray(0, 2 * points), `trial ${trial}`);
  }
});

test("boxes along a line that grows are those of the line that came at once", () => {
  // 200 random walks, of which the last three points may still move; none of the boxes is far from its neighbour
  const random = drawing(1);
  for (let trial = 0; trial < 200; trial += 1) {
    const n = 5 + Math.floor(200 * random());
    const points = [];
    let [x, y] = [100, 100];
    for (let k = 0; k < n; k += 1) {
      x += 12 * (random() - 0.3) * (random() < 0.05 ? 20 : 1);
      y += 12 * (random() - 0.5);
      points.push(x, y);
    }
    const grown = new Beads(9);
    for (let fixed = 0; fixed + 3 < n; fixed = Math.min(n - 3, fixed + Math.floor(15 * random()) + 1))
      grown.along([...points.slice(0, 2 * fixed), 1e3 * random(), 50, 7, 7, 9, 1], fixed + 3, fixed);
    const [slow, once] = [grown.along(points, n, n - 3), new Beads(9).along(points, n)];
    assert.deepEqual(slow, once, `trial ${trial}`);
    assert.ok(once.length >= 2);
    const gaps = once.slice(1).map((box, k) => Math.hypot(box.x - once[k].x, box.y - once[k].y));
    assert.ok(
      gaps.every((gap) => gap >= 8.99 && gap <= 30),
      `trial ${trial}`,
    );
  }
});

test("names never overlap while there is room", () => {
  const labels = Array.from({ length: 5 }, (_, key) => ({ key, x: 200 + key, y: 150, width: 90, height: 15 }));
  const placed = placeLabels(
    labels,
    [{ x: 194, y: 144, width: 16, height: 12 }],
    { width: 500, height: 400 },
    new Map(),
  );
  const clash = (a, b) => Math.abs(a.y - b.y) < 15 && a.x < b.x + 90 && b.x < a.x + 90;
  assert.equal(placed.length, 5);
  for (const a of placed) for (const b of placed) assert.ok(a === b || !clash(a, b));
});

test("a name stays where it was while it fits", () => {
  const memory = new Map();
  const at = (x) =>
    placeLabels([{ key: 1, x, y: 200, width: 90, height: 15 }], [], { width: 500, height: 400 }, memory)[0].x - x;
  const [right, near, middle, edge, back] = [385, 380, 300, 420, 300].map((x) => Math.round(at(x)));
  assert.deepEqual([near, middle], [right, right]);
  assert.ok(edge < 0);
  assert.equal(back, edge);
});

test("a name without a free place has none the next time either", () => {
  // one place fits into the frame, and a box lies a pixel over it: less than the slack that a kept place is given
  const memory = new Map();
  const label = { key: 1, x: 10, y: 15, width: 80, height: 15 };
  const box = { x: 100, y: 0, width: 20, height: 40 };
  const frame = { width: 106, height: 30 };
  const crowded = () => placeLabels([label], [box], frame, memory)[0].crowded;
  assert.equal(placeLabels([label], [], frame, new Map())[0].crowded, false);
  assert.deepEqual([crowded(), crowded(), crowded()], [true, true, true]);
});

test("contours of a cone are circles and end at the edge of the grid", () => {
  const side = 41;
  const values = Float64Array.from({ length: side * side }, (_, k) =>
    Math.hypot((k % side) - 20, Math.floor(k / side) - 20),
  );
  const [inner, outer] = contourLines(values, { rows: side, columns: side }, [7, 24]);
  const radius = ([x, y]) => Math.hypot(x - 20, y - 20);
  assert.equal(inner.lines.length, 1);
  assert.deepEqual(inner.lines[0][0], inner.lines[0].at(-1));
  assert.ok(inner.lines[0].every((point) => Math.abs(radius(point) - 7) < 0.03));
  assert.equal(outer.lines.length, 4); // the circle of 24 leaves a grid of half width 20: an arc in each corner
  for (const line of outer.lines) {
    assert.ok(line.every((point) => Math.abs(radius(point) - 24) < 0.03));
    for (const end of [line[0], line.at(-1)])
      assert.ok(end.some((value) => [0, 40].some((edge) => Math.abs(value - edge) < 1e-9)));
  }
});

test("contours pass over what is no number", () => {
  const values = Float64Array.from({ length: 25 }, (_, k) => (k === 12 ? NaN : k % 5));
  const points = contourLines(values, { rows: 5, columns: 5 }, [1.5])[0].lines.flat();
  assert.ok(points.length > 3 && points.every((point) => point.every(Number.isFinite)));
});

test("levels are spaced as powers of ten", () => {
  const levels = logLevels([3e-5, 0.2, 7, NaN, 0]);
  assert.deepEqual(
    levels,
    [...levels].sort((a, b) => a - b),
  );
  assert.ok([1e-4, 1e-3, 1e-2, 0.1, 1].every((level) => levels.some((each) => Math.abs(each / level - 1) < 1e-12)));
  assert.ok(levels.every((level) => level > 3e-5 && level < 7));
  assert.deepEqual(logLevels([1, 1]), []);
});

test("metric ellipses are the balls of the metric", () => {
  const jacobian = [2, 1, 0, 0.5, 1, -1];
  const points = ball(axesOf(jacobian, 0, 3), [3, 4], 0.1, 1).flat();
  const norm = ([x, y]) =>
    Math.hypot(...[0, 1, 2].map((row) => jacobian[2 * row] * (x - 3) + jacobian[2 * row + 1] * (y - 4)));
  close(points.map(norm), Array(98).fill(0.1), 1e-13);
});

test("a view rests while its heads stay within a quarter of a pixel", () => {
  // from where it was drawn last, not from frame to frame; and not for longer than a quarter of a second
  const [motion, view, drawn] = [new Motion(), {}, []];
  for (let k = 0; k < 100; k += 1) {
    const heads = [0.1 * k, NaN];
    if (motion.rests(view, heads, 10 * k)) continue;
    motion.note(view, heads, 10 * k);
    drawn.push(k);
  }
  const late = new Motion();
  late.note(view, [5], 0);
  assert.deepEqual(drawn.slice(0, 4), [0, 3, 6, 9]);
  assert.deepEqual(
    [
      late.rests(view, [5], 249),
      late.rests(view, [5], 250),
      late.rests(view, [5, 5], 10),
      late.rests(view, [NaN], 10),
      late.rests({}, [5], 10),
    ],
    [true, false, false, false, false],
  );
});

test("a path leaves where its last chord meets the edge", () => {
  const at = (...pixels) =>
    exitOf({ pixels: Float32Array.from(pixels), kept: pixels.length / 2 }, { width: 400, height: 300 });
  assert.equal(at(100, 150, 200, 150), null);
  assert.deepEqual(at(100, 150, 1000, 150), { x: 388, y: 150, dx: 1, dy: 0 });
  assert.deepEqual(at(100, 150, 1000, 150, 200, 150, 200, -5000), { x: 200, y: 12, dx: 0, dy: -1 });
  assert.deepEqual(at(-90, 150, 9000, 150), { x: 388, y: 150, dx: 1, dy: 0 });
});
