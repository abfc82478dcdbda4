// Formulas in names.

import assert from "node:assert/strict";
import { test } from "node:test";

import { parts } from "#page/text/typeset.mjs";

for (const [text, expected] of [
  [
    "ρ = e^{−t}",
    [
      ["", "ρ = e"],
      ["^", "−t"],
    ],
  ],
  [
    "f(x_1)",
    [
      ["", "f(x"],
      ["_", "1"],
      ["", ")"],
    ],
  ],
  ["gauss_newton", [["", "gauss_newton"]]],
  ["", [["", ""]]],
])
  test(`subscripts and superscripts in “${text}”`, () => {
    assert.deepEqual(
      parts(text).map((part) => [part.mark, part.text]),
      expected,
    );
  });
