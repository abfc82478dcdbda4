// The form by which a person wires three modules.

import { Latest } from "../stream/latest.mjs";
import { short } from "../text/format.mjs";
import { BENDS, FORMS, GAINS, PAIRS, RATES } from "../theory/assembly.mjs";

/**
 * @import { Wired } from "../theory/assembly.mjs"
 * @import { Words } from "../types.d.ts"
 */

const LOW = "₁₂₃";

/** @typedef {keyof Words["panels"]["composition"]["forms"]} Form */

/**
 * The form: every control has a name and its number beside it. `ask(state)` is called with the newest state, one at a
 * time, `rest(state)` where a hand leaves.
 */
export class Composer {
  /**
   * @param {HTMLElement} place
   * @param {Words["panels"]["composition"]} words
   * @param {Wired} state
   * @param {(state: Wired) => Promise<void>} ask
   * @param {(state: Wired) => void} rest
   */
  constructor(place, words, state, ask, rest) {
    this.place = place;
    this.words = words;
    this.state = state;
    this.rest = rest;
    this.latest = new Latest(ask);
    this.form = Object.assign(document.createElement("div"), { className: "composer" });
    place.append(this.form);
    state.rates.forEach((_, k) =>
      this.row(
        `λ${LOW[k]}`,
        words.rate_title,
        RATES,
        () => state.rates[k],
        (value) => {
          state.rates[k] = value;
        },
      ),
    );
    this.row(
      words.bend,
      words.bend_title,
      BENDS,
      () => state.bend,
      (value) => {
        state.bend = value;
      },
    );
    state.wires.forEach((wire, k) =>
      this.row(
        PAIRS[k].map((end) => end + 1).join("–"),
        words.gain_title,
        GAINS,
        () => wire.gain,
        (value) => {
          wire.gain = value;
        },
        this.choice(wire, k),
      ),
    );
  }

  ask() {
    this.latest.wish(structuredClone(this.state));
  }

  /**
   * @param {Wired["wires"][number]} wire
   * @param {number} k
   */
  choice(wire, k) {
    const select = document.createElement("select");
    const [source, target] = PAIRS[k].map((end) => end + 1);
    for (const [value, name] of Object.entries(FORMS))
      select.append(
        new Option(
          this.words.forms[/** @type {Form} */ (name ?? "none")]
            .replace("{source}", String(source))
            .replace("{target}", String(target)),
          value,
        ),
      );
    Object.assign(select, { value: wire.form, title: this.words.form_title });
    select.setAttribute("aria-label", `${source}–${target}: ${this.words.form_title}`);
    select.addEventListener("change", () => {
      wire.form = select.value;
      this.ask();
      this.rest(this.state);
    });
    return select;
  }

  /**
   * @param {string} name
   * @param {string} title
   * @param {{ min: number, max: number }} range
   * @param {() => number} get
   * @param {(value: number) => void} set
   * @param {HTMLSelectElement | null} choice
   */
  row(name, title, { min, max }, get, set, choice = null) {
    const range = Object.assign(document.createElement("input"), {
      type: "range",
      className: choice ? "slider" : "slider wide",
      min,
      max,
      step: 0.05,
      title,
    });
    range.value = String(get());
    range.setAttribute("aria-label", `${name}: ${title}`);
    const label = Object.assign(document.createElement("span"), { textContent: name });
    const value = Object.assign(document.createElement("output"), { textContent: short(get()) });
    range.addEventListener("input", () => {
      set(Number(range.value));
      value.textContent = short(get());
      this.ask();
    });
    range.addEventListener("change", () => this.rest(this.state));
    this.form.append(label, ...(choice ? [choice] : []), range, value);
  }
}
