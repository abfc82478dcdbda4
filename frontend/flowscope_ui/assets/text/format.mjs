// Numbers as words.

/**
 * 0.000123 → "1.2e−4".
 *
 * @param {number | null | undefined} value
 */
export function short(value) {
  if (typeof value !== "number" || !Number.isFinite(value)) return "–";
  const [digits, power] = value.toExponential(1).split("e");
  return value === 0
    ? "0"
    : Math.abs(Number(power)) < 2
      ? value.toPrecision(2)
      : `${digits}e${power.replace("-", "−").replace("+", "")}`;
}

/**
 * −0.7809 → "−0.781": three figures of a number that is about 1.
 *
 * @param {number | null} value
 */
export function figures(value) {
  return typeof value === "number" && Number.isFinite(value)
    ? String(Number(value.toPrecision(3))).replace("-", "−")
    : "–";
}
