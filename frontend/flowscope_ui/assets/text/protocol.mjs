// @ts-nocheck
// The rule by which the solvers are compared, in a sentence.

/**
 * What is printed on the loss chart and in every picture and film: the engine's own sentence, in the words of the page.
 */
export function protocolSentence({ spec: { protocol = { kind: "equal_time" }, horizon } }, words) {
  const values = {
    ...protocol,
    horizon,
    on: protocol.scale === "half" ? words.half : "",
    grid: protocol.grid?.map(number).join(", "),
    clock: words.clocks[protocol.clock],
  };
  return words.sentences[protocol.kind].replaceAll(/\{(\w+)\}/g, (_, name) =>
    typeof values[name] === "number" ? number(values[name]) : values[name],
  );
}

/** As Python's `{:g}`. */
function number(value) {
  const [digits, power] =
    value.toPrecision(6).includes("e") || Math.abs(value) < 1e-4
      ? value.toExponential(5).split("e")
      : [value.toPrecision(6), null];
  const short = digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
  return power === null ? short : `${short}e${power[0]}${power.slice(1).padStart(2, "0")}`;
}

/** What the lanes of a run have in common, by hashes that the engine has compared. */
export function recordSentence({ record: { data, starts } = { data: "–", starts: {} } }, words) {
  return words.record.replace("{data}", data).replace(
    "{starts}",
    Object.entries(starts)
      .slice(0, 3)
      .map(([seed, hash]) => `${seed}: ${hash}`)
      .join(", ") + (Object.keys(starts).length > 3 ? " …" : ""),
  );
}

/** "median and quartiles of 12 seeds", or "" where every seed is drawn for itself. */
export function bandSentence({ spec: { seeds } }, band, words) {
  return seeds.length > 1 && words[band] ? words[band].replace("{count}", seeds.length) : "";
}
