// Three modules that drive each other: the graph as it is wired, and how two trajectories close up, beside the rate
// that is predicted from the parts.

import { Layer } from "../canvas/layer.mjs";
import { drawAxis, drawClock, shortened, wrapped } from "../canvas/ruler.mjs";
import { across, clamped } from "../canvas/scale.mjs";
import { partStyle } from "../canvas/style.mjs";
import { later } from "../stream/later.mjs";
import { figures, short } from "../text/format.mjs";
import { assemblyOf, PAIRS, readAssembly, writeAssembly } from "../theory/assembly.mjs";
import { Composer } from "./composer.mjs";

/**
 * @import { Type } from "../canvas/layer.mjs"
 * @import { Port } from "../stream/port.mjs"
 * @import { Store } from "../stream/store.mjs"
 * @import { Wired } from "../theory/assembly.mjs"
 * @import { Align, Axis, Choice, Composed, DrawnLane, Edges, GhostLane, Ink, Look } from "../types.d.ts"
 * @import { Refusal, Setting, Words } from "../types.d.ts"
 */

const [LEFT, RIGHT, FOOT, LINE] = [46, 12, 36, 14];
// of the width for the graph and its form; up to so many pixels they stand above the curves
const [SHARE, NARROW] = [0.48, 460];
const [DECADES, NODE, SAID] = [10, 15, 16];
// pixels of height without which there is no graph, beside the form and above the curves
const [GRAPH, ROOM] = [100, 330];
const SMALL = 260; // pixels of height below which a narrow panel shows the curves alone
const EMPTY = 1e-12; // a distance below is rounding

/** @typedef {Composed & { state: Wired }} FoundComposed */

export class Composition {
  /**
   * `choice` has get(name) and set(name, value): the assembly is its `composition`.
   *
   * @param {HTMLElement} place
   * @param {Words["panels"]["composition"]} words
   * @param {Choice} choice
   * @param {Port} port
   */
  constructor(place, words, choice, port) {
    this.place = place;
    this.words = words;
    this.choice = choice;
    this.port = port;
    /** @type {Ink} */
    this.inks = later;
    /** @type {DrawnLane[]} */
    this.drawn = [];
    /** @type {FoundComposed | (Refusal & { state: Wired }) | null} */
    this.found = null;
    /** @type {GhostLane[]} */
    this.ghosts = later;
    this.stale = false;
    this.layer = new Layer(place, place.id);
    const state = readAssembly(choice.get("composition"));
    this.composer = new Composer(
      place,
      words,
      state,
      (wish) => this.ask(wish),
      (now) => choice.set("composition", writeAssembly(now)),
    );
    new ResizeObserver(() => {
      this.layer.resize(place);
      this.stale = true;
    }).observe(place);
  }

  /**
   * @param {Store} store
   * @param {Ink} ink
   */
  show(store, ink) {
    if (!this.found) this.composer.ask();
    this.ink(ink);
  }

  /** @param {Ink} ink */
  ink(ink) {
    this.inks = ink;
    this.stale = true;
  }

  /** @param {Wired} state */
  async ask(state) {
    this.found = { ...(await this.port.compose(assemblyOf(state))), state };
    this.stale = true;
  }

  /**
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  draw(store, frame, looks) {
    const { layer, found, inks, words } = this;
    layer.begin();
    this.stale = false;
    this.drawn = looks.map(() => ({ points: 0, last: null }));
    if (!found || "sentence" in found || !inks)
      return this.say(found && "sentence" in found ? found.sentence : words.wait);
    const narrow = layer.width < NARROW * layer.scale;
    this.composer.form.hidden = narrow && layer.height < SMALL * layer.scale;
    const bottom = this.small();
    if (narrow) this.stacked(bottom, found);
    else this.beside(bottom, found);
  }

  /**
   * A sentence in the middle, in place of a drawing.
   *
   * @param {string} sentence
   */
  say(sentence) {
    const { layer, inks } = this;
    /** @type {Type} */
    const look = { color: inks?.dim ?? "gray", size: 12, align: "center" };
    layer.words(sentence, layer.width / 2, layer.height / 2, look);
  }

  /** What the drawing does not claim, along the bottom; returns where that begins. */
  small() {
    const { layer, inks, words } = this;
    const unit = layer.scale;
    const { form } = this.composer;
    const honest = wrapped(layer, form.hidden ? words.small : words.honest, layer.width - 24, 10.5);
    honest.forEach((line, k) =>
      layer.words(line, 12, layer.height - (8 + LINE * (honest.length - 1 - k)) * unit, {
        color: inks.dim,
        size: 10.5,
      }),
    );
    return layer.height - (LINE * honest.length + 6) * unit;
  }

