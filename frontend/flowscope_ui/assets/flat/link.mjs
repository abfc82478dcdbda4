// Outputs as what they stand for: probabilities where the loss is one of classes, else as they are.

/**
 * `values` (k·q numbers, sample by sample) through the link of a loss.
 *
 * @param {string} kind
 * @param {number[] | Float64Array} values
 * @param {number} q
 */
export function linked(kind, values, q = 1) {
  if (kind === "logistic") return Array.from(values, (value) => 1 / (1 + Math.exp(-value)));
  if (kind !== "softmax") return Array.from(values);
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

/**
 * Whether the outputs of a loss are told as probabilities.
 *
 * @param {string} kind
 */
export function isProbable(kind) {
  return kind === "logistic" || kind === "softmax";
}
