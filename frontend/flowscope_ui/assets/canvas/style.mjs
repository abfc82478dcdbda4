// One method = one hue, one dash, one marker: in every preset, every panel, behind any other run. This is the one
// table.

/** @import { Store } from "../stream/store.mjs" */
/** @import { Scheme, Solver, Style } from "../types.d.ts" */

/** A hue, a dash and a marker. @typedef {string[]} Row */

/**
 * Told apart by most eyes, where a cone is missing too, and 3:1 with the panel in both themes.
 *
 * @type {Record<string, Record<Scheme, string>>}
 */
const HUES = {
  blue: { light: "#0072b2", dark: "#5ab2f2" },
  orange: { light: "#c87f00", dark: "#f7ba45" },
  green: { light: "#008f68", dark: "#3fdcaa" },
  pink: { light: "#b8588f", dark: "#e08fbb" },
  sky: { light: "#1695e6", dark: "#8ad4f5" },
  vermilion: { light: "#e46944", dark: "#f5744a" },
  olive: { light: "#6b5d00", dark: "#e8e277" },
  grey: { light: "#4c4c5b", dark: "#d4d4dc" },
  violet: { light: "#5219a8", dark: "#8f63ff" },
  crimson: { light: "#8c1531", dark: "#f6415d" },
};
/** @type {Record<string, number[]>} */
const DASHES = {
  solid: [],
  long: [9, 4],
  short: [3, 3.2],
  dashdot: [9, 3, 2, 3],
  longer: [14, 4],
  medium: [5, 3],
  dashdotdot: [12, 3, 2, 3, 2, 3],
  dots: [1.5, 2.5],
};

/**
 * Hue, dash and marker of a method. No two have one dash and marker; of one hue they have neither in common.
 *
 * @type {Record<string, Row>}
 */
const METHODS = {
  gradient: ["blue", "solid", "circle"],
  gauss_newton: ["orange", "long", "square"],
  "gauss_newton.smallest_eigenvalue": ["green", "short", "triangle"],
  "gauss_newton.constant": ["pink", "dashdot", "diamond"],
  "gauss_newton.exponential_decay": ["sky", "longer", "down"],
  "gauss_newton.loss_proportional": ["vermilion", "medium", "hexagon"],
  "gauss_newton.initial_eigenvalue": ["olive", "dashdotdot", "cross"],
  "gauss_newton.hybrid": ["grey", "dots", "star"],
  "gauss_newton.inverse_time": ["violet", "longer", "pentagon"],
  "gauss_newton.slow_switch": ["crimson", "medium", "left"],
  "gauss_newton.target_rate": ["green", "dashdot", "right"],
  generalised_gauss_newton: ["violet", "long", "plus"],
  pullback: ["orange", "solid", "hexagon"],
  pushforward: ["violet", "dots", "circle"],
  any_rank: ["green", "dashdotdot", "pentagon"],
  straight_line: ["blue", "medium", "square"],
  loop: ["crimson", "solid", "star"],
  arithmetic: ["sky", "solid", "diamond"],
  harmonic: ["pink", "solid", "triangle"],
  gradient_descent: ["blue", "longer", "right"],
  heavy_ball: ["violet", "short", "diamond"],
  adam: ["pink", "medium", "star"],
  adamw: ["pink", "dots", "right"],
  muon: ["green", "medium", "plus"],
  soap: ["olive", "longer", "hexagon"],
  levenberg_marquardt: ["green", "long", "cross"],
  damped_gauss_newton: ["orange", "short", "left"],
  cumulative_gauss_newton: ["orange", "dashdotdot", "circle"],
  riemannian_descent: ["vermilion", "long", "down"],
  "minimizing_movement.gain_ratio": ["sky", "long", "pentagon"],
  "minimizing_movement.line_search": ["violet", "solid", "left"],
  "minimizing_movement.gauss_newton_flow": ["vermilion", "dashdot", "square"],
  "minimizing_movement.retraction": ["crimson", "dashdot", "cross"],
  "minimizing_movement.exponential": ["crimson", "longer", "triangle"],
  "minimizing_movement.by_gradients.gradient_descent": ["blue", "short", "pentagon"],
  "minimizing_movement.by_gradients.heavy_ball": ["violet", "dashdot", "down"],
  "minimizing_movement.by_gradients.adam": ["pink", "longer", "cross"],
  "minimizing_movement.by_gradients.adamw": ["pink", "long", "left"],
  "minimizing_movement.by_gradients.muon": ["green", "dots", "diamond"],
  "minimizing_movement.by_gradients.soap": ["olive", "short", "square"],
};
/** For methods that other packages bring: which one it is, the name of the method says. */
const FOREIGN = [
  ["grey", "solid", "plus"],
  ["grey", "long", "triangle"],
  ["crimson", "short", "right"],
  ["olive", "medium", "circle"],
  ["vermilion", "dots", "left"],
  ["grey", "dashdotdot", "down"],
];
/** Three that are told apart at a glance, for what is no method. */
const PARTS = ["gradient", "gauss_newton", "gauss_newton.smallest_eigenvalue"];

