// What a teacher may take out of a link's reach: names in the address, the actions they silence, and the attribute by
// which page.css hides their controls.

import { setProps } from "../controls/dash.mjs";

/** @import { PlaceOf, Sentences, Words } from "../types.d.ts" */

/**
 * Name → the actions that do nothing under it.
 *
 * @type {Record<string, string[]>}
 */
const LOCKS = {
  preset: [],
  edit: ["open"],
  panels: ["unfold"],
  units: [],
  speed: [],
  solvers: ["toggle"],
  tune: ["tune"],
  lessons: ["lesson", "leave"],
  theme: ["theme"],
  link: ["link"],
  restart: ["restart", "branch"],
  play: ["pause", "step", "back", "leap", "seek", "home", "end", "live", "loop", "from", "to"],
};
const ALWAYS = ["theme", "link", "restart", "play"]; // what `all` leaves: it locks what is shown, not the watching

export const LOCK_NAMES = [...Object.keys(LOCKS), "all"];

/**
 * The members of a lock.
 *
 * @param {string[]} names
 */
export function members(names = []) {
  return Object.keys(LOCKS).filter((name) => names.includes(name) || (names.includes("all") && !ALWAYS.includes(name)));
}

/**
 * `actions` without those that a lock silences.
 *
 * @template A
 * @param {A} actions
 * @param {string[] | undefined} names
 */
export function guarded(actions, names) {
  const silent = members(names).flatMap((name) => LOCKS[name]);
  return { ...actions, ...Object.fromEntries(silent.map((name) => [name, () => null])) };
}

/**
 * Hides the controls, and says that this is a locked view.
 *
 * @param {PlaceOf} place
 * @param {string[] | undefined} names
 * @param {Words["lock"]} words
 */
export function close(place, names, words) {
  const closed = members(names);
  if (!closed.length) return;
  place("page").dataset.lock = closed.join(" ");
  if (closed.includes("preset")) setProps("preset", { disabled: true });
  place("locked").textContent = words.title;
  place("locked").title = words.about.replace(
    "{what}",
    closed.map((name) => /** @type {Sentences} */ (words.names)[name]).join(", "),
  );
}
