// What a link asks for and this page has not: taken out of the state, and told in one sentence.

import { EDGES } from "../canvas/band.mjs";
import { LOCK_NAMES } from "../lesson/lock.mjs";
import { isAssembly } from "../theory/assembly.mjs";
import { PAIRINGS } from "../theory/pair.mjs";

/** @import { Address, Boot, Chosen, LessonPlan, Words } from "../types.d.ts" */

const BANDS = [...Object.keys(EDGES), "seeds"];

/**
 * What this page has: its boot, and the layers of its stages and panels.
 *
 * @typedef {Boot & { layers: string[] }} Has
 */

/** @typedef {(value: never, has: Has, chosen: Address) => boolean} Judge */
/**
 * Per name of one value: whether this page has it.
 *
 * @type {{ [K in keyof Chosen]?: (value: NonNullable<Chosen[K]>, has: Has, chosen: Address) => boolean }}
 */
const HAD = {
  preset: (value, { presets }) => presets.some(({ name }) => name === value),
  loss: (value, { conventions }) => conventions.losses.some(({ name }) => name === value),
  clock: (value, { conventions: { clocks, counters } }) => [...clocks, ...counters].some(({ name }) => name === value),
  share: (value, { conventions }) => conventions.shares.includes(Number(value)),
  lesson: (value, { lessons }) => lessons.some(({ name }) => name === value),
  band: (value) => BANDS.includes(value),
  speed: (value, { speeds }) => speeds.includes(value),
  lang: (value, { languages }) => languages.includes(value),
  theme: (value) => ["dark", "light"].includes(value),
  pairing: (value) => /** @type {readonly string[]} */ (PAIRINGS).includes(value),
  composition: (value) => isAssembly(value),
  step: (value, { lessons }, { lesson }) =>
    isStep(
      value,
      lessons.find(({ name }) => name === lesson),
    ),
};

/**
 * Per name of several values: those that this page has.
 *
 * @type {Record<"panels" | "lock" | "layers", (has: Has) => string[]>}
 */
const SIFTED = {
  panels: ({ panels }) => panels.map(({ name }) => name),
  lock: () => LOCK_NAMES,
  layers: ({ layers }) => layers,
};

/**
 * @param {number} value
 * @param {LessonPlan | undefined} lesson
 */
function isStep(value, lesson) {
  return lesson !== undefined && Number.isInteger(value) && value >= 1 && value <= lesson.steps.length;
}

/**
 * Mends `chosen` in place; returns what was lost, [name, text]. `has` is {presets, panels, lessons, conventions,
 * speeds, languages, layers} of this page.
 *
 * @param {Address} chosen
 * @param {Has} has
 */
export function restore(chosen, has) {
  const lost = chosen.lost.splice(0);
  const state = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (chosen));
  for (const [name, isHad] of /** @type {[string, Judge][]} */ (Object.entries(HAD))) {
    const value = state[name];
    if (value === undefined || isHad(/** @type {never} */ (value), has, chosen)) continue;
    lost.push([name, String(value)]);
    delete state[name];
  }
  for (const [name, knownOf] of Object.entries(SIFTED)) {
    const known = knownOf(has);
    const values = /** @type {Iterable<string>} */ (state[name] ?? []);
    const gone = [...values].filter((each) => !known.includes(each));
    for (const each of gone) lost.push([name, each]);
    if (gone.length) state[name] = sifted(values, known);
  }
  return lost;
}

/**
 * A list or a set without what is not `known`.
 *
 * @param {Iterable<string>} values
 * @param {string[]} known
 */
function sifted(values, known) {
  const kept = [...values].filter((each) => known.includes(each));
  return values instanceof Set ? new Set(kept) : kept;
}

/**
 * The sentence, or "" where nothing was lost.
 *
 * @param {[string, string][]} lost
 * @param {Words["links"]} words
 */
export function sentenceOf(lost, words) {
  /** @param {string} text */
  const quoted = (text) => (text.length > 40 ? `${text.slice(0, 39)}…` : text);
  const names = /** @type {Record<string, string | undefined>} */ (words.names);
  const what = lost.map(([name, text]) =>
    (names[name] ?? words.unknown).replace("{name}", quoted(name)).replace("{text}", quoted(text)),
  );
  return what.length ? words.sentence.replace("{what}", what.join(", ")) : "";
}
