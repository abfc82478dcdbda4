// Other runs, faint, behind the one that is shown: the one before it on a problem of the same sizes, and those on the
// same data that are laid over.

import { later } from "../stream/later.mjs";
import { Store } from "../stream/store.mjs";
import { Wire } from "../stream/wire.mjs";

/**
 * @import { Session } from "../stream/session.mjs"
 * @import { Ghost, Meta, Page } from "../types.d.ts"
 */

/**
 * A run behind the one that is shown, which has no name before it is seen.
 *
 * @typedef {Omit<Ghost, "name"> & { name?: string }} Behind
 */
/**
 * A run that is laid over: its stream, and its rows once they come.
 *
 * @typedef {Omit<Behind, "store"> & { store: Store | null, wire: Wire }} Laid
 */

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const BEFORE = "0"; // the mark of the run before

/**
 * Whether two runs have as many outputs and parameters, so that one can be drawn behind the other.
 *
 * @param {Pick<Meta, "outputs" | "parameters">} one
 * @param {Pick<Meta, "outputs" | "parameters">} other
 */
export function isComparable(one, other) {
  return one.outputs === other.outputs && one.parameters === other.parameters;
}

/**
 * Whether two runs are on the same data: inputs, targets and loss, by the engine's hash.
 *
 * @param {{ record?: { data?: string } }} one
 * @param {{ record?: { data?: string } }} other
 */
export function isOnSameData(one, other) {
  return one.record?.data !== undefined && one.record.data === other.record?.data;
}

export class Ghosts {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.shown = true;
    /** @type {boolean | undefined} */
    this.held = undefined;
    /** @type {Behind | null} */
    this.before = null;
    /** @type {Map<string, Laid>} */
    this.laid = new Map();
    this.page.shell.press("ghosts", true);
  }

  /**
   * The run that is about to be replaced; while a `hand` replaces one after the other, the one before them all.
   *
   * @param {Session | null} session
   * @param {boolean} hand
   */
  keep(session, hand) {
    if (hand && this.held) return;
    this.held = hand;
    const store = session?.ready && session.store;
    if (store && store.lanes.some(({ count }) => count > 1)) this.before = { store, since: 0, mark: BEFORE };
  }

  /**
   * A new run: its parent's time is told from where it branched off.
   *
   * @param {Store} store
   */
  begin(store) {
    const { start, interval } = store.meta.spec;
    if (this.before)
      this.before.since =
        start.kind === "branch" &&
        JSON.stringify(this.before.store.meta.spec.solvers) === JSON.stringify(start.parent?.solvers)
          ? Number(start.frame) * interval
          : 0;
    this.tell();
  }

  toggle() {
    this.shown = !this.shown;
    this.page.shell.press("ghosts", this.shown);
    this.tell();
  }

  /**
   * Lays run `id` over, or takes it away.
   *
   * @param {string} id
   * @param {boolean} on
   */
  lay(id, on) {
    if (!on) {
      this.laid.get(id)?.wire.close();
      this.laid.delete(id);
      return this.tell();
    }
    if (this.laid.has(id)) return undefined;
    const used = [...this.laid.values()].map(({ mark }) => mark);
    const mark = [...LETTERS].find((letter) => !used.includes(letter)) ?? id;
    /** @type {Laid} */
    const ghost = { store: null, since: 0, mark, wire: later };
    const quiet = () => null;
    const address = (/** @type {number} */ offset) => this.page.api.stream(id, offset, this.page.api.page, null);
    ghost.wire = new Wire(address, () => ghost.store?.next ?? 0, {
      schema: (meta, columns) => {
        ghost.store ??= Object.assign(new Store(meta, columns), { tunes: new Map() });
      },
      rows: (batches) => {
        batches.forEach((batch) => ghost.store?.append(batch));
        if (ghost.store) ghost.wire.acknowledge(ghost.store.next, performance.now());
        this.tell();
      },
      state: quiet,
      tunes: quiet,
      error: quiet,
      ended: () => ghost.wire.close(),
      thinned: ({ until }) => {
        if (ghost.store) ghost.store.thinned = until;
      },
      link: (link) => {
        if (link === "gone") this.lay(id, false);
      },
    });
    this.laid.set(id, ghost);
    return undefined;
  }

  /**
   * Takes away what was laid over and is on other data than the run that is here, and says so.
   *
   * @param {Meta} here
   */
  sift(here) {
    const { shell, shelf, text } = this.page;
    for (const [id, { store }] of this.laid) {
      if (!store || (isComparable(store.meta, here) && isOnSameData(store.meta, here))) continue;
      this.laid.get(id)?.wire.close();
      this.laid.delete(id);
      shelf?.keep();
      shell.note(text.shelf.refused.replace("{title}", store.meta.spec.title), 15_000);
    }
  }

  /**
   * What an overlay is called in the pictures.
   *
   * @param {Behind} ghost
   * @param {Meta} here
   */
  nameOf({ store: { meta }, mark }, here) {
    const { shelf: words } = this.page.text;
    if (mark !== BEFORE) return meta.spec.title;
    return `${isOnSameData(meta, here) ? words.before : words.elsewhere}: ${meta.spec.title}`;
  }

  /** Hands the scope what is to be seen. */
  tell() {
    const { scope, session } = this.page;
    const here = session?.store?.meta;
    if (here) this.sift(here);
    const seen = /** @type {Ghost[]} */ (
      [this.before, ...this.laid.values()].filter(
        (ghost) => ghost?.store && here && isComparable(ghost.store.meta, here),
      )
    );
    if (here) for (const ghost of seen) ghost.name = this.nameOf(ghost, here);
    scope.haunt(this.shown && !this.page.classroom?.asks ? seen : []);
  }
}
