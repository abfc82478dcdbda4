// The layers of one lane as a graph of modules: each with the metric at its outputs or its spectrum, wires as thick as
// layers couple, and its step beside the full one.

import { Drawing } from "../canvas/drawing.mjs";
import { shortened } from "../canvas/ruler.mjs";
import { later } from "../stream/later.mjs";
import { figures, short } from "../text/format.mjs";
import { drawNode, drawWire } from "./node.mjs";
import { StepSize } from "./stepsize.mjs";

/**
 * @import { Port } from "../stream/port.mjs"
 * @import { Lane, Store } from "../stream/store.mjs"
 * @import { Choice, Ink, Layers, Look, Refusal, Setting, Words } from "../types.d.ts"
 */

const [TOP, LINE, NODE, GAP, AXIS] = [30, 14, 74, 10, 54];
const SHARE = 0.6; // of the height of a low panel for the graph
const TALL = 340; // pixels from which on there is room for how it is to be read
const MOST = 600; // outputs of a run whose layers are looked at

/**
 * The frame of the last row of a lane up to `frame`; undefined before the first.
 *
 * @param {Lane} lane
 * @param {number} frame
 */
function lastFrame(lane, frame) {
  return lane.columns.frame.data[Math.max(0, lane.upTo(frame) - 1)];
}

/** @typedef {Layers & { solver: number, angle: number, sentence?: undefined }} FoundLayers */
/** @typedef {Refusal & { lane?: undefined, solver: number, angle: number }} NoLayers */

/** @extends {Drawing<Words["panels"]["modules"]>} */
export class Modules extends Drawing {
  /**
   * @param {HTMLElement} place
   * @param {Words["panels"]["modules"]} words
   * @param {Choice} choice
   * @param {Port} port
   */
  constructor(place, words, choice, port) {
    super(place, words, choice);
    this.port = port;
    /** @type {Store} */
    this.store = later;
    /** @type {NoLayers | FoundLayers | null} */
    this.found = null;
    /** @type {string | null} */
    this.asked = null; // the lane and frame of what is shown
    this.layered = false;
    this.single = false;
    this.button = Object.assign(document.createElement("button"), {
      className: "chip",
      type: "button",
      textContent: "float32",
      title: words.single_title,
    });
    this.button.addEventListener("click", () => {
      this.single = !this.single;
      this.button.setAttribute("aria-pressed", String(this.single));
      this.stale = true;
    });
    place.append(this.button);
    this.size = new StepSize(place, words, {
      move: (eta) => this.found && port.setStepSize(this.found.solver, eta),
      rest: () => port.rest(),
    });
  }

  /**
   * @param {Store} store
   * @param {Ink} ink
   */
  show(store, ink) {
    const { meta } = store;
    Object.assign(this, {
      store,
      meta,
      found: null,
      asked: null,
      layered: Boolean(meta.is_layered) && meta.outputs <= MOST,
    });
    this.size.reset();
    this.ink(ink);
  }

  /**
   * Another run by hand: what is shown stays until the drawing stands still again.
   *
   * @param {Store} store
   */
  again(store) {
    if (this.found && !this.found.sentence) Object.assign(this, { store, meta: store.meta, asked: "again" });
    else this.show(store, this.inks);
  }

  /**
   * Whose layers are shown: the focus where it is shown, else the first Riemannian descent, else the first.
   *
   * @param {Look[]} looks
   */
  whose(looks) {
    const shown = looks.filter(({ lane, shown: on }) => on && lane.first !== false);
    /** @param {Look} look */
    const kind = ({ lane }) => this.meta.spec.solvers[lane.solver].optimizer?.kind;
    return (
      shown.find(({ lane }) => lane.solver === this.choice.get("focus")) ??
      shown.find((look) => kind(look) === "riemannian_descent") ??
      shown[0]
    );
  }

