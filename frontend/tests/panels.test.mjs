// The panels' own figures: ranks by cost, the rank of J, numbers beside an axis.

import assert from "node:assert/strict";
import { test } from "node:test";

import { lambdas } from "#page/chart/strips.mjs";
import { measure, right, told } from "#page/lesson/answer.mjs";
import { ranking, ranks, standing, swaps, Timings } from "#page/panels/cost.mjs";
import { parametrisation, Stretches } from "#page/panels/rank.mjs";

import { column, drawing } from "./drawn.mjs";

test("ranks are by the cost of the first row that is low enough", () => {
  const lane = (loss, step, flops) => ({
    count: 3,
    epoch: 0,
    columns: {
      excess_loss: column(loss),
      loss: column(loss),
      time: column([0, 1, 2]),
      step: column(step),
      flops: column(flops),
    },
  });
  const lanes = [
    lane([1, 0.5, 0.01], [0, 1, 2], [5, 50, 100]),
    lane([1, 0.01, 0.001], [0, 4, 8], [5, 10, 20]),
    lane([1, 0.9, 0.8], [0, 1, 2], [1, 2, 3]), // never arrives: no rank
  ];
  const axes = [{ name: "t" }, { name: "steps", columns: ["step"] }, { name: "flops", columns: ["flops"] }];
  const table = ranking(lanes, [3, 3, 3], 0.01, axes);
  assert.deepEqual(table, [
    [2, 1, 0],
    [1, 2, 0],
    [2, 1, 0],
  ]);
  assert.deepEqual(swaps(table), [[0, 1]]);
});

test("equal costs share a rank and no order is turned", () => {
  assert.deepEqual(ranks([3, 1, 3, NaN]), [2, 1, 2, 0]);
  assert.deepEqual(
    swaps([
      [1, 1],
      [1, 2],
    ]),
    [],
  );
});

test("wall time falls silent where repeated timings part", () => {
  const store = (...walls) => ({
    meta: { spec: { title: "one" } },
    lanes: walls.map((wall) => ({ status: "horizon", count: 1, last: () => wall })),
  });
  const timings = new Timings();
  const seen = [store(1, 2), store(1.1, 2.1), store(1.05, 2.6)].map((each) => {
    timings.of(each);
    const { count, silent } = timings.of(each);
    return [count, silent];
  });
  assert.deepEqual(seen, [
    [1, false],
    [2, false],
    [3, true],
  ]);
});

/**
 * How lanes of [losses, costs, status, rows so far] stand at equal cost.
 *
 * @param {[number[], number[], string, number?][]} lanes
 * @param {number} [declared]
 */
function stand(lanes, declared) {
  const stood = lanes.map(([loss, cost, status]) => ({
    count: loss.length,
    status,
    columns: { loss: column(loss), cost: column(cost) },
  }));
  const counts = lanes.map(([loss, , , rows]) => rows ?? loss.length);
  return standing(stood, counts, { columns: ["cost"] }, declared);
}

for (let seed = 1; seed <= 40; seed += 1)
  test(`lanes are ranked by the loss where all have spent the same, seed ${seed}`, () => {
    // some lanes have come to their end before the others have spent as much
    const random = drawing(6007 * seed);
    const lanes = Array.from({ length: 6 }, () => {
      const rows = 2 + Math.floor(10 * random());
      let spent = 0;
      const cost = Array.from({ length: rows }, () => (spent += 0.1 + 39.9 * random()));
      const loss = Array.from({ length: rows }, () => 10 ** (14 * random() - 12));
      return [loss, cost, ["horizon", "rank_loss", "escaped"][Math.floor(3 * random())]];
    });
    const whole = lanes.filter(([, , status]) => status === "horizon").map(([, cost]) => cost.at(-1));
    const budget = whole.length ? Math.min(...whole) : Math.max(...lanes.map(([, cost]) => cost.at(-1)));
    const losses = lanes.map(([loss, cost]) => loss[Math.max(0, cost.filter((each) => each <= budget).length - 1)]);
    const near = 1e-14 * Math.max(...lanes.map(([loss]) => loss[0]));
    const found = stand(lanes);
    assert.equal(found.budget, budget);
    assert.deepEqual(found.losses, losses);
    assert.deepEqual(
      found.ranks,
      losses.map((loss) => 1 + losses.filter((other) => other < loss - near).length),
    );
  });

