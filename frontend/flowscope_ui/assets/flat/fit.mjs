// The stage of a run whose outputs are many: the function that each network is, over one input or two; else outputs
// over their targets.

import { placeLabels } from "../canvas/label.mjs";
import { Layer } from "../canvas/layer.mjs";
import { later } from "../stream/later.mjs";
import { linked } from "./link.mjs";
import { drawMaps, drawShades } from "./map.mjs";
import { Asked } from "./network.mjs";
import { drawAxes, drawCross, drawTruth } from "./truth.mjs";

/**
 * @import { Port } from "../stream/port.mjs"
 * @import { Column, Store } from "../stream/store.mjs"
 * @import { DrawnLane, Functions, GhostLane, Ink, Link, Look, Meta, Words } from "../types.d.ts"
 */

/**
 * A lane up to a row: its outputs at the samples and, where they are known, over all inputs.
 *
 * @typedef {Look & { count: number, values: number[], dense: number[] | null }} FitCurve
 */
/**
 * From what the axes stand for to pixels, and where both axes end.
 *
 * @typedef {object} Axes
 * @property {[number, number]} range
 * @property {[number, number]} ends
 * @property {(value: number) => number} x
 * @property {(value: number) => number} y
 */
/** @typedef {FitCurve & { pixels: Float32Array }} FitLine */

const MARGIN = { left: 58, right: 26, top: 18, bottom: 52 };
const LATE = 30; // frames: a function that is further from the playhead is not drawn, for the samples have moved on
const AIR = 0.12; // of the range of the targets, above and below

/**
 * "curve" over one input, "map" over two, else "truth": outputs over their targets. A sample has `q` outputs.
 *
 * @param {Meta} meta
 * @param {number} q
 */
function kindOf({ inputs }, q) {
  const width = q === 1 ? inputs?.[0].length : 0;
  return width === 1 ? "curve" : width === 2 ? "map" : "truth";
}

/** @param {number[]} values */
const last = (values) => values[values.length - 1];

export class Fit {
  /**
   * @param {HTMLElement} place
   * @param {Words["fit"]} words
   * @param {Port} port
   */
  constructor(place, words, port) {
    this.place = place;
    this.words = { ...words };
    this.own = words;
    /** @type {Meta} */
    this.meta = later;
    /** @type {Ink} */
    this.inks = later;
    /** @type {Link} */
    this.link = later;
    /** @type {number} */
    this.q = later; // outputs of a sample
    /** @type {"curve" | "map" | "truth"} */
    this.kind = later;
    /** @type {number[]} */
    this.x = later; // where samples stand
    /** @type {[number, number]} */
    this.ends = later;
    /** @type {number} */
    this.low = later;
    /** @type {number} */
    this.high = later;
    /** @type {number} */
    this.frame = later;
    /** @type {number | undefined} */
    this.lines = undefined; // how many functions are drawn
    this.memory = new Map();
    /** @type {DrawnLane[]} */
    this.drawn = [];
    /** @type {GhostLane[]} */
    this.ghosts = later;
    /** @type {number | null | undefined} */
    this.cursor = undefined;
    this.stale = false;
    this.functions = new Asked(port);
    this.layer = new Layer(place, "fit");
    new ResizeObserver(() => {
      this.layer.resize(place);
      this.stale = true;
    }).observe(place);
  }

  /**
   * A new run. Returns whether it can be drawn here: outputs on the wire.
   *
   * @param {Meta} meta
   * @param {unknown} _
   * @param {Ink} ink
   */
  show(meta, _, ink) {
    if (!meta.target) return false;
    this.meta = meta;
    this.link = meta.loss?.link ?? "identity";
    this.q = meta.target.length / meta.samples;
    this.kind = kindOf(meta, this.q);
    const { kinds, probability } = this.own;
    Object.assign(this.words, kinds[this.kind], { output: this.link === "identity" ? this.own.output : probability });
    this.x = this.kind === "curve" && meta.inputs ? meta.inputs.map(([value]) => value) : meta.target;
    const [least, most] = [Math.min(...this.x), Math.max(...this.x)];
    const air = this.kind === "curve" ? 0.08 * (most - least) : 0;
    this.ends = least < most ? [least - air, most + air] : [least - 1, most + 1]; // one sample stands in the middle
    this.settle();
    this.ink(ink);
    return true;
  }

