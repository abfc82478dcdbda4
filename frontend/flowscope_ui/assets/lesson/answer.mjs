// Numbers taken from a run for the answer of a lesson's question. Pure: a store and a frame in, a number or a word out.

/**
 * @import { Column, Lane, Store } from "../stream/store.mjs"
 * @import { ColumnName, Measure, Question, Sentences } from "../types.d.ts"
 */

/** @typedef {number | string} Measured */
/**
 * The words for what has no number.
 *
 * @typedef {{ statuses: Sentences, never: string }} Told
 */
/** @typedef {Measure & { column: ColumnName, from: number, to: number, below: number, tell: ColumnName }} Whole */

/**
 * Kind → its reading of a lane's rows; times are flow times as declared, `count` rows have been drawn.
 *
 * @type {Record<string, (lane: Lane, count: number, each: Whole) => Measured>}
 */
const KINDS = {
  /** A column at the first row from `time` on, the last where there is none. */
  at: (lane, count, { column, index, time = Infinity }) => cell(lane, column, index, row(lane, count, time)),
  /** −d ln(column)/dt between two times. */
  rate: (lane, count, { column, from, to }) => {
    const [a, b] = [row(lane, count, from), row(lane, count, to)];
    /** @param {number} k */
    const value = (k) => Math.log(cell(lane, column, undefined, k));
    return (value(a) - value(b)) / (cell(lane, "time", undefined, b) - cell(lane, "time", undefined, a));
  },
  /** The step or time from which on a column stays below a level; NaN where it never does. */
  reach: (lane, count, { column, below, tell }) => {
    const above = /** @type {Column} */ (lane.columns[column]).view(count).findLastIndex((value) => !(value < below));
    return above + 1 < count ? cell(lane, tell, undefined, above + 1) : NaN;
  },
  /** The word of how a lane ended. */
  status: (lane) => lane.status,
};

/**
 * @param {Lane} lane
 * @param {number} count
 * @param {number} time
 */
function row(lane, count, time) {
  const found = lane.columns.time.view(count).findIndex((each) => each >= time - 1e-9);
  return found < 0 ? count - 1 : found;
}

/**
 * @param {Lane} lane
 * @param {ColumnName} column
 * @param {number | undefined} index
 * @param {number} k
 */
function cell(lane, column, index, k) {
  const { data, width } = /** @type {Column} */ (lane.columns[column]);
  return data[k * width + (index === undefined ? 0 : (index + width) % width)];
}

/**
 * The value of a measure at `frame`: of a solver's first lane, of the solver that is first (its index, −1: none), or a
 * ratio of two.
 *
 * @param {Store} store
 * @param {number} frame
 * @param {Measure} each
 * @returns {Measured}
 */
export function measure(store, frame, each) {
  if (each.kind === "ratio") {
    const [over, under] = (each.of ?? []).map((part) => Number(measure(store, frame, part)));
    return over / under;
  }
  if (each.kind === "first") {
    const reached = store.meta.spec.solvers.map((_, solver) =>
      Number(measure(store, frame, { ...each, kind: "reach", solver })),
    );
    const least = Math.min(...reached.filter(Number.isFinite));
    return reached.indexOf(least);
  }
  const lane = /** @type {Lane} */ (store.lanes.find(({ solver }) => solver === each.solver));
  return KINDS[each.kind](lane, lane.upTo(frame), /** @type {Whole} */ (each));
}

/**
 * Which option a measured value makes right, −1: none.
 *
 * @param {Question["options"]} options
 * @param {Measured} value
 */
export function right(options, value) {
  return options.findIndex(({ is, from = -Infinity, to = Infinity }) =>
    is === undefined ? Number(value) >= from && Number(value) < to : is === value,
  );
}

/**
 * A value in words: three digits, powers of ten in the house notation; `words` are those for what has no number.
 *
 * @param {Measured} value
 * @param {Told} told
 */
export function told(value, { statuses, never }) {
  if (typeof value === "string") return statuses[value] ?? value;
  if (!Number.isFinite(value)) return never;
  if (Number.isInteger(value)) return String(value);
  const [digits, power] = value.toExponential(2).split("e");
  return Math.abs(Number(power)) > 3
    ? `${digits}·10^{${power.replace("-", "−").replace("+", "")}}`
    : value.toPrecision(3).replace("-", "−");
}