  /**
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  draw(store, frame, looks) {
    if (!this.meta) return;
    const { words } = this;
    this.begin(looks, frame);
    const look = this.whose(looks);
    const silent = this.silence(look);
    if (look && !silent && !this.asked) this.commit(store, Math.max(0, lastFrame(look.lane, frame) ?? 0), looks);
    if (silent || !this.found || this.found.sentence !== undefined) return void this.say(silent || words.wait);
    const { found } = this;
    const of = looks.find(({ lane }) => lane.lane === found.lane) ?? look;
    if (of) this.paint(of, found);
  }

  /**
   * What is to be said in place of a drawing of the chosen lane, or "".
   *
   * @param {Look | undefined} look
   */
  silence(look) {
    const silent = look && this.layered ? (this.found?.sentence ?? "") : this.words.none;
    this.place.dataset.empty = silent;
    this.button.hidden = Boolean(silent);
    if (silent) this.size.reset();
    return silent;
  }

  /**
   * The drawing stands still: the layers of the chosen lane, as they are there.
   *
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  commit(store, frame, looks) {
    const look = this.whose(looks);
    if (!look || !this.layered) return;
    const at = Math.min(frame, lastFrame(look.lane, frame) ?? frame);
    const key = `${look.lane.lane} ${at}`;
    if (key === this.asked) return;
    this.asked = key;
    this.port.layers(look.lane.lane, at).then((found) => {
      if (this.asked !== key || this.store !== store) return;
      const cosine = "sentence" in found ? NaN : Number(found.cosine);
      this.found = { ...found, solver: look.lane.solver, angle: Math.acos(Math.min(1, Math.max(-1, cosine))) };
      this.size.wish = null;
      this.stale = true;
      this.port.news();
    });
  }

  /**
   * @param {Look} look
   * @param {FoundLayers} found
   */
  paint({ lane, style }, found) {
    const { layer, inks, words } = this;
    const unit = layer.scale;
    const count = found.layers.length;
    layer.marker(style.marker, 16, 13 * unit, 3.6, style.color, inks.panel);
    const named = layer.words(shortened(layer, lane.name, layer.width * 0.4, 12, 650), 26, 13 * unit, {
      color: style.color,
      size: 12,
      weight: 650,
    });
    const said = words.said
      .replace("{frame}", String(found.frame))
      .replace("{output}", words.outputs[/** @type {keyof typeof words.outputs} */ (found.metric.output)])
      .replace("{mass}", short(found.metric.mass));
    layer.words(
      shortened(layer, said, layer.width - named - this.button.offsetWidth - 66, 11),
      26 + named + 12,
      13 * unit,
      { color: inks.dim, size: 11 },
    );
    const tall = layer.height > TALL * unit; // a low panel keeps to its numbers
    const floor = layer.height - 6 * unit - (tall ? this.honest(words.honest) : 0);
    const lines = this.lines(found, tall);
    const bottom = tall
      ? floor - (GAP + LINE * lines.length + AXIS) * unit
      : TOP * unit + SHARE * (layer.height - TOP * unit);
    const told = tall ? 3 + Number(Boolean(found.rates)) : 2; // lines under a node
    const step = (layer.width - 24) / count;
    const wide = Math.min(step - 34 * unit, 130 * unit);
    const high = Math.min(bottom - (TOP + 30 + LINE * told) * unit, NODE * (tall ? 2.4 : 1.6) * unit);
    const middle = (TOP + 26) * unit + high / 2;
    /** @param {number} k */
    const x = (k) => 12 + (k + 0.5) * step;
    const drawing = { layer, inks, words, widths: found.widths, color: style.color, single: this.single };
    for (let a = 0; a < count; a += 1)
      for (let b = a + 1; b < count; b += 1)
        drawWire(
          drawing,
          x(a) + (b === a + 1 ? wide / 2 : 0),
          x(b) - (b === a + 1 ? wide / 2 : 0),
          b === a + 1 ? middle : middle - high / 2,
          b - a - 1,
          Number(found.coupling[a][b]),
        );
    found.layers.forEach((each, k) =>
      drawNode(drawing, each, k, { left: x(k) - wide / 2, top: middle - high / 2, wide, high }, told),
    );
    this.foot(found, bottom + GAP * unit, floor, lines, { lane, style });
  }

