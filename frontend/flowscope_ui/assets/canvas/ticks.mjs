// Where the numbers of an axis stand.

/**
 * The least of 1, 2, 2.5 and 5 times a power of ten that is at least `raw`.
 *
 * @param {number} raw
 */
export function roundStep(raw) {
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 2.5, 5, 10].map((k) => k * power).find((candidate) => candidate >= raw * 0.999) ?? NaN;
}

/**
 * Round numbers from `low` to `high`, about `wanted` of them.
 *
 * @param {number} low
 * @param {number} high
 * @param {number} [wanted]
 */
export function niceTicks(low, high, wanted = 4) {
  const step = roundStep((high - low) / wanted);
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k += 1)
    ticks.push(Number((k * step).toPrecision(12)));
  return ticks;
}
