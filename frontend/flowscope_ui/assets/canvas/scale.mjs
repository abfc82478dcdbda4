// Values as pixels, the numbers of an axis, and ranges that grow with what is drawn. Loads without a document.

import { niceTicks, roundStep } from "./ticks.mjs";

/** @import { Axis, AxisKind, Clock, Counter, Seen, Tick, Units } from "../types.d.ts" */

const GROWN = 0.64; // of the time axis: beyond it the axis grows
/** @type {Record<string, number>} */
const FIRST = { flops: 1000, wall: 1e-3 }; // the end of an axis that counts, at first
const MOST = 1e300; // no axis reaches beyond it
const LEAST = 1e-300; // no linear axis is shorter
const FINEST = 1e-9; // of its values, the shortest linear axis about them
const ROOM = 0.05; // of a linear axis, beyond its values
const LINEAR = 1e-3; // of the greatest value, where a symmetric logarithmic axis turns linear

/**
 * "10^{−4}".
 *
 * @param {number} exponent
 */
export function power(exponent) {
  return `10^{${String(exponent).replace("-", "−")}}`;
}

/**
 * Whole exponents in [low, high], so many that each has `apart` of `height` pixels.
 *
 * @param {number} low
 * @param {number} high
 * @param {number} height
 * @param {number} [apart]
 */
export function exponents(low, high, height, apart = 22) {
  const step = Math.max(1, Math.ceil(((high - low) * apart) / Math.max(height, 1)));
  const out = [];
  for (let each = Math.ceil(low / step) * step; each <= high + 1e-9; each += step) out.push(each);
  return out;
}

/**
 * Where a value stands on an axis, in what `low` and `high` of the axis are told in: the value itself, log₁₀ v, or on a
 * symmetric logarithmic axis ±log₁₀(1 + |v|/unit). NaN where it has no place.
 *
 * @param {{ kind: AxisKind, unit?: number }} axis
 * @returns {(value: number) => number}
 */
export function coordinate({ kind, unit = 1 }) {
  if (kind === "linear") return (value) => value;
  if (kind === "log") return Math.log10;
  return (value) => {
    const ratio = Math.abs(value) / unit;
    const size = ratio < Infinity ? Math.log1p(ratio) / Math.LN10 : Math.log10(Math.abs(value)) - Math.log10(unit);
    return Math.sign(value) * size;
  };
}

/**
 * Pixels of a value on an axis from `bottom` up to `top`, beyond them too.
 *
 * @param {Axis} axis
 * @param {{ top: number, bottom: number }} edges
 * @returns {(value: number) => number}
 */
export function scale(axis, { top, bottom }) {
  const { low, high } = axis;
  const at = coordinate(axis);
  return (value) => bottom - ((at(value) - low) / (high - low)) * (bottom - top);
}

/**
 * The same, with what lies beyond the axis at its edge.
 *
 * @param {Axis} axis
 * @param {{ top: number, bottom: number }} edges
 * @returns {(value: number) => number}
 */
export function clamped(axis, { top, bottom }) {
  const { low, high } = axis;
  const at = coordinate(axis);
  return (value) => bottom - ((Math.max(low, Math.min(high, at(value))) - low) / (high - low)) * (bottom - top);
}

/**
 * The numbers of an axis that is `height` pixels long, `apart` pixels from each other, upwards.
 *
 * @param {Axis} axis
 * @param {number} height
 * @param {number} [apart]
 * @returns {Tick[]}
 */
export function ticks(axis, height, apart = 22) {
  const { kind, low, high } = axis;
  if (kind === "log")
    return exponents(low, high, height, apart).map((each) => ({ value: 10 ** each, text: power(each) }));
  if (kind === "symlog") return signedPowers(axis, height, apart);
  const values = niceTicks(low, high, Math.max(1, height / apart));
  const step = values.length > 1 ? values[1] - values[0] : high - low;
  return values.map((value) => ({ value, text: numeral(value, step) }));
}

/**
 * 0 and powers of ten on both sides of it.
 *
 * @param {Axis} axis
 * @param {number} height
 * @param {number} apart
 * @returns {Tick[]}
 */
function signedPowers(axis, height, apart) {
  const { low, high, unit = 1 } = axis;
  const at = coordinate(axis);
  const density = height / (high - low);
  const first = Math.log10(unit);
  const last = first + Math.max(high, -low);
  const clear = (/** @type {number} */ each) => density * at(10 ** each) >= apart; // of the number 0
  const sizes = exponents(first, last, (last - first) * density, apart).filter(clear);
  const positive = sizes.map((each) => ({
    value: 10 ** each,
    text: each === 0 || each === 1 ? `${10 ** each}` : power(each),
  }));
  const negative = positive.map(({ value, text }) => ({ value: -value, text: `−${text}` })).reverse();
  return [...negative, { value: 0, text: "0" }, ...positive].filter(
    ({ value }) => at(value) >= low - 1e-9 && at(value) <= high + 1e-9,
  );
}

/**
 * A number of a linear axis, with as many figures as tell it from the next one: "−0.25", "2.5·10^{−7}".
 *
 * @param {number} value
 * @param {number} step
 */
