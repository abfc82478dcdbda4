// A panel that is drawn whole on one canvas: of all solvers, or of one that a person steps to.

import { later } from "../stream/later.mjs";
import { Layer } from "./layer.mjs";
import { wrapped } from "./ruler.mjs";

/** @import { Store } from "../stream/store.mjs" */
/** @import { Choice, DrawnLane, GhostLane, Ink, Look, Meta, Pointed, Units } from "../types.d.ts" */

const LINE = 14;

/**
 * @template Words the sentences of the panel
 * @template [Told=unknown] what of the run it has drawn, for the tests
 */
export class Drawing {
  /**
   * `choice` has get(name) and set(name, value): the solver that is shown is its `focus`.
   *
   * @param {HTMLElement} place
   * @param {Words} words
   * @param {Choice | null} [choice]
   */
  constructor(place, words, choice = null) {
    this.place = place;
    this.words = words;
    this.choice = /** @type {Choice} */ (choice);
    /** @type {DrawnLane[]} */
    this.drawn = [];
    /** @type {Pointed[]} */
    this.pointed = [];
    /** @type {Told | null} */
    this.told = null;
    /** @type {Meta} */
    this.meta = later;
    /** @type {Units} */
    this.units = later;
    /** @type {Ink} */
    this.inks = later;
    /** @type {boolean | undefined} */
    this.stale = undefined;
    /** @type {number[] | undefined} */
    this.solvers = undefined; // those that a person can step to
    /** @type {number | undefined} */
    this.chosen = undefined; // the one that is shown
    /** @type {number | null | undefined} */
    this.cursor = undefined;
    /** @type {GhostLane[]} */
    this.ghosts = [];
    /** @type {((place: number | null) => void) | undefined} */
    this.onPoint = undefined;
    this.layer = new Layer(place, place.id);
    new ResizeObserver(() => {
      this.layer.resize(place);
      this.stale = true;
    }).observe(place);
  }

  /** Lets a person go from solver to solver, by clicks and by the arrow keys. */
  followHand() {
    this.place.tabIndex = 0;
    this.place.addEventListener("click", () => this.step(1));
    this.place.addEventListener("keydown", ({ key }) =>
      this.step(/** @type {Record<string, number>} */ ({ ArrowUp: -1, ArrowDown: 1 })[key]),
    );
  }

  /** The next drawing is laid out from its rows alone. */
  settle() {}

  /**
   * @param {Store} store
   * @param {Ink} ink
   */
  show({ meta, units }, ink) {
    Object.assign(this, { meta, units });
    this.settle();
    this.ink(ink);
  }

  /** @param {Ink} ink */
  ink(ink) {
    this.inks = ink;
    this.stale = true;
  }

  /**
   * From `chosen` to the next of `solvers`.
   *
   * @param {number | undefined} by
   */
  step(by) {
    const { solvers = [], chosen } = this;
    const at = chosen === undefined ? -1 : solvers.indexOf(chosen);
    if (!by || at < 0 || solvers.length < 2) return;
    this.choice.set("focus", solvers[(at + by + solvers.length) % solvers.length]);
    this.settle();
    this.stale = true;
  }

  /**
   * An empty canvas, on which lanes up to `frame` are drawn.
   *
   * @param {Look[]} looks
   * @param {number} frame
   */
  begin(looks, frame) {
    this.layer.begin();
    Object.assign(this, { stale: false, pointed: [], told: null });
    this.drawn = looks.map(({ lane, shown }) => ({ points: shown ? lane.upTo(frame) : 0, last: null }));
  }

  /**
   * What the panel means and where it stops, at its foot; returns the height that takes.
   *
   * @param {string} sentence
   */
  honest(sentence) {
    const { layer, inks } = this;
    const lines = wrapped(layer, sentence, layer.width - 24, 10.5);
    lines.forEach((line, k) =>
      layer.words(line, 12, layer.height - (8 + LINE * (lines.length - 1 - k)) * layer.scale, {
        color: inks.dim,
        size: 10.5,
      }),
    );
    return LINE * lines.length * layer.scale;
  }

  /**
   * A sentence in the middle of a panel that has nothing else to show.
   *
   * @param {string} sentence
   */
  say(sentence) {
    const { layer, inks } = this;
    const lines = wrapped(layer, sentence, layer.width - 40, 12);
    lines.forEach((line, k) =>
      layer.words(line, layer.width / 2, layer.height / 2 + LINE * k * layer.scale, {
        color: inks.dim,
        size: 12,
        align: "center",
      }),
    );
  }
}
