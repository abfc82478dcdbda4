// The rule by which the solvers are compared, in a sentence.

/** @import { Meta, Protocol, Sentences, Words } from "../types.d.ts" */

/** @type {Protocol} */
const EQUAL = { kind: "equal_time" };

/**
 * What is printed on the loss chart and in every picture and film: the engine's own sentence, in the words of the page.
 *
 * @param {Pick<Meta, "spec">} meta
 * @param {Words["protocol"]} words
 */
export function protocolSentence({ spec: { protocol = EQUAL, horizon } }, words) {
  /** @type {Record<string, string | number | undefined>} */
  const values = {
    ...protocol,
    horizon,
    on: protocol.scale === "half" ? words.half : "",
    grid: protocol.grid?.map(number).join(", "),
    clock: words.clocks[/** @type {keyof Words["protocol"]["clocks"]} */ (protocol.clock)],
  };
  /** @type {Sentences} */
  const sentences = words.sentences;
  return sentences[protocol.kind].replaceAll(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === "number" ? number(value) : String(value);
  });
}

/**
 * As Python's `{:g}`.
 *
 * @param {number} value
 */
function number(value) {
  const [digits, power] =
    value.toPrecision(6).includes("e") || Math.abs(value) < 1e-4
      ? value.toExponential(5).split("e")
      : [value.toPrecision(6), null];
  const short = digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
  return power === null ? short : `${short}e${power[0]}${power.slice(1).padStart(2, "0")}`;
}

/**
 * What the lanes of a run have in common, by hashes that the engine has compared.
 *
 * @param {Pick<Meta, "record">} meta
 * @param {Words["protocol"]} words
 */
export function recordSentence({ record: { data, starts } = { data: "–", starts: {} } }, words) {
  return words.record.replace("{data}", data).replace(
    "{starts}",
    Object.entries(starts)
      .slice(0, 3)
      .map(([seed, hash]) => `${seed}: ${hash}`)
      .join(", ") + (Object.keys(starts).length > 3 ? " …" : ""),
  );
}

/**
 * "median and quartiles of 12 seeds", or "" where every seed is drawn for itself.
 *
 * @param {Pick<Meta, "spec">} meta
 * @param {string} band
 * @param {Sentences} words
 */
export function bandSentence({ spec: { seeds } }, band, words) {
  return seeds.length > 1 && words[band] ? words[band].replace("{count}", String(seeds.length)) : "";
}
