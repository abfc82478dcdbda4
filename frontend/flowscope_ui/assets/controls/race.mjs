// @ts-nocheck
// The form on the rail by which a race is made under another rule of comparison.

import { bandSentence, protocolSentence, recordSentence } from "../text/protocol.mjs";

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
const PAID = ["steps", "jacobian", "flops"];

export class Protocols {
  /** `place` is a <details>; `page` starts the race. */
  constructor(page, place, words) {
    this.page = page;
    this.place = place;
    this.words = words;
    this.racing = null;
    this.kind = select(
      Object.keys(FIELDS).map((kind) => [kind, words.kinds[kind]]),
      words.title,
    );
    this.scale = select(
      [
        ["mean", words.scales.mean],
        ["half", words.scales.half],
      ],
      words.scale,
    );
    this.inputs = Object.fromEntries(
      Object.entries(DECLARED).map(([name, value]) => [
        name,
        name === "clock"
          ? select(
              PAID.map((each) => [each, words.clocks[each]]),
              words.fields.clock,
            )
          : field(value),
      ]),
    );
    this.inputs.clock.value = DECLARED.clock;
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

  /** A new run: its protocol in the form, its sentence on the loss chart. */
  begin(store) {
    const { meta } = store;
    const {
      spec: { protocol = { kind: "equal_time" } },
    } = meta;
    this.kind.value = protocol.kind;
    this.scale.value = protocol.scale ?? "mean";
    for (const name of FIELDS[protocol.kind])
      this.inputs[name].value = Array.isArray(protocol[name]) ? protocol[name].join(", ") : protocol[name];
    this.record.textContent = recordSentence(meta, this.words);
    this.build();
    this.declare(store);
  }

  /** Prints on the loss chart how the solvers are compared, and what a band is. */
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
    const {
      words,
      kind: { value: kind },
    } = this;
    const stepped = kind === "same_step" || kind === "best_step" ? [labelled(words.scale, this.scale)] : [];
    const fields = FIELDS[kind].map((name) => labelled(words.fields[name], this.inputs[name]));
    this.body.replaceChildren(this.kind, ...fields, ...stepped, this.button, this.progress, this.told, this.record);
    this.progress.hidden = !this.racing;
  }

  /** What the form asks for. */
  get asked() {
    const {
      kind: { value: kind },
      inputs,
    } = this;
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

  /** Races a spec whose solvers have changed under the rule that it has. */
  rerun({ protocol, ...spec }) {
    return this.race(spec, protocol ?? { kind: "equal_time" });
  }

  /** Has the server make the race of `spec`, tells how far its grid is, and starts it. */
  async race(spec = this.page.spec, asked = this.asked) {
    const { page, words } = this;
    if (!spec || this.racing) return;
    this.racing = new AbortController();
    this.button.textContent = words.cancel;
    this.progress.hidden = false;
    this.progress.removeAttribute("value");
    this.told.textContent = words.opening;
    const begun = performance.now();
    let first = 0;
    try {
      const answer = await page.api.race(spec, asked, this.racing.signal, ({ done, total }) => {
        first ||= performance.now();
        const share = done / total;
        this.progress.value = share;
        const left =
          share > 0 ? ((performance.now() - first) / 1000) * (1 / share - 1) : (performance.now() - begun) / 1000;
        this.told.textContent = words.progress
          .replace("{percent}", Math.round(100 * share))
          .replace("{seconds}", Math.ceil(left));
      });
      const sentence = answer.spec ? await page.opening.run(answer.spec) : answer.detail;
      this.told.textContent = sentence ?? "";
      if (!sentence && asked.kind === "equal_cost") page.choices.choose("clock", asked.clock);
    } catch (reason) {
      if (!this.racing.signal.aborted) throw reason;
      this.told.textContent = words.cancelled;
    } finally {
      this.racing = null;
      this.button.textContent = words.race;
      this.progress.hidden = true;
    }
  }
}

function select(options, label) {
  const node = document.createElement("select");
  node.append(...options.map(([value, text]) => new Option(text, value)));
  node.setAttribute("aria-label", label);
  return node;
}

function field(value) {
  return Object.assign(document.createElement("input"), {
    type: "text",
    inputMode: "decimal",
    value: Array.isArray(value) ? value.join(", ") : value,
  });
}

function labelled(text, control) {
  const label = document.createElement("label");
  label.append(text, control);
  return label;
}
