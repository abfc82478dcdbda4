// The one slider that a preset may have: moving it starts the run anew with another number.

import { later } from "../stream/later.mjs";

/** @import { Spec, Tuned } from "../types.d.ts" */

const STEPS = 400;

/** @typedef {Record<string, unknown>} Branch */

export class Slider {
  /**
   * `place` is its box in the rail; `onMove(spec, before)` is called with the changed spec, `onRest()` when the hand
   * leaves it.
   *
   * @param {HTMLElement} place
   * @param {(spec: Spec, before: Spec) => void} onMove
   * @param {() => void} onRest
   */
  constructor(place, onMove, onRest) {
    this.place = place;
    this.onMove = onMove;
    this.onRest = onRest;
    /** @type {Tuned | null | undefined} */
    this.slider = undefined;
    /** @type {Spec} */
    this.spec = later;
    /** @type {number | null} */
    this.pending = null;
    /** @type {HTMLOutputElement} */
    this.value = later;
    /** @type {HTMLInputElement} */
    this.range = later;
  }

  /**
   * The slider {path, label, low, high, logarithmic} of `spec`, or none; none where the spec no longer has what it
   * moves.
   *
   * @param {Tuned | null | undefined} slider
   * @param {Spec} spec
   */
  show(slider, spec) {
    this.place.replaceChildren();
    Object.assign(this, { slider, spec, pending: null });
    if (!slider || typeof valueAt(spec, slider.path) !== "number") return;
    const label = Object.assign(document.createElement("label"), {
      textContent: slider.label,
      htmlFor: "slider-range",
    });
    this.value = document.createElement("output");
    this.range = Object.assign(document.createElement("input"), {
      type: "range",
      id: "slider-range",
      min: "0",
      max: String(STEPS),
      step: "1",
    });
    this.set(Number(valueAt(spec, slider.path)));
    this.range.addEventListener("input", () => {
      const number = numberAt(slider, Number(this.range.value) / STEPS);
      this.pending = number;
      this.tell(number);
      this.onMove(withValue(this.spec, slider.path, number), this.spec);
    });
    this.range.addEventListener("change", () => this.onRest());
    this.place.append(label, this.value, this.range);
  }

  /**
   * A run of `spec` has started: the slider stands where it is, and changes that one; not where a later place of the
   * slider's own is on its way.
   *
   * @param {Spec} spec
   */
  follow(spec) {
    const number = this.slider && valueAt(spec, this.slider.path);
    if (typeof number !== "number" || !this.place.childElementCount) this.show(this.slider, spec);
    else if (this.pending === null || number === this.pending) Object.assign(this, { spec, pending: null }).set(number);
  }

  /** @param {number} number */
  set(number) {
    this.range.value = String(STEPS * share(/** @type {Tuned} */ (this.slider), number));
    this.tell(number);
  }

  /** @param {number} number */
  tell(number) {
    this.value.textContent = written(number);
    this.range.setAttribute("aria-valuetext", written(number));
  }
}

/**
 * Where a number stands between the ends, 0 to 1.
 *
 * @param {Tuned} tuned
 * @param {number} number
 */
export function share({ low, high, logarithmic }, number) {
  const scale = logarithmic ? Math.log : (/** @type {number} */ x) => x;
  return Math.min(1, Math.max(0, (scale(number) - scale(low)) / (scale(high) - scale(low))));
}

/**
 * The number at a share, in as many decimals as tell it from that of the next step.
 *
 * @param {Tuned} tuned
 * @param {number} at
 */
export function numberAt({ low, high, logarithmic }, at) {
  const number = logarithmic ? low * (high / low) ** at : low + at * (high - low);
  const step = (logarithmic ? number * Math.log(high / low) : high - low) / STEPS;
  return Number(number.toFixed(Math.max(0, Math.ceil(-Math.log10(step)))));
}

/**
 * A number as the page writes it, every digit.
 *
 * @param {number} number
 */
function written(number) {
  return String(number).replace("-", "−");
}

/**
 * @param {Spec} spec
 * @param {string} path
 */
export function valueAt(spec, path) {
  /** @type {unknown} */
  let value = spec;
  for (const part of path.split(".")) value = /** @type {Branch | null | undefined} */ (value)?.[part];
  return value;
}

/**
 * A copy of `spec` with another number at `path`.
 *
 * @param {Spec} spec
 * @param {string} path
 * @param {number} number
 */
export function withValue(spec, path, number) {
  const copy = structuredClone(spec);
  const parts = path.split(".");
  const place = /** @type {Branch} */ (parts.length > 1 ? valueAt(copy, parts.slice(0, -1).join(".")) : copy);
  place[parts[parts.length - 1]] = number;
  return copy;
}