  /**
   * Another run on the same axes, which grow where its start needs it.
   *
   * @param {Meta} meta
   */
  again(meta) {
    this.meta = meta;
    if (this.kind !== "curve") this.x = /** @type {number[]} */ (meta.target);
  }

  /** The next drawing is laid out from its frame alone. */
  settle() {
    if (!this.meta) return;
    const target = /** @type {number[]} */ (this.meta.target);
    this.low = Math.min(...target);
    this.high = Math.max(...target);
    this.memory.clear();
  }

  /** @param {boolean} hidden */
  hide(hidden) {
    this.layer.canvas.hidden = hidden;
    if (hidden) this.meta = later;
  }

  /** @param {Ink} ink */
  ink(ink) {
    this.inks = ink;
    this.stale = true;
  }

  /** The edges of the picture, between the words of the axes. */
  get room() {
    const { width, height, scale } = this.layer;
    return {
      left: MARGIN.left * scale,
      right: width - MARGIN.right * scale,
      top: MARGIN.top * scale,
      bottom: height - MARGIN.bottom * scale,
    };
  }

  /** Where the words and numbers of the axes stand. */
  get margins() {
    const { left, bottom } = this.room;
    const { width, height } = this.layer;
    return [
      { x: 0, y: bottom, width, height: height - bottom },
      { x: 0, y: 0, width: left, height },
    ];
  }

  /** @returns {Axes} */
  scales() {
    const { left, right, top, bottom } = this.room;
    const air = AIR * (this.high - this.low || 1);
    /** @type {[number, number]} */
    const range = [this.low - air, this.high + air];
    const ends = this.kind === "truth" ? range : this.ends;
    const [x0, x1] = ends;
    return {
      range,
      ends,
      x: (value) => left + ((value - x0) / (x1 - x0)) * (right - left),
      y: (value) => bottom - ((value - range[0]) / (range[1] - range[0])) * (bottom - top),
    };
  }

