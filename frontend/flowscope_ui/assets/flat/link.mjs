// Outputs as what they stand for, by the link of the loss: probabilities where it is one of classes, else as they are.

/** @import { Link } from "../types.d.ts" */

/**
 * `values` (k·q numbers, sample by sample) through a link.
 *
 * @param {Link} link
 * @param {number[] | Float64Array} values
 * @param {number} q
 */
export function linked(link, values, q = 1) {
  if (link === "sigmoid") return Array.from(values, (value) => 1 / (1 + Math.exp(-value)));
  if (link !== "softmax") return Array.from(values);
  const out = new Array(values.length);
  for (let i = 0; i < values.length; i += q) {
    const row = Array.from(values.slice(i, i + q));
    const most = Math.max(...row);
    const weights = row.map((value) => Math.exp(value - most));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    weights.forEach((weight, k) => {
      out[i + k] = weight / sum;
    });
  }
  return out;
}
