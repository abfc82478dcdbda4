// The rows of a run, where the drawing stands in them, clocks and tables.

import assert from "node:assert/strict";
import { test } from "node:test";

import { along, placeOf } from "#page/stream/clock.mjs";
import { SCALARS } from "#page/stream/columns.mjs";
import { Playhead } from "#page/stream/playhead.mjs";
import { Column, Store } from "#page/stream/store.mjs";
import { csv } from "#page/stream/table.mjs";

import { close, column, drawing } from "./drawn.mjs";

test("the playhead keeps the rate over jittery chunks", () => {
  const [head, frames] = [new Playhead(), []];
  for (let now = 0; now <= 3000; now += 1000 / 60) {
    const arrived = 4 * Math.floor(((now + 25 * Math.sin(now)) * 0.06) / 4) + 3;
    frames.push(head.advance(now, { arrived, speed: 1, complete: false }));
  }
  const steps = frames.slice(1).map((frame, k) => frame - frames[k]);
  assert.ok(frames.at(-1) >= 165 && frames.at(-1) <= 180);
  assert.equal(Math.min(...steps), 0);
  assert.ok(Math.max(...steps) <= 2, "it never leaps to make up for a late chunk");
  assert.ok(steps.slice(60).filter((step) => step === 0).length <= 30, "of 120");
});

test("the playhead catches up when far behind and never runs ahead", () => {
  const [head, seen] = [new Playhead(), []];
  for (let k = 0; k < 120; k += 1)
    seen.push(head.advance(16.7 * (k + 1), { arrived: 3000 + k, speed: 1, complete: false }));
  assert.ok(seen.at(-1) > 2800);
  assert.ok(seen.every((frame, k) => frame <= 3000 + k));
});

test("a frozen playhead moves by steps only", () => {
  const head = new Playhead();
  let now = 0;
  const go = (arrived) => head.advance((now += 16.7), { arrived, speed: 1, complete: false });
  for (let k = 0; k < 30; k += 1) go(40);
  head.freeze();
  const at = go(60);
  go(80);
  assert.equal(head.frame, at);
  head.step();
  assert.equal(go(80), at + 1);
  head.step();
  head.step();
  assert.equal(go(80), at + 3);
  head.thaw();
  for (let k = 0; k < 10; k += 1) go(120);
  assert.ok(head.frame > at + 6);
});

test("a step beyond what has arrived is taken when it arrives", () => {
  const head = new Playhead();
  head.position = 9;
  head.freeze();
  assert.equal(head.step(), 10);
  assert.equal(head.advance(10, { arrived: 9, speed: 1, complete: false }), 9);
  assert.equal(head.advance(20, { arrived: 13, speed: 1, complete: false }), 10);
});

test("the store counts gaps, passes over repeats and knows what is drawn", () => {
  const lanes = ["a", "b"].map((name, lane) => ({ lane, solver: lane, name, seed: 0 }));
  const store = new Store({ lanes });
  const scalar = { row: (row) => row, lane: (row) => row % 2, frame: (row) => row >> 1 };
  const batch = (rows) => ({
    count: rows.length,
    status: () => "running",
    lists: { outputs: (k) => [rows[k], 0, 1], eigenvalues: () => [1], theta: () => null },
    scalars: Object.fromEntries(
      ["row", "lane", "frame", "time", "loss"].map((name) => [name, rows.map(scalar[name] ?? (() => 0.5))]),
    ),
  });
  store.append(batch([0, 1, 2, 3]));
  store.append(batch([2, 3, 4, 5]));
  assert.equal(store.gaps, 0);
  store.append(batch([8, 9]));
  const [first, second] = store.lanes;
  assert.deepEqual([store.gaps, store.next, store.head], [1, 10, 4]);
  assert.deepEqual([store.drawn(1), store.drawn(-1), store.drawn(99)], [4, 0, 10]);
  assert.deepEqual([first.count, second.upTo(2)], [4, 3]);
  assert.deepEqual([...first.columns.outputs.view(2)], [0, 0, 1, 2, 0, 1]);
});

test("a column grows and thins", () => {
  const grown = new Column(2);
  for (let k = 0; k < 5000; k += 1) grown.push([k, -k]);
  assert.ok(grown.view().every((value, k) => value === (k % 2 ? -(k >> 1) : k >> 1)));
  grown.thin();
  assert.deepEqual([grown.count, grown.data[2], grown.data[2 * 2499]], [2500, 2, 4998]);
});

