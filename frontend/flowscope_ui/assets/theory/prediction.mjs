// What theory says of the run: asked for about once a second while rows come, kept with the rows, told in the rail.

import { told } from "../text/language.mjs";
import { nodes } from "../text/typeset.mjs";
import { moment, outcome } from "./moment.mjs";
import { stopped } from "./overlay.mjs";

/** @import { Api } from "../stream/api.mjs" */
/** @import { Session } from "../stream/session.mjs" */
/** @import { Store } from "../stream/store.mjs" */
/** @import { PanelEntry, Prediction, Sentences, Verdict, Words } from "../types.d.ts" */

/** @typedef {HTMLElement & { text?: string }} Part */
/** @typedef {HTMLElement & { parts: Record<"lamp" | "name" | "claim" | "verdict" | "reason", Part> }} Line */

const EVERY = 1000; // ms
const REST = 150; // ms for which the playhead has stood: theory is not asked of every frame that a hand passes
const STILL = new Set(["paused", "ended", "cut"]);
const OUT = "does not apply";
/** @type {Verdict[]} */
const RANK = ["violated", "does not apply", "not reached", "holds"]; // the worst first

/** Keeps `store.overlays` as the server last told them, in the units of the store. */
export class Predictions {
  /**
   * `place` is the list in the rail, `words` its sentences, `catalogue` those of the engine, `panels` those of the
   * page, `onShow(name)` is asked to show one.
   *
   * @param {Api} api
   * @param {HTMLElement} place
   * @param {Words["panels"]["predictions"]} words
   * @param {Sentences} catalogue
   * @param {PanelEntry[]} panels
   * @param {(panel: string) => void} onShow
   */
  constructor(api, place, words, catalogue, panels, onShow) {
    this.panels = panels;
    this.api = api;
    this.place = place;
    this.words = words;
    this.catalogue = catalogue;
    this.onShow = onShow;
    /** @type {Session | null} */
    this.session = null;
    /** @type {string | null} */
    this.query = null;
    this.pending = false;
    /** @type {string | null} */
    this.extent = null; // what was asked for last
    /** @type {string | undefined} */
    this.wanted = undefined; // what is to be asked for
    this.since = 0; // when that began
    this.asked = -EVERY;
    this.leaving = new AbortController();
    /** @type {Map<string, Line>} */
    this.lines = new Map();
  }

  /**
   * Called every frame; returns at once unless it is time to ask. `chosen` has the units and ε.
   *
   * @param {Session} session
   * @param {{ share?: number | string }} chosen
   * @param {number} now
   * @param {() => void} onNews
   */
  follow(session, chosen, now, onNews) {
    const query = new URLSearchParams({
      loss: session.store.units.loss.name,
      clock: session.store.units.clock.name,
      ...(chosen.share && { share: String(chosen.share) }),
    }).toString();
    if (session !== this.session || query !== this.query) this.leave(session, query);
    const { store, word, link } = session;
    if (this.pending || link !== "open" || !store.received) return;
    const [extent, still] = [extentOf(session), STILL.has(word)];
    if (extent !== this.wanted) Object.assign(this, { wanted: extent, since: now });
    if (extent === this.extent || (still ? now - this.since < REST : now - this.asked < EVERY)) return;
    Object.assign(this, { pending: true, extent, asked: now });
    const { signal } = this.leaving;
    this.api
      .predictions(session.id, query + extent, signal)
      .catch(() => null)
      .then((list) => {
        // a lost server is asked again with the next rows
        if (signal.aborted) return;
        this.pending = false;
        if (!list) return;
        store.overlays = list.map((each) => this.translated(each));
        this.tell(store.overlays, store);
        onNews();
      });
  }

  /**
   * Whether what is told is of every row that has arrived, or of those up to where the drawing stands; or nothing is to
   * be told.
   *
   * @param {Session} session
   */
  current(session) {
    return this.query === null || (!this.pending && this.extent === extentOf(session));
  }

  /**
   * @param {Prediction} each
   * @returns {Prediction}
   */
  translated(each) {
    const sentences = /** @type {const} */ (["statement", "assumption", "why", "formula"]).map((name) => [
      name,
      each[name] && told(each[name], this.catalogue),
    ]);
    return { ...each, ...Object.fromEntries(sentences) };
  }

  /**
   * What was told of another run, or in other units, is forgotten; `query` null: nothing is told until it is followed
   * again.
   *
   * @param {Session} session
   * @param {string | null} query
   */
  leave(session, query) {
    this.leaving.abort();
    session.store.overlays = [];
    Object.assign(this, {
      session,
      query,
      leaving: new AbortController(),
      pending: false,
      extent: null,
      asked: -EVERY,
      lines: new Map(),
    });
    this.place.replaceChildren();
  }

