// The stage of a run without a sheet: outputs over inputs, one curve per lane, as they are at the playhead.

import { niceTicks } from "./box.mjs";
import { placeLabels } from "./label.mjs";
import { Layer } from "./layer.mjs";

const MARGIN = { left: 58, right: 26, top: 18, bottom: 52 };
const AIR = 0.12; // of the range of the targets, above and below

export class Fit {
  constructor(place, words) {
    Object.assign(this, { place, words, memory: new Map(), drawn: [] });
    this.layer = new Layer(place, "fit");
    new ResizeObserver(() => { this.layer.resize(place); this.stale = true; }).observe(place);
  }

  /** A new run. Returns whether it can be drawn here: outputs on the wire. Over x where that is one number, else over the sample. */
  show(meta, _, ink) {
    if (!meta.target) return false;
    this.meta = meta;
    this.scalar = meta.inputs?.length === meta.target.length && meta.inputs[0].length === 1;
    const inputs = this.scalar ? meta.inputs : meta.target.map((_value, index) => [index + 1]);
    this.order = inputs.map((_row, index) => index).sort((a, b) => inputs[a][0] - inputs[b][0]);
    this.x = this.order.map((index) => inputs[index][0]);
    const [first, last] = [this.x[0], this.x.at(-1)];
    this.ends = first < last ? [first, last] : [first - 1, last + 1]; // one sample stands in the middle
    this.settle();
    this.ink(ink);
    return true;
  }

  /** Another run on the same axes, which grow where its start needs it. */
  again(meta) {
    this.meta = meta;
    const values = meta.start.flatMap((start) => start.outputs ?? []);
    this.low = Math.min(this.low, ...values);
    this.high = Math.max(this.high, ...values);
  }

  /** The next drawing is laid out from its rows alone. */
  settle() {
    if (!this.meta) return;
    const values = [...this.meta.target, ...this.meta.start.flatMap((start) => start.outputs ?? [])];
    Object.assign(this, { low: Math.min(...values), high: Math.max(...values), settling: true });
    this.memory.clear();
  }

  hide(hidden) {
    this.layer.canvas.hidden = hidden;
    if (hidden) this.meta = undefined;
  }

  ink(ink) {
    this.inks = ink;
    this.stale = true;
  }

  /** Around the picture, for the words of the axes. */
  get margin() {
    const { scale } = this.layer;
    return Object.fromEntries(Object.entries(MARGIN).map(([side, pixels]) => [side, pixels * scale]));
  }

  scales() {
    const { width, height } = this.layer;
    const { margin } = this;
    const air = AIR * (this.high - this.low || 1);
    const [x0, x1] = this.ends;
    return {
      x: (value) => margin.left + ((value - x0) / (x1 - x0)) * (width - margin.left - margin.right),
      y: (value) => height - margin.bottom - ((value - this.low + air) / (this.high - this.low + 2 * air || 1)) * (height - margin.top - margin.bottom),
    };
  }

  draw(store, frame, looks) {
    if (!this.meta) return;
    this.layer.begin();
    this.grow(looks, frame);
    const scales = this.scales();
    this.axes(scales);
    const points = (values) => Float32Array.from(this.order.flatMap((index, k) => [scales.x(this.x[k]), scales.y(values[index])]));
    const targets = points(this.meta.target);
    for (let k = 0; k < targets.length; k += 2) this.cross(targets[k], targets[k + 1]);
    const curves = looks.filter(({ shown, lane }) => shown && lane.columns.outputs && lane.upTo(frame)).map((look) => {
      const count = look.lane.upTo(frame);
      const { data, width } = look.lane.columns.outputs;
      return { ...look, count, pixels: points(data.subarray((count - 1) * width, count * width)) };
    });
    for (const { lane, style, pixels } of curves) {
      this.layer.stroke(pixels, pixels.length / 2, { color: style.color, dash: style.dash, width: 2.6, halo: this.inks.panel, alpha: lane.first === false ? 0.4 : 1 });
      if (pixels.length === 2) this.layer.marker(style.marker, ...pixels, 5, style.color, this.inks.panel);
    }
    this.names(curves);
    this.drawn = looks.map(({ lane }) => {
      const curve = curves.find((each) => each.lane === lane);
      return { points: curve?.count ?? 0, last: curve ? { x: curve.pixels.at(-2), y: curve.pixels.at(-1) } : null };
    });
    this.stale = false;
  }

