// What is measured less what is predicted of a local slope, d ln L/dt: a strip under the loss, on its time axis.

import { power } from "../canvas/scale.mjs";
import { styleOf } from "../canvas/style.mjs";
import { placeOf } from "../stream/clock.mjs";
import { drawable, now } from "./overlay.mjs";

/** @import { Store } from "../stream/store.mjs" */
/** @import { Drawn, Facet, Look, Scalar } from "../types.d.ts" */

export const SHARE = 0.34; // of the plot's height, with the gap above
const FINEST = 1e-13; // of the first loss: below it nothing is judged, as in prediction/overlay.py
const LEAST = -9; // exponent of the finest scale

/**
 * Between neighbouring points of a prediction that apply: {lane, sense, time: midpoints, residual: measured less
 * predicted slope}, per equality of these columns; of a lane without one, per bound.
 *
 * @param {Store} store
 * @param {Look[]} looks
 * @param {number} frame
 * @param {string[]} columns
 */
export function slopeResiduals(store, looks, frame, columns) {
  const told = drawable(store, looks, { columns });
  const equals = new Set(told.filter(({ sense }) => sense === "equal").map(({ lane }) => lane));
  return told
    .filter(({ lane, sense }) => sense === "equal" || !equals.has(lane))
    .map(({ lane, sense, column, time, expected, applies }) => {
      const own = store.lanes[lane];
      const count = own.upTo(frame);
      const [rate, factor] = [store.units.factor("time"), store.units.factor(column)];
      const measured = (/** @type {number} */ t) => {
        const row = rowAt(own.columns.time.data, count, t / rate);
        return row < 0 ? NaN : factor * own.columns[/** @type {Scalar} */ (column)].data[row];
      };
      /** @type {{ lane: number, sense: string, time: number[], residual: number[] }} */
      const out = { lane, sense, time: [], residual: [] };
      for (let k = 1; k < time.length && time[k] <= now(store, lane, frame); k += 1) {
        if (!applies[k] || !applies[k - 1] || !(Number(expected[k]) > FINEST * factor * own.columns.loss.data[0]))
          continue;
        out.time.push((time[k - 1] + time[k]) / 2);
        out.residual.push(
          Math.log((measured(time[k]) / measured(time[k - 1])) * (Number(expected[k - 1]) / Number(expected[k]))) /
            (time[k] - time[k - 1]),
        );
      }
      return out;
    });
}

/**
 * The row of that time among the first `count`; −1 where there is none.
 *
 * @param {ArrayLike<number>} times
 * @param {number} count
 * @param {number} time
 */
function rowAt(times, count, time) {
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < time - 1e-9 * (1 + time)) low = middle + 1;
    else high = middle;
  }
  return Math.abs(times[low] - time) <= 1e-9 * (1 + time) ? low : -1;
}

/**
 * The strip; `least` is the exponent of its scale so far, and `exponent` as it is now.
 *
 * @param {Drawn} drawing
 * @param {string[]} columns
 * @param {{ slope: string, unpredicted: string }} words
 * @param {number} [least]
 * @returns {Facet & { exponent: number }}
 */
export function slopeStrip({ layer, scales, frame, store, looks, ink }, columns, words, least = LEAST) {
  const curves = slopeResiduals(store, looks, frame, columns);
  const greatest = Math.max(...curves.flatMap(({ residual }) => residual.map(Math.abs)).filter(Number.isFinite), 0);
  const exponent = Math.max(least, greatest > 0 ? Math.ceil(Math.log10(greatest)) : LEAST);
  const size = 10 ** exponent;
  return {
    exponent,
    title: curves.length ? store.units.caption(words.slope) : words.unpredicted,
    axis: { kind: "linear", low: -size, high: size },
    baseline: 0,
    gap: 17,
    numbers: curves.length
      ? [
          { value: size, text: `+${power(exponent)}`, shift: 4 },
          { value: -size, text: `−${power(exponent)}`, shift: -4 },
        ]
      : [],
    draw: (y) => {
      for (const { lane, sense, time, residual } of curves) {
        const points = time.flatMap((t, k) =>
          Number.isFinite(residual[k]) ? [scales.x(placeOf(store.units, store.lanes[lane], t)), y(residual[k])] : [],
        );
        layer.stroke(new Float32Array(points), points.length / 2, {
          color: styleOf(store, store.lanes[lane], ink.scheme).color,
          width: 1.4,
          dash: sense === "equal" ? [] : [4, 3],
        });
      }
    },
  };
}