  /**
   * The list: one line per prediction, the worst of its lanes. A line and its parts stay the same elements while their
   * words change, so that a press that outlasts the news is a click.
   *
   * @param {Prediction[]} list
   * @param {Store} store
   */
  tell(list, store) {
    const ids = [...new Set(list.map(({ id }) => id))].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
    if (ids.join() !== [...this.lines.keys()].join()) {
      this.lines = new Map(ids.map((id) => [id, this.lines.get(id) ?? this.line(id)]));
      this.place.replaceChildren(
        ...(ids.length ? [element("h2", "", this.words.title)] : []),
        box(this.lines.values()),
      );
    }
    const said = new Set(); // what ended several predictions at once is said once
    for (const [id, line] of this.lines)
      this.fill(
        line,
        list.filter((each) => each.id === id),
        store,
        said,
      );
  }

  /**
   * @param {string} id
   * @returns {Line}
   */
  line(id) {
    const parts = {
      lamp: element("span", "lamp"),
      name: element("b", "", id),
      claim: element("span", "claim"),
      verdict: element("span", "verdict"),
      reason: element("span", "reason"),
    };
    const line = Object.assign(element("div", "prediction"), { parts });
    line.append(...Object.values(parts));
    line.dataset.id = id;
    line.addEventListener("click", () => line.dataset.panel && this.onShow(line.dataset.panel));
    return line;
  }

  /**
   * @param {Line} line
   * @param {Prediction[]} alike
   * @param {Store} store
   * @param {Set<string>} said
   */
  fill(line, alike, store, said) {
    const among = alike.some(({ verdict: word }) => word !== OUT)
      ? alike.filter(({ verdict: word }) => word !== OUT)
      : alike; // it is not struck out for a lane that it does not speak of
    const verdict = /** @type {Verdict} */ (RANK.find((each) => among.some((one) => one.verdict === each)));
    const worst = /** @type {Prediction} */ (among.find((one) => one.verdict === verdict));
    const { id, statement, assumption, formula } = worst;
    line.dataset.verdict = line.parts.lamp.dataset.verdict = verdict.replaceAll(" ", "-");
    line.dataset.panel = this.panels.find(({ predictions }) => predictions?.includes(worst.column))?.name ?? "";
    const others = alike
      .filter((one) => !among.includes(one))
      .map((one) => `${store.lanes[one.lane].name}: ${this.reason(one, store) || this.words.verdicts[OUT]}`);
    const reason = [this.reason(worst, store), ...new Set(others)].filter(Boolean).join("; ");
    write(line.parts.claim, formula);
    write(line.parts.verdict, this.words.verdicts[verdict]);
    write(line.parts.reason, said.has(reason) ? "" : reason);
    said.add(reason);
    const lanes = alike.map((one) => {
      const why = [this.words.verdicts[one.verdict], this.reason(one, store)].filter(Boolean).join(", ");
      return `${store.lanes[one.lane].name}: ${why}`;
    });
    line.title = [
      `${id}: ${statement}`,
      `${this.words.assumes} ${assumption}`,
      this.words.tolerance.replace("{tolerance}", worst.tolerance.toPrecision(2)),
      ...new Set(lanes),
    ].join("\n");
  }

  /**
   * When and why it stopped applying; of a moment its value and what was measured there.
   *
   * @param {Prediction} each
   * @param {Store} store
   */
  reason(each, store) {
    if (each.until !== null) return [stopped(each, store, this.words), each.why].filter(Boolean).join(": ");
    if (each.form !== "mark") return "";
    return each.measured[0] === null
      ? moment(each, store)
      : `${moment(each, store)}, ${outcome(each, store, this.words)}`;
  }
}

/**
 * Writes a marked `text` into `part`; what stands there already is left, so that a press on it goes on.
 *
 * @param {Part} part
 * @param {string} text
 */
function write(part, text) {
  if (part.text === text) return;
  part.text = text;
  part.replaceChildren(...nodes(text));
}

/** @param {Iterable<HTMLElement>} lines */
function box(lines) {
  const list = element("div", "lines");
  list.append(...lines);
  return list;
}

/**
 * @param {string} tag
 * @param {string} className
 * @param {string} [text]
 */
function element(tag, className, text = "") {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}

/**
 * The end of a query for what theory is to speak of: the rows that have arrived, or those up to where the drawing
 * stands.
 *
 * @param {Session} session
 */
function extentOf({ store, word, playhead: { frame } }) {
  return `&frame=${word === "paused" && frame >= 0 ? Math.min(frame, store.head) : store.head}`;
}
