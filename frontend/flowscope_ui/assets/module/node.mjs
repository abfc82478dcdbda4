// A layer as a node of the graph of modules, and a wire between two of them.

import { fill, shortened } from "../canvas/ruler.mjs";
import { figures, short } from "../text/format.mjs";
import { drawBall, drawBars } from "./glyph.mjs";

/**
 * @import { Layer } from "../canvas/layer.mjs"
 * @import { Ink, LayerOf, Words } from "../types.d.ts"
 */

/**
 * What nodes and wires are drawn with.
 *
 * @typedef {object} NodeDrawing
 * @property {Layer} layer
 * @property {Ink} inks
 * @property {Words["panels"]["modules"]} words
 * @property {number[]} widths
 * @property {string} color
 * @property {boolean} single
 */

const LINE = 14;
const FORMS = /** @type {const} */ (["woodbury", "push_through"]);

/**
 * A wire as thick as two layers couple, with the number; over others in an arc.
 *
 * @param {NodeDrawing} drawing
 * @param {number} from
 * @param {number} to
 * @param {number} y
 * @param {number} apart
 * @param {number} coupling
 */
export function drawWire({ layer, inks, color }, from, to, y, apart, coupling) {
  const { context, scale } = layer;
  const rise = apart * 13 * scale;
  context.save();
  Object.assign(context, { lineWidth: (0.6 + 5 * coupling) * scale, strokeStyle: color, globalAlpha: 0.55 });
  context.beginPath();
  context.moveTo(from, y);
  if (apart) context.bezierCurveTo(from, y - 2 * rise, to, y - 2 * rise, to, y);
  else context.lineTo(to, y);
  context.stroke();
  context.restore();
  layer.words(short(coupling), (from + to) / 2, y - (apart ? 1.5 * rise : 9 * scale), {
    color: inks.text,
    size: 10.5,
    weight: 600,
    align: "center",
    halo: inks.panel,
  });
}

/**
 * A layer in its box, with `told` lines under it.
 *
 * @param {NodeDrawing} drawing
 * @param {LayerOf} each
 * @param {number} k
 * @param {{ left: number, top: number, wide: number, high: number }} box
 * @param {number} told
 */
export function drawNode({ layer, inks, words, widths, color, single }, each, k, { left, top, wide, high }, told) {
  const { context, scale } = layer;
  fill(layer, left, top, wide, high, inks.panel, 1);
  fill(layer, left, top, wide, high, color, 0.1);
  Object.assign(context, { strokeStyle: color, lineWidth: 1.4 * scale });
  context.strokeRect(left, top, wide, high);
  const title = words.layer
    .replace("{k}", String(k + 1))
    .replace("{into}", String(widths[k]))
    .replace("{out}", String(widths[k + 1]));
  const brief = layer.measure(title, 10.5, 600) > wide + 6 ? `${widths[k]} → ${widths[k + 1]}` : title;
  layer.words(brief, left + wide / 2, top + 10 * scale, { color: inks.text, size: 10.5, weight: 600, align: "center" });
  const box = { left: left + 8, right: left + wide - 8, top: top + 20 * scale, bottom: top + high - 6 };
  if (each.metric) drawBall(layer, each.metric, box, color);
  else drawBars(layer, each.sigma, box, color);
  const norms = words.step.replace("{step}", short(each.step_norm)).replace("{gradient}", short(each.gradient_norm));
  const lines = single
    ? FORMS.map((form) =>
        words.forms[form].replace("{error}", each.single[form] === null ? "–" : short(each.single[form])),
      )
    : [words.condition.replace("{condition}", short(each.condition)), ...(told > 2 ? norms.split(", ") : [norms])];
  if (told > 3) lines.push(words.rate.replace("{rate}", figures(each.rate)));
  lines.forEach((text, line) =>
    layer.words(
      shortened(layer, text, wide + 26 * scale, 10.5),
      left + wide / 2,
      top + high + (12 + LINE * line) * scale,
      { color: inks.dim, size: 10.5, align: "center" },
    ),
  );
}