function numeral(value, step) {
  if (value === 0) return "0";
  const size = Math.floor(Math.log10(Math.abs(value)) + 1e-9);
  const figures = Math.min(15, Math.max(1, size - Math.floor(Math.log10(step)) + 2));
  const [digits, exponent] = value.toExponential(figures - 1).split("e");
  const told =
    size >= -3 && size < 5
      ? String(Number(value.toPrecision(figures)))
      : `${Number(digits)}·${power(Number(exponent))}`;
  return told.replace("-", "−").replace(/^(−?)1·/, "$1");
}

/**
 * An axis that holds what is seen of its values, `least` to `greatest` (none: Infinity, −Infinity): never shorter than
 * it was. Without a `unit` a symmetric one takes its own from the first values. Its `low` and `high` are values here,
 * NaN before anything but 0 was seen.
 *
 * @template {{ kind: AxisKind, low: number, high: number, unit?: number }} Range
 * @param {Range} range
 * @param {Seen} seen
 * @returns {Range}
 */
export function grown(range, { least, greatest }) {
  const [a, b] = [Math.max(-MOST, least), Math.min(MOST, greatest)];
  const known = !Number.isNaN(range.low);
  if (!(a <= b) || (known ? a >= range.low && b <= range.high : !a && !b)) return range;
  return range.kind === "symlog" ? wider(range, a, b) : longer(range, a, b);
}

/**
 * A linear axis up to round numbers.
 *
 * @template {{ low: number, high: number }} Range
 * @param {Range} range
 * @param {number} least
 * @param {number} greatest
 * @returns {Range}
 */
function longer(range, least, greatest) {
  const known = !Number.isNaN(range.low);
  const [low, high] = known ? [Math.min(range.low, least), Math.max(range.high, greatest)] : [least, greatest];
  const size = Math.max(Math.abs(low), Math.abs(high));
  const span = Math.max(high - low, high > low ? FINEST * size : size, LEAST);
  const step = roundStep(span / 4);
  return {
    ...range,
    low: known && least >= range.low ? range.low : step * Math.floor((low - ROOM * span) / step),
    high: known && greatest <= range.high ? range.high : step * Math.ceil((high + ROOM * span) / step),
  };
}

/**
 * A symmetric logarithmic axis up to whole powers of ten; 0 is always on it.
 *
 * @template {{ low: number, high: number, unit?: number }} Range
 * @param {Range} range
 * @param {number} least
 * @param {number} greatest
 * @returns {Range}
 */
function wider(range, least, greatest) {
  const known = !Number.isNaN(range.low);
  const whole = (/** @type {number} */ value) => 10 ** Math.ceil(Math.log10(value) + ROOM);
  const unit = range.unit ?? Math.max(LEAST, LINEAR * whole(Math.max(-least, greatest)));
  return {
    ...range,
    unit,
    low: known && least >= range.low ? range.low : least < 0 ? -Math.max(whole(-least), unit) : 0,
    high: known && greatest <= range.high ? range.high : greatest > 0 ? Math.max(whole(greatest), unit) : 0,
  };
}

/**
 * A range of values as an axis: its ends in coordinates, −1 to 1 where nothing but 0 was seen.
 *
 * @param {{ kind: AxisKind, low: number, high: number, unit?: number }} range
 * @returns {Axis}
 */
export function axisOf({ kind, low, high, unit }) {
  const at = coordinate({ kind, unit });
  return Number.isNaN(low) ? { kind, unit, low: at(-1), high: at(1) } : { kind, unit, low: at(low), high: at(high) };
}

/**
 * The end of a time axis that began at a fifth of `horizon` and has grown to hold `now`.
 *
 * @param {number | null | undefined} range
 * @param {number} now
 * @param {number} horizon
 */
export function grownTime(range, now, horizon) {
  let end = range || Math.min(horizon, Math.max(horizon / 5, 2));
  while (now > GROWN * end && end < horizon) end = Math.min(1.5 * end, horizon);
  return end;
}

/**
 * Where the axis of a clock that counts ends before anything is known.
 *
 * @param {{ name: string }} axis
 */
export function firstSpent({ name }) {
  return FIRST[name] ?? 10;
}

/**
 * The end of the axis of a clock, of time or of what is spent, that has grown to hold `now`.
 *
 * @param {number} range
 * @param {number} now
 * @param {Pick<Units, "factor"> & { axis: Clock | Counter }} units
 * @param {number} horizon
 */
export function grownClock(range, now, units, horizon) {
  if (!units.axis.columns) return grownTime(range, now, units.factor("time") * horizon);
  let end = range || firstSpent(units.axis);
  while (now > 0.9 * end) end *= 1.5;
  return end;
}

/**
 * Pixels of a place on a clock from 0 to `end`.
 *
 * @param {{ left: number, right: number }} edges
 * @param {number} end
 * @returns {(place: number) => number}
 */
export function across({ left, right }, end) {
  return (place) => left + (place / end) * (right - left);
}

/**
 * Boxes one over the other in a box, each with its share of the height that the gaps between them leave.
 *
 * @template {{ top: number, bottom: number }} Edges
 * @param {Edges} box
 * @param {number[]} shares
 * @param {number} gap
 * @returns {Edges[]}
 */
export function facets(box, shares, gap) {
  const room = box.bottom - box.top - gap * (shares.length - 1);
  let { top } = box;
  return shares.map((share, k) => {
    const bottom = k === shares.length - 1 ? box.bottom : top + share * room;
    const edges = { ...box, top, bottom };
    top = bottom + gap;
    return edges;
  });
}