test("a table becomes csv that quotes and leaves gaps", () => {
  const rows = [
    ['a, "b"', 0.1],
    ["#c", NaN],
  ];
  assert.equal(csv({ columns: ["curve", "t"], rows }, ["one\ntwo"]), '# one two\ncurve,t\n"a, ""b""",0.1\n"#c",\n');
});

test("places lie between rows and nothing is extrapolated", () => {
  const columns = { time: column([0, 1, 2]), a: column([0, 10, 10]), b: column([1, 2, 5]) };
  const lane = { count: 3, epoch: 0, columns };
  const units = { axis: { name: "both", columns: ["a", "b"] }, factor: () => 1 };
  assert.deepEqual([...along(units, lane, 3)], [1, 12, 15]);
  close([placeOf(units, lane, 0.5), placeOf(units, lane, 2)], [6.5, 15]);
  assert.ok(Number.isNaN(placeOf(units, lane, 2.01)) && Number.isNaN(placeOf(units, lane, -0.1)));
});

/**
 * A store to which `rows` came in batches that end at `cuts`.
 *
 * @param {number} best
 * @param {number} lanes
 * @param {Record<string, number>[]} rows
 * @param {number[]} cuts
 */
function stored(best, lanes, rows, cuts) {
  const told = Array.from({ length: lanes }, (_, lane) => ({ lane, solver: lane, name: "", seed: 0 }));
  const store = new Store({ best: { loss: best }, lanes: told });
  [0, ...cuts].forEach((from, k) => {
    const part = rows.slice(from, cuts[k] ?? rows.length);
    const names = ["lane", "reference", ...SCALARS];
    const scalars = Object.fromEntries(names.map((name) => [name, Float64Array.from(part, (row) => row[name] ?? NaN)]));
    store.append({ count: part.length, status: () => "running", scalars, lists: {} });
  });
  return store;
}

/**
 * Rows as the server sends them: of each frame one row a lane, each over the lowest L* until then.
 *
 * @param {number[][]} losses
 * @param {number} best
 */
function rowsOf(losses, best) {
  let reference = best;
  return losses.flatMap((row, frame) => {
    reference = Math.min(reference, ...row);
    return row.map((loss, lane) => ({
      row: frame * row.length + lane,
      lane,
      frame,
      time: 0.1 * frame,
      loss,
      reference,
      excess_loss: loss > reference ? loss - reference : NaN,
    }));
  });
}

for (let seed = 1; seed <= 20; seed += 1)
  test(`every row is measured over the lowest reference, seed ${seed}`, () => {
    // drawn losses come below L* several times: a row that was L* and is so no longer is measured again
    const random = drawing(977 * seed);
    const losses = Array.from({ length: 30 }, (_, frame) =>
      Array.from({ length: 3 }, () => Math.exp(-0.2 * frame) * (0.2 + 1.8 * random())),
    );
    const sorted = losses.flat().sort((a, b) => a - b);
    const [best, least] = [(sorted[44] + sorted[45]) / 2, sorted[0]];
    const cuts = Array.from({ length: 4 }, () => Math.floor(90 * random())).sort((a, b) => a - b);
    const store = stored(best, 3, rowsOf(losses, best), cuts);
    assert.equal(store.reference, least);
    close([store.lowered], [0.1 * losses.findIndex((row) => Math.min(...row) < best)]);
    store.lanes.forEach((lane, k) => {
      const excess = [...lane.columns.excess_loss.view()];
      losses.forEach((row, frame) => {
        if (row[k] === least) assert.ok(Number.isNaN(excess[frame]));
        else close([excess[frame] / (row[k] - least)], [1], 1e-9);
      });
    });
  });

test("nothing is measured anew where no lane comes below", () => {
  const losses = Array.from({ length: 10 }, (_, k) => [2 - k / 9]);
  const rows = rowsOf(losses, 0.5).map((row) => ({ ...row, excess_loss: row.excess_loss * (1 + 1e-9) }));
  const store = stored(0.5, 1, rows, []);
  assert.deepEqual([store.lowered ?? null, store.reference], [null, 0.5]);
  assert.deepEqual(
    [...store.lanes[0].columns.excess_loss.view()],
    rows.map((row) => row.excess_loss),
  );
});
