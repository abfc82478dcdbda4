// The terms of one step of one solver, told while the drawing stands still: g, J or its σ, d, ρ, the length of a step.

import { short } from "../text/format.mjs";

/**
 * @import { Session } from "../stream/session.mjs"
 * @import { Lane, Store } from "../stream/store.mjs"
 * @import { Listed, Meta, Words } from "../types.d.ts"
 */

const NUMBERS = 8; // so many are told one by one, more by their norm
const ENTRIES = 16; // of J
const SIGMAS = 6;
const AGAIN = 250; // ms between the terms of a run that plays

/**
 * [[term, value], …] of `lane` at its row `k`; `meta` is the run's.
 *
 * @param {Lane} lane
 * @param {number} k
 * @param {Meta} meta
 * @param {Words["terms"]} words
 */
export function termsOf(lane, k, meta, words) {
  const told = termsAt(lane, k, meta, words);
  if (k + 1 < lane.count) return [...told, ...termsBetween(lane, k, words)];
  // a lane that runs may have a next frame
  return [...told, ...({ running: [], lost: [[words.cut, ""]] }[lane.status] ?? [[words.last, ""]])];
}

/**
 * The numbers of a list column in a row; undefined where it is not recorded.
 *
 * @param {Lane} lane
 * @param {Listed} name
 * @param {number} at
 */
function row({ columns }, name, at) {
  const column = columns[name];
  return column && Array.from(column.data.subarray(at * column.width, (at + 1) * column.width));
}

/**
 * What is known in row `k`.
 *
 * @param {Lane} lane
 * @param {number} k
 * @param {Meta} meta
 * @param {Words["terms"]} words
 */
function termsAt(lane, k, meta, words) {
  const { columns } = lane;
  const [jacobian, gradient] = [row(lane, "jacobian", k), row(lane, "gradient", k)];
  /** @type {[string, string][]} */
  const told = [];
  told.push([words.gradient, gradient ? vector(gradient) : norm(columns.gradient_norm.data[k])]);
  if (jacobian && jacobian.length <= ENTRIES) told.push([words.jacobian, matrix(jacobian, meta.parameters)]);
  const sigmas = (row(lane, "eigenvalues", k) ?? []).map((value) => Math.sqrt(Math.max(0, value * meta.samples)));
  if (sigmas.length)
    told.push([words.sigma, `${sigmas.slice(0, SIGMAS).map(short).join(", ")}${sigmas.length > SIGMAS ? ", …" : ""}`]);
  if (!Number.isNaN(columns.rho.data[k])) told.push([words.rho, short(columns.rho.data[k])]);
  return told;
}

/**
 * What the step from row `k` to the next one has moved.
 *
 * @param {Lane} lane
 * @param {number} k
 * @param {Words["terms"]} words
 */
function termsBetween(lane, k, words) {
  const { columns } = lane;
  const theta = row(lane, "theta", k);
  /** @type {[string, string][]} */
  const told = [];
  const span = columns.time.data[k + 1] - columns.time.data[k];
  /**
   * @param {"theta" | "outputs"} name
   * @param {number[]} now
   */
  const rate = (name, now) => (row(lane, name, k + 1) ?? []).map((value, i) => (value - now[i]) / span);
  if (theta) told.push([words.direction, vector(rate("theta", theta))]);
  else if (columns.outputs) told.push([words.moved, vector(rate("outputs", row(lane, "outputs", k) ?? []))]);
  const steps = columns.step.data[k + 1] - columns.step.data[k];
  told.push([words.steps, String(steps)]);
  if (steps > 0) told.push([words.length, short(span / steps)]);
  return told;
}

/** @param {number[]} values */
function vector(values) {
  return values.length <= NUMBERS ? `(${values.map(short).join(", ")})` : norm(Math.hypot(...values));
}

/**
 * @param {number[]} values
 * @param {number} width
 */
function matrix(values, width) {
  const rows = Array.from({ length: values.length / width }, (_, i) =>
    values
      .slice(i * width, (i + 1) * width)
      .map(short)
      .join(" "),
  );
  return `[${rows.join("; ")}]`;
}

/** @param {number} value */
function norm(value) {
  return `‖·‖ = ${short(value)}`;
}

export class Terms {
  /**
   * @param {HTMLElement} place
   * @param {Words["terms"]} words
   */
  constructor(place, words) {
    /** @type {Store | null} */
    this.store = null;
    this.place = place;
    this.words = words;
    this.solver = 0;
    this.told = "";
    this.since = -Infinity;
    this.select = document.createElement("select");
    this.select.setAttribute("aria-label", words.solver);
    this.select.addEventListener("change", () => {
      this.solver = Number(this.select.value);
      this.told = "";
    });
    this.list = Object.assign(document.createElement("span"), { className: "terms" });
    place.append(this.select, this.list);
  }

  /**
   * Another run.
   *
   * @param {Store} store
   */
  begin(store) {
    const { meta } = store;
    this.store = store;
    this.told = "";
    this.solver = Math.min(this.solver, meta.spec.solvers.length - 1);
    this.select.replaceChildren(
      ...meta.spec.solvers.map(({ name }, value) =>
        Object.assign(document.createElement("option"), { value: String(value), textContent: name }),
      ),
    );
    this.select.value = String(this.solver);
  }

  /** The first lane of the chosen solver. */
  get lane() {
    return this.store?.lanes.find(({ solver }) => solver === this.solver);
  }

  /**
   * Tells the terms at the playhead; while it plays, now and then.
   *
   * @param {Session} session
   * @param {number} now
   */
  follow({ id, playhead, store }, now) {
    const { lane } = this;
    if (!lane || !store) return;
    const count = lane.upTo(playhead.frame);
    const told = `${id} ${this.solver} ${count} ${lane.count > count} ${lane.status}`;
    if (!count || told === this.told || (!playhead.frozen && now - this.since < AGAIN)) return;
    Object.assign(this, { told, since: now });
    this.list.replaceChildren(
      ...termsOf(lane, count - 1, store.meta, this.words).map(([term, value]) => entry(term, value)),
    );
  }
}

/**
 * @param {string} term
 * @param {string} value
 */
function entry(term, value) {
  const place = document.createElement("span");
  place.append(Object.assign(document.createElement("b"), { textContent: term }), value);
  return place;
}
