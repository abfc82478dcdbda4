// Names of solvers that quote a setting follow it when it is changed; where the setting is gone, so is the quotation.

/** @import { Damping, Kind, Solver, Spec } from "../types.d.ts" */

/** @typedef {{ kind: string, damping?: Damping }} Damped */
/**
 * How a number in a name stands for a setting: the number of the setting, and the setting of a number.
 *
 * @typedef {object} Reader
 * @property {(number: number) => number} of
 * @property {(value: number) => number} to
 * @property {boolean} [whole]
 */

const NUMBER = /\d+\/\d+|10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+|\d+(?:\.\d+)?(?:e[−-]?\d+)?|[½⅓¼]/g;
/** @type {Record<string, string[]>} */
const LETTERS = { η: ["eta", "dt"], ρ: ["rho"], τ: ["tau"], α: ["alpha"] };
const HALF = "½‖r‖²"; // a step that is meant on it is n times as large on the mean
const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";
/** @type {Record<string, number>} */
const PARTS = { "½": 0.5, "⅓": 1 / 3, "¼": 0.25 };

/**
 * As Python's `{:g}`, with a true minus: 0.45, 1e−5.
 *
 * @param {number} value
 */
function written(value) {
  return (
    Math.abs(value) < 1e-4 && value
      ? String(Number(value.toPrecision(6)).toExponential())
      : String(Number(value.toPrecision(6)))
  ).replace("-", "−");
}

/** @param {string} token */
function valueOf(token) {
  if (PARTS[token]) return PARTS[token];
  if (token.includes("/"))
    return token
      .split("/")
      .map(Number)
      .reduce((over, under) => over / under);
  if (/^10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]/.test(token))
    return 10 ** Number(Array.from(token.slice(2), (each) => (each === "⁻" ? "-" : RAISED.indexOf(each))).join(""));
  return Number(token.replace("−", "-"));
}

/**
 * Path → number of all that are in a solver, also of those that it leaves to its method (null, or a step of 0).
 *
 * @param {unknown} value
 * @param {string} [path]
 * @returns {[string, number | null][]}
 */
function leaves(value, path = "") {
  if (typeof value === "number" || value === null) return [[path, value]];
  return typeof value === "object" && value
    ? Object.entries(value).flatMap(([name, each]) => leaves(each, `${path}.${name}`))
    : [];
}

/**
 * @param {number} a
 * @param {number} b
 */
const near = (a, b) => Math.abs(a - b) <= 1e-6 * Math.abs(b);

/**
 * How a number in a name may stand for a setting: as it is, n times as large, or as what 1 is divided by.
 *
 * @param {string} name
 * @param {number} samples
 * @returns {Reader[]}
 */
function readings(name, samples) {
  const factor = name.includes(HALF) ? samples : 1;
  return [
    { of: (number) => factor * number, to: (value) => value / factor },
    { of: (number) => 1 / number, to: (value) => Math.round(1e6 / value) / 1e6, whole: true },
  ];
}

/**
 * The settings of `was` that a number in a name quotes, [{path, reading}]: those of the letter before it, else all that
 * are equal to it.
 *
 * @param {string} name
 * @param {string} token
 * @param {number} at
 * @param {[string, number | null][]} was
 * @param {number} samples
 */
function quoted(name, token, at, was, samples) {
  const keys = LETTERS[name.slice(0, at).match(/(\p{L}) = $/u)?.[1] ?? ""] ?? [];
  const [plain, inverse] = readings(name, samples);
  const found = was.flatMap(([path, value]) => {
    const lettered = keys.includes(path.split(".").at(-1) ?? "");
    if (!value) return lettered ? [{ path, lettered, reading: plain }] : [];
    const reading = [plain, inverse].find(({ of }) => near(of(valueOf(token)), value));
    return reading ? [{ path, lettered, reading }] : [];
  });
  return found.some(({ lettered }) => lettered) ? found.filter(({ lettered }) => lettered) : found;
}

/**
 * The name of `after`, a solver that was `before` on `samples` samples; `kinds` are the page's words.
 *
 * @param {Solver} before
 * @param {Solver} after
 * @param {number} samples
 * @param {Record<string, string>} kinds
 */
export function renamed(before, after, samples, kinds) {
  const { name } = before;
  const [old, now] = [before, after].map((solver) => /** @type {Damped} */ (solver.flow ?? solver.optimizer));
  /** @param {Kind} kind */
  const word = ({ kind }) => kinds[kind] ?? kind.replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase());
  const plain = [now, ...(now.damping?.kind ? [now.damping] : [])].map(word).join(", ");
  if (old.kind !== now.kind || old.damping?.kind !== now.damping?.kind) return plain;
  const [was, is] = [leaves(before), new Map(leaves(after))];
  const seen = new Set();
  let lost = false;
  const next = name.replace(NUMBER, (token, at) => {
    if (name[at + token.length] === "‖") return token;
    const changed = quoted(name, token, at, was, samples).filter(({ path }) => is.get(path) !== new Map(was).get(path));
    if (!changed.length) return token;
    const [{ path, reading }] = changed;
    const number = reading.to(is.get(path) ?? NaN);
    lost ||=
      changed.length > 1 ||
      seen.has(path) ||
      !Number.isFinite(number) ||
      Boolean(reading.whole && !Number.isInteger(number));
    seen.add(path);
    return written(number);
  });
  return lost ? plain : next;
}

/**
 * `spec` with the names of its solvers as they follow from what was changed of `before`; a name that was changed itself
 * stays.
 *
 * @param {Spec} spec
 * @param {Spec} before
 * @param {number} samples
 * @param {Record<string, string>} kinds
 */
export function followed(spec, before, samples, kinds) {
  const known = new Map(before.solvers.map((solver) => [solver.name, solver]));
  /** @param {Solver} solver */
  const follow = (solver) => {
    const old = known.get(solver.name);
    return old && (solver.flow ?? solver.optimizer)?.kind
      ? { ...solver, name: renamed(old, solver, samples, kinds) }
      : solver;
  };
  return { ...spec, solvers: spec.solvers.map(follow) };
}
