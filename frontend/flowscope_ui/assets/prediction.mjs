// Theory's curves beside the measured ones: asked for about once a second while rows come, drawn as thin dashed lines, told in the rail.

import { nodes } from "./mark.mjs";
import { solverStyle } from "./palette.mjs";

const EVERY = 1000; // ms
const STILL = new Set(["paused", "ended"]);
const RANK = ["violated", "does not apply", "holds"]; // the worst first
const DASH = [5, 4];
const ALPHA = 0.62;
const SHARES = [0.6, 0.45, 0.75, 0.3, 0.9, 0.18]; // of the curve in sight: where its label may stand
const TRIVIAL = 0.5; // a bound that has not fallen below this share says nothing yet

/** Whether theory draws the loss of this lane itself. */
export function predicted(store, { lane }) {
  return (store.overlays ?? []).some((each) => each.lane === lane && each.column === "loss" && each.sense === "equal");
}

/** Keeps `store.overlays` as the server last told them. */
export class Predictions {
  /** `place` is the list in the rail, `words` its sentences. */
  constructor(api, place, words) {
    Object.assign(this, { api, place, words, session: null, list: [] });
  }

  /** Called every frame; returns at once unless it is time to ask. */
  follow(session, now, onNews) {
    if (session !== this.session) this.leave(session);
    const { store, word, link } = session;
    if (this.pending || link !== "open" || !store.received) return;
    const [rows, still] = [store.received, STILL.has(word)];
    if (rows === this.rows || (!still && now - this.asked < EVERY)) return;
    Object.assign(this, { pending: true, rows, asked: now });
    const { signal } = this.leaving;
    this.api.predictions(session.id, signal).catch(() => null).then((list) => { // a lost server is asked again with the next rows
      if (signal.aborted) return;
      this.pending = false;
      if (!list) return;
      store.overlays = list;
      this.tell(list, store);
      onNews();
    });
  }

  leave(session) {
    this.leaving?.abort();
    Object.assign(this, { session, leaving: new AbortController(), pending: false, rows: 0, asked: -EVERY });
    this.place.replaceChildren();
  }

  /** The list: one line per prediction, the worst of its lanes. */
  tell(list, store) {
    const ids = [...new Set(list.map(({ id }) => id))].sort((a, b) => a.slice(1) - b.slice(1));
    this.place.replaceChildren(...(ids.length ? [element("h2", "", this.words.title)] : []), box(ids.map((id) => this.line(list.filter((each) => each.id === id), store))));
  }

  line(alike, store) {
    const { id, statement, assumption } = alike[0];
    const verdict = RANK.find((each) => alike.some((one) => one.verdict === each));
    const line = element("div", "prediction");
    const lamp = element("span", "lamp");
    lamp.dataset.verdict = verdict.replaceAll(" ", "-");
    const formula = element("span", "claim");
    formula.append(...nodes(this.words.formulas[id] ?? statement));
    line.append(lamp, element("b", "", id), formula, element("span", "verdict", this.words.verdicts[verdict]));
    const lanes = alike.map((one) => `${store.lanes[one.lane].name}: ${[this.words.verdicts[one.verdict], ...(one.until === null ? [] : [stopped(one, this.words), one.why ?? ""])].filter(Boolean).join(", ")}`);
    line.title = [`${id}: ${statement}`, `${this.words.assumes} ${assumption}`, ...new Set(lanes)].join("\n");
    line.dataset.id = id;
    return line;
  }
}

/** The curves of `column` over lanes that are shown; a bound is left out where an equality says more or it says nothing. */
export function drawable(store, looks, column) {
  const shown = (store.overlays ?? []).filter((each) => each.column === column && looks.some(({ lane, shown: on }) => on && lane.lane === each.lane && lane.first));
  return shown.filter(({ lane, sense, expected }) => sense === "equal" || (expected.at(-1) < TRIVIAL * expected[0] && !shown.some((other) => other.lane === lane && other.sense === "equal" && other.until === null)));
}

/** Strokes the curves of `column`, by `less` lowered; returns their labels for the panel's notes. */
export function drawPredictions({ layer, scales, store, looks, ink }, { column, less }, words) {
  const told = new Map();
  const labels = [];
  for (const each of drawable(store, looks, column)) {
    const color = each.until === null ? solverStyle(store.lanes[each.lane].solver, ink.scheme).color : ink.dim;
    const points = polyline(each, scales, less);
    layer.stroke(points, points.length / 2, { color, dash: DASH, width: 1.3, alpha: ALPHA });
    if (points.length < 4 || (told.has(each.id) && each.until === null)) continue;
    told.set(each.id, each);
    const text = `${each.id}: ${words.formulas[each.id] ?? each.id}${each.until === null ? "" : ` ${stopped(each, words)}`}`;
    labels.push({ key: `${each.id} ${each.lane}`, text, color, anchors: anchors(points, scales), must: each.sense === "equal" });
  }
  return labels;
}

function polyline({ time, expected, applies }, scales, less) {
  const points = [];
  for (let k = 0; k < time.length; k += 1) if (applies[k] && expected[k] > less) points.push(scales.x(time[k]), scales.y(expected[k] - less));
  return new Float32Array(points);
}

/** Points on what is in sight of the curve, where its label may stand. */
function anchors(points, scales) {
  const seen = [];
  for (let k = 0; k + 3 < points.length; k += 2) if (points[k] <= scales.right && points[k + 1] <= scales.bottom) seen.push(k);
  if (!seen.length) return [];
  const [from, to] = [points[seen[0]], points[Math.min(seen.at(-1) + 2, points.length - 2)]];
  return SHARES.map((share) => {
    const x = from + share * (to - from);
    const k = seen.findLast((each) => points[each] <= x) ?? seen[0];
    const part = points[k + 2] > points[k] ? (x - points[k]) / (points[k + 2] - points[k]) : 0;
    return { x, y: points[k + 1] + part * (points[k + 3] - points[k + 1]) };
  });
}

function stopped({ until }, words) {
  return words.stopped.replace("{t}", until.toPrecision(3));
}

function box(lines) {
  const list = element("div", "lines");
  list.append(...lines);
  return list;
}

function element(tag, className, text = "") {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}
