// Drawn instances and stand-ins that several tests share.

import assert from "node:assert/strict";

/**
 * Numbers between 0 and 1 from a seed, the same in every run.
 *
 * @param {number} seed
 */
export function drawing(seed) {
  let state = seed;
  return () => (state = (48271 * state) % 2147483647) / 2147483647;
}

/**
 * A column of a store, of `width` numbers a row.
 *
 * @param {ArrayLike<number>} values
 * @param {number} [width]
 */
export function column(values, width = 1) {
  const data = Float64Array.from(values);
  return {
    width,
    count: data.length / width,
    data,
    view: (rows = data.length / width) => data.subarray(0, width * rows),
  };
}

/**
 * Fails unless each number is within `error` of the expected one.
 *
 * @param {number[]} found
 * @param {number[]} expected
 * @param {number} [error]
 */
export function close(found, expected, error = 1e-12) {
  assert.equal(found.length, expected.length);
  found.forEach((value, k) => assert.ok(Math.abs(value - expected[k]) <= error, `${value} is not ${expected[k]}`));
}
