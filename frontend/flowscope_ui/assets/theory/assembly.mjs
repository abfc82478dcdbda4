// Three modules and the wires between them as a person sets them: as an address has them, and as the engine composes
// them.

/** @import { Assembly } from "../types.d.ts" */

/**
 * Rates, bend and wires as a person sets them.
 *
 * @typedef {object} Wired
 * @property {number[]} rates
 * @property {number} bend
 * @property {{ form: string, gain: number }[]} wires
 */

export const PAIRS = [
  [0, 1],
  [1, 2],
  [2, 0],
];
/** @type {Record<string, string | null>} */
export const FORMS = { n: null, s: "series", k: "skew", y: "symmetric" };
export const [RATES, BENDS, GAINS] = [
  { min: 0.1, max: 4 },
  { min: 0, max: 4 },
  { min: 0, max: 10 },
];
const WRITTEN = /^\d+(\.\d+)?(_\d+(\.\d+)?){3}(_[nsky]\d+(\.\d+)?){3}$/;
const FIRST = "1_2_1.5_0.5_s2_k4_n0.5";
const HORIZON = 4;

/**
 * "1_2_1.5_0.5_s2_k4_n0.5": three rates, the bend, and for each pair how it is wired and how strongly. Throws
 * RangeError.
 *
 * @returns {Wired}
 */
export function readAssembly(text = FIRST) {
  if (!WRITTEN.test(text)) throw new RangeError(text);
  const parts = text.split("_");
  const [rates, [bend], wires] = [
    parts.slice(0, 3).map(Number),
    parts.slice(3, 4).map(Number),
    parts.slice(4).map((part) => ({ form: part[0], gain: Number(part.slice(1)) })),
  ];
  const within = (/** @type {{ min: number, max: number }} */ { min, max }, /** @type {number} */ value) =>
    value >= min && value <= max;
  if (
    !rates.every((rate) => within(RATES, rate)) ||
    !within(BENDS, bend) ||
    !wires.every(({ gain }) => within(GAINS, gain))
  )
    throw new RangeError(text);
  return { rates, bend, wires };
}

/**
 * Whether `text` is such an assembly.
 *
 * @param {string} text
 */
export function isAssembly(text) {
  try {
    return Boolean(readAssembly(text));
  } catch {
    return false;
  }
}

/** @param {Wired} assembly */
export function writeAssembly({ rates, bend, wires }) {
  const text = [...rates, bend, ...wires.map(({ form, gain }) => form + gain)].join("_");
  return text === FIRST ? "" : text;
}

/**
 * What the engine is asked.
 *
 * @param {Wired} assembly
 * @returns {Assembly}
 */
export function assemblyOf({ rates, bend, wires }) {
  const joined = wires.flatMap(({ form: letter, gain }, k) => {
    const form = FORMS[letter];
    return form && gain ? [{ source: PAIRS[k][0], target: PAIRS[k][1], form, gain }] : [];
  });
  return { modules: rates.map((rate) => ({ rate, bend })), wires: joined, horizon: HORIZON };
}
