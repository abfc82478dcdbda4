// Projections, tangent planes, modes, and the distance of two paths.

import assert from "node:assert/strict";
import { test } from "node:test";

import { declaredMap, Keeping, mapped } from "#page/theory/linear.mjs";
import { condition, Decay, shares } from "#page/theory/mode.mjs";
import { separation } from "#page/theory/pair.mjs";
import { tangentAt } from "#page/theory/tangent.mjs";
import { positionOf, rhoAt } from "#page/theory/tune.mjs";

import { close, column, drawing } from "./drawn.mjs";

const SIDE = 32;

/**
 * A start, a target and three modes in 32 outputs, and the plane that they declare.
 *
 * @param {number} seed
 */
function plane(seed) {
  const random = drawing(seed);
  const normal = () => random() + random() + random() + random() - 2;
  const [start, target] = [Array.from({ length: SIDE }, normal), Array.from({ length: SIDE }, normal)];
  const vectors = [0, 1, 2].map((k) => Array.from({ length: SIDE }, (_, i) => (i === k ? 1 : 0)));
  const map = declaredMap(start, target, vectors);
  return { normal, start, target, map, kept: new Keeping(map) };
}

for (let seed = 1; seed <= 12; seed += 1)
  test(`a random walk triggers the warning, seed ${seed}`, () => {
    // a plane fitted to the path would show a Lissajous figure and keep most of its variance; a declared one says that
    // it keeps little
    const { normal, start, kept } = plane(7919 * seed);
    const path = new Float64Array(600 * SIDE);
    path.set(start);
    for (let k = SIDE; k < path.length; k += 1) path[k] = path[k - SIDE] + normal();
    kept.follow(path, 600);
    assert.ok(kept.misleads && kept.retained < 0.5 && kept.shrunk > 0.3, `${kept.retained} ${kept.shrunk}`);
  });

test("a straight path to the target is kept whole", () => {
  const { start, target, map, kept } = plane(5);
  const share = (k) => 1 - Math.exp(-Math.floor(k / SIDE) / 40);
  const path = Float64Array.from(
    { length: 200 * SIDE },
    (_, k) => start[k % SIDE] + share(k) * (target[k % SIDE] - start[k % SIDE]),
  );
  kept.follow(path, 50);
  kept.follow(path, 200);
  const at = [0, 0];
  mapped(map, target, 0, at);
  assert.equal(kept.misleads, false);
  const length = Math.hypot(...target.map((y, k) => y - start[k]));
  close([kept.retained, kept.shrunk, at[0] - length, at[1]], [1, 0, 0, 0]);
});

test("the axes are orthonormal and pass over a mode that is the direction of the target", () => {
  const map = declaredMap(
    [0, 0, 0],
    [2, 0, 0],
    [
      [1, 0, 0],
      [0.6, 0.8, 0],
      [0, 0, 1],
    ],
  );
  assert.equal(map.mode, 1);
  assert.deepEqual([...map.axes[0]], [1, 0, 0]);
  close([...map.axes[1]], [0, 1, 0]);
  assert.equal(declaredMap([0], [1], [[1]]), null);
});

test("a tangent plane needs two directions", () => {
  const flat = tangentAt([1, 0, 0, 1, 0, 0], [0, 0, 0], [1, 2, 3]);
  assert.deepEqual(
    [[...flat.projection], [...flat.normal]],
    [
      [1, 2, 0],
      [0, 0, 1],
    ],
  );
  assert.equal(tangentAt([1, 2, 2, 4, 3, 6], [0, 0, 0], [1, 2, 3]), null);
});

const LANE = {
  lane: 0,
  epoch: 0,
  count: 4,
  status: "running",
  columns: {
    time: column([0, 1, 2, 3]),
    rho: column([0.5, 0.5, 0.5, 0.5]),
    eigenvalues: column([4, 1, 3, 2, 3, 2, 4, 1], 2),
    tracks: column([0, 1, 0, 1, 1, 0, 1, 0], 2),
    rates: column([4, 1, 3, 2, 3, 2, 4, 1], 2),
    modes: column([1, 2, 1, 2, 1, 2, 1, 2], 2),
  },
};