  /**
   * The sentences of the foot; of a low panel the first.
   *
   * @param {FoundLayers} found
   * @param {boolean} tall
   */
  lines(found, tall) {
    const { words } = this;
    /**
     * @param {string} sentence
     * @param {Record<string, number>} numbers
     */
    const told = (sentence, numbers) =>
      Object.entries(numbers).reduce((text, [name, value]) => text.replace(`{${name}}`, figures(value)), sentence);
    return [
      words.beside
        .replace("{angle}", ((180 * found.angle) / Math.PI).toFixed(0))
        .replace("{stretch}", found.stretch === null ? "–" : found.stretch.toFixed(2)),
      ...(tall && found.rates ? [told(words.rates, found.rates)] : []),
      ...(tall && found.action ? [told(words.action, found.action)] : []),
    ];
  }

  /**
   * The layerwise step beside the full one, the rates of all together, the action of the way, and η on its axis.
   *
   * @param {FoundLayers} found
   * @param {number} top
   * @param {number} bottom
   * @param {string[]} lines
   * @param {Pick<Look, "lane" | "style">} look
   */
  foot(found, top, bottom, lines, { lane, style }) {
    const { layer, inks } = this;
    const stretch = Number(found.stretch);
    const { scale: unit } = layer;
    lines.forEach((line, k) =>
      layer.words(
        shortened(layer, line, lines.length > 1 ? layer.width - 24 : 0.58 * layer.width - 24, 11),
        12,
        top + (4 + LINE * k) * unit,
        { color: inks.text, size: 11, weight: k ? 500 : 600 },
      ),
    );
    const under = top + LINE * lines.length * unit;
    const size = Math.max(0, Math.min(bottom - under - 4 * unit, 0.26 * layer.width)) / Math.max(1, stretch);
    const [x, y] = [20, bottom - 6 * unit];
    /**
     * @param {number} turn
     * @param {number} length
     * @param {string} color
     * @param {number} width
     */
    const arrow = (turn, length, color, width) =>
      layer.stroke(new Float32Array([x, y, x + length * Math.cos(turn), y - length * Math.sin(turn)]), 2, {
        color,
        width,
      });
    arrow(0, size, inks.dim, 2);
    arrow(Math.min(found.angle, Math.PI / 2), size * stretch, style.color, 2.6);
    const axis = {
      left: 0.58 * layer.width,
      right: layer.width - 14,
      y: lines.length > 1 ? bottom - 18 * unit : (top + bottom) / 2,
    };
    this.size.draw(layer, inks, axis, {
      layers: found.layers.length,
      overshoot: Number(found.overshoot),
      eta: found.eta,
      name: lane.name,
      color: style.color,
    });
  }

  /** What is shown of each layer, for the CSV. */
  table() {
    const { layers = [], widths } = /** @type {Partial<FoundLayers>} */ (this.found ?? {});
    const rows = layers.map((each, k) => [
      k + 1,
      Number(widths?.[k]),
      Number(widths?.[k + 1]),
      each.condition,
      each.multiplier_norm,
      each.gradient_norm,
      each.step_norm,
      each.rate,
    ]);
    return {
      columns: ["layer", "into", "out", "condition", "multiplier_norm", "gradient_norm", "step_norm", "rate"],
      rows,
    };
  }

  /**
   * Of a lane at `count` rows, what the panel is about, for readers.
   *
   * @param {Lane} lane
   */
  said(lane) {
    const { found } = this;
    if (!found || found.sentence !== undefined || found.lane !== lane.lane) return "";
    return `${found.layers.map(({ condition }) => short(condition)).join(", ")}; ${short(found.cosine)}`;
  }
}

/** @param {Setting<"modules">} setting */
export function panel({ place, words, choice, port }) {
  return new Modules(place, words, choice, port);
}
