// The slider in a solver's card that sets ρ by hand.

import { short } from "../text/format.mjs";
import { positionOf, rhoAt, STEPS } from "../theory/tune.mjs";

/**
 * @import { Solver, ToldTune, Words } from "../types.d.ts"
 * @import { Hands } from "./card.mjs"
 */

const HELD = 700; // ms for which the slider stays where a hand left it

export class Tuner {
  /**
   * The slider of a solver; `on` has touch() and tune(solver, rho), called at most once per animation frame.
   *
   * @param {Solver} solver
   * @param {number} index
   * @param {Words["controls"]["tune"]} words
   * @param {Hands} on
   */
  constructor(solver, index, words, on) {
    this.index = index;
    this.words = words;
    this.on = on;
    this.until = 0;
    /** @type {number | null} */
    this.wish = null;
    this.drawn = NaN;
    /** @type {number | undefined} */
    this.timer = undefined;
    this.place = Object.assign(document.createElement("span"), { className: "tuner", title: words.formula });
    this.slider = Object.assign(document.createElement("input"), {
      type: "range",
      min: "0",
      max: String(STEPS + 1),
      step: "1",
      value: "0",
      className: "slider",
    });
    this.slider.setAttribute("aria-label", `${words.label}: ${solver.name}`);
    this.shown = Object.assign(document.createElement("output"), { className: "value" });
    this.effect = Object.assign(document.createElement("span"), { className: "effect" });
    this.effect.setAttribute("role", "status");
    this.place.append("ρ", this.slider, this.shown, this.effect);
    for (const kind of ["pointerdown", "focus"]) this.slider.addEventListener(kind, () => on.touch());
    this.slider.addEventListener("input", () => this.drag());
  }

  drag() {
    if (this.wish === null) requestAnimationFrame(() => this.send());
    this.wish = rhoAt(Number(this.slider.value));
    this.until = performance.now() + HELD;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.show(), HELD + 1); // what was wished and never run does not stay
    this.say(this.wish);
  }

  send() {
    if (this.wish !== null) this.on.tune(this.index, this.wish);
    this.wish = null;
  }

  /**
   * ρ as it is drawn; `tune` is the newest that was told, drawn up to `frame`. Of a run that is `over` nothing can be
   * set.
   *
   * @param {number} rho
   * @param {ToldTune | undefined} tune
   * @param {{ frame: number, over: boolean }} now
   */
  update(rho, tune, { frame, over }) {
    this.drawn = rho;
    this.show();
    if (this.slider.disabled !== over) {
      this.slider.disabled = over;
      this.place.title = over ? this.words.over : this.words.formula;
    }
    const text = tune && tune.frame > frame ? this.words.effect.replace("{t}", tune.time.toFixed(2)) : "";
    if (this.effect.textContent !== text) this.effect.textContent = text;
  }

  /** ρ as it is drawn, unless a hand is on the slider. */
  show() {
    if (this.wish !== null || performance.now() <= this.until || !Number.isFinite(this.drawn)) return;
    this.slider.value = String(positionOf(this.drawn));
    this.say(this.drawn);
  }

  /** @param {number} rho */
  say(rho) {
    const text = short(rho);
    if (this.shown.textContent === text) return;
    this.shown.textContent = text;
    this.slider.setAttribute("aria-valuetext", `ρ = ${text}`);
  }
}
