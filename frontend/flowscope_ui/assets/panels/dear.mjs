// Why a flow is dear beside a method that takes steps, and the same run with its flows taken by steps: by Euler, or by
// Levenberg–Marquardt.

import { later } from "../stream/later.mjs";
import { spentAt } from "./cost.mjs";

/**
 * @import { Port } from "../stream/port.mjs"
 * @import { Lane, Store } from "../stream/store.mjs"
 * @import { Clock, Counter, Solver, Spec, Words } from "../types.d.ts"
 */

/**
 * A flow that is dear: what it spends in a unit of flow time.
 *
 * @typedef {{ lane: Lane, rtol: number, kind: string, rate: number }} DearLane
 */

const STEPS = [0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001]; // of Euler
const NEWTON = ["gauss_newton", "generalised_gauss_newton"];
const MARQUARDT = { name: "Levenberg–Marquardt", optimizer: { kind: "levenberg_marquardt" } };
const ROOM = 170; // pixels of height below which the panel keeps to its table
const NAME = 60; // characters that a solver's name may have

/**
 * Whether a solver pays for an integrator that chooses its own steps.
 *
 * @param {Solver} solver
 */
export function isDear({ flow, integrator }) {
  return Boolean(flow) && integrator?.rtol !== undefined;
}

/**
 * What each of the lanes that are dear spends in a unit of flow time: {lane, rtol, kind, rate}.
 *
 * @param {Lane[]} lanes
 * @param {number[]} counts
 * @param {Solver[]} solvers
 * @param {Clock | Counter} axis
 */
export function dearest(lanes, counts, solvers, axis) {
  return lanes.flatMap((lane, k) => {
    const last = counts[k] - 1;
    const solver = solvers[lane.solver];
    const { integrator } = solver;
    if (!integrator || !isDear(solver) || !(last > 0 && lane.columns.time.data[last] > 0)) return [];
    const rate = spentAt(lane, last, axis) / lane.columns.time.data[last];
    return [{ lane, rtol: Number(integrator.rtol), kind: integrator.kind, rate }];
  });
}

/**
 * The longest of STEPS that is at most half of 1/(the fastest rate of a mode that a flow has met), λ/(ρ + (1 − ρ)λ).
 *
 * @param {Lane} lane
 */
export function stepOf({ columns: { eigenvalues, rho }, count }) {
  let fastest = 1;
  for (let row = 0; eigenvalues && row < count; row += 1) {
    const [most, damping] = [eigenvalues.data[row * eigenvalues.width], rho.data[row]];
    const rate = most / (damping + (1 - damping) * most);
    if (rate > fastest) fastest = rate;
  }
  return STEPS.find((step) => step <= 0.5 / fastest) ?? STEPS.at(-1);
}

/**
 * `spec` with its dear flows by steps of Euler.
 *
 * @param {Spec} spec
 * @param {Lane[]} lanes
 */
export function byEuler(spec, lanes) {
  const solvers = spec.solvers.map((solver, index) => {
    if (!isDear(solver)) return solver;
    const dt = stepOf(/** @type {Lane} */ (lanes.find((lane) => lane.solver === index)));
    const name = `${solver.name}, Euler η = ${dt}`;
    const integrator = { kind: "euler", dt };
    return /** @type {Solver} */ ({ ...solver, name: name.length > NAME ? solver.name : name, integrator });
  });
  return { ...spec, solvers, tunes: [] };
}

/**
 * `spec` with Levenberg–Marquardt in the place of its dear Gauss–Newton flows; null where it has none.
 *
 * @param {Spec} spec
 */
export function byMarquardt(spec) {
  /** @param {Solver} solver */
  const goes = (solver) => isDear(solver) && NEWTON.includes(solver.flow?.kind ?? "");
  if (!spec.solvers.some(goes)) return null;
  const kept = spec.solvers.filter((solver) => !goes(solver));
  const known = kept.some(({ optimizer }) => optimizer?.kind === MARQUARDT.optimizer.kind);
  return { ...spec, solvers: known ? kept : [...kept, MARQUARDT], tunes: [] };
}

/** The sentence and its two buttons, in `place`; `port.race(spec)` starts a race under the run's own protocol. */
export class Dear {
  /**
   * @param {HTMLElement} place
   * @param {Words["panels"]["ledger"]["dear"]} words
   * @param {Record<string, string>} kinds
   * @param {Port} port
   */
  constructor(place, words, kinds, port) {
    this.port = port;
    /** @type {Store} */
    this.store = later;
    this.words = words;
    this.kinds = kinds;
    this.said = "";
    this.box = Object.assign(document.createElement("div"), { className: "dear", hidden: true });
    this.text = document.createElement("span");
    this.euler = this.button(words.euler, () => byEuler(this.store.meta.spec, this.store.lanes));
    this.marquardt = this.button(words.marquardt, () => byMarquardt(this.store.meta.spec));
    this.box.append(this.text, this.euler, this.marquardt);
    place.append(this.box);
  }

  /**
   * @param {string} text
   * @param {() => Spec | null} change
   */
  button(text, change) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: text });
    button.addEventListener("click", () => this.port.race(/** @type {Spec} */ (change())));
    return button;
  }

  /**
   * Tells of `lanes` with `counts` rows; returns the height that takes.
   *
   * @param {Store} store
   * @param {Lane[]} lanes
   * @param {number[]} counts
   */
  tell(store, lanes, counts) {
    this.store = store;
    const {
      meta: { spec },
      units,
    } = store;
    const axis = /** @type {Counter} */ (units.clocks.find(({ name }) => name === "jacobian"));
    const found = dearest(lanes, counts, spec.solvers, axis);
    const room = this.box.parentElement?.clientHeight ?? 0;
    const said = found.length && room > ROOM ? this.sentence(found) : "";
    if (said !== this.said) {
      Object.assign(this, { said });
      this.text.textContent = said;
      this.box.hidden = !said;
      this.marquardt.hidden = !byMarquardt(spec);
    }
    return said ? this.box.offsetHeight + 6 : 0;
  }

  /** @param {DearLane[]} found */
  sentence(found) {
    const [{ kind, rtol }] = found;
    const rates = found.map(({ rate }) => rate);
    const [low, high] = [Math.min(...rates), Math.max(...rates)].map((rate) =>
      Number(rate.toPrecision(2)).toLocaleString("en-US"),
    );
    /** @type {Record<string, string>} */
    const values = {
      integrator: this.kinds[kind] ?? kind,
      rtol: rtol.toExponential().replace("-", "−"),
      rate: low === high ? low : `${low}–${high}`,
    };
    return this.words.why.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }
}