  /** The range grows to what is drawn and never shrinks. */
  grow(looks, frame) {
    for (const { lane, shown } of looks) {
      const count = shown && lane.columns.outputs ? lane.upTo(frame) : 0;
      if (!count) continue;
      const { data, width } = lane.columns.outputs;
      for (const value of data.subarray(this.settling ? 0 : (count - 1) * width, count * width)) {
        if (Number.isFinite(value)) [this.low, this.high] = [Math.min(this.low, value), Math.max(this.high, value)];
      }
    }
    this.settling = false;
  }

  axes({ x, y }) {
    const { layer, inks, margin } = this;
    const { scale } = layer;
    const bottom = layer.height - margin.bottom;
    const rule = (points) => layer.stroke(new Float32Array(points), 2, { color: inks.grid, width: 1 });
    for (const value of niceTicks(...this.ends, 6)) {
      rule([x(value), margin.top, x(value), bottom]);
      layer.words(String(value).replace("-", "−"), x(value), bottom + 14 * scale, { color: inks.dim, size: 11.5, align: "center" });
    }
    for (const value of niceTicks(this.low, this.high, 6)) {
      rule([margin.left, y(value), layer.width - margin.right, y(value)]);
      layer.words(String(value).replace("-", "−"), margin.left - 8, y(value), { color: inks.dim, size: 11.5, align: "right" });
    }
    layer.words(this.scalar ? this.words.input : this.words.sample, (margin.left + layer.width - margin.right) / 2, bottom + 34 * scale, { color: inks.text, size: 13, weight: 600, align: "center" });
    layer.words(this.words.output, 14, margin.top, { color: inks.text, size: 13, weight: 600 });
  }

  cross(x, y) {
    for (const sign of [1, -1]) this.layer.stroke(new Float32Array([x - 4, y - sign * 4, x + 4, y + sign * 4]), 2, { color: this.inks.text, width: 1.6 });
  }

  /** Each lane's name where its curve is furthest from the others' middle. */
  names(curves) {
    const named = curves.filter(({ lane }) => lane.first !== false);
    const labels = named.map(({ lane, style, pixels }, index) => {
      const at = 2 * Math.round(((index + 1) / (named.length + 1)) * (pixels.length / 2 - 1));
      return { key: lane.lane, text: lane.name, color: style.color, x: pixels[at], y: pixels[at + 1], width: this.layer.measure(lane.name, 12.5, 600), height: 17 * this.layer.scale };
    });
    for (const { label, x, y, far } of placeLabels(labels, [], this.layer, this.memory)) {
      if (far) this.layer.leader(label, x, y, label.width, label.color);
      this.layer.words(label.text, x, y, { color: label.color, size: 12.5, weight: 600, halo: this.inks.panel });
    }
  }

  /** The curves as a table: outputs over the inputs at `frame`. */
  table(store, frame, looks) {
    const rows = looks.filter(({ shown, lane }) => shown && lane.columns.outputs && lane.upTo(frame)).flatMap(({ lane }) => {
      const { data, width } = lane.columns.outputs;
      const from = (lane.upTo(frame) - 1) * width;
      return this.order.map((index, k) => [lane.name, lane.seed, this.x[k], data[from + index]]);
    });
    const targets = this.order.map((index, k) => ["target y", "", this.x[k], this.meta.target[index]]);
    return { columns: ["curve", "seed", this.scalar ? "x" : "sample", "f"], rows: [...rows, ...targets] };
  }
}