  /**
   * Where the playhead is: outputs at the samples as recorded, and over all inputs as the engine last told.
   *
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  draw(store, frame, looks) {
    if (!this.meta) return;
    this.layer.begin();
    this.frame = frame;
    const shown = looks.filter(({ shown: on, lane }) => on && lane.columns.outputs && lane.upTo(frame));
    if (this.kind !== "truth") this.functions.follow(store, this.lanes(shown), frame);
    const found = this.functions.of(store);
    const curves = shown.map((look) => {
      const count = look.lane.upTo(frame);
      const { data, width } = /** @type {Column} */ (look.lane.columns.outputs);
      const at = found?.lanes.indexOf(look.lane.lane) ?? -1;
      const known =
        found && at >= 0 && !(this.kind === "curve" && Math.abs(found.frame - frame) > LATE && count > found.frame);
      return {
        ...look,
        count,
        values: linked(this.link, data.subarray((count - 1) * width, count * width), this.q),
        dense: known ? linked(this.link, found.outputs[at].flat()) : null,
      };
    });
    this.grow(curves);
    const scales = this.scales();
    if (this.kind === "map" && found) this.maps(found, curves, scales);
    else this.chart(found, curves, scales);
    this.drawn = looks.map(({ lane }) => {
      const curve = curves.find((each) => each.lane === lane);
      return {
        points: curve?.count ?? 0,
        last: curve ? { x: scales.x(last(this.x)), y: scales.y(last(curve.values)) } : null,
      };
    });
    this.stale = false;
  }

  /**
   * Lanes of which the function is drawn: of several seeds the first.
   *
   * @param {Look[]} shown
   */
  lanes(shown) {
    return shown.filter(({ lane }) => lane.first !== false).map(({ lane }) => lane.lane);
  }

  /**
   * The drawing stands: the functions of this very frame.
   *
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  commit(store, frame, looks) {
    if (this.meta && this.kind !== "truth")
      this.functions.follow(
        store,
        this.lanes(looks.filter(({ shown, lane }) => shown && lane.upTo(frame))),
        frame,
        true,
      );
  }

  /**
   * @param {Functions} functions
   * @param {FitCurve[]} curves
   * @param {Axes} scales
   */
  maps({ inputs, shape }, curves, scales) {
    const maps = curves.flatMap((curve) => (curve.dense ? [{ ...curve, values: curve.dense }] : []));
    const target = /** @type {number[]} */ (this.meta.target);
    const samples = /** @type {number[][]} */ (this.meta.inputs).map((at, k) => ({ at, target: target[k] }));
    const { left, right, top, bottom } = this.room;
    if (maps.length)
      drawMaps(
        this.layer,
        this.inks,
        { left: left / 2, right, top, bottom },
        { inputs, shape, maps, samples, range: scales.range },
      );
    drawShades(this.layer, this.inks, { right, bottom }, scales.range);
  }

  /**
   * @param {Functions | null} found
   * @param {FitCurve[]} curves
   * @param {Axes} scales
   */
  chart(found, curves, scales) {
    const { layer, inks } = this;
    const target = /** @type {number[]} */ (this.meta.target);
    drawAxes(layer, inks, this.room, scales, [
      this.kind === "curve" ? this.words.input : this.words.target,
      this.words.output,
    ]);
    if (this.kind === "truth" || this.kind === "map") drawTruth(layer, inks, scales, target, curves);
    /** @type {FitLine[]} */
    const lines =
      this.kind !== "curve"
        ? []
        : curves.flatMap((curve) => {
            const { dense } = curve;
            if (!dense || !found) return [];
            const points = found.inputs.flatMap(([x], k) => [scales.x(x), scales.y(dense[k])]);
            return [{ ...curve, pixels: Float32Array.from(points) }];
          });
    this.lines = lines.length;
    for (const line of lines)
      layer.stroke(line.pixels, line.pixels.length / 2, {
        color: line.style.color,
        dash: line.style.dash,
        width: 2.6,
        halo: inks.panel,
      });
    if (this.kind === "curve") {
      for (const { style, values, lane } of curves)
        values.forEach(
          (value, k) =>
            Number.isFinite(value) &&
            layer.marker(
              style.marker,
              scales.x(this.x[k]),
              scales.y(value),
              lane.first === false ? 1.6 : 2.6,
              style.color,
              inks.panel,
            ),
        );
      target.forEach((value, k) => drawCross(layer, inks, scales.x(this.x[k]), scales.y(value)));
    }
    this.names(
      lines.length
        ? lines
        : curves.map((curve) => ({
            ...curve,
            pixels: Float32Array.from(curve.values.flatMap((value, k) => [scales.x(this.x[k]), scales.y(value)])),
          })),
    );
  }

  /**
   * While it plays the range grows to what is drawn; once it stands it is that of the targets and of what stands there.
   *
   * @param {FitCurve[]} curves
   */
  grow(curves) {
    for (const { values, dense } of curves) {
      for (const value of [...values, ...(dense ?? [])])
        if (Number.isFinite(value)) [this.low, this.high] = [Math.min(this.low, value), Math.max(this.high, value)];
    }
  }

  /**
   * Each lane's name along its curve.
   *
   * @param {FitLine[]} curves
   */
  names(curves) {
    const named = curves.filter(({ lane }) => lane.first !== false);
    const labels = named.map(({ lane, style, pixels }, index) => {
      const at = 2 * Math.round(((index + 1) / (named.length + 1)) * (pixels.length / 2 - 1));
      return {
        key: lane.lane,
        text: lane.name,
        color: style.color,
        x: pixels[at],
        y: pixels[at + 1],
        width: this.layer.measure(lane.name, 12.5, 600),
        height: 17 * this.layer.scale,
      };
    });
    for (const { label, x, y, far } of placeLabels(labels, this.margins, this.layer, this.memory)) {
      if (far) this.layer.leader(label, x, y, label.width, label.color);
      this.layer.words(label.text, x, y, { color: label.color, size: 12.5, weight: 600, halo: this.inks.panel });
    }
  }

  /**
   * What is drawn as a table: outputs at the samples at `frame`, beside their targets.
   *
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  table(store, frame, looks) {
    const rows = looks
      .filter(({ shown, lane }) => shown && lane.columns.outputs && lane.upTo(frame))
      .flatMap(({ lane }) => {
        const { data, width } = /** @type {Column} */ (lane.columns.outputs);
        const from = (lane.upTo(frame) - 1) * width;
        return this.x.map((value, k) => [lane.name, lane.seed, value, data[from + k]]);
      });
    const target = /** @type {number[]} */ (this.meta.target);
    const targets = this.x.map((value, k) => ["target y", "", value, target[k]]);
    return { columns: ["curve", "seed", this.kind === "curve" ? "x" : "target", "f"], rows: [...rows, ...targets] };
  }
}
