// The step η of a Riemannian descent on its axis: 1/L, 2/L, where a layerwise step is stable, and the slider that
// starts the run anew with another one.

import { short } from "../text/format.mjs";

/**
 * @import { Layer } from "../canvas/layer.mjs"
 * @import { Ink, Words } from "../types.d.ts"
 */

const STEPS = 400;
const INSET = 8; // pixels from the end of a slider to the middle of its thumb there
const MOST = 2; // of η
const AIR = 1.1;

export class StepSize {
  /**
   * `on` has move(η), called with every place of the slider, and rest(), called when the hand has left it.
   *
   * @param {HTMLElement} place
   * @param {Words["panels"]["modules"]} words
   * @param {{ move: (eta: number) => void, rest: () => void }} on
   */
  constructor(place, words, on) {
    this.words = words;
    this.most = 0;
    /** @type {number | null} */
    this.wish = null;
    this.input = Object.assign(document.createElement("input"), {
      type: "range",
      className: "slider step-size",
      min: 1,
      max: STEPS,
      step: 1,
      hidden: true,
    });
    this.input.addEventListener("input", () => {
      this.wish = this.value;
      on.move(this.wish);
    });
    this.input.addEventListener("change", () => on.rest());
    place.append(this.input);
  }

  /** Another lane or run: the axis begins anew. */
  reset() {
    this.input.hidden = true;
    Object.assign(this, { most: 0, wish: null });
  }

  /** η where the slider stands, to three digits. */
  get value() {
    return Number(((this.most * Number(this.input.value)) / STEPS).toPrecision(3));
  }

  /**
   * Draws the axis from `left` to `right` at height `y`, for `layers` of a lane called `name` whose step is `eta` or
   * null.
   *
   * @param {Layer} layer
   * @param {Ink} inks
   * @param {{ left: number, right: number, y: number }} axis
   * @param {{ layers: number, overshoot: number, eta: number | null, name: string, color: string }} lane
   */
  draw(layer, inks, { left, right, y }, { layers, overshoot, eta, name, color }) {
    const { input, words } = this;
    const unit = layer.scale;
    const now = this.wish ?? eta;
    this.most = Math.min(MOST, Math.max(this.most, (AIR * 2) / layers, (AIR * 2) / overshoot, AIR * (now ?? 0)));
    /** @param {number} value */
    const at = (value) => left + INSET + (Math.min(value, this.most) / this.most) * (right - left - 2 * INSET);
    layer.stroke(new Float32Array([left, y, right, y]), 2, { color: inks.faint, width: 1.4 });
    /** @type {[number, string, string, number][]} */
    const marks = [
      [1 / layers, "1/L", inks.dim, -1],
      [2 / layers, "2/L", inks.dim, -1],
      [2 / overshoot, words.stable, inks.live, 1],
    ];
    if (now !== null) marks.push([now, `η = ${short(now)}`, color, -2.2]);
    for (const [value, text, ink, side] of marks) {
      if (value > this.most) continue;
      layer.stroke(new Float32Array([at(value), y - 6 * unit, at(value), y + 6 * unit]), 2, { color: ink, width: 2 });
      const half = layer.measure(text, 10.5, 600) / 2;
      layer.words(text, Math.min(Math.max(at(value), left + half), right - half), y + side * 13 * unit, {
        color: ink,
        size: 10.5,
        weight: 600,
        align: "center",
        halo: inks.panel,
      });
    }
    input.hidden = eta === null;
    if (input.hidden) return;
    Object.assign(input.style, {
      left: `${left}px`,
      width: `${right - left}px`,
      top: `${y - input.offsetHeight / 2}px`,
    });
    input.style.setProperty("--knob", color);
    if (this.wish === null) input.value = String(Math.round((STEPS * (eta ?? 0)) / this.most));
    input.title = words.eta_title;
    input.setAttribute("aria-label", `η: ${name}`);
    input.setAttribute("aria-valuetext", `η = ${short(now)}`);
  }
}
