// @ts-nocheck
// What a link asks for and this page has not: taken out of the state, and told in one sentence.

import { EDGES } from "../canvas/band.mjs";
import { LOCK_NAMES } from "../lesson/lock.mjs";
import { isAssembly } from "../theory/assembly.mjs";
import { PAIRINGS } from "../theory/pair.mjs";

const BANDS = [...Object.keys(EDGES), "seeds"];

/** Per name of one value: whether this page has it. */
const HAD = {
  preset: (value, { presets }) => presets.some(({ name }) => name === value),
  loss: (value, { conventions }) => conventions.losses.some(({ name }) => name === value),
  clock: (value, { conventions: { clocks, counters } }) => [...clocks, ...counters].some(({ name }) => name === value),
  share: (value, { conventions }) => conventions.shares.includes(value),
  lesson: (value, { lessons }) => lessons.some(({ name }) => name === value),
  band: (value) => BANDS.includes(value),
  speed: (value, { speeds }) => speeds.includes(value),
  lang: (value, { languages }) => languages.includes(value),
  theme: (value) => ["dark", "light"].includes(value),
  pairing: (value) => PAIRINGS.includes(value),
  composition: (value) => isAssembly(value),
  step: (value, { lessons }, { lesson }) =>
    isStep(
      value,
      lessons.find(({ name }) => name === lesson),
    ),
};

/** Per name of several values: those that this page has. */
const SIFTED = { panels: ({ panels }) => panels, lock: () => LOCK_NAMES, layers: ({ layers }) => layers };

function isStep(value, lesson) {
  return lesson !== undefined && Number.isInteger(value) && value >= 1 && value <= lesson.steps.length;
}

/**
 * Mends `chosen` in place; returns what was lost, [name, text]. `has` is {presets, panels, lessons, conventions,
 * speeds, languages, layers} of this page.
 */
export function restore(chosen, has) {
  const lost = chosen.lost.splice(0);
  for (const [name, isHad] of Object.entries(HAD)) {
    if (chosen[name] === undefined || isHad(chosen[name], has, chosen)) continue;
    lost.push([name, String(chosen[name])]);
    delete chosen[name];
  }
  for (const [name, knownOf] of Object.entries(SIFTED)) {
    const known = knownOf(has);
    const gone = [...(chosen[name] ?? [])].filter((each) => !known.includes(each));
    lost.push(...gone.map((each) => [name, each]));
    if (gone.length) chosen[name] = sifted(chosen[name], known);
  }
  return lost;
}

/** A list or a set without what is not `known`. */
function sifted(values, known) {
  const kept = [...values].filter((each) => known.includes(each));
  return values instanceof Set ? new Set(kept) : kept;
}

/** The sentence, or "" where nothing was lost. */
export function sentenceOf(lost, words) {
  const quoted = (text) => (text.length > 40 ? `${text.slice(0, 39)}…` : text);
  const what = lost.map(([name, text]) =>
    (words.names[name] ?? words.unknown).replace("{name}", quoted(name)).replace("{text}", quoted(text)),
  );
  return what.length ? words.sentence.replace("{what}", what.join(", ")) : "";
}