  /**
   * In a wide panel: the graph over the form on the left, the curves on the right.
   *
   * @param {number} bottom
   * @param {FoundComposed} found
   */
  beside(bottom, found) {
    const { layer } = this;
    const unit = layer.scale;
    const { form } = this.composer;
    const width = SHARE * layer.width;
    Object.assign(form.style, { width: `${width - 24}px`, top: "", bottom: `${layer.height - bottom + 4}px` });
    const rest = bottom - form.offsetHeight - 8;
    if (rest > GRAPH * unit) this.graph({ left: 12, right: width - 12, top: 4, bottom: rest }, found.state);
    const [left, right] = [width + LEFT * unit, layer.width - RIGHT];
    this.curves({ left, right, top: 6, bottom: bottom - FOOT * unit }, found);
  }

  /**
   * In a narrow panel: the form, where there is room the graph, and the curves, one below the other.
   *
   * @param {number} bottom
   * @param {FoundComposed} found
   */
  stacked(bottom, found) {
    const { layer } = this;
    const unit = layer.scale;
    const { form } = this.composer;
    Object.assign(form.style, { width: `${layer.width - 24}px`, top: "6px", bottom: "" });
    const formed = form.hidden ? 0 : form.offsetHeight + 8;
    const drawn = !form.hidden && bottom - formed > ROOM * unit;
    if (drawn)
      this.graph({ left: 12, right: layer.width - 12, top: formed, bottom: formed + GRAPH * unit }, found.state);
    const top = formed + (drawn ? GRAPH * unit + 6 : 6);
    this.curves({ left: LEFT * unit, right: layer.width - RIGHT, top, bottom: bottom - FOOT * unit }, found);
  }

  /**
   * The modules as discs, in the colours of their shares of the distance; a wire as thick as its gain, an arrow where
   * it drives, and the sign of what comes back.
   *
   * @param {Edges} edges
   * @param {Wired} state
   */
  graph({ left, right, top, bottom }, state) {
    const { layer, inks, words } = this;
    const unit = layer.scale;
    const radius = NODE * unit;
    const x = (left + right) / 2;
    const wide = Math.min((right - left) / 2 - radius - 8, 150 * unit);
    const low = Math.min(bottom - radius - 16 * unit, top + radius + 2 + 1.4 * wide);
    /** @type {[number, number][]} */
    const place = [
      [x - wide, low],
      [x, top + radius + 2],
      [x + wide, low],
    ];
    state.wires.forEach(({ form, gain }, k) =>
      this.wire(
        PAIRS[k].map((end) => place[end]),
        form,
        gain,
        radius,
      ),
    );
    state.rates.forEach((rate, k) => {
      const { color } = partStyle(k, inks.scheme);
      const { context } = layer;
      context.beginPath();
      context.arc(...place[k], radius, 0, 2 * Math.PI);
      Object.assign(context, { fillStyle: inks.panel, strokeStyle: color, lineWidth: 2.4 * unit });
      context.fill();
      context.stroke();
      layer.words(String(k + 1), place[k][0], place[k][1], {
        color: inks.text,
        size: 13,
        weight: 680,
        align: "center",
      });
      const [px, py] = place[k];
      /** @type {{ at: [number, number], align: Align }} */
      const beside =
        k === 1
          ? { at: [px + radius + 6 * unit, py], align: "left" }
          : { at: [px, py + radius + 9 * unit], align: "center" };
      layer.words(words.node.replace("{rate}", short(rate)), ...beside.at, {
        color: inks.dim,
        size: 11.5,
        weight: 600,
        align: beside.align,
      });
    });
  }

  /**
   * @param {number[][]} ends
   * @param {string} form
   * @param {number} gain
   * @param {number} radius
   */
  wire([from, to], form, gain, radius) {
    if (form === "n" || !gain) return;
    const { layer, inks } = this;
    const unit = layer.scale;
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    const length = Math.hypot(dx, dy);
    const [ux, uy] = [dx / length, dy / length];
    /**
     * @param {number} along
     * @param {number} [aside]
     * @returns {[number, number]}
     */
    const at = (along, aside = 0) => [from[0] + ux * along - uy * aside, from[1] + uy * along + ux * aside];
    const [begin, end] = [radius + 5 * unit, length - radius - 5 * unit];
    layer.stroke(new Float32Array([...at(begin), ...at(end)]), 2, { color: inks.dim, width: 0.8 + 0.35 * gain });
    /**
     * @param {number} tip
     * @param {number} back
     */
    const head = (tip, back) =>
      layer.stroke(new Float32Array([...at(tip + back, 5 * unit), ...at(tip), ...at(tip + back, -5 * unit)]), 3, {
        color: inks.text,
        width: 2,
      });
    head(end, -8 * unit);
    if (form !== "s") head(begin, 8 * unit);
    /** @type {Record<string, string>} */
    const signs = { s: "", k: "±", y: "+" };
    layer.words(`${signs[form]}${short(gain)}`, ...at(length / 2), {
      color: inks.text,
      size: 11.5,
      weight: 640,
      align: "center",
      halo: inks.panel,
    });
  }

