// What a link asks for and this page has not: taken out of the state, and told in one sentence.

import { EDGES } from "../canvas/band.mjs";
import { LOCK_NAMES } from "../lesson/lock.mjs";
import { isAssembly } from "../theory/assembly.mjs";
import { PAIRINGS } from "../theory/pair.mjs";

const BANDS = [...Object.keys(EDGES), "seeds"];

/**
 * Mends `chosen` in place; returns what was lost, [name, text]. `has` is {presets, panels, lessons, conventions,
 * speeds, languages} of this page.
 */
export function restore(chosen, has) {
  const lost = chosen.lost.splice(0);
  const drop = (name, text = String(chosen[name])) => {
    lost.push([name, text]);
    delete chosen[name];
  };
  const named = (name, table) =>
    chosen[name] !== undefined && !table.some((each) => each.name === chosen[name]) && drop(name);
  const sift = (name, known) => {
    const gone = (chosen[name] ?? []).filter((each) => !known.includes(each));
    for (const each of gone) lost.push([name, each]);
    if (gone.length) chosen[name] = chosen[name].filter((each) => known.includes(each));
  };
  named("preset", has.presets);
  named("loss", has.conventions.losses);
  named("clock", [...has.conventions.clocks, ...has.conventions.counters]);
  named("lesson", has.lessons);
  if (chosen.share !== undefined && !has.conventions.shares.includes(chosen.share)) drop("share");
  if (chosen.band !== undefined && !BANDS.includes(chosen.band)) drop("band");
  if (chosen.speed !== undefined && !has.speeds.includes(chosen.speed)) drop("speed");
  if (chosen.lang !== undefined && !has.languages.includes(chosen.lang)) drop("lang");
  if (chosen.theme !== undefined && !["dark", "light"].includes(chosen.theme)) drop("theme");
  if (chosen.pairing !== undefined && !PAIRINGS.includes(chosen.pairing)) drop("pairing");
  if (chosen.composition !== undefined && !isAssembly(chosen.composition)) drop("composition");
  sift("panels", has.panels);
  sift("lock", LOCK_NAMES);
  const layers = [...(chosen.layers ?? [])].filter((each) => !has.layers.includes(each));
  for (const each of layers) lost.push(["layers", each]);
  if (layers.length) chosen.layers = new Set([...chosen.layers].filter((each) => has.layers.includes(each)));
  if (chosen.lesson === undefined && chosen.step !== undefined) drop("step");
  const steps = has.lessons.find(({ name }) => name === chosen.lesson)?.steps.length;
  if (
    steps &&
    chosen.step !== undefined &&
    !(Number.isInteger(chosen.step) && chosen.step >= 1 && chosen.step <= steps)
  )
    drop("step");
  return lost;
}

/** The sentence, or "" where nothing was lost. */
export function sentenceOf(lost, words) {
  const quoted = (text) => (text.length > 40 ? `${text.slice(0, 39)}…` : text);
  const what = lost.map(([name, text]) =>
    (words.names[name] ?? words.unknown).replace("{name}", quoted(name)).replace("{text}", quoted(text)),
  );
  return what.length ? words.sentence.replace("{what}", what.join(", ")) : "";
}
