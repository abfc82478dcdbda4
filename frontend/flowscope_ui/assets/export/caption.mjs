// What stands below a picture or a film: the run, its units and its protocol, and where it is to be seen live.

import { bandSentence, protocolSentence } from "../text/protocol.mjs";

/** @import { Kind, Meta, Sentences, Words } from "../types.d.ts" */

/**
 * The lines of a caption at flow time `time`; `title` is what the page calls the run, `text` are the page's words,
 * `link` its address.
 *
 * @param {object} what
 * @param {Meta} what.meta
 * @param {string} [what.title]
 * @param {number} what.time
 * @param {string} what.units
 * @param {string} what.band
 * @param {Words} what.text
 * @param {string} what.link
 */
export function captionLines({ meta, title = meta.spec.title, time, units, band, text, link }) {
  const { spec, versions } = meta;
  const kind = spec.problem.loss?.kind ?? "squares";
  const loss = kind === "squares" ? text.panels.loss.units : `${text.exports.loss} ${kind.replaceAll("_", " ")}`;
  return [
    `${title && `${title}. `}${text.exports.clock.replace("{t}", time.toFixed(2))}.`,
    [protocolSentence(meta, text.protocol), bandSentence(meta, band, text.protocol.bands)].filter(Boolean).join(" "),
    [...new Set([units, plain(loss)])].filter(Boolean).join("; "),
    [...new Set(spec.solvers.map((solver) => method(solver.integrator ?? solver.optimizer, text, meta)))].join("; "),
    // not a mark of a subscript
    `Flowscope ${versions.flowscope}, ${text.exports.seeds} ${spec.seeds.join(", ")}. ${link.replaceAll("_", "%5F")}`,
  ].filter(Boolean);
}

/**
 * `λ<sub>1</sub>` in a marked line: `λ_{1}`.
 *
 * @param {string} words
 */
function plain(words) {
  return words.replace(/<(su[bp])>(.*?)<\/su[bp]>/g, (_, tag, inner) => `${tag === "sub" ? "_" : "^"}{${inner}}`);
}

/** @type {Sentences} */
const LETTERS = { eta: "η", tau: "τ", alpha: "α", rho: "ρ" };
const SCALED = ["gradient_descent", "heavy_ball"]; // whose steps are n times as long on ½‖r‖² as on the mean

/**
 * An integrator or optimizer with its numbers: "Dormand–Prince 5(4), rtol 1e-9, atol 1e-12", "gradient descent, η 1.35
 * (0.45 on ½‖r‖²)".
 *
 * @param {Kind & Record<string, unknown>} method
 * @param {{ kinds: Sentences, protocol: { half: string } }} text
 * @param {Meta} meta
 */
export function method({ kind, ...settings }, text, { samples, loss }) {
  const short = (/** @type {number} */ value) => String(Number(value.toPrecision(6)));
  const half = SCALED.includes(kind) && samples > 1 && loss?.is_squares;
  // 1 over the number of layers
  const free = (/** @type {[string, number]} */ [name, value]) =>
    kind === "riemannian_descent" && name === "eta" && value === 0;
  const halved = (/** @type {string} */ name, /** @type {number} */ value) =>
    half && name === "eta" ? ` (${short(value / samples)}${text.protocol.half})` : "";
  const numbers = Object.entries(settings)
    .flatMap(([name, value]) => (typeof value === "number" ? [/** @type {[string, number]} */ ([name, value])] : []))
    .filter((each) => !free(each))
    .map(([name, value]) => `${LETTERS[name] ?? name.replaceAll("_", " ")} ${short(value)}${halved(name, value)}`);
  return [text.kinds[kind] ?? kind.replaceAll("_", " "), ...numbers].join(", ");
}

/**
 * `lines` broken at spaces, and long words anywhere, so that `measure` says that each is at most `width`; at most
 * `most` of each.
 *
 * @param {string[]} lines
 * @param {number} width
 * @param {(text: string) => number} measure
 * @param {number} [most]
 */
export function wrapped(lines, width, measure, most = 3) {
  return lines.flatMap((line) => {
    /** @type {string[]} */
    const out = [];
    for (const word of line.split(" ")) {
      const longer = `${out.at(-1)} ${word}`;
      if (out.length && measure(longer) <= width) out[out.length - 1] = longer;
      else out.push(...pieces(word, width, measure));
    }
    return out.length > most ? [...out.slice(0, most - 1), `${out[most - 1].slice(0, -1)}…`] : out;
  });
}

/**
 * @param {string} word
 * @param {number} width
 * @param {(text: string) => number} measure
 */
function pieces(word, width, measure) {
  if (measure(word) <= width) return [word];
  const fit = Math.max(1, Math.floor((0.95 * word.length * width) / measure(word)));
  return Array.from({ length: Math.ceil(word.length / fit) }, (_, k) => word.slice(k * fit, (k + 1) * fit));
}