  /**
   * ‖Θ(x − y)‖ of two trajectories, the share of each module, and what is predicted: a straight line.
   *
   * @param {Edges} place
   * @param {FoundComposed} found
   */
  curves(place, found) {
    const { layer, inks, words } = this;
    const unit = layer.scale;
    const { left, right, bottom } = place;
    const top = place.top + (4 * SAID + 24) * unit;
    const { time, distance, parts, predicted, scales } = found;
    const [last, kept] = [time[time.length - 1], predicted > 0];
    const straight = time.map((t) => distance[0] * Math.exp(-predicted * t));
    const high = Math.ceil(Math.log10(Math.max(...distance)) + 0.05);
    const low = Math.max(
      high - DECADES,
      Math.floor(Math.log10(Math.max(EMPTY, Math.min(...distance, kept ? straight[straight.length - 1] : Infinity)))),
    );
    const box = { left, right, top, bottom };
    /** @type {Axis} */
    const axis = { kind: "log", low: Math.min(low, high - 1), high };
    const [x, y] = [across(box, last), clamped(axis, box)];
    drawAxis(layer, box, axis, inks);
    drawClock(layer, { ...box, time: last, title: words.clock }, inks);
    /**
     * @param {number[]} values
     * @param {Parameters<Layer["stroke"]>[2]} how
     */
    const line = (values, how) => {
      const points = values.flatMap((value, k) =>
        value > 10 ** axis.low && value < 10 ** high ? [x(time[k]), y(value)] : [],
      );
      layer.stroke(new Float32Array(points), points.length / 2, how);
    };
    parts[0].forEach((_, k) => {
      const { color, dash } = partStyle(k, inks.scheme);
      line(
        parts.map((row) => row[k]),
        { color, dash, width: 1.6 },
      );
    });
    line(straight, { color: kept ? inks.live : inks.faint, dash: [7, 5], width: 2 });
    line(distance, { color: inks.text, width: 2.6, halo: inks.panel });
    const colors = [kept ? inks.live : inks.dim, inks.dim, inks.text, inks.dim];
    const said = [
      ...this.rates(found),
      words.scales.replace("{scales}", scales.map((scale) => Number(scale.toPrecision(2))).join(", ")),
    ];
    said.forEach((text, k) =>
      layer.words(shortened(layer, text, right - left, 11.5, 620), left, place.top + (8 + SAID * k) * unit, {
        color: colors[k],
        size: 11.5,
        weight: 620,
      }),
    );
    layer.words(shortened(layer, words.distance, right - left, 10.5, 600), left, top - 10 * unit, {
      color: inks.dim,
      size: 10.5,
      weight: 600,
    });
  }

  /**
   * The rate as predicted, as sampled and as seen, in words.
   *
   * @param {FoundComposed} found
   */
  rates({ predicted, sampled, seen }) {
    const { words } = this;
    /**
     * @param {string} text
     * @param {number} rate
     */
    const told = (text, rate) => text.replace("{rate}", figures(rate));
    return [
      told(predicted > 0 ? words.predicted : words.silent, predicted),
      told(words.sampled, sampled.rate).replace("{points}", String(sampled.points)),
      told(words.seen, seen.rate),
    ];
  }

  /** The same for readers. */
  spoken() {
    return this.found && "time" in this.found ? this.rates(this.found).join("; ") : null;
  }

  table() {
    const columns = ["t", "distance", "predicted", "share_1", "share_2", "share_3"];
    if (!this.found || !("time" in this.found)) return { columns, rows: [] };
    const { time, distance, parts, predicted } = this.found;
    const rows = time.map((t, k) => [t, distance[k], distance[0] * Math.exp(-predicted * t), ...parts[k]]);
    return { columns, rows };
  }
}

/** @param {Setting<"composition">} setting */
export function panel({ place, words, choice, port }) {
  return new Composition(place, words, choice, port);
}
