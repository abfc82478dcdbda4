// The box of three outputs.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Depth } from "#page/stage/depth.mjs";

test("the sheet hides what is behind it only", () => {
  const positions = new Float32Array(75);
  for (let k = 0; k < 25; k += 1) positions.set([(k % 5) / 2 - 1, Math.floor(k / 5) / 2 - 1, 0], 3 * k);
  const corners = [
    { x: -2, y: -2, z: -2 },
    { x: 2, y: 2, z: 2 },
  ];
  const depth = new Depth(positions, { rows: 5, columns: 5 }, corners);
  depth.look([0.4, 0, 0, 0, 0, 0.4, 0, 0, 0, 0, -0.5, 0, 0, 0, 0, 1], 200, 100);
  assert.deepEqual(
    [depth.hides(100, 50, 0.2), depth.hides(100, 50, -0.2), depth.hides(3, 3, 0.2), depth.hides(-5, 50, 0.2)],
    [true, false, false, false],
  );
});
