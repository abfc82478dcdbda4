// The form on the rail by which a race is made under another rule of comparison.

import { bandSentence, protocolSentence, recordSentence } from "../text/protocol.mjs";

/**
 * @import { Store } from "../stream/store.mjs"
 * @import { Page, Protocol, Spec, Words } from "../types.d.ts"
 */

/** @typedef {keyof typeof DECLARED} Field */
/** @typedef {keyof Words["protocol"]["kinds"]} Rule */

/** @type {Record<Rule, Field[]>} */
const FIELDS = {
  equal_time: [],
  same_step: ["eta"],
  best_step: ["grid", "goal", "steps"],
  equal_cost: ["clock", "budget"],
};
const DECLARED = {
  eta: 0.1,
  grid: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1],
  goal: 1e-4,
  steps: 500,
  clock: "jacobian",
  budget: 200,
};
const PAID = /** @type {const} */ (["steps", "jacobian", "flops"]);
const RULES = /** @type {Rule[]} */ (Object.keys(FIELDS));

export class Protocols {
  /**
   * `place` is a <details>; `page` starts the race.
   *
   * @param {Page} page
   * @param {HTMLElement} place
   * @param {Words["protocol"]} words
   */
  constructor(page, place, words) {
    this.page = page;
    this.place = place;
    this.words = words;
    /** @type {AbortController | null} */
    this.racing = null;
    this.kind = select(
      RULES.map((kind) => [kind, words.kinds[kind]]),
      words.title,
    );
    this.scale = select(
      [
        ["mean", words.scales.mean],
        ["half", words.scales.half],
      ],
      words.scale,
    );
    const { clock, ...numbers } = DECLARED;
    const paid = select(
      PAID.map((each) => [each, words.clocks[each]]),
      words.fields.clock,
    );
    const fields = Object.entries(numbers).map(([name, value]) => [name, field(value)]);
    /** @type {Record<Field, HTMLInputElement | HTMLSelectElement>} */
    this.inputs = { ...Object.fromEntries(fields), clock: paid };
    this.inputs.clock.value = clock;
    this.button = Object.assign(document.createElement("button"), {
      type: "button",
      textContent: words.race,
      className: "race",
    });
    this.progress = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
    this.told = document.createElement("span");
    this.told.setAttribute("role", "status");
    this.record = document.createElement("p");
    this.body = Object.assign(document.createElement("div"), { className: "list" });
    place.append(Object.assign(document.createElement("summary"), { textContent: words.title }), this.body);
    this.kind.addEventListener("change", () => this.build());
    this.button.addEventListener("click", () => (this.racing ? this.racing.abort() : this.race()));
    this.build();
  }

  /**
   * A new run: its protocol in the form, its sentence on the loss chart.
   *
   * @param {Store} store
   */
  begin(store) {
    const { meta } = store;
    const {
      spec: { protocol = { kind: "equal_time" } },
    } = meta;
    this.kind.value = protocol.kind;
    this.scale.value = protocol.scale ?? "mean";
    for (const name of FIELDS[/** @type {Rule} */ (protocol.kind)]) {
      const value = protocol[name];
      this.inputs[name].value = Array.isArray(value) ? value.join(", ") : String(value);
    }
    this.record.textContent = recordSentence(meta, this.words);
    this.build();
    this.declare(store);
  }

  /**
   * Prints on the loss chart how the solvers are compared, and what a band is.
   *
   * @param {Store} store
   */
  declare({ meta, units: { band } }) {
    const {
      page: { shell },
      words,
    } = this;
    shell.place("unit-band").hidden = meta.spec.seeds.length < 2;
    shell.say(
      "protocol-line",
      [protocolSentence(meta, words), bandSentence(meta, band, words.bands)].filter(Boolean).join(" "),
    );
  }

  build() {
    const { words } = this;
    const kind = /** @type {Rule} */ (this.kind.value);
    const stepped = kind === "same_step" || kind === "best_step" ? [labelled(words.scale, this.scale)] : [];
    const fields = FIELDS[kind].map((name) => labelled(words.fields[name], this.inputs[name]));
    this.body.replaceChildren(this.kind, ...fields, ...stepped, this.button, this.progress, this.told, this.record);
    this.progress.hidden = !this.racing;
  }

  /** What the form asks for. */
  /** @returns {Protocol} */
  get asked() {
    const { inputs } = this;
    const kind = /** @type {Rule} */ (this.kind.value);
    /** @param {Field} name */
    const read = (name) =>
      name === "clock"
        ? inputs.clock.value
        : name === "grid"
          ? inputs.grid.value
              .split(/[\s,;]+/)
              .filter(Boolean)
              .map(Number)
          : Number(inputs[name].value);
    const scale = kind === "same_step" || kind === "best_step" ? { scale: this.scale.value } : {};
    return { kind, ...Object.fromEntries(FIELDS[kind].map((name) => [name, read(name)])), ...scale };
  }

  /**
   * Races a spec whose solvers have changed under the rule that it has.
   *
   * @param {Spec} spec
   */
  rerun({ protocol, ...spec }) {
    return this.race(spec, protocol ?? { kind: "equal_time" });
  }

  /** Has the server make the race of `spec`, tells how far its grid is, and starts it. */
  async race(spec = this.page.spec, asked = this.asked) {
    const { page, words } = this;
    if (!spec || this.racing) return;
    const racing = new AbortController();
    this.racing = racing;
    this.button.textContent = words.cancel;
    this.progress.hidden = false;
    this.progress.removeAttribute("value");
    this.told.textContent = words.opening;
    const begun = performance.now();
    let first = 0;
    try {
      const answer = await page.api.race(spec, asked, racing.signal, ({ done = NaN, total = NaN }) => {
        first ||= performance.now();
        const share = done / total;
        this.progress.value = share;
        const left =
          share > 0 ? ((performance.now() - first) / 1000) * (1 / share - 1) : (performance.now() - begun) / 1000;
        this.told.textContent = words.progress
          .replace("{percent}", String(Math.round(100 * share)))
          .replace("{seconds}", String(Math.ceil(left)));
      });
      const sentence = answer.spec ? await page.opening.run(answer.spec) : answer.detail;
      this.told.textContent = sentence ?? "";
      if (!sentence && asked.kind === "equal_cost") page.choices.choose("clock", String(asked.clock));
    } catch (reason) {
      if (!racing.signal.aborted) throw reason;
      this.told.textContent = words.cancelled;
    } finally {
      this.racing = null;
      this.button.textContent = words.race;
      this.progress.hidden = true;
    }
  }
}

/**
 * @param {[string, string][]} options
 * @param {string} label
 */
function select(options, label) {
  const node = document.createElement("select");
  node.append(...options.map(([value, text]) => new Option(text, value)));
  node.setAttribute("aria-label", label);
  return node;
}

/** @param {number | number[]} value */
function field(value) {
  return Object.assign(document.createElement("input"), {
    type: "text",
    inputMode: "decimal",
    value: Array.isArray(value) ? value.join(", ") : value,
  });
}

/**
 * @param {string} text
 * @param {HTMLElement} control
 */
function labelled(text, control) {
  const label = document.createElement("label");
  label.append(text, control);
  return label;
}
