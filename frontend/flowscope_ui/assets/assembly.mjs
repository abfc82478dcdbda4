// Three modules and the wires between them as a person sets them: the form of a panel, an address, and the assembly that the engine composes.

import { Latest } from "./latest.mjs";
import { short } from "./reading.mjs";

export const PAIRS = [[0, 1], [1, 2], [2, 0]];
const FORMS = { n: null, s: "series", k: "skew", y: "symmetric" };
const [RATES, BENDS, GAINS] = [{ min: 0.1, max: 4 }, { min: 0, max: 4 }, { min: 0, max: 10 }];
const WRITTEN = /^\d+(\.\d+)?(_\d+(\.\d+)?){3}(_[nsky]\d+(\.\d+)?){3}$/;
const FIRST = "1_2_1.5_0.5_s2_k4_n0.5";
const HORIZON = 4;
const LOW = "₁₂₃";

/** "1_2_1.5_0.5_s2_k4_n0.5": three rates, the bend, and for each pair how it is wired and how strongly. Throws RangeError. */
export function readAssembly(text = FIRST) {
  if (!WRITTEN.test(text)) throw new RangeError(text);
  const parts = text.split("_");
  const [rates, [bend], wires] = [parts.slice(0, 3).map(Number), parts.slice(3, 4).map(Number), parts.slice(4).map((part) => ({ form: part[0], gain: Number(part.slice(1)) }))];
  const within = ({ min, max }, value) => value >= min && value <= max;
  if (!rates.every((rate) => within(RATES, rate)) || !within(BENDS, bend) || !wires.every(({ gain }) => within(GAINS, gain))) throw new RangeError(text);
  return { rates, bend, wires };
}

export function writeAssembly({ rates, bend, wires }) {
  const text = [...rates, bend, ...wires.map(({ form, gain }) => form + gain)].join("_");
  return text === FIRST ? "" : text;
}

/** What the engine is asked. */
export function assemblyOf({ rates, bend, wires }) {
  const joined = wires.flatMap(({ form, gain }, k) => (FORMS[form] && gain ? [{ source: PAIRS[k][0], target: PAIRS[k][1], form: FORMS[form], gain }] : []));
  return { modules: rates.map((rate) => ({ rate, bend })), wires: joined, horizon: HORIZON };
}

/** The form: every control has a name and its number beside it. `ask(state)` is called with the newest state, one at a time, `rest(state)` where a hand leaves. */
export class Composer {
  constructor(place, words, state, ask, rest) {
    Object.assign(this, { place, words, state, rest, latest: new Latest(ask) });
    this.form = Object.assign(document.createElement("div"), { className: "composer" });
    place.append(this.form);
    state.rates.forEach((_, k) => this.row(`λ${LOW[k]}`, words.rate_title, RATES, () => state.rates[k], (value) => { state.rates[k] = value; }));
    this.row(words.bend, words.bend_title, BENDS, () => state.bend, (value) => { state.bend = value; });
    state.wires.forEach((wire, k) => this.row(PAIRS[k].map((end) => end + 1).join("–"), words.gain_title, GAINS, () => wire.gain, (value) => { wire.gain = value; }, this.choice(wire, k)));
  }

  ask() {
    this.latest.wish(structuredClone(this.state));
  }

  choice(wire, k) {
    const select = document.createElement("select");
    const [source, target] = PAIRS[k].map((end) => end + 1);
    for (const [value, name] of Object.entries(FORMS)) select.append(new Option(this.words.forms[name ?? "none"].replace("{source}", source).replace("{target}", target), value));
    Object.assign(select, { value: wire.form, title: this.words.form_title });
    select.setAttribute("aria-label", `${source}–${target}: ${this.words.form_title}`);
    select.addEventListener("change", () => { wire.form = select.value; this.ask(); this.rest(this.state); });
    return select;
  }

  row(name, title, { min, max }, get, set, choice = null) {
    const range = Object.assign(document.createElement("input"), { type: "range", className: choice ? "slider" : "slider wide", min, max, step: 0.05, title });
    range.value = get();
    range.setAttribute("aria-label", `${name}: ${title}`);
    const label = Object.assign(document.createElement("span"), { textContent: name });
    const value = Object.assign(document.createElement("output"), { textContent: short(get()) });
    range.addEventListener("input", () => { set(Number(range.value)); value.textContent = short(get()); this.ask(); });
    range.addEventListener("change", () => this.rest(this.state));
    this.form.append(label, ...(choice ? [choice] : []), range, value);
  }
}