/**
 * A method once more, with other settings: its hue darker (on dark lighter), its marker filled otherwise, dots behind
 * its dash.
 */
const TINTS = [0, 0.44, 0.2, 0.6, 0.32];
const FILLS = ["", "-open", "-eye", "-ring"];

/**
 * What a solver is, as the table names it: a flow or an optimizer, a Gauss–Newton flow with its damping, a movement
 * with its inner solver.
 *
 * @param {Solver} solver
 */
export function methodOf({ flow, optimizer }) {
  const { kind, damping, inner } = flow ?? optimizer;
  if (kind === "gauss_newton" && typeof damping === "object" && (damping.kind !== "constant" || damping.rho))
    return `${kind}.${damping.kind}`;
  return [kind, inner?.kind, inner?.optimizer?.kind].filter(Boolean).join(".");
}

/** @type {WeakMap<Solver[], Partial<Record<Scheme, Style[]>>>} */
const drawn = new WeakMap();

/**
 * The styles of a spec's solvers in a scheme: {color, dash, marker}, no two alike.
 *
 * @param {Solver[]} solvers
 * @param {Scheme} scheme
 */
export function stylesOf(solvers, scheme) {
  const known = drawn.get(solvers) ?? {};
  drawn.set(solvers, known);
  return (known[scheme] ??= made(solvers, scheme));
}

/**
 * The style of a lane's solver in the run of a store.
 *
 * @param {Store} store
 * @param {{ solver: number }} lane
 * @param {Scheme} scheme
 */
export function styleOf({ meta }, { solver }, scheme) {
  return stylesOf(meta.spec.solvers, scheme)[solver];
}

/**
 * Colours and dashes of a spec's solvers on white, as the server takes them: `0072b2~_c87f00~9-4`.
 *
 * @param {Solver[]} solvers
 */
export function looksOf(solvers) {
  return stylesOf(solvers, "light")
    .map(({ color, dash }) => `${color.slice(1)}~${dash.join("-")}`)
    .join("_");
}

/**
 * The style of the k-th of three things that are no methods.
 *
 * @param {number} k
 * @param {Scheme} scheme
 */
export function partStyle(k, scheme) {
  return styled(METHODS[PARTS[k % PARTS.length]], 0, scheme);
}

/**
 * @param {Solver[]} solvers
 * @param {Scheme} scheme
 */
function made(solvers, scheme) {
  const seen = new Map();
  return solvers.map((solver) => {
    const method = methodOf(solver);
    const row = METHODS[method] ?? FOREIGN[hash(method) % FOREIGN.length];
    const again = seen.get(row) ?? 0;
    seen.set(row, again + 1);
    return styled(row, again, scheme);
  });
}

/**
 * The style of a row of the table, for the `again`-th further solver of its method.
 *
 * @param {Row} row
 * @param {number} again
 * @param {Scheme} scheme
 * @returns {Style}
 */
function styled([hue, dash, marker], again, scheme) {
  const color = tinted(HUES[hue][scheme], TINTS[again % TINTS.length], scheme);
  return { color, dash: dotted(DASHES[dash], again), marker: marker + FILLS[again % FILLS.length] };
}

/**
 * @param {string} color
 * @param {number} share
 * @param {Scheme} scheme
 */
function tinted(color, share, scheme) {
  const end = scheme === "dark" ? 255 : 0; // away from the panel
  const channel = (/** @type {number} */ at) =>
    Math.round((1 - share) * Number.parseInt(color.slice(at, at + 2), 16) + share * end);
  return `#${[1, 3, 5].map((at) => channel(at).toString(16).padStart(2, "0")).join("")}`;
}

/**
 * @param {number[]} dash
 * @param {number} count
 */
function dotted(dash, count) {
  return count ? [...(dash.length ? dash : [18, 3]), ...Array.from({ length: count }, () => [2, 3]).flat()] : dash;
}

/**
 * FNV-1a, so that a name has one style wherever it is met.
 *
 * @param {string} text
 */
function hash(text) {
  return [...text].reduce(
    (value, letter) => Math.imul(value ^ Number(letter.codePointAt(0)), 0x01000193) >>> 0,
    0x811c9dc5,
  );
}