test("theory follows a track through a crossing", () => {
  // λ is 4, 3, 2, 1 and 1, 2, 3, 4 at t = 0 … 3: trapezoids of 7.5 for both; beginning anew gives the same
  const [once, parts] = [new Decay(LANE), new Decay(LANE)];
  assert.deepEqual([...once.upTo(4)], [7.5, 7.5]);
  parts.upTo(1);
  parts.upTo(3);
  assert.deepEqual([...parts.upTo(4)], [7.5, 7.5]);
  assert.deepEqual([...parts.upTo(2)], [3.5, 1.5]);
});

test("the shares of the decrease are the recorded rates over the squares of the modes", () => {
  assert.deepEqual([...shares(LANE, 0)], [0.5, 0.5]);
  assert.deepEqual([...shares(LANE, 1)], [3 / 11, 8 / 11]);
  assert.equal(condition(LANE, 0), 4);
});

test("where the engine states no rates nothing is drawn of theory", () => {
  const { rates, ...others } = LANE.columns;
  assert.equal(shares({ ...LANE, columns: others }, 0), null);
  assert.deepEqual([...new Decay({ ...LANE, columns: others }).upTo(4)], [0, 0]);
  const gap = { ...LANE, columns: { ...others, rates: column([NaN, NaN, NaN, NaN, 3, 2, 4, 1], 2) } };
  assert.equal(shares(gap, 0), null);
  assert.ok(Number.isNaN(new Decay(gap).upTo(4)[0]) && rates.width === 2);
});

test("the nearest point is that of all chords", () => {
  // two random walks of 4000 rows: what the search passes over must never hold the nearest point
  const random = drawing(7);
  const rows = 4000;
  const lane = () => {
    const path = new Float64Array(3 * rows);
    for (let k = 3; k < path.length; k += 1) path[k] = path[k - 3] + random() - 0.5;
    const time = Array.from({ length: rows }, (_, k) => k);
    return { columns: { outputs: column(path, 3), motion: column(path, 3), time: column(time), loss: column(time) } };
  };
  const [a, b] = [lane(), lane()];
  const { place } = separation(a, b, [rows, rows], "nearest");
  const [first, second] = [a, b].map(({ columns }) => columns.outputs.data);
  const point = (path, k) => path.subarray(3 * k, 3 * k + 3);
  /** The distance of p from the chord of `second` between rows k and k + 1. */
  const gap = (p, k) => {
    const [from, to] = [point(second, k), point(second, k + 1)];
    const chord = [0, 1, 2].map((i) => to[i] - from[i]);
    const along = chord.reduce((sum, each, i) => sum + each * (p[i] - from[i]), 0);
    const share = Math.min(1, Math.max(0, along / chord.reduce((sum, each) => sum + each * each, 0)));
    return Math.hypot(...chord.map((each, i) => from[i] + share * each - p[i]));
  };
  for (let row = 0; row < rows; row += 40) {
    const p = point(first, row);
    const nearest = Math.min(...Array.from({ length: rows - 1 }, (_, k) => gap(p, k)));
    const [k, share] = [Math.min(Math.floor(place[row]), rows - 2), place[row] % 1];
    const [from, to] = [point(second, Math.floor(place[row])), point(second, Math.min(k + 1, rows - 1))];
    const found = Math.hypot(...[0, 1, 2].map((i) => from[i] + share * (to[i] - from[i]) - p[i]));
    close([found], [nearest], 1e-9);
  }
});

test("the slider of ρ runs from zero over six decades to one", () => {
  close(
    [0, 1, 51, 301].map(rhoAt).map((rho, k) => rho / [1, 1e-6, 1e-5, 1][k]),
    [0, 1, 1, 1],
  );
  const positions = Array.from({ length: 302 }, (_, k) => k);
  assert.deepEqual(
    positions.map((k) => positionOf(rhoAt(k))),
    positions,
  );
  assert.deepEqual([1e-9, 0, 1].map(positionOf), [1, 0, 301]);
});
