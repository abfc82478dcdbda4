// The words around the drawings: titles, badge, clock, notes, footer.

import { timeAt } from "./reading.mjs";

export class Shell {
  constructor(text) {
    this.text = text;
  }

  place(id) {
    return document.getElementById(id);
  }

  title(panel, words) {
    this.place(`${panel}-title`).textContent = words.title;
    this.place(`${panel}-formula`).innerHTML = words.formula; // our own sentence, never a spec
  }

  /** A sentence over the stage, for `ms` or until the next. */
  note(sentence, ms = 0) {
    clearTimeout(this.timer);
    this.place("note").textContent = sentence;
    if (ms) this.timer = setTimeout(() => this.note(""), ms);
  }

  /** Badge, clock and footer of a session (or of none yet). */
  status(session) {
    this.badge(session?.word ?? "connecting");
    if (!session?.store) return;
    const { store, playhead, speed } = session;
    const behind = Math.max(0, Math.round(((store.head - playhead.position) / (60 * speed)) * 1000));
    this.say("clock", `t = ${timeAt(store, playhead.frame).toFixed(2)}`);
    this.say("footer-rows", `${store.received} ${this.text.footer.rows} · ${behind} ${this.text.footer.behind}`);
  }

  badge(word) {
    const { text } = this;
    if (this.word === word) return;
    this.word = word;
    this.place("state").dataset.state = word;
    this.say("state-word", text.states[word]);
    this.place("pause").dataset.paused = word === "paused" || word === "ended";
    this.place("pause").setAttribute("aria-label", word === "paused" ? text.controls.resume : text.controls.pause);
    if (text.notes[word]) this.note(text.notes[word]);
  }

  say(id, words) {
    const node = this.place(id);
    if (node.textContent !== words) node.textContent = words;
  }
}