test("a declared budget is the budget, and a lane that ran away comes last", () => {
  // the step that reaches the budget may go beyond it; a lane at its horizon stands there; one that goes on bounds it
  const ended = stand(
    [
      [[1, 0.1], [0, 70], "spent"],
      [[1, 0.3], [0, 20], "horizon"],
      [[1, NaN], [0, 5], "diverged"],
    ],
    60,
  );
  assert.deepEqual([ended.budget, ended.losses.slice(0, 2), ended.ranks], [60, [0.1, 0.3], [1, 2, 3]]);
  const going = stand(
    [
      [[1, 0.1, 0.01], [0, 70, 90], "spent", 2],
      [[1, 0.3, 0.2], [0, 20, 60], "horizon", 2],
    ],
    60,
  );
  assert.deepEqual([going.budget, going.losses, going.ranks], [20, [1, 0.3], [2, 1]]);
});

test("losses that differ by rounding share a rank", () => {
  const lanes = [
    [[1, 1e-17], [0, 9], "horizon"],
    [[1, 2e-16], [0, 9], "horizon"],
  ];
  assert.deepEqual(stand(lanes).ranks, [1, 1]);
});

test("stretches of rank turn amber and red", () => {
  const columns = {
    time: column([0, 1, 2, 3]),
    rank: column([2, 2, 1, 1]),
    sigma_min: column([1, 1e-4, 1e-12, 1e-12]),
    sigma_max: column([1, 1, 1, 1]),
  };
  const lane = { lane: 0, epoch: 0, count: 4, status: "running", columns };
  const list = new Stretches(lane, 2).upTo(4).map(({ rank, state, from, to }) => [rank, state, from, to]);
  assert.deepEqual(list, [
    [2, 0, 0, 1],
    [2, 1, 1, 2],
    [1, 2, 2, 3],
  ]);
});

test("which of K and G can have full rank", () => {
  const meta = { samples: 3, target: [0, 0, 0], spec: { network: {} } };
  assert.deepEqual(
    [2, 3, 8].map((parameters) => parametrisation({ ...meta, parameters })),
    ["under", "border", "over"],
  );
});

test("numbers of λ keep clear of the number one and of each other", () => {
  const random = drawing(12);
  const lane = { upTo: () => 1, last: () => 0.5, count: 1, columns: { time: column([0]) } };
  const store = { units: { axis: { name: "t" }, factor: () => 1 } };
  let seen = 0;
  for (let trial = 0; trial < 200; trial += 1) {
    const [low, high] = [10 ** -(1 + 15 * random()), 10 ** (0.1 + 0.9 * random())];
    const tall = 60 + 440 * random();
    const y = (value) => 6 + (tall * Math.log10(high / value)) / Math.log10(high / low);
    const scales = { left: 50, right: 400, top: 6, bottom: 6 + tall, x: () => 60, y };
    const looks = [{ lane, shown: true }];
    const notes = lambdas({ layer: { scale: 1 }, scales, store, frame: 1, looks }, { low });
    seen += notes.length;
    notes.forEach(({ text, y: at }, k) => {
      assert.ok(!k || at - notes[k - 1].y >= 16);
      const [, sign, power] = /\{(−?)(\d+)\}/.exec(text);
      assert.ok(sign || power === "0" || Math.abs(at - y(1)) >= 11, text);
    });
  }
  assert.ok(seen > 100);
});

test("an answer is measured and not written down", () => {
  // the same measure of three runs: three numbers, three options that are right
  const time = Float64Array.from({ length: 101 }, (_, k) => k / 10);
  const store = (rate) => ({
    lanes: [
      {
        solver: 0,
        upTo: () => 101,
        columns: { time: column(time), loss: column(time.map((t) => Math.exp(-rate * t))) },
      },
    ],
    meta: { spec: { solvers: [0] } },
  });
  const ask = (rate) => measure(store(rate), 100, { kind: "rate", solver: 0, column: "loss", from: 2, to: 9 });
  const options = [{ from: 1.5 }, { from: 0.5, to: 1.5 }, { to: 0.5 }];
  assert.deepEqual(
    [1.9, 0.9, 0.2].map((rate) => [told(ask(rate), {}), right(options, ask(rate))]),
    [
      ["1.90", 0],
      ["0.900", 1],
      ["0.200", 2],
    ],
  );
});
