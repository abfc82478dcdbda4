// What a run is called: the words of a preset stand over the preset's own run only. One that was changed says what was
// changed, and claims nothing.

import { setProps } from "../controls/dash.mjs";
import { nodes } from "../text/typeset.mjs";

/**
 * @import { Shell } from "../controls/shell.mjs"
 * @import { Session } from "../stream/session.mjs"
 * @import { Store } from "../stream/store.mjs"
 * @import { Boot, Chosen, Preset, Spec, Words } from "../types.d.ts"
 */

/**
 * Where two specs differ.
 *
 * @typedef {{ path: string[], before?: unknown, after?: unknown }} Change
 */

const MOST = 3; // changes that are told
const REMARK = / \([^()]*\)$/; // that a set-up is ours: it is another one now
const LONG = 14; // characters of a value that is told

/** @param {unknown} value */
const isList = (value) =>
  Array.isArray(value) && !value.some((each) => each !== null && typeof each === "object" && !Array.isArray(each));

/**
 * Where two specs differ, [{path, before, after}]: numbers and words one by one, lists of numbers as a whole.
 *
 * @param {unknown} before
 * @param {unknown} after
 * @param {string[]} [path]
 * @returns {Change[]}
 */
export function changes(before, after, path = []) {
  /** @param {unknown} value */
  const whole = (value) => value === null || typeof value !== "object" || isList(value);
  if (whole(before) || whole(after))
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }];
  const [old, now] = [before, after].map((value) => /** @type {Record<string, unknown>} */ (value));
  if (Array.isArray(before) && before.length !== now.length) return [{ path, before, after }];
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  return names.flatMap((name) => changes(old[name], now[name], [...path, name]));
}

/**
 * {preset, base, title, changed} of a run of `spec`: the preset that it is, the one that it was made from (that of
 * `name` before others of its title), what differs.
 *
 * @param {Spec} spec
 * @param {boolean} tuned
 * @param {Preset[]} presets
 * @param {string | undefined} name
 */
export function identityOf(spec, tuned, presets, name) {
  const alike = presets.filter((each) => each.spec.title === spec.title);
  const base = alike.find((each) => each.name === name) ?? alike[0] ?? null;
  if (!base) return { preset: null, base, title: spec.title, changed: [] };
  const changed = changes({ ...base.spec, tunes: [] }, { ...spec, tunes: [] });
  if (tuned) changed.push({ path: ["tunes"] });
  return { preset: changed.length ? null : base, base, title: base.title, changed };
}

/**
 * "Gauss–Newton: integrator dt 0.5 → 1": the first of what was changed.
 *
 * @param {Change[]} changed
 * @param {Spec} spec
 * @param {Words["title"]} words
 */
export function told(changed, spec, words) {
  /** @param {unknown} each */
  const value = (each) =>
    each === null || typeof each === "object" || String(each).length > LONG
      ? null
      : String(each).replace("-", "−").replaceAll("_", " ");
  const lines = changed.slice(0, MOST).map(({ path, before, after }) => {
    const [first, index, ...rest] = path;
    const solver = first === "solvers" && index !== undefined ? spec.solvers[Number(index)] : null;
    const where =
      path[0] === "tunes"
        ? words.tunes
        : (solver ? `${solver.name}: ${rest.join(" ")}` : path.join(" ")).replaceAll("_", " ");
    const [from, to] = [before, after].map((each) => (each === undefined ? null : value(each)));
    return from && to ? `${where} ${from} → ${to}` : where;
  });
  return words.changed.replace("{what}", [...lines, ...(changed.length > MOST ? ["…"] : [])].join("; "));
}

export class Titles {
  /**
   * @param {Boot} boot
   * @param {Chosen} chosen
   * @param {Shell} shell
   */
  constructor(boot, chosen, shell) {
    this.boot = boot;
    this.chosen = chosen;
    this.shell = shell;
    /** @type {Store | undefined} */
    this.store = undefined;
    /** @type {number | undefined} */
    this.tuned = undefined; // how often ρ was set by hand
    /** @type {string | undefined} */
    this.key = undefined;
    /** @type {string | null} */
    this.shown = null;
    this.title = "";
    /** @type {string | undefined} */
    this.reserved = undefined; // for which words there is room
    this.called = 0; // presets whose runs are asked for, beside which the run that is drawn has no say
  }

  /**
   * Shows the title of a preset while its run is asked for; that of the run that is about to go stays away.
   *
   * @template Answer
   * @param {Preset} preset
   * @param {Promise<Answer>} asked
   */
  async call(preset, asked) {
    this.called += 1;
    this.set(preset.name, "");
    return asked.finally(() => (this.called -= 1));
  }

  /**
   * @param {string | null} shown
   * @param {string} placeholder
   */
  set(shown, placeholder) {
    const key = `${shown} ${placeholder}`;
    if (key === this.key) return; // React is dear while a hand moves
    Object.assign(this, { key, shown });
    setProps("preset", { value: shown, placeholder });
  }

  /**
   * Follows a session that is ready: title and caption are those of the run that is drawn.
   *
   * @param {Session} session
   */
  follow({ store, tunes }) {
    const tuned = tunes.size + (store.meta.spec.tunes ?? []).length;
    if (this.called || (store === this.store && tuned === this.tuned)) return;
    Object.assign(this, { store, tuned });
    const { boot, chosen, shell } = this;
    const { text } = boot;
    const { spec } = store.meta;
    const { preset, base, title, changed } = identityOf(spec, tuned > 0, boot.presets, chosen.preset);
    this.title = base && !preset ? text.title.edited.replace("{title}", title.replace(REMARK, "")) : title;
    this.set(preset?.name ?? null, this.title);
    const caption = shell.place("caption");
    /** @param {Preset | null} each */
    const captionOf = (each) =>
      /** @type {Record<string, string | undefined>} */ (text.captions)[each?.spec.title ?? ""] ?? "";
    const edited = base && !preset;
    this.reserve(caption, edited ? captionOf(base) : "");
    caption.replaceChildren(...nodes(edited ? told(changed, spec, text.title) : captionOf(preset)));
  }

  /**
   * An edited run's caption takes no less room than its preset's: the stage stays where it is under a hand, and where
   * its link is opened.
   *
   * @param {HTMLElement} caption
   * @param {string} words
   */
  reserve(caption, words) {
    if (words === this.reserved) return;
    this.reserved = words;
    caption.style.minHeight = "";
    caption.replaceChildren(...nodes(words));
    if (words) caption.style.minHeight = `${caption.clientHeight}px`;
  }
}
