// @ts-nocheck
// Why a flow is dear beside a method that takes steps, and the same run with its flows taken by steps: by Euler, or by
// Levenberg–Marquardt.

import { spentAt } from "./cost.mjs";

const STEPS = [0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001]; // of Euler
const NEWTON = ["gauss_newton", "generalised_gauss_newton"];
const MARQUARDT = { name: "Levenberg–Marquardt", optimizer: { kind: "levenberg_marquardt" } };
const ROOM = 170; // pixels of height below which the panel keeps to its table
const NAME = 60; // characters that a solver's name may have

/** Whether a solver pays for an integrator that chooses its own steps. */
export function isDear({ flow, integrator }) {
  return Boolean(flow) && integrator?.rtol !== undefined;
}

/** What each of the lanes that are dear spends in a unit of flow time: {lane, rtol, kind, rate}. */
export function dearest(lanes, counts, solvers, axis) {
  return lanes
    .map((lane, k) => ({ lane, last: counts[k] - 1, solver: solvers[lane.solver] }))
    .filter(({ solver, last, lane }) => isDear(solver) && last > 0 && lane.columns.time.data[last] > 0)
    .map(({ lane, last, solver: { integrator } }) => ({
      lane,
      rtol: integrator.rtol,
      kind: integrator.kind,
      rate: spentAt(lane, last, axis) / lane.columns.time.data[last],
    }));
}

/**
 * The longest of STEPS that is at most half of 1/(the fastest rate of a mode that a flow has met), λ/(ρ + (1 − ρ)λ).
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

/** `spec` with its dear flows by steps of Euler. */
export function byEuler(spec, lanes) {
  const solvers = spec.solvers.map((solver, index) => {
    if (!isDear(solver)) return solver;
    const dt = stepOf(lanes.find((lane) => lane.solver === index));
    const name = `${solver.name}, Euler η = ${dt}`;
    return { ...solver, name: name.length > NAME ? solver.name : name, integrator: { kind: "euler", dt } };
  });
  return { ...spec, solvers, tunes: [] };
}

/** `spec` with Levenberg–Marquardt in the place of its dear Gauss–Newton flows; null where it has none. */
export function byMarquardt(spec) {
  const goes = (solver) => isDear(solver) && NEWTON.includes(solver.flow.kind);
  if (!spec.solvers.some(goes)) return null;
  const kept = spec.solvers.filter((solver) => !goes(solver));
  const known = kept.some(({ optimizer }) => optimizer?.kind === MARQUARDT.optimizer.kind);
  return { ...spec, solvers: known ? kept : [...kept, MARQUARDT], tunes: [] };
}

/** The sentence and its two buttons, in `place`; `store.race(spec)` starts a race under the run's own protocol. */
export class Dear {
  constructor(place, words, kinds) {
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

  button(text, change) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: text });
    button.addEventListener("click", () => this.store.race(change()));
    return button;
  }

  /** Tells of `lanes` with `counts` rows; returns the height that takes. */
  tell(store, lanes, counts) {
    this.store = store;
    const {
      meta: { spec },
      units,
    } = store;
    const axis = units.clocks.find(({ name }) => name === "jacobian");
    const found = dearest(lanes, counts, spec.solvers, axis);
    const said = found.length && this.box.parentElement.clientHeight > ROOM ? this.sentence(found) : "";
    if (said !== this.said) {
      Object.assign(this, { said });
      this.text.textContent = said;
      this.box.hidden = !said;
      this.marquardt.hidden = !byMarquardt(spec);
    }
    return said ? this.box.offsetHeight + 6 : 0;
  }

  sentence(found) {
    const [{ kind, rtol }] = found;
    const rates = found.map(({ rate }) => rate);
    const [low, high] = [Math.min(...rates), Math.max(...rates)].map((rate) =>
      Number(rate.toPrecision(2)).toLocaleString("en-US"),
    );
    const values = {
      integrator: this.kinds[kind] ?? kind,
      rtol: rtol.toExponential().replace("-", "−"),
      rate: low === high ? low : `${low}–${high}`,
    };
    return this.words.why.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }
}
