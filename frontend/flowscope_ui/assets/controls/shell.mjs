// The words around the drawings: titles, badge, clock, notes, footer.

import { timeAt } from "../stream/clock.mjs";
import { hasReference } from "../stream/convention.mjs";
import { showCaution } from "./caution.mjs";

/**
 * @import { Session } from "../stream/session.mjs"
 * @import { Store } from "../stream/store.mjs"
 * @import { Caution, Head, Sentences, Words } from "../types.d.ts"
 */

const PATIENCE = 700; // ms before a wait is told
const STOPPED = ["paused", "ended", "cut"];

export class Shell {
  /** @param {Words} text */
  constructor(text) {
    this.text = text;
    /** @type {string | null | undefined} */
    this.absent = undefined; // why the run of a link is not here
    /** @type {string | undefined} */
    this.word = undefined; // of the badge
    /** @type {number | undefined} */
    this.timer = undefined; // of the note
  }

  /** @param {string} id */
  place(id) {
    return /** @type {HTMLElement} */ (document.getElementById(id));
  }

  /**
   * @param {string} panel
   * @param {Head} words
   */
  title(panel, words) {
    this.place(`${panel}-title`).textContent = words.title;
    this.place(`${panel}-formula`).innerHTML = words.formula; // our own sentence, never a spec
    if (words.units !== undefined) this.say(`${panel}-units`, words.units);
  }

  /**
   * The heads of the charts whose words follow the units of a store.
   *
   * @param {Store} store
   */
  heads({ meta, units }) {
    const { loss, ...panels } = this.text.panels;
    const known = hasReference(meta);
    this.title("loss", {
      title: known ? loss.title : loss.raw_title,
      formula: units.caption(known ? loss.formula : loss.raw),
      units: units.definition,
    });
    for (const [name, words] of Object.entries(panels))
      if ("formula" in words && words.formula.includes("${"))
        this.title(name, { ...words, formula: units.caption(words.formula) });
  }

  /**
   * A new run: the words of its stage, the heads of its charts, and a card where the theory leaves its network out.
   *
   * @param {Store} store
   * @param {Head} stage
   * @param {Record<string, Caution>} cautions
   */
  begin(store, stage, cautions) {
    const { text } = this;
    const { network } = store.meta.spec;
    this.title("stage", stage);
    this.heads(store);
    const sublevel = /** @type {HTMLElement} */ (document.querySelector("[data-layer=sublevel]"));
    sublevel.hidden = !store.meta.spec.solvers.some(({ optimizer }) => optimizer?.radius);
    showCaution(this.place("caution"), cautions[network.activation ?? ""], text.caution);
  }

  /**
   * A sentence over the stage, for `ms` or until the next, and a button {label, act} beside it.
   *
   * @param {string} sentence
   * @param {number} ms
   * @param {{ label: string, act: () => void } | null} button
   */
  note(sentence, ms = 0, button = null) {
    clearTimeout(this.timer);
    this.place("note").textContent = sentence;
    if (button) {
      const offered = Object.assign(document.createElement("button"), { textContent: button.label });
      offered.addEventListener("click", button.act);
      this.place("note").append(offered);
    }
    if (ms) this.timer = setTimeout(() => this.note(""), ms);
  }

  /**
   * Awaits what may take long; once it does, says how long it has been.
   *
   * @template P
   * @param {Promise<P>} promise
   */
  async patient(promise) {
    const begun = performance.now();
    const timer = setInterval(
      () =>
        this.note(
          this.text.notes.building.replace("{seconds}", String(Math.round((performance.now() - begun) / 1000))),
        ),
      PATIENCE,
    );
    try {
      return await promise;
    } finally {
      clearInterval(timer);
      if (performance.now() - begun > PATIENCE) this.note("");
    }
  }

  /**
   * Badge, clock and footer of a session (or of none yet).
   *
   * @param {Session | null} session
   */
  status(session) {
    this.badge(session?.word ?? (this.absent ? "gone" : "connecting"));
    if (session) this.absent = null;
    if (!session?.store) return;
    const { store, playhead, speed } = session;
    const behind = Math.max(0, Math.round(((store.head - playhead.position) / (60 * speed)) * 1000));
    this.say("clock", `${store.units.clock.letter} = ${timeAt(store, playhead.frame).toFixed(2)}`);
    this.say("footer-rows", `${store.received} ${this.text.footer.rows} · ${behind} ${this.text.footer.behind}`);
  }

  /** @param {string} word */
  badge(word) {
    const { text } = this;
    if (this.word === word) return;
    this.word = word;
    this.place("state").dataset.state = word;
    this.say("state-word", /** @type {Sentences} */ (text.states)[word]);
    this.place("pause").dataset.paused = String(STOPPED.includes(word));
    this.place("pause").setAttribute("aria-label", word === "paused" ? text.controls.resume : text.controls.pause);
    const { [word]: note } = /** @type {Sentences} */ (text.notes);
    if (note) this.note(this.absent ?? note);
  }

  /**
   * Whether a button is on.
   *
   * @param {string} id
   * @param {boolean} on
   */
  press(id, on) {
    const node = this.place(id);
    if (node.getAttribute("aria-pressed") !== String(on)) node.setAttribute("aria-pressed", String(on));
  }

  /**
   * @param {string} id
   * @param {string} words
   */
  say(id, words) {
    const node = this.place(id);
    if (node.textContent !== words) node.textContent = words;
  }
}
