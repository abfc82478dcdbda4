// @ts-nocheck
// A panel that is drawn whole on one canvas: of all solvers, or of one that a person steps to.

import { Layer } from "./layer.mjs";
import { wrapped } from "./ruler.mjs";

const LINE = 14;

export class Drawing {
  /** `choice` has get(name) and set(name, value): the solver that is shown is its `focus`. */
  constructor(place, words, choice = null) {
    Object.assign(this, { place, words, choice, drawn: [], pointed: [], told: null });
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
    this.place.addEventListener("keydown", ({ key }) => this.step({ ArrowUp: -1, ArrowDown: 1 }[key]));
  }

  show({ meta, units }, ink) {
    Object.assign(this, { meta, units });
    this.settle();
    this.ink(ink);
  }

  ink(ink) {
    this.inks = ink;
    this.stale = true;
  }

  /** From `chosen` to the next of `solvers`. */
  step(by) {
    const at = this.solvers?.indexOf(this.chosen) ?? -1;
    if (!by || at < 0 || this.solvers.length < 2) return;
    this.choice.set("focus", this.solvers[(at + by + this.solvers.length) % this.solvers.length]);
    this.settle();
    this.stale = true;
  }

  /** An empty canvas, on which lanes up to `frame` are drawn. */
  begin(looks, frame) {
    this.layer.begin();
    Object.assign(this, { stale: false, pointed: [], told: null });
    this.drawn = looks.map(({ lane, shown }) => ({ points: shown ? lane.upTo(frame) : 0, last: null }));
  }

  /** What the panel means and where it stops, at its foot; returns the height that takes. */
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

  /** A sentence in the middle of a panel that has nothing else to show. */
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
