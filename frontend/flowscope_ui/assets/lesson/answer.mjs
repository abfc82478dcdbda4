// @ts-nocheck
// Numbers taken from a run for the answer of a lesson's question. Pure: a store and a frame in, a number or a word out.

/** Kind → its reading of a lane's rows; times are flow times as declared, `count` rows have been drawn. */
const KINDS = {
  /** A column at the first row from `time` on, the last where there is none. */
  at: (lane, count, { column, index, time = Infinity }) => cell(lane, column, index, row(lane, count, time)),
  /** −d ln(column)/dt between two times. */
  rate: (lane, count, { column, from, to }) => {
    const [a, b] = [row(lane, count, from), row(lane, count, to)];
    const value = (k) => Math.log(cell(lane, column, undefined, k));
    return (value(a) - value(b)) / (cell(lane, "time", undefined, b) - cell(lane, "time", undefined, a));
  },
  /** The step or time from which on a column stays below a level; NaN where it never does. */
  reach: (lane, count, { column, below, tell }) => {
    const above = lane.columns[column].view(count).findLastIndex((value) => !(value < below));
    return above + 1 < count ? cell(lane, tell, undefined, above + 1) : NaN;
  },
  /** The word of how a lane ended. */
  status: (lane) => lane.status,
};

function row(lane, count, time) {
  const found = lane.columns.time.view(count).findIndex((each) => each >= time - 1e-9);
  return found < 0 ? count - 1 : found;
}

function cell(lane, column, index, k) {
  const { data, width } = lane.columns[column];
  return data[k * width + (index === undefined ? 0 : (index + width) % width)];
}

/**
 * The value of a measure at `frame`: of a solver's first lane, of the solver that is first (its index, −1: none), or a
 * ratio of two.
 */
export function measure(store, frame, each) {
  if (each.kind === "ratio") {
    const [over, under] = each.of.map((part) => measure(store, frame, part));
    return over / under;
  }
  if (each.kind === "first") {
    const reached = store.meta.spec.solvers.map((_, solver) =>
      measure(store, frame, { ...each, kind: "reach", solver }),
    );
    const least = Math.min(...reached.filter(Number.isFinite));
    return reached.indexOf(least);
  }
  const lane = store.lanes.find(({ solver }) => solver === each.solver);
  return KINDS[each.kind](lane, lane.upTo(frame), each);
}

/** Which option a measured value makes right, −1: none. */
export function right(options, value) {
  return options.findIndex(({ is, from = -Infinity, to = Infinity }) =>
    is === undefined ? value >= from && value < to : is === value,
  );
}

/** A value in words: three digits, powers of ten in the house notation; `words` are those for what has no number. */
export function told(value, { statuses, never }) {
  if (typeof value === "string") return statuses[value] ?? value;
  if (!Number.isFinite(value)) return never;
  if (Number.isInteger(value)) return String(value);
  const [digits, power] = value.toExponential(2).split("e");
  return Math.abs(power) > 3
    ? `${digits}·10^{${power.replace("-", "−").replace("+", "")}}`
    : value.toPrecision(3).replace("-", "−");
}
